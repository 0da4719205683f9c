import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stream } from '../../src/engine/stream.ts';
import { WecomError } from '../../src/wecom/errors.ts';
import {
  dailyStream,
  type Good,
  goodsStream,
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

const good = (good_id: string, more: Partial<Good> = {}): Good => ({ good_id, name: good_id, ...more });
const errcode = (fate: 'fail' | 'restart', more: { permission?: boolean } = {}) =>
  new WecomError({
    code: 'WECOM_ERRCODE',
    message: 'no',
    errcode: fate === 'restart' ? 50100 : 48002,
    fate,
    remedy: { zh: '', en: '' },
    ...more,
  });

const live = async (corp: string) =>
  (await rowsIn(synthetic, corp, 'wecom.goods', 'good_id')).map(({ good_id }) => good_id);

async function run(corp: string, shops: Shops, stream: Stream, options: Parameters<typeof runOf>[4]) {
  const { reports, proofs } = await runOf(synthetic, corp, shops, [stream], options);
  const [report] = reports;
  if (!report) throw new Error('no report');
  return { ...report, proof: proofs[0] };
}

describe('invariant 1: a run that continues another one', () => {
  test('does not ask for finished units again, and reads unfinished ones from their first page', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')], s2: [], s3: [good('z')] });
    shops.goods.set('s2', [[good('b')], [good('c')]]);
    shops.onCall = (shop, page) => {
      if (shop === 's2' && page === 1) throw errcode('fail');
    };
    const first = await run(corp, shops, goodsStream(shops), { n: 1 });
    expect(first).toMatchObject({ status: 'partial', proof: { expected: 3, received: 2 } });
    expect(await live(corp)).toEqual(['a', 'b', 'z']);
    shops.onCall = () => undefined;
    shops.calls.length = 0;
    const second = await run(corp, shops, goodsStream(shops), { n: 2, cycle: 'run-1' });
    expect(second).toMatchObject({ status: 'succeeded', apiCalls: 2, proof: { expected: 1, received: 1 } });
    expect(shops.calls).toEqual(['s2/0', 's2/1']);
    expect(await live(corp)).toEqual(['a', 'b', 'c', 'z']);
    // The row that the first run wrote is unchanged and keeps its start.
    expect(await rowsIn(synthetic, corp, 'wecom.goods', 'good_id, valid_from')).toContainEqual({
      good_id: 'b',
      valid_from: stamp(startOf(1)),
    });
  });

  test('ends what the units that the first one finished no longer showed', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a'), good('b')], s2: [good('c')] });
    await run(corp, shops, goodsStream(shops), { n: 1 });
    shops.show('s1', good('b'));
    const stop = new AbortController();
    shops.onCall = (shop) => {
      if (shop === 's2') {
        stop.abort(new Error('SIGTERM'));
        throw new Error('cut');
      }
    };
    const stopped = await run(corp, shops, goodsStream(shops), { n: 2, signal: stop.signal });
    expect(stopped).toMatchObject({ status: 'partial', deleted: 0, error: { code: 'STOPPED' } });
    expect(await live(corp)).toEqual(['a', 'b', 'c']);
    shops.onCall = () => undefined;
    const continued = await run(corp, shops, goodsStream(shops), { n: 3, cycle: 'run-2' });
    expect(continued.status).toBe('succeeded');
    expect(await live(corp)).toEqual(['b', 'c']);
    expect(await rowsIn(synthetic, corp, 'wecom_history.goods', 'valid_to, last_shown_at')).toEqual([
      { valid_to: stamp(startOf(3)), last_shown_at: stamp(startOf(1)) },
    ]);
  });

  test('a fresh cycle reads everything again', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')], s2: [good('b')] });
    await run(corp, shops, goodsStream(shops), { n: 1 });
    shops.calls.length = 0;
    await run(corp, shops, goodsStream(shops), { n: 2 });
    expect(shops.calls.sort()).toEqual(['s1/0', 's2/0']);
  });

  test('a stop is taken between two steps: finished units stay finished', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')] });
    shops.goods.set('s1', [[good('a')], [good('b')]]);
    const stop = new AbortController();
    shops.onCall = (_, page) => {
      if (page === 1) stop.abort(new Error('SIGTERM'));
    };
    await run(corp, shops, goodsStream(shops), { n: 1, signal: stop.signal });
    expect(await live(corp)).toEqual(['a', 'b']);
    expect(await rowsIn(synthetic, corp, 'wecom_sync.progress', 'unit, cycle')).toEqual([
      { unit: 's1', cycle: null },
    ]);
  });
});

describe('invariant 1: what a kill leaves undone', () => {
  const shop = (id: string): [string, Good[]] => [id, [good(id)]];
  const inOrder = (shops: Shops) =>
    goodsStream(shops, { blocks: async () => [{ units: [...shops.goods.keys()] }] });

  test.each([
    ['slow', 6_000, [{ unit: 's1', done: true }]],
    ['quick', 100, []],
  ])('of %s calls: what has been finished for 5 s is committed, and not each unit by itself', async (_, callMs, kept) => {
    const corp = newCorp();
    const shops = new Shops(Object.fromEntries(['s1', 's2', 's3', 's4'].map(shop)));
    let committed: unknown[] = [];
    shops.onCall = async (id) => {
      // The first step of s2 closes the batch of s1, that of s3 the next one, which waits until the first is written.
      const columns = 'unit, completed_at IS NOT NULL AS done';
      if (id === 's4') committed = await rowsIn(synthetic, corp, 'wecom_sync.progress', columns);
    };
    await run(corp, shops, inOrder(shops), { n: 1, callMs });
    expect(committed.slice(0, 1)).toEqual(kept);
  });

  test('and only refused units are left: the run that continues it has not been refused as a whole', async () => {
    const corp = newCorp();
    const shops = new Shops(Object.fromEntries(['s1', 's2'].map(shop)));
    const stream = goodsStream(shops, {
      async blocks(context) {
        return context.pending(['s1', 's2']).map((unit) => ({ units: [unit] }));
      },
      async *read({ units: [unit = ''] }, context) {
        await context.call({ path: 'goods/list', query: { shop: unit, page: 0 } });
        if (unit === 's2') yield { type: 'skipped', unit, reason: 'not_visible' };
        else yield { type: 'done', unit };
      },
    });
    shops.onCall = (id) => {
      if (id === 's2') throw errcode('fail');
    };
    expect(await run(corp, shops, stream, { n: 1 })).toMatchObject({ status: 'partial' });
    shops.onCall = () => undefined;
    const continued = await run(corp, shops, stream, { n: 2, cycle: 'run-1' });
    expect(continued).toMatchObject({ status: 'succeeded', apiCalls: 1, error: null });
    // Alone, and in a cycle of its own, it is the whole stream.
    const alone = { ...stream, blocks: async () => [{ units: ['s2'] }] };
    expect(await run(corp, shops, alone, { n: 3 })).toMatchObject({ error: { code: 'ALL_REFUSED' } });
  });
});

describe('invariant 4: a walk that begins again at its first page', () => {
  test('proves what it showed, before and after', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a'), good('b'), good('c')] });
    await run(corp, shops, goodsStream(shops), { n: 1 });
    const stream = goodsStream(shops, {
      async *read() {
        const records = (...ids: string[]) => ids.map((good_id) => ({ shop: 's1', good_id, name: good_id }));
        yield { type: 'records', unit: 's1', records: records('a') };
        yield { type: 'records', unit: 's1', records: records('a', 'b') };
        yield { type: 'done', unit: 's1' };
      },
    });
    const again = await run(corp, shops, stream, { n: 2 });
    expect(again).toMatchObject({ status: 'succeeded', updated: 0 });
    expect(await live(corp)).toEqual(['a', 'b']);
  });
});

describe('invariant 6: one failed stream stops no other', () => {
  test('the failed one says what is missing, those after it run, those that need it are skipped', async () => {
    const corp = newCorp();
    const [bad, fine] = [new Shops({ s1: [good('a')] }), new Shops({ s1: [good('a')] })];
    bad.onCall = () => {
      throw errcode('fail');
    };
    const streams = [
      goodsStream(fine, {
        name: 'broken',
        read: () => {
          throw errcode('fail');
        },
      }),
      goodsStream(fine, { name: 'goods', after: ['broken'] }),
      // Its table is not called like itself, and holds what `goods` has just stored.
      goodsStream(fine, { name: 'served', after: ['broken', 'goods'], needs: ['broken'] }),
      goodsStream(fine, {
        name: 'forbidden',
        tables: papersStream.tables,
        blocks: () => Promise.reject(errcode('fail', { permission: true })),
      }),
      goodsStream(fine, { name: 'needy', after: ['forbidden'], needs: ['forbidden'] }),
    ];
    const { reports } = await runOf(synthetic, corp, fine, streams, { n: 1 });
    expect(reports.map(({ stream, status }) => [stream, status])).toEqual([
      ['broken', 'failed'],
      ['goods', 'succeeded'],
      ['served', 'succeeded'],
      ['forbidden', 'not_permitted'],
      ['needy', 'not_permitted'],
    ]);
    expect(reports[0]?.error?.message).toContain('1 of 1 units of broken failed, the first one s1');
    expect(reports[4]?.error).toMatchObject({ code: 'INPUT_MISSING' });
  });

  test('a bug in one stream is a failure of that stream', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')] });
    const buggy = goodsStream(shops, { name: 'buggy', blocks: () => Promise.reject(new TypeError('oops')) });
    const { reports } = await runOf(synthetic, corp, shops, [buggy, goodsStream(shops)], { n: 1 });
    expect(reports).toMatchObject([
      { status: 'failed', error: { code: 'INTERNAL', message: 'oops' } },
      { status: 'succeeded' },
    ]);
  });

  test('a unit that its block never mentions has failed', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')], s2: [good('b')] });
    const silent = goodsStream(shops, {
      blocks: async () => [{ units: ['s1', 's2'] }],
      async *read() {
        yield { type: 'done', unit: 's1' };
      },
    });
    const report = await run(corp, shops, silent, { n: 1 });
    expect(report).toMatchObject({ status: 'partial', proof: { expected: 2, received: 1 } });
    expect(report.error?.message).toContain('did not finish s2');
  });
});

describe('daily figures', () => {
  test('provisional days change in place; after the hour a restated day opens a version', async () => {
    const corp = newCorp();
    const shops = new Shops();
    const stream = dailyStream(['s1']);
    const day = '2026-11-19'; // yesterday of run 19, which starts at 00:00 of 2026-11-20
    const visits = async () => rowsIn(synthetic, corp, 'wecom.shop_daily', 'visits, valid_from');
    shops.visits.set(`s1 ${day}`, 1);
    expect(await run(corp, shops, stream, { n: 19 })).toMatchObject({ status: 'succeeded', inserted: 1 });
    expect(await rowsIn(synthetic, corp, 'wecom_sync.progress', 'provisional')).toEqual([
      { provisional: '{[2026-11-19,2026-11-20)}' },
    ]);
    shops.visits.set(`s1 ${day}`, 2);
    expect(await run(corp, shops, stream, { n: 20, hours: 1 })).toMatchObject({ updated: 1 });
    expect(await visits()).toEqual([{ visits: 2, valid_from: stamp(startOf(19)) }]);
    expect(await rowsIn(synthetic, corp, 'wecom_history.shop_daily', 'visits')).toEqual([]);
    shops.visits.set(`s1 ${day}`, 3); // final since 08:00 of 2026-11-20, so this is news
    expect(
      await run(corp, shops, stream, { n: 21, days: { full: false, since: day, until: day } }),
    ).toMatchObject({
      updated: 1,
    });
    expect(await visits()).toEqual([{ visits: 3, valid_from: stamp(startOf(21)) }]);
    expect(await rowsIn(synthetic, corp, 'wecom_history.shop_daily', 'visits')).toEqual([{ visits: 2 }]);
  });

  test('invariant 10: facts of units that are asked for no more stay, and days go only once around', async () => {
    const corp = newCorp();
    const shops = new Shops();
    for (let d = 10; d < 20; d += 1) shops.visits.set(`s1 2026-11-${d}`, d);
    await run(corp, shops, dailyStream(['s1']), { n: 19 });
    expect(shops.calls).toEqual(['s1@2026-11-10..2026-11-19']);
    shops.calls.length = 0;
    shops.visits.clear();
    await run(corp, shops, dailyStream(['s1']), { n: 20 });
    expect(shops.calls).toEqual(['s1@2026-11-19..2026-11-20']); // the tail of two
    await run(corp, shops, dailyStream([]), { n: 21 });
    expect(await rowsIn(synthetic, corp, 'wecom.shop_daily', 'visits')).toHaveLength(10);
    expect(await rowsIn(synthetic, corp, 'wecom_history.shop_daily', 'visits')).toEqual([]);
  });

  test('invariant 1: days that the killed run has read are not read again by the one that continues it', async () => {
    const corp = newCorp();
    const shops = new Shops();
    const stream: Stream = {
      ...dailyStream(['s1']),
      async blocks(context) {
        return context.needed('s1').flatMap(({ from, to }) => [
          { units: ['s1'], days: { from, to: from } },
          { units: ['s1'], days: { from: to, to } },
        ]);
      },
    };
    shops.onCall = () => {
      if (shops.calls.length === 2) throw errcode('fail');
    };
    await run(corp, shops, stream, { n: 19, days: { full: false, since: '2026-11-18' } });
    shops.onCall = () => undefined;
    shops.calls.length = 0;
    const options = { cycle: 'run-19', days: { full: false, since: '2026-11-18', until: '2026-11-19' } };
    await run(corp, shops, dailyStream(['s1']), { n: 20, ...options });
    expect(shops.calls).toEqual(['s1@2026-11-19..2026-11-19']);
  });
});
