import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isItsNight, planDetails, windowsOf } from '../../extractors/approval_plan.ts';
import { planBlocks } from '../../extractors/checkins.ts';
import {
  addDays,
  type Day,
  type DaySet,
  daySet,
  listDays,
  rangeLength,
  startOfDay,
  union,
} from '../../src/days.ts';

const TODAY: Day = '2026-11-03';
const days = fc.array(fc.tuple(fc.nat(400), fc.nat(120)), { maxLength: 6 }).map((ranges) =>
  ranges.reduce<DaySet>((set, [back, length]) => {
    const from = addDays(TODAY, -back);
    const to = addDays(from, length);
    return union(set, daySet(from, to < TODAY ? to : TODAY));
  }, []),
);
const timeOfToday = fc.integer({ min: 0, max: 86_399_999 }).map((ms) => startOfDay(TODAY) * 1000 + ms);
const spNo = fc.integer({ min: 1, max: 60 }).map((n) => `2026110300${n}`);

describe('windows of approvals', () => {
  it('cover exactly the asked days, begin early, and stay within 31 days and before now', () => {
    fc.assert(
      fc.property(days, timeOfToday, (asked, now) => {
        const windows = windowsOf(asked, now);
        expect(windows.flatMap((window) => listDays([window.days]))).toEqual(listDays(asked));
        for (const { days: range, start, end } of windows) {
          expect(start).toBe(startOfDay(range.from) - 600);
          expect(end).toBe(Math.min(startOfDay(addDays(range.to, 1)), Math.floor(now / 1000)));
          expect(end).toBeGreaterThan(start);
          expect(end - start).toBeLessThanOrEqual(31 * 86_400);
        }
      }),
    );
  });
});

describe('the plan of details', () => {
  const plans = fc.record({
    listed: fc.array(fc.uniqueArray(spNo), { maxLength: 4 }),
    shown: fc.array(fc.record({ status: fc.constantFrom(1, 6, 7, 10), numbers: fc.uniqueArray(spNo) }), {
      maxLength: 3,
    }),
    stored: fc.array(fc.tuple(spNo, fc.constantFrom(1, 2, 3, 6, null))).map((entries) => new Map(entries)),
    full: fc.boolean(),
  });

  it('asks for each request at most once, and for every one that may have changed', () => {
    fc.assert(
      fc.property(plans, ({ listed, shown, stored, full }) => {
        const plan = planDetails(listed, shown, stored, { today: TODAY, full });
        const asked = [...plan.windows.flat(), ...plan.recheck];
        expect(new Set(asked).size).toBe(asked.length);
        const wanted = new Set([
          ...listed.flat().filter((number) => full || !stored.has(number)),
          ...shown.flatMap(({ status, numbers }) =>
            numbers.filter((number) => stored.get(number) !== status),
          ),
          ...[...stored].flatMap(([number, status]) =>
            status === 1 || isItsNight(number, TODAY) ? [number] : [],
          ),
        ]);
        expect(new Set(asked)).toEqual(wanted);
        for (const [i, numbers] of plan.windows.entries())
          for (const number of numbers) expect(listed[i]).toContain(number);
      }),
    );
  });

  it('gives each stored request exactly one of any 30 nights in a row', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(2000), (number, later) => {
        const nights = listDays(daySet(addDays(TODAY, later), addDays(TODAY, later + 29)));
        expect(nights.filter((night) => isItsNight(number, night))).toHaveLength(1);
      }),
    );
  });
});

describe('blocks of check-ins', () => {
  it("cover each member's days exactly once, within 100 members and 30 days", () => {
    const choices = fc.array(days, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(choices, fc.integer({ min: 0, max: 250 }), (sets, count) => {
        const members = Array.from({ length: count }, (_, i) => `u${i}`);
        const needed = (userid: string) => sets[Number(userid.slice(1)) % sets.length] ?? [];
        const seen = new Map<string, Day[]>();
        for (const block of planBlocks(members, needed)) {
          expect(block.units.length).toBeGreaterThan(0);
          expect(block.units.length).toBeLessThanOrEqual(100);
          if (!block.days) throw new Error('a block without days');
          expect(rangeLength(block.days)).toBeLessThanOrEqual(30);
          for (const unit of block.units)
            seen.set(unit, [...(seen.get(unit) ?? []), ...listDays([block.days])]);
        }
        for (const member of members)
          expect((seen.get(member) ?? []).toSorted()).toEqual(listDays(needed(member)));
      }),
      { numRuns: 40 },
    );
  });
});
