import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stream } from '../../src/engine/stream.ts';
import { WecomError } from '../../src/wecom/errors.ts';
import {
  dailyStream,
  newCorp,
  openSynthetic,
  rowsIn,
  runOf,
  Shops,
  type Synthetic,
} from './loader-support.ts';

/** Days of figures that only the whole of a run can judge. Run n of these tests reads the ten days up to day n. */

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const stream: Stream = (() => {
  const plain = dailyStream(['s1', 's2']);
  if (!plain.days) throw new Error('a daily stream has days');
  return { ...plain, days: { ...plain.days, figures: ['visits'] } };
})();

const dayOf = (n: number) => `2026-11-${n}`;

/** Visits of both shops on every day, but for the quiet ones. */
function shopsWith(quiet: readonly number[], alone: readonly number[] = []): Shops {
  const shops = new Shops();
  for (let n = 10; n <= 25; n++)
    for (const shop of ['s1', 's2']) {
      const none = quiet.includes(n) || (shop === 's1' && alone.includes(n));
      shops.visits.set(`${shop} ${dayOf(n)}`, none ? 0 : n);
    }
  return shops;
}

const run = (corp: string, shops: Shops, options: Parameters<typeof runOf>[4]) => {
  shops.calls.length = 0;
  return runOf(synthetic, corp, shops, [stream], { hours: 9, ...options });
};

const only = (...days: number[]) =>
  days.length === 0 ? '{}' : `{${days.map((n) => `[${dayOf(n)},${dayOf(n + 1)})`).join(',')}}`;

const provisional = async (corp: string) =>
  Object.fromEntries(
    (await rowsIn(synthetic, corp, 'wecom_sync.progress', 'unit, provisional')).map((row) => [
      String(row.unit),
      row.provisional,
    ]),
  );

describe('a day that is zero for everybody', () => {
  test('is read once more behind the tail, and then never again', async () => {
    const corp = newCorp();
    const shops = shopsWith([12], [14]);
    await run(corp, shops, { n: 19 });
    expect(await provisional(corp)).toEqual({ s1: only(12), s2: only(12) });
    await run(corp, shops, { n: 20 });
    expect(shops.calls).toContain(`s1@${dayOf(12)}..${dayOf(12)}`);
    expect(await provisional(corp)).toEqual({ s1: only(), s2: only() });
    await run(corp, shops, { n: 21 });
    expect(shops.calls).toEqual([`s1@${dayOf(20)}..${dayOf(21)}`, `s2@${dayOf(20)}..${dayOf(21)}`]);
  });

  test('is not confirmed by the run that made it zero', async () => {
    const corp = newCorp();
    await run(corp, shopsWith([]), { n: 19, hours: 0 });
    expect(await provisional(corp)).toEqual({ s1: only(19), s2: only(19) });
    await run(corp, shopsWith([19]), { n: 23 });
    expect(await provisional(corp)).toEqual({ s1: only(19), s2: only(19) });
    await run(corp, shopsWith([19]), { n: 24 });
    expect(await provisional(corp)).toEqual({ s1: only(), s2: only() });
    expect(await rowsIn(synthetic, corp, 'wecom_history.shop_daily', 'visits')).toEqual([]);
  });

  test('is told by all runs of a cycle together: one was killed in the middle', async () => {
    const corp = newCorp();
    const shops = shopsWith([12], [14]);
    shops.onCall = (shop) => {
      if (shop === 's2') throw new TypeError('killed');
    };
    await run(corp, shops, { n: 19 });
    expect(await provisional(corp)).toEqual({ s1: only() });
    shops.onCall = () => undefined;
    await run(corp, shops, { n: 20, cycle: 'run-19' });
    expect(await provisional(corp)).toEqual({ s1: only(12), s2: only(12) });
  });

  test('is told by a stopped run as well', async () => {
    const corp = newCorp();
    const shops = shopsWith([12]);
    const stop = new AbortController();
    shops.onCall = async (shop) => {
      if (shop !== 's2') return;
      await new Promise((resolve) => setImmediate(resolve)); // the other one is read meanwhile
      stop.abort(new Error('stopped'));
    };
    await run(corp, shops, { n: 19, signal: stop.signal });
    expect(Object.values(await provisional(corp))).toContain(only(12));
  });
});

test('a unit that could not be read at its first time is known, so that its days count as missing', async () => {
  const corp = newCorp();
  const shops = shopsWith([]);
  shops.onCall = (shop) => {
    if (shop === 's2')
      throw new WecomError({
        code: 'WECOM_ERRCODE',
        message: 'no',
        errcode: -1,
        fate: 'fail',
        remedy: { zh: '', en: '' },
      });
  };
  await run(corp, shops, { n: 19 });
  const units = await rowsIn(synthetic, corp, 'wecom_sync.progress', 'unit, covered, cycle');
  expect(units).toEqual([
    { unit: 's1', covered: `{[${dayOf(10)},${dayOf(20)})}`, cycle: 'run-19' },
    { unit: 's2', covered: '{}', cycle: null },
  ]);
});

describe('a leaver whom WeCom does not show any more', () => {
  const leaving = (visible: boolean): Stream => ({
    ...stream,
    async *read(block, context) {
      const [unit = ''] = block.units;
      const days = block.days ? [block.days] : [];
      if (unit === 's2') yield { type: 'skipped', unit, reason: 'not_visible', lost: days, closed: true };
      else if (visible) yield* stream.read(block, context);
      else yield { type: 'skipped', unit, reason: 'not_visible' };
    },
  });
  const state = async (corp: string) =>
    (await rowsIn(synthetic, corp, 'wecom_sync.progress', 'unit, closed, lost')).find(
      ({ unit }) => unit === 's2',
    );

  test('is not asked for again, and the days are lost, when others are shown', async () => {
    const corp = newCorp();
    await runOf(synthetic, corp, shopsWith([]), [leaving(true)], { n: 19 });
    expect(await state(corp)).toEqual({
      unit: 's2',
      closed: 'not_visible',
      lost: `{[${dayOf(10)},${dayOf(20)})}`,
    });
  });

  test('stays as it was when WeCom shows nobody: that is a lost permission', async () => {
    const corp = newCorp();
    const { reports } = await runOf(synthetic, corp, shopsWith([]), [leaving(false)], { n: 19 });
    expect(reports[0]).toMatchObject({ status: 'failed', error: { code: 'ALL_REFUSED' } });
    expect(await state(corp)).toEqual({ unit: 's2', closed: null, lost: '{}' });
  });
});
