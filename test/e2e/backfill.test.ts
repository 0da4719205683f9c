import { afterEach, describe, expect, test } from 'vitest';
import { addDays, shanghaiDay } from '../../src/days.ts';
import { select, withReader } from '../oracle/compare.ts';
import { openWarehouse, START, type Warehouse } from '../oracle/warehouse.ts';
import { setting } from './cli-support.ts';

/** `sync --since --until`: days beyond what a run reads by itself (issue 4, item 6). */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

const query = ({ url }: Warehouse, text: string) => withReader(url, (client) => select(client, text));

describe('backfill', () => {
  test('brings the days asked for, and leaves what the next run goes by as it is', async () => {
    const warehouse = await openWarehouse({ seed: 4, size: { approvals: 120, historyDays: 400 } });
    open.push(warehouse);
    const streams = ['approvals', 'checkins'];
    const state = () =>
      query(
        warehouse,
        `SELECT stream, unit, completed_at, rows, covered, provisional, lost, closed FROM wecom_sync.progress
         WHERE stream IN ('approvals', 'checkins') ORDER BY stream, unit`,
      );
    const asked = async (options = {}) => {
      warehouse.sim.requests.length = 0;
      expect((await warehouse.run({ streams, ...options })).status).toBe('succeeded');
      return warehouse.sim.requests
        .filter(({ path }) => path === 'oa/getapprovalinfo' || path === 'checkin/getcheckindata')
        .map(({ path, body }) => `${path} ${body.starttime}`)
        .sort();
    };
    await asked();
    const plain = await asked();
    const before = await state();
    const today = shanghaiDay(START);
    const [since, until] = [addDays(today, -390), addDays(today, -360)];
    const days = `BETWEEN '${since}' AND '${until}'`;
    const counts = () =>
      query(
        warehouse,
        `SELECT (SELECT count(*) FROM wecom.checkins WHERE checkin_date ${days}) AS punches,
          (SELECT count(*) FROM wecom.approvals WHERE (applied_at AT TIME ZONE 'Asia/Shanghai')::date ${days}) AS approvals,
          (SELECT count(*) FROM wecom.checkins WHERE checkin_date > '${until}' AND checkin_date < '${addDays(today, -180)}') AS beyond`,
      );
    expect(await counts()).toEqual([{ punches: '0', approvals: '0', beyond: '0' }]);
    await asked({ since, until });
    const [after] = await counts();
    expect(Number(after?.punches)).toBeGreaterThan(0);
    expect(Number(after?.approvals)).toBeGreaterThan(0);
    expect(await state()).toEqual(before);
    expect(await asked()).toEqual(plain);
    expect((await counts())[0]).toEqual({ ...after, beyond: '0' });
    expect(warehouse.sim.violations).toEqual([]);
  });

  test('of days older than WeCom keeps: says what can and what cannot be had, and asks for nothing in vain', async () => {
    const { run, simulator } = await setting({ size: { approvals: 5, historyDays: 1 } });
    const oldest = addDays(shanghaiDay(Date.now()), -180);
    const both = await run(['sync', 'user_behavior_daily', 'approvals', '--since', '2025-01-01', '--json']);
    expect(both.code).toBe(0);
    expect(both.stderr).toContain(
      `user_behavior_daily cannot be had any more from 2025-01-01 to ${addDays(oldest, -1)}; they are read from ${oldest} on. approvals can be had, from 2025-01-01 on.`,
    );
    const gone = ['sync', 'user_behavior_daily', '--since', '2020-01-01', '--until', '2020-02-01', '--json'];
    const none = await run(gone);
    expect(none.code).toBe(0);
    expect(none.stderr).toContain(
      'cannot be had any more from 2020-01-01 to 2020-02-01, so nothing of them is read.',
    );
    expect(simulator.violations).toEqual([]);
  });
});
