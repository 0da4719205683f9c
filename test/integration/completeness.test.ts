import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Count } from '../../src/engine/completeness.ts';
import type { Stream } from '../../src/engine/stream.ts';
import { table } from '../../src/engine/table.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';
import {
  type Good,
  goodsStream,
  newCorp,
  openSynthetic,
  rowsIn,
  runOf,
  Shops,
  type Synthetic,
} from './loader-support.ts';

const good = (good_id: string): Good => ({ good_id, name: good_id });

describe('invariant 6: expected = received + explained, in the engine', () => {
  let synthetic: Synthetic;
  beforeAll(async () => {
    synthetic = await openSynthetic();
  });
  afterAll(() => synthetic.close());

  async function night(corp: string, shops: Shops, n: number, stream: Stream) {
    const { reports, proofs } = await runOf(synthetic, corp, shops, [stream], { n });
    return { report: reports[0], proof: proofs[0] };
  }
  const live = async (corp: string) =>
    (await rowsIn(synthetic, corp, 'wecom.goods', 'good_id')).map(({ good_id }) => good_id);

  /** A shop says how many goods it has. */
  const counting = (shops: Shops, announced: Readonly<Record<string, number>>): Stream =>
    goodsStream(shops, {
      async *read(block, context) {
        const [unit = ''] = block.units;
        const came = shops.goods.get(unit)?.flat().length ?? 0;
        for await (const step of goodsStream(shops).read(block, context)) {
          const count = { what: 'goods', expected: announced[unit] ?? came, received: came, explained: 0 };
          if (step.type === 'done') yield { type: 'count', unit, ...count };
          yield step;
        }
      },
    });

  test('a unit that shows less than it announced is partial: rows are kept, nothing ends, it is read again', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a'), good('b')], s2: [good('z')] });
    await night(corp, shops, 1, counting(shops, {}));
    shops.show('s1', good('b'), good('c'));
    const short = await night(corp, shops, 2, counting(shops, { s1: 3 }));
    expect(short.report).toMatchObject({
      status: 'partial',
      deleted: 0,
      error: { code: 'INCOMPLETE', message: expect.stringContaining('announced 3 goods and gave 2') },
    });
    expect(short.report?.error?.message).toContain('Missing: 1 of 4 goods.');
    expect(short.proof?.counts).toEqual([{ what: 'goods', expected: 4, received: 3, explained: 0 }]);
    expect(await live(corp)).toEqual(['a', 'b', 'c', 'z']);
    const whole = await night(corp, shops, 3, counting(shops, {}));
    expect(whole.report).toMatchObject({ status: 'succeeded', deleted: 2, error: null });
    expect(await live(corp)).toEqual(['b', 'c', 'z']);
  });

  test('is partial also where it is the only unit', async () => {
    const shops = new Shops({ s1: [good('a')] });
    const { report } = await night(newCorp(), shops, 1, counting(shops, { s1: 2 }));
    expect(report).toMatchObject({ status: 'partial', inserted: 2, error: { code: 'INCOMPLETE' } });
  });

  test('a surplus of one unit does not hide what another one lacks; it is nothing missing by itself', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')], s2: [good('y'), good('z')] });
    const fell = await night(corp, shops, 1, counting(shops, { s2: 1 }));
    expect(fell.report?.status).toBe('succeeded');
    const both = await night(corp, shops, 2, counting(shops, { s1: 2, s2: 1 }));
    expect(both.report).toMatchObject({ status: 'partial', error: { code: 'INCOMPLETE' } });
    expect(both.proof?.counts).toEqual([{ what: 'goods', expected: 4, received: 3, explained: 0 }]);
  });

  test('units of a list are received, explained or missing', async () => {
    const corp = newCorp();
    const shops = new Shops({ s1: [good('a')], s2: [good('b')], s3: [good('c')], s4: [] });
    const stream = goodsStream(shops, {
      async blocks(context) {
        return context.pending([...shops.goods.keys()]).map((unit) => ({ units: [unit], listed: 'shops' }));
      },
      async *read(block, context) {
        const [unit = ''] = block.units;
        if (unit === 's2') yield { type: 'skipped', unit, reason: 'closed' };
        else if (unit === 's3') yield { type: 'failed', unit, error: new Error('no') };
        else yield* goodsStream(shops).read(block, context);
      },
    });
    const { report, proof } = await night(corp, shops, 1, stream);
    expect(proof?.counts).toEqual([{ what: 'shops', expected: 4, received: 2, explained: 1 }]);
    expect(report).toMatchObject({ status: 'partial' });
    expect(report?.error?.message).toContain('Missing: 1 of 4 shops.');
  });

  test('what was not committed was not received', async () => {
    const shops = new Shops({ s1: [good('a')] });
    const ghosts = table('ghosts', { key: { good_id: 'text' } });
    const stream = goodsStream(shops, {
      tables: [ghosts],
      proof: () => [],
      departures: async () => [],
      normalise: ({ good_id }) => ({ ghosts: [{ good_id: String(good_id) }] }),
    });
    const { report, proof } = await night(newCorp(), shops, 1, stream);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'DATABASE' } });
    expect(proof).toMatchObject({ expected: 1, received: 0, explained: 0 });
  });
});

describe('invariant 6: the numbers that WeCom names, in a simulated company', () => {
  let warehouse: Warehouse;
  beforeEach(async () => {
    const size = { approvals: 12, historyDays: 20 };
    warehouse = await openWarehouse({ seed: 7, traps: { unreadableGroups: true, shortPages: true }, size });
  });
  afterEach(() => warehouse.close());

  /** What the newest run counted, by stream. */
  async function counts(): Promise<Record<string, Count[]>> {
    const rows = await withReader(warehouse.url, (client) =>
      select(
        client,
        `SELECT stream, coalesce(counts, '[]')::text AS counts FROM wecom_sync.run_streams
         WHERE run_id = (SELECT run_id FROM wecom_sync.runs ORDER BY started_at DESC LIMIT 1)`,
      ),
    );
    return Object.fromEntries(rows.map(({ stream, counts: text }) => [stream, JSON.parse(text ?? '[]')]));
  }
  const statusOf = (result: Awaited<ReturnType<Warehouse['run']>>, name: string) =>
    result.streams.find(({ stream }) => stream === name);
  const differences = async () => compare(warehouse.url, new Oracle().observe(warehouse.sim.company));

  test('a healthy run receives or explains all of them', async () => {
    await warehouse.run();
    const found = await counts();
    const whats = Object.entries(found).flatMap(([stream, list]) =>
      list.map(({ what }) => `${stream}: ${what}`),
    );
    expect(whats.sort()).toEqual([
      'approval_templates: templates',
      'approvals: listed requests',
      'checkins: employees',
      'customers: follow users',
      'employees: departments',
      'group_chat_owner_daily: group owners with figures',
      'group_chats: groups',
      'user_behavior_daily: follow users',
    ]);
    for (const { expected, received, explained } of Object.values(found).flat()) {
      expect(expected).toBeGreaterThan(0);
      expect(received + explained).toBe(expected);
    }
    expect(found.group_chats?.[0]?.explained).toBeGreaterThan(0);
  });

  test('total of the group figures: short pages with errcode 0 leave the day missing', async () => {
    warehouse.sim.faults.inject({ path: 'externalcontact/groupchat/statistic', kind: 'short_list', nth: 3 });
    const short = await warehouse.run();
    expect(short.status).toBe('partial');
    expect(statusOf(short, 'group_chat_owner_daily')).toMatchObject({
      status: 'partial',
      error: { code: 'INCOMPLETE', message: expect.stringMatching(/Missing: 1 of \d+ group owners/) },
    });
    expect((await differences()).length).toBeGreaterThan(0);
    const { sim } = warehouse;
    const before = sim.requests.length;
    const healthy = await warehouse.run();
    expect(healthy.status).toBe('succeeded');
    expect(await differences()).toEqual([]);
    // The day and the three of the tail; the other days were read.
    const asked = sim.requests.slice(before).filter(({ path }) => path.endsWith('groupchat/statistic'));
    expect(new Set(asked.map(({ body }) => body.day_begin_time)).size).toBe(4);
  });

  test('groups: one whose detail fails is missing, one dismissed after the list is explained', async () => {
    const [one, two] = warehouse.sim.company.groups.filter((group) => group.detailErrcode === 0);
    const path = 'externalcontact/groupchat/get';
    const times = Number.POSITIVE_INFINITY;
    warehouse.sim.faults.inject({ path, kind: { errcode: 49008 }, times, match: { chat_id: one?.chatId } });
    await warehouse.run();
    const [explained] = (await counts()).group_chats ?? [];
    warehouse.sim.faults.inject({ path, kind: { errcode: -1 }, times, match: { chat_id: two?.chatId } });
    const short = await warehouse.run();
    expect(statusOf(short, 'group_chats')?.status).toBe('partial');
    expect(statusOf(short, 'group_chats')?.error?.message).toMatch(/Missing: 1 of \d+ groups/);
    const [missing] = (await counts()).group_chats ?? [];
    expect(missing).toEqual({ ...explained, received: (explained?.received ?? 0) - 1 });
  });

  test('requests: one whose detail fails is missing from those listed', async () => {
    const [one] = warehouse.sim.company.approvals;
    warehouse.sim.faults.inject({
      path: 'oa/getapprovaldetail',
      kind: { errcode: -1 },
      times: Number.POSITIVE_INFINITY,
      match: { sp_no: one?.spNo },
    });
    const short = await warehouse.run();
    expect(statusOf(short, 'approvals')?.error?.message).toMatch(/Missing: 1 of \d+ listed requests/);
  });

  test('departments: one that is refused is explained', async () => {
    const department = { department_id: String(warehouse.sim.company.departments.at(-1)?.id) };
    warehouse.sim.faults.inject({
      path: 'user/list',
      kind: { errcode: 60011 },
      times: Number.POSITIVE_INFINITY,
      match: department,
    });
    await warehouse.run();
    expect((await counts()).employees?.[0]?.explained).toBe(1);
  });

  test('progress of groups that have ended is forgotten', async () => {
    await warehouse.run();
    const { company } = warehouse.sim;
    const gone = company.groups.find((group) => group.detailErrcode === 0)?.chatId ?? '';
    const units = () =>
      withReader(warehouse.url, (client) =>
        select(client, `SELECT unit FROM wecom_sync.progress WHERE stream = 'group_chats'`),
      );
    const before = await units();
    expect(before.map(({ unit }) => unit)).toContain(gone);
    company.dismissGroup(gone);
    await warehouse.run();
    await warehouse.run();
    const after = await units();
    expect(after.map(({ unit }) => unit)).not.toContain(gone);
    expect(after).toHaveLength(before.length - 1);
  });
});
