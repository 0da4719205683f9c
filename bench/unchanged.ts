/** b: the same rows again, against the bare comparing query. */
import { compareAll, comparisons } from './floors.ts';
import { activity, type Postgres, settleTables } from './postgres.ts';
import { batchesOf, makeRelations, tableNames } from './relations.ts';
import { measure, replay } from './replay.ts';
import { type Figure, figure, median } from './report.ts';

const MEGABYTE = 1e6;

export async function unchanged(postgres: Postgres, size: number, repeat: number): Promise<Figure[]> {
  const relations = makeRelations(size, Math.floor(Date.now() / 1000));
  const lanesOf = {
    one: await batchesOf(relations, 1, 'first'),
    two: await batchesOf(relations, 2, 'first'),
  };
  const rows = lanesOf.one
    .flat()
    .reduce((sum, batch) => sum + [...batch.tables.values()].reduce((n, table) => n + table.length, 0), 0);
  const warehouse = await postgres.warehouse();
  const seconds: Record<string, number[]> = {};
  const [wal, cpu, serverCpu]: [number[], number[], number[]] = [[], [], []];
  const note = (name: string, value: number) => {
    seconds[name] = [...(seconds[name] ?? []), value];
  };
  try {
    await replay(warehouse, lanesOf.two);
    // Progress of a second run, so that every row that is written from here on would be one too many.
    await settleTables(warehouse.pool, tableNames);
    const before = await activity(warehouse.pool, tableNames);
    for (let i = 0; i < repeat; i++) {
      for (const name of ['one', 'two'] as const) {
        const bare = lanesOf[name].map((lane) => comparisons(lane));
        const floor = await measure(warehouse, async () => {
          const different = await compareAll(warehouse.pool, bare);
          if (different > 0) throw new Error(`${different} unchanged rows differ.`);
        });
        note(`floor ${name}`, floor.seconds);
        const run = await replay(warehouse, lanesOf[name], { end: true });
        note(name, run.seconds);
        if (name === 'one') {
          cpu.push(run.cpu);
          serverCpu.push(run.serverCpu);
        } else wal.push(run.wal);
      }
    }
    const after = await activity(warehouse.pool, tableNames);
    const rate = (name: string) => rows / median(seconds[name] ?? []);
    const bound = { least: 0.7 };
    return [
      figure('b', 'unchanged, 1 connection', rate('one'), 'rows/s', { floor: rate('floor one'), bound }),
      figure('b', 'unchanged, 2 connections', rate('two'), 'rows/s', { floor: rate('floor two'), bound }),
      figure('b', 'WAL of a run', median(wal) / MEGABYTE, 'MB', { bound: { most: size / 200_000 } }),
      figure('b', 'rows written', after.written - before.written, 'rows', { bound: { most: 0 } }),
      figure('b', 'dead rows', after.dead - before.dead, 'rows', { bound: { most: 0 } }),
      figure('b', 'Node CPU per 1,000 rows', (median(cpu) / rows) * 1e6, 'ms'),
      figure('b', 'server CPU per 1,000 rows', (median(serverCpu) / rows) * 1e6, 'ms'),
    ];
  } finally {
    await warehouse.close();
  }
}
