/** i: cost per relation as the company grows, and as history grows: CPU of the pipeline and of the server together. */
import { runPipeline, startSimulatorProcess } from './children.ts';
import { endedCpuSeconds, type Postgres, settleTables, type Warehouse } from './postgres.ts';
import {
  batchesOf,
  changedRelations,
  companySize,
  countRecords,
  makeRelations,
  tableNames,
} from './relations.ts';
import { replay } from './replay.ts';
import { type Figure, figure } from './report.ts';

/** Nights with a tenth of the relations changed, before the night that is measured. */
const NIGHTS = [0, 1, 3, 10];

export async function growth(postgres: Postgres, sizes: readonly number[], size: number): Promise<Figure[]> {
  const curve: [string, Cost][] = [];
  for (const one of sizes)
    curve.push([`${one.toLocaleString('en-US')} relations`, await costOfRuns(postgres, one)]);
  return [...figuresOf(curve), ...figuresOf(await costsWithHistory(postgres, size))];
}

/** CPU microseconds per relation. */
interface Cost {
  readonly [what: string]: number;
}

/** Each cost beside the first of its kind. */
function figuresOf(curve: readonly (readonly [string, Cost])[]): Figure[] {
  const [[, first = {}] = []] = curve;
  return Object.keys(first).flatMap((what) =>
    curve.map(([name, cost]) => {
      const more = first[what] === undefined ? {} : { floor: first[what] };
      return figure('i', `${what}, ${name}`, cost[what] ?? Number.NaN, 'µs/relation', more);
    }),
  );
}

async function costOfRuns(postgres: Postgres, size: number): Promise<Cost> {
  const simulator = await startSimulatorProcess({ size: companySize(size), latencyMs: 0, quotas: false });
  const warehouse = await postgres.warehouse();
  try {
    const { url, corpId, secret } = simulator;
    const request = { url, corpId, secret, databaseUrl: warehouse.url, unlimited: true };
    const run = async () => {
      const before = await endedCpuSeconds(warehouse.pool);
      const { cpu, result } = await runPipeline({ ...request, streams: ['customers'] });
      const server = (await endedCpuSeconds(warehouse.pool)) - before;
      const records = result.streams.find(({ stream }) => stream === 'customers')?.records ?? 0;
      return ((cpu + server) * 1e6) / records;
    };
    const first = await run();
    await settleTables(warehouse.pool, tableNames);
    return { 'first run': first, 'unchanged run': await run() };
  } finally {
    await simulator.close();
    await warehouse.close();
  }
}

async function costsWithHistory(postgres: Postgres, size: number): Promise<[string, Cost][]> {
  const relations = makeRelations(size, Math.floor(Date.now() / 1000));
  const count = countRecords(relations);
  const warehouse = await postgres.warehouse();
  const play = async (night: number) => {
    const batches = await batchesOf(changedRelations(relations, night), 1, 'first');
    const { cpu, serverCpu } = await replay(warehouse, batches, { end: true });
    await settleTables(warehouse.pool, tableNames);
    return ((cpu + serverCpu) * 1e6) / count;
  };
  try {
    await play(0);
    const costs: [string, Cost][] = [];
    let night = 0;
    for (const nights of NIGHTS) {
      while (night < nights) await play(++night);
      const name = `${nights} nights of history (${await historyRows(warehouse)} old versions)`;
      const same = await play(night);
      const cost = { 'unchanged, loader only': same, 'a tenth changed, loader only': await play(++night) };
      costs.push([name, cost]);
    }
    return costs;
  } finally {
    await warehouse.close();
  }
}

async function historyRows({ pool }: Warehouse): Promise<string> {
  const { rows } = await pool.query<{ n: string }>(
    'SELECT count(*) AS n FROM wecom_history.customer_follows',
  );
  return Number(rows[0]?.n ?? 0).toLocaleString('en-US');
}
