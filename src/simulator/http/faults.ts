/** Faults on demand: what goes wrong, on which path, at which call, how often. */
import type { Row } from '../world/odd.ts';

export type FaultKind =
  /** any errcode; 45009 also blocks the path for `blockSeconds` (60) */
  | { errcode: number; errmsg?: string | undefined; blockSeconds?: number | undefined }
  /** errcode 0 with another body; not over HTTP */
  | { change: (body: Row) => Row }
  /** the answer comes `slowMs` later */
  | { slowMs: number }
  | 'reset'
  | 'hang'
  /** HTTP 502 with an HTML page */
  | 'html'
  /** half of the JSON */
  | 'truncated'
  /** the lists are texts */
  | 'wrong_types'
  /** the keys of the lists are absent */
  | 'missing_list'
  /** errcode 0, but the last row of each list is left out; totals and cursors speak of it */
  | 'short_list'
  /** the answer gives back the cursor that was sent */
  | 'cursor_loop'
  /** errcode 0, empty lists, no cursor: everything has vanished */
  | 'empty';

export interface Fault {
  /** such as `externalcontact/batch/get_by_user`; `*` = every path but gettoken */
  path: string;
  kind: FaultKind;
  /** the first matching call that it hits, counted from 1 */
  nth?: number | undefined;
  /** how many calls it hits from there; 1 by default, Infinity for ever */
  times?: number | undefined;
  /** only every so many of the calls from there: 100 sprinkles the fault over 1 % */
  every?: number | undefined;
  /** only calls whose parameters contain this, or satisfy it */
  match?: Row | ((parameters: Row) => boolean) | undefined;
}

export class Faults {
  readonly #faults: { fault: Fault; seen: number }[] = [];

  inject(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The fault that hits this call, if any. */
  next(path: string, parameters: Row): FaultKind | undefined {
    let hit: FaultKind | undefined;
    for (const entry of this.#faults) {
      const { fault } = entry;
      const here = fault.path === path || (fault.path === '*' && path !== 'gettoken');
      if (!here || !matches(fault, parameters)) continue;
      entry.seen += 1;
      const since = (entry.seen - (fault.nth ?? 1)) / (fault.every ?? 1);
      if (since >= 0 && Number.isInteger(since) && since < (fault.times ?? 1)) hit ??= fault.kind;
    }
    return hit;
  }
}

function matches({ match, kind }: Fault, parameters: Row): boolean {
  if (kind === 'cursor_loop' && cursorOf(parameters) === '') return false;
  if (match === undefined) return true;
  return typeof match === 'function' ? match(parameters) : contains(parameters, match);
}

function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part))
    return Array.isArray(whole) && part.every((one) => whole.some((other) => contains(other, one)));
  if (typeof part !== 'object' || part === null) return whole === part;
  if (typeof whole !== 'object' || whole === null) return false;
  const keys = whole as Row;
  return Object.entries(part).every(([key, value]) => contains(keys[key], value));
}

/** The cursor that the call carries; '' for a first page. */
export function cursorOf(parameters: Row): string {
  const cursor = parameters.new_cursor ?? parameters.cursor;
  return typeof cursor === 'string' ? cursor : '';
}

/** The body after a fault that changes it. */
export function spoil(kind: FaultKind, body: Row, emptied: Row, parameters: Row): Row {
  if (kind === 'empty')
    return { errcode: 0, errmsg: 'ok', ...emptied, ...('is_last' in emptied ? { is_last: true } : {}) };
  if (kind === 'cursor_loop') {
    const key = 'new_next_cursor' in body ? 'new_next_cursor' : 'next_cursor';
    return { ...body, [key]: cursorOf(parameters) };
  }
  if (kind === 'short_list')
    return Object.fromEntries(
      Object.entries(body).map(([key, value]) => [key, Array.isArray(value) ? value.slice(0, -1) : value]),
    );
  const entries = Object.entries(body).flatMap(([key, value]): [string, unknown][] => {
    if (!(key in emptied)) return [[key, value]];
    return kind === 'missing_list' ? [] : [[key, JSON.stringify(value)]];
  });
  return Object.fromEntries(entries);
}
