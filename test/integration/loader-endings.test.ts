import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addDays } from '../../src/days.ts';
import type { Stream } from '../../src/engine/stream.ts';
import { WecomError } from '../../src/wecom/errors.ts';
import {
  batchOf,
  finishedUnit,
  type Good,
  goodsStream,
  loaderAt,
  newCorp,
  openSynthetic,
  punchesStream,
  type RunOptions,
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

const good = (good_id: string, more: Partial<Good> = {}): Good => ({ good_id, name: good_id, ...more });
const many = (from: number, to: number): Good[] =>
  Array.from({ length: to - from + 1 }, (_, i) => good(`g${String(from + i).padStart(4, '0')}`));

const notFound = new WecomError({
  code: 'WECOM_ERRCODE',
  message: 'not found',
  errcode: 84061,
  fate: 'skip',
  remedy: { zh: '', en: '' },
});

/** A chain of shops from night to night. */
function chain(shops: Shops, more: Partial<Stream> = {}, corp = newCorp()) {
  const stream = goodsStream(shops, more);
  const rows = (name: string, columns: string) => rowsIn(synthetic, corp, name, columns);
  return {
    corp,
    rows,
    async run(n: number, options: Partial<RunOptions> = {}) {
      const { reports, proofs } = await runOf(synthetic, corp, shops, [stream], { n, ...options });
      const [report] = reports;
      if (!report) throw new Error('no report');
      return { ...report, proof: proofs[0] };
    },
    live: async () => (await rows('wecom.goods', 'good_id')).map(({ good_id }) => good_id),
    gone: () => rows('wecom_history.goods', 'good_id, end_reason, valid_to, last_shown_at'),
    absences: () =>
      rows('wecom_sync.absences', `key->>'good_id' AS good_id, held_since, reason, cycle, last_shown_at`),
  };
}

describe('invariant 3: what a complete walk no longer shows ends', () => {
  test('with its children, the reason absent and the last walk that showed it', async () => {
    const parts = [{ no: 1, qty: 1, notes: ['x'] }];
    const shops = new Shops({ s1: [good('a', { parts, brand: 'b' }), good('b'), good('c')] });
    const { corp, run, live, gone, absences, rows } = chain(shops);
    await run(1);
    await run(2);
    shops.show('s1', good('b'), good('c'));
    expect(await run(3)).toMatchObject({ status: 'succeeded', deleted: 4 });
    expect(await live()).toEqual(['b', 'c']);
    expect(await gone()).toEqual([
      {
        good_id: 'a',
        end_reason: 'absent',
        valid_to: stamp(startOf(3)),
        last_shown_at: stamp(startOf(2)),
      },
    ]);
    expect(await rows('wecom_history.good_parts', 'part_no, end_reason')).toEqual([
      { part_no: 1, end_reason: 'absent' },
    ]);
    expect(await rows('wecom_history.part_notes', 'note')).toEqual([{ note: 'x' }]);
    expect(await absences()).toEqual([]);
    const { rows: xmins } = await sql`SELECT DISTINCT xmin::text FROM (
      SELECT xmin FROM wecom_history.goods WHERE corp_id = ${corp}
      UNION ALL SELECT xmin FROM wecom_history.part_notes WHERE corp_id = ${corp}) t`.execute(synthetic.db);
    expect(xmins).toHaveLength(1);
  });

  test('a row that returns is a new version; the old one stays in history', async () => {
    const shops = new Shops({ s1: [good('a'), good('b')] });
    const { run, gone, rows } = chain(shops);
    await run(1);
    shops.show('s1', good('b'));
    await run(2);
    shops.show('s1', good('a'), good('b'));
    expect(await run(3)).toMatchObject({ inserted: 2 }); // the good and its brand
    expect(await rows('wecom.goods', 'good_id, valid_from')).toEqual([
      { good_id: 'a', valid_from: stamp(startOf(3)) },
      { good_id: 'b', valid_from: stamp(startOf(1)) },
    ]);
    expect(await gone()).toHaveLength(1);
  });

  test('a held row that returns changed was last shown by the walk before it was held', async () => {
    const shops = new Shops({ s1: many(1, 30) });
    const { run, rows } = chain(shops);
    await run(1);
    shops.show('s1');
    expect(await run(2)).toMatchObject({ status: 'held' });
    expect(await run(3)).toMatchObject({ status: 'held' });
    const [first, ...others] = many(1, 30);
    shops.show('s1', { ...good(String(first?.good_id)), name: 'changed' }, ...others);
    expect(await run(4)).toMatchObject({ status: 'succeeded', updated: 1 });
    expect(await rows('wecom_history.goods', 'valid_to, last_shown_at')).toEqual([
      { valid_to: stamp(startOf(4)), last_shown_at: stamp(startOf(1)) },
    ]);
  });

  test('one of eight is not held', async () => {
    const shops = new Shops({ s1: many(1, 8) });
    const { run, live } = chain(shops);
    await run(1);
    shops.show('s1', ...many(2, 8));
    expect(await run(2)).toMatchObject({ status: 'succeeded', error: null });
    expect(await live()).toHaveLength(7);
  });
});

describe('invariant 3: no ending without proof', () => {
  const cases: readonly [string, (shops: Shops) => void][] = [
    [
      'a failed walk',
      (shops) => {
        shops.goods.set('s1', [[good('a')], [good('c')]]);
        shops.onCall = (shop, page) => {
          if (shop === 's1' && page === 1) throw notFound;
        };
      },
    ],
    ['a record whose key cannot be read', (shops) => shops.show('s1', good('a'), good('', { name: '?' }))],
  ];
  test.each(cases)('%s ends nothing', async (_, break_) => {
    const shops = new Shops({ s1: [good('a'), good('b'), good('c')], s2: [good('x'), good('y')] });
    const { run, live, gone, absences } = chain(shops);
    await run(1);
    break_(shops);
    shops.show('s2', good('y'));
    await run(2);
    expect(await live()).toEqual(['a', 'b', 'c', 'y']);
    expect((await gone()).map(({ good_id }) => good_id)).toEqual(['x']); // the other unit was complete
    expect(await absences()).toEqual([]);
  });

  test('a record that PostgreSQL refuses counts as seen', async () => {
    const shops = new Shops({ s1: [good('a', { price: '1' }), good('b')] });
    const { run, live, rows } = chain(shops);
    await run(1);
    shops.show('s1', good('a', { price: '1e200000' }), good('b'));
    expect(await run(2)).toMatchObject({ status: 'succeeded', rejected: 1, deleted: 0 });
    expect(await live()).toEqual(['a', 'b']);
    expect(await rows('wecom.goods', 'good_id, price')).toContainEqual({ good_id: 'a', price: 1 });
  });

  test('a unit that is skipped or finished without proof keeps its rows', async () => {
    for (const last of [
      { type: 'skipped', unit: 's1', reason: 'not_licensed' },
      { type: 'done', unit: 's1', unproved: true },
    ] as const) {
      const shops = new Shops({ s1: [good('a'), good('b')] });
      const corp = newCorp();
      await chain(shops, {}, corp).run(1);
      const doubtful = chain(
        shops,
        {
          async *read() {
            yield last;
          },
        },
        corp,
      );
      expect(await doubtful.run(2)).toMatchObject({ status: 'succeeded', deleted: 0 });
      expect(await doubtful.live()).toEqual(['a', 'b']);
    }
  });

  test('a walk with a record that nobody can place is not complete for the streams after it', async () => {
    const shops = new Shops({ s1: [good('a')] });
    const corp = newCorp();
    const seen: boolean[] = [];
    const after: Stream = {
      ...punchesStream,
      after: ['goods'],
      async blocks(context) {
        seen.push(context.complete('goods'));
        return [];
      },
    };
    const streams = [goodsStream(shops), after];
    await runOf(synthetic, corp, shops, streams, { n: 1 });
    shops.show('s1', good('a'), good('', { name: '?' }));
    await runOf(synthetic, corp, shops, streams, { n: 2 });
    expect(seen).toEqual([true, false]);
  });

  test('keys that a list showed without rows live on', async () => {
    const shops = new Shops({ s1: [good('a'), good('b'), good('c')] });
    const corp = newCorp();
    await chain(shops, {}, corp).run(1);
    const listed = chain(
      shops,
      {
        async *read() {
          yield { type: 'done', unit: 's1', shown: { goods: [{ shop: 's1', good_id: 'b' }] } };
        },
      },
      corp,
    );
    expect(await listed.run(2)).toMatchObject({ deleted: 4 });
    expect(await listed.live()).toEqual(['b']);
  });
});

describe('invariant 3: what is held stays as it is', () => {
  test('an empty list, run after run, until it is back', async () => {
    const shops = new Shops({ s1: many(1, 3) });
    const { run, live, gone, absences } = chain(shops);
    await run(1);
    shops.show('s1');
    for (const n of [2, 3]) {
      const report = await run(n);
      expect(report).toMatchObject({ status: 'held', deleted: 0, error: { code: 'HELD' } });
      expect(report.error?.message).toContain('the list is empty, but 3 rows of goods are live');
      expect(report.error?.remedy).toContain('--accept-deletes');
      expect(report.proof?.notes.join()).toContain('the list is empty, but 3 rows of goods are live');
    }
    expect(await live()).toHaveLength(3);
    expect((await absences())[0]).toEqual({
      good_id: 'g0001',
      held_since: stamp(startOf(2)),
      reason: 'the list is empty, but 3 rows of goods are live',
      cycle: 'run-3',
      last_shown_at: stamp(startOf(1)),
    });
    shops.show('s1', ...many(1, 3));
    expect(await run(4)).toMatchObject({ status: 'succeeded', deleted: 0 });
    expect(await absences()).toEqual([]);
    expect(await run(5, { acceptDeletes: true })).toMatchObject({ status: 'succeeded', deleted: 0 });
    expect(await live()).toHaveLength(3);
    expect(await gone()).toEqual([]);
  });

  test('accepting ends exactly what was held and is still absent, and counts the rest anew', async () => {
    const shops = new Shops({ s1: many(1, 300) });
    const { run, live, gone, absences } = chain(shops);
    await run(1);
    shops.show('s1', ...many(101, 300)); // 100 of 300 are gone: held
    expect(await run(2)).toMatchObject({ status: 'held', deleted: 0 });
    shops.show('s1', ...many(51, 51), ...many(102, 300)); // one is back, another one has gone meanwhile
    const accepted = await run(3, { acceptDeletes: true });
    expect(accepted).toMatchObject({ status: 'succeeded', deleted: 200 }); // with their brands
    expect(await live()).toEqual([...many(51, 51), ...many(102, 300)].map(({ good_id }) => good_id));
    const endings = await gone();
    expect(endings).toHaveLength(100);
    expect(endings.find(({ good_id }) => good_id === 'g0001')).toMatchObject({
      end_reason: 'absent',
      valid_to: stamp(startOf(3)),
      last_shown_at: stamp(startOf(1)),
    });
    expect(await absences()).toEqual([]);
  });

  test('accepting releases what was held, and holds what is new and too much', async () => {
    const shops = new Shops({ s1: many(1, 300) });
    const { run, live, absences, rows } = chain(shops);
    await run(1);
    shops.show('s1', ...many(101, 300));
    await run(2);
    shops.show('s1', ...many(161, 300)); // sixty more of the remaining two hundred
    const accepted = await run(3, { acceptDeletes: true });
    expect(accepted).toMatchObject({ status: 'held', deleted: 100 });
    // What hangs on the ended rows waits for a walk that nothing hides.
    expect(await rows('wecom.brands', 'good_id')).toHaveLength(300);
    expect(accepted.error?.message).toContain('60 of 200 rows would end');
    expect(await live()).toHaveLength(200);
    expect(new Set((await absences()).map(({ held_since }) => held_since))).toEqual(
      new Set([stamp(startOf(3))]),
    );
  });

  test('accepting ends nothing of a unit that this run could not walk', async () => {
    const shops = new Shops({ s1: many(1, 3), s2: many(11, 13) });
    const { run, live, absences } = chain(shops);
    await run(1);
    shops.show('s1');
    shops.show('s2');
    await run(2);
    shops.onCall = () => {
      throw notFound;
    };
    expect(await run(3, { acceptDeletes: true })).toMatchObject({ status: 'failed', deleted: 0 });
    expect(await live()).toHaveLength(6);
    expect(await absences()).toHaveLength(6);
  });

  test('accepting releases nothing that was never held', async () => {
    const shops = new Shops({ s1: many(1, 100) });
    const { run, live } = chain(shops);
    await run(1);
    shops.show('s1');
    expect(await run(2, { acceptDeletes: true })).toMatchObject({ status: 'held', deleted: 0 });
    expect(await live()).toHaveLength(100);
    expect(await run(3, { acceptDeletes: true })).toMatchObject({ status: 'succeeded' });
    expect(await live()).toEqual([]);
  });

  test('one shop that vanished while the others are there: only it is held', async () => {
    const shops = new Shops({ s1: many(1, 20), s2: many(101, 300), s3: [good('x'), good('y')] });
    const { run, live } = chain(shops);
    await run(1);
    shops.show('s1');
    shops.show('s3', good('y'));
    const report = await run(2);
    expect(report.status).toBe('held');
    expect(report.error?.message).toContain('all 20 rows of s1 vanished although s1 is still listed');
    expect(await live()).toHaveLength(221);
  });

  test('what is explained by another complete list does not count', async () => {
    const shops = new Shops({ s1: many(1, 200), s2: many(201, 300) });
    const { run, live, gone } = chain(shops);
    await run(1);
    shops.goods.delete('s1');
    shops.gone.add('s1');
    shops.show('s2', ...many(202, 300));
    expect(await run(2)).toMatchObject({ status: 'succeeded', deleted: 402 });
    expect(await live()).toHaveLength(99);
    const reasons = (await gone()).map(({ end_reason }) => end_reason);
    expect(reasons.filter((reason) => reason === 'shop_closed')).toHaveLength(200);
    expect(reasons.filter((reason) => reason === 'absent')).toHaveLength(1);
  });
});

describe('departures', () => {
  test('end what the unit holds, with children and reason, and forget its progress and its holds', async () => {
    const parts = [{ no: 1, qty: 1 }];
    const shops = new Shops({ s1: [good('a', { parts }), good('b')], s2: many(1, 5) });
    const { run, live, gone, rows } = chain(shops);
    await run(1);
    shops.show('s1');
    shops.show('s2');
    await run(2); // both are held
    shops.goods.delete('s1');
    shops.gone.add('s1');
    shops.show('s2', ...many(1, 5));
    expect(await run(3)).toMatchObject({ status: 'succeeded', deleted: 5 });
    expect(await live()).toHaveLength(5);
    expect(await gone()).toMatchObject(
      ['a', 'b'].map((good_id) => ({ good_id, end_reason: 'shop_closed', valid_to: stamp(startOf(3)) })),
    );
    expect(await rows('wecom_history.good_parts', 'end_reason')).toEqual([{ end_reason: 'shop_closed' }]);
    expect(await rows('wecom_sync.progress', 'unit')).toEqual([{ unit: 's2' }]);
    expect(await rows('wecom_sync.absences', 'unit')).toEqual([]);
  });
});

describe('endings that WeCom names', () => {
  test('a row ends with its children at once, for the reason given, and nothing else does', async () => {
    const shops = new Shops({ s1: [good('a', { parts: [{ no: 1, qty: 1 }] }), good('b')] });
    const corp = newCorp();
    await chain(shops, {}, corp).run(1);
    const dismissed = chain(
      shops,
      {
        async *read() {
          yield {
            type: 'ended',
            unit: 's1',
            table: 'goods',
            key: { shop: 's1', good_id: 'a' },
            reason: 'dismissed',
          };
          yield { type: 'done', unit: 's1', shown: { goods: [{ shop: 's1', good_id: 'b' }] } };
        },
      },
      corp,
    );
    expect(await dismissed.run(2)).toMatchObject({ status: 'succeeded', deleted: 3 });
    expect(await dismissed.live()).toEqual(['b']);
    expect(await dismissed.gone()).toMatchObject([{ good_id: 'a', end_reason: 'dismissed' }]);
    expect(await dismissed.rows('wecom_history.good_parts', 'end_reason')).toEqual([
      { end_reason: 'dismissed' },
    ]);
    expect(await dismissed.rows('wecom_history.brands', 'end_reason')).toEqual([{ end_reason: 'dismissed' }]);
  });
});

describe('rows that live only as long as others', () => {
  test('end with the last of them, with its reason, and not before', async () => {
    const shops = new Shops({ s1: [good('a'), good('b')], s2: [good('a'), good('z')] });
    const { run, rows } = chain(shops);
    await run(1);
    shops.show('s1', good('b'));
    await run(2);
    expect(await rows('wecom.brands', 'good_id')).toHaveLength(3);
    shops.goods.delete('s2');
    shops.gone.add('s2');
    await run(3);
    expect(await rows('wecom.brands', 'good_id')).toEqual([{ good_id: 'b' }]);
    expect(await rows('wecom_history.brands', 'good_id, end_reason, last_shown_at')).toEqual(
      ['a', 'z'].map((good_id) => ({
        good_id,
        end_reason: 'shop_closed',
        last_shown_at: stamp(startOf(2)),
      })),
    );
  });

  test('invariant 3: not while a unit has failed: what it would have shown may keep them', async () => {
    const shops = new Shops({ s1: [good('a'), good('b')], s2: [good('z')] });
    const { run, rows } = chain(shops);
    await run(1);
    shops.show('s1', good('b'));
    shops.onCall = (shop) => {
      if (shop === 's2') throw notFound;
    };
    await run(2);
    expect(await rows('wecom.brands', 'good_id')).toHaveLength(3);
    shops.onCall = () => undefined;
    await run(3);
    expect(await rows('wecom.brands', 'good_id')).toHaveLength(2);
  });
});

describe('absent rows that WeCom is asked about', () => {
  test('end with the answer, live on with their record, or wait', async () => {
    const shops = new Shops({ s1: [good('a'), good('b'), good('c'), good('d')] });
    const explained = chain(shops, {
      async explain({ good_id }) {
        if (good_id === 'a') return 'sold_out';
        if (good_id === 'b') return { shop: 's1', good_id: 'b', name: 'moved' };
        throw notFound;
      },
    });
    await explained.run(1);
    shops.show('s1', good('d'));
    expect(await explained.run(2)).toMatchObject({ status: 'succeeded', updated: 1, deleted: 2 });
    expect(await explained.rows('wecom.goods', 'good_id, name')).toEqual([
      { good_id: 'b', name: 'moved' },
      { good_id: 'c', name: 'c' },
      { good_id: 'd', name: 'd' },
    ]);
    expect(await explained.gone()).toMatchObject([
      { good_id: 'a', end_reason: 'sold_out' },
      { good_id: 'b', end_reason: null },
    ]);
    expect(await explained.absences()).toMatchObject([{ good_id: 'c', held_since: null }]);
  });

  test('invariant 5: an answer that cannot become rows waits as well, and stops nothing', async () => {
    const shops = new Shops({ s1: [good('a'), good('b')] });
    const explained = chain(shops, { explain: async () => ({ shop: 's1', name: 'no id' }) });
    await explained.run(1);
    shops.show('s1', good('b'));
    expect(await explained.run(2)).toMatchObject({ status: 'succeeded', deleted: 0 });
    expect(await explained.live()).toEqual(['a', 'b']);
    expect(await explained.rows('wecom_sync.rejects', 'reason')).toHaveLength(1);
  });
});

describe('facts of closed days', () => {
  const DAY = '2026-11-10';
  const punch = (punch_date: string, hash: string) => ({ shop: 's1', punch_date, hash, kind: 1 });

  test('what is gone from a day that was read was corrected; other days and shops are left alone', async () => {
    const corp = newCorp();
    const at = (n: number) => loaderAt(synthetic, corp, n, punchesStream);
    const next = addDays(DAY, 1);
    const all = [punch(DAY, '1'), punch(DAY, '9007199254740993'), punch(next, '3')];
    await at(1).commit(batchOf({ punches: [...all, { ...punch(DAY, '4'), shop: 's2' }] }));
    const shown = [{ shop: 's1', punch_date: DAY, hash: '1' }];
    const proof = finishedUnit(2, 's1', 'punches', shown, {
      absent: 'end',
      days: { column: 'punch_date', from: DAY, to: DAY },
    });
    expect(await at(2).commit(batchOf({ punches: [punch(DAY, '1')] }, { units: [proof] }))).toMatchObject({
      deleted: 1,
      unchanged: 1,
    });
    const ended = 'shop, punch_date, hash::text, ended_by, end_reason, valid_to';
    expect(await rowsIn(synthetic, corp, 'wecom_history.punches', ended)).toEqual([
      {
        shop: 's1',
        punch_date: DAY,
        hash: '9007199254740993',
        ended_by: 'gone',
        end_reason: 'corrected',
        valid_to: stamp(startOf(2)),
      },
    ]);
    expect(await rowsIn(synthetic, corp, 'wecom.punches', 'hash')).toHaveLength(3);
  });
});
