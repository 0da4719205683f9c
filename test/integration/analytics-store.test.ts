import fc from 'fast-check';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { applyAnalytics, forgetRefreshes, refreshStore } from '../../loaders/analytics/index.ts';
import { createPool } from '../../loaders/pool.ts';
import { happens, type Night, night } from '../oracle/chaos.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';
import { rowsWritten, staleFacts, storedRows } from './store-support.ts';

/** What analysts read is stored: it must equal its queries after every run, whatever happened at the source. */

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(seed: number): Promise<{ warehouse: Warehouse; pool: Pool }> {
  // 02:30 in Shanghai, as the nightly run: some figures are not final yet.
  const warehouse = await openWarehouse({ traps: 'all', seed }, Date.parse('2026-06-16T18:30:00Z'));
  open.push(warehouse);
  const pool = createPool({ url: warehouse.url });
  open.push({ close: () => pool.end() });
  return { warehouse, pool };
}

/** One night; stopped after some events when it says so. */
async function live({ sim, run }: Warehouse, one: Night): Promise<boolean> {
  happens(sim, { ...one, passes: true });
  for (const fault of one.faults) sim.faults.inject(fault);
  const stop = new AbortController();
  let events = 0;
  await run({
    signal: stop.signal,
    onEvent: () => {
      events += 1;
      if (events === one.abortAfter) stop.abort();
    },
  });
  sim.faults.clear();
  return !stop.signal.aborted;
}

describe('the stored facts', () => {
  test.each([
    3, 4,
  ])('equal their queries after every night of changes, stops and faults (seed %s)', async (seed) => {
    const { warehouse, pool } = await start(seed);
    await warehouse.run();
    expect(await staleFacts(pool)).toEqual([]);
    const nights = fc.sample(night, { seed, numRuns: 10 });
    for (const [i, one] of nights.entries())
      if (await live(warehouse, one)) expect(await staleFacts(pool), `night ${i}`).toEqual([]);
    // The last one includes those that were stopped.
    await warehouse.run();
    expect(await staleFacts(pool)).toEqual([]);
    expect([...(await storedRows(pool))].filter(([, rows]) => rows === 0)).toEqual([]);
  });

  test('are not written to by a run that changes nothing', async () => {
    const { warehouse, pool } = await start(5);
    await warehouse.run();
    await warehouse.run();
    await warehouse.reconnect();
    const before = await rowsWritten(pool);
    expect(before).toBeGreaterThan(0);
    await warehouse.run();
    await warehouse.reconnect();
    expect(await rowsWritten(pool)).toBe(before);
  });

  test('are filled again after their tables were emptied or dropped', async () => {
    const { warehouse, pool } = await start(6);
    await warehouse.run();
    const full = await storedRows(pool);
    const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    await pool.query('TRUNCATE analytics_store.fct_customer_follow, analytics_store.fct_employee_day');
    await pool.query("UPDATE analytics_store.fct_approval SET approval_no = 'gone' || approval_no");
    await forgetRefreshes(db);
    await refreshStore(db, warehouse.sim.corpId);
    expect(await storedRows(pool)).toEqual(full);
    expect(await staleFacts(pool)).toEqual([]);
    await applyAnalytics(db);
    expect(await refreshStore(db, warehouse.sim.corpId)).toEqual(new Map());
  });

  test('fail without the run: what it wrote stays, analysts see how old the facts are, the next run catches up', async () => {
    const { warehouse, pool } = await start(8);
    await warehouse.run();
    await pool.query('ALTER TABLE analytics_store.fct_customer_follow RENAME TO broken');
    warehouse.sim.nextDay();
    const spoilt = await warehouse.run();
    expect(spoilt.status).toBe('succeeded');
    const behind = async () => {
      const { rows } = await pool.query<{ behind: boolean }>(
        'SELECT DISTINCT facts_refreshed_at IS DISTINCT FROM (SELECT max(refreshed_at) FROM analytics_store.refreshes) AS behind FROM analytics.sync_freshness',
      );
      const { rows: missing } = await pool.query(
        'SELECT FROM wecom_sync.runs r WHERE NOT EXISTS (SELECT FROM analytics_store.refreshes x WHERE x.run_id = r.run_id)',
      );
      return [rows[0]?.behind, missing.length];
    };
    expect(await behind()).toEqual([false, 1]);
    await pool.query('ALTER TABLE analytics_store.broken RENAME TO fct_customer_follow');
    await warehouse.run();
    expect(await behind()).toEqual([false, 0]);
    expect(await staleFacts(pool)).toEqual([]);
  });

  test('of another version of the code are not touched: it says to migrate', async () => {
    const { warehouse, pool } = await start(9);
    await warehouse.run();
    const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    await pool.query("COMMENT ON CONSTRAINT refreshes_pkey ON analytics_store.refreshes IS 'older'");
    await expect(refreshStore(db, warehouse.sim.corpId)).rejects.toMatchObject({
      code: 'STORE_OUTDATED',
      remedy: expect.stringContaining('migrate'),
    });
    await applyAnalytics(db);
    // Other definitions may mean other rows: all are compared, and none differs.
    expect([...(await refreshStore(db, warehouse.sim.corpId)).values()].filter((rows) => rows > 0)).toEqual(
      [],
    );
    expect(await staleFacts(pool)).toEqual([]);
  });
});
