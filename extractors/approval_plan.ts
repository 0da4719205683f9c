import {
  addDays,
  type Day,
  type DayRange,
  type DaySet,
  daysBetween,
  splitDays,
  startOfDay,
} from '../src/days.ts';
import { hash64 } from './hash.ts';

/** The span of a list is 31 days at most (directory-and-oa 5.1); the overlap comes on top of these. */
const WINDOW_DAYS = 30;
/** Windows begin 10 minutes early: a request near midnight must not fall between two of them (12, cursor hygiene). */
const OVERLAP_SECONDS = 600;
/** Every stored request is read again once in so many nights. */
const ROTATION_NIGHTS = 30;
const EPOCH: Day = '1970-01-01';

export interface TimeWindow {
  readonly days: DayRange;
  /** Unix seconds. */
  readonly start: number;
  readonly end: number;
}

/** List windows that together cover the days, none reaching beyond `now` (milliseconds). */
export function windowsOf(days: DaySet, now: number): TimeWindow[] {
  const nowSeconds = Math.floor(now / 1000);
  return splitDays(days, WINDOW_DAYS)
    .map((range) => ({
      days: range,
      start: startOfDay(range.from) - OVERLAP_SECONDS,
      end: Math.min(startOfDay(addDays(range.to, 1)), nowSeconds),
    }))
    .filter(({ start, end }) => start < end);
}

/** True in one of 30 nights, always the same one for a request. */
export function isItsNight(spNo: string, today: Day): boolean {
  return (
    BigInt.asUintN(64, hash64(spNo)) % BigInt(ROTATION_NIGHTS) ===
    BigInt(daysBetween(EPOCH, today) % ROTATION_NIGHTS)
  );
}

/** What a list filtered by status showed. */
export interface Shown {
  readonly status: number;
  readonly numbers: readonly string[];
}

export interface DetailPlan {
  /** Numbers to read for each window, in the order of the windows. */
  readonly windows: readonly (readonly string[])[];
  /** Open requests, those whose status a list shows changed, and tonight's thirtieth of the rest. */
  readonly recheck: readonly string[];
}

/**
 * Which requests are read in detail, each of them once: a number that two windows list belongs to the earlier one,
 * whose last day it was submitted on. `stored`: sp_status by sp_no.
 */
export function planDetails(
  listed: readonly (readonly string[])[],
  shown: readonly Shown[],
  stored: ReadonlyMap<string, number | null>,
  options: { readonly today: Day; readonly full: boolean },
): DetailPlan {
  const planned = new Set<string>();
  const claim = (numbers: Iterable<string>, wanted: (spNo: string) => boolean) => {
    const claimed: string[] = [];
    for (const spNo of numbers) {
      if (planned.has(spNo) || !wanted(spNo)) continue;
      planned.add(spNo);
      claimed.push(spNo);
    }
    return claimed;
  };
  const windows = listed.map((numbers) => claim(numbers, (spNo) => options.full || !stored.has(spNo)));
  const changed = shown.flatMap(({ status, numbers }) =>
    claim(numbers, (spNo) => stored.get(spNo) !== status),
  );
  const due = claim(stored.keys(), (spNo) => stored.get(spNo) === 1 || isItsNight(spNo, options.today));
  return { windows, recheck: [...changed, ...due] };
}
