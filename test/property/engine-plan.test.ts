import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDays,
  contains,
  type Day,
  type DaySet,
  daySet,
  fromMultirange,
  listDays,
  startOfDay,
  subtract,
  union,
} from '../../src/days.ts';
import {
  afterReading,
  afterSkip,
  type DayReading,
  type DayRule,
  freshProgress,
  isFinal,
  liesApart,
  neededDays,
  withLost,
} from '../../src/engine/plan.ts';
import type { UnitProgress } from '../../src/engine/warehouse.ts';

const TODAY = '2026-11-20';
const day = fc.integer({ min: -60, max: 3 }).map((offset) => addDays(TODAY, offset));
const set = fc
  .array(fc.tuple(day, fc.integer({ min: 0, max: 15 })), { maxLength: 4 })
  .map((ranges) =>
    ranges.reduce<DaySet>((sum, [from, length]) => union(sum, daySet(from, addDays(from, length))), []),
  );
const rule: fc.Arbitrary<DayRule> = fc.record({
  retention: fc.integer({ min: 1, max: 40 }),
  tail: fc.integer({ min: 0, max: 10 }),
  until: fc.constantFrom('yesterday', 'today'),
  forgets: fc.boolean(),
});
const progress = fc.record({
  covered: set,
  provisional: set,
  lost: set,
  cycle: fc.constantFrom('this', 'before', null),
  cycleDays: set,
});
const options = fc.record({
  since: fc.option(day, { nil: undefined }),
  until: fc.option(day, { nil: undefined }),
  full: fc.boolean(),
});

/** The rules of DESIGN 2.4 for one day, said once more and without any arithmetic on ranges. */
function wanted(
  one: Day,
  r: DayRule,
  p:
    | { covered: DaySet; provisional: DaySet; lost: DaySet; cycle: string | null; cycleDays: DaySet }
    | undefined,
  o: { since?: Day | undefined; until?: Day | undefined; full: boolean },
): boolean {
  const last = r.until === 'today' ? TODAY : addDays(TODAY, -1);
  const oldest = addDays(TODAY, -r.retention);
  if (one > last || (o.until !== undefined && one > o.until)) return false;
  if (r.forgets && one < oldest) return false;
  if (o.since !== undefined && one < o.since) return false;
  const firstCovered = p?.covered[0]?.from ?? one;
  if (o.since === undefined && one < oldest && one < firstCovered) return false;
  if (o.since === undefined && one < oldest && p?.covered.length === 0) return false;
  if (o.since === undefined && one < oldest && p === undefined) return false;
  if (p?.cycle === 'this' && contains(p.cycleDays, one)) return false;
  if (o.since !== undefined || o.until !== undefined || o.full) return true;
  const inTail = one > addDays(last, -r.tail);
  const notFinal = contains(p?.provisional ?? [], one);
  return inTail || notFinal || !contains(p?.covered ?? [], one);
}

describe('neededDays', () => {
  const calendar = listDays(daySet(addDays(TODAY, -70), addDays(TODAY, 20)));

  test('a day is read exactly when it is missing, in the tail or asked for, and can still be had', () => {
    fc.assert(
      fc.property(rule, fc.option(progress, { nil: undefined }), options, (r, p, o) => {
        const needed = listDays(neededDays(r, p, 'this', TODAY, o));
        expect(needed).toEqual(calendar.filter((one) => wanted(one, r, p, o)));
      }),
      { numRuns: 500 },
    );
  });

  test('invariant 10: what WeCom forgets is never asked for beyond its memory, whatever --since says', () => {
    const forgets = { retention: 180, tail: 3, until: 'yesterday', forgets: true } as const;
    const needed = neededDays(forgets, undefined, 'this', TODAY, { since: '2020-01-01', full: false });
    expect(needed).toEqual(daySet(addDays(TODAY, -180), addDays(TODAY, -1)));
  });

  test('invariant 1: what this cycle has read is not read again, not even with --full', () => {
    fc.assert(
      fc.property(rule, progress, options, (r, p, o) => {
        const needed = neededDays(r, { ...p, cycle: 'this' }, 'this', TODAY, o);
        expect(listDays(needed).filter((one) => contains(p.cycleDays, one))).toEqual([]);
      }),
    );
  });
});

const at = (text: string) => Date.parse(text);
const reading = (more: Partial<DayReading>): DayReading => ({
  days: [],
  nowMs: at('2026-11-20T00:30:00+08:00'),
  cycle: 'this',
  completedAt: '2026-11-19T16:30:00.000Z',
  rows: 0,
  moved: () => false,
  daily: true,
  doubtful: [],
  apart: false,
  ...more,
});

describe('provisional figures', () => {
  const yesterday = daySet('2026-11-19', '2026-11-19');

  test('a day is final from 08:00 of the next day, Shanghai', () => {
    expect(isFinal('2026-11-19', at('2026-11-20T07:59:59+08:00'))).toBe(false);
    expect(isFinal('2026-11-19', at('2026-11-20T08:00:00+08:00'))).toBe(true);
    const early = afterReading(freshProgress('u'), reading({ days: yesterday }));
    expect(early.provisional).toEqual(yesterday);
    expect(early.covered).toEqual(yesterday);
    const late = afterReading(early, reading({ days: yesterday, nowMs: at('2026-11-20T08:00:00+08:00') }));
    expect(late.provisional).toEqual([]);
  });

  test('invariant 4: days that were empty for everybody at their first reading are read once more', () => {
    const noon = at('2026-11-20T12:00:00+08:00');
    const empty = reading({ days: yesterday, doubtful: yesterday, nowMs: noon });
    const once = afterReading(freshProgress('u'), empty);
    expect(once.provisional).toEqual(yesterday);
    const rule = { retention: 180, tail: 1, until: 'yesterday', forgets: true } as const;
    const later = '2026-11-25';
    expect(contains(neededDays(rule, once, 'next', later, { full: false }), '2026-11-19')).toBe(true);
    const twice = afterReading(once, empty);
    expect(twice.provisional).toEqual([]);
    expect(contains(neededDays(rule, twice, 'next', later, { full: false }), '2026-11-19')).toBe(false);
    // Figures that were there before are not doubted for one empty answer.
    const known = afterReading(freshProgress('u'), reading({ days: yesterday, nowMs: noon }));
    expect(afterReading(known, empty).provisional).toEqual([]);
  });

  test('two equal readings make a day final before the hour, a changed one does not', () => {
    const first = afterReading(freshProgress('u'), reading({ days: yesterday }));
    expect(afterReading(first, reading({ days: yesterday })).provisional).toEqual([]);
    const moved = afterReading(first, reading({ days: yesterday, moved: (one) => one === '2026-11-19' }));
    expect(moved.provisional).toEqual(yesterday);
    expect(afterReading(moved, reading({ days: yesterday })).provisional).toEqual([]);
  });

  test('after any readings: open days are covered, not final, and were never read twice alike', () => {
    const step = fc.record({
      days: set,
      hours: fc.integer({ min: 0, max: 30 }),
      moved: set,
      daily: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
        let state = freshProgress('u');
        let hours = 0;
        for (const one of steps) {
          hours += one.hours;
          const nowMs = startOfDay(addDays(TODAY, -30)) * 1000 + hours * 24 * 3_600_000;
          const before = state;
          const moved = (d: Day) => contains(one.moved, d);
          state = afterReading(state, reading({ days: one.days, nowMs, moved, daily: one.daily }));
          expect(listDays(state.covered)).toEqual(listDays(union(before.covered, one.days)));
          expect(listDays(subtract(state.provisional, state.covered))).toEqual([]);
          for (const d of listDays(one.days)) {
            const open = one.daily && !isFinal(d, nowMs) && !(contains(before.provisional, d) && !moved(d));
            expect(contains(state.provisional, d)).toBe(open);
          }
          const unread = subtract(before.provisional, one.days);
          expect(listDays(subtract(unread, state.provisional))).toEqual([]);
        }
      }),
    );
  });

  test('a reading opens a closed unit, makes losses good, and names the days of its cycle only', () => {
    const lost = withLost(
      {
        ...freshProgress('u'),
        closed: 'not_visible',
        cycle: 'before',
        cycleDays: daySet('2026-11-01', '2026-11-05'),
      },
      daySet('2026-11-17', '2026-11-19'),
      'not_visible',
    );
    const after = afterReading(lost, reading({ days: yesterday }));
    expect(after).toMatchObject({ closed: null, cycle: 'this', cycleDays: yesterday });
    expect(after.lost).toEqual(daySet('2026-11-17', '2026-11-18'));
    const again = afterReading(after, reading({ days: daySet('2026-11-10', '2026-11-10') }));
    expect(again.cycleDays).toEqual([...daySet('2026-11-10', '2026-11-10'), ...yesterday]);
  });
});

describe('backfill', () => {
  const window = { retention: 180, tail: 31, until: 'today', forgets: false } as const;
  const covered = daySet(addDays(TODAY, -200), TODAY);
  const asked = (until: Day | undefined, of = covered, rule: DayRule = window) =>
    liesApart(rule, { covered: of }, TODAY, { since: '2020-01-01', until, full: false });

  test('lies apart when a day stays between it and what runs read by themselves', () => {
    expect(asked(addDays(TODAY, -202))).toBe(true);
    expect(asked(addDays(TODAY, -201))).toBe(false);
    expect(asked(addDays(TODAY, -182), [])).toBe(true);
    expect(asked(addDays(TODAY, -181), [])).toBe(false);
    expect(asked(undefined)).toBe(false);
    expect(asked('2020-02-01', covered, { ...window, forgets: true })).toBe(false);
  });

  test('apart from the rest it changes nothing that the next run goes by', () => {
    const days = daySet('2025-01-01', '2025-01-31');
    const before = { ...freshProgress('u'), covered, completedAt: 'then', rows: 9, cycle: 'before' };
    const after = afterReading(before, reading({ days, daily: false, apart: true, rows: 3 }));
    expect(after).toEqual({ ...before, cycle: 'this', cycleDays: days });
    const next = (p: UnitProgress) => neededDays(window, p, 'next', TODAY, { full: false });
    expect(next(after)).toEqual(next(before));
    const joined = afterReading(before, reading({ days, daily: false }));
    expect(listDays(next(joined)).length).toBeGreaterThan(listDays(next(before)).length);
  });
});

describe('what cannot be had', () => {
  test('a skipped unit is not asked for again in its cycle and proves nothing', () => {
    fc.assert(
      fc.property(progress, (p) => {
        const before = { ...freshProgress('u'), ...p, completedAt: '2026-11-01T00:00:00.000Z' };
        const after = afterSkip(before, 'this');
        expect(after.cycle).toBe('this');
        expect({ ...after, cycle: null, cycleDays: [] }).toEqual({ ...before, cycle: null, cycleDays: [] });
        expect(after.cycleDays).toEqual(before.cycle === 'this' ? before.cycleDays : []);
      }),
    );
  });

  test('losses add up, each under its reason', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(set, fc.constantFrom('a', 'b')), { maxLength: 5 }), (losses) => {
        const state = losses.reduce((sum, [days, reason]) => withLost(sum, days, reason), freshProgress('u'));
        for (const reason of ['a', 'b']) {
          const naive = new Set(losses.filter(([, r]) => r === reason).flatMap(([days]) => listDays(days)));
          expect(listDays(fromMultirange(state.lostReasons[reason] ?? null))).toEqual([...naive].sort());
        }
        expect(listDays(state.lost)).toEqual([...new Set(losses.flatMap(([days]) => listDays(days)))].sort());
      }),
    );
  });
});
