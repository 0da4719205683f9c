import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { catalogue } from '../../extractors/index.ts';
import { applyDay } from '../../src/simulator/changes.ts';
import {
  type LoggedRequest,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts';
import { command, start, type Target } from '../oracle/command.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { endings, history, overlaps } from '../oracle/history.ts';
import { migrated } from '../oracle/warehouse.ts';
import { createTestDatabase } from '../support/database.ts';

/** The command as a process of its own: its result, its signals, and that it can be killed at any moment. */

/** Few approvals: the command keeps to 600 calls a minute there. */
async function target(options: SimulatorOptions = {}, empty = false): Promise<Target> {
  const sim = await startSimulator({ quotas: false, size: { approvals: 12 }, ...options });
  const database = await createTestDatabase(empty ? undefined : migrated);
  onTestFinished(async () => {
    await sim.close();
    await database.drop();
  });
  return { sim, url: database.url };
}

const count = z.int().min(0);
/** DESIGN 2.2, exactly. */
const summary = z.strictObject({
  runId: z.string().min(1),
  corpId: z.string(),
  status: z.enum(['succeeded', 'partial', 'failed']),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  streams: z.array(
    z.strictObject({
      stream: z.string(),
      status: z.enum(['succeeded', 'partial', 'held', 'failed', 'skipped', 'not_permitted']),
      apiCalls: count,
      pages: count,
      records: count,
      inserted: count,
      updated: count,
      unchanged: count,
      deleted: count,
      rejected: count,
      durationMs: z.number().min(0),
      error: z
        .strictObject({
          code: z.string(),
          errcode: z.int().optional(),
          message: z.string(),
          remedy: z.string(),
        })
        .nullable(),
    }),
  ),
});

describe('sync --json as a process', () => {
  test('all traps, empty database: exit 0, one JSON object, tables equal the source; then nothing changes', async () => {
    const warehouse = await target({ traps: 'all' }, true);
    const first = await command(warehouse, ['sync', '--json']);
    expect(first.stderr).not.toContain(warehouse.sim.secret);
    expect(first.code, first.stderr).toBe(0);
    const result = summary.parse(JSON.parse(first.stdout));
    expect(result.status).toBe('succeeded');
    expect(result.streams.map((one) => one.stream)).toEqual(catalogue.map((one) => one.name));
    expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
    const second = await command(warehouse, ['sync', '--json']);
    expect(second.code, second.stderr).toBe(0);
    for (const { stream, inserted, updated, deleted } of summary.parse(JSON.parse(second.stdout)).streams)
      expect([stream, inserted, updated, deleted]).toEqual([stream, 0, 0, 0]);
    expect(warehouse.sim.violations).toEqual([]);
  });

  test('a stream that fails: exit 3, partial, and the others are there', async () => {
    const warehouse = await target();
    warehouse.sim.faults.inject({
      path: 'externalcontact/get_corp_tag_list',
      kind: { errcode: 48002 },
      times: Number.POSITIVE_INFINITY,
    });
    warehouse.sim.faults.inject({
      path: 'user/list',
      kind: { errcode: 987_654 },
      times: Number.POSITIVE_INFINITY,
    });
    const ended = await command(warehouse, ['sync', '--json']);
    expect(ended.code, ended.stderr).toBe(3);
    const result = summary.parse(JSON.parse(ended.stdout));
    expect(result.status).toBe('partial');
    const status = Object.fromEntries(result.streams.map((one) => [one.stream, one.status]));
    expect(status).toMatchObject({
      corp_tags: 'not_permitted',
      employees: 'failed',
      follow_users: 'succeeded',
    });
    const failed = result.streams.find((one) => one.stream === 'employees');
    expect(failed?.error).toMatchObject({ errcode: 987_654 });
  });

  test('invariant 7: a wrong secret is tried once per run and area', async () => {
    const warehouse = await target();
    const ended = await command(warehouse, ['sync', '--json'], {
      WECOM_SECRET_APPROVAL: 'wrong-secret-of-approvals',
      WECOM_SECRET_CHECKIN: 'wrong-secret-of-punches',
    });
    expect(ended.code).toBe(3);
    const tokens = warehouse.sim.requests.filter((one) => one.path === 'gettoken');
    // Two wrong ones, each once, and the right one.
    expect(tokens.map((one) => one.errcode).sort()).toEqual([0, 40001, 40001]);
    expect(warehouse.sim.access.wrongAttempts).toBe(2);
    expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/wrong-secret/);
  });
});

/** Waits until the simulator has been asked `calls` times, or the process has ended. */
async function asked(sim: Simulator, calls: number, process: ChildProcess): Promise<void> {
  while (sim.requests.length < calls && process.exitCode === null) await sleep(5);
}

describe('signals and locks', () => {
  test.each([
    'SIGTERM',
    'SIGINT',
  ] as const)('%s: exit 3 within seconds, progress kept, continued', async (signal) => {
    const warehouse = await target({ latencyMs: 40 });
    const first = await start(warehouse, ['sync', '--json']);
    await asked(warehouse.sim, 120, first.process);
    const finished = await stop(warehouse, first.process, signal);
    const ended = await first.ended;
    expect(ended.signal).toBeNull();
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stderr).toContain(signal);
    expect(summary.parse(JSON.parse(ended.stdout)).status).not.toBe('succeeded');
    await heals(warehouse, await finished);
  });

  test('invariant 13: a second sync at the same time exits 4', async () => {
    const warehouse = await target({ latencyMs: 200 });
    const first = await start(warehouse, ['sync', '--json']);
    await asked(warehouse.sim, 3, first.process);
    const second = await command(warehouse, ['sync', '--json']);
    expect(second.code, second.stderr).toBe(4);
    expect(second.stdout).toBe('');
    warehouse.sim.latencyMs = 0;
    expect((await first.ended).code).toBe(0);
    expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
  });
});

interface Finished {
  readonly stream: string;
  readonly unit: string;
  readonly days: string;
}

interface State {
  readonly finished: readonly Finished[];
  /** Calls that had been made. */
  readonly calls: number;
}

/** Sends the signal; gives what was finished when the process and its statements had ended. */
async function stop(
  warehouse: Target,
  child: { kill(signal: NodeJS.Signals): boolean },
  signal: NodeJS.Signals,
) {
  child.kill(signal);
  return quietly(warehouse);
}

async function quietly({ url, sim }: Target): Promise<State> {
  return withReader(url, async (client) => {
    const others = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    while ((await client.query(others)).rowCount !== 0) await sleep(20);
    const rows = await select(
      client,
      `SELECT stream, unit, cycle_days::text AS days FROM wecom_sync.progress p
       WHERE cycle = (SELECT cycle FROM wecom_sync.runs ORDER BY started_at DESC LIMIT 1)`,
    );
    const finished = rows.map((row) => ({
      stream: row.stream ?? '',
      unit: row.unit ?? '',
      days: row.days ?? '',
    }));
    return { finished, calls: sim.requests.length };
  });
}

const dayOf = (seconds: unknown) => new Date((Number(seconds) + 8 * 3600) * 1000).toISOString().slice(0, 10);

/** Calls that ask again for what had been finished. */
function repeated(finished: readonly Finished[], requests: readonly LoggedRequest[]): string[] {
  const has = (stream: string, unit: string) =>
    finished.find((one) => one.stream === stream && one.unit === unit);
  const reads = (days: string | undefined, day: string) =>
    [...(days ?? '').matchAll(/\[([-\d]+),([-\d]+)\)/g)].some(
      ([, from = '', to = '']) => from <= day && day < to,
    );
  const ids = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
  const LISTS: Record<string, string> = {
    'department/list': 'departments',
    'externalcontact/get_follow_user_list': 'follow_users',
    'externalcontact/get_corp_tag_list': 'corp_tags',
    'externalcontact/get_unassigned_list': 'unassigned_customers',
    'user/list': 'employees',
  };
  return requests.flatMap(({ path, body }) => {
    const list = LISTS[path];
    if (list !== undefined) return has(list, '*') ? [path] : [];
    if (path === 'externalcontact/batch/get_by_user')
      return ids(body.userid_list)
        .filter((id) => has('customers', id))
        .map((id) => `${path} ${id}`);
    if (path === 'externalcontact/groupchat/get')
      return has('group_chats', String(body.chat_id)) ? [path] : [];
    if (path === 'externalcontact/get_user_behavior_data') {
      const [id = ''] = ids(body.userid);
      const unit = has('user_behavior_daily', id);
      return reads(unit?.days, dayOf(body.start_time)) ? [`${path} ${id} ${dayOf(body.start_time)}`] : [];
    }
    if (path === 'externalcontact/groupchat/statistic')
      return reads(has('group_chat_owner_daily', '*')?.days, dayOf(body.day_begin_time))
        ? [`${path} ${dayOf(body.day_begin_time)}`]
        : [];
    if (path === 'checkin/getcheckindata')
      return ids(body.useridlist)
        .filter((id) => reads(has('checkins', id)?.days, dayOf(body.starttime)))
        .map((id) => `${path} ${id} ${dayOf(body.starttime)}`);
    return [];
  });
}

/** The next sync ends as if nothing had happened, and asks for nothing again. */
async function heals(warehouse: Target, { finished, calls }: State, oracle = new Oracle()): Promise<void> {
  const ended = await command(warehouse, ['sync', '--json']);
  expect(ended.code, ended.stderr).toBe(0);
  expect(summary.parse(JSON.parse(ended.stdout)).status).toBe('succeeded');
  expect(repeated(finished, warehouse.sim.requests.slice(calls))).toEqual([]);
  expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
  expect(warehouse.sim.violations).toEqual([]);
}

/** 10 points in CI; `npm run soak` sets more. */
const POINTS = Number(process.env.WECOM_TEST_KILLS ?? 10);
/** Calls of an undisturbed first run of this company, about. */
const CALLS = 300;
/** And of a later one. */
const LATER_CALLS = 60;
/** Two at once keep two cores busy. */
const LANES = 2;

describe('invariant 1: kill -9 at any moment', () => {
  test(`${POINTS} points over a run`, { timeout: 20_000 * POINTS }, async () => {
    const limit = pLimit(LANES);
    const calls = (i: number, all: number) => 1 + Math.round((all * (i + ((i * 7) % 10) / 10)) / POINTS);
    const points = Array.from({ length: POINTS }, (_, i) =>
      i % 2 === 0 ? killFirstRun(calls(i, CALLS)) : killLaterRun(calls(i, LATER_CALLS)),
    );
    await Promise.all(points.map((point) => limit(point)));
  });
});

const TRAPS = { emptyPages: true, duplicateRows: true };

const killFirstRun = (calls: number) => async () => {
  const warehouse = await target({ traps: TRAPS, latencyMs: 5, seed: 11 });
  await heals(warehouse, await killed(warehouse, calls));
};

/** The source has changed since the first run, so the killed one ends rows and writes history. */
const killLaterRun = (calls: number) => async () => {
  const warehouse = await target({ traps: TRAPS, seed: 11 });
  const { company } = warehouse.sim;
  const oracle = new Oracle();
  expect((await command(warehouse, ['sync'])).code).toBe(0);
  const before = { at: '', tables: oracle.observe(company) };
  applyDay(company);
  warehouse.sim.latencyMs = 5;
  const state = await killed(warehouse, calls);
  await heals(warehouse, state, oracle);
  const expected = endings(before, { at: '', tables: oracle.observe(company) });
  const ended = (await history(warehouse.url)).map(({ line, row }) => line.replace(String(row.valid_to), ''));
  expect(ended.sort()).toEqual(expected.sort());
  expect(await overlaps(warehouse.url)).toEqual([]);
};

/** Kills a sync after so many calls of its own; gives what it had finished by then. */
async function killed(warehouse: Target, calls: number): Promise<State> {
  const already = warehouse.sim.requests.length;
  const first = await start(warehouse, ['sync', '--json']);
  await asked(warehouse.sim, already + calls, first.process);
  // Somewhere between two calls, and inside of a transaction if one is open.
  await sleep((calls * 13) % 40);
  const state = await stop(warehouse, first.process, 'SIGKILL');
  expect((await first.ended).signal, `the run ended before ${calls} calls`).toBe('SIGKILL');
  return state;
}
