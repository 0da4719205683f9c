import { afterEach, describe, expect, test } from 'vitest';
import type { Company, SimulatorOptions } from '../../src/simulator/index.ts';
import type { Row } from '../../src/simulator/world/odd.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle, type Tables } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

/** Invariant 3: nothing ends without proof, and what looks wrong is held until an operator says so. */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

/** A warehouse after its first healthy run, and what it holds then. */
async function filled(
  options: SimulatorOptions = {},
): Promise<{ warehouse: Warehouse; tables: Tables; oracle: Oracle }> {
  const warehouse = await openWarehouse({ seed: 5, ...options });
  open.push(warehouse);
  expect((await warehouse.run()).status).toBe('succeeded');
  const oracle = new Oracle();
  return { warehouse, oracle, tables: oracle.observe(warehouse.sim.company) };
}

/** Lists whose vanishing must end nothing, and the streams that have to say so. */
const LISTS: Readonly<Record<string, string>> = {
  'department/list': 'departments',
  'user/list': 'employees',
  'externalcontact/get_follow_user_list': 'follow_users',
  'externalcontact/get_corp_tag_list': 'corp_tags',
  'externalcontact/batch/get_by_user': 'customers',
  'externalcontact/groupchat/list': 'group_chats',
};
const QUIET = [
  'externalcontact/get_user_behavior_data',
  'externalcontact/groupchat/statistic',
  'oa/getapprovalinfo',
  'checkin/getcheckindata',
];

/** What has ended; being assigned is what unassigned customers are for, so that list may empty (DESIGN 4.3). */
async function endedLines(url: string): Promise<string[]> {
  const ended = await history(url);
  return ended
    .filter((one) => one.table !== 'unassigned_customers')
    .map(({ line, reason }) => `${line} ${reason}`);
}

const heldKeys = (url: string) =>
  withReader(url, (client) =>
    select(
      client,
      'SELECT stream, table_name, key::text AS key FROM wecom_sync.absences WHERE held_since IS NOT NULL',
    ),
  );

describe('invariant 3: a list that vanishes with errcode 0', () => {
  test.each(Object.entries(LISTS))('%s ends nothing', async (path, stream) => {
    const { warehouse, tables } = await filled();
    warehouse.sim.faults.inject({ path, kind: 'empty', times: Number.POSITIVE_INFINITY });
    const result = await warehouse.run();
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await endedLines(warehouse.url)).toEqual([]);
    expect(result.status).toBe('partial');
    const report = result.streams.find((one) => one.stream === stream);
    expect(report?.status).toBe('held');
    const held = (await heldKeys(warehouse.url)).filter((one) => one.stream === stream).length;
    expect(held).toBeGreaterThan(0);
    expect(`${report?.error?.message} ${report?.error?.remedy}`).toMatch(/\d+.*--accept-deletes/s);
    warehouse.sim.faults.clear();
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await endedLines(warehouse.url)).toEqual([]);
    expect(await heldKeys(warehouse.url)).toEqual([]);
  });

  test.each(QUIET)('%s ends nothing', async (path) => {
    const { warehouse, tables } = await filled();
    warehouse.sim.faults.inject({ path, kind: 'empty', times: Number.POSITIVE_INFINITY });
    await warehouse.run();
    expect(await compare(warehouse.url, tables)).toEqual([]);
    warehouse.sim.faults.clear();
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await endedLines(warehouse.url)).toEqual([]);
  });

  test('all of them at once, also after a day, and healed by the next healthy run', async () => {
    const { warehouse, tables, oracle } = await filled({ traps: 'all' });
    warehouse.sim.faults.inject({ path: '*', kind: 'empty', times: Number.POSITIVE_INFINITY });
    const result = await warehouse.run();
    expect(result.status).not.toBe('succeeded');
    expect(await endedLines(warehouse.url)).toEqual([]);
    tables.delete('unassigned_customers');
    expect(await compare(warehouse.url, tables)).toEqual([]);
    warehouse.sim.nextDay();
    await warehouse.run();
    expect(await endedLines(warehouse.url)).toEqual([]);
    warehouse.sim.faults.clear();
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
  });

  test('accepted while it is still empty, it ends exactly the recorded keys', async () => {
    const { warehouse, tables } = await filled();
    const path = 'externalcontact/get_corp_tag_list';
    warehouse.sim.faults.inject({ path, kind: 'empty', times: Number.POSITIVE_INFINITY });
    await warehouse.run();
    const held = await heldKeys(warehouse.url);
    expect(held.length).toBe(
      (tables.get('corp_tags')?.length ?? 0) + (tables.get('corp_tag_groups')?.length ?? 0),
    );
    const result = await warehouse.run({ acceptDeletes: true });
    expect(result.status).toBe('succeeded');
    tables.set('corp_tags', []);
    tables.set('corp_tag_groups', []);
    expect(await compare(warehouse.url, tables)).toEqual([]);
    const ended = await history(warehouse.url);
    expect(new Set(ended.map((one) => one.reason))).toEqual(new Set(['absent']));
    expect(ended.length).toBe(held.length);
    expect(await heldKeys(warehouse.url)).toEqual([]);
  });
});

/** groupchat/get answers errcode 0 with the first `most` members of each group. */
const cutTo = (most: number, chat_id?: string) => ({
  path: 'externalcontact/groupchat/get',
  kind: {
    change: ({ group_chat, ...body }: Row) => {
      const chat = Object(group_chat);
      return { ...body, group_chat: { ...chat, member_list: chat.member_list.slice(0, most) } };
    },
  },
  times: Number.POSITIVE_INFINITY,
  ...(chat_id !== undefined && { match: { chat_id } }),
});

describe('invariant 3: members of a group', () => {
  /** The biggest group, and how many members it and all groups have. */
  async function biggest({ url }: Warehouse) {
    const query = `SELECT chat_id, count(*) AS members, sum(count(*)) OVER () AS everybody
      FROM wecom.group_chat_members GROUP BY chat_id ORDER BY 2 DESC LIMIT 1`;
    const [row] = await withReader(url, (client) => select(client, query));
    const { chat_id, members, everybody } = row ?? {};
    return { chatId: chat_id ?? '', members: Number(members), everybody: Number(everybody) };
  }

  test('one group whose list is empty is held with all of its members, and nobody else', async () => {
    const { warehouse, tables, oracle } = await filled();
    const { chatId, members } = await biggest(warehouse);
    warehouse.sim.faults.inject(cutTo(0, chatId));
    const result = await warehouse.run();
    const report = result.streams.find((one) => one.stream === 'group_chats');
    expect(report).toMatchObject({ status: 'held', deleted: 0 });
    expect(report?.error?.message).toContain(`the list of ${chatId} is empty`);
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await heldKeys(warehouse.url)).toHaveLength(members);
    const accepted = await warehouse.run({ acceptDeletes: true });
    expect(accepted.status).toBe('succeeded');
    expect(await endedLines(warehouse.url)).toHaveLength(members);
    expect(await heldKeys(warehouse.url)).toEqual([]);
    warehouse.sim.faults.clear();
    expect((await warehouse.run()).status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
  });

  test('more than 20 % and at least 50 of all members are held', async () => {
    const { warehouse, tables } = await filled({ size: { groupMembers: 20 } });
    expect((await biggest(warehouse)).everybody).toBeGreaterThan(100);
    warehouse.sim.faults.inject(cutTo(1));
    const result = await warehouse.run();
    const report = result.streams.find((one) => one.stream === 'group_chats');
    expect(report?.error?.message).toMatch(/\d+ of \d+ rows would end as absent/);
    expect(await endedLines(warehouse.url)).toEqual([]);
    expect(await compare(warehouse.url, tables)).toEqual([]);
  });

  test('some who leave end in the same run', async () => {
    const { warehouse } = await filled();
    const { chatId, members, everybody } = await biggest(warehouse);
    expect(members).toBeGreaterThan(3);
    warehouse.sim.faults.inject(cutTo(members - 3, chatId));
    const result = await warehouse.run();
    expect(result.streams.find((one) => one.stream === 'group_chats')).toMatchObject({
      status: 'succeeded',
      deleted: 3,
    });
    const ended = await history(warehouse.url);
    expect(ended.map(({ table, reason }) => `${table} ${reason}`)).toEqual(
      Array.from({ length: 3 }, () => 'group_chat_members absent'),
    );
    expect((await biggest(warehouse)).everybody).toBe(everybody - 3);
  });
});

/** Sure relations of a member of the simulated company. */
function customersOf(company: Company, userid: string): string[] {
  const member = company.member(userid);
  if (member === undefined) throw new Error(`no member ${userid}`);
  return [...company.relations.of(member.index)].map((customer) => company.externalUserid(customer));
}

const withCustomers = (company: Company) =>
  company.followUsers().filter((member) => customersOf(company, member.userid).length > 0);

describe('invariant 3: what is held and what is not', () => {
  test('one resignation in an eight-member company is not held', async () => {
    const { warehouse, oracle } = await filled({ size: { members: 8, stores: 2, customersPerMember: 60 } });
    const { company } = warehouse.sim;
    const leaver = withCustomers(company)[0]?.userid ?? '';
    const lost = customersOf(company, leaver).length;
    expect(lost).toBeGreaterThan(19);
    company.resign(leaver);
    const result = await warehouse.run();
    expect(result.streams.filter((one) => one.status !== 'succeeded')).toEqual([]);
    expect(await compare(warehouse.url, oracle.observe(company))).toEqual([]);
    const ended = (await history(warehouse.url)).filter((one) => one.table === 'customer_follows');
    expect(ended.map((one) => one.reason)).toEqual(Array.from({ length: lost }, () => 'member_resigned'));
  });

  test('a member who is hidden ends as member_not_visible', async () => {
    const { warehouse, oracle } = await filled();
    const { company } = warehouse.sim;
    company.hide(withCustomers(company)[1]?.userid ?? '');
    expect((await warehouse.run()).status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(company))).toEqual([]);
    const ended = (await history(warehouse.url)).filter((one) => one.table === 'customer_follows');
    expect(new Set(ended.map((one) => one.reason))).toEqual(new Set(['member_not_visible']));
  });

  test('20 relations of a listed member that all vanish are held, the others go on', async () => {
    const { warehouse, oracle } = await filled({ size: { customersPerMember: 60 } });
    const { company } = warehouse.sim;
    const [first, second] = withCustomers(company);
    const gone = customersOf(company, first?.userid ?? '');
    expect(gone.length).toBeGreaterThan(19);
    for (const id of gone) company.removeRelation(first?.userid ?? '', id);
    const one = customersOf(company, second?.userid ?? '')[0] ?? '';
    company.removeRelation(second?.userid ?? '', one);
    const result = await warehouse.run();
    expect(result.streams.find((report) => report.stream === 'customers')?.status).toBe('held');
    const ended = (await history(warehouse.url)).filter((row) => row.table === 'customer_follows');
    expect(ended.map((row) => row.key)).toEqual([JSON.stringify([one, second?.userid])]);
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(company))).toEqual([]);
  });

  test('a follow-user list that loses three of ten is held, and with it their customers', async () => {
    const { warehouse, tables, oracle } = await filled();
    const { company } = warehouse.sim;
    for (const member of withCustomers(company).slice(0, 3)) member.customerContact = false;
    const result = await warehouse.run();
    expect(result.streams.find((report) => report.stream === 'follow_users')?.status).toBe('held');
    expect(await endedLines(warehouse.url)).toEqual([]);
    for (const name of ['user_behavior_daily', 'group_chat_owner_daily']) tables.delete(name);
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(company))).toEqual([]);
  });

  test('a stream that would lose more than 20 % and at least 50 rows is held', async () => {
    const { warehouse, tables, oracle } = await filled({ size: { customersPerMember: 60 } });
    const { company } = warehouse.sim;
    for (const member of withCustomers(company)) {
      const ids = customersOf(company, member.userid);
      for (const id of ids.slice(0, Math.ceil(ids.length * 0.4))) company.removeRelation(member.userid, id);
    }
    const result = await warehouse.run();
    expect(result.streams.find((report) => report.stream === 'customers')?.status).toBe('held');
    expect(await endedLines(warehouse.url)).toEqual([]);
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, oracle.observe(company))).toEqual([]);
  });
});
