import { afterEach, describe, expect, it } from 'vitest';
import { customersStream, memberBlocks } from '../../extractors/customers.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import {
  contextOf,
  endsOf,
  extraIn,
  names,
  onlyRow,
  readAll,
  recordsOf,
  script,
  simulated,
} from './extract-contact-support.ts';

const PATH = 'externalcontact/batch/get_by_user';
const normalise = (contact: JsonObject, follow: JsonObject = {}, more: JsonObject = {}) =>
  customersStream.normalise(
    {
      external_contact: { external_userid: 'wm1', ...contact },
      follow_info: { userid: 'a', ...follow },
      ...more,
    },
    names,
  );
const customer = (contact: JsonObject) => onlyRow(normalise(contact), 'customers');
const follow = (info: JsonObject, more: JsonObject = {}) =>
  onlyRow(normalise({}, info, more), 'customer_follows');
const tags = (info: JsonObject) => normalise({}, info).customer_follow_tags?.map((row) => row.tag_id);

describe('customers: one relation', () => {
  it('trims ids and spells the member as the directory does', () => {
    const rows = customersStream.normalise(
      {
        external_contact: { external_userid: ' wm1 ' },
        follow_info: { userid: 'zhaokai ', oper_userid: 'LIN.YUE' },
      },
      names,
    );
    expect(onlyRow(rows, 'customers').external_userid).toBe('wm1');
    expect(onlyRow(rows, 'customer_follows')).toMatchObject({
      external_userid: 'wm1',
      userid: 'ZhaoKai',
      oper_userid: 'lin.yue',
    });
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a text gender', { gender: '1' }, { gender: 1 }],
    ['nulls of old answers', { position: null, corpname: null }, { position: null, corp_name: null }],
    ['the old company key', { corp_name: '', corpname: '海川' }, { corp_name: '海川' }],
    ['an empty name', { name: '' }, { name: null }],
    ['unionid on type 2', { type: 2, unionid: 'u' }, { type: 2, unionid: 'u' }],
  ])('%s', (_title, contact, row) => {
    expect(customer(contact)).toMatchObject({ ...row, extra: null });
  });

  it.each<[string, JsonObject, Record<string, unknown>]>([
    ['seconds become a time', { createtime: 1762830421 }, { followed_at: '2025-11-11T03:07:01.000Z' }],
    ['0 is no time', { createtime: 0 }, { followed_at: null }],
    ['an unknown way', { add_way: '99' }, { add_way: 99 }],
    ['remark_company', { remark_company: '旧' }, { remark_corp_name: '旧' }],
    ['mobiles as numbers', { remark_mobiles: [13800000001] }, { remark_mobiles: ['13800000001'] }],
    ['no mobiles', { remark_mobiles: null }, { remark_mobiles: [] }],
    [
      'a channel without source',
      { wechat_channels: { nickname: 'n' } },
      { wechat_channels: '{"nickname":"n"}' },
    ],
  ])('%s', (_title, info, row) => {
    expect(follow(info)).toMatchObject({ ...row, extra: null });
  });

  it('leaves an unreadable time in extra', () => {
    expect(follow({ createtime: 'xxxx' }).followed_at).toBeNull();
    expect(extraIn(follow({ createtime: 'xxxx' }))).toEqual({ createtime: 'xxxx' });
  });

  it('tells a customer whose key is absent from one whose value is empty', () => {
    expect(customer({}).unionid).toBeUndefined();
    expect(customer({ unionid: '' }).unionid).toBeNull();
    expect(customer({}).corp_name).toBeUndefined();
  });

  it('keeps each unknown key, also where two levels use the same one', () => {
    expect(extraIn(customer({ x: 1 }))).toEqual({ x: 1 });
    expect(extraIn(follow({ x: 2 }, { x: 3, y: 4 }))).toEqual({ x: 2, 'record.x': 3, y: 4 });
  });

  it.each<[string, JsonObject, unknown]>([
    ['ids', { tag_id: ['et1', 'et2 ', 'et1'] }, ['et1', 'et2']],
    ['none', { tag_id: [] }, []],
    ['absent', {}, undefined],
    ['null', { tag_id: null }, []],
    ['objects of externalcontact/get', { tags: [{ tag_id: 'et1' }, { tag_name: '个人', type: 2 }] }, ['et1']],
  ])('tags: %s', (_title, info, ids) => {
    expect(tags(info)).toEqual(ids);
  });

  it('keeps personal tags, which have no id, in extra', () => {
    const personal = { tag_name: '个人', type: 2 };
    expect(extraIn(follow({ tags: [{ tag_id: 'et1' }, personal] }))).toEqual({ tags: [personal] });
  });

  it('rejects a record with a text in place of its tags: they would end', () => {
    for (const key of ['tag_id', 'tags'])
      expect(() => follow({ [key]: 'oops' })).toThrow(`"${key}" is no list`);
  });

  it('rejects a record without a key', () => {
    expect(() => normalise({ external_userid: '' })).toThrow('external_userid');
    expect(() => normalise({}, { userid: null })).toThrow('userid');
    expect(() => customersStream.normalise({}, names)).toThrow('external_userid');
  });
});

describe('customers: blocks', () => {
  const members = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

  it('has about 100 members per block on a first run, and 8 blocks of fewer', () => {
    expect(memberBlocks(members(1000), () => 0).map((block) => block.length)).toEqual(Array(10).fill(100));
    expect(memberBlocks(members(80), () => 0).map((block) => block.length)).toEqual(Array(8).fill(10));
    expect(memberBlocks(members(3), () => 0)).toHaveLength(3);
    expect(memberBlocks([], () => 0)).toEqual([]);
  });

  it('puts the biggest first and at most 20,000 rows together', () => {
    const rows = (member: string) => ({ m0: 50_000, m1: 9_000, m2: 15_000 })[member] ?? 1_000;
    const blocks = memberBlocks(members(200), rows);
    expect(blocks.slice(0, 2)).toEqual([['m0'], ['m2', ...(blocks[1]?.slice(1) ?? [])]]);
    expect(blocks.flat().toSorted()).toEqual(members(200).toSorted());
    for (const block of blocks.slice(1))
      expect(block.reduce((sum, member) => sum + rows(member), 0)).toBeLessThanOrEqual(20_000);
  });

  it('leaves out who was finished in this cycle', async () => {
    const stored = { follow_users: [{ userid: 'a' }, { userid: 'b' }] };
    const blocks = await customersStream.blocks(contextOf(script({}).call, { stored, finished: ['a'] }));
    expect(blocks.flatMap((block) => block.units)).toEqual(['b']);
  });
});

const row = (external_userid: string, userid: string | null) => ({
  external_contact: { external_userid },
  follow_info: userid === null ? {} : { userid },
});
const page = (rows: JsonObject[], more: JsonObject = {}) => ({ external_contact_list: rows, ...more });
const asked = (request: { body?: unknown }) => (request.body as { userid_list: string[] }).userid_list;

/** One block of all members, however many. */
async function read(members: readonly string[], answer: (members: string[]) => JsonObject | number) {
  const wecom = script({ [PATH]: (request) => answer(asked(request)) });
  const context = contextOf(wecom.call);
  const steps = [];
  for await (const step of customersStream.read({ units: members }, context)) steps.push(step);
  return { steps, sent: wecom.sent.map(asked) };
}

describe('customers: a block', () => {
  it('groups the rows of a page by member, whatever the case', async () => {
    const { steps } = await read(['ZhaoKai', 'b'], () =>
      page([row('w1', 'zhaokai'), row('w2', 'b'), row('w3', 'ZHAOKAI')]),
    );
    expect(steps.filter((step) => step.type === 'records')).toMatchObject([
      {
        unit: 'ZhaoKai',
        records: [
          { external_contact: { external_userid: 'w1' } },
          { external_contact: { external_userid: 'w3' } },
        ],
      },
      { unit: 'b' },
    ]);
    expect(endsOf(steps)).toEqual({ ZhaoKai: 'done', b: 'done' });
  });

  it('stores a row of a member nobody asked for, but as proof of nothing', async () => {
    const { steps } = await read(['a'], () => page([row('w1', 'stranger')]));
    expect(steps[0]).toMatchObject({ type: 'records', unit: undefined, records: [row('w1', 'stranger')] });
  });

  it('asks one by one when a row does not name its member', async () => {
    const { steps, sent } = await read(['a', 'b'], (members) => page([row(`w-${members.join('')}`, null)]));
    expect(sent).toEqual([['a', 'b'], ['a'], ['b']]);
    expect(steps.filter((step) => step.type === 'records')).toMatchObject([
      { unit: 'a', records: [row('w-a', 'a')] },
      { unit: 'b', records: [row('w-b', 'b')] },
    ]);
  });

  it('skips who has no licence and proves the others', async () => {
    const { steps } = await read(['A', 'b'], () =>
      page([row('w2', 'b')], { fail_info: { unlicensed_userid_list: ['a'] } }),
    );
    expect(endsOf(steps)).toEqual({ A: 'unlicensed', b: 'done' });
  });

  it('takes 701008 for the whole block without asking each member', async () => {
    const { steps, sent } = await read(['a', 'b'], () => 701008);
    expect(endsOf(steps)).toEqual({ a: 'unlicensed', b: 'unlicensed' });
    expect(sent).toHaveLength(1);
  });

  it('finds the member without customers, and the one who is gone, by halving', async () => {
    const { steps } = await read(['a', 'empty', 'gone', 'b'], (members) => {
      if (members.includes('gone')) return 60111;
      return members.includes('empty') ? 84061 : page(members.map((member) => row(`w-${member}`, member)));
    });
    expect(endsOf(steps)).toEqual({ a: 'done', empty: 'done', gone: 'not_visible', b: 'done' });
    expect(recordsOf(steps)).toEqual([row('w-a', 'a'), row('w-b', 'b')]);
  });

  it('starts at the first page again after 50100, without the cursor', async () => {
    const bodies: unknown[] = [];
    const wecom = script({
      [PATH]: (request) => {
        bodies.push(request.body);
        if (bodies.length === 2) return 50100;
        return bodies.length === 1 ? page([row('w1', 'a')], { next_cursor: 'c1' }) : page([row('w1', 'a')]);
      },
    });
    const context = contextOf(wecom.call);
    const steps = [];
    for await (const step of customersStream.read({ units: ['a'] }, context)) steps.push(step);
    const first = { userid_list: ['a'], limit: 100 };
    expect(bodies).toEqual([first, { ...first, cursor: 'c1' }, first]);
    expect(endsOf(steps)).toEqual({ a: 'done' });
  });

  it('lets an error that is no object of its own fail the block', async () => {
    await expect(read(['a', 'b'], () => 45029)).rejects.toThrow('45029');
  });
});

describe('customers: who is no longer walked', () => {
  const stored = {
    follow_users: [{ userid: 'A' }],
    unassigned_customers: [{ handover_userid: 'Gone', external_userid: 'w' }],
  };
  const departures = (incomplete: string[]) =>
    customersStream.departures?.(
      contextOf(script({}).call, { stored, knownUnits: ['A', 'gone', 'hidden'], incomplete }),
    );

  it('tells resigned members from invisible ones by the complete unassigned list', async () => {
    const scope = (userid: string) => ({ table: 'customer_follows', where: { userid } });
    expect(await departures([])).toEqual([
      { unit: 'gone', scope: scope('gone'), reason: 'member_resigned' },
      { unit: 'hidden', scope: scope('hidden'), reason: 'member_not_visible' },
    ]);
  });

  it('names no resignation after an incomplete unassigned list, and nobody after an incomplete follow list', async () => {
    const reasons = (await departures(['unassigned_customers']))?.map(({ reason }) => reason);
    expect(reasons).toEqual(['member_not_visible', 'member_not_visible']);
    expect(await departures(['follow_users'])).toEqual([]);
  });
});

describe('customers against the simulator, all traps on', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(() => close?.());

  it('reads every relation that is visible', async () => {
    const bench = await simulated(customersStream, 'all');
    close = bench.close;
    const truth = bench.simulator.company.truth();
    const ids = truth.followUsers.map((id) => id.trim());
    const given = { stored: { follow_users: ids.map((userid) => ({ userid })) } };
    const { steps } = await readAll(customersStream, contextOf(bench.call, given));
    const keyOf = (record: JsonObject) => {
      const { external_userid, userid } = onlyRow(
        customersStream.normalise(record, names),
        'customer_follows',
      );
      return `${String(external_userid)} ${String(userid).toLowerCase()}`;
    };
    const seen = new Set(recordsOf(steps).map(keyOf));
    const expected = truth.relations
      .filter(({ visible }) => visible)
      .map(({ userid, external_contact }) => {
        const id = String(external_contact.external_userid).trim();
        return `${id} ${userid.trim().toLowerCase()}`;
      });
    expect(seen).toEqual(new Set(expected));
    expect(expected.length).toBeGreaterThan(50);
    const skipped = Object.entries(endsOf(steps)).filter(([, end]) => end !== 'done');
    const unlicensed = truth.unlicensed.map((id) => id.trim());
    expect(skipped.toSorted()).toEqual(unlicensed.map((unit) => [unit, 'unlicensed']).toSorted());
    expect(bench.simulator.violations).toEqual([]);
  });
});
