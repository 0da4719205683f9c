import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { expect, onTestFinished, test } from 'vitest';
import { TRAP_NAMES } from '../../src/simulator/index.ts';
import { type Setting, setting } from './cli-support.ts';

/** The reports of a sync and of a forget, as far as the tests read them. */
interface SyncReport {
  streams: { stream: string; status: string; inserted: number; updated: number; deleted: number }[];
}
interface ForgetReport {
  placeholder: string;
  again: boolean;
  tables: { table: string; deleted: number; redacted: number }[];
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function column(client: Client, query: string, parameters: unknown[] = []): Promise<string[]> {
  const { rows } = await client.query<{ value: string | null }>(query, parameters);
  return rows.flatMap(({ value }) => (value === null || value === '' ? [] : [value]));
}

/** Every table of every schema, copied out as text: lines that hold one of the values in any letter case. */
async function search(client: Client, values: readonly string[]): Promise<string[]> {
  const tables = await column(
    client,
    `SELECT format('%I.%I', schemaname, tablename) AS value FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  expect(tables.length).toBeGreaterThan(40);
  const found: string[] = [];
  for (const table of tables) {
    const dump = await text(client.query(copyTo(`COPY ${table} TO STDOUT`)));
    for (const line of dump.toLowerCase().split('\n'))
      for (const value of values)
        if (line.includes(value.toLowerCase())) found.push(`${table} ${value}: ${line.slice(0, 300)}`);
  }
  return found;
}

async function syncOnce({ run }: Setting): Promise<SyncReport> {
  const { code, stdout, stderr } = await run(['sync', '--json']);
  expect([code, stderr.slice(-2000)]).toEqual([0, expect.any(String)]);
  return JSON.parse(stdout);
}

async function expectNothingWritten(work: Setting): Promise<void> {
  const { streams } = await syncOnce(work);
  expect(
    streams.map(({ stream, inserted, updated, deleted }) => [stream, inserted, updated, deleted]),
  ).toEqual(streams.map(({ stream }) => [stream, 0, 0, 0]));
}

async function forget(work: Setting, ...flags: string[]): Promise<ForgetReport> {
  const { code, stdout, stderr } = await work.run(['forget', '--json', ...flags]);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** Without the alias: A42 is also found inside of other people's unionids. */
const EMPLOYEE_VALUES = `
  SELECT v.value FROM wecom.employees, unnest(ARRAY[name, email, biz_mail, mobile]) AS v(value) WHERE userid = $1
  UNION SELECT name FROM wecom.group_chat_members WHERE member_id = $1`;

test('a forgotten customer is in no table, and the next sync brings nobody back and writes nothing', async () => {
  const work = await setting({ seed: 3, traps: 'all' });
  await syncOnce(work);
  const client = await connect(work.database.url);
  const { rows } = await client.query<{ customer: string; follower: string }>(
    `SELECT f.external_userid AS customer, f.userid AS follower
     FROM wecom.group_chat_members m JOIN wecom.customer_follows f ON f.external_userid = m.member_id
     JOIN wecom.customers c ON c.external_userid = m.member_id
     WHERE c.unionid IS NOT NULL ORDER BY count(*) OVER (PARTITION BY m.member_id) DESC, 1, 2 LIMIT 1`,
  );
  const [{ customer, follower } = { customer: '', follower: '' }] = rows;
  // Names that nobody else has, so that whatever is found is this person.
  work.simulator.company.changeCustomer(customer, { name: '欧阳独一' });
  work.simulator.company.changeRelation(follower, customer, {
    remark: '独一-老客户',
    // The second one stands in other people's remarks as well, and stays there.
    remark_mobiles: ['13911112222', '13800000001'],
  });
  await syncOnce(work);
  const unionids = `SELECT unionid AS value FROM wecom.customers WHERE external_userid = $1`;
  const values = [
    customer,
    '欧阳独一',
    '独一-老客户',
    '13911112222',
    ...(await column(client, unionids, [customer])),
  ];
  expect(values.length).toBe(5);
  // Traces beside the person's own rows: a reject, a note of a run, a held key, an old version, an approval's text.
  await plant(client, customer, '欧阳独一');

  const planned = await forget(work, '--customer', customer, '--dry-run');
  expect(planned.tables.map(({ table }) => table)).toEqual(
    expect.arrayContaining(['wecom.customers', 'wecom.customer_follows', 'wecom.group_chat_members']),
  );
  expect(await column(client, unionids, [customer])).not.toEqual([]);

  const done = await forget(work, '--customer', customer.toUpperCase());
  expect(done.tables).toEqual(planned.tables);
  expect(await search(client, values)).toEqual([]);
  const others = `SELECT external_userid AS value FROM wecom.customer_follows WHERE '13800000001' = ANY(remark_mobiles)`;
  expect(await column(client, others)).not.toEqual([]);

  await expectNothingWritten(work);
  expect(await search(client, values)).toEqual([]);
  const again = await forget(work, '--customer', customer);
  expect(again).toMatchObject({ again: true, tables: [], placeholder: done.placeholder });
});

/** What runs leave of a person outside of the person's own rows. */
async function plant(client: Client, id: string, name: string): Promise<void> {
  const corp = `(SELECT corp_id FROM wecom_sync.runs LIMIT 1)`;
  await client.query(
    `INSERT INTO wecom_sync.rejects (corp_id, stream, reject_id, run_id, unit, reason, payload, first_seen_at, last_seen_at)
     VALUES (${corp}, 'customers', 'planted', 'r', NULL, 'planted', $1, now(), now())`,
    [JSON.stringify({ external_contact: { external_userid: id, name }, follow_info: {} })],
  );
  await client.query(`UPDATE wecom_sync.run_streams SET notes = $1, error = $2 WHERE stream = 'customers'`, [
    JSON.stringify([`seen {"customer":"${id}"}`]),
    JSON.stringify({ message: `failed at ${id.toLowerCase()}.` }),
  ]);
  await client.query(
    `INSERT INTO wecom_sync.absences (corp_id, stream, table_name, key, unit, cycle, reason)
     VALUES (${corp}, 'customers', 'customer_follows', $1, 'somebody', 'c', 'held')`,
    [JSON.stringify({ external_userid: id, userid: 'somebody' })],
  );
  await client.query(
    `INSERT INTO wecom_history.customers (corp_id, external_userid, name, valid_from, valid_to, ended_by)
     VALUES (${corp}, $1, $2, '2020-01-01', '2020-02-01', 'gone')`,
    [id, name],
  );
}

/** Stored facts that hold other rows than those derived anew from all that is left. */
async function staleFacts(client: Client): Promise<string[]> {
  const facts = await column(
    client,
    `SELECT tablename AS value FROM pg_tables WHERE schemaname = 'analytics_store' AND tablename <> 'refreshes'`,
  );
  expect(facts.length).toBeGreaterThan(5);
  const stale: string[] = [];
  for (const fact of facts) {
    const names = await column(
      client,
      `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS value FROM pg_attribute
       WHERE attrelid = ('analytics_store.' || quote_ident($1))::regclass AND attnum > 0`,
      [fact],
    );
    const [stored, derived] = [fact, `${fact}_source`].map(
      (name) => `SELECT ${names} FROM analytics_store.${name}`,
    );
    const { rows } = await client.query(
      `(${stored} EXCEPT ${derived}) UNION ALL (${derived} EXCEPT ${stored}) LIMIT 1`,
    );
    if (rows.length > 0) stale.push(`${fact}: ${JSON.stringify(rows)}`);
  }
  return stale;
}

/** All but one: keys of the group list that have no column are lost with the owner's list. */
const TRAPS = Object.fromEntries(TRAP_NAMES.map((name) => [name, name !== 'unknownKeys']));

test('a forgotten employee is in no table: owner, applicant, approver, leader, invitor, statistics', async () => {
  const work = await setting({ seed: 3, traps: TRAPS });
  await syncOnce(work);
  const client = await connect(work.database.url);
  const [employee = ''] = await column(
    client,
    `SELECT userid AS value FROM wecom.employees e
     WHERE EXISTS (SELECT FROM wecom.group_chats g WHERE g.owner_userid = e.userid)
       AND EXISTS (SELECT FROM wecom.approvals a WHERE a.applicant_userid = e.userid)
       AND EXISTS (SELECT FROM wecom.customer_follows f WHERE f.userid = e.userid)
     ORDER BY (SELECT count(*) FROM wecom.approval_step_approvers s WHERE s.userid = e.userid)
       + (SELECT count(*) FROM wecom.approval_notifyers n WHERE n.userid = e.userid) DESC, 1 LIMIT 1`,
  );
  const own = await column(client, `SELECT v.value FROM (${EMPLOYEE_VALUES}) v WHERE length(v.value) > 1`, [
    employee,
  ]);
  const groups = await column(
    client,
    'SELECT chat_id AS value FROM wecom.group_chats WHERE owner_userid = $1 ORDER BY 1',
    [employee],
  );
  const requests = await column(
    client,
    'SELECT sp_no AS value FROM wecom.approvals WHERE applicant_userid = $1',
    [employee],
  );
  expect([groups.length, requests.length].every((n) => n > 0)).toBe(true);
  const values = [employee, ...own];

  const done = await forget(work, '--employee', employee.toLowerCase());
  expect(await search(client, values)).toEqual([]);
  expect(await staleFacts(client)).toEqual([]);
  const kept = 'SELECT chat_id AS value FROM wecom.group_chats WHERE owner_userid = $1 ORDER BY 1';
  expect(await column(client, kept, [done.placeholder])).toEqual(groups);
  const [request] = requests;
  expect(
    await column(
      client,
      `SELECT payload #>> '{applyer,userid}' AS value FROM wecom.approvals WHERE sp_no = $1`,
      [request],
    ),
  ).toEqual([done.placeholder]);

  await expectNothingWritten(work);
  expect(await search(client, values)).toEqual([]);
  expect(work.simulator.violations).toEqual([]);
  const replayed = await work.run(['replay', '--json']);
  expect(JSON.parse(replayed.stdout).streams).toEqual([
    expect.objectContaining({ inserted: 0, updated: 0, deleted: 0 }),
    expect.objectContaining({ inserted: 0, updated: 0, deleted: 0 }),
  ]);
});

test('an id that nobody ever had is a wrong use, and leaves no trace', async () => {
  const work = await setting();
  await syncOnce(work);
  const client = await connect(work.database.url);
  const { code, stderr } = await work.run(['forget', '--employee', 'NobodyAtAll']);
  expect(code).toBe(2);
  expect(stderr).toContain('holds nothing of employee NobodyAtAll');
  expect(await column(client, 'SELECT hash AS value FROM wecom_sync.tombstones')).toEqual([]);
  expect(await column(client, `SELECT run_id AS value FROM wecom_sync.runs`)).toHaveLength(1);
  const both = await work.run(['forget']);
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--customer EXTERNAL_USERID')]);
});

test('forget waits for the lock of a run, and gives up with exit code 4', async () => {
  const work = await setting();
  await syncOnce(work);
  const client = await connect(work.database.url);
  const { rows } = await client.query(
    `SELECT userid, pg_advisory_lock(hashtext('wecom-warehouse'), hashtext(corp_id)) FROM wecom.employees LIMIT 1`,
  );
  const { code } = await work.run(['forget', '--employee', rows[0].userid]);
  expect(code).toBe(4);
});
