import { Kysely, PostgresDialect } from 'kysely';
import { Pool } from 'pg';
import { afterAll, expect, it } from 'vitest';
import { corpTagsStream } from '../../extractors/corp_tags.ts';
import { customersStream } from '../../extractors/customers.ts';
import { departmentsStream } from '../../extractors/departments.ts';
import { employeesStream } from '../../extractors/employees.ts';
import { followUsersStream } from '../../extractors/follow_users.ts';
import { groupChatOwnerDailyStream } from '../../extractors/group_chat_owner_daily.ts';
import { groupChatsStream } from '../../extractors/group_chats.ts';
import { unassignedCustomersStream } from '../../extractors/unassigned_customers.ts';
import { userBehaviorDailyStream } from '../../extractors/user_behavior_daily.ts';
import * as m1 from '../../migrations/0001_sync.ts';
import * as m2 from '../../migrations/0002_directory.ts';
import * as m3 from '../../migrations/0003_customer_contact.ts';
import { columnsOf } from '../../src/engine/table.ts';
import { createTestDatabase } from '../support/database.ts';

it('declarations equal migrations', async () => {
  const database = await createTestDatabase();
  const pool = new Pool({ connectionString: database.url });
  const db = new Kysely<any>({ dialect: new PostgresDialect({ pool }) });
  for (const m of [m1, m2, m3]) await m.up(db);
  const streams = [departmentsStream, employeesStream, followUsersStream, corpTagsStream, customersStream, groupChatsStream, unassignedCustomersStream, userBehaviorDailyStream, groupChatOwnerDailyStream];
  const names: string[] = [];
  for (const table of streams.flatMap((s) => s.tables)) {
    names.push(table.name);
    const { rows } = await pool.query(
      `SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attgenerated, col_description(a.attrelid, a.attnum) AS comment
       FROM pg_attribute a WHERE a.attrelid = ('wecom.' || $1)::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname`, [table.name]);
    const found = rows.filter((r) => !['corp_id', 'valid_from'].includes(r.attname) && r.attgenerated === '').map((r) => [r.attname, r.type.replace('timestamp with time zone', 'timestamptz')]);
    expect(found, table.name).toEqual(columnsOf(table).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    for (const r of rows) expect(r.comment, `${table.name}.${r.attname}`).toMatch(/^[^\n|]*[\u4e00-\u9fffA-Za-z]+[^\n|]* \| [^\n]+/);
  }
  const all = await pool.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'wecom' ORDER BY 1`);
  expect(all.rows.map((r) => r.tablename)).toEqual(names.toSorted());
  await pool.query(`INSERT INTO wecom.group_chat_members (corp_id, chat_id, member_id, member_type, valid_from) VALUES ('c','wr','u',1,now()),('c','wr','wm',2,now())`);
  expect((await pool.query(`SELECT userid, external_userid FROM wecom.group_chat_members ORDER BY member_id`)).rows).toEqual([{ userid: 'u', external_userid: null }, { userid: null, external_userid: 'wm' }]);
  for (const m of [m3, m2, m1]) await m.down(db);
  await db.destroy();
  await database.drop();
});
