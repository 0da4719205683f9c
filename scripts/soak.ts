/**
 * `npm run soak`: many nights of random faults, changes and stops, and kill -9 of the command at many points of a run;
 * after each the warehouse must equal the source. The tests are those of CI, only longer. Exit 1 on any difference.
 *
 *   npm run soak -- --nights 200 --kills 30 --seed 4711     the same seed gives the same nights and kill points
 *
 * Of each kill it prints the calls before and after it, and the most that the unfinished units allow.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { textTable } from '../src/cli/table.ts';

const ROOT = join(import.meta.dirname, '..');

const { values } = parseArgs({
  options: {
    nights: { type: 'string', default: '200' },
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
  },
});

/** Runs one test file with these settings; true when it passed. */
async function passes(
  file: string,
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<boolean> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', file, '-t', name, '--reporter=verbose'], {
    cwd: ROOT,
    env: { ...process.env, ...settings },
    stdio: 'inherit',
  });
  const [code] = await once(child, 'close');
  return code === 0;
}

const figures = z.object({
  run: z.string(),
  killedAt: z.number(),
  undisturbed: z.number(),
  before: z.number(),
  after: z.number(),
  bound: z.number(),
});

/** What each kill cost, in calls; the test has proved that none exceeds its bound. */
function killTable(file: string): string {
  if (!existsSync(file)) return '';
  const points = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => figures.parse(JSON.parse(line)))
    .sort((a, b) => (a.run === b.run ? a.killedAt - b.killedAt : a.run < b.run ? -1 : 1));
  const header = ['run', 'killed at call', 'undisturbed', 'before', 'after', 'at most'];
  return textTable(
    header,
    points.map((point) => Object.values(point).map(String)),
  );
}

const { nights, kills, seed } = values;
const folder = mkdtempSync(join(tmpdir(), 'wecom-warehouse-soak-'));
const file = join(folder, 'kills.jsonl');
const begin = performance.now();
const results = {
  nights: await passes('test/e2e/soak.test.ts', 'nights', {
    WECOM_TEST_NIGHTS: nights,
    WECOM_TEST_SEED: seed,
  }),
  kills: await passes('test/e2e/kill.test.ts', 'kill -9', {
    WECOM_TEST_KILLS: kills,
    WECOM_TEST_SEED: seed,
    WECOM_TEST_FIGURES: file,
  }),
};
const verdict = (passed: boolean) => (passed ? 'no difference' : 'FAILED: the difference is printed above');
const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
process.stdout.write(
  [
    killTable(file),
    '',
    `seed ${seed}, ${minutes} min`,
    `${nights} nights of faults, changes and stops: ${verdict(results.nights)}`,
    `${kills} points of kill -9: ${verdict(results.kills)}`,
    '',
  ].join('\n'),
);
rmSync(folder, { recursive: true });
process.exitCode = results.nights && results.kills ? 0 : 1;
