import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { applyDay } from '../../src/simulator/changes.ts';
import { type LoggedRequest, startSimulator } from '../../src/simulator/index.ts';
import { hash, Random } from '../../src/simulator/random.ts';
import { asked, command, start, type Target } from '../oracle/command.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { endings, history, overlaps } from '../oracle/history.ts';
import { callsOfUnfinished, repeated, type Stopped, stopped, type Undisturbed } from '../oracle/resume.ts';
import { migrated } from '../oracle/warehouse.ts';
import { createTestDatabase } from '../support/database.ts';

/** 10 points in CI; `npm run soak` sets more, and where its figures go. The points and the company follow from the seed. */
const POINTS = Number(process.env.WECOM_TEST_KILLS ?? 10);
const SEED = Number(process.env.WECOM_TEST_SEED ?? 20260617);
const FIGURES = process.env.WECOM_TEST_FIGURES;
/** Two at once keep two cores busy. */
const LANES = 2;
/** Of the calls of a run: what comes after the last one is over before a signal arrives. */
const LAST = 0.9;

/** Few approvals: the command keeps to 600 calls a minute there. */
async function target(): Promise<Target> {
  const sim = await startSimulator({
    quotas: false,
    size: { approvals: 12 },
    // Not emptyPages: whether a walk ends with one depends on how many walks were begun before.
    traps: { shortPages: true, duplicateRows: true },
    seed: 1 + (hash(SEED, 'company') % 1000),
  });
  const database = await createTestDatabase(migrated);
  onTestFinished(async () => {
    await sim.close();
    await database.drop();
  });
  return { sim, url: database.url };
}

/** A whole run; gives its calls. */
async function run(warehouse: Target): Promise<LoggedRequest[]> {
  const { requests } = warehouse.sim;
  const before = requests.length;
  const ended = await command(warehouse, ['sync', '--json']);
  expect(ended.code, ended.stderr).toBe(0);
  return requests.slice(before);
}

/** The first run, or the one of the next day, as the kills meet it. */
async function undisturbed(which: 'first' | 'later'): Promise<Undisturbed> {
  const warehouse = await target();
  if (which === 'later') {
    await run(warehouse);
    applyDay(warehouse.sim.company);
  }
  const calls = await run(warehouse);
  return { calls, again: await run(warehouse) };
}

/** Kills a sync after so many calls of its own; gives what it had finished by then. */
async function killed(warehouse: Target, calls: number): Promise<Stopped> {
  const already = warehouse.sim.requests.length;
  const first = await start(warehouse, ['sync', '--json']);
  await asked(warehouse.sim, already + calls, first.process);
  // Somewhere between two calls, and inside of a transaction if one is open.
  await sleep((calls * 13) % 40);
  first.process.kill('SIGKILL');
  const state = await stopped(warehouse);
  expect((await first.ended).signal, `the run ended before ${calls} calls`).toBe('SIGKILL');
  return state;
}

/** The next run ends as if nothing had happened, and asks only for what was not finished. */
async function heals(
  warehouse: Target,
  { finished }: Stopped,
  expected: Undisturbed,
  oracle: Oracle,
): Promise<{ after: number; bound: number }> {
  const after = await run(warehouse);
  expect(repeated(finished, after)).toEqual([]);
  expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
  // A cursor that is sent twice is a violation.
  expect(warehouse.sim.violations).toEqual([]);
  const bound = callsOfUnfinished(finished, expected);
  expect(after.length, 'calls after the kill').toBeLessThanOrEqual(bound);
  return { after: after.length, bound };
}

/** For `npm run soak`, one line per point. */
function record(figures: Readonly<Record<string, number | string>>): void {
  if (FIGURES !== undefined) appendFileSync(FIGURES, `${JSON.stringify(figures)}\n`);
}

async function killFirstRun(killedAt: number, expected: Undisturbed): Promise<void> {
  const warehouse = await target();
  warehouse.sim.latencyMs = 5;
  const state = await killed(warehouse, killedAt);
  const healed = await heals(warehouse, state, expected, new Oracle());
  record({ run: 'first', killedAt, undisturbed: expected.calls.length, before: state.calls, ...healed });
}

/** The source has changed since the first run, so the killed one ends rows and writes history. */
async function killLaterRun(killedAt: number, expected: Undisturbed): Promise<void> {
  const warehouse = await target();
  const { company } = warehouse.sim;
  const oracle = new Oracle();
  const already = (await run(warehouse)).length;
  const before = { at: '', tables: oracle.observe(company) };
  applyDay(company);
  warehouse.sim.latencyMs = 5;
  const state = await killed(warehouse, killedAt);
  const healed = await heals(warehouse, state, expected, oracle);
  const due = endings(before, { at: '', tables: oracle.observe(company) });
  const ended = (await history(warehouse.url)).map(({ line, row }) => line.replace(String(row.valid_to), ''));
  expect(ended.sort()).toEqual(due.sort());
  expect(await overlaps(warehouse.url)).toEqual([]);
  const calls = state.calls - already;
  record({ run: 'later', killedAt, undisturbed: expected.calls.length, before: calls, ...healed });
}

describe('invariant 1: kill -9 at any moment', () => {
  test(`${POINTS} points over a run, seed ${SEED}`, { timeout: 60_000 + 20_000 * POINTS }, async () => {
    const [first, later] = [await undisturbed('first'), await undisturbed('later')];
    const random = new Random(hash(SEED, 'kills'));
    // Spread over the run, and anywhere within its share of it.
    const at = (i: number, { calls }: Undisturbed) =>
      1 + Math.floor((LAST * calls.length * (i + random.next())) / POINTS);
    const limit = pLimit(LANES);
    const points = Array.from({ length: POINTS }, (_, i) => {
      const [kill, expected] = i % 2 === 0 ? [killFirstRun, first] : [killLaterRun, later];
      const point = at(i, expected);
      return limit(() => kill(point, expected));
    });
    await Promise.all(points);
  });
});
