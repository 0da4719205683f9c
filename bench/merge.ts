/** a: a first load of customer relations, against raw COPY of the same rows. */
import { copyAll, copySources, floorTables } from './floors.ts';
import type { Postgres } from './postgres.ts';
import { emptyTables } from './postgres.ts';
import { batchesOf, makeRelations, tableNames } from './relations.ts';
import { measure, replay } from './replay.ts';
import { type Figure, figure, median } from './report.ts';

export async function merge(postgres: Postgres, size: number, repeat: number): Promise<Figure[]> {
  const relations = makeRelations(size, Math.floor(Date.now() / 1000));
  const one = await batchesOf(relations, 1, 'first');
  const two = await batchesOf(relations, 2, 'first');
  const sources = copySources(one.flat());
  const rows = sources.reduce((sum, source) => sum + source.rows, 0);
  const warehouse = await postgres.warehouse();
  const seconds: Record<'key' | 'all' | 'one' | 'two', number[]> = { key: [], all: [], one: [], two: [] };
  const [cpu, serverCpu]: [number[], number[]] = [[], []];
  try {
    for (let i = 0; i < repeat; i++) {
      for (const indexes of ['key', 'all'] as const) {
        await floorTables(warehouse.pool, indexes);
        seconds[indexes].push((await measure(warehouse, () => copyAll(warehouse.pool, sources))).seconds);
      }
      await warehouse.pool.query('DROP SCHEMA floor CASCADE');
      for (const [name, lanes] of [
        ['one', one],
        ['two', two],
      ] as const) {
        await emptyTables(warehouse.pool, tableNames);
        const run = await replay(warehouse, lanes);
        seconds[name].push(run.seconds);
        if (name === 'one') {
          cpu.push(run.cpu);
          serverCpu.push(run.serverCpu);
        }
      }
    }
  } finally {
    await warehouse.close();
  }
  const rate = (name: keyof typeof seconds) => rows / median(seconds[name]);
  const floor = rate('key');
  return [
    figure('a', 'raw COPY, key only', floor, 'rows/s'),
    figure('a', 'raw COPY, all indexes', rate('all'), 'rows/s', { floor }),
    figure('a', 'first load, 1 connection', rate('one'), 'rows/s', { floor, bound: { least: 0.4 } }),
    figure('a', 'first load, 2 connections', rate('two'), 'rows/s', { floor, bound: { least: 0.7 } }),
    figure('a', 'Node CPU per 1,000 rows', (median(cpu) / rows) * 1e6, 'ms'),
    figure('a', 'server CPU per 1,000 rows', (median(serverCpu) / rows) * 1e6, 'ms'),
  ];
}
