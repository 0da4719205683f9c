/** Pure planning: which days of a unit a run reads, and when a figure is final. */

import {
  addDays,
  contains,
  type Day,
  type DaySet,
  daySet,
  fromMultirange,
  intersect,
  listDays,
  startOfDay,
  subtract,
  toMultirange,
  union,
} from '../days.ts';
import type { Stream } from './stream.ts';
import type { UnitProgress } from './warehouse.ts';

export type DayRule = NonNullable<Stream['days']>;

/** `--since`, `--until` and `--full` of one run. */
export interface DayOptions {
  readonly since?: Day | undefined;
  readonly until?: Day | undefined;
  readonly full: boolean;
}

type Covered = Pick<UnitProgress, 'covered' | 'provisional' | 'cycle' | 'cycleDays'>;

/** The last day that a stream reads: yesterday for what needs an ended day. */
export function lastDay(rule: DayRule, today: Day): Day {
  return rule.until === 'today' ? today : addDays(today, -1);
}

/** The oldest day that WeCom still gives (or, for what it does not forget, that a first run goes back to). */
export function oldestDay(rule: DayRule, today: Day): Day {
  return addDays(today, -rule.retention);
}

/**
 * Days of a unit that this run reads: the missing ones, those that are not final yet and the tail that is read again
 * every run, without those that this cycle has read already. With `--since`, `--until` or `--full`: every day asked for that can still be had.
 */
export function neededDays(
  rule: DayRule,
  progress: Covered | undefined,
  cycle: string,
  today: Day,
  options: DayOptions,
): DaySet {
  const oldest = oldestDay(rule, today);
  const last = lastDay(rule, today);
  const firstCovered = progress?.covered[0]?.from;
  const start = rule.forgets || firstCovered === undefined || firstCovered > oldest ? oldest : firstCovered;
  const asked = options.since !== undefined || options.until !== undefined;
  const since = options.since ?? start;
  const from = rule.forgets && since < oldest ? oldest : since;
  const until = options.until !== undefined && options.until < last ? options.until : last;
  const window = daySet(from, until);
  const read = progress?.cycle === cycle ? progress.cycleDays : [];
  if (asked || options.full) return subtract(window, read);
  // Lost days too: a member who is shown again may have them again, and a leaver is not asked at all.
  const missing = subtract(window, progress?.covered ?? []);
  const tail = intersect(daySet(addDays(last, 1 - rule.tail), last), window);
  const provisional = intersect(progress?.provisional ?? [], window);
  return subtract(union(union(missing, tail), provisional), read);
}

/**
 * Whether the days asked for lie apart from all that runs read by themselves: then reading them leaves the progress of
 * the unit as it is, else the next run would take the days in between for missing and fetch them all.
 */
export function liesApart(
  rule: DayRule,
  progress: Pick<UnitProgress, 'covered'>,
  today: Day,
  { until }: DayOptions,
): boolean {
  if (rule.forgets || until === undefined) return false;
  const oldest = oldestDay(rule, today);
  const first = progress.covered[0]?.from ?? oldest;
  return addDays(until, 1) < (first < oldest ? first : oldest);
}

/** Hour of the next day, Shanghai, from which a day's figures are final (customer-contact 6: wrong at 02:32, right after 08:00). */
const FINAL_HOUR = 8;

export function isFinal(day: Day, nowMs: number): boolean {
  return nowMs >= (startOfDay(addDays(day, 1)) + FINAL_HOUR * 3600) * 1000;
}

export interface DayReading {
  readonly days: DaySet;
  readonly nowMs: number;
  readonly cycle: string;
  readonly completedAt: string;
  readonly rows: number;
  /** Days whose provisional figures this reading changed. */
  readonly moved: (day: Day) => boolean;
  /** Only daily figures are provisional at first. */
  readonly daily: boolean;
  /** Days for which WeCom answered errcode 0 and nothing at all. */
  readonly doubtful: DaySet;
  /** A backfill that `liesApart`. */
  readonly apart: boolean;
}

/**
 * Progress of a unit after days were read. A day is final after two equal reads or the cut-off hour; one that was empty
 * for everybody only after two reads.
 */
export function afterReading(before: UnitProgress, reading: DayReading): UnitProgress {
  const { days, cycle } = reading;
  const cycleDays = union(before.cycle === cycle ? before.cycleDays : [], days);
  if (reading.apart) return { ...before, cycle, cycleDays };
  // An empty answer for days that nobody has read before may be a glitch: they are read once more.
  const suspicious = subtract(reading.doubtful, before.covered);
  const open = listDays(days).filter((day) => {
    const confirmed = contains(before.provisional, day) && !reading.moved(day);
    const movable = reading.daily && !isFinal(day, reading.nowMs);
    return contains(suspicious, day) || (movable && !confirmed);
  });
  return {
    ...before,
    cycle,
    completedAt: reading.completedAt,
    rows: reading.rows,
    covered: union(before.covered, days),
    provisional: union(
      subtract(before.provisional, days),
      open.map((day) => ({ from: day, to: day })),
    ),
    lost: subtract(before.lost, days),
    cycleDays,
    closed: null,
  };
}

/** Progress of a unit that WeCom says cannot be had: this cycle does not ask again; nothing was proved. */
export function afterSkip(before: UnitProgress, cycle: string): UnitProgress {
  return { ...before, cycle, cycleDays: before.cycle === cycle ? before.cycleDays : [] };
}

/** Records days that can never be had any more, with the reason. */
export function withLost(before: UnitProgress, days: DaySet, reason: string): UnitProgress {
  if (days.length === 0) return before;
  const known = fromMultirange(before.lostReasons[reason] ?? null);
  return {
    ...before,
    lost: union(before.lost, days),
    lostReasons: { ...before.lostReasons, [reason]: toMultirange(union(known, days)) },
  };
}

export const freshProgress = (unit: string): UnitProgress => ({
  unit,
  cycle: null,
  completedAt: null,
  rows: 0,
  covered: [],
  provisional: [],
  lost: [],
  lostReasons: {},
  cycleDays: [],
  closed: null,
});
