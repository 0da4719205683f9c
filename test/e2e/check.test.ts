import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { migrated } from '../oracle/warehouse.ts';
import { createTestDatabase, withClient } from '../support/database.ts';
import { type Setting, setting } from './cli-support.ts';

/** The line about a secret, a stream or the database. */
const lineOf = (stdout: string, name: string) =>
  stdout.split('\n').find((line) => line.split(/ +/)[1] === name) ?? '';
const marksOf = (stdout: string) =>
  Object.fromEntries(catalogue.map(({ name }) => [name, lineOf(stdout, name).charAt(0)]));
const all = (mark: string) => Object.fromEntries(catalogue.map(({ name }) => [name, mark]));
/** `What to do`: a block per advice, headed by those who need it. */
const adviceFor = (stdout: string, name: string) =>
  (stdout.split('\nWhat to do\n')[1] ?? '').split(/\n(?! )/).find((block) => block.includes(name)) ?? '';

/** The app sees everybody, unless a test says otherwise. */
async function company(): Promise<Setting> {
  const here = await setting();
  here.simulator.access.visibleRange = { departments: [1] };
  return here;
}

describe('check', () => {
  test('all is well: a line for each secret and stream, the address that WeCom saw, exit 0', async () => {
    const { run, simulator } = await company();
    // Who has no customer is answered with 84061, and with the address: here it must be asked for.
    const [withoutCustomers] = simulator.company.members.filter((member) => member.customerContact);
    simulator.company.hide(withoutCustomers?.userid ?? '');
    const { code, stdout, stderr } = await run(['check']);
    expect([code, stderr]).toEqual([0, '']);
    expect(simulator.requests.filter(({ errcode }) => errcode !== 0)).toMatchObject([
      { path: 'agent/get', errcode: 301002 },
    ]);
    expect(marksOf(stdout)).toEqual(all('✓'));
    for (const { name } of catalogue) expect(lineOf(stdout, name)).toMatch(/ permitted$/);
    expect(lineOf(stdout, 'WECOM_SECRET')).toMatch(
      /✓ .*数据同步 \(agentid 1000005\), sees the whole company/,
    );
    expect(lineOf(stdout, 'database')).toMatch(/✓ .*PostgreSQL 1\d.*, user \S+: may create schemas, empty/);
    expect(stdout).toMatch(/Egress IP that WeCom saw: 127\.0\.0\.1/);
    expect(stdout).not.toContain('What to do');
    expect(simulator.violations).toEqual([]);
  });

  test('a product that the app may not call: what to click, in two languages, once; the others go on', async () => {
    const { run, simulator } = await company();
    simulator.access.revoke('customer');
    const { code, stdout } = await run(['check']);
    expect(code).toBe(3);
    const marks = marksOf(stdout);
    expect(marks).toMatchObject({ departments: '✓', employees: '✓', approvals: '✓', checkins: '✓' });
    expect(marks).toMatchObject({ follow_users: '✗', corp_tags: '✗', customers: '?' });
    expect(lineOf(stdout, 'follow_users')).toMatch(/forbidden: .*errcode 48002/);
    expect(lineOf(stdout, 'customers')).toMatch(/not tried: .*follow user/);
    const advice = adviceFor(stdout, 'follow_users');
    expect(advice).toMatch(/^follow_users, corp_tags, unassigned_customers:\n/);
    expect(advice).toMatch(/Add the app under 企业微信管理后台 → .*客户联系.*\n.*请在 企业微信管理后台 → /);
    expect(stdout.match(/Add the app under/g)).toHaveLength(1);
    expect(simulator.violations).toEqual([]);
  });

  test('a wrong secret is tried once, and the streams of the other one are still looked at', async () => {
    const { run, simulator } = await company();
    const { code, stdout } = await run(['check'], { WECOM_SECRET_APPROVAL: 'no-such-secret-anywhere' });
    expect(code).toBe(3);
    expect(stdout).toMatch(/✗ WECOM_SECRET_APPROVAL +.*40001/);
    expect(lineOf(stdout, 'approvals')).toMatch(/✗ .*not tried: WECOM_SECRET_APPROVAL cannot be used/);
    expect(marksOf(stdout)).toEqual({ ...all('✓'), approvals: '✗', approval_templates: '✗' });
    expect(simulator.access.wrongAttempts).toBe(1);
    expect(stdout).not.toContain('no-such-secret-anywhere');
  });

  test('an address that is not trusted: the address, where to add it, and no further call', async () => {
    const { run, simulator } = await company();
    simulator.access.trustedIp = false;
    const { code, stdout } = await run(['check']);
    expect(code).toBe(3);
    expect(lineOf(stdout, 'WECOM_SECRET')).toMatch(/✗ .*not in the trusted IPs.*WeCom saw 127\.0\.0\.1;/);
    expect(marksOf(stdout)).toEqual(all('✗'));
    expect(adviceFor(stdout, 'WECOM_SECRET')).toMatch(/企业可信IP.*WECOM_PROXY[\s\S]*将出口 IP 加入/);
    expect(simulator.requests.map(({ path }) => path)).toEqual(['gettoken', 'agent/list']);
  });

  test('an address that one app does not trust touches only the streams of that app', async () => {
    const { run, simulator } = await company();
    simulator.faults.inject({ path: 'oa/getapprovalinfo', kind: { errcode: 60020 }, times: 9 });
    const own = { WECOM_SECRET_APPROVAL: simulator.secrets.approval ?? '' };
    const { code, stdout } = await run(['check'], own);
    expect(code).toBe(3);
    expect(lineOf(stdout, 'approvals')).toMatch(/not in the trusted IPs/);
    expect(lineOf(stdout, 'approval_templates')).toMatch(/not tried: WECOM_SECRET_APPROVAL cannot be used/);
    expect(marksOf(stdout)).toEqual({ ...all('✓'), approvals: '✗', approval_templates: '✗' });
  });

  test('a blocked address is told at once, and nobody asks for a second token', async () => {
    const { run, simulator } = await company();
    simulator.faults.inject({ path: 'gettoken', kind: { errcode: 45009 }, times: Number.POSITIVE_INFINITY });
    const other = { WECOM_SECRET_APPROVAL: simulator.secrets.approval ?? '' };
    const { code, stdout } = await run(['check'], other);
    expect(code).toBe(3);
    for (const name of ['WECOM_SECRET', 'WECOM_SECRET_APPROVAL'])
      expect(lineOf(stdout, name)).toMatch(/✗ .*this address is blocked for up to an hour: .*45009/);
    expect(lineOf(stdout, 'customers')).toMatch(/not tried: WeCom did not say whether WECOM_SECRET is right/);
    expect(adviceFor(stdout, 'WECOM_SECRET')).toMatch(/no token for up to an hour[\s\S]*一小时内不再/);
    expect(simulator.requests.map(({ path }) => path)).toEqual(['gettoken']);
  });

  test('a path whose calls are used up is told at once, and the others go on', async () => {
    const { run, simulator } = await company();
    simulator.faults.inject({ path: 'oa/getapprovalinfo', kind: { errcode: 45009 }, times: 9 });
    const { code, stdout } = await run(['check']);
    expect(code).toBe(3);
    expect(lineOf(stdout, 'approvals')).toMatch(/✗ .*used up for a minute or more: .*45009/);
    expect(marksOf(stdout)).toMatchObject({ ...all('✓'), approvals: '✗', approval_templates: '?' });
    expect(simulator.requests.filter(({ path }) => path === 'oa/getapprovalinfo')).toHaveLength(1);
  });

  test('a busy WeCom says nothing against the secret', async () => {
    const { run, simulator } = await company();
    const busy = { kind: { errcode: -1 }, times: Number.POSITIVE_INFINITY };
    simulator.faults.inject({ path: 'agent/list', ...busy });
    const { code, stdout } = await run(['check']);
    expect(code).toBe(0);
    expect(lineOf(stdout, 'WECOM_SECRET')).toMatch(/✓ .*accepted/);
    expect(marksOf(stdout)).toEqual(all('✓'));
    simulator.faults.inject({ path: 'gettoken', ...busy });
    const without = await run(['check']);
    expect(without.code).toBe(3);
    expect(lineOf(without.stdout, 'customers')).toMatch(/WeCom did not say whether WECOM_SECRET is right/);
    expect(without.stdout).not.toMatch(/refused|cannot be used/);
  });

  test('a visible range smaller than the company is shown and is no failure', async () => {
    const { run, simulator } = await company();
    simulator.access.visibleRange = { departments: [2, 3], users: ['LiMing'], tags: [8] };
    const { code, stdout } = await run(['check']);
    expect(code).toBe(0);
    expect(lineOf(stdout, 'WECOM_SECRET')).toMatch(
      /! .*2 departments \(2, 3\), not the root, 1 members by name, 1 tags/,
    );
    expect(adviceFor(stdout, 'WECOM_SECRET')).toMatch(/数据同步 → 可见范围[\s\S]*勾选根部门/);
  });

  test('nothing visible: 60011 is a lost permission, and what hangs on it is not tried', async () => {
    const { run, simulator } = await company();
    simulator.faults.inject({ path: 'department/list', kind: { errcode: 60011 }, times: 9 });
    const { code, stdout } = await run(['check']);
    expect(code).toBe(3);
    expect(lineOf(stdout, 'departments')).toMatch(/✗ .*forbidden, nothing is visible: .*60011/);
    expect(lineOf(stdout, 'employees')).toMatch(/\? .*not tried: it needs the id of one department, and/);
    expect(adviceFor(stdout, 'departments')).toContain('可见范围');
  });

  test('an empty list of follow users is permitted, and what hangs on it says why it was not tried', async () => {
    const { run, simulator } = await company();
    simulator.faults.inject({ path: 'externalcontact/get_follow_user_list', kind: 'empty', times: 9 });
    const { code, stdout } = await run(['check']);
    expect(code).toBe(0);
    expect(lineOf(stdout, 'customers')).toMatch(/\? .*WeCom shows no follow user/);
    expect(adviceFor(stdout, 'customers')).toContain('使用范围');
  });

  test('retired secrets: contact sync reads no details, a system app is to be replaced', async () => {
    const { run, simulator } = await company();
    simulator.access.revoke('checkin');
    const { code, stdout } = await run(['check'], {
      WECOM_SECRET: '',
      WECOM_SECRET_CONTACT_SYNC: simulator.secrets.contactSync ?? '',
      WECOM_SECRET_CHECKIN: simulator.secrets.checkin ?? '',
      WECOM_SECRET_CUSTOMER: simulator.secrets.customer ?? '',
    });
    expect(code).toBe(3);
    expect(stdout).toMatch(/✓ WECOM_SECRET_CHECKIN +accepted: system app 打卡 \(agentid 3010011\)/);
    expect(lineOf(stdout, 'departments')).toMatch(/retired secret of 通讯录同步: .*48009/);
    expect(adviceFor(stdout, 'departments')).toContain('自 2022-08-15 起通讯录同步只能读取 ID');
    expect(lineOf(stdout, 'checkins')).toMatch(/secret of the system app 打卡: .*48002/);
    expect(adviceFor(stdout, 'checkins')).toMatch(/创建应用.*打卡 → API[\s\S]*请改用自建应用/);
    expect(lineOf(stdout, 'approvals')).toMatch(/✗ .*No secret is configured.*WECOM_SECRET_APPROVAL/);
    expect(marksOf(stdout)).toMatchObject({ follow_users: '✓', customers: '✓', group_chats: '✓' });
  });

  test('warns of a .env that others can read', async () => {
    const { run, folder } = await company();
    await writeFile(join(folder, '.env'), 'LOG_LEVEL=warn\n', { mode: 0o644 });
    const { stdout } = await run(['check']);
    expect(lineOf(stdout, '.env')).toMatch(/^! /);
    expect(stdout).toContain('chmod 600 .env');
  });
});

describe('check of the database: exit 5, whatever WeCom says', () => {
  test('unreachable', async () => {
    const { run } = await company();
    const { code, stdout } = await run(['check'], {
      DATABASE_URL: 'postgres://a:hunter2hunter2@127.0.0.1:1/x',
    });
    expect(code).toBe(5);
    expect(lineOf(stdout, 'database')).toMatch(/✗ .*127\.0\.0\.1:1\/x cannot be reached/);
    expect(adviceFor(stdout, 'database')).toContain('DATABASE_URL');
    expect(stdout).not.toContain('hunter2hunter2');
    expect(marksOf(stdout)).toEqual(all('✓'));
  });

  test('read only', async () => {
    const { run, database } = await company();
    const url = new URL(database.url);
    url.searchParams.set('options', '-c default_transaction_read_only=on');
    const { code, stdout } = await run(['check'], { DATABASE_URL: url.href });
    expect(code).toBe(5);
    expect(lineOf(stdout, 'database')).toMatch(/✗ .*read only/);
    expect(adviceFor(stdout, 'database')).toContain('primary');
  });

  test('migrated: current, older, newer, and a user who may only read', async () => {
    const { run } = await company();
    const database = await createTestDatabase(migrated);
    try {
      const checked = async (url = database.url) => {
        const { code, stdout } = await run(['check'], { DATABASE_URL: url });
        return `${code} ${lineOf(stdout, 'database')} ${adviceFor(stdout, 'database')}`;
      };
      const change = (text: string) => withClient(database.url, (client) => client.query(text));
      expect(await checked()).toMatch(/^0 ✓ .*may load, the schema is current/);

      const role = `reader_${Date.now()}`;
      await change(`CREATE ROLE ${role} LOGIN PASSWORD 'reader-password';
        GRANT USAGE ON SCHEMA wecom, wecom_history, wecom_sync TO ${role};
        GRANT SELECT ON ALL TABLES IN SCHEMA wecom, wecom_history, wecom_sync TO ${role}`);
      try {
        const url = new URL(database.url);
        url.username = role;
        url.password = 'reader-password';
        expect(await checked(url.href)).toMatch(/^5 ✗ .*may not write \d+ tables[\s\S]*GRANT wecom_loader/);
      } finally {
        await change(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
      }

      await change(`INSERT INTO wecom_sync.kysely_migration VALUES ('9999_later', now()::text)`);
      expect(await checked()).toMatch(/^5 ✗ .*newer than this version \(9999_later\)/);
      await change(`DELETE FROM wecom_sync.kysely_migration WHERE name >= '0002'`);
      expect(await checked()).toMatch(/^5 ✗ .*older than this version[\s\S]*Run: wecom-warehouse migrate/);
    } finally {
      await database.drop();
    }
  });
});
