import { afterEach, describe, expect, test } from 'vitest';
import type { Row } from '../../src/simulator/world/odd.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle, type Tables } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

/** Keys and sets that vanish for everybody, although each record is still there. */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

/** A warehouse after its first healthy run, and what it holds then. */
async function filled(members?: number): Promise<{ warehouse: Warehouse; tables: Tables }> {
  const warehouse = await openWarehouse({ seed: 5, ...(members && { size: { members } }) });
  open.push(warehouse);
  expect((await warehouse.run()).status).toBe('succeeded');
  return { warehouse, tables: new Oracle().observe(warehouse.sim.company) };
}

/** Warnings that name the table. */
async function warnings(url: string, table: string): Promise<number> {
  const query = `SELECT note FROM wecom_sync.run_streams, jsonb_array_elements_text(notes) note
    WHERE note LIKE '% ${table} for anybody%'`;
  return (await withReader(url, (client) => select(client, query))).length;
}

type Change = (row: Row) => Row;

/** The same change in each object of a list of the answer. */
const each =
  (list: string, change: Change): Change =>
  ({ [list]: items, ...body }) => ({
    ...body,
    [list]: Array.isArray(items) ? items.map((item) => change(item)) : items,
  });

const without =
  (...keys: string[]): Change =>
  (row) =>
    Object.fromEntries(Object.entries(row).filter(([key]) => !keys.includes(key)));

const USERS = 'user/list';
const CUSTOMERS = 'externalcontact/batch/get_by_user';
const followInfo = (change: Change) =>
  each('external_contact_list', ({ follow_info, ...row }) => ({
    ...row,
    follow_info: change(Object(follow_info)),
  }));

/** Keys that nobody has any more, and the table that would be emptied. */
const LOST: readonly (readonly [title: string, path: string, change: Change, table: string])[] = [
  ['no extattr', USERS, each('userlist', without('extattr')), 'employee_attributes'],
  [
    'no department and what goes with it',
    USERS,
    each('userlist', without('department', 'order', 'is_leader_in_dept')),
    'employee_departments',
  ],
  ['no is_leader_in_dept', USERS, each('userlist', without('is_leader_in_dept')), 'employee_departments'],
  ['no tag_id', CUSTOMERS, followInfo(without('tag_id', 'tags')), 'customer_follow_tags'],
  ['no follow_info', CUSTOMERS, each('external_contact_list', without('follow_info')), 'customer_follows'],
  [
    'no remark, state and createtime',
    CUSTOMERS,
    followInfo(without('remark', 'state', 'createtime')),
    'customer_follows',
  ],
  ['no status', 'externalcontact/groupchat/list', each('group_chat_list', without('status')), 'group_chats'],
  [
    'no admin_list, notice and owner',
    'externalcontact/groupchat/get',
    ({ group_chat, ...body }) => ({
      ...body,
      group_chat: without('admin_list', 'notice', 'owner')(Object(group_chat)),
    }),
    'group_chats',
  ],
];

/** Sets that come empty for everybody, and the table that would be emptied. */
const EMPTIED: readonly (readonly [title: string, path: string, change: Change, stream: string])[] = [
  ['attrs', USERS, each('userlist', (user) => ({ ...user, extattr: { attrs: [] } })), 'employees'],
  [
    'department',
    USERS,
    each('userlist', (user) => ({ ...user, department: [], order: [], is_leader_in_dept: [] })),
    'employees',
  ],
  ['tag_id', CUSTOMERS, followInfo((info) => ({ ...info, tag_id: [] })), 'customers'],
];

describe('DESIGN 2.3: a key that not one record has any more', () => {
  test.each(
    LOST,
  )('%s in %s: what was stored stays, with one warning', async (_title, path, change, table) => {
    const { warehouse, tables } = await filled();
    warehouse.sim.faults.inject({ path, kind: { change }, times: Number.POSITIVE_INFINITY });
    const result = await warehouse.run();
    expect(result.status).toBe('succeeded');
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await history(warehouse.url)).toEqual([]);
    expect(await warnings(warehouse.url, table)).toBe(1);
    warehouse.sim.faults.clear();
    expect((await warehouse.run()).streams.filter(({ updated, inserted }) => updated + inserted > 0)).toEqual(
      [],
    );
    expect(await history(warehouse.url)).toEqual([]);
  });

  test.each(EMPTIED)('%s empty for everybody in %s: held', async (_title, path, change, stream) => {
    const { warehouse, tables } = await filled(60);
    warehouse.sim.faults.inject({ path, kind: { change }, times: Number.POSITIVE_INFINITY });
    const result = await warehouse.run();
    expect(result.streams.find((one) => one.stream === stream)).toMatchObject({ status: 'held', deleted: 0 });
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await history(warehouse.url)).toEqual([]);
    warehouse.sim.faults.clear();
    expect((await warehouse.run({ acceptDeletes: true })).status).toBe('succeeded');
    expect(await compare(warehouse.url, tables)).toEqual([]);
    expect(await history(warehouse.url)).toEqual([]);
  });
});
