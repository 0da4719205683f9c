/**
 * `npm run soak`: many nights of random faults, changes and stops, and kill -9 of the command at many points of a run;
 * after each the warehouse must equal the source. The tests are those of CI, only longer. Exit 1 on any difference.
 *
 *   npm run soak -- --nights 200 --kills 30 --seed 4711     the same seed gives the same nights
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

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

const { nights, kills, seed } = values;
const begin = performance.now();
const results = {
  nights: await passes('test/e2e/soak.test.ts', 'nights', {
    WECOM_TEST_NIGHTS: nights,
    WECOM_TEST_SEED: seed,
  }),
  kills: await passes('test/e2e/command.test.ts', 'kill -9', { WECOM_TEST_KILLS: kills }),
};
const verdict = (passed: boolean) => (passed ? 'no difference' : 'FAILED: the difference is printed above');
const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
process.stdout.write(
  [
    `seed ${seed}, ${minutes} min`,
    `${nights} nights of faults, changes and stops: ${verdict(results.nights)}`,
    `${kills} points of kill -9: ${verdict(results.kills)}`,
    '',
  ].join('\n'),
);
process.exitCode = results.nights && results.kills ? 0 : 1;
