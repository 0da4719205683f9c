/** g: how long short commands take, above plain node. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Postgres } from './postgres.ts';
import { type Figure, figure, median } from './report.ts';

const MOST_MS = 250;
const PROGRAMS = { checkout: '../src/cli/main.ts', package: '../dist/src/cli/main.js' };

export async function start(postgres: Postgres, repeat: number): Promise<Figure[]> {
  const warehouse = await postgres.warehouse();
  try {
    const environment = {
      ...process.env,
      DATABASE_URL: warehouse.url,
      WECOM_CORP_ID: 'ww_bench',
      WECOM_SECRET: 'bench',
    };
    const time = (args: readonly string[]) => milliseconds(args, environment);
    const plain = median(times(repeat, () => time(['-e', '0'])));
    const figures = [figure('g', 'node -e 0', plain, 'ms')];
    for (const [name, file] of Object.entries(PROGRAMS)) {
      const program = fileURLToPath(new URL(file, import.meta.url));
      if (!existsSync(program)) continue;
      for (const command of ['--help', 'status']) {
        // The first call fills Node's compile cache.
        time([program, command]);
        const above = median(times(repeat, () => time([program, command]))) - plain;
        figures.push(
          figure('g', `${command} above plain node (${name})`, above, 'ms', { bound: { most: MOST_MS } }),
        );
      }
    }
    return figures;
  } finally {
    await warehouse.close();
  }
}

const times = (repeat: number, one: () => number) => Array.from({ length: repeat * 3 }, one);

function milliseconds(args: readonly string[], env: NodeJS.ProcessEnv): number {
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - begin;
}
