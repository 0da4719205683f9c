import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPool } from '../../loaders/pool.ts';
import type { SyncDatabase } from '../../loaders/schema.ts';
import type { Row } from '../../src/engine/table.ts';
import type { Committed } from '../../src/engine/warehouse.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import {
  batchOf,
  finishedUnit,
  goodsStream,
  loaderAt,
  newCorp,
  openSynthetic,
  rowsIn,
  Shops,
  type Synthetic,
  startOf,
} from './loader-support.ts';

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const stream = goodsStream(new Shops());
const good = (good_id: string, name: string, more: Row = {}): Row => ({ shop: 's1', good_id, name, ...more });
const rows = (corp: string, name: string, columns: string) => rowsIn(synthetic, corp, name, columns);
const names = async (corp: string) => (await rows(corp, 'wecom.goods', 'name')).map(({ name }) => name);

/** Another session, in a transaction that is undone unless it commits. */
async function inSession(work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await synthetic.pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** Backends that wait for a lock of this session; resolves when there are `count` of them. */
async function blockedBy(client: PoolClient, count = 1): Promise<number[]> {
  const { rows: self } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  for (let tries = 0; tries < 1000; tries += 1) {
    // From outside: within a transaction pg_stat_activity is a snapshot.
    const { rows: found } = await synthetic.pool.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
       AND $1 = ANY (pg_blocking_pids(pid)) ORDER BY pid`,
      [self[0]?.pid],
    );
    if (found.length >= count) return found.map(({ pid }) => pid);
    await sleep(10);
  }
  throw new Error('Nobody waits for this session.');
}

const lockGood = (client: PoolClient, corp: string, good_id: string) =>
  client.query('SELECT FROM wecom.goods WHERE corp_id = $1 AND good_id = $2 FOR UPDATE', [corp, good_id]);

async function seeded(...goods: readonly Row[]): Promise<string> {
  const corp = newCorp();
  const unit = finishedUnit(1, 's1', 'goods', goods);
  await loaderAt(synthetic, corp, 1, stream).commit(batchOf({ goods }, { units: [unit] }));
  return corp;
}

/** A loader whose connections have these settings. */
async function withSettings(settings: string, work: (db: Kysely<SyncDatabase>) => Promise<void>) {
  const url = new URL(synthetic.url);
  url.searchParams.set('options', settings);
  const db = new Kysely<SyncDatabase>({
    dialect: new PostgresDialect({ pool: createPool({ url: url.href }) }),
  });
  await work(db).finally(() => db.destroy());
}

describe('invariant 1: progress commits with the rows that it proves', () => {
  test('a connection that is cut before the commit leaves neither; the retry leaves both', async () => {
    const corp = await seeded(good('a', 'old'));
    const loader = loaderAt(synthetic, corp, 2, stream);
    const state = async () => [
      await names(corp),
      (await rows(corp, 'wecom_history.goods', 'name')).length,
      (await rows(corp, 'wecom_sync.progress', 'cycle')).map(({ cycle }) => cycle),
      (await rows(corp, 'wecom_sync.rejects', 'unit')).length,
    ];
    const before = await state();
    let committed: Promise<unknown> = Promise.resolve();
    await inSession(async (client) => {
      await client.query('SELECT FROM wecom_sync.progress WHERE corp_id = $1 FOR UPDATE', [corp]);
      committed = loader.commit(
        batchOf(
          { goods: [good('a', 'new'), good('b', 'b')] },
          {
            units: [finishedUnit(2, 's1', 'goods', [good('a', 'new'), good('b', 'b')])],
            rejects: [{ unit: 's1', reason: 'no key', payload: {} }],
          },
        ),
      );
      const [pid] = await blockedBy(client); // its rows are written, its progress waits
      expect(await state()).toEqual(before);
      await client.query('SELECT pg_terminate_backend($1)', [pid]);
      await blockedBy(client); // the retry
      expect(await state()).toEqual(before);
    });
    await committed;
    expect(await state()).toEqual([['b', 'new'], 1, ['run-2'], 1]);
  });

  test('an error of the progress undoes the rows', async () => {
    const corp = newCorp();
    const unit = {
      ...finishedUnit(1, 's1', 'goods', []),
      progress: () => {
        throw new Error('bug');
      },
    };
    await expect(
      loaderAt(synthetic, corp, 1, stream).commit(batchOf({ goods: [good('a', 'a')] }, { units: [unit] })),
    ).rejects.toThrow('bug');
    expect(await names(corp)).toEqual([]);
  });
});

describe('what goes away by itself is retried', () => {
  test('pg_terminate_backend in the middle of a merge', async () => {
    const corp = await seeded(good('a', 'old'));
    let committed: Promise<unknown> = Promise.resolve();
    await inSession(async (client) => {
      await lockGood(client, corp, 'a');
      committed = loaderAt(synthetic, corp, 2, stream).commit(batchOf({ goods: [good('a', 'new')] }));
      const [pid] = await blockedBy(client);
      await client.query('SELECT pg_terminate_backend($1)', [pid]);
    });
    expect(await committed).toMatchObject({ updated: 1 });
    expect(await names(corp)).toEqual(['new']);
    expect(await rows(corp, 'wecom_history.goods', 'name')).toEqual([{ name: 'old' }]);
  });

  test('a deadlock', async () => {
    const corp = await seeded(good('a', 'old'), good('b', 'old'));
    let committed: Promise<unknown> = Promise.resolve();
    await inSession(async (client) => {
      await lockGood(client, corp, 'b');
      const batch = batchOf({ goods: [good('b', 'new'), good('a', 'new')] });
      committed = loaderAt(synthetic, corp, 2, stream).commit(batch);
      await blockedBy(client); // it holds a and waits for b; it waited first, so it is the victim
      await lockGood(client, corp, 'a');
    });
    expect(await committed).toMatchObject({ updated: 2 });
    expect(await names(corp)).toEqual(['new', 'new']);
    expect(await rows(corp, 'wecom_history.goods', 'name')).toHaveLength(2);
  });

  test.each([
    ['lock_timeout', '-c lock_timeout=100'],
    ['statement_timeout', '-c statement_timeout=150'],
  ])('%s', async (_, settings) => {
    const corp = await seeded(good('a', 'old'));
    await withSettings(settings, async (db) => {
      let committed: Promise<unknown> = Promise.resolve();
      await inSession(async (client) => {
        await lockGood(client, corp, 'a');
        committed = loaderAt({ db }, corp, 2, stream).commit(batchOf({ goods: [good('a', 'new')] }));
        await blockedBy(client);
        await sleep(200); // beyond the timeout: the first attempt has failed
      });
      expect(await committed).toMatchObject({ updated: 1 });
    });
    expect(await names(corp)).toEqual(['new']);
  });

  test('also while the end of a stream is decided', async () => {
    const corp = await seeded(good('a', 'a'), good('b', 'b'));
    const unit = finishedUnit(2, 's1', 'goods', [good('b', 'b')]);
    const loader = loaderAt(synthetic, corp, 2, stream);
    await loader.commit(batchOf({}, { units: [unit] }));
    const steps: (() => Promise<unknown>)[] = [
      () => loader.absences(),
      () => loader.absentKeys({ table: 'goods' }),
      () => loader.countRows('goods'),
      () => loader.hold({ table: 'goods' }, 'why'),
      () => loader.endAbsent({ table: 'goods' }, 'absent'),
      () => loader.forgetAbsent({ table: 'goods' }),
      () => loader.endOrphans(),
      () => loader.depart({ unit: 's1', scope: { table: 'goods', where: { shop: 's1' } }, reason: 'closed' }),
    ];
    for (const step of steps) {
      let ended: Promise<unknown> = Promise.resolve();
      await inSession(async (client) => {
        await client.query('LOCK wecom.goods, wecom.brands, wecom_sync.absences IN ACCESS EXCLUSIVE MODE');
        ended = step();
        const [pid] = await blockedBy(client);
        await client.query('SELECT pg_terminate_backend($1)', [pid]);
      });
      await ended;
    }
    expect(await names(corp)).toEqual([]);
  });

  test('what does not go away is thrown at once', async () => {
    const corp = newCorp();
    const missing = { ...stream, tables: stream.tables.map((one) => ({ ...one, name: `no_${one.name}` })) };
    const commit = loaderAt(synthetic, corp, 1, missing).commit(batchOf({ no_goods: [good('a', 'a')] }));
    await expect(commit).rejects.toMatchObject({ code: '42P01' });
  });
});

describe('two lanes write the same row at the same time', () => {
  test('a new one: no duplicate, no history, the first one stays', async () => {
    const corp = newCorp();
    let second: Promise<unknown> = Promise.resolve();
    const client = await synthetic.pool.connect();
    await client.query('BEGIN');
    await client.query(
      'INSERT INTO wecom.goods (corp_id, shop, good_id, name, valid_from) VALUES ($1, $2, $3, $4, $5)',
      [corp, 's1', 'a', 'first', startOf(1)],
    );
    second = loaderAt(synthetic, corp, 1, stream).commit(
      batchOf({ goods: [good('a', 'second'), good('b', 'b')] }),
    );
    await blockedBy(client);
    await client.query('COMMIT');
    client.release();
    expect(await second).toMatchObject({ inserted: 1, updated: 0 });
    expect(await names(corp)).toEqual(['b', 'first']);
    expect(await rows(corp, 'wecom_history.goods', 'name')).toEqual([]);
  });

  test('a changed one: one version, once in history', async () => {
    const corp = await seeded(good('a', 'old'));
    const lanes: Promise<Committed>[] = [];
    await inSession(async (client) => {
      await lockGood(client, corp, 'a');
      const loader = loaderAt(synthetic, corp, 2, stream);
      for (let i = 0; i < 2; i += 1) lanes.push(loader.commit(batchOf({ goods: [good('a', `lane ${i}`)] })));
      await blockedBy(client);
      await sleep(50);
    });
    const updated = (await Promise.all(lanes)).map((lane) => lane.updated);
    expect(updated.toSorted()).toEqual([0, 1]);
    expect(await names(corp)).toEqual([`lane ${updated.indexOf(1)}`]);
    expect(await rows(corp, 'wecom_history.goods', 'name')).toEqual([{ name: 'old' }]);
  });

  test('invariant 13: many rows in opposite orders end without an error', async () => {
    const goods = Array.from({ length: 300 }, (_, i) => good(`g${i}`, 'old'));
    const corp = await seeded(...goods);
    for (let n = 2; n < 6; n += 1) {
      const loader = loaderAt(synthetic, corp, n, stream);
      const changed = goods.map((one) => ({ ...one, name: `n${n}` }));
      await Promise.all([
        loader.commit(batchOf({ goods: changed })),
        loader.commit(batchOf({ goods: changed.toReversed() })),
      ]);
    }
    expect(new Set(await names(corp))).toEqual(new Set(['n5']));
    expect(await rows(corp, 'wecom_history.goods', 'name')).toHaveLength(4 * 300);
  });
});

describe('invariant 5: one bad record stops nothing', () => {
  const tooMuch = { price: '1e200000' };
  const asRecord = (row: Row): JsonObject => ({ id: String(row.good_id), price: String(row.price) });

  test.each([
    ['in the middle', [3]],
    ['the first and the last', [0, 9]],
    ['all of them', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ])('%s: it is rejected with its payload, the others and the proof are committed', async (_, bad) => {
    const corp = newCorp();
    const goods = Array.from({ length: 10 }, (_, i) =>
      good(`g${i}`, `g${i}`, bad.includes(i) ? tooMuch : {}),
    );
    const committed = await loaderAt(synthetic, corp, 1, stream).commit(
      batchOf({ goods }, { unit: 's1', record: asRecord, units: [finishedUnit(1, 's1', 'goods', goods)] }),
    );
    expect(committed).toMatchObject({ inserted: 10 - bad.length, rejected: bad.length });
    expect(await names(corp)).toHaveLength(10 - bad.length);
    const rejects = await rows(corp, 'wecom_sync.rejects', 'unit, reason, payload, run_id');
    expect(rejects).toHaveLength(bad.length);
    for (const reject of rejects)
      expect(reject).toMatchObject({ unit: 's1', run_id: 'run-1', payload: { price: tooMuch.price } });
    expect(rejects[0]?.reason).toMatch(/^PostgreSQL refused the record: .*overflow/);
    expect(await rows(corp, 'wecom_sync.progress', 'unit')).toEqual([{ unit: 's1' }]);
  });

  test('a record goes with all its rows, and its stored children stay', async () => {
    const corp = newCorp();
    const part = (qty: number) => ({ shop: 's1', good_id: 'a', part_no: 1, qty });
    await loaderAt(synthetic, corp, 1, stream).commit(
      batchOf({ goods: [good('a', 'old')], good_parts: [part(1)] }),
    );
    const record = { id: 'a' };
    const bad = batchOf(
      { goods: [good('a', 'new', tooMuch)], good_parts: [part(2)] },
      { record: () => record },
    );
    const committed = await loaderAt(synthetic, corp, 2, stream).commit(bad);
    expect(committed).toMatchObject({ inserted: 0, updated: 0, deleted: 0, rejected: 1 });
    expect(await rows(corp, 'wecom.good_parts', 'qty')).toEqual([{ qty: 1 }]);
  });

  test('the same reject night after night is kept once, with when it was first and last seen', async () => {
    const corp = newCorp();
    const reject = (reason: string) => ({ unit: 's1', reason, payload: { a: 1 } });
    for (const [n, reason] of [
      [1, 'first'],
      [2, 'second'],
    ] as const)
      await loaderAt(synthetic, corp, n, stream).commit(batchOf({}, { rejects: [reject(reason)] }));
    const { rows: found } = await sql<{ reason: string; first: Date; last: Date }>`
      SELECT reason, first_seen_at AS first, last_seen_at AS last FROM wecom_sync.rejects
      WHERE corp_id = ${corp}`.execute(synthetic.db);
    expect(found).toEqual([{ reason: 'second', first: new Date(startOf(1)), last: new Date(startOf(2)) }]);
  });

  test('not even when PostgreSQL cannot hold its payload', async () => {
    const corp = newCorp();
    const digits = '9'.repeat(140_000);
    const payload = { id: 'a', big: JSON.rawJSON(digits) };
    const row = good('a', 'a', { extra: JSON.stringify({ big: payload.big }) });
    const batch = batchOf(
      { goods: [row, good('b', 'b')] },
      { record: (r) => (r === row ? payload : { id: 'b' }) },
    );
    expect(await loaderAt(synthetic, corp, 1, stream).commit(batch)).toMatchObject({
      inserted: 1,
      rejected: 1,
    });
    expect(await names(corp)).toEqual(['b']);
    const [reject] = await rows(corp, 'wecom_sync.rejects', 'payload');
    expect(JSON.stringify(reject)).toContain(digits);
  });
});
