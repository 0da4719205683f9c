import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  contains,
  type Day,
  type DaySet,
  daySet,
  intersect,
  listDays,
  subtract,
  toMultirange,
  union,
} from '../../src/days.ts';
import { type CoverageUnit, coverage } from '../../src/engine/coverage.ts';
import { type DayRule, neededDays } from '../../src/engine/plan.ts';

const TODAY = '2026-11-20';
const DAILY: DayRule = { retention: 180, tail: 3, until: 'yesterday', forgets: true };
const WINDOW: DayRule = { retention: 180, tail: 31, until: 'today', forgets: false };
const OLDEST = addDays(TODAY, -180);
const YESTERDAY = addDays(TODAY, -1);

const unit = (more: Partial<CoverageUnit>): CoverageUnit => ({
  covered: [],
  lost: [],
  lostReasons: {},
  closed: null,
  cycle: 'c1',
  ...more,
});

describe('coverage', () => {
  test('a complete stream has no gaps', () => {
    const units = [
      unit({ covered: daySet(OLDEST, YESTERDAY) }),
      unit({ covered: daySet(OLDEST, YESTERDAY) }),
    ];
    expect(coverage(DAILY, TODAY, units)).toEqual({
      from: OLDEST,
      to: YESTERDAY,
      missingDays: [],
      lostDays: [],
      atRiskDays: [],
    });
  });

  test('one member who lacks a day makes it missing; near the end of the memory it is at risk', () => {
    const lacking = subtract(daySet(OLDEST, YESTERDAY), [
      { from: '2026-11-03', to: '2026-11-04' },
      { from: addDays(OLDEST, 14), to: addDays(OLDEST, 15) },
    ]);
    const units = [unit({ covered: daySet(OLDEST, YESTERDAY) }), unit({ covered: lacking })];
    const result = coverage(DAILY, TODAY, units);
    expect(result.missingDays).toEqual([
      addDays(OLDEST, 14),
      addDays(OLDEST, 15),
      '2026-11-03',
      '2026-11-04',
    ]);
    expect(result.atRiskDays).toEqual([addDays(OLDEST, 14)]);
  });

  test('a leaver makes no day missing, and what it never delivered is lost with its reason', () => {
    const lost = daySet('2026-11-18', YESTERDAY);
    const leaver = unit({
      covered: daySet(OLDEST, '2026-11-17'),
      lost,
      lostReasons: { not_visible: toMultirange(lost) },
      closed: 'not_visible',
    });
    const result = coverage(DAILY, TODAY, [unit({ covered: daySet(OLDEST, YESTERDAY) }), leaver]);
    expect(result.missingDays).toEqual([]);
    expect(result.lostDays).toEqual([
      { date: '2026-11-18', reason: 'not_visible' },
      { date: '2026-11-19', reason: 'not_visible' },
    ]);
  });

  test('a hole older than the memory of WeCom is lost as expired', () => {
    const old = addDays(OLDEST, -10);
    const covered = subtract(daySet(old, YESTERDAY), daySet(addDays(OLDEST, -3), OLDEST));
    const result = coverage(DAILY, TODAY, [unit({ covered })]);
    expect(result.from).toBe(old);
    expect(result.lostDays).toEqual(
      [-3, -2, -1].map((days) => ({ date: addDays(OLDEST, days), reason: 'expired' })),
    );
    expect(result.missingDays).toEqual([OLDEST]);
  });

  test('a loss that was made good later is none', () => {
    const whole = daySet(OLDEST, YESTERDAY);
    const result = coverage(DAILY, TODAY, [
      unit({ covered: whole, lost: [], lostReasons: { not_visible: toMultirange(whole) } }),
    ]);
    expect(result.lostDays).toEqual([]);
  });

  test('a member without licence was never to be had', () => {
    expect(coverage(DAILY, TODAY, [unit({})]).missingDays).toEqual([]);
    expect(coverage(DAILY, TODAY, [unit({ cycle: null })]).missingDays).toHaveLength(180);
  });

  test('what WeCom does not forget is missing for ever, and never today', () => {
    const first = addDays(OLDEST, -100);
    const hole = daySet('2026-02-20', '2026-03-01');
    const result = coverage(WINDOW, TODAY, [unit({ covered: subtract(daySet(first, YESTERDAY), hole) })]);
    expect(result.missingDays).toEqual(listDays(hole));
    expect(result.atRiskDays).toEqual([]);
    expect(result.lostDays).toEqual([]);
  });
});

const day = fc.integer({ min: -260, max: 0 }).map((offset) => addDays(TODAY, offset));
const set = fc
  .array(fc.tuple(day, fc.integer({ min: 0, max: 60 })), { maxLength: 5 })
  .map((ranges) =>
    ranges.reduce<DaySet>((sum, [from, length]) => union(sum, daySet(from, addDays(from, length))), []),
  )
  .map((days) => intersect(days, daySet('2026-01-01', YESTERDAY)));
const anyUnit: fc.Arbitrary<CoverageUnit> = fc
  .record({
    covered: set,
    lost: set,
    closed: fc.constantFrom(null, 'not_visible'),
    cycle: fc.constantFrom('c1', null),
    named: fc.boolean(),
  })
  .map(({ named, lost, ...rest }) => {
    const open = subtract(lost, rest.covered);
    return { ...rest, lost: open, lostReasons: named ? { unlucky: toMultirange(open) } : {} };
  });

describe('coverage of any units', () => {
  const hasAll = (days: readonly Day[], of: DaySet) => days.every((one) => contains(of, one));

  test('what is missing is exactly what an open unit still needs besides the tail', () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { maxLength: 4 }), fc.constantFrom(DAILY, WINDOW), (units, rule) => {
        const { missingDays } = coverage(rule, TODAY, units);
        const open = units.filter((one) => one.closed === null && one.cycle === null);
        const noTail = { ...rule, tail: 0 };
        const needed = open.flatMap((one) =>
          // Days known to be lost are asked again while a unit is open, but they are reported as lost and not as missing.
          subtract(
            neededDays(noTail, { ...one, provisional: [], cycleDays: [] }, 'next', TODAY, { full: false }),
            one.lost,
          ),
        );
        const wanted = subtract(union(needed, []), daySet(TODAY, TODAY));
        expect(
          listDays(
            subtract(
              wanted,
              union(
                missingDays.flatMap((one) => daySet(one, one)),
                [],
              ),
            ),
          ),
        ).toEqual([]);
        for (const one of missingDays)
          expect(
            units.some((u) => u.closed === null && !contains(u.covered, one) && !contains(u.lost, one)),
          ).toBe(true);
      }),
    );
  });

  test('no day can be had and be forgotten: missing, at risk and expired fit together', () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { maxLength: 4 }), (units) => {
        const { missingDays, atRiskDays, lostDays } = coverage(DAILY, TODAY, units);
        expect(hasAll(missingDays, daySet(OLDEST, YESTERDAY))).toBe(true);
        expect(atRiskDays).toEqual(missingDays.filter((one) => one <= addDays(OLDEST, 14)));
        for (const { date, reason } of lostDays)
          if (reason === 'expired') expect(date < OLDEST).toBe(true);
          else expect(units.some((one) => contains(one.lost, date))).toBe(true);
      }),
    );
  });

  test('every recorded loss is reported', () => {
    fc.assert(
      fc.property(fc.array(anyUnit, { maxLength: 4 }), (units) => {
        const reported = new Set(coverage(DAILY, TODAY, units).lostDays.map((lost) => lost.date));
        for (const one of units) for (const date of listDays(one.lost)) expect(reported.has(date)).toBe(true);
      }),
    );
  });
});
