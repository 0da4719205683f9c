import { Kysely, PostgresDialect } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SyncDatabase } from '../../loaders/schema.ts';
import type { Stream } from '../../src/engine/stream.ts';
import type { Missing } from '../../src/engine/table.ts';
import type { StagedRow } from '../../src/engine/warehouse.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import {
  batchOf,
  type Good,
  goodsStream,
  loaderAt,
  newCorp,
  openSynthetic,
  type RunOptions,
  rowsIn,
  runOf,
  Shops,
  type Synthetic,
  stamp,
  startOf,
} from './loader-support.ts';

/** Child tables in which a live parent always has rows (a group has its owner as a member, a form its controls), and sets. */

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const part = (no: number): JsonObject => ({ no, qty: 1, notes: [`note ${no}`] });
const good = (good_id: string, ...parts: number[]): Good => ({ good_id, parts: parts.map(part) });
const upTo = (most: number) => Array.from({ length: most }, (_, i) => i + 1);

/** Every good has parts; or it may have none (`decided`). */
function filledStream(shops: Shops, more: Partial<Stream> = {}, missing: Missing = 'filled'): Stream {
  const stream = goodsStream(shops, more);
  const tables = stream.tables.map((table) => (table.name === 'good_parts' ? { ...table, missing } : table));
  return { ...stream, tables };
}

function chain(shops: Shops, more: Partial<Stream> = {}, corp = newCorp(), missing: Missing = 'filled') {
  const rows = (name: string, columns: string) => rowsIn(synthetic, corp, name, columns);
  return {
    corp,
    async run(n: number, options: Partial<RunOptions> = {}, db: Pick<Synthetic, 'db'> = synthetic) {
      const { reports } = await runOf(db, corp, shops, [filledStream(shops, more, missing)], {
        n,
        ...options,
      });
      const [report] = reports;
      if (!report) throw new Error('no report');
      return report;
    },
    /** `good part`. */
    live: async () =>
      (await rows('wecom.good_parts', 'good_id, part_no'))
        .map(({ good_id, part_no }) => `${good_id} ${part_no}`)
        .sort(),
    gone: () => rows('wecom_history.good_parts', 'good_id, part_no, end_reason, valid_to, last_shown_at'),
    goneNotes: () => rows('wecom_history.part_notes', 'note'),
    absences: () =>
      rows('wecom_sync.absences', `key->>'part_no' AS part_no, unit, held_since, cycle, last_shown_at`),
  };
}

describe('invariant 3: rows that a filled parent no longer shows', () => {
  test('end at the end of the stream, with their children, the reason and the last walk that showed them', async () => {
    const shops = new Shops({ s1: [good('a', 1, 2, 3)] });
    const { run, live, gone, goneNotes, absences } = chain(shops);
    await run(1);
    await run(2);
    shops.show('s1', good('a', 1, 4));
    expect(await run(3)).toMatchObject({ status: 'succeeded', deleted: 4 });
    expect(await live()).toEqual(['a 1', 'a 4']);
    const ended = {
      good_id: 'a',
      end_reason: 'absent',
      valid_to: stamp(startOf(3)),
      last_shown_at: stamp(startOf(2)),
    };
    expect(await gone()).toEqual([2, 3].map((part_no) => ({ ...ended, part_no })));
    expect(await goneNotes()).toEqual([{ note: 'note 2' }, { note: 'note 3' }]);
    expect(await absences()).toEqual([]);
  });

  test('are held while their list is empty, whatever their number, until it is back', async () => {
    const shops = new Shops({ s1: [good('a', 1), good('b', 1, 2)], s2: [good('c', ...upTo(100))] });
    const { run, live, gone, absences } = chain(shops);
    await run(1);
    shops.show('s1', good('a'), good('b', 1, 2));
    shops.show('s2', good('c', ...upTo(99)));
    for (const n of [2, 3]) {
      const report = await run(n);
      expect(report).toMatchObject({ status: 'held', error: { code: 'HELD' } });
      expect(report.error?.message).toContain('the list of s1 is empty, but 1 rows of good_parts are live');
    }
    expect((await gone()).map(({ good_id, part_no }) => `${good_id} ${part_no}`)).toEqual(['c 100']);
    expect(await absences()).toEqual([
      {
        part_no: '1',
        unit: 's1',
        held_since: stamp(startOf(2)),
        cycle: 'run-3',
        last_shown_at: stamp(startOf(1)),
      },
    ]);
    shops.show('s1', good('a', 1), good('b', 1, 2));
    expect(await run(4, { acceptDeletes: true })).toMatchObject({ status: 'succeeded', deleted: 0 });
    expect(await absences()).toEqual([]);
    expect(await live()).toContain('a 1');
  });

  test('a held row that comes back changed was last shown before it was held', async () => {
    const shops = new Shops({ s1: [good('a', 1)] });
    const { run, gone } = chain(shops);
    await run(1);
    shops.show('s1', good('a'));
    await run(2);
    shops.show('s1', { good_id: 'a', parts: [{ no: 1, qty: 7 }] });
    expect(await run(3)).toMatchObject({ status: 'succeeded', updated: 1 });
    expect(await gone()).toMatchObject([{ valid_to: stamp(startOf(3)), last_shown_at: stamp(startOf(1)) }]);
  });

  test('accepting ends exactly what was held and is still absent', async () => {
    const shops = new Shops({ s1: [good('a', 1, 2)], s2: [good('c', 1, 2)] });
    const { run, live, gone, absences } = chain(shops);
    await run(1);
    shops.show('s1', good('a'));
    expect(await run(2)).toMatchObject({ status: 'held', deleted: 0 });
    shops.show('s1', good('a', 2));
    shops.show('s2', good('c'));
    const report = await run(3, { acceptDeletes: true });
    expect(report.error?.message).toContain('the list of s2 is empty');
    expect(await live()).toEqual(['a 2', 'c 1', 'c 2']);
    expect(await gone()).toMatchObject([
      { good_id: 'a', part_no: 1, end_reason: 'absent', last_shown_at: stamp(startOf(1)) },
    ]);
    expect(await run(4, { acceptDeletes: true })).toMatchObject({ status: 'succeeded' });
    expect(await live()).toEqual(['a 2']);
    expect(await absences()).toEqual([]);
  });

  test('count for the rule of the stream: 60 of 100', async () => {
    const shops = new Shops({ s1: [good('a', ...upTo(100))] });
    const { run, live } = chain(shops);
    await run(1);
    shops.show('s1', good('a', ...upTo(40)));
    const report = await run(2);
    expect(report).toMatchObject({ status: 'held', deleted: 0 });
    expect(report.error?.message).toContain('60 of 100 rows would end as absent');
    expect(await live()).toHaveLength(100);
  });

  test('are not asked about: only what has a list of its own is explained', async () => {
    const shops = new Shops({ s1: [good('a', 1, 2)] });
    const { run, live } = chain(shops, {
      explain: () => Promise.reject(new Error('asked about a part')),
    });
    await run(1);
    shops.show('s1', good('a', 1));
    expect(await run(2)).toMatchObject({ status: 'succeeded' });
    expect(await live()).toEqual(['a 1']);
  });

  test('end with their parent for its reason, and what was held of them is forgotten', async () => {
    const shops = new Shops({ s1: [good('a', 1)], s2: [good('b', 1), good('c', 1)] });
    const { run, gone, absences } = chain(shops);
    await run(1);
    shops.show('s1', good('a'));
    shops.show('s2', good('b'), good('c', 1));
    await run(2);
    expect(await absences()).toHaveLength(2);
    shops.goods.delete('s1');
    shops.gone.add('s1');
    shops.show('s2', good('c', 1));
    expect(await run(3)).toMatchObject({ status: 'succeeded' });
    expect((await gone()).map(({ good_id, end_reason }) => `${good_id} ${end_reason}`)).toEqual([
      'a shop_closed',
      'b absent',
    ]);
    expect(await absences()).toEqual([]);
  });

  test('a parent that WeCom ends takes them along, and what was held of them is forgotten', async () => {
    const shops = new Shops({ s1: [good('a', 1), good('b', 1)] });
    const corp = newCorp();
    await chain(shops, {}, corp).run(1);
    shops.show('s1', good('a'), good('b', 1));
    await chain(shops, {}, corp).run(2);
    const dismissed = chain(
      shops,
      {
        async *read() {
          const key = { shop: 's1', good_id: 'a' };
          yield { type: 'ended', unit: 's1', table: 'goods', key, reason: 'dismissed' };
          yield { type: 'done', unit: 's1', shown: { goods: [{ shop: 's1', good_id: 'b' }] } };
        },
      },
      corp,
    );
    expect(await dismissed.run(3)).toMatchObject({ status: 'succeeded' });
    expect(await dismissed.gone()).toMatchObject([{ good_id: 'a', end_reason: 'dismissed' }]);
    expect(await dismissed.absences()).toEqual([]);
  });
});

describe('invariant 3: sets that a parent may rightly be without', () => {
  const chainOfSets = (shops: Shops) => chain(shops, {}, newCorp(), 'decided');
  const keyless = (good_id: string): Good => ({ good_id });

  test('end with the last row of all at the end of the stream', async () => {
    const shops = new Shops({ s1: [good('a', 1, 2), good('b', 1)] });
    const { run, live, gone, absences } = chainOfSets(shops);
    await run(1);
    shops.show('s1', good('a'), good('b'));
    expect(await run(2)).toMatchObject({ status: 'succeeded', deleted: 5 - 2 + 3 });
    expect(await live()).toEqual([]);
    expect(await gone()).toHaveLength(3);
    expect(await absences()).toEqual([]);
  });

  test('are held by the rule of the stream, until the operator accepts', async () => {
    const shops = new Shops({ s1: [good('a', ...upTo(60))], s2: [good('b', ...upTo(60))] });
    const { run, live, gone, absences } = chainOfSets(shops);
    await run(1);
    shops.show('s1', good('a'));
    const report = await run(2);
    expect(report).toMatchObject({ status: 'held', deleted: 0 });
    expect(report.error?.message).toContain('60 of 120 rows would end as absent');
    shops.show('s1', good('a', 1, 2));
    expect(await run(3, { acceptDeletes: true })).toMatchObject({ status: 'succeeded' });
    expect(await live()).toHaveLength(62);
    expect(await gone()).toHaveLength(58);
    expect(await absences()).toEqual([]);
  });

  test('stay with one warning while no record has their key, also those that were held', async () => {
    const shops = new Shops({ s1: [good('a', ...upTo(60))], s2: [good('b', 1)] });
    const { run, live, absences } = chainOfSets(shops);
    await run(1);
    shops.show('s1', good('a'));
    expect(await run(2)).toMatchObject({ status: 'held' });
    shops.show('s1', keyless('a'));
    shops.show('s2', keyless('b'));
    shops.notes.length = 0;
    expect(await run(3, { acceptDeletes: true })).toMatchObject({
      status: 'succeeded',
      deleted: 0,
      updated: 0,
    });
    expect(await live()).toHaveLength(61);
    expect(await absences()).toEqual([]);
    expect(shops.notes.filter((note) => note.includes('sends good_parts for anybody'))).toHaveLength(1);
  });

  test('end where the key is missing, as soon as one record has it', async () => {
    const shops = new Shops({ s1: [good('a', 1), good('b', 1)] });
    const { run, live } = chainOfSets(shops);
    await run(1);
    shops.show('s1', keyless('a'), good('b', 1));
    expect(await run(2)).toMatchObject({ status: 'succeeded' });
    expect(await live()).toEqual(['b 1']);
    expect(shops.notes.filter((note) => note.includes('permission'))).toEqual([]);
  });
});

describe('invariant 1: stopped between the record and the decision', () => {
  /** Stopped while the second shop is asked: the first one is committed, and nothing is decided. */
  async function stopped() {
    const shops = new Shops({ s1: [good('a', 1, 2), good('b', 1)], s2: [good('c', 1)] });
    const one = chain(shops);
    await one.run(1);
    shops.show('s1', good('a', 1), good('b'));
    const stop = new AbortController();
    shops.onCall = (shop) => {
      if (shop === 's2') stop.abort();
    };
    expect(await one.run(2, { signal: stop.signal })).toMatchObject({ status: 'partial', deleted: 0 });
    expect(await one.absences()).toHaveLength(2);
    expect(await one.live()).toHaveLength(4);
    shops.onCall = () => undefined;
    return { shops, ...one };
  }

  test('the run that continues it decides', async () => {
    const { run, live, gone } = await stopped();
    const report = await run(3, { cycle: 'run-2' });
    expect(report.error?.message).toContain('the list of s1 is empty, but 2 rows');
    expect(await live()).toHaveLength(4);
    expect(await run(4, { acceptDeletes: true })).toMatchObject({ status: 'succeeded' });
    expect(await live()).toEqual(['a 1', 'c 1']);
    expect(await gone()).toMatchObject([1, 2].map(() => ({ last_shown_at: stamp(startOf(1)) })));
  });

  test('a fresh run forgets what has come back', async () => {
    const { run, live, gone, absences, shops } = await stopped();
    shops.show('s1', good('a', 1, 2), good('b', 1));
    expect(await run(3)).toMatchObject({ status: 'succeeded', deleted: 0 });
    expect(await live()).toHaveLength(4);
    expect(await gone()).toEqual([]);
    expect(await absences()).toEqual([]);
  });
});

test('a night in which nothing is missing only looks once which units have rows recorded', async () => {
  const shops = new Shops({ s1: [good('a', 1, 2)], s2: [good('b', 1)] });
  const { run } = chain(shops);
  await run(1);
  const asked: string[] = [];
  const db = new Kysely<SyncDatabase>({
    dialect: new PostgresDialect({ pool: synthetic.pool }),
    log: ({ query }) => {
      asked.push(query.sql);
    },
  });
  await run(2, {}, { db });
  expect(asked.filter((sql) => sql.includes('SELECT DISTINCT a.unit'))).toHaveLength(1);
  expect(asked.filter((sql) => sql.includes('absent_unit'))).toEqual([]);
  shops.show('s1', good('a', 1));
  await run(3, {}, { db });
  expect(asked.filter((sql) => sql.includes('absent_unit')).length).toBeGreaterThan(0);
});

test('a stored document ends what it no longer has, but not all that its empty list would', async () => {
  const shops = new Shops({ s1: [good('a', 1, 2), good('b', 1, 2)] });
  const { corp, run, live, absences } = chain(shops);
  await run(1);
  const batch = batchOf({
    goods: [
      { shop: 's1', good_id: 'a' },
      { shop: 's1', good_id: 'b' },
    ],
    good_parts: [{ shop: 's1', good_id: 'b', part_no: 1, qty: 1 }],
  });
  const tables = new Map(
    [...batch.tables].map(([name, rows]): [string, StagedRow[]] => [
      name,
      rows.map((row) => ({ ...row, unit: undefined })),
    ]),
  );
  await loaderAt(synthetic, corp, 2, filledStream(shops)).commit({ ...batch, tables });
  expect(await live()).toEqual(['a 1', 'a 2', 'b 1']);
  expect(await absences()).toEqual([]);
});
