import { afterEach, describe, expect, it } from 'vitest';
import { groupChatsStream } from '../../extractors/group_chats.ts';
import type { Call } from '../../src/engine/stream.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/wecom/json.ts';
import {
  contextOf,
  endsOf,
  extraIn,
  type Given,
  names,
  onlyRow,
  readAll,
  recordsOf,
  script,
  simulated,
} from './extract-contact-support.ts';

const LIST = 'externalcontact/groupchat/list';
const GET = 'externalcontact/groupchat/get';
const normalise = (record: JsonObject) => groupChatsStream.normalise({ chat_id: 'wr1', ...record }, names);
const chat = (record: JsonObject) => onlyRow(normalise(record), 'group_chats');
const members = (record: JsonObject) => normalise(record).group_chat_members ?? [];

describe('group_chats: a group whose owner was forgotten', () => {
  it('is in no list, and is asked for by itself with the status it had', async () => {
    const { call } = script({
      [LIST]: () => ({ group_chat_list: [{ chat_id: 'wrListed', status: 0 }] }),
      [GET]: ({ body }) => ({
        group_chat: { chat_id: (isJsonObject(body) && body.chat_id) || '', member_list: [] },
      }),
    });
    const stored = {
      follow_users: [{ userid: 'ZhaoKai' }],
      group_chats: [
        { chat_id: 'wrListed', owner_userid: null, status: 3 },
        { chat_id: 'wrForgotten', owner_userid: null, status: 2 },
        { chat_id: 'wrGone', owner_userid: 'ZhaoKai', status: 0 },
      ],
    };
    const { steps } = await readAll(groupChatsStream, contextOf(call, { stored }));
    expect(recordsOf(steps).map((record) => [record.chat_id, record['groupchat/list']])).toEqual([
      ['wrListed', { chat_id: 'wrListed', status: 0 }],
      ['wrForgotten', { chat_id: 'wrForgotten', status: 2 }],
    ]);
    const shown = steps.flatMap((step) => (step.type === 'done' ? (step.shown?.group_chats ?? []) : []));
    expect(shown).toEqual([{ chat_id: 'wrListed' }, { chat_id: 'wrForgotten' }]);
  });
});

describe('group_chats: a list that sends the status of no group', () => {
  it('gets none from what is stored of a group whose owner was forgotten', async () => {
    const { call } = script({
      [LIST]: () => ({ group_chat_list: [{ chat_id: 'wrListed' }] }),
      [GET]: ({ body }) => ({
        group_chat: { chat_id: (isJsonObject(body) && body.chat_id) || '', member_list: [] },
      }),
    });
    const stored = {
      follow_users: [{ userid: 'ZhaoKai' }],
      group_chats: [{ chat_id: 'wrForgotten', owner_userid: null, status: 2 }],
    };
    const { steps } = await readAll(groupChatsStream, contextOf(call, { stored }));
    expect(recordsOf(steps).map((record) => record['groupchat/list'])).toEqual([
      { chat_id: 'wrListed' },
      { chat_id: 'wrForgotten' },
    ]);
  });
});

describe('group_chats: one group', () => {
  it('takes the status from the list and everything else from the detail', () => {
    const row = chat({
      name: '',
      owner: 'zhaokai ',
      create_time: '1762900000',
      notice: null,
      admin_list: [{ userid: 'LIN.YUE' }, { userid: 'b' }],
      member_version: 'v1',
      'groupchat/list': { chat_id: 'wr1 ', status: '3' },
    });
    expect(row).toEqual({
      chat_id: 'wr1',
      name: null,
      owner_userid: 'ZhaoKai',
      created_at: '2025-11-11T22:26:40.000Z',
      notice: null,
      status: 3,
      admin_userids: ['lin.yue', 'b'],
      member_version: 'v1',
      extra: null,
    });
  });

  it('does not know what the record and the list do not say', () => {
    const row = chat({ 'groupchat/list': { chat_id: 'wr1' } });
    const known = Object.keys(row).filter((column) => row[column] !== undefined);
    expect(known).toEqual(['chat_id', 'extra']);
    expect(members({ member_list: [{ userid: 'a', type: 1 }] })[0]?.is_admin).toBeUndefined();
    expect(members({ member_list: [{ userid: 'a', type: 1 }], admin_list: [] })[0]?.is_admin).toBe(false);
  });

  it('opens no version for a new member_version', () => {
    const table = groupChatsStream.tables.find(({ name }) => name === 'group_chats');
    expect(Object.keys(table?.volatile ?? {})).toEqual(['member_version']);
  });

  it('reads members of both kinds, admins without regard to case', () => {
    const rows = members({
      admin_list: [{ userid: 'ZHAOKAI' }],
      member_list: [
        { userid: 'zhaokai', type: 1, join_time: 1762900000, join_scene: 9, invitor: { userid: 'LIN.YUE' } },
        { userid: 'wm1 ', type: '2', unionid: 'u', join_time: 0, state: '', group_nickname: '', name: '🍋' },
      ],
    });
    expect(rows).toMatchObject([
      {
        member_id: 'ZhaoKai',
        member_type: 1,
        join_scene: 9,
        invitor_userid: 'lin.yue',
        is_admin: true,
        extra: null,
      },
      {
        member_id: 'wm1',
        member_type: 2,
        unionid: 'u',
        joined_at: null,
        state: null,
        name: '🍋',
        is_admin: false,
      },
    ]);
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['[]', []],
    ['""', ''],
  ])('has no members and admins in %s', (_title, nothing) => {
    expect(members({ member_list: nothing, admin_list: nothing })).toEqual([]);
    expect(chat({ member_list: nothing, admin_list: nothing })).toMatchObject({
      admin_userids: [],
      extra: null,
    });
  });

  it('keeps what has no place, at each level', () => {
    const record = {
      x: 1,
      member_list: [
        { userid: 'a', type: 1, x: 2, invitor: { userid: 'b', x: 3 } },
        { name: 'nobody' },
        'text',
      ],
      admin_list: [{ userid: 'a', x: 4 }],
      'groupchat/list': { status: 0, x: 5, y: 6 },
    };
    expect(extraIn(chat(record))).toEqual({
      x: 1,
      member_list: [{ name: 'nobody' }, 'text'],
      admin_list: [{ x: 4 }],
      'groupchat/list': { x: 5, y: 6 },
    });
    expect(extraIn(members(record)[0] ?? {})).toEqual({ x: 2, invitor: { x: 3 } });
  });
});

const stored: Given['stored'] = {
  follow_users: [{ userid: 'a' }, { userid: 'ZhaoKai' }],
  unassigned_customers: [
    { handover_userid: 'gone', external_userid: 'w1' },
    { handover_userid: 'gone', external_userid: 'w2' },
  ],
  group_chats: [
    { chat_id: 'wr9', owner_userid: 'zhaokai', status: 2 },
    { chat_id: 'wr8', owner_userid: 'old', status: 0 },
  ],
};
const body = (request: Call) => (isJsonObject(request.body) ? request.body : {});
const owners = (request: Call) => {
  const filter = body(request).owner_filter;
  return isJsonObject(filter) && Array.isArray(filter.userid_list) ? filter.userid_list : [];
};
const detail = (request: Call) => ({
  group_chat: { chat_id: body(request).chat_id ?? '', owner: 'a', member_list: [] as JsonValue[] },
  asked: body(request),
});
const listOf = (...ids: string[]) => ({ group_chat_list: ids.map((chat_id) => ({ chat_id, status: 1 })) });

describe('group_chats: the list', () => {
  it('names follow users, resigned members and owners of known groups, each once', async () => {
    const wecom = script({ [LIST]: () => listOf('wr1'), [GET]: detail });
    const { steps } = await readAll(groupChatsStream, contextOf(wecom.call, { stored }));
    expect(wecom.sent[0]?.body).toEqual({
      status_filter: 0,
      owner_filter: { userid_list: ['a', 'ZhaoKai', 'gone', 'old'] },
      limit: 1000,
    });
    expect(wecom.sent[1]?.body).toEqual({ chat_id: 'wr1', need_name: 1 });
    expect(endsOf(steps)).toEqual({ list: 'done', wr1: 'done' });
    expect(steps.find((step) => step.type === 'done' && step.unit === 'list')).toMatchObject({
      shown: { group_chats: [{ chat_id: 'wr1' }] },
    });
    expect(onlyRow(groupChatsStream.normalise(recordsOf(steps)[0] ?? {}, names), 'group_chats').status).toBe(
      1,
    );
  });

  it('leaves out an owner whom WeCom does not know any more, and says so', async () => {
    const notes: string[] = [];
    const wecom = script({
      [LIST]: (request) =>
        owners(request).includes('old') ? 60111 : listOf(...owners(request).map((id) => `wr-${String(id)}`)),
      [GET]: detail,
    });
    const { steps } = await readAll(groupChatsStream, contextOf(wecom.call, { stored }, notes));
    expect(Object.keys(endsOf(steps)).toSorted()).toEqual(['list', 'wr-ZhaoKai', 'wr-a', 'wr-gone']);
    expect(endsOf(steps).list).toBe('done');
    expect(notes).toHaveLength(1);
  });

  it('proves nothing when one block of owners failed, but reads the groups of the others', async () => {
    const many = Array.from({ length: 150 }, (_, i) => ({ userid: `m${i}` }));
    const wecom = script({
      [LIST]: (request) => (owners(request).includes('m0') ? 45029 : listOf('wr1')),
      [GET]: detail,
    });
    const { steps } = await readAll(
      groupChatsStream,
      contextOf(wecom.call, { stored: { follow_users: many } }),
    );
    expect(endsOf(steps)).toEqual({ list: 'failed', wr1: 'done' });
  });

  it('throws when no block could be listed, or the app may not list at all', async () => {
    const failing = script({ [LIST]: () => 45029 });
    await expect(groupChatsStream.blocks(contextOf(failing.call, { stored }))).rejects.toThrow('45029');
    const many = Array.from({ length: 150 }, (_, i) => ({ userid: `m${i}` }));
    const forbidden = script({
      [LIST]: (request) => (owners(request).includes('m0') ? 48002 : listOf('wr1')),
    });
    await expect(
      groupChatsStream.blocks(contextOf(forbidden.call, { stored: { follow_users: many } })),
    ).rejects.toThrow('48002');
  });

  it('hands on entries without chat_id, so that they are rejected and the list proves nothing', async () => {
    const wecom = script({ [LIST]: () => ({ group_chat_list: [{ status: 1 }, 5, {}] }) });
    const { steps } = await readAll(groupChatsStream, contextOf(wecom.call, { stored }));
    expect(steps).toMatchObject([
      { type: 'records', unit: 'list', records: [{ status: 1 }, { entry: 5 }, {}] },
      { type: 'done', unit: 'list' },
    ]);
    expect(() => groupChatsStream.normalise({ status: 1 }, names)).toThrow('chat_id');
  });

  it('reads only the groups that this cycle has not finished', async () => {
    const wecom = script({ [LIST]: () => listOf('wr1', 'wr2'), [GET]: detail });
    const { blocks } = await readAll(
      groupChatsStream,
      contextOf(wecom.call, { stored, finished: ['wr1', 'list'] }),
    );
    expect(blocks.flatMap((block) => block.units)).toEqual(['wr2']);
  });

  it('proves groups by the list alone', () => {
    expect(groupChatsStream.proof?.('list', [])).toEqual([{ table: 'group_chats', where: {} }]);
    expect(groupChatsStream.proof?.('wr1', [])).toEqual([]);
  });
});

describe('group_chats: groups that cannot be read', () => {
  const read = async (errcode: number) => {
    const wecom = script({
      [LIST]: () => listOf('wr1', 'wr2'),
      [GET]: (request) => (body(request).chat_id === 'wr1' ? errcode : detail(request)),
    });
    return (await readAll(groupChatsStream, contextOf(wecom.call, { stored }))).steps;
  };

  it.each([
    [40050, 'group_not_visible'],
    [49008, 'group_dismissed'],
    [90501, 'not_customer_group'],
  ])('%i ends the group as %s and leaves the others alone', async (errcode, reason) => {
    const steps = await read(errcode);
    expect(steps).toContainEqual({
      type: 'ended',
      unit: 'wr1',
      table: 'group_chats',
      key: { chat_id: 'wr1' },
      reason,
    });
    expect(endsOf(steps)).toEqual({ list: 'done', wr1: reason, wr2: 'done' });
  });

  it('explains another refusal without ending the group, and fails it for what is no refusal', async () => {
    const refused = await read(60111);
    expect(refused.some((step) => step.type === 'ended')).toBe(false);
    expect(endsOf(refused)).toMatchObject({ wr1: 'not_visible', wr2: 'done' });
    expect(endsOf(await read(45029))).toMatchObject({ wr1: 'failed', wr2: 'done' });
  });

  it.each<[string, JsonObject]>([
    ['without its chat_id', {}],
    ['of another group', { chat_id: 'wr2' }],
    ['with a text for member_list', { chat_id: 'wr1', member_list: 'oops' }],
    ['with an object for member_list', { chat_id: 'wr1', member_list: {} }],
  ])('fails only the group whose answer is %s', async (_title, group_chat) => {
    const wecom = script({
      [LIST]: () => listOf('wr1', 'wr2'),
      [GET]: (request) => (body(request).chat_id === 'wr1' ? { group_chat } : detail(request)),
    });
    const { steps } = await readAll(groupChatsStream, contextOf(wecom.call, { stored }));
    expect(endsOf(steps)).toEqual({ list: 'done', wr1: 'failed', wr2: 'done' });
    expect(recordsOf(steps).map((record) => record.chat_id)).toEqual(['wr2']);
  });

  it.each<[string, JsonObject]>([
    ['absent', {}],
    ['null', { member_list: null }],
    ['""', { member_list: '' }],
    ['[]', { member_list: [] }],
  ])('reads a member_list that is %s as an empty one', async (_title, more) => {
    const wecom = script({
      [LIST]: () => listOf('wr1'),
      [GET]: () => ({ group_chat: { chat_id: 'wr1', ...more } }),
    });
    const { steps } = await readAll(groupChatsStream, contextOf(wecom.call, { stored }));
    expect(endsOf(steps)).toEqual({ list: 'done', wr1: 'done' });
  });

  it('throws when the app may not read groups at all', async () => {
    await expect(read(48002)).rejects.toThrow('48002');
  });

  const explain = (answer: JsonObject | number) =>
    groupChatsStream.explain?.(
      { chat_id: 'wr9' },
      contextOf(script({ [GET]: () => answer }).call, { stored }),
    );

  it.each([
    [49008, 'group_dismissed'],
    [40050, 'group_not_visible'],
    [90501, 'not_customer_group'],
    [60111, 'absent'],
  ])('explains an absent group by %i', async (errcode, reason) => {
    expect(await explain(errcode)).toBe(reason);
  });

  it('gives the record of a group that lives on, with the status it had', async () => {
    const record = await explain({ group_chat: { chat_id: 'wr9 ', owner: 'new' } });
    if (typeof record !== 'object') throw new Error('no record');
    expect(chat(record)).toMatchObject({ chat_id: 'wr9', owner_userid: 'new', status: 2 });
  });

  it('leaves the question open when WeCom gives no answer', async () => {
    await expect(explain(45029)).rejects.toThrow('45029');
  });
});

describe('group_chats against the simulator, all traps on', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(() => close?.());

  it('reads every group with its members, and explains every other one', async () => {
    const bench = await simulated(groupChatsStream, 'all');
    close = bench.close;
    const truth = bench.simulator.company.truth();
    const given: Given = {
      stored: {
        follow_users: truth.followUsers.map((id) => ({ userid: id.trim() })),
        unassigned_customers: truth.unassigned.map((row) => ({
          handover_userid: String(row.handover_userid).trim(),
        })),
      },
    };
    const { steps } = await readAll(groupChatsStream, contextOf(bench.call, given));
    const ends = endsOf(steps);
    const readable = truth.groups.filter(({ errcode }) => errcode === 0);
    expect(ends.list).toBe('done');
    for (const { chat_id, errcode } of truth.groups)
      expect(ends[chat_id]).toBe(
        { 0: 'done', 40050: 'group_not_visible', 49008: 'group_dismissed', 90501: 'not_customer_group' }[
          errcode
        ],
      );
    expect(readable.length).toBeGreaterThan(0);
    expect(readable.length).toBeLessThan(truth.groups.length);
    const rows = recordsOf(steps).map((record) => groupChatsStream.normalise(record, names));
    const memberCount = (id: string) =>
      rows.find((row) => row.group_chats?.[0]?.chat_id === id)?.group_chat_members?.length;
    for (const { chat_id, group_chat } of readable)
      expect(memberCount(chat_id)).toBe(
        Array.isArray(group_chat?.member_list) ? group_chat.member_list.length : 0,
      );
    expect(bench.simulator.violations).toEqual([]);
  });
});
