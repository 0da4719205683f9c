import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import pino from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { prepareSchema } from '../../loaders/migrator.ts';
import { openDatabase } from '../../src/database.ts';
import { openEmbedded } from '../../src/embedded/index.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import type { SyncResult } from '../../src/sync.ts';
import { command, start, type Target } from '../oracle/command.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';
import { withClient } from '../support/database.ts';

/**
 * What PostgreSQL does to a run: cut connections, restarts, locks, time-outs, a full disk. The run heals or says what is
 * missing; the next one equals the source, and nothing has ended that the source still shows.
 */

const OTHERS = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';

async function opened(options: SimulatorOptions = {}): Promise<Warehouse> {
  const warehouse = await openWarehouse({ seed: 5, ...options });
  onTestFinished(() => warehouse.close());
  return warehouse;
}

/** Does something when the n-th call of the run arrives at WeCom. */
function atCall(sim: Simulator, n: number, action: () => Promise<void>): { done(): Promise<void> } {
  let calls = 0;
  let acting: Promise<void> | undefined;
  sim.faults.inject({
    path: '*',
    kind: { slowMs: 0 },
    match: () => {
      calls += 1;
      if (calls === n) acting = action();
      return false;
    },
  });
  return {
    async done() {
      expect(acting, `the run made only ${calls} calls`).toBeDefined();
      await acting;
    },
  };
}

/** Ends every connection of the run, also the one that holds its lock. */
const cut = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(`SELECT pid, pg_terminate_backend(pid) ${OTHERS}`);
    const left = 'SELECT FROM pg_stat_activity WHERE pid = ANY ($1)';
    while ((await client.query(left, [rows.map((row) => row.pid)])).rowCount !== 0) await sleep(5);
  });

/** The run heals, or says that it was the database: which SQLSTATE, or that the connection was cut. */
function honest(result: SyncResult): void {
  for (const { stream, status, error } of result.streams) {
    if (status === 'succeeded') continue;
    const said = `${stream} ${status} ${error?.code}: ${error?.message} ${error?.remedy}`;
    expect(said).toMatch(/DATABASE|terminat|UNIT_UNFINISHED|INPUT_MISSING/i);
  }
}

async function equalsTheSource(warehouse: Warehouse): Promise<void> {
  expect((await warehouse.run()).status).toBe('succeeded');
  expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
  expect(await history(warehouse.url)).toEqual([]);
}

describe('invariant 1: connections cut in the middle of a run', () => {
  test.each([1, 12, 40, 90, 150])('all of them, at call %i', async (call) => {
    const warehouse = await opened();
    const cutting = atCall(warehouse.sim, call, () => cut(warehouse.url));
    honest(await warehouse.run());
    await cutting.done();
    warehouse.sim.faults.clear();
    await equalsTheSource(warehouse);
  });

  test('again and again, as long as the run lasts', async () => {
    const warehouse = await opened({ latencyMs: 5 });
    let running = true;
    const cutting = (async () => {
      while (running) {
        await sleep(150);
        await cut(warehouse.url);
      }
    })();
    await warehouse
      .run()
      .then(honest, (error: unknown) =>
        expect(error).toMatchObject({ code: 'DATABASE_UNUSABLE', message: expect.stringContaining('lost') }),
      );
    running = false;
    await cutting;
    await equalsTheSource(warehouse);
  });

  test('invariant 13: the lock is somebody else’s by then, so the run stops and the next one continues it', async () => {
    const warehouse = await opened({ latencyMs: 400 });
    const other = new Client({ connectionString: warehouse.url });
    await other.connect();
    const waiting: Promise<unknown>[] = [];
    const taking = atCall(warehouse.sim, 10, async () => {
      const lock = 'SELECT pg_advisory_lock(hashtext($1), hashtext($2))';
      waiting.push(other.query(lock, ['wecom-warehouse', warehouse.sim.corpId]));
      await withClient(warehouse.url, async (client) => {
        const queued = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
        while ((await client.query(queued)).rowCount === 0) await sleep(5);
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
      });
    });
    const result = await warehouse.run();
    await taking.done();
    await Promise.all(waiting);
    await other.end();
    expect(result.status).not.toBe('succeeded');
    const stopped = result.streams.filter((one) => one.error?.code === 'STOPPED');
    expect(stopped.length).toBeGreaterThan(0);
    expect(stopped[0]?.error?.message).toContain('holds the lock');
    warehouse.sim.faults.clear();
    warehouse.sim.latencyMs = 0;
    await equalsTheSource(warehouse);
  });
});

/** The table answers with this SQLSTATE to the first `times` writes; a sequence counts, because no rollback takes it back. */
async function refuseWrites(url: string, table: string, sqlState: string, times: number): Promise<void> {
  await withClient(url, (client) =>
    client.query(`
      CREATE SCHEMA faults;
      CREATE SEQUENCE faults.writes;
      CREATE FUNCTION faults.refuse() RETURNS trigger LANGUAGE plpgsql AS $body$
      BEGIN
        IF nextval('faults.writes') <= ${times} THEN
          RAISE EXCEPTION 'injected' USING ERRCODE = '${sqlState}';
        END IF;
        RETURN NULL;
      END $body$;
      CREATE TRIGGER refuse BEFORE INSERT OR UPDATE OR DELETE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION faults.refuse()`),
  );
}

const heal = (url: string) => withClient(url, (client) => client.query('DROP SCHEMA faults CASCADE'));

/** [what, SQLSTATE] */
const PASSING: [string, string][] = [
  ['disk full', '53100'],
  ['out of memory', '53200'],
  ['deadlock', '40P01'],
  ['serialisation failure', '40001'],
  ['lock time-out', '55P03'],
  ['statement time-out', '57014'],
];

describe('invariant 1: PostgreSQL refuses a write', () => {
  test.each(PASSING)('%s (%s) twice: the same run heals', async (_name, sqlState) => {
    const warehouse = await opened();
    await refuseWrites(warehouse.url, 'wecom.customer_follows', sqlState, 2);
    const result = await warehouse.run();
    expect(result.streams.filter((one) => one.status !== 'succeeded')).toEqual([]);
    await heal(warehouse.url);
    expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
    await equalsTheSource(warehouse);
  });

  test('a full disk that stays full: the stream says so, the others go on, progress is not recorded', async () => {
    const warehouse = await opened();
    await refuseWrites(warehouse.url, 'wecom.customer_follows', '53100', 1_000_000);
    const result = await warehouse.run();
    expect(result.status).toBe('partial');
    const customers = result.streams.find((one) => one.stream === 'customers');
    expect(customers?.status).toMatch(/failed|partial/);
    expect(customers?.error?.code).toBe('DATABASE');
    expect(customers?.error?.remedy).toContain('53100');
    const others = result.streams.filter((one) => one.stream !== 'customers');
    expect(others.filter((one) => one.status !== 'succeeded')).toEqual([]);
    await heal(warehouse.url);
    await equalsTheSource(warehouse);
  });

  test('a full disk while a customer ends: nothing is half ended', async () => {
    const warehouse = await opened();
    await warehouse.run();
    const { company } = warehouse.sim;
    const member = company.followUsers().find((one) => [...company.relations.of(one.index)].length > 2);
    const [customer] = member === undefined ? [] : [...company.relations.of(member.index)];
    if (member === undefined || customer === undefined) throw new Error('The company has no customer.');
    company.removeRelation(member.userid, company.externalUserid(customer));
    await refuseWrites(warehouse.url, 'wecom_history.customer_follows', '53100', 1_000_000);
    const result = await warehouse.run();
    expect(result.streams.find((one) => one.stream === 'customers')?.error?.code).toBe('DATABASE');
    expect(await history(warehouse.url)).toEqual([]);
    await heal(warehouse.url);
    expect((await warehouse.run()).status).toBe('succeeded');
    expect(await compare(warehouse.url, new Oracle().observe(company))).toEqual([]);
    const ended = (await history(warehouse.url)).filter((one) => one.table === 'customer_follows');
    expect(ended.map(({ key, reason }) => [key, reason])).toEqual([
      [JSON.stringify([company.externalUserid(customer), member.userid]), 'absent'],
    ]);
  });
});

/** An analyst's session that holds a lock on a table until it is let go. */
async function analyst(url: string, sql: string): Promise<{ letGo(): Promise<void> }> {
  const client = new Client({ connectionString: url, application_name: 'analyst' });
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return { letGo: () => client.end() };
}

describe('an analyst at work', () => {
  test('a long read changes nothing', async () => {
    const warehouse = await opened();
    await warehouse.run();
    warehouse.sim.nextDay();
    const reading = await analyst(
      warehouse.url,
      'SELECT count(*) FROM wecom.customers, wecom.customer_follows',
    );
    expect((await warehouse.run()).status).toBe('succeeded');
    await reading.letGo();
  });

  test('a table locked for a while: the run waits', async () => {
    const warehouse = await opened();
    const locking = await analyst(warehouse.url, 'LOCK TABLE wecom.customers');
    const run = warehouse.run();
    await withClient(warehouse.url, async (client) => {
      const blocked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await client.query(blocked)).rowCount === 0) await sleep(20);
    });
    await locking.letGo();
    expect((await run).status).toBe('succeeded');
    await equalsTheSource(warehouse);
  });

  test('a table locked longer than lock_timeout: its stream says so, the next run heals', async () => {
    const warehouse = await opened();
    await withClient(warehouse.url, (client) =>
      client.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET lock_timeout = %L', current_database(), '50ms'); END $$`,
      ),
    );
    await warehouse.reconnect();
    const locking = await analyst(warehouse.url, 'LOCK TABLE wecom.corp_tags');
    const result = await warehouse.run();
    expect(result.status).toBe('partial');
    const said = result.streams.filter((one) => one.status !== 'succeeded');
    expect(said.map(({ stream, error }) => [stream, error?.code])).toEqual([['corp_tags', 'DATABASE']]);
    expect(said[0]?.error?.remedy).toContain('55P03');
    await locking.letGo();
    await equalsTheSource(warehouse);
  });
});

/** A server of its own, which the test may stop, and the command that works on it. */
async function privateServer(): Promise<{
  target: Target;
  crash(): Promise<void>;
  restart(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'wecom-warehouse-private-'));
  const server = await openEmbedded({ directory });
  const sim = await startSimulator({ quotas: false, size: { approvals: 12 }, latencyMs: 20 });
  onTestFinished(async () => {
    await sim.close();
    // Starts it if it is down, so that it can be left in order.
    const again = await openEmbedded({ directory });
    await again.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });
  const pool = await openDatabase({ databaseUrl: server.url }, silent);
  await prepareSchema(pool.db);
  await pool.close();
  return {
    target: { url: server.url, sim },
    async crash() {
      const pid = Number((await readFile(join(directory, 'pg18/postmaster.pid'), 'utf8')).split('\n')[0]);
      process.kill(pid, 'SIGQUIT');
      while (isRunning(pid)) await sleep(20);
    },
    restart: async () => {
      await openEmbedded({ directory });
    },
  };
}

const silent = pino({ level: 'silent' });

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until WeCom has been asked so often. */
async function asked(sim: Simulator, calls: number): Promise<void> {
  while (sim.requests.length < calls) await sleep(5);
}

describe('the server itself', () => {
  test('crashes and comes back during a run: the same run heals', async () => {
    const { target, crash, restart } = await privateServer();
    const running = await start(target, ['sync', '--json']);
    await asked(target.sim, 60);
    await crash();
    await restart();
    const ended = await running.ended;
    expect([0, 3], ended.stderr).toContain(ended.code);
    const next = await command(target, ['sync', '--json']);
    expect(next.code, next.stderr).toBe(0);
    expect(await compare(target.url, new Oracle().observe(target.sim.company))).toEqual([]);
    expect(await history(target.url)).toEqual([]);
  });

  test('crashes and stays away: exit 5 with a remedy; when it is back, sync continues', async () => {
    const { target, crash, restart } = await privateServer();
    const running = await start(target, ['sync', '--json']);
    await asked(target.sim, 60);
    await crash();
    const ended = await running.ended;
    expect(ended.code, ended.stderr).toBe(5);
    expect(ended.stderr).toMatch(/lost during the run[\s\S]*run sync again/);
    await restart();
    const next = await command(target, ['sync', '--json']);
    expect(next.code, next.stderr).toBe(0);
    expect(await compare(target.url, new Oracle().observe(target.sim.company))).toEqual([]);
  });
});
