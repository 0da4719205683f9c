/** e: relations per second end to end, without latency and quotas, against WeCom's own ceiling. */
import { runPipeline, type SimulatorProcess, startSimulatorProcess } from './children.ts';
import type { Postgres } from './postgres.ts';
import { companySize } from './relations.ts';
import { type Figure, figure, median } from './report.ts';

/** 10,000 calls per minute × 100 rows (customer-contact 18). */
const WECOM = (10_000 * 100) / 60;

interface Run {
  readonly rate: number;
  readonly node: number;
  readonly simulator: number;
}

export async function ceiling(postgres: Postgres, size: number, repeat: number): Promise<Figure[]> {
  const simulator = await startSimulatorProcess({ size: companySize(size), latencyMs: 0, quotas: false });
  const [first, second]: [Run[], Run[]] = [[], []];
  try {
    for (let i = 0; i < repeat; i++) {
      const warehouse = await postgres.warehouse();
      try {
        first.push(await oneRun(simulator, warehouse.url));
        await warehouse.pool.query('VACUUM (FREEZE, ANALYZE)');
        second.push(await oneRun(simulator, warehouse.url));
      } finally {
        await warehouse.close();
      }
    }
  } finally {
    await simulator.close();
  }
  const of = (runs: readonly Run[], what: keyof Run) => median(runs.map((run) => run[what]));
  const more = { floor: WECOM, bound: { least: 1 } };
  return [
    figure('e', 'first run, end to end', of(first, 'rate'), 'relations/s', more),
    figure('e', 'unchanged run, end to end', of(second, 'rate'), 'relations/s', more),
    figure('e', 'first run: CPU of the pipeline', of(first, 'node'), 'µs/relation'),
    figure('e', 'first run: CPU of the simulator', of(first, 'simulator'), 'µs/relation'),
    figure('e', 'unchanged run: CPU of the pipeline', of(second, 'node'), 'µs/relation'),
  ];
}

async function oneRun(simulator: SimulatorProcess, databaseUrl: string): Promise<Run> {
  const before = simulator.cpu();
  const { url, corpId, secret } = simulator;
  const { result, cpu } = await runPipeline({
    url,
    corpId,
    secret,
    databaseUrl,
    streams: ['customers'],
    unlimited: true,
  });
  const report = result.streams.find((stream) => stream.stream === 'customers');
  if (!report) throw new Error('The run has no customers.');
  const perRelation = (seconds: number) => (seconds * 1e6) / report.records;
  return {
    rate: report.records / (report.durationMs / 1000),
    node: perRelation(cpu),
    simulator: perRelation(simulator.cpu() - before),
  };
}
