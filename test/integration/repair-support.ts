/** A warehouse after its first run, and plain looks at its tables. */
import pino from 'pino';
import { openDatabase } from '../../src/database.ts';
import type { TrapChoice } from '../../src/simulator/index.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

export const silent = pino({ level: 'silent' });
export const forever = new AbortController().signal;

export async function openFilled(traps: TrapChoice = 'none') {
  const warehouse: Warehouse = await openWarehouse({ traps, seed: 11 });
  const first = await warehouse.run();
  const database = await openDatabase({ databaseUrl: warehouse.url }, silent);
  const query = async <T extends object>(text: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await database.pool.query<T>(text, [...values])).rows;
  return {
    ...warehouse,
    first,
    database,
    query,
    corpId: warehouse.sim.corpId,
    async count(table: string): Promise<number> {
      const [row] = await query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
      return row?.n ?? -1;
    },
    async close() {
      await database.close();
      await warehouse.close();
    },
  };
}

export type Filled = Awaited<ReturnType<typeof openFilled>>;
