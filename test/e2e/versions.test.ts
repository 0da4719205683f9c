import { afterEach, describe, expect, test } from 'vitest';
import { compare, withReader } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

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

  test('other tags end and begin by themselves', async () => {
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
