import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  contains,
  countDays,
  type Day,
  type DaySet,
  daySet,
  daysBetween,
  fromMultirange,
  intersect,
  isDay,
  listDays,
  rangeLength,
  shanghaiDay,
  splitDays,
  startOfDay,
  subtract,
  toMultirange,
  union,
} from '../../src/days.ts';

/** Days around a leap day and a turn of the year: 2027-12-31, 2028-02-29. */
const FIRST = '2027-12-20';
const day = fc.integer({ min: 0, max: 90 }).map((offset) => addDays(FIRST, offset));
const range = fc.tuple(day, fc.integer({ min: -2, max: 12 }));
const ranges = fc.array(range, { maxLength: 6 });

const spread = (list: readonly (readonly [Day, number])[]): Day[] =>
  list.flatMap(([from, length]) =>
    Array.from({ length: Math.max(0, length + 1) }, (_, i) => addDays(from, i)),
  );
const setOf = (list: readonly (readonly [Day, number])[]): DaySet =>
  list.reduce<DaySet>((sum, [from, length]) => union(sum, daySet(from, addDays(from, length))), []);
const sorted = (days: Iterable<Day>): Day[] => [...new Set(days)].sort();

/** Disjoint, not adjacent, ascending, none empty. */
function isNormal(set: DaySet): boolean {
  return set.every((one, i) => {
    const before = set[i - 1];
    return one.from <= one.to && (before === undefined || one.from > addDays(before.to, 1));
  });
}

describe('day sets do what sets of days do', () => {
  test('union, subtract, intersect, contains, count', () => {
    fc.assert(
      fc.property(ranges, ranges, day, (a, b, probe) => {
        const [naiveA, naiveB] = [new Set(spread(a)), new Set(spread(b))];
        const [setA, setB] = [setOf(a), setOf(b)];
        expect(listDays(setA)).toEqual(sorted(naiveA));
        expect(listDays(union(setA, setB))).toEqual(sorted([...naiveA, ...naiveB]));
        expect(listDays(subtract(setA, setB))).toEqual(sorted(naiveA.difference(naiveB)));
        expect(listDays(intersect(setA, setB))).toEqual(sorted(naiveA.intersection(naiveB)));
        expect(contains(setA, probe)).toBe(naiveA.has(probe));
        expect(countDays(setA)).toBe(naiveA.size);
        for (const set of [union(setA, setB), subtract(setA, setB), intersect(setA, setB)])
          expect(isNormal(set)).toBe(true);
      }),
    );
  });

  test('operations leave their operands alone', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const [setA, setB] = [setOf(a), setOf(b)];
        const before = JSON.stringify([setA, setB]);
        union(setA, setB);
        subtract(setA, setB);
        intersect(setA, setB);
        expect(JSON.stringify([setA, setB])).toBe(before);
      }),
    );
  });

  test('a multirange keeps every day', () => {
    fc.assert(
      fc.property(ranges, (a) => {
        const set = setOf(a);
        expect(fromMultirange(toMultirange(set))).toEqual(set);
      }),
    );
    expect(fromMultirange(null)).toEqual([]);
    expect(fromMultirange('{}')).toEqual([]);
    expect(toMultirange(daySet('2026-01-01', '2026-01-30'))).toBe('{[2026-01-01,2026-01-31)}');
  });

  test('splitDays covers the set exactly, oldest first, in pieces of at most the given length', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 40 }), (a, most) => {
        const set = setOf(a);
        const pieces = splitDays(set, most);
        expect(pieces.flatMap((piece) => listDays([piece]))).toEqual(listDays(set));
        for (const piece of pieces) {
          expect(rangeLength(piece)).toBeLessThanOrEqual(most);
          expect(rangeLength(piece)).toBeGreaterThan(0);
        }
        const fewest = set.reduce((sum, one) => sum + Math.ceil(rangeLength(one) / most), 0);
        expect(pieces).toHaveLength(fewest);
      }),
    );
  });
});

describe('days', () => {
  test('addDays and daysBetween are inverse, over leap days too', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -2000, max: 2000 }), (from, days) => {
        expect(daysBetween(from, addDays(from, days))).toBe(days);
        expect(isDay(addDays(from, days))).toBe(true);
      }),
    );
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29');
    expect(addDays('2027-02-28', 1)).toBe('2027-03-01');
  });

  test('the Shanghai day begins at 16:00 UTC, whatever the machine thinks', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 86_399_999 }), (one, ms) => {
        expect(shanghaiDay(startOfDay(one) * 1000 + ms)).toBe(one);
      }),
    );
    expect(shanghaiDay(Date.parse('2026-01-01T15:59:59.999Z'))).toBe('2026-01-01');
    expect(shanghaiDay(Date.parse('2026-01-01T16:00:00Z'))).toBe('2026-01-02');
  });

  test('isDay takes existing days in one spelling', () => {
    expect(isDay('2028-02-29')).toBe(true);
    for (const text of ['2027-02-29', '2026-13-01', '2026-1-1', '2026-01-01T00:00:00Z', '', '20260101'])
      expect(isDay(text)).toBe(false);
  });
});
