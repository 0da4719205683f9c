/**
 * Quota arithmetic: the generic cell rate algorithm (GCRA), pure. A window's whole state is its theoretical arrival
 * time (TAT, Unix ms): the instant at which the bucket would be empty again. Section 18 of customer-contact and
 * section 11 of directory-and-oa give the limits.
 */
export interface QuotaWindow {
  /** Calls that WeCom allows within `perMs`. */
  limit: number;
  perMs: number;
  /** Calls that may follow one another without spacing; default: burstOf. */
  burst?: number;
}

/** Windows by API path; `prefix/*` covers a family of paths, `*` every path without an entry of its own. */
export type QuotaTable = Readonly<Record<string, readonly QuotaWindow[]>>;

/** Theoretical arrival times in Unix ms, one per window, by API path. */
export type QuotaStates = Record<string, readonly number[]>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Share of the quota that the spacing uses; what is left absorbs the burst and the jitter of the network. */
const USED = 0.9;
const BURST_SHARE = 0.05;
const MAX_MINUTE_BURST = 20;

const perMinute = (limit: number): readonly QuotaWindow[] => [{ limit, perMs: MINUTE }];

export const DEFAULT_QUOTAS: QuotaTable = {
  '*': [
    { limit: 10_000, perMs: MINUTE },
    { limit: 150_000, perMs: HOUR },
  ],
  'oa/getapprovalinfo': perMinute(600),
  'oa/getapprovaldetail': perMinute(600),
  'oa/gettemplatedetail': perMinute(600),
  'oa/journal/*': perMinute(600),
  'corp/getapprovaldata': perMinute(600),
  'checkin/getcheckindata': perMinute(600),
  'checkin/getcheckin_daydata': perMinute(100),
  'checkin/getcheckin_monthdata': perMinute(60),
};

/** The windows of a path: its own entry, else the longest matching `prefix/*`, else `*`, else none. */
export function windowsFor(table: QuotaTable, path: string): readonly QuotaWindow[] {
  const own = table[path];
  if (own) return own;
  const families = Object.keys(table).filter((key) => key.endsWith('*') && path.startsWith(key.slice(0, -1)));
  const closest = families.reduce((best, key) => (key.length > best.length ? key : best), '');
  return table[closest] ?? [];
}

/**
 * When the next call may start (Unix ms): in the past or now when there is room. Whole milliseconds, as the clock
 * ticks: the fractions below come from rounding at 10^12.
 */
export function nextAllowed(windows: readonly QuotaWindow[], tats: readonly number[]): number {
  return Math.floor(Math.max(0, ...windows.map((window, i) => (tats[i] ?? 0) - tolerance(window))));
}

/** The state after a call that starts `now`; only to be taken when `nextAllowed` is not after `now`. */
export function take(windows: readonly QuotaWindow[], tats: readonly number[], now: number): number[] {
  return windows.map((window, i) => Math.max(tats[i] ?? 0, now) + spacing(window));
}

/** The state, moved so that the next call starts at `at` at the earliest and the burst is used up then. */
export function drained(windows: readonly QuotaWindow[], tats: readonly number[], at: number): number[] {
  return windows.map((window, i) => Math.max(tats[i] ?? 0, at + tolerance(window)));
}

/** The state when the last calls are not known: as if the burst were used up and a call were made just now. */
export function unwitnessed(windows: readonly QuotaWindow[], tats: readonly number[], now: number): number[] {
  return take(windows, drained(windows, tats, now), now);
}

/** A saved state under today's windows: a clock that ran ahead may hold calls back for a minute or a spacing at most. */
export function restored(windows: readonly QuotaWindow[], saved: readonly number[], now: number): number[] {
  return windows.map((window, i) =>
    Math.min(saved[i] ?? 0, now + tolerance(window) + Math.max(MINUTE, spacing(window))),
  );
}

/**
 * At most 20 and at most 5 % of the limit in windows up to a minute, 5 % in longer ones. With the spacing of 0.9 no
 * stretch of `perMs` ever holds more than 0.9 × limit + burst calls, so never more than the limit.
 */
export function burstOf(window: QuotaWindow): number {
  const share = Math.floor(window.limit * BURST_SHARE);
  return Math.max(1, window.burst ?? (window.perMs > MINUTE ? share : Math.min(MAX_MINUTE_BURST, share)));
}

/** Milliseconds between two calls when the bucket is full. */
function spacing(window: QuotaWindow): number {
  return window.perMs / (USED * window.limit);
}

function tolerance(window: QuotaWindow): number {
  return (burstOf(window) - 1) * spacing(window);
}
