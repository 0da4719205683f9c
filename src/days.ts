/**
 * Calendar days in Asia/Shanghai (UTC+8, no daylight saving) and sets of them. WeCom's statistics, its 180 days of
 * memory and the check-in day all follow this calendar (customer-contact 1.4), whatever the machine's time zone is.
 */

/** A calendar day, `YYYY-MM-DD`, in Asia/Shanghai. Compares as text. */
export type Day = string;

/** Both ends included. */
export interface DayRange {
  from: Day;
  to: Day;
}

/** Disjoint, not adjacent, ascending ranges. Made by the functions below only. */
export type DaySet = readonly DayRange[];

const DAY_MS = 86_400_000;
const SHANGHAI_MS = 8 * 3_600_000;

const number = (day: Day): number => Date.parse(`${day}T00:00:00Z`) / DAY_MS;
const fromNumber = (n: number): Day => new Date(n * DAY_MS).toISOString().slice(0, 10);

/** True for an existing calendar day written `YYYY-MM-DD`. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(number(text)) && fromNumber(number(text)) === text;
}

/** The Shanghai day of an instant in milliseconds. */
export function shanghaiDay(ms: number): Day {
  return new Date(ms + SHANGHAI_MS).toISOString().slice(0, 10);
}

/** Unix seconds of 00:00 of the day in Shanghai. */
export function startOfDay(day: Day): number {
  return number(day) * 86_400 - SHANGHAI_MS / 1000;
}

export function addDays(day: Day, days: number): Day {
  return fromNumber(number(day) + days);
}

/** Days from `a` to `b`: 1 when b is the day after a. */
export function daysBetween(a: Day, b: Day): number {
  return number(b) - number(a);
}

export function rangeLength(range: DayRange): number {
  return daysBetween(range.from, range.to) + 1;
}

/** The days from `from` to `to`, empty when `to` is earlier. */
export function daySet(from: Day, to: Day): DaySet {
  return from <= to ? [{ from, to }] : [];
}

export function union(a: DaySet, b: DaySet): DaySet {
  const sorted = [...a, ...b].sort((x, y) => (x.from < y.from ? -1 : 1));
  const merged: DayRange[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last && range.from <= addDays(last.to, 1)) {
      if (range.to > last.to) last.to = range.to;
    } else merged.push({ ...range });
  }
  return merged;
}

export function subtract(a: DaySet, b: DaySet): DaySet {
  let rest: DayRange[] = a.map((range) => ({ ...range }));
  for (const cut of b) {
    rest = rest.flatMap((range) => {
      if (cut.to < range.from || cut.from > range.to) return [range];
      return [...daySet(range.from, addDays(cut.from, -1)), ...daySet(addDays(cut.to, 1), range.to)];
    });
  }
  return rest;
}

export function intersect(a: DaySet, b: DaySet): DaySet {
  return subtract(a, subtract(a, b));
}

export function contains(set: DaySet, day: Day): boolean {
  return set.some((range) => range.from <= day && day <= range.to);
}

export function countDays(set: DaySet): number {
  return set.reduce((sum, range) => sum + rangeLength(range), 0);
}

/** Every day of the set, ascending. */
export function listDays(set: DaySet): Day[] {
  return set.flatMap((range) => Array.from({ length: rangeLength(range) }, (_, i) => addDays(range.from, i)));
}

/** Cuts the set into ranges of at most `most` days, ascending: what expires first comes first. */
export function splitDays(set: DaySet, most: number): DayRange[] {
  return set.flatMap((range) => {
    const pieces: DayRange[] = [];
    for (let from = range.from; from <= range.to; from = addDays(from, most)) {
      const to = addDays(from, most - 1);
      pieces.push({ from, to: to < range.to ? to : range.to });
    }
    return pieces;
  });
}

/** PostgreSQL `datemultirange` text, e.g. `{[2026-01-01,2026-01-31)}`: PostgreSQL's upper bounds are exclusive. */
export function toMultirange(set: DaySet): string {
  return `{${set.map((range) => `[${range.from},${addDays(range.to, 1)})`).join(',')}}`;
}

export function fromMultirange(text: string | null): DaySet {
  if (text === null) return [];
  return [...text.matchAll(/\[(\d{4}-\d{2}-\d{2}),(\d{4}-\d{2}-\d{2})\)/g)].map(
    ([, from = '', end = '']) => ({
      from,
      to: addDays(end, -1),
    }),
  );
}
