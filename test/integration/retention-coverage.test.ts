import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  addDays,
  contains,
  type DaySet,
  daySet,
  intersect,
  shanghaiDay,
  subtract,
  toMultirange,
  union,
} from '../../src/days.ts';
import { type CoverageUnit, coverage } from '../../src/engine/coverage.ts';
import type { DayRule } from '../../src/engine/plan.ts';
import { type AnalyticsDatabase, analyticsDatabase, CORP } from './analytics-support.ts';

/** The ledger for analysts: the same as `status` says, and how many of how many members besides. */

const TODAY = shanghaiDay(Date.now());
const back = (days: number) => addDays(TODAY, -days);
const from = (first: number, last: number) => daySet(back(first), back(last));
const RULES: Readonly<Record<string, DayRule>> = {
  user_behavior_daily: { retention: 180, tail: 3, until: 'yesterday', forgets: true },
  checkins: { retention: 180, tail: 35, until: 'yesterday', forgets: false },
};

interface Unit extends CoverageUnit {
  readonly provisional: DaySet;
}

const member = (more: Partial<Unit>): Unit => ({
  covered: [],
  provisional: [],
  lost: [],
  lostReasons: {},
  closed: null,
  cycle: 'c1',
  ...more,
});

interface Line {
  stat_date: string;
  day_status: string;
  unit_count: number;
  complete_unit_count: number;
  provisional_unit_count: number;
  missing_unit_count: number;
  lost_unit_count: number;
  expires_date: string | null;
  days_left: number | null;
  is_at_risk: boolean;
  is_lost: boolean;
}

let warehouse: AnalyticsDatabase;
beforeAll(async () => {
  warehouse = await analyticsDatabase();
});
afterAll(() => warehouse.close());
beforeEach(async () => {
  await sql`TRUNCATE wecom_sync.progress, wecom_sync.runs, wecom_sync.run_streams`.execute(warehouse.db);
});

async function ledger(stream: string, units: readonly Unit[]): Promise<Line[]> {
  await sql`TRUNCATE wecom_sync.progress`.execute(warehouse.db);
  const rows = units.map((unit, i) => ({
    corp_id: CORP,
    stream,
    unit: `member ${i}`,
    rows: 0,
    covered: toMultirange(unit.covered),
    provisional: toMultirange(unit.provisional),
    lost: toMultirange(unit.lost),
    lost_reasons: '{}',
    cycle_days: '{}',
    cycle: unit.cycle,
    closed: unit.closed,
  }));
  if (rows.length > 0) await warehouse.db.insertInto('wecom_sync.progress').values(rows).execute();
  return warehouse.query<Line>('SELECT * FROM analytics.retention_coverage ORDER BY stat_date');
}

const day = fc.integer({ min: -260, max: -1 }).map((offset) => addDays(TODAY, offset));
const days: fc.Arbitrary<DaySet> = fc
  .array(fc.tuple(day, fc.integer({ min: 0, max: 90 })), { maxLength: 4 })
  .map((ranges) =>
    intersect(
      ranges.reduce<DaySet>((sum, [first, length]) => union(sum, daySet(first, addDays(first, length))), []),
      from(300, 1),
    ),
  );
const anyUnit: fc.Arbitrary<Unit> = fc
  .record({
    covered: days,
    provisional: days,
    lost: days,
    closed: fc.constantFrom(null, null, 'not_visible'),
    cycle: fc.constantFrom('c1', null),
  })
  .map(({ covered, provisional, lost, ...rest }) =>
    member({ ...rest, covered, provisional: intersect(provisional, covered), lost: subtract(lost, covered) }),
  );

describe('retention_coverage', () => {
  test('says of every day what the coverage of `status` says, and counts the units that it concerns', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(RULES)),
        fc.array(anyUnit, { minLength: 1, maxLength: 4 }),
        async (stream, units) => {
          const rule = RULES[stream];
          if (!rule || units.every(({ covered, lost }) => covered.length + lost.length === 0)) return;
          const lines = await ledger(stream, units);
          const dates = (which: (line: Line) => boolean) => lines.filter(which).map((line) => line.stat_date);
          const whole = coverage(rule, TODAY, units);
          expect(dates((line) => line.missing_unit_count > 0)).toEqual(whole.missingDays);
          expect(dates((line) => line.is_at_risk)).toEqual(whole.atRiskDays);
          expect(dates((line) => line.is_lost)).toEqual([...new Set(whole.lostDays.map(({ date }) => date))]);
          const each = units.map((unit) => ({ unit, ...coverage(rule, TODAY, [unit]) }));
          for (const line of lines) {
            const date = line.stat_date;
            const count = (which: (one: (typeof each)[number]) => boolean) => each.filter(which).length;
            const covered = count(({ unit }) => contains(unit.covered, date));
            const missing = count(({ missingDays }) => missingDays.includes(date));
            const lost = count(({ lostDays }) => lostDays.some((one) => one.date === date));
            expect(line.complete_unit_count + line.provisional_unit_count, date).toBe(covered);
            expect([line.missing_unit_count, line.lost_unit_count], date).toEqual([missing, lost]);
            expect(line.unit_count, date).toBe(covered + missing + lost);
            expect(line.unit_count, date).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  const on = (lines: readonly Line[], ago: number) => lines.find((line) => line.stat_date === back(ago));

  test('a new hire is not expected on days before the first that he could have had', async () => {
    const lines = await ledger('user_behavior_daily', [
      member({ covered: from(300, 1) }),
      member({ covered: from(190, 1) }),
    ]);
    expect(on(lines, 191)).toMatchObject({ day_status: 'complete', unit_count: 1, is_lost: false });
    expect(on(lines, 190)).toMatchObject({ day_status: 'complete', unit_count: 2 });
  });

  test('of a leaver the last reading stands; what was never confirmed stays provisional, and neither is lost', async () => {
    const lines = await ledger('user_behavior_daily', [
      member({ covered: from(300, 1), provisional: [...from(250, 250), ...from(1, 1)] }),
      member({ covered: from(200, 20), provisional: from(20, 20), closed: 'not_visible' }),
      member({ covered: from(300, 200), provisional: from(200, 200), closed: 'not_visible' }),
    ]);
    expect(on(lines, 200)).toMatchObject({ day_status: 'complete', unit_count: 3, is_lost: false });
    expect(on(lines, 20)).toMatchObject({ day_status: 'complete', unit_count: 2, provisional_unit_count: 0 });
    expect(on(lines, 19)).toMatchObject({ day_status: 'complete', unit_count: 1 });
    expect(on(lines, 250)).toMatchObject({ day_status: 'provisional', is_lost: false });
    expect(on(lines, 1)).toMatchObject({ day_status: 'provisional', unit_count: 1 });
  });

  test('partial says how many of how many, with the day on which the rest expires', async () => {
    const lines = await ledger('user_behavior_daily', [
      member({ covered: from(180, 1) }),
      member({ covered: subtract(from(180, 1), [...from(167, 165), ...from(50, 50)]) }),
    ]);
    expect(on(lines, 50)).toMatchObject({
      day_status: 'partial',
      unit_count: 2,
      complete_unit_count: 1,
      missing_unit_count: 1,
      expires_date: addDays(back(50), 180),
      days_left: 130,
      is_at_risk: false,
    });
    expect(lines.filter((line) => line.is_at_risk).map((line) => line.days_left)).toEqual([13, 14]);
  });

  test('a day that no run has tried yet is missing, one that was tried in vain has failed', async () => {
    const lacking = [member({ covered: subtract(from(180, 1), [...from(3, 3), ...from(1, 1)]) })];
    const two = back(2);
    await warehouse.run(`${two}T02:30:00+08:00`, ['user_behavior_daily']);
    await sql`UPDATE wecom_sync.run_streams SET api_calls = 7`.execute(warehouse.db);
    const lines = await ledger('user_behavior_daily', lacking);
    expect(on(lines, 3)).toMatchObject({ day_status: 'failed', missing_unit_count: 1 });
    expect(on(lines, 1)).toMatchObject({ day_status: 'missing', missing_unit_count: 1 });
  });
});
