import { expect, test } from 'vitest';
import { TRAP_NAMES } from '../../src/simulator/index.ts';
import { type Client, client, type Json, rows, set, walk, wire } from './simulator-client.ts';

const BATCH = 'externalcontact/batch/get_by_user';

/** Everything about customers, as a client without cleverness reads it: member by member. */
async function allRelations(c: Client, limit: number): Promise<Json[]> {
  const found: Json[] = [];
  for (const userid of c.sim.company.truth().followUsers) {
    const first = await c.post(BATCH, { userid_list: [userid], limit });
    if (first.errcode === 84061 || first.errcode === 701008) continue;
    found.push(...rows(await walk(c, BATCH, { userid_list: [userid], limit }), 'external_contact_list'));
  }
  return found;
}

test.each([
  ['none'],
  ['all'],
] as const)('departments, users, tags equal the truth, traps: %s', async (traps) => {
  const c = await client({ traps });
  const truth = wire(c.sim.company.truth());
  const departments = (await c.get('department/list')).department as Json[];
  expect(departments).toEqual(truth.departments);
  const users: unknown[] = [];
  for (const { id } of departments) {
    users.push(
      ...((await c.get('user/list', { department_id: String(id), fetch_child: 1 })).userlist as Json[]),
    );
  }
  expect(set(users)).toEqual(set(truth.users));
  expect(await c.get('externalcontact/get_follow_user_list')).toMatchObject({
    follow_user: truth.followUsers,
  });
  expect((await c.post('externalcontact/get_corp_tag_list', {})).tag_group).toEqual(truth.tagGroups);
  expect(c.sim.violations).toEqual([]);
});

test('user/list does not recurse', async () => {
  const c = await client();
  const root = await c.get('user/list', { department_id: 1, fetch_child: 1 });
  expect(root.userlist).toEqual([]);
});

test('the roster of contact-sync holds members that the app does not see', async () => {
  const c = await client();
  const roster = rows(await walk(c, 'user/list_id', { limit: 5 }, c.sim.secrets.contactSync), 'dept_user');
  const hidden = c.sim.company.members.find((member) => !member.visible);
  expect(roster.map((row) => row.userid)).toContain(hidden?.userid);
  expect(await c.get('user/get', { userid: String(hidden?.userid) })).toMatchObject({ errcode: 60111 });
});

for (const trap of ['none', ...TRAP_NAMES, 'all'] as const) {
  test(`relations equal the truth, trap: ${trap}`, async () => {
    const c = await client({ traps: trap === 'none' || trap === 'all' ? trap : { [trap]: true } });
    const expected = c.sim.company.truth().relations.filter((one) => one.visible);
    const found = await allRelations(c, 5);
    const pair = ({ external_contact, follow_info }: Json) => ({ external_contact, follow_info });
    expect(expected.length).toBeGreaterThan(30);
    expect(set(found.map(pair))).toEqual(set(wire(expected.map(pair))));
    expect(c.sim.violations).toEqual([]);
  });
}

test('customers have one to three followers, and get agrees with batch', async () => {
  const c = await client();
  const followers = new Map<string, string[]>();
  for (const { userid, external_contact } of c.sim.company.truth().relations) {
    const id = String(external_contact.external_userid);
    followers.set(id, [...(followers.get(id) ?? []), userid]);
  }
  const counts = new Set([...followers.values()].map((list) => list.length));
  expect([...counts].sort()).toEqual([1, 2, 3]);
  for (const [id, userids] of [...followers].slice(0, 30)) {
    const answer = await c.get('externalcontact/get', { external_userid: id });
    const shown = (answer.follow_user as Json[]).map((one) => one.userid);
    expect(shown.sort()).toEqual(userids.sort());
  }
});

test('externalcontact/list gives the ids of one member; 84061 without customers; 60111 when gone', async () => {
  const c = await client();
  const { relations, followUsers } = c.sim.company.truth();
  const busy = relations[0]?.userid ?? '';
  const ids = relations
    .filter((one) => one.userid === busy)
    .map((one) => one.external_contact.external_userid);
  expect(set((await c.get('externalcontact/list', { userid: busy })).external_userid as string[])).toEqual(
    set(ids),
  );
  const lonely = followUsers.find((userid) => !relations.some((one) => one.userid === userid)) ?? '';
  expect(await c.get('externalcontact/list', { userid: lonely })).toMatchObject({
    errcode: 84061,
    external_userid: [],
  });
  expect(await c.post(BATCH, { userid_list: [lonely] })).toMatchObject({
    errcode: 84061,
    external_contact_list: [],
  });
  expect(await c.post(BATCH, { userid_list: [busy, lonely] })).toMatchObject({ errcode: 0 });
  const gone = c.sim.company.members.find((member) => member.resignedAt !== undefined)?.userid ?? '';
  expect(await c.get('externalcontact/list', { userid: gone })).toMatchObject({ errcode: 60111 });
  expect(await c.post(BATCH, { userid_list: [busy, gone] })).toMatchObject({ errcode: 60111 });
});

test('a mixed list with a member without customers fails as a whole under its trap', async () => {
  const c = await client({ traps: { mixedList84061: true } });
  expect(await c.post(BATCH, { userid_list: c.sim.company.truth().followUsers })).toMatchObject({
    errcode: 84061,
  });
});

test('fail_info names members without licence; 701008 when nobody asked has one', async () => {
  const c = await client({ traps: { unlicensedMember: true } });
  const { unlicensed, followUsers } = c.sim.company.truth();
  expect(unlicensed).toHaveLength(1);
  const answer = await c.post(BATCH, { userid_list: followUsers, limit: 100 });
  expect(answer).toMatchObject({ errcode: 0, fail_info: { unlicensed_userid_list: unlicensed } });
  expect(await c.post(BATCH, { userid_list: unlicensed })).toMatchObject({ errcode: 701008 });
});

test('paging quirks: empty and short pages, repeated rows, "" and absent at the end, moved rows', async () => {
  const c = await client({
    traps: {
      emptyPages: true,
      shortPages: true,
      absentFinalCursor: true,
      duplicateRows: true,
      movedRows: true,
    },
  });
  const userid_list = [...new Set(c.sim.company.truth().relations.map((one) => one.userid))];
  const walks = [
    await walk(c, BATCH, { userid_list, limit: 10 }),
    await walk(c, BATCH, { userid_list, limit: 10 }),
  ];
  const sizes = walks.flat().map((page) => (page.external_contact_list as Json[]).length);
  expect(sizes).toContain(0);
  expect(Math.max(...sizes)).toBeLessThan(10);
  const all = rows(walks[0] ?? [], 'external_contact_list');
  expect(set(all).length).toBeLessThan(all.length);
  expect(walks.map((pages) => pages.at(-1)?.next_cursor)).toEqual(['', undefined]);
  expect(walks[0]?.[0]).not.toEqual(walks[1]?.[0]);
});

test('a customer with more than 500 followers comes in pages', async () => {
  const c = await client({
    size: { members: 640, customersPerMember: 3, groups: 0, approvals: 0 },
    traps: { manyFollowers: true },
  });
  const id = c.sim.company.externalUserid(0);
  const first = await c.get('externalcontact/get', { external_userid: id });
  expect((first.follow_user as Json[]).length).toBe(500);
  const second = await c.get('externalcontact/get', {
    external_userid: id,
    cursor: String(first.next_cursor),
  });
  expect((second.follow_user as Json[]).length).toBeGreaterThan(20);
  expect(second.next_cursor ?? '').toBe('');
});

test.each(['', 'wm-unknown'])('get with the id "%s" is an error', async (id) => {
  const c = await client();
  expect(await c.get('externalcontact/get', { external_userid: id })).toMatchObject({
    errcode: id === '' ? 41035 : 40096,
  });
});

test('a customer whom everybody removed gives 84061', async () => {
  const c = await client();
  const { company } = c.sim;
  const id = company.addRelation(company.truth().followUsers[0] ?? '');
  company.removeRelation(company.truth().followUsers[0] ?? '', id);
  expect(await c.get('externalcontact/get', { external_userid: id })).toMatchObject({ errcode: 84061 });
});

test('personal tags stand in get without tag_id, and not in batch', async () => {
  const c = await client();
  const answer = await c.get('externalcontact/get', { external_userid: c.sim.company.externalUserid(9) });
  const tags = (answer.follow_user as Json[]).flatMap((one) => one.tags as Json[]);
  expect(tags).toContainEqual({ group_name: '', tag_name: '爱喝冷萃', type: 2 });
});

test('deleted tags show only when asked for by id', async () => {
  const c = await client();
  const tag = c.sim.company.addTag('会员等级', '过期卡');
  c.sim.company.deleteTag(tag.id);
  expect(JSON.stringify(await c.post('externalcontact/get_corp_tag_list', {}))).not.toContain(tag.id);
  const asked = await c.post('externalcontact/get_corp_tag_list', { tag_id: [tag.id] });
  expect(asked.tag_group).toMatchObject([{ deleted: false, tag: [{ id: tag.id, deleted: true }] }]);
  expect(await c.post('externalcontact/get_corp_tag_list', { tag_id: ['et0'] })).toMatchObject({
    errcode: 40068,
  });
});

test('odd texts reach the wire as they are', async () => {
  const c = await client({ traps: 'all', size: 'demo' });
  const url = `${c.sim.url}/cgi-bin/${BATCH}?access_token=${await c.token()}`;
  let text = '';
  for (const userid of c.sim.company
    .truth()
    .relations.map((one) => one.userid)
    .filter((id, i, ids) => ids.indexOf(id) === i)) {
    const body = JSON.stringify({ userid_list: [userid], limit: 100 });
    text += await (await fetch(url, { method: 'POST', body })).text();
  }
  for (const part of [
    '\\u0000',
    '\\ud83c"',
    '6917529027641081857',
    '"name":""',
    'مرحبا',
    '"gender":"1"',
    '"add_way":"99"',
  ]) {
    expect(text).toContain(part);
  }
  for (const part of [
    '"description":null',
    '"remark_mobiles":""',
    'stSimQBwAA',
    '"createtime":"xxxx"',
    ' "',
  ]) {
    expect(text).toContain(part);
  }
  expect(text).toMatch(/"external_userid":"wo[^"]*"[^}]*"unionid"/);
});

test('unassigned customers: sorted by resignation, by cursor; is_last on the last page', async () => {
  const c = await client();
  const expected = wire(c.sim.company.truth().unassigned);
  expect(expected.length).toBeGreaterThan(5);
  const pages: Json[] = [];
  for (let cursor: unknown = ''; pages.length < 100; cursor = pages.at(-1)?.next_cursor) {
    pages.push(await c.post('externalcontact/get_unassigned_list', { cursor, page_size: 4 }));
    if (pages.at(-1)?.is_last === true) break;
  }
  expect(rows(pages, 'info')).toEqual(expected);
  expect(pages.at(-1)?.next_cursor).toBe('');
});

test('unassigned customers in the old form: page_id, is_last false without any cursor', async () => {
  const c = await client({ traps: { unassignedByPage: true } });
  const pages: Json[] = [];
  do pages.push(await c.post('externalcontact/get_unassigned_list', { page_id: pages.length }));
  while (pages.at(-1)?.is_last === false);
  expect(pages[0]).not.toHaveProperty('next_cursor');
  expect(rows(pages, 'info')).toEqual(wire(c.sim.company.truth().unassigned));
  expect(c.sim.violations).toEqual([]);
  await c.post('externalcontact/get_unassigned_list', { page_id: pages.length });
  expect(c.sim.violations).toHaveLength(1);
});

test('is_last may be true beside a cursor: asking on is a violation', async () => {
  const c = await client({ traps: { lastWithCursor: true } });
  const only = await c.post('externalcontact/get_unassigned_list', {});
  expect(only).toMatchObject({ errcode: 0, is_last: true });
  const cursor = only.next_cursor;
  expect(cursor).not.toBe('');
  expect(await c.post('externalcontact/get_unassigned_list', { cursor })).toMatchObject({ errcode: 50100 });
  expect(c.sim.violations).toHaveLength(1);
});
