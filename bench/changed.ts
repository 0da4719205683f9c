/** c: 3 % changed, 2 % new, 2 % gone, with history, against 1.5 × an unchanged run plus their share of a first load. */
import { emptyTables, type Postgres, settleTables } from './postgres.ts';
import { batchesOf, makeRelations, tableNames, twoStates } from './relations.ts';
import { replay } from './replay.ts';
import { type Figure, figure, median } from './report.ts';

const CHANGED = 0.07;

export async function changed(postgres: Postgres, size: number, repeat: number): Promise<Figure[]> {
  const states = twoStates(makeRelations(size, Math.floor(Date.now() / 1000)));
  const [first, second] = [await batchesOf(states[0], 2, 'first'), await batchesOf(states[1], 2, 'first')];
  const warehouse = await postgres.warehouse();
  const seconds: Record<'load' | 'same' | 'changed', number[]> = { load: [], same: [], changed: [] };
  const wal: number[] = [];
  let written = 0;
  try {
    for (let i = 0; i < repeat; i++) {
      await emptyTables(warehouse.pool, tableNames);
      seconds.load.push((await replay(warehouse, first)).seconds);
      await settleTables(warehouse.pool, tableNames);
      seconds.same.push((await replay(warehouse, first, { end: true })).seconds);
      await settleTables(warehouse.pool, tableNames);
      const run = await replay(warehouse, second, { end: true });
      seconds.changed.push(run.seconds);
      wal.push(run.wal);
      written = run.counts.inserted + run.counts.updated + run.counts.deleted;
    }
  } finally {
    await warehouse.close();
  }
  const allowed = 1.5 * median(seconds.same) + CHANGED * median(seconds.load);
  return [
    figure('c', 'first load', median(seconds.load), 's'),
    figure('c', 'unchanged', median(seconds.same), 's'),
    figure('c', '3 % changed, 2 % new, 2 % gone', median(seconds.changed), 's', {
      floor: allowed,
      bound: { most: 1 },
    }),
    figure('c', 'rows changed, new or gone', written, 'rows'),
    figure('c', 'WAL per row changed, new or gone', median(wal) / Math.max(1, written), 'bytes'),
  ];
}
