import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import pino from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { applyApprovalForms } from '../../loaders/analytics/index.ts';
import { migrate, schemaState } from '../../loaders/migrator.ts';
import { asOwner, createRoles, grantStatements } from '../../loaders/roles.ts';
import { type Database, openDatabase } from '../../src/database.ts';
import { startSimulator } from '../../src/simulator/index.ts';
import { sync } from '../../src/sync.ts';
import { SecretBook } from '../../src/wecom/secrets.ts';
import { createTestDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { staleFacts } from './store-support.ts';

const silent = pino({ level: 'silent' });
const ROLES = ['wecom_analyst_pii', 'wecom_analyst', 'wecom_loader', 'wecom_owner'];
const admin = () => inject('testServer').url;

/** Roles live in the whole server: those of a test go with it, those that were there before stay. */
let ours: readonly string[];
beforeAll(async () => {
  ours = await withClient(admin(), async (client) => {
    const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles');
    return ROLES.filter((role) => !rows.some((row) => row.rolname === role));
  });
});

let database: TestDatabase;
let logins: string[];
let open: Database[];
beforeEach(async () => {
  database = await createTestDatabase();
  logins = [];
  open = [];
});
afterEach(async () => {
  for (const one of open) await one.close();
  await database.drop();
  await withClient(admin(), async (client) => {
    for (const role of [...ours, ...logins]) await client.query(`DROP ROLE IF EXISTS ${role}`);
  });
});

/** A login user of its own: its URL. */
async function login(name: string, options = ''): Promise<{ name: string; url: string }> {
  const user = `ww_test_${name}_${randomBytes(4).toString('hex')}`;
  await withClient(database.url, (client) =>
    client.query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret' ${options}`),
  );
  logins.push(user);
  const url = new URL(database.url);
  url.username = user;
  url.password = 'secret';
  return { name: user, url: url.href };
}

async function member(role: string): Promise<{ name: string; url: string }> {
  const user = await login(role);
  await withClient(database.url, (client) => client.query(`GRANT ${role} TO ${user.name}`));
  return user;
}

async function connect(url: string): Promise<Database> {
  const made = await openDatabase({ databaseUrl: url }, silent);
  open.push(made);
  return made;
}

/** SQLSTATE of the statement, or 'done'. */
const outcome = (url: string, statement: string): Promise<string> =>
  withClient(url, (client: Client) =>
    client.query(statement).then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    ),
  );

const DENIED = '42501';

async function outcomes(url: string, statements: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const statement of statements) found.push(`${await outcome(url, statement)} ${statement}`);
  return found;
}

function cli(url: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  const env = { ...process.env, DATABASE_URL: url, LOG_LEVEL: 'warn' };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { cwd: tmpdir(), env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Everything with an owner and rights, to compare two states. */
async function rights(url: string): Promise<unknown[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query(`
      SELECT n.nspname, c.relname, c.relowner::regrole::text AS owner, c.relacl::text AS acl FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ~ '^(wecom|analytics|approval)' AND c.relkind <> 'i'
      UNION ALL SELECT nspname, '', nspowner::regrole::text, nspacl::text FROM pg_namespace WHERE nspname ~ '^(wecom|analytics|approval)'
      UNION ALL SELECT '', defaclnamespace::regnamespace::text, defaclrole::regrole::text, defaclacl::text FROM pg_default_acl
      UNION ALL SELECT roleid::regrole::text, member::regrole::text, '', '' FROM pg_auth_members WHERE roleid::regrole::text LIKE 'wecom%'
      ORDER BY 1, 2, 3`);
    return rows;
  });
}

async function build(): Promise<Database> {
  const superuser = await connect(database.url);
  await migrate(superuser.db);
  await createRoles(superuser.db);
  return superuser;
}

async function runSync(url: string, traps: 'none' | 'all') {
  const simulator = await startSimulator({ quotas: false, traps, seed: 3 });
  try {
    const config = {
      databaseUrl: url,
      corps: [],
      apiBase: simulator.url,
      proxy: undefined,
      maxInFlight: 4,
      logLevel: 'silent',
      quotas: {},
      schedules: { default: '', statistics: '', streams: {} },
    };
    const corp = { corpId: simulator.corpId, secrets: new SecretBook(simulator.secrets) };
    const clock = { now: () => simulator.now().getTime(), sleep: () => Promise.resolve() };
    const target = await connect(url);
    const runs = [];
    for (let day = 0; day < 3; day++) {
      if (day > 0) simulator.nextDay();
      const options = {
        streams: [],
        signal: new AbortController().signal,
        clock,
        unlimited: true,
        acceptDeletes: day > 1,
      };
      runs.push(await sync(config, corp, target, options, silent));
    }
    return runs;
  } finally {
    await simulator.close();
  }
}

describe('the loader', () => {
  it.each(['none', 'all'] as const)('runs whole syncs over changing days (traps %s)', async (traps) => {
    const superuser = await build();
    const { url } = await member('wecom_loader');
    const runs = await runSync(url, traps);
    expect(runs.flatMap((run) => run.streams.filter((stream) => stream.error?.code === 'DATABASE'))).toEqual(
      [],
    );
    expect(runs.map((run) => run.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    // It fills the stored facts, and an analyst reads them without a right on their schema.
    expect(await staleFacts(superuser.pool)).toEqual([]);
    const analyst = await connect((await member('wecom_analyst')).url);
    const { rows: facts } = await analyst.pool.query('SELECT FROM analytics.fct_employee_day LIMIT 1');
    expect(facts).toHaveLength(1);
    await expect(analyst.pool.query('SELECT FROM analytics_store.fct_employee_day')).rejects.toThrow(
      'permission denied',
    );
    // It may not write views: the run warns, and the next migrate by the owner writes them.
    const views = `SELECT count(*)::int AS n FROM pg_views WHERE schemaname = 'approval_forms'`;
    expect((await superuser.pool.query(views)).rows).toEqual([{ n: 0 }]);
    const { db } = await connect((await member('wecom_owner')).url);
    expect((await asOwner(db, (owner) => applyApprovalForms(owner))).length).toBeGreaterThan(3);
    expect(
      runs[2]?.streams.reduce((sum, stream) => sum + stream.updated + stream.deleted, 0),
    ).toBeGreaterThan(0);
  });

  it('changes no structure and no record of migrations', async () => {
    await build();
    const { url } = await member('wecom_loader');
    const statements = [
      'CREATE TABLE wecom.mine (a int)',
      'CREATE TABLE wecom_sync.mine (a int)',
      'CREATE SCHEMA mine',
      'ALTER TABLE wecom.customers ADD COLUMN mine int',
      'DROP TABLE wecom.customers',
      'TRUNCATE wecom.customers',
      'DROP VIEW analytics.dim_date',
      'CREATE OR REPLACE VIEW analytics.dim_date AS SELECT 1 AS a',
      'DELETE FROM wecom_sync.kysely_migration',
      'SET ROLE wecom_owner',
    ];
    expect(await outcomes(url, statements)).toEqual(statements.map((statement) => `${DENIED} ${statement}`));
    expect((await schemaState((await connect(url)).db)).pending).toEqual([]);
  });

  it('is told by migrate who may', async () => {
    await build();
    const { url } = await member('wecom_loader');
    const { db } = await connect(url);
    await expect(asOwner(db, (owner) => migrate(owner))).rejects.toMatchObject({ code: 'ROLES_FORBIDDEN' });
  });
});

describe('analysts', () => {
  it('read analytics and approval forms, and nothing else', async () => {
    await build();
    await runSync(database.url, 'none');
    const { url } = await member('wecom_analyst');
    const views = await withClient(database.url, async (client) => {
      const { rows } = await client.query<{ schema: string; name: string }>(`
        SELECT n.nspname AS schema, c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname ~ '^(wecom|analytics|approval)' AND c.relkind IN ('r', 'v')`);
      return rows;
    });
    expect(new Set(views.map((view) => view.schema)).size).toBe(7);
    const found = await outcomes(
      url,
      views.map(({ name }) => `SELECT FROM ${name} LIMIT 0`),
    );
    const may = ({ schema }: { schema: string }) => schema === 'analytics' || schema === 'approval_forms';
    expect(found).toEqual(
      views.map((view) => `${may(view) ? 'done' : DENIED} SELECT FROM ${view.name} LIMIT 0`),
    );
    const statements = [
      'DELETE FROM analytics.dim_date',
      'CREATE TABLE analytics.mine (a int)',
      'CREATE SCHEMA mine',
      'SELECT analytics.dim_employee FROM analytics_pii.employee',
    ];
    for (const statement of statements) expect(await outcome(url, statement), statement).not.toBe('done');
    const names = 'SELECT count(*)::int AS rows, count(name)::int AS names FROM analytics.customers_versions';
    const seenBy = (url: string) => withClient(url, async (client) => (await client.query(names)).rows[0]);
    const everything = await seenBy(database.url);
    expect(everything.names).toBeGreaterThan(0);
    expect(await seenBy(url)).toEqual({ rows: everything.rows, names: 0 });
    expect(await seenBy((await member('wecom_analyst_pii')).url)).toEqual(everything);
    expect(
      await outcome(
        (await member('wecom_analyst_pii')).url,
        'SELECT e FROM analytics_pii.employee e, analytics.dim_date d',
      ),
    ).toBe('done');
  });

  it('get the days of Shanghai and an end of long queries by the printed statements', async () => {
    const { db } = await build();
    const user = await login('bi');
    const lines = (await grantStatements(db)).split('\n').filter((line) => / bi[ ;]/.test(line));
    expect(lines.length).toBe(3);
    await withClient(database.url, async (client) => {
      for (const line of lines) await client.query(line.replace(' bi', ` ${user.name}`));
    });
    const settings = await withClient(user.url, async (client) => {
      const { rows } = await client.query(
        `SELECT current_setting('timezone') AS timezone, current_setting('statement_timeout') AS timeout`,
      );
      return rows;
    });
    expect(settings).toEqual([{ timezone: 'Asia/Shanghai', timeout: '10min' }]);
    expect(await outcome(user.url, 'SELECT FROM analytics.dim_employee')).toBe('done');
  });
});

describe('the owner', () => {
  it('migrates without being a superuser, and what it makes is open to loader and analysts', async () => {
    const superuser = await connect(database.url);
    await migrate(superuser.db, '0004_approvals');
    await createRoles(superuser.db);
    const owner = await member('wecom_owner');
    const { db } = await connect(owner.url);
    expect(await asOwner(db, (connection) => migrate(connection))).toContain('0005_checkins');
    expect(await asOwner(db, (connection) => applyApprovalForms(connection))).toEqual([]);
    // Once more: nothing is left to grant, so no right beyond the role's is needed.
    const before = await rights(database.url);
    await createRoles(db);
    expect(await rights(database.url)).toEqual(before);
    expect(await outcome((await member('wecom_loader')).url, 'DELETE FROM wecom.checkins')).toBe('done');
    expect(await outcome((await member('wecom_analyst')).url, 'SELECT FROM analytics.fct_checkin_day')).toBe(
      'done',
    );
  });

  it('owns what a superuser migrates later', async () => {
    const superuser = await connect(database.url);
    await migrate(superuser.db, '0004_approvals');
    await createRoles(superuser.db);
    await asOwner(superuser.db, (connection) => migrate(connection));
    const owners = new Set(
      (await rights(database.url))
        .map((row) => JSON.stringify(row))
        .filter((row) => row.includes('checkins')),
    );
    expect(owners.size).toBeGreaterThan(1);
    for (const row of owners) expect(row).toContain('"owner":"wecom_owner"');
    expect((await superuser.pool.query('SELECT current_user AS name')).rows).not.toEqual([
      { name: 'wecom_owner' },
    ]);
  });

  it('is set up by a database owner who may create roles', async () => {
    const user = await login('admin', ours.length === ROLES.length ? 'CREATEROLE' : 'SUPERUSER');
    await withClient(database.url, (client) =>
      client.query(`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} OWNER TO ${user.name}`),
    );
    const { db } = await connect(user.url);
    await asOwner(db, (connection) => migrate(connection));
    await createRoles(db);
    await createRoles(db);
    expect(await outcome((await member('wecom_analyst')).url, 'SELECT FROM analytics.dim_date')).toBe('done');
    expect(await outcome((await member('wecom_loader')).url, 'DELETE FROM wecom.customers')).toBe('done');
  });
});

describe('setting up', () => {
  it('is one command, which says how to go on, or why not', async () => {
    const done = await cli(database.url, 'migrate', '--with-roles');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toContain('GRANT wecom_loader TO');
    expect(await cli((await member('wecom_owner')).url, 'migrate', '--with-roles')).toMatchObject({
      code: 0,
    });
    const refused = await cli((await member('wecom_loader')).url, 'migrate');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('GRANT wecom_owner TO');
    expect((await cli((await member('wecom_loader')).url, 'status')).code).toBe(0);
    expect((await cli(database.url, 'migrate', '--with-roles', '--status')).code).toBe(2);
  });

  it('changes nothing when it is repeated, and leaves tables of analysts alone', async () => {
    const superuser = await build();
    const analyst = await member('wecom_analyst');
    await superuser.pool.query(
      `CREATE TABLE analytics.targets (a int); ALTER TABLE analytics.targets OWNER TO ${analyst.name}`,
    );
    const before = await rights(database.url);
    await createRoles(superuser.db);
    expect(await rights(database.url)).toEqual(before);
    expect(await outcome(analyst.url, 'INSERT INTO analytics.targets VALUES (1)')).toBe('done');
    await superuser.pool.query('DROP TABLE analytics.targets');
  });

  it('says what is missing when the user may not', async () => {
    const superuser = await connect(database.url);
    await migrate(superuser.db);
    const { db } = await connect((await login('nobody')).url);
    const before = await rights(database.url);
    await expect(createRoles(db)).rejects.toMatchObject({
      code: 'ROLES_FORBIDDEN',
      remedy: expect.stringContaining('CREATEROLE'),
    });
    expect(await rights(database.url)).toEqual(before);
  });
});
