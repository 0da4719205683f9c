/**
 * Walks: pages with cursors (customer-contact 1.5), with every quirk of paging, and the detection of clients that page
 * wrongly. A cursor names its walk and page; it may be sent once with success, with the parameters of its walk only.
 */
import { idText } from '../random.ts';
import type { Traps } from '../traps.ts';
import { ApiError } from './answer.ts';
import type { Call } from './call.ts';

/** Places of rows; a place may turn out empty. */
export interface Rows<T> {
  places: number;
  at(place: number): T | undefined;
}

export function listRows<T>(list: readonly T[]): Rows<T> {
  return { places: list.length, at: (place) => list[place] };
}

export interface Page<T> {
  rows: T[];
  /** undefined on the last page */
  next: string | undefined;
  /** how the last page says so: `""` or an absent key */
  finalCursor: '' | undefined;
}

/** A walk as far as the next cursor has come; never changed, so that an answer that got lost can be asked for again. */
interface Walk {
  readonly id: number;
  readonly path: string;
  readonly parameters: string;
  readonly startedAt: number;
  readonly rotation: number;
  /** number of the next page */
  readonly page: number;
  /** first place of that page */
  readonly place: number;
  /** last row of the page before */
  readonly last: unknown;
}

export interface PageOptions {
  /** request cursor; '' for the first page */
  cursor: string;
  limit: number;
  /** everything that must stay the same during a walk */
  parameters: unknown;
  /** false: `limit` counts places, so pages can be short or empty by themselves (approvals) */
  fill?: boolean;
}

const CURSOR_LIFE = 4 * 3600;

export class Walks {
  readonly #seed: number;
  readonly #traps: Traps;
  readonly #open = new Map<string, Walk>();
  /** cursors that were sent; the walk is kept until the answer has reached the client */
  readonly #sent = new Map<string, Walk | undefined>();
  readonly #expired = new Set<string>();
  #count = 0;

  constructor(seed: number, traps: Traps) {
    this.#seed = seed;
    this.#traps = traps;
  }

  /** Every open cursor answers 50100 from now on. */
  expireCursors(): void {
    for (const cursor of this.#open.keys()) this.#expired.add(cursor);
    this.#open.clear();
  }

  /** The answer to the call with this cursor has reached the client, or not: then the cursor may be sent again. */
  settle(cursor: string, delivered: boolean): void {
    const walk = this.#sent.get(cursor);
    if (walk === undefined) return;
    if (delivered) {
      this.#sent.set(cursor, undefined);
    } else {
      this.#sent.delete(cursor);
      this.#open.set(cursor, walk);
    }
  }

  /** One page. */
  page<T>(call: Call, rows: Rows<T>, options: PageOptions): Page<T> {
    const walk =
      options.cursor === '' ? this.#begin(call, rows.places, options) : this.#resume(call, options);
    const { found, after } = this.#cut(walk, rows, options);
    const finalCursor = this.#traps.absentFinalCursor && walk.id % 2 === 1 ? undefined : '';
    if (after === undefined) return { rows: found, next: undefined, finalCursor };
    const next = idText(43, this.#seed, 'cursor', after.id, after.page);
    this.#open.set(next, after);
    return { rows: found, next, finalCursor };
  }

  #begin(call: Call, places: number, options: PageOptions): Walk {
    const id = this.#count++;
    return {
      id,
      path: call.path,
      parameters: JSON.stringify(options.parameters),
      startedAt: call.now,
      rotation: this.#traps.movedRows && places > 0 ? (id * 7) % places : 0,
      page: 0,
      place: 0,
      last: undefined,
    };
  }

  #resume(call: Call, { cursor, parameters }: PageOptions): Walk {
    const walk = this.#open.get(cursor);
    if (walk === undefined) {
      if (this.#sent.has(cursor)) call.violation(`${call.path}: the same cursor was sent twice`);
      else if (!this.#expired.has(cursor)) call.violation(`${call.path}: an unknown cursor was sent`);
      this.#sent.set(cursor, undefined);
      throw new ApiError(50100);
    }
    if (walk.path !== call.path || walk.parameters !== JSON.stringify(parameters)) {
      call.violation(`${call.path}: a cursor of another walk, or the parameters have changed during a walk`);
      throw new ApiError(50100);
    }
    this.#open.delete(cursor);
    this.#sent.set(cursor, walk);
    if (call.now - walk.startedAt > CURSOR_LIFE) throw new ApiError(50100);
    return walk;
  }

  /** The rows of one page, and the walk after it (undefined when it has ended). */
  #cut<T>(
    walk: Walk,
    rows: Rows<T>,
    { limit, fill = true }: PageOptions,
  ): { found: T[]; after: Walk | undefined } {
    const { emptyPages, shortPages, duplicateRows } = this.#traps;
    const go = (place: number, last: unknown): Walk => ({ ...walk, page: walk.page + 1, place, last });
    if (walk.page > 0 && walk.place >= rows.places) return { found: [], after: undefined };
    if (emptyPages && walk.page % 5 === 1) return { found: [], after: go(walk.place, walk.last) };
    const wanted = shortPages ? Math.max(1, Math.ceil(limit * 0.6)) : limit;
    const found: T[] = [];
    if (duplicateRows && wanted > 1 && walk.last !== undefined) found.push(walk.last as T);
    const end = fill ? rows.places : Math.min(rows.places, walk.place + wanted);
    let place = walk.place;
    for (; place < end && found.length < wanted; place++) {
      const row = rows.at((place + walk.rotation) % rows.places);
      if (row !== undefined) found.push(row);
    }
    const more = place < rows.places || (emptyPages && walk.id % 2 === 0 && rows.places > 0);
    return { found, after: more ? go(place, found.at(-1) ?? walk.last) : undefined };
  }
}
