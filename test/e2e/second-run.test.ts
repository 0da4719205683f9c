import { afterEach, describe, expect, test } from 'vitest';
import type { TrapChoice } from '../../src/simulator/index.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { type Cells, Oracle } from '../oracle/expected.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

/** What the tables of the warehouse have seen written since the database was made. */
async function written(warehouse: Warehouse): Promise<Cells[]> {
  await warehouse.reconnect();
  return withReader(warehouse.url, (client) =>
    select(
      client,
      `SELECT schemaname || '.' || relname AS name, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
       WHERE schemaname IN ('wecom', 'wecom_history') ORDER BY 1`,
    ),
  );
}

describe('invariant 2: a second run over an unchanged source writes nothing', () => {
  test.each<[string, TrapChoice]>([
    ['no trap', 'none'],
    ['all traps', 'all'],
  ])('%s', async (_name, traps) => {
    const warehouse = await openWarehouse({ traps, seed: 3 });
    open.push(warehouse);
    await warehouse.run();
    const before = await written(warehouse);
    expect(before.some((table) => Number(table.n_tup_ins) > 100)).toBe(true);
    for (const options of [{}, { full: true }]) {
      const result = await warehouse.run(options);
      expect(result.status).toBe('succeeded');
      const counts = result.streams.map(({ stream, inserted, updated, deleted }) => [
        stream,
        inserted,
        updated,
        deleted,
      ]);
      expect(counts).toEqual(result.streams.map(({ stream }) => [stream, 0, 0, 0]));
    }
    expect(await written(warehouse)).toEqual(before);
    expect(await compare(warehouse.url, new Oracle().observe(warehouse.sim.company))).toEqual([]);
    expect(warehouse.sim.violations).toEqual([]);
  });
});
