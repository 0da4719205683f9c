/** f: the most that the pipeline's process ever held, for growing companies, first and second run of everything. */
import { runPipeline, startSimulatorProcess } from './children.ts';
import type { Postgres } from './postgres.ts';
import { companySize } from './relations.ts';
import { type Figure, figure } from './report.ts';

const MEGABYTE = 1e6;
const LIMIT_MB = 256;

export async function memory(postgres: Postgres, sizes: readonly number[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  let before: number | undefined;
  for (const size of sizes) {
    const peak = (await peakOf(postgres, size)) / MEGABYTE;
    const what = `peak resident, ${size.toLocaleString('en-US')} relations`;
    figures.push(figure('f', what, peak, 'MB', { bound: { most: LIMIT_MB } }));
    if (before !== undefined)
      figures.push(
        figure('f', 'growth with ten times the relations', peak, 'MB', {
          floor: before,
          bound: { most: 1.2 },
        }),
      );
    before = peak;
  }
  return figures;
}

async function peakOf(postgres: Postgres, size: number): Promise<number> {
  const simulator = await startSimulatorProcess({ size: companySize(size), latencyMs: 0, quotas: false });
  const warehouse = await postgres.warehouse();
  try {
    const { url, corpId, secret } = simulator;
    const request = { url, corpId, secret, databaseUrl: warehouse.url, streams: [], unlimited: true };
    const first = await runPipeline(request);
    const second = await runPipeline(request);
    return Math.max(first.peak, second.peak);
  } finally {
    await simulator.close();
    await warehouse.close();
  }
}
