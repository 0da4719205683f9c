import { expect, test } from 'vitest';
import { at } from '../../src/simulator/random.ts';
import {
  type Client,
  client,
  DAY,
  type Json,
  NOON,
  rows,
  set,
  TODAY,
  walk,
  wire,
} from './simulator-client.ts';

const LIST = 'externalcontact/groupchat/list';
const BEHAVIOUR = 'externalcontact/get_user_behavior_data';
const STATISTIC = 'externalcontact/groupchat/statistic';

function resignedOwners(c: Client): string[] {
  return c.sim.company.members
    .filter((member) => member.resignedAt !== undefined)
    .map((member) => member.userid);
}

test.each([['none'], ['all']] as const)('groups by owners equal the truth, traps: %s', async (traps) => {
  const c = await client({ traps, size: { groups: 40 } });
  const truth = wire(c.sim.company.truth());
  const owners = [...truth.followUsers, ...resignedOwners(c)];
  const listed = rows(
    await walk(c, LIST, { owner_filter: { userid_list: owners }, limit: 3 }),
    'group_chat_list',
  );
  expect(set(listed)).toEqual(set(truth.groups.map((group) => group.list)));
  for (const group of truth.groups) {
    const answer = await c.post('externalcontact/groupchat/get', { chat_id: group.chat_id, need_name: 1 });
    expect(answer.errcode).toBe(group.errcode);
    if (group.errcode === 0) expect(answer.group_chat).toEqual(group.group_chat);
  }
  const errcodes = new Set(truth.groups.map((group) => group.errcode));
  expect([...errcodes].sort()).toEqual(traps === 'all' ? [0, 40050, 49008, 90501] : [0]);
  expect(c.sim.violations).toEqual([]);
});

test('groups of resigned owners come only when the owner is named', async () => {
  const c = await client({ size: { groups: 40 } });
  const all = rows(await walk(c, LIST, { limit: 1000 }), 'group_chat_list');
  const named = rows(
    await walk(c, LIST, { limit: 1000, owner_filter: { userid_list: resignedOwners(c) } }),
    'group_chat_list',
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.every((group) => group.status === 1 || group.status === 2)).toBe(true);
  expect(all.map((group) => group.chat_id)).not.toEqual(
    expect.arrayContaining(named.map((group) => group.chat_id)),
  );
  const waiting = await walk(c, LIST, {
    limit: 1000,
    status_filter: 1,
    owner_filter: { userid_list: resignedOwners(c) },
  });
  expect(rows(waiting, 'group_chat_list').every((group) => group.status === 1)).toBe(true);
});

test('81017 without owner_filter when the scope is big', async () => {
  for (const options of [
    { traps: { bigScope: true } },
    { size: { members: 1100, customersPerMember: 3, groups: 1 } },
  ]) {
    const c = await client(options);
    expect(await c.post(LIST, { limit: 10 })).toMatchObject({ errcode: 81017, group_chat_list: [] });
    expect(await c.post(STATISTIC, { day_begin_time: TODAY - DAY })).toMatchObject({ errcode: 81017 });
    const owner_filter = { userid_list: c.sim.company.truth().followUsers.slice(0, 1) };
    expect(await c.post(LIST, { limit: 10, owner_filter })).toMatchObject({ errcode: 0 });
  }
});

test('groups have members of both types, an invitor, names on request only', async () => {
  const c = await client();
  const chat_id = c.sim.company.truth().groups[0]?.chat_id;
  const people = async (need_name: number) =>
    ((await c.post('externalcontact/groupchat/get', { chat_id, need_name })).group_chat as Json)
      .member_list as Json[];
  expect(new Set((await people(1)).map((one) => one.type))).toEqual(new Set([1, 2]));
  expect((await people(1)).every((one) => 'name' in one)).toBe(true);
  expect((await people(0)).some((one) => 'name' in one)).toBe(false);
});

test('owner and admins may be missing in member_list', async () => {
  const c = await client({ traps: { ownersNotListed: true } });
  const group = c.sim.company.groupRow(at(c.sim.company.groups, 2), true);
  expect((group.member_list as Json[]).every((one) => one.type === 2)).toBe(true);
  expect(group.owner).toEqual(expect.any(String));
});

test('a dismissed group vanishes from the list, its detail is 49008; an unknown one 40050', async () => {
  const c = await client();
  const [first] = c.sim.company.truth().groups;
  c.sim.company.dismissGroup(first?.chat_id ?? '');
  expect(c.sim.company.truth().groups.map((group) => group.chat_id)).not.toContain(first?.chat_id);
  expect(JSON.stringify(await walk(c, LIST, { limit: 1000 }))).not.toContain(first?.chat_id);
  expect(await c.post('externalcontact/groupchat/get', { chat_id: first?.chat_id })).toMatchObject({
    errcode: 49008,
  });
  expect(await c.post('externalcontact/groupchat/get', { chat_id: 'wr0' })).toMatchObject({ errcode: 40050 });
});

test('who leaves a group and returns has a new join_time and the group a new version', async () => {
  const c = await client();
  const group = at(c.sim.company.groups, 0);
  const person = at(c.sim.company.people(group), -1);
  const before = c.sim.company.groupRow(group, false);
  c.sim.company.leaveGroup(group.chatId, person.id);
  expect(c.sim.company.people(group)).not.toContainEqual(person);
  c.sim.company.joinGroup(group.chatId, person.id);
  const after = c.sim.company.people(group).find((one) => one.id === person.id);
  expect(after?.joinTime).toBe(NOON / 1000 - 30);
  expect(c.sim.company.groupRow(group, false).member_version).not.toBe(before.member_version);
});

test('behaviour of one member: 180 days equal the truth, ratios absent on quiet days', async () => {
  const c = await client({ traps: 'all' });
  const truth = c.sim.company.truth();
  const userid = at(truth.followUsers, 0);
  const found: Json[] = [];
  for (let back = 180; back > 0; back -= 30) {
    const window = { userid: [userid], start_time: TODAY - back * DAY, end_time: TODAY - (back - 29) * DAY };
    found.push(...((await c.post(BEHAVIOUR, window)).behavior_data as Json[]));
  }
  const expected = truth.behaviour.filter((one) => one.userid === userid).map((one) => one.row);
  expect(found).toEqual(wire(expected));
  expect(found).toHaveLength(180);
  expect(found.some((row) => !('reply_percentage' in row) && !('avg_reply_time' in row))).toBe(true);
  expect(found.some((row) => row.reply_percentage === 100)).toBe(true);
  expect(c.sim.violations).toEqual([]);
});

test('several userids are summed and are a violation; a resigned one is 60111', async () => {
  const c = await client();
  const [a = '', b = ''] = c.sim.company.truth().followUsers;
  const ask = async (userid: string[]) =>
    c.post(BEHAVIOUR, { userid, start_time: TODAY - DAY, end_time: TODAY - DAY });
  const count = async (userid: string[]) =>
    Number(((await ask(userid)).behavior_data as Json[])[0]?.message_cnt);
  const both = await count([a, b]);
  expect(both).toBe((await count([a])) + (await count([b])));
  expect(c.sim.violations).toEqual(['get_user_behavior_data: 2 userids in one call']);
  expect(await ask(resignedOwners(c).slice(0, 1))).toMatchObject({ errcode: 60111, behavior_data: [] });
});

test.each([
  ['milliseconds', TODAY * 1000, TODAY * 1000],
  ['31 days', TODAY - 31 * DAY, TODAY - DAY],
  ['day 181', TODAY - 181 * DAY, TODAY - 170 * DAY],
  ['backwards', TODAY - DAY, TODAY - 2 * DAY],
  ['the future', TODAY, TODAY + DAY],
])('a window with %s is 600018 and a violation', async (_, start, end) => {
  const c = await client();
  const userid = c.sim.company.truth().followUsers.slice(0, 1);
  expect(await c.post(BEHAVIOUR, { userid, start_time: start, end_time: end })).toMatchObject({
    errcode: 600018,
  });
  const owner_filter = { userid_list: userid };
  expect(await c.post(STATISTIC, { day_begin_time: start, day_end_time: end, owner_filter })).toMatchObject({
    errcode: 600018,
  });
  expect(c.sim.violations).toHaveLength(2);
});

test('just after midnight a day that has expired is 600018 without blame', async () => {
  const c = await client({ now: () => new Date((TODAY + 60) * 1000) });
  const window = {
    userid: c.sim.company.truth().followUsers.slice(0, 1),
    start_time: TODAY - 181 * DAY,
    end_time: TODAY - 180 * DAY,
  };
  expect(await c.post(BEHAVIOUR, window)).toMatchObject({ errcode: 600018 });
  expect(c.sim.violations).toEqual([]);
});

test('before 06:00 the figures of yesterday are missing or zero', async () => {
  const c = await client({ traps: { lateStatistics: true }, now: () => new Date((TODAY + 3 * 3600) * 1000) });
  const yesterday = c.sim.company.truth().behaviour.filter((one) => one.row.stat_time === TODAY - DAY);
  expect(yesterday.length).toBeGreaterThan(0);
  expect(yesterday.length).toBeLessThan(c.sim.company.truth().followUsers.length);
  expect(yesterday.every((one) => one.row.message_cnt === 0)).toBe(true);
  expect(c.sim.company.truth().groupStatistics.some((one) => one.data.msg_total !== 0)).toBe(true);
});

test('the figures of yesterday are revised by the next day, older ones never', async () => {
  const c = await client({ traps: { revisedStatistics: true } });
  const of = (days: number[]) =>
    c.sim.company
      .truth()
      .behaviour.filter((one) => days.includes(Number(one.row.stat_time)) && stays.includes(one.userid));
  const stays = c.sim.company.truth().followUsers;
  const [yesterday, older] = [[TODAY - DAY], [TODAY - 2 * DAY, TODAY - 20 * DAY]];
  const before = [wire(of(yesterday)), wire(of(older))];
  c.sim.nextDay();
  const left = new Set(c.sim.company.truth().followUsers);
  const still = (list: { userid: string }[] = []) => list.filter((one) => left.has(one.userid));
  expect(wire(of(yesterday))).not.toEqual(still(before[0]));
  expect(wire(of(older))).toEqual(still(before[1]));
});

test('groupchat/statistic of one day equals the truth, by next_offset', async () => {
  const c = await client({ traps: 'all' });
  const truth = c.sim.company.truth();
  const day = TODAY - DAY;
  const found: Json[] = [];
  let page: Json = {};
  do {
    const offset = page.next_offset ?? 0;
    page = await c.post(STATISTIC, {
      day_begin_time: day,
      owner_filter: { userid_list: truth.followUsers },
      limit: 4,
      offset,
    });
    found.push(...(page.items as Json[]));
  } while (page.next_offset !== page.total);
  const expected = truth.groupStatistics
    .filter((one) => one.stat_time === day)
    .map(({ owner, data }) => ({ owner, data }));
  expect(set(found)).toEqual(set(wire(expected)));
  expect(c.sim.violations).toEqual([]);
});

test('groupchat/statistic over several days is one row per owner and a violation', async () => {
  const c = await client();
  const { followUsers } = c.sim.company.truth();
  const answer = await c.post(STATISTIC, {
    day_begin_time: TODAY - 3 * DAY,
    day_end_time: TODAY - DAY,
    owner_filter: { userid_list: followUsers },
  });
  const owners = (answer.items as Json[]).map((item) => item.owner);
  expect(new Set(owners).size).toBe(owners.length);
  expect(c.sim.violations).toEqual(['groupchat/statistic: 3 days in one call']);
});

test('one resigned or unknown owner fails the block; offset past the end and today are refused', async () => {
  const c = await client();
  const { followUsers } = c.sim.company.truth();
  const ask = (userid_list: string[], more: Json = {}) =>
    c.post(STATISTIC, { day_begin_time: TODAY - DAY, owner_filter: { userid_list }, ...more });
  expect(await ask([...followUsers, ...resignedOwners(c)])).toMatchObject({ errcode: 60111, items: [] });
  expect(await ask([...followUsers, c.sim.company.strangerUserid()])).toMatchObject({ errcode: 60111 });
  expect(await ask(followUsers, { offset: 1000 })).toMatchObject({ errcode: 600041 });
  expect(await ask(followUsers, { day_begin_time: TODAY })).toMatchObject({ errcode: 600018 });
  const total = Number((await ask(followUsers)).total);
  c.sim.violations.length = 0;
  await ask(followUsers, { offset: total });
  expect(c.sim.violations).toEqual(['groupchat/statistic: a page was asked for after the last one']);
});

test('statistic_group_by_day sums the owners per day', async () => {
  const c = await client();
  const { followUsers } = c.sim.company.truth();
  const window = {
    day_begin_time: TODAY - 3 * DAY,
    day_end_time: TODAY - DAY,
    owner_filter: { userid_list: followUsers },
  };
  const items = (await c.post('externalcontact/groupchat/statistic_group_by_day', window)).items as Json[];
  expect(items.map((item) => item.stat_time)).toEqual([TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - DAY]);
  const rowsOfDay = c.sim.company.truth().groupStatistics.filter((one) => one.stat_time === TODAY - DAY);
  const total = rowsOfDay.reduce((sum, one) => sum + Number(one.data.msg_total), 0);
  expect((items[2]?.data as Json).msg_total).toBe(total);
});
