import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SyncDatabase } from '../../loaders/schema.ts';
import {
  batchOf,
  dailyStream,
  loaderAt,
  newCorp,
  openSynthetic,
  rowsIn,
  type Synthetic,
} from './loader-support.ts';

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

/** The same database, but the answer to the first COMMIT gets lost. */
function losingOneAnswer(): Pick<Synthetic, 'db'> {
  let lost = false;
  const pool = {
    end: async () => undefined,
    async connect() {
      const client = await synthetic.pool.connect();
      return {
        async query(text: string, values?: unknown[]) {
          const answer = await client.query(text, values);
          if (text !== 'commit' || lost) return answer;
          lost = true;
          throw new Error('Connection terminated unexpectedly');
        },
        release: () => client.release(),
      };
    },
  };
  // Of a pool the dialect uses connect, query, release and end only.
  const dialect = new PostgresDialect({ pool: pool as unknown as typeof synthetic.pool });
  return { db: new Kysely<SyncDatabase>({ dialect }) };
}

const figures = (visits: number) =>
  batchOf({ shop_daily: [{ shop: 's1', stat_date: '2026-11-01', visits }] }, { unit: 's1', inPlace: true });

test('a commit that lost its answer does not make a provisional figure final', async () => {
  const corp = newCorp();
  const stream = dailyStream(['s1']);
  await loaderAt(synthetic, corp, 1, stream).commit(figures(1));
  const committed = await loaderAt(losingOneAnswer(), corp, 2, stream).commit(figures(2));
  expect(await rowsIn(synthetic, corp, 'wecom.shop_daily', 'visits')).toEqual([{ visits: 2 }]);
  expect(committed.movedDays).toEqual(['s1\u00002026-11-01']);
  const unchanged = await loaderAt(synthetic, corp, 3, stream).commit(figures(2));
  expect(unchanged.movedDays).toEqual([]);
});
