import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { type Setting, setting } from './cli-support.ts';

const KEY = 'a key of at least thirty-two characters';

async function configure({ folder }: Setting, config: object): Promise<void> {
  await writeFile(join(folder, 'wecom-warehouse.config.json'), JSON.stringify(config), { mode: 0o600 });
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

async function value(client: Client, query: string, parameters: unknown[] = []): Promise<unknown> {
  const { rows } = await client.query({ text: query, values: parameters, rowMode: 'array' });
  return rows[0]?.[0];
}

test('personal columns are dropped or hashed before anything is written, and a second run writes nothing', async () => {
  const work = await setting({ seed: 5 });
  await configure(work, {
    personalData: {
      'customers.name': 'drop',
      'customers.unionid': 'hash',
      'customer_follows.remark_mobiles': 'hash',
      'employees.name': 'hash',
      'group_chat_members.name': 'drop',
      'approval_comments.content': 'drop',
    },
  });
  const run = (...args: string[]) => work.run(args, { WECOM_HASH_KEY: KEY });
  expect((await run('sync')).code).toBe(0);
  const client = await connect(work.database.url);
  expect(await value(client, 'SELECT count(name)::int FROM wecom.customers')).toBe(0);
  expect(await value(client, 'SELECT count(name)::int FROM wecom.group_chat_members')).toBe(0);
  expect(await value(client, 'SELECT count(content)::int FROM wecom.approval_comments')).toBe(0);
  expect(
    await value(
      client,
      `SELECT count(*)::int FROM wecom.approvals, jsonb_path_query(payload, '$.comments[*].commentcontent') c WHERE c <> 'null'`,
    ),
  ).toBe(0);

  const [member] = work.simulator.company.members;
  const userid = member?.userid ?? '';
  const digest = createHmac('sha256', KEY).update(String(member?.name)).digest('hex');
  expect(await value(client, 'SELECT name FROM wecom.employees WHERE userid = $1', [userid])).toBe(digest);
  for (const column of ['unionid FROM wecom.customers', 'unnest(remark_mobiles) FROM wecom.customer_follows'])
    expect(
      await value(
        client,
        `SELECT bool_and(v ~ '^[0-9a-f]{64}$') FROM (SELECT ${column}) AS x(v) WHERE v IS NOT NULL`,
      ),
    ).toBe(true);
  // What is not named is kept.
  expect(await value(client, 'SELECT count(remark)::int > 0 FROM wecom.customer_follows')).toBe(true);

  const second = JSON.parse((await run('sync', '--json')).stdout);
  for (const { stream, inserted, updated, deleted } of second.streams)
    expect([stream, inserted, updated, deleted]).toEqual([stream, 0, 0, 0]);
});

test('every mistake of the policy is told at once', async () => {
  const work = await setting();
  await configure(work, {
    personalData: {
      'customers.nam': 'drop',
      'customers.external_userid': 'hash',
      'checkins.latitude': 'hash',
      'employees.mobile': 'hash',
      'employees.name': 'mask',
    },
  });
  const bad = await work.run(['status']);
  expect(bad.code).toBe(2);
  expect(bad.stderr).toContain(
    'can be dropped or hashed: customers.nam, customers.external_userid. Those are:',
  );
  expect(bad.stderr).toContain('personalData.checkins.latitude must be keep or drop: it holds no text');
  expect(bad.stderr).toContain('personalData.employees.name must be one of keep, drop, hash');

  await configure(work, { personalData: { 'employees.mobile': 'hash' } });
  const missing = await work.run(['status']);
  expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('WECOM_HASH_KEY is missing')]);
  const short = await work.run(['status'], { WECOM_HASH_KEY: 'too short' });
  expect([short.code, short.stderr]).toEqual([2, expect.stringContaining('at least 32 characters')]);
});

test("the admin's fields become columns of dim_employee, at the next sync or migrate, and stay", async () => {
  const work = await setting({ seed: 5 });
  const attributes = (employeeAttributes: object) => configure(work, { employeeAttributes });
  expect((await work.run(['sync'])).code).toBe(0);
  const client = await connect(work.database.url);
  const columns = () =>
    value(
      client,
      `SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'analytics.dim_employee'::regclass AND attnum > 0`,
    );
  const before = await columns();

  await attributes({ employee_no: '工号' });
  expect((await work.run(['sync', 'departments'])).code).toBe(0);
  expect(await columns()).toEqual([...(Array.isArray(before) ? before : []), 'employee_no']);
  expect(
    await value(
      client,
      `SELECT bool_and(d.employee_no = a.value) AND count(*) > 0 FROM analytics.dim_employee d
       JOIN wecom.employee_attributes a USING (corp_id, userid) WHERE a.attr_name = '工号'`,
    ),
  ).toBe(true);

  await attributes({ store_code: '门店编码' });
  expect((await work.run(['migrate'])).code).toBe(0);
  expect(await columns()).toEqual([...(Array.isArray(before) ? before : []), 'employee_no', 'store_code']);

  await attributes({});
  expect((await work.run(['migrate'])).code).toBe(0);
  expect(await value(client, 'SELECT count(employee_no)::int > 0 FROM analytics.dim_employee')).toBe(true);

  await attributes({ position: '职位', 'Bad name': 'x' });
  const bad = await work.run(['migrate']);
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('Bad name')]);
  await attributes({ position: '职位' });
  const taken = await work.run(['migrate']);
  expect([taken.code, taken.stderr]).toEqual([2, expect.stringContaining('has already')]);
});
