import { afterEach, describe, expect, test } from 'vitest';
import { addDays, type Day, shanghaiDay } from '../../src/days.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, START, type Warehouse } from '../oracle/warehouse.ts';

/** What becomes of figures that WeCom changes afterwards (issue 4, item 4). */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

const SIZE = { approvals: 0, historyDays: 1 };
const STREAMS = ['user_behavior_daily'];
const HALF_PAST_TWO = Date.parse('2026-06-16T18:30:00Z');

async function opened(start: number) {
  const warehouse = await openWarehouse({ seed: 9, size: SIZE }, start);
  open.push(warehouse);
  const { company } = warehouse.sim;
  const userid = company.followUsers()[0]?.userid ?? '';
  const run = (more = {}) => warehouse.run({ streams: STREAMS, ...more });
  return {
    ...warehouse,
    run,
    passDay: () => warehouse.clock.sleep(86_400_000),
    restate: (day: Day) => company.restateBehaviour(userid, Date.parse(day) / 86_400_000),
    /** The versions of a figure, the oldest first: value, from, to. */
    versions: (day: Day) =>
      withReader(warehouse.url, (client) =>
        select(
          client,
          `SELECT message_cnt, valid_from, valid_to, ended_by FROM analytics.user_behavior_daily_versions
           WHERE userid = $1 AND stat_date = $2 ORDER BY valid_from`,
          [userid, day],
        ),
      ),
  };
}

const plus7 = (value: string | null | undefined) => String(Number(value) + 7);

describe('restatements', () => {
  test('a final figure that changes within the tail keeps both values, with the runs that saw them', async () => {
    const it = await opened(START);
    const yesterday = addDays(shanghaiDay(START), -1);
    const first = await it.run();
    it.restate(yesterday);
    await it.passDay();
    const second = await it.run();
    const [before, after, ...more] = await it.versions(yesterday);
    expect(before).toMatchObject({
      valid_from: first.startedAt,
      valid_to: second.startedAt,
      ended_by: 'changed',
    });
    expect(after).toMatchObject({
      message_cnt: plus7(before?.message_cnt),
      valid_from: second.startedAt,
      valid_to: null,
    });
    expect(more).toEqual([]);
    expect(await history(it.url)).toHaveLength(1);
  });

  test('a change behind the tail is seen by sync --full, and told in the same way', async () => {
    const it = await opened(START);
    const longAgo = addDays(shanghaiDay(START), -60);
    await it.run();
    it.restate(longAgo);
    await it.run();
    expect(await it.versions(longAgo)).toHaveLength(1);
    const full = await it.run({ full: true });
    expect(full.streams.at(-1)).toMatchObject({ stream: 'user_behavior_daily', updated: 1 });
    const [before, after] = await it.versions(longAgo);
    expect(before?.valid_to).toBe(full.startedAt);
    expect(after).toMatchObject({ message_cnt: plus7(before?.message_cnt), valid_to: null });
    // One day of one member: its neighbours in the same call have no version.
    expect(await history(it.url)).toHaveLength(1);
  });

  test('a provisional figure changes in place; from the cut-off hour on it opens a version', async () => {
    const it = await opened(HALF_PAST_TWO);
    const yesterday = addDays(shanghaiDay(HALF_PAST_TWO), -1);
    const first = await it.run();
    it.restate(yesterday);
    expect((await it.run()).streams.at(-1)).toMatchObject({ updated: 1 });
    const [only] = await it.versions(yesterday);
    expect(only).toMatchObject({ valid_from: first.startedAt, valid_to: null });
    expect(await history(it.url)).toEqual([]);
    await it.clock.sleep(6 * 3_600_000);
    await it.run();
    it.restate(yesterday);
    await it.run();
    expect(await it.versions(yesterday)).toMatchObject([
      { message_cnt: only?.message_cnt },
      { message_cnt: plus7(only?.message_cnt) },
    ]);
  });
});

describe('a day that is zero for everybody', () => {
  const provisional = ({ url }: Warehouse) =>
    withReader(url, (client) =>
      select(
        client,
        `SELECT DISTINCT d.stat_date FROM analytics.user_behavior_daily_versions d JOIN wecom_sync.progress p
         ON p.stream = 'user_behavior_daily' AND p.provisional @> d.stat_date ORDER BY 1`,
      ),
    ).then((rows) => rows.map((row) => row.stat_date));
  const calls = ({ sim }: Warehouse) => sim.requests.filter(({ path }) => path.endsWith('behavior_data'));

  test('is read again, and a late figure opens no version, however old the day', async () => {
    const it = await opened(START);
    const oracle = new Oracle();
    const late = addDays(shanghaiDay(START), -90);
    it.sim.company.uncomputedDays.add(Date.parse(late) / 86_400_000);
    await it.run();
    expect(await provisional(it)).toEqual([late]);
    it.sim.company.uncomputedDays.clear();
    await it.run();
    expect(await provisional(it)).toEqual([]);
    const expected = oracle.observe(it.sim.company).get('user_behavior_daily') ?? [];
    expect(await compare(it.url, new Map([['user_behavior_daily', expected]]))).toEqual([]);
    expect(await history(it.url)).toEqual([]);
  });

  test('is a holiday when two runs behind the tail read the same, and is then left alone', async () => {
    const it = await opened(START);
    const holiday = addDays(shanghaiDay(START), -1);
    it.sim.company.uncomputedDays.add(Date.parse(holiday) / 86_400_000);
    // Yesterday, the day before … of the tail of three, and once more behind it.
    for (let night = 1; night <= 4; night++) {
      await it.run();
      expect(await provisional(it), `night ${night}`).toEqual(night < 4 ? [holiday] : []);
      await it.passDay();
    }
    it.sim.requests.length = 0;
    await it.run();
    const oldest = Math.min(...calls(it).map(({ body }) => Number(body.start_time)));
    expect(shanghaiDay(oldest * 1000)).toBe(addDays(holiday, 2));
  });

  test('for one member alone is believed: others have figures', async () => {
    const it = await opened(START);
    it.sim.company.hire(101);
    await it.run();
    expect(await provisional(it)).toEqual([]);
    // Read in a later run, when the others' figures of those days are stored and not read.
    it.sim.company.hire(101);
    await it.run();
    expect(await provisional(it)).toEqual([]);
  });
});
