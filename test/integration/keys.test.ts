/** Records whose keys no column takes, from the border to the tables (invariant 5). */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { misfit } from '../../src/engine/keys.ts';
import { freshProgress } from '../../src/engine/plan.ts';
import { keyText, type Row } from '../../src/engine/table.ts';
import { parseAnswer } from '../../src/wecom/json.ts';
import { anyKey } from '../support/keys.ts';
import {
  batchOf,
  type Good,
  goodsStream,
  loaderAt,
  newCorp,
  openSynthetic,
  punchesStream,
  rowsIn,
  runOf,
  Shops,
  type Synthetic,
  startOf,
} from './loader-support.ts';

let synthetic: Synthetic;
beforeAll(async () => {
  synthetic = await openSynthetic();
});
afterAll(() => synthetic.close());

const departmentsStream = catalogue.filter(({ name }) => name === 'departments');

/** One run of the departments over an answer as it comes from the wire. */
async function departmentsRun(corp: string, n: number, list: string) {
  const shops = new Shops();
  shops.call = async () => parseAnswer(`{"errcode":0,"department":[${list}]}`).answer;
  const { reports } = await runOf(synthetic, corp, shops, departmentsStream, { n });
  const ids = await rowsIn(synthetic, corp, 'wecom.departments', 'department_id');
  return { report: reports[0], ids: ids.map(({ department_id }) => department_id) };
}

const department = (id: string) => `{"id":${id},"name":"d${id.replaceAll('"', '')}"}`;

describe('a department whose id is no bigint', () => {
  const bad = ['"abc"', '1.5', '12345678901234567890', `"${'x'.repeat(10_000)}"`];

  test('is a reject every night; the others are stored, counted and end as ever', async () => {
    const corp = newCorp();
    const night = (n: number, good: string[]) =>
      departmentsRun(corp, n, [...good, ...bad].map(department).join());
    const first = await night(1, ['1', '"2"', '"03"']);
    expect(first.report).toMatchObject({ status: 'succeeded', records: 7, inserted: 3, rejected: 4 });
    expect(first.ids).toEqual([1, 2, 3]);
    const rejects = await rowsIn(synthetic, corp, 'wecom_sync.rejects', 'reason, unit');
    expect(rejects).toHaveLength(4);
    expect(rejects.map(({ reason }) => reason)).toContain(
      'key departments.department_id is no bigint: "abc"',
    );
    const second = await night(2, ['1', '3']);
    expect(second.report).toMatchObject({ inserted: 0, updated: 1, unchanged: 1, deleted: 1, rejected: 4 });
    expect(second.ids).toEqual([1, 3]);
  });

  test('one without an id may be any of them: nothing ends', async () => {
    const corp = newCorp();
    await departmentsRun(corp, 1, ['1', '2'].map(department).join());
    const second = await departmentsRun(corp, 2, `${department('1')},${department('null')}`);
    expect(second.report).toMatchObject({ deleted: 0, rejected: 1 });
    expect(second.ids).toEqual([1, 2]);
  });
});

test('a department nested thousands of levels deep is stored, with the depths as text', async () => {
  const corp = newCorp();
  const levels = 50_000;
  const deep = `${'{"a":'.repeat(levels)}12345678901234567890${'}'.repeat(levels)}`;
  const { report, ids } = await departmentsRun(corp, 1, `{"id":1,"deep":${deep}},${department('2')}`);
  expect(report).toMatchObject({ status: 'succeeded', inserted: 2, rejected: 0 });
  expect(ids).toEqual([1, 2]);
  const extras = await rowsIn(synthetic, corp, 'wecom.departments', 'extra::text AS extra');
  expect(extras.some(({ extra }) => String(extra).includes('12345678901234567890'))).toBe(true);
});

test('a later stream may not take a list with a reject for all there is', async () => {
  const corp = newCorp();
  const shops = new Shops({ s1: [{ good_id: 'a' }] });
  const seen: boolean[] = [];
  const later = goodsStream(shops, {
    name: 'later',
    after: ['goods'],
    async blocks(context) {
      seen.push(context.complete('goods'));
      return [];
    },
  });
  const night = (n: number) => runOf(synthetic, corp, shops, [goodsStream(shops), later], { n });
  await night(1);
  shops.show('s1', { good_id: 'a' }, { good_id: 'x'.repeat(3000) });
  await night(2);
  expect(seen).toEqual([true, false]);
});

describe('a child row whose key fits no column', () => {
  test('makes its record a reject that counts as seen, with all that it has stored', async () => {
    const corp = newCorp();
    const good = (good_id: string, note: string): Good => ({
      good_id,
      name: good_id,
      parts: [{ no: 1, qty: 1, notes: [note] }],
    });
    const shops = new Shops({ s1: [good('a', 'n'), good('b', 'n'), good('c', 'n')] });
    const stream = goodsStream(shops);
    await runOf(synthetic, corp, shops, [stream], { n: 1 });
    shops.show('s1', good('a', 'x'.repeat(3000)), good('b', 'n'));
    const { reports } = await runOf(synthetic, corp, shops, [stream], { n: 2 });
    expect(reports[0]).toMatchObject({ rejected: 1, inserted: 0 });
    const live = async (table: string) =>
      (await rowsIn(synthetic, corp, `wecom.${table}`, 'good_id')).map(({ good_id }) => good_id);
    expect(await live('goods')).toEqual(['a', 'b']);
    expect(await live('part_notes')).toEqual(['a', 'b']);
  });
});

describe.each(catalogue)('PostgreSQL takes every key that passes the border: $name', (stream) => {
  test.each(stream.tables)('$name, as rows and as proof', async (table) => {
    const names = Object.keys(table.key);
    const keys = new Map<string, Row>();
    for (const row of fc.sample(anyKey(table), { numRuns: 400, seed: 12 }))
      if (misfit(table, row) === undefined) keys.set(keyText(names, row), row);
    expect(keys.size).toBeGreaterThan(20);
    const corp = newCorp();
    const alone = { ...stream, tables: [{ ...table, parent: null }] };
    const shown = [...keys.values()];
    const unit = {
      unit: '*',
      absent: 'record' as const,
      proofs: [{ scope: { table: table.name, where: {} }, shown: shown.slice(1) }],
      progress: () => ({ ...freshProgress('*'), cycle: 'run-1', completedAt: startOf(1) }),
    };
    const committed = await loaderAt(synthetic, corp, 1, alone).commit(
      batchOf({ [table.name]: shown.map((row) => ({ ...row })) }, { units: [unit] }),
    );
    expect(committed).toMatchObject({ inserted: keys.size, rejected: 0 });
    expect(await rowsIn(synthetic, corp, 'wecom_sync.absences', 'table_name')).toEqual([
      { table_name: table.name },
    ]);
  });
});

test('what was committed before an error is counted', async () => {
  const corp = newCorp();
  const counts = { inserted: 0, updated: 0, unchanged: 0, deleted: 0, rejected: 0 };
  const punch = (hash: string): Row => ({ shop: 's1', punch_date: '2026-11-01', hash });
  const punches = ['1', '2', '3'].map(punch);
  const unit = {
    unit: 's1',
    absent: 'end' as const,
    proofs: [{ scope: { table: 'punches', where: { shop: 's1' } }, shown: [punch('abc')] }],
    progress: () => freshProgress('s1'),
  };
  const batch = batchOf({ punches }, { units: [unit], record: (row) => ({ hash: String(row.hash) }) });
  await expect(loaderAt(synthetic, corp, 1, punchesStream).commit(batch, counts)).rejects.toThrow('abc');
  const stored = await rowsIn(synthetic, corp, 'wecom.punches', 'hash');
  expect(stored.length).toBeGreaterThan(0);
  expect(counts.inserted).toBe(stored.length);
});
