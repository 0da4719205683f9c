import { WecomError } from './errors.ts';

export interface Skipped {
  skipped: string;
  error: WecomError;
}

export type BlockPage<P> =
  | { ids: readonly string[]; page: P }
  | { ids: readonly string[]; done: true }
  | Skipped;

/**
 * Walks a block of ids page by page. When an error with fate skip (60111, 40003, 301021, …) fails the block, splits it
 * in two and goes on until the bad ids stand alone. Yields `page`s, `done` for each block that came to its end, and
 * `skipped` for each bad id. A block that fails after its first page is read again: callers upsert and prove by `done`.
 */
export async function* halvePages<P>(
  ids: readonly string[],
  pagesOf: (block: readonly string[]) => AsyncIterable<P>,
): AsyncGenerator<BlockPage<P>, void, void> {
  const [first] = ids;
  if (first === undefined) return;
  try {
    for await (const page of pagesOf(ids)) yield { ids, page };
    yield { ids, done: true };
  } catch (error) {
    if (!(error instanceof WecomError) || error.fate !== 'skip') throw error;
    if (ids.length === 1) {
      yield { skipped: first, error };
      return;
    }
    const middle = Math.ceil(ids.length / 2);
    yield* halvePages(ids.slice(0, middle), pagesOf);
    yield* halvePages(ids.slice(middle), pagesOf);
  }
}

/** As halvePages, for a block that is one call: yields its result for the good ids, and each bad id by itself. */
export async function* halve<T>(
  ids: readonly string[],
  attempt: (block: readonly string[]) => Promise<T>,
): AsyncGenerator<{ ids: readonly string[]; result: T } | Skipped, void, void> {
  const single = async function* (block: readonly string[]) {
    yield await attempt(block);
  };
  for await (const event of halvePages(ids, single)) {
    if ('skipped' in event) yield event;
    else if ('page' in event) yield { ids: event.ids, result: event.page };
  }
}
