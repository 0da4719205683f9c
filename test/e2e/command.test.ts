import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { catalogue } from '../../extractors/index.ts';
import { type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { asked, command, start, type Target } from '../oracle/command.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { repeated, type Stopped, stopped } from '../oracle/resume.ts';
import { migrated } from '../oracle/warehouse.ts';
import { createTestDatabase } from '../support/database.ts';

/** The command as a process of its own: its result, its signals, and its lock. */

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

describe('signals and locks', () => {
  test.each([
    'SIGTERM',
    'SIGINT',
  ] as const)('%s: exit 3 within seconds, progress kept, continued', async (signal) => {
    const warehouse = await target({ latencyMs: 40 });
    const first = await start(warehouse, ['sync', '--json']);
    await asked(warehouse.sim, 120, first.process);
    first.process.kill(signal);
    const state = await stopped(warehouse);
    const ended = await first.ended;
    expect(ended.signal).toBeNull();
    expect(ended.code, ended.stderr).toBe(3);
    expect(ended.stderr).toContain(signal);
    expect(summary.parse(JSON.parse(ended.stdout)).status).not.toBe('succeeded');
    await heals(warehouse, state);
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

/** The next sync ends as if nothing had happened, and asks for nothing again. */
async function heals(warehouse: Target, { finished, calls }: Stopped): Promise<void> {
  const ended = await command(warehouse, ['sync', '--json']);
  expect(ended.code, ended.stderr).toBe(0);
  expect(summary.parse(JSON.parse(ended.stdout)).status).toBe('succeeded');
  expect(repeated(finished, warehouse.sim.requests.slice(calls))).toEqual([]);
  expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
  expect(warehouse.sim.violations).toEqual([]);
}
