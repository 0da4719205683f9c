import { afterEach, describe, expect, test } from 'vitest';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, START, type Warehouse } from '../oracle/warehouse.ts';

/** What opens a version and what does not (DESIGN 2.3), one change at a time. */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

async function filled(): Promise<{
  warehouse: Warehouse;
  oracle: Oracle;
  userid: string;
  id: string;
  chatId: string;
}> {
  const warehouse = await openWarehouse({ seed: 9 });
  open.push(warehouse);
  await warehouse.run();
  const { company } = warehouse.sim;
  const [relation] = company.truth().relations;
  const group = company.truth().groups.find((one) => one.group_chat !== null);
  return {
    warehouse,
    oracle: new Oracle(),
    userid: relation?.userid ?? '',
    id: String(relation?.external_contact.external_userid),
    chatId: group?.chat_id ?? '',
  };
}

/** The tables after the next run equal the source; gives what ended: table, how and why. */
async function endedBy({ warehouse, oracle }: Awaited<ReturnType<typeof filled>>): Promise<string[]> {
  expect((await warehouse.run()).status).toBe('succeeded');
  expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
  const ended = await history(warehouse.url);
  return ended.map(({ table, row }) => `${table} ${row.ended_by} ${row.end_reason}`).sort();
}

describe('versions', () => {
  test('a new avatar opens none, and the row is updated in place', async () => {
    const it = await filled();
    it.warehouse.sim.company.changeAvatar(it.id);
    expect(await endedBy(it)).toEqual([]);
  });

  test('a joining member opens none of the group', async () => {
    const it = await filled();
    it.warehouse.sim.company.joinGroup(it.chatId, 'wmSimQBwAAstranger0000000000000x');
    expect(await endedBy(it)).toEqual([]);
  });

  test('a leaving member ends alone', async () => {
    const it = await filled();
    const { company } = it.warehouse.sim;
    company.joinGroup(it.chatId, 'wmSimQBwAAstranger0000000000000x');
    await it.warehouse.run();
    company.leaveGroup(it.chatId, 'wmSimQBwAAstranger0000000000000x');
    expect(await endedBy(it)).toEqual(['group_chat_members gone absent']);
  });

  test('a tag change opens none of the relation: other tags end and begin by themselves', async () => {
    const it = await filled();
    const { company } = it.warehouse.sim;
    const [first = '', second = ''] = (company.tagGroups[0]?.tags ?? []).map((tag) => tag.id);
    company.changeRelation(it.userid, it.id, { tags: [first] });
    await it.warehouse.run();
    const before = (await history(it.warehouse.url)).length;
    company.changeRelation(it.userid, it.id, { tags: [second] });
    const after = await endedBy(it);
    expect(after.length - before).toBe(1);
    expect(new Set(after)).toEqual(new Set(['customer_follow_tags gone absent']));
  });

  test('a remark opens one of the relation only', async () => {
    const it = await filled();
    it.warehouse.sim.company.changeRelation(it.userid, it.id, { remark: '新备注' });
    expect(await endedBy(it)).toEqual(['customer_follows changed null']);
  });

  test('removed and added again is another spell', async () => {
    const it = await filled();
    const { company } = it.warehouse.sim;
    company.removeRelation(it.userid, it.id);
    company.addRelation(it.userid, it.id);
    expect(await endedBy(it)).toEqual(['customer_follows gone re_added']);
  });

  test('removed, seen so, and added again: a gap in the versions', async () => {
    const it = await filled();
    const { company } = it.warehouse.sim;
    company.removeRelation(it.userid, it.id);
    expect(await endedBy(it)).toContain('customer_follows gone absent');
    company.addRelation(it.userid, it.id);
    const ended = await endedBy(it);
    expect(ended.filter((line) => line.startsWith('customer_follows '))).toEqual([
      'customer_follows gone absent',
    ]);
  });

  test('a dismissed group ends with its members, for that reason', async () => {
    const it = await filled();
    it.warehouse.sim.company.dismissGroup(it.chatId);
    const ended = await endedBy(it);
    expect(ended).toContain('group_chats gone group_dismissed');
    expect(new Set(ended)).toEqual(
      new Set(['group_chats gone group_dismissed', 'group_chat_members gone group_dismissed']),
    );
  });

  test('a group that the app may not see any more ends with its members, for that other reason', async () => {
    const it = await filled();
    const group = it.warehouse.sim.company.group(it.chatId);
    if (group) group.detailErrcode = 40050;
    expect(new Set(await endedBy(it))).toEqual(
      new Set(['group_chats gone group_not_visible', 'group_chat_members gone group_not_visible']),
    );
  });

  test('a statistics read of provisional figures opens none', async () => {
    // 02:30: the figures of yesterday are missing or zero, and in the next night they are there.
    const warehouse = await openWarehouse(
      { seed: 9, traps: { lateStatistics: true, revisedStatistics: true } },
      START - 8.5 * 3_600_000,
    );
    open.push(warehouse);
    const run = () => warehouse.run({ streams: ['user_behavior_daily', 'group_chat_owner_daily'] });
    await run();
    await warehouse.clock.sleep(86_400_000);
    const { streams } = await run();
    for (const name of ['user_behavior_daily', 'group_chat_owner_daily'])
      expect(streams.find(({ stream }) => stream === name)?.updated, name).toBeGreaterThan(0);
    expect(await history(warehouse.url)).toEqual([]);
  });

  test('a loss bears the day of the last walk that still showed it; after missed nights that is inexact', async () => {
    const it = await filled();
    const { sim, clock, url } = it.warehouse;
    const losses = () =>
      withReader(url, (client) =>
        select(
          client,
          `SELECT external_userid, counted_until_date, is_end_date_exact FROM analytics.fct_customer_follow
           WHERE NOT is_current ORDER BY ended_at`,
        ),
      );
    const [first, second] = sim.company.truth().relations.filter(({ visible }) => visible);
    const lose = (one: typeof first) =>
      sim.company.removeRelation(one?.userid ?? '', String(one?.external_contact.external_userid));
    lose(first);
    await clock.sleep(86_400_000);
    await it.warehouse.run();
    // The first run was on 2026-06-17.
    expect(await losses()).toMatchObject([{ counted_until_date: '2026-06-17', is_end_date_exact: 'true' }]);
    lose(second);
    await clock.sleep(3 * 86_400_000);
    await it.warehouse.run();
    expect((await losses())[1]).toMatchObject({
      counted_until_date: '2026-06-18',
      is_end_date_exact: 'false',
    });
  });
});

test('the comparison sees a changed, a missing and an invented row', async () => {
  const it = await filled();
  await withReader(it.warehouse.url, async (client) => {
    await client.query(`UPDATE wecom.customers SET name = 'somebody else' WHERE external_userid = $1`, [
      it.id,
    ]);
    await client.query(`DELETE FROM wecom.group_chats WHERE chat_id = $1`, [it.chatId]);
    await client.query(`UPDATE wecom.follow_users SET userid = 'nobody' WHERE userid = $1`, [it.userid]);
  });
  const lines = await compare(it.warehouse.url, it.oracle.observe(it.warehouse.sim.company));
  expect(lines).toEqual([
    `follow_users ${JSON.stringify([it.userid])}: missing`,
    'follow_users ["nobody"]: too much',
    expect.stringContaining(`customers ${JSON.stringify([it.id])}: name is somebody else`),
    `group_chats ${JSON.stringify([it.chatId])}: missing`,
  ]);
});
