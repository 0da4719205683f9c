/**
 * Which days of a stream the warehouse has, which are missing and can still be had, and which nobody will ever have.
 * Pure: from the progress of the units (members, or `*`) and the stream's rule of days.
 */
import {
  addDays,
  type Day,
  type DaySet,
  daySet,
  daysBetween,
  fromMultirange,
  intersect,
  listDays,
  subtract,
  union,
} from '../days.ts';
import { type DayRule, lastDay, oldestDay } from './plan.ts';
import type { UnitProgress } from './warehouse.ts';

export type CoverageUnit = Pick<UnitProgress, 'covered' | 'lost' | 'lostReasons' | 'closed' | 'cycle'>;

export interface LostDay {
  readonly date: Day;
  /** As recorded by a run, or `expired`: nobody fetched the day while WeCom still had it. */
  readonly reason: string;
}

export interface Coverage {
  /** First and last covered day; null before anything was covered. */
  readonly from: Day | null;
  readonly to: Day | null;
  /** Days that at least one unit lacks and that can still be had. */
  readonly missingDays: readonly Day[];
  /** Days that at least one unit will never have, once per reason. */
  readonly lostDays: readonly LostDay[];
  /** Of the missing days, those that WeCom forgets within 14 days. */
  readonly atRiskDays: readonly Day[];
}

/** Days before its end from which a missing day is at risk. */
const RISK_DAYS = 14;

export function coverage(rule: DayRule, today: Day, units: readonly CoverageUnit[]): Coverage {
  const covered = unionOf(units.map((unit) => unit.covered));
  const missingDays = listDays(unionOf(units.map((unit) => missingOf(rule, today, unit))));
  return {
    from: covered[0]?.from ?? null,
    to: covered.at(-1)?.to ?? null,
    missingDays,
    lostDays: lostDays(rule, today, units),
    atRiskDays: missingDays.filter(
      (day) => rule.forgets && daysBetween(today, addDays(day, rule.retention)) <= RISK_DAYS,
    ),
  };
}

/**
 * What the next run would fetch besides its tail. A closed unit (a leaver) lacks nothing any more; neither does one of
 * which WeCom has said that there is nothing to have (asked in a cycle, never a day: no licence). A day that is not over
 * is not missing yet.
 */
function missingOf(rule: DayRule, today: Day, unit: CoverageUnit): DaySet {
  if (unit.closed !== null || explained(unit)) return [];
  const oldest = oldestDay(rule, today);
  const first = unit.covered[0]?.from;
  const from = !rule.forgets && first !== undefined && first < oldest ? first : oldest;
  const last = lastDay(rule, today);
  const until = last < today ? last : addDays(today, -1);
  return subtract(daySet(from, until), union(unit.covered, unit.lost));
}

const explained = ({ covered, lost, cycle }: CoverageUnit) =>
  cycle !== null && covered.length === 0 && lost.length === 0;

function lostDays(rule: DayRule, today: Day, units: readonly CoverageUnit[]): LostDay[] {
  const byReason = new Map<string, DaySet>();
  const add = (reason: string, days: DaySet) => byReason.set(reason, union(byReason.get(reason) ?? [], days));
  for (const unit of units) {
    let unnamed = unit.lost;
    for (const [reason, text] of Object.entries(unit.lostReasons)) {
      // A recorded loss may have been made good since: WeCom showed the member again.
      const days = intersect(fromMultirange(text), unit.lost);
      add(reason, days);
      unnamed = subtract(unnamed, days);
    }
    add('unknown', unnamed);
    if (rule.forgets) add('expired', expiredOf(rule, today, unit));
  }
  const days = [...byReason].flatMap(([reason, set]) => listDays(set).map((date) => ({ date, reason })));
  return days.sort((a, b) => (`${a.date} ${a.reason}` < `${b.date} ${b.reason}` ? -1 : 1));
}

/** Holes since the unit's first day that are older than what WeCom keeps. A leaver's end with the last day it delivered. */
function expiredOf(rule: DayRule, today: Day, unit: CoverageUnit): DaySet {
  const first = unit.covered[0]?.from;
  const last = unit.covered.at(-1)?.to;
  if (first === undefined || last === undefined) return [];
  const forgotten = addDays(oldestDay(rule, today), -1);
  const until = unit.closed !== null && last < forgotten ? last : forgotten;
  return subtract(daySet(first, until), union(unit.covered, unit.lost));
}

function unionOf(sets: readonly DaySet[]): DaySet {
  return union(sets.flat(), []);
}
