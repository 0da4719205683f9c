import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  batchOf,
  countsOf,
  finishedUnit,
  type Good,
  goodsStream,
  loaderAt,
  newCorp,
  openSynthetic,
  papersStream,
  rowsIn,
  runOf,
  Shops,
  type Synthetic,
  stamp,
  startOf,
} from './loader-support.ts';

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const HISTORY = ['goods', 'good_parts', 'part_notes', 'brands'].map((name) => `wecom_history.${name}`);
const CURRENT = ['goods', 'good_parts', 'part_notes', 'brands'].map((name) => `wecom.${name}`);

const rows = (corp: string, name: string, columns?: string) => rowsIn(synthetic, corp, name, columns);

async function count(corp: string, names: readonly string[]): Promise<number> {
  const lists = await Promise.all(names.map((name) => rows(corp, name)));
  return lists.flat().length;
}

/** Where each row lies and which transaction wrote or locked it: an update and a row lock both show. */
async function places(corp: string): Promise<unknown[]> {
  const lists = await Promise.all(
    CURRENT.map(async (name) => {
      const { rows: found } = await sql`SELECT ${sql.lit(name)} AS name, ctid::text, xmin::text, xmax::text
        FROM ${sql.table(name)} WHERE corp_id = ${corp} ORDER BY ctid`.execute(synthetic.db);
      return found;
    }),
  );
  return lists.flat();
}

const tea: Good = {
  good_id: 'tea',
  name: 'Tea',
  price: '12.50',
  listed: 1_760_000_000,
  nick: 't',
  tags: ['hot'],
  picture: 'a.png',
  brand: 'Leaf',
  colour: 'green',
  parts: [
    { no: 1, qty: 2, notes: ['n1', 'n2'] },
    { no: 2, qty: 1 },
  ],
};
const { nick: _nick, tags: _tags, ...bare } = tea;

/** Runs the shops from night to night. */
function nights(shops: Shops) {
  const corp = newCorp();
  const stream = goodsStream(shops);
  return {
    corp,
    async run(n: number) {
      const { reports } = await runOf(synthetic, corp, shops, [stream], { n });
      const report = reports[0];
      if (!report) throw new Error('no report');
      return report;
    },
  };
}

describe('a first load', () => {
  test('writes every row once, from the start of the run, and nothing to history', async () => {
    const { corp, run } = nights(new Shops({ s1: [tea] }));
    expect(await run(1)).toMatchObject({ status: 'succeeded', inserted: 6, updated: 0, unchanged: 0 });
    expect(await rows(corp, 'wecom.goods')).toEqual([
      {
        shop: 's1',
        good_id: 'tea',
        name: 'Tea',
        price: 12.5,
        listed_at: '2025-10-09T08:53:20+00:00',
        nick: 't',
        tags: ['hot'],
        picture: 'a.png',
        extra: { colour: 'green' },
        valid_from: stamp(startOf(1)),
      },
    ]);
    expect(await count(corp, CURRENT)).toBe(6);
    expect(await count(corp, HISTORY)).toBe(0);
  });

  test('a batch that brings a row of the batch before again adds its other rows and nothing else', async () => {
    const corp = newCorp();
    const loader = loaderAt(synthetic, corp, 1, goodsStream(new Shops()));
    const good = (good_id: string, name: string) => ({ shop: 's1', good_id, name });
    const brand = (good_id: string) => ({ good_id, brand: 'Leaf' });
    await loader.commit(batchOf({ goods: [good('tea', 'a')], brands: [brand('tea')] }));
    const again = { goods: [good('tea', 'b'), good('pot', 'b')], brands: [brand('tea'), brand('pot')] };
    expect(await loader.commit(batchOf(again))).toMatchObject({ inserted: 2, updated: 0, unchanged: 2 });
    expect(await rows(corp, 'wecom.goods', 'good_id, name')).toEqual([
      { good_id: 'pot', name: 'b' },
      { good_id: 'tea', name: 'a' },
    ]);
    expect(await rows(corp, 'wecom.brands', 'good_id')).toHaveLength(2);
    expect(await count(corp, HISTORY)).toBe(0);
  });
});

describe('invariant 2: idempotence for free', () => {
  test('a second run neither writes nor locks a row', async () => {
    const { corp, run } = nights(new Shops({ s1: [tea, { ...tea, good_id: 'tee' }], s2: [tea] }));
    await run(1);
    const before = await places(corp);
    expect(await run(2)).toMatchObject({ inserted: 0, updated: 0, deleted: 0, unchanged: 18 });
    expect(await places(corp)).toEqual(before);
    expect(await count(corp, HISTORY)).toBe(0);
  });

  test('an equal number in another spelling and keys in another order change nothing', async () => {
    const shops = new Shops({ s1: [{ ...tea, a: 1, b: { c: 1, d: 2 } }] });
    const { corp, run } = nights(shops);
    await run(1);
    const before = await places(corp);
    shops.show('s1', { ...tea, b: { d: 2, c: 1 }, a: 1, price: '12.5000' });
    expect(await run(2)).toMatchObject({ updated: 0 });
    expect(await places(corp)).toEqual(before);
  });
});

describe('what opens a version', () => {
  test('a typed change does: old row to history with the last walk that showed it', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    await run(2);
    shops.show('s1', { ...tea, price: '13' });
    expect(await run(3)).toMatchObject({ inserted: 0, updated: 1, unchanged: 5, deleted: 0 });
    const versions = 'good_id, price, picture, valid_from, valid_to, ended_by, end_reason, last_shown_at';
    expect(await rows(corp, 'wecom_history.goods', versions)).toEqual([
      {
        good_id: 'tea',
        price: 12.5,
        picture: 'a.png',
        valid_from: stamp(startOf(1)),
        valid_to: stamp(startOf(3)),
        ended_by: 'changed',
        end_reason: null,
        last_shown_at: stamp(startOf(2)),
      },
    ]);
    expect(await rows(corp, 'wecom.goods', 'price, valid_from')).toEqual([
      { price: 13, valid_from: stamp(startOf(3)) },
    ]);
    expect(await count(corp, HISTORY)).toBe(1);
  });

  test('to NULL and back from NULL does, a list in another order does', async () => {
    const shops = new Shops({ s1: [{ ...tea, tags: ['a', 'b'] }] });
    const { corp, run } = nights(shops);
    await run(1);
    const changes: Partial<Good>[] = [{ name: null }, { name: 'Tea' }, { tags: ['b', 'a'] }];
    for (const [i, change] of changes.entries()) {
      shops.show('s1', { ...tea, tags: ['a', 'b'], ...change });
      await run(i + 2);
    }
    expect(await count(corp, ['wecom_history.goods'])).toBe(3);
  });

  test('volatile columns and extra alone update in place', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', { ...tea, picture: 'b.png' });
    expect(await run(2)).toMatchObject({ updated: 1 });
    shops.show('s1', { ...tea, picture: 'b.png', colour: 'black' });
    expect(await run(3)).toMatchObject({ updated: 1 });
    expect(await rows(corp, 'wecom.goods', 'picture, extra, valid_from')).toEqual([
      { picture: 'b.png', extra: { colour: 'black' }, valid_from: stamp(startOf(1)) },
    ]);
    expect(await count(corp, HISTORY)).toBe(0);
  });

  test('what lives in a child table opens a version of the child only', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', {
      ...tea,
      parts: [
        { no: 1, qty: 9, notes: ['n1', 'n2'] },
        { no: 2, qty: 1 },
      ],
    });
    expect(await run(2)).toMatchObject({ inserted: 0, updated: 1, deleted: 0, unchanged: 5 });
    expect(await rows(corp, 'wecom_history.good_parts', 'part_no, qty, ended_by')).toEqual([
      { part_no: 1, qty: 2, ended_by: 'changed' },
    ]);
    expect(await count(corp, HISTORY)).toBe(1);
  });

  test('another time in the spell column ends the spell: gone, re_added', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', { ...tea, listed: 1_770_000_000 });
    await run(2);
    expect(await rows(corp, 'wecom_history.goods', 'ended_by, end_reason, valid_to')).toEqual([
      { ended_by: 'gone', end_reason: 're_added', valid_to: stamp(startOf(2)) },
    ]);
    expect(await rows(corp, 'wecom.goods', 'valid_from')).toEqual([{ valid_from: stamp(startOf(2)) }]);
  });

  test('documents: payload and views in place, title as a version, payload never in history', async () => {
    const corp = newCorp();
    const paper = (title: string, views: number) => ({
      paper_id: 'p1',
      title,
      views,
      payload: JSON.stringify({ title, views }),
    });
    const commit = (n: number, title: string, views: number) =>
      loaderAt(synthetic, corp, n, papersStream).commit(batchOf({ papers: [paper(title, views)] }));
    await commit(1, 'a', 1);
    expect(await commit(2, 'a', 2)).toMatchObject({ updated: 1 });
    expect(await rows(corp, 'wecom_history.papers')).toEqual([]);
    await commit(3, 'b', 2);
    expect(await rows(corp, 'wecom_history.papers')).toEqual([
      {
        paper_id: 'p1',
        title: 'a',
        views: 2,
        valid_from: stamp(startOf(1)),
        valid_to: stamp(startOf(3)),
        ended_by: 'changed',
        end_reason: null,
        last_shown_at: stamp(startOf(1)),
      },
    ]);
    expect(await rows(corp, 'wecom.papers', 'payload, valid_from')).toEqual([
      { payload: { title: 'b', views: 2 }, valid_from: stamp(startOf(3)) },
    ]);
  });
});

describe('children of a parent that is shown without them', () => {
  test('end in the same transaction, with all that hangs on them', async () => {
    const shops = new Shops({ s1: [tea, { ...tea, good_id: 'other' }] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', { ...tea, parts: [{ no: 2, qty: 1 }] }, { ...tea, good_id: 'other' });
    expect(await run(2)).toMatchObject({ inserted: 0, updated: 0, deleted: 3 });
    const ending = 'good_id, part_no, valid_from, valid_to, ended_by, end_reason, last_shown_at';
    const ended = {
      good_id: 'tea',
      part_no: 1,
      valid_from: stamp(startOf(1)),
      valid_to: stamp(startOf(2)),
      ended_by: 'gone',
      end_reason: 'absent',
      last_shown_at: stamp(startOf(1)),
    };
    expect(await rows(corp, 'wecom_history.good_parts', ending)).toEqual([ended]);
    expect(await rows(corp, 'wecom_history.part_notes', `${ending}, note`)).toEqual([
      { ...ended, note: 'n1' },
      { ...ended, note: 'n2' },
    ]);
    const written = await sql<{ xmin: string }>`
      SELECT xmin::text FROM wecom_history.good_parts WHERE corp_id = ${corp}
      UNION SELECT xmin::text FROM wecom_history.part_notes WHERE corp_id = ${corp}
      UNION SELECT xmin::text FROM wecom_sync.progress WHERE corp_id = ${corp}`.execute(synthetic.db);
    expect(written.rows).toHaveLength(1);
  });

  test('a part that comes back is a new version', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', { ...tea, parts: [] });
    await run(2);
    shops.show('s1', tea);
    expect(await run(3)).toMatchObject({ inserted: 4, deleted: 0 });
    expect(await rows(corp, 'wecom.good_parts', 'part_no, valid_from')).toEqual([
      { part_no: 1, valid_from: stamp(startOf(3)) },
      { part_no: 2, valid_from: stamp(startOf(3)) },
    ]);
    expect(await count(corp, ['wecom_history.good_parts', 'wecom_history.part_notes'])).toBe(4);
  });

  test('of a parent that is not shown they stay', async () => {
    const corp = newCorp();
    const at = (n: number) => loaderAt(synthetic, corp, n, goodsStream(new Shops()));
    const part = { shop: 's1', good_id: 'tea', part_no: 1, qty: 1 };
    await at(1).commit(batchOf({ goods: [{ shop: 's1', good_id: 'tea' }], good_parts: [part] }));
    const other = { shop: 's1', good_id: 'other' };
    expect(await at(2).commit(batchOf({ goods: [other] }))).toMatchObject({ inserted: 1, deleted: 0 });
  });
});

describe('a row already written in this run is not changed again in it', () => {
  const good = (name: string) => ({ shop: 's1', good_id: 'tea', name });

  test('neither a new row nor a new version, and no second version is made', async () => {
    const corp = newCorp();
    const first = loaderAt(synthetic, corp, 1, goodsStream(new Shops()));
    await first.commit(batchOf({ goods: [good('a')] }));
    expect(await first.commit(batchOf({ goods: [good('b')] }))).toMatchObject({ updated: 0, unchanged: 1 });
    const second = loaderAt(synthetic, corp, 2, goodsStream(new Shops()));
    await second.commit(batchOf({ goods: [good('c')] }));
    await second.commit(batchOf({ goods: [good('d')] }));
    expect(await rows(corp, 'wecom.goods', 'name')).toEqual([{ name: 'c' }]);
    expect(await rows(corp, 'wecom_history.goods', 'name')).toEqual([{ name: 'a' }]);
  });

  test('its children of this run are not ended by a second sight without them', async () => {
    const corp = newCorp();
    const loader = loaderAt(synthetic, corp, 1, goodsStream(new Shops()));
    const part = { shop: 's1', good_id: 'tea', part_no: 1, qty: 1 };
    await loader.commit(batchOf({ goods: [good('a')], good_parts: [part] }));
    expect(await loader.commit(batchOf({ goods: [good('a')] }))).toMatchObject({ deleted: 0 });
    expect(await rows(corp, 'wecom.good_parts', 'part_no')).toEqual([{ part_no: 1 }]);
  });
});

describe('guarded columns', () => {
  test('keep what they hold, with a warning, when no record had the key', async () => {
    const shops = new Shops({ s1: [tea, { ...tea, good_id: 'tee' }] });
    const { corp, run } = nights(shops);
    await run(1);
    const before = await places(corp);
    shops.show('s1', bare, { ...bare, good_id: 'tee' });
    expect(await run(2)).toMatchObject({ status: 'succeeded', updated: 0 });
    expect(await places(corp)).toEqual(before);
    expect(shops.notes.filter((note) => note.includes('permission'))).toHaveLength(1);
  });

  test('keep it also while other columns change, and give new rows their empty value', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', { ...bare, price: '99' }, { ...bare, good_id: 'young' });
    await run(2);
    expect(await rows(corp, 'wecom.goods', 'good_id, price, nick, tags')).toEqual([
      { good_id: 'tea', price: 99, nick: 't', tags: ['hot'] },
      { good_id: 'young', price: 12.5, nick: null, tags: [] },
    ]);
  });

  test('empty where the key is missing, as soon as one record has it', async () => {
    const shops = new Shops({ s1: [tea, { ...tea, good_id: 'tee' }] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', bare, { ...tea, good_id: 'tee' });
    expect(await run(2)).toMatchObject({ updated: 1 });
    expect(await rows(corp, 'wecom.goods', 'good_id, nick, tags')).toEqual([
      { good_id: 'tea', nick: null, tags: [] },
      { good_id: 'tee', nick: 't', tags: ['hot'] },
    ]);
    expect(shops.notes.filter((note) => note.includes('permission'))).toEqual([]);
  });

  test('empty where the key is missing, also in rows that were written before a record with the key came', async () => {
    // More rows than one batch takes, and none of them has the keys but the last.
    const plain = Array.from({ length: 9_000 }, (_, i) => ({ ...bare, good_id: `g${i}`, parts: [] }));
    const last = { ...tea, good_id: 'z' };
    const shops = new Shops({ s1: [tea, ...plain, last] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', bare, ...plain, last);
    expect(await run(2)).toMatchObject({ status: 'succeeded', inserted: 0, updated: 1, deleted: 0 });
    const held = (await rows(corp, 'wecom.goods', 'good_id, nick, tags')).filter(({ nick }) => nick !== null);
    expect(held).toEqual([{ good_id: 'z', nick: 't', tags: ['hot'] }]);
    expect(await rows(corp, 'wecom.good_parts', 'part_no')).toHaveLength(4);
    expect(await rows(corp, 'wecom_history.goods', 'good_id, nick')).toEqual([{ good_id: 'tea', nick: 't' }]);
    expect(shops.notes.filter((note) => note.includes('permission'))).toEqual([]);
    expect(await run(3)).toMatchObject({ updated: 0, inserted: 0 });
  });

  test('empty when every record has the key and nothing in it', async () => {
    const shops = new Shops({ s1: [tea] });
    const { corp, run } = nights(shops);
    await run(1);
    shops.show('s1', { ...tea, nick: '', tags: [] });
    await run(2);
    expect(await rows(corp, 'wecom.goods', 'nick, tags')).toEqual([{ nick: null, tags: [] }]);
  });
});

describe('values arrive as they are', () => {
  const text = fc.string({ unit: fc.constantFrom(...'"\\{},\' \n\t$1%NULLнь店😀') });

  test('whatever stands in texts, ids and lists', async () => {
    const lists = fc.uniqueArray(
      fc.record({ id: text.map((id) => `x${id}`), name: text, tags: fc.array(text, { maxLength: 3 }) }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(lists, async (list) => {
        const corp = newCorp();
        const goods = list.map(({ id, name, tags }) => ({ shop: 's1', good_id: id, name, tags }));
        const at = (n: number) => loaderAt(synthetic, corp, n, goodsStream(new Shops()));
        await at(1).commit(batchOf({ goods }));
        const stored = await at(1).stored('goods', ['shop', 'good_id', 'name', 'tags']);
        const order = (all: readonly object[]) => all.map((one) => JSON.stringify(one)).sort();
        expect(order(stored)).toEqual(order(goods));
        const again = await at(2).commit(batchOf({ goods }));
        expect(countsOf(again)).toMatchObject({ unchanged: goods.length, inserted: 0, updated: 0 });
      }),
      { numRuns: 40 },
    );
  });

  test('invariant 5: 19-digit numbers keep every digit, in columns and in extra', async () => {
    const corp = newCorp();
    const shops = new Shops({
      s1: [{ ...tea, price: '9007199254740993.5', big: JSON.rawJSON('9223372036854775807') }],
    });
    await runOf(synthetic, corp, shops, [goodsStream(shops)], { n: 1 });
    const { rows: found } = await sql`
      SELECT price::text, extra->>'big' AS big FROM wecom.goods WHERE corp_id = ${corp}`.execute(
      synthetic.db,
    );
    expect(found).toEqual([{ price: '9007199254740993.5', big: '9223372036854775807' }]);
  });

  test('a batch of thousands of rows is one statement per table', async () => {
    const corp = newCorp();
    const goods = Array.from({ length: 20_000 }, (_, i) => ({ shop: 's1', good_id: `g${i}`, name: `n${i}` }));
    const loader = loaderAt(synthetic, corp, 1, goodsStream(new Shops()));
    expect(await loader.commit(batchOf({ goods }))).toMatchObject({ inserted: 20_000 });
  });
});

describe('two corps in one warehouse', () => {
  test('one never touches the rows of the other', async () => {
    const both = [newCorp(), newCorp()];
    for (const corp of both) {
      const shops = new Shops({ s1: [tea, { ...tea, good_id: 'tee' }] });
      await runOf(synthetic, corp, shops, [goodsStream(shops)], { n: 1 });
    }
    const [first = '', second = ''] = both;
    const before = await places(second);
    const shops = new Shops({ s1: [{ ...tea, name: 'changed', parts: [] }] });
    await runOf(synthetic, first, shops, [goodsStream(shops)], { n: 2 });
    expect(await places(second)).toEqual(before);
    expect(await count(second, HISTORY)).toBe(0);
    expect(await count(first, HISTORY)).toBeGreaterThan(0);
  });
});

describe('progress', () => {
  test('is read back exactly as it was written', async () => {
    const corp = newCorp();
    const stream = goodsStream(new Shops());
    const unit = `li "the" \\ {quoted}, NULL`;
    const progress = {
      unit,
      cycle: 'c1',
      completedAt: startOf(1),
      rows: 7,
      covered: [{ from: '2026-01-01', to: '2026-01-31' }],
      provisional: [{ from: '2026-01-31', to: '2026-01-31' }],
      lost: [{ from: '2025-12-01', to: '2025-12-02' }],
      lostReasons: { 'a "reason"': '{[2025-12-01,2025-12-03)}' },
      cycleDays: [{ from: '2026-01-30', to: '2026-01-31' }],
      closed: 'not_visible',
    };
    const loader = loaderAt(synthetic, corp, 1, stream);
    await loader.commit(
      batchOf({}, { units: [{ ...finishedUnit(1, unit, 'goods', []), progress: () => progress }] }),
    );
    expect(await loader.progress()).toEqual([progress]);
    const empty = { ...progress, cycle: null, completedAt: null, covered: [], lostReasons: {}, closed: null };
    await loader.commit(
      batchOf({}, { units: [{ ...finishedUnit(1, unit, 'goods', []), progress: () => empty }] }),
    );
    expect(await loader.progress()).toEqual([empty]);
  });
});
