import { createHash } from 'node:crypto';
import { type Cursor, isCursor } from './answer.ts';
import { malformedError, WecomError, walkError } from './errors.ts';
import { type JsonObject, toInteger } from './json.ts';
import type { WecomRequest } from './types.ts';

/** No company has so many pages: a walk that reaches it would never end. */
const PAGE_CAP = 100_000;
/** 50100 restarts a walk at most three times. */
const RESTARTS = 3;
/** The old form of get_unassigned_list refuses page_id × page_size from 50,000 on (customer-contact section 11.1). */
const UNASSIGNED_ROWS = 50_000;
const UNASSIGNED_PAGE = 1000;

type Call = (request: WecomRequest) => Promise<JsonObject>;

export interface Page {
  answer: JsonObject;
  /** How often 50100 has sent the walk back to its first page; rows may come again, so callers upsert. */
  restarts: number;
}

interface Walk<P> {
  call: Call;
  /** The request for a position; undefined is the first page. */
  request(position: P | undefined): WecomRequest;
  /** Where the walk goes on after this answer; undefined is the end. Throws WecomError when it cannot. */
  next(answer: JsonObject, position: P | undefined): P | undefined;
  pageCap: number;
}

/**
 * The walk under all paging schemes: one page after the other, a position never asked for twice (also not after a
 * restart), an empty page never the end.
 */
async function* walk<P>({ call, request, next, pageCap }: Walk<P>): AsyncGenerator<Page, void, void> {
  const asked = new Set<string>();
  let position: P | undefined;
  let restarts = 0;
  for (let pages = 0; pages < pageCap; pages += 1) {
    const answer = await call(request(position)).catch((error: unknown) => {
      if (isInvalidCursor(error) && position !== undefined && restarts < RESTARTS) return undefined;
      throw error;
    });
    if (answer === undefined) {
      restarts += 1;
      position = undefined;
      continue;
    }
    yield { answer, restarts };
    position = next(answer, position);
    if (position === undefined) return;
    const key = JSON.stringify(position);
    if (asked.has(key))
      throw walkError('WECOM_CURSOR_LOOP', request(position).path, 'the same cursor came twice');
    asked.add(key);
  }
  throw walkError('WECOM_PAGE_CAP', request(position).path, `the walk has not ended after ${pageCap} pages`);
}

const isInvalidCursor = (error: unknown) => error instanceof WecomError && error.fate === 'restart';

/**
 * The cursor scheme (customer-contact section 1.5). Ends when the cursor is empty or absent, never on an empty page.
 * Throws WecomError WECOM_CURSOR_LOOP when a cursor comes twice, and 50100 after the third restart.
 */
export function walkCursor(options: {
  call: Call;
  /** Without a cursor: the first page. */
  request(cursor: Cursor | undefined): WecomRequest;
  /** Default: next_cursor. */
  cursorOf?(answer: JsonObject): JsonObject[string] | undefined;
  pageCap?: number;
}): AsyncGenerator<Page, void, void> {
  const cursorOf = options.cursorOf ?? ((answer: JsonObject) => answer.next_cursor);
  return walk<Cursor>({
    call: options.call,
    request: options.request,
    next(answer) {
      const cursor = cursorOf(answer);
      return isCursor(cursor) ? cursor : undefined;
    },
    pageCap: options.pageCap ?? PAGE_CAP,
  });
}

/**
 * The offset scheme of groupchat/statistic (section 6.2): ends when next_offset reaches total; total 0 is an empty set.
 * Throws WECOM_MALFORMED without total or next_offset, WECOM_CURSOR_LOOP when next_offset does not grow.
 */
export function walkOffset(options: {
  call: Call;
  request(offset: number): WecomRequest;
  pageCap?: number;
}): AsyncGenerator<Page, void, void> {
  const endpoint = options.request(0).path;
  return walk<number>({
    call: options.call,
    request: (offset) => options.request(offset ?? 0),
    next(answer, offset = 0) {
      const total = toInteger(answer.total);
      if (total === undefined) throw malformedError(endpoint, 'without total', 'fail');
      if (total === 0) return undefined;
      const nextOffset = toInteger(answer.next_offset);
      if (nextOffset === undefined) throw malformedError(endpoint, 'without next_offset', 'fail');
      if (nextOffset >= total) return undefined;
      if (nextOffset > offset) return nextOffset;
      throw walkError(
        'WECOM_CURSOR_LOOP',
        endpoint,
        `next_offset ${nextOffset} does not go beyond ${offset}`,
      );
    },
    pageCap: options.pageCap ?? PAGE_CAP,
  });
}

export type UnassignedPosition = { cursor: Cursor } | { pageId: number };

/**
 * get_unassigned_list (section 11.1): ends when is_last is true or next_cursor is ""; goes on by cursor, and by
 * page_id + 1 for servers of the old form, which answer without one. Throws WECOM_CURSOR_LOOP when a page_id brings
 * the page before it once more, WECOM_PAGE_CAP at the 50,000 rows where WeCom cuts the old form off.
 */
export function walkUnassigned(options: {
  call: Call;
  /** Without a position: the first page. */
  request(position: UnassignedPosition | undefined): WecomRequest;
}): AsyncGenerator<Page, void, void> {
  const endpoint = options.request(undefined).path;
  let before: string | undefined;
  return walk<UnassignedPosition>({
    call: options.call,
    request: options.request,
    next(answer, position) {
      if (answer.is_last === true || answer.next_cursor === '') return undefined;
      if (isCursor(answer.next_cursor)) return { cursor: answer.next_cursor };
      const rows = Array.isArray(answer.info) ? answer.info : [];
      // Neither cursor nor is_last nor rows: nothing says that there is more.
      if (rows.length === 0 && answer.is_last === undefined) return undefined;
      const content = createHash('sha256').update(JSON.stringify(rows)).digest('base64');
      if (rows.length > 0 && content === before) {
        throw walkError('WECOM_CURSOR_LOOP', endpoint, 'the same page came twice, so page_id is not heeded');
      }
      before = content;
      const pageId = (position && 'pageId' in position ? position.pageId : 0) + 1;
      if (pageId * UNASSIGNED_PAGE < UNASSIGNED_ROWS) return { pageId };
      throw walkError(
        'WECOM_PAGE_CAP',
        endpoint,
        `page_id ends at ${UNASSIGNED_ROWS} rows, and there are more`,
      );
    },
    pageCap: PAGE_CAP,
  });
}
