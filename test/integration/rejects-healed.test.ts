import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stream } from '../../src/engine/stream.ts';
import {
  batchOf,
  dailyStream,
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

/** A reject is open until a later walk has looked at its place again and rejects it no more. */

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const good = (good_id: string, more: Partial<Good> = {}): Good => ({ good_id, name: good_id, ...more });
/** Without a key nobody knows which row it is. */
const nameless = (more: Partial<Good> = {}): Good => ({ good_id: '', name: 'n', price: '1', ...more });
const open = (corp: string) =>
  rowsIn(synthetic, corp, 'wecom_sync.rejects', 'run_id, first_seen_at, last_seen_at');

async function night(
  corp: string,
  shops: Shops,
  n: number,
  stream: Stream = goodsStream(shops),
  cycle?: string,
) {
  const { reports } = await runOf(synthetic, corp, shops, [stream], { n, ...(cycle && { cycle }) });
  return reports[0];
}

describe('a record without a readable key', () => {
  test('is forgotten when a later finished walk of its unit does not reject it', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a'), nameless()], s2: [good('z')] });
    expect(await night(corp, shops, 1)).toMatchObject({ status: 'succeeded', rejected: 1 });
    expect(await open(corp)).toHaveLength(1);
    shops.show('s1', good('a'), good('b'));
    expect(await night(corp, shops, 2)).toMatchObject({ status: 'succeeded', rejected: 0 });
    expect(await open(corp)).toEqual([]);
  });

  test('stays one reject while it comes, whatever the order of its keys', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [nameless({ deep: { a: 1, b: [{ c: 1, d: 2 }] } })] });
    await night(corp, shops, 1);
    shops.show('s1', { price: '1', deep: { b: [{ d: 2, c: 1 }], a: 1 }, name: 'n', good_id: '' });
    await night(corp, shops, 2);
    expect(await open(corp)).toEqual([
      { run_id: 'run-2', first_seen_at: stamp(startOf(1)), last_seen_at: stamp(startOf(2)) },
    ]);
  });

  test('stays when the walk of its unit failed, and when only other units were walked', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [nameless()], s2: [good('z')] });
    await night(corp, shops, 1);
    shops.show('s1', good('a'));
    const gone = { read: 'fail' };
    const failing: Partial<Stream> = {
      async *read(block, context) {
        const [unit = ''] = block.units;
        if (unit === 's1') yield { type: 'failed', unit, error: new Error(gone.read) };
        else yield* goodsStream(shops).read(block, context);
      },
    };
    expect(await night(corp, shops, 2, goodsStream(shops, failing))).toMatchObject({ status: 'partial' });
    expect(await open(corp)).toHaveLength(1);
  });

  test('stays when a continued run does not read its unit again', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [nameless()], s2: [good('z')] });
    await night(corp, shops, 1);
    expect(await night(corp, shops, 2, goodsStream(shops), 'run-1')).toMatchObject({ apiCalls: 0 });
    expect(await open(corp)).toHaveLength(1);
  });

  test('that does not say whose it is waits until every unit was read', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')], s2: [good('z')] });
    const odd: { records: Good[]; fails: boolean } = { records: [nameless()], fails: false };
    const stream = goodsStream(shops, {
      async *read(block, context) {
        yield* goodsStream(shops).read(block, context);
        if (block.units[0] !== 's2') return;
        yield { type: 'records', unit: undefined, records: odd.records };
        if (odd.fails) yield { type: 'failed', unit: 's2', error: new Error('no') };
      },
    });
    await night(corp, shops, 1, stream);
    odd.records = [];
    odd.fails = true;
    await night(corp, shops, 2, stream);
    expect(await open(corp)).toHaveLength(1);
    odd.fails = false;
    await night(corp, shops, 3, stream);
    expect(await open(corp)).toEqual([]);
  });
});

describe('a record of days', () => {
  test('is forgotten only when all days that it may be of were read again', async () => {
    const corp = newCorp();
    const shops = new Shops();
    const bad = { comes: true };
    const stream: Stream = {
      ...dailyStream(['s1']),
      async *read({ days }) {
        if (!days) return;
        if (bad.comes) yield { type: 'records', unit: 's1', records: [{ shop: 's1', visits: 3 }] };
        yield { type: 'done', unit: 's1', days: [days] };
      },
    };
    await night(corp, shops, 12, stream);
    expect(await rowsIn(synthetic, corp, 'wecom_sync.rejects', 'days')).toHaveLength(1);
    bad.comes = false;
    // The tail is two days of ten.
    await night(corp, shops, 13, stream);
    expect(await open(corp)).toHaveLength(1);
    const since = { n: 14, days: { full: false, since: '2026-11-01' } };
    await runOf(synthetic, corp, shops, [stream], since);
    // WeCom has forgotten the first of them: nobody can say that it was not there.
    expect(await open(corp)).toHaveLength(1);
  });

  test('of one day goes with that day', async () => {
    const corp = newCorp();
    const shops = new Shops();
    const bad = { comes: true };
    const stream: Stream = {
      ...dailyStream(['s1']),
      async *read({ days }) {
        if (!days) return;
        const of = [{ from: '2026-11-12', to: '2026-11-12' }];
        if (bad.comes) yield { type: 'records', unit: 's1', records: [{ shop: 's1' }], days: of };
        yield { type: 'done', unit: 's1', days: [days] };
      },
    };
    await night(corp, shops, 12, stream);
    bad.comes = false;
    await night(corp, shops, 13, stream);
    expect(await open(corp)).toEqual([]);
  });
});

describe('a record that PostgreSQL refuses', () => {
  const paper = (views: number) => {
    const record = { paper_id: 'p', views };
    return batchOf(
      { papers: [{ paper_id: 'p', title: 't', views, payload: '{}' }] },
      { record: () => record },
    );
  };
  const loader = async (corp: string, n: number) => {
    const made = loaderAt(synthetic, corp, n, papersStream);
    await made.progress();
    return made;
  };

  test('is one reject with the newest payload, and forgotten when its object is stored', async () => {
    const corp = newCorp();
    for (const [n, views] of [
      [1, 3_000_000_000],
      [2, 4_000_000_000],
    ] as const)
      expect(await (await loader(corp, n)).commit(paper(views))).toMatchObject({ rejected: 1 });
    expect(await rowsIn(synthetic, corp, 'wecom_sync.rejects', 'payload, first_seen_at')).toEqual([
      { payload: { paper_id: 'p', views: 4_000_000_000 }, first_seen_at: stamp(startOf(1)) },
    ]);
    await (await loader(corp, 3)).commit(batchOf({ papers: [{ paper_id: 'q', payload: '{}' }] }));
    expect(await open(corp)).toHaveLength(1);
    expect(await (await loader(corp, 4)).commit(paper(5))).toMatchObject({ inserted: 1, rejected: 0 });
    expect(await open(corp)).toEqual([]);
  });

  test('23502: a key without a value rejects its record, and the others are stored', async () => {
    const corp = newCorp();
    const [bad, fine] = [{ shop: 's1' }, { shop: 's1', day: '2026-11-01' }];
    const batch = batchOf(
      {
        shop_daily: [
          { shop: 's1', stat_date: null, visits: 1 },
          { shop: 's1', stat_date: '2026-11-01', visits: 2 },
        ],
      },
      { record: (row) => (row.stat_date === null ? bad : fine) },
    );
    const committed = await loaderAt(synthetic, corp, 1, dailyStream([])).commit(batch);
    expect(committed).toMatchObject({ inserted: 1, rejected: 1 });
    expect(await rowsIn(synthetic, corp, 'wecom_sync.rejects', 'payload')).toEqual([{ payload: bad }]);
  });
});
