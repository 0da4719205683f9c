import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LockedError, lockCorp } from '../../loaders/lock.ts';
import { finishRun, quotaStore, startRun } from '../../loaders/runs.ts';
import { newCorp, openSynthetic, rowsIn, type Synthetic } from './loader-support.ts';

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const NOON = Date.parse('2026-11-20T04:00:00Z');
const HOUR = 3_600_000;

/** Backends that hold an advisory lock of this database. */
async function holders(): Promise<number[]> {
  const { rows } = await synthetic.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows.map(({ pid }) => pid);
}

/** Waits for what other sessions see only a moment later. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1500 && !(await condition()); tries += 1) await sleep(10);
  expect(await condition()).toBe(true);
}

/** Neither a lock on the server nor a connection that closing the pool would wait for. */
async function nothingHeld(): Promise<void> {
  const { pool } = synthetic;
  await until(async () => (await holders()).length === 0 && pool.totalCount === pool.idleCount);
}

describe('invariant 13: one run at a time per corp', () => {
  test('a second one gives up with LockedError, another corp does not wait, a released lock is free', async () => {
    const [corp, other] = [newCorp(), newCorp()];
    const lock = await lockCorp(synthetic.pool, corp, () => undefined);
    const beside = await lockCorp(synthetic.pool, other, () => undefined);
    const error = await lockCorp(synthetic.pool, corp, () => undefined).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(LockedError);
    expect(error).toMatchObject({ code: 'LOCKED', message: expect.stringContaining(corp) });
    await lock.release();
    await until(async () => (await holders()).length === 1);
    await (await lockCorp(synthetic.pool, corp, () => undefined)).release();
    await beside.release();
    await nothingHeld();
  });

  test('one that comes while a killed predecessor’s session is still ending waits for it', async () => {
    const corp = newCorp();
    const first = await lockCorp(synthetic.pool, corp, () => undefined);
    const second = lockCorp(synthetic.pool, corp, () => undefined);
    await sleep(600);
    await first.release();
    await (await second).release();
    await nothingHeld();
  });

  test('a cut connection takes the lock again', async () => {
    const lost: Error[] = [];
    const lock = await lockCorp(synthetic.pool, newCorp(), (error) => lost.push(error));
    const [pid = 0] = await holders();
    await synthetic.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await until(async () => {
      const now = await holders();
      return now.length === 1 && now[0] !== pid;
    });
    expect(lost).toEqual([]);
    await lock.release();
    await nothingHeld();
  });

  test('a lock that somebody else has by then stops the run', async () => {
    const corp = newCorp();
    let tell = (_: Error) => {};
    const lost = new Promise<Error>((resolve) => {
      tell = resolve;
    });
    const lock = await lockCorp(synthetic.pool, corp, (error) => tell(error));
    const [pid] = await holders();
    const thief = await synthetic.pool.connect();
    // It waits in the queue of the lock, so it has it at once when the connection is cut.
    const stolen = thief.query(`SELECT pg_advisory_lock(hashtext('wecom-warehouse'), hashtext($1))`, [corp]);
    await sleep(100);
    await synthetic.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await stolen;
    expect(await lost).toBeInstanceOf(LockedError);
    thief.release(true);
    await lock.release();
    await nothingHeld();
  });

  test('a run that ends while its lock is being taken again leaves no connection behind', async () => {
    const corp = newCorp();
    const lock = await lockCorp(synthetic.pool, corp, () => undefined);
    const [pid] = await holders();
    const thief = await synthetic.pool.connect();
    const stolen = thief.query(`SELECT pg_advisory_lock(hashtext('wecom-warehouse'), hashtext($1))`, [corp]);
    await sleep(100);
    await synthetic.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    await stolen;
    await sleep(300); // by now the lock is being taken again, in vain
    await lock.release();
    thief.release(true);
    await sleep(600); // longer than the pause between two attempts
    await nothingHeld();
  });
});

describe('invariant 1: the start of a run', () => {
  const start = (corp: string, at: number, fresh = false) =>
    startRun(synthetic.db, corp, at, { fresh, version: '1', details: {} });
  const status = async (corp: string) =>
    (await rowsIn(synthetic, corp, 'wecom_sync.runs', 'run_id, status')).map(({ status }) => status);

  test('marks a killed run as interrupted and continues its cycle', async () => {
    const corp = newCorp();
    const first = await start(corp, NOON);
    expect(first).toMatchObject({ continues: null, unclean: false, cycle: first.runId });
    const second = await start(corp, NOON + HOUR);
    expect(second).toMatchObject({ continues: first.runId, unclean: true, cycle: first.runId });
    const third = await start(corp, NOON + 2 * HOUR);
    expect(third).toMatchObject({ continues: second.runId, cycle: first.runId });
    expect(await status(corp)).toEqual(['interrupted', 'interrupted', 'running']);
  });

  test('continues a stopped run too, but quotas need not start used up', async () => {
    const corp = newCorp();
    const first = await start(corp, NOON);
    await finishRun(synthetic.db, corp, first.runId, 'interrupted', NOON + 1);
    expect(await start(corp, NOON + HOUR)).toMatchObject({ continues: first.runId, unclean: false });
  });

  test('begins anew after a finished run, after --full, after six hours, and for another corp', async () => {
    for (const ended of ['succeeded', 'partial', 'failed']) {
      const corp = newCorp();
      const first = await start(corp, NOON);
      await finishRun(synthetic.db, corp, first.runId, ended, NOON + 1);
      expect(await start(corp, NOON + HOUR)).toMatchObject({ continues: null, unclean: false });
    }
    const corp = newCorp();
    await start(corp, NOON);
    expect(await start(newCorp(), NOON + HOUR)).toMatchObject({ continues: null, unclean: false });
    expect(await start(corp, NOON + HOUR, true)).toMatchObject({ continues: null, unclean: true });
    const late = newCorp();
    await start(late, NOON);
    expect(await start(late, NOON + 6 * HOUR)).toMatchObject({ continues: null, unclean: true });
    const early = newCorp();
    const first = await start(early, NOON);
    expect(await start(early, NOON + 6 * HOUR - 1)).toMatchObject({ continues: first.runId });
  });
});

describe('invariant 8: quotas hold across restarts', () => {
  test('their states are kept per corp and path, the newest one', async () => {
    const [store, other] = [quotaStore(synthetic.db, newCorp()), quotaStore(synthetic.db, newCorp())];
    await store.save({});
    expect(await store.load()).toEqual({});
    await store.save({ 'a/list': [1.5, 2], 'b/list': [] });
    await store.save({ 'a/list': [3] });
    expect(await store.load()).toEqual({ 'a/list': [3], 'b/list': [] });
    expect(await other.load()).toEqual({});
  });
});

describe('what the run leaves behind', () => {
  test('started_at is exactly the instant of the run', async () => {
    const corp = newCorp();
    await startRun(synthetic.db, corp, NOON + 123, { fresh: false, version: '1', details: { full: true } });
    const { rows } = await sql`SELECT started_at, options, finished_at FROM wecom_sync.runs
      WHERE corp_id = ${corp}`.execute(synthetic.db);
    expect(rows).toEqual([{ started_at: new Date(NOON + 123), options: { full: true }, finished_at: null }]);
  });
});
