import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { catalogue } from '../../extractors/index.ts';
import { migrations } from '../../migrations/index.ts';
import { createTestDatabase, withClient } from '../support/database.ts';
import { emptyFolder, setting, startCli } from './cli-support.ts';

const State = z.strictObject({
  stream: z.string(),
  corpId: z.string(),
  lastSuccessAt: z.string().nullable(),
  lastRunAt: z.string().nullable(),
  lastStatus: z.string().nullable(),
  rows: z.number(),
  coverage: z
    .strictObject({
      from: z.string().nullable(),
      to: z.string().nullable(),
      missingDays: z.array(z.string()),
      lostDays: z.array(z.strictObject({ date: z.string(), reason: z.string() })),
      atRiskDays: z.array(z.string()),
    })
    .nullable(),
  held: z.number(),
  holds: z.array(z.object({ table: z.string(), rows: z.number(), examples: z.array(z.string()) })),
  rejects: z.number(),
});
const states = (text: string) => z.array(State).parse(JSON.parse(text));

test('streams lists the catalogue, and needs no configuration', async () => {
  const folder = await emptyFolder();
  const json = await startCli(folder, ['streams', '--json']).done;
  expect(json.code).toBe(0);
  expect(z.array(z.looseObject({ stream: z.string() })).parse(JSON.parse(json.stdout))).toMatchObject(
    catalogue.map(({ name, endpoints, mode, tables, after }) => {
      return { stream: name, endpoints, mode, tables: tables.map((table) => table.name), after };
    }),
  );
  const table = await startCli(folder, ['streams']).done;
  for (const { name } of catalogue) expect(table.stdout).toContain(name);
});

test('migrate: the printed SQL makes the same database as the migrations', async () => {
  const { run, database } = await setting();
  const names = Object.keys(migrations);
  const before = await run(['migrate', '--status']);
  expect([before.code, before.stdout]).toEqual([0, names.map((name) => `pending ${name}\n`).join('')]);

  const printed = await run(['migrate', '--print-sql']);
  expect(printed.code).toBe(0);
  const schemas = `SELECT count(*)::int AS n FROM pg_namespace WHERE nspname LIKE 'wecom%'`;
  const columns = `SELECT table_schema, table_name, column_name, data_type, is_nullable FROM information_schema.columns
    WHERE table_schema LIKE 'wecom%' AND table_name NOT LIKE 'kysely%' ORDER BY 1, 2, 3`;
  await withClient(database.url, async (client) => {
    expect((await client.query(schemas)).rows).toEqual([{ n: 0 }]);
  });
  const other = await createTestDatabase();
  const byHand = await withClient(other.url, async (client) => {
    await client.query(printed.stdout);
    return (await client.query(columns)).rows;
  });
  await other.drop();

  expect((await run(['migrate'])).code).toBe(0);
  expect((await run(['migrate', '--status'])).stdout).toBe(names.map((name) => `applied ${name}\n`).join(''));
  expect((await run(['migrate', '--print-sql'])).stdout).toContain('Nothing is pending');
  await withClient(database.url, async (client) => {
    const { rows } = await client.query(columns);
    expect(rows.length).toBeGreaterThan(100);
    expect(byHand).toEqual(rows);
  });
});

describe('status', () => {
  test('an empty database says what to do', async () => {
    const { run } = await setting();
    const human = await run(['status']);
    expect(human.code).toBe(0);
    expect(`${human.stdout}${human.stderr}`).toContain('wecom-warehouse sync');
    expect((await run(['status', '--json'])).stdout).toBe('[]\n');
  });

  test('rows, coverage, gaps, losses, holds and rejects', async () => {
    const { run, database, simulator } = await setting();
    expect((await run(['sync'])).code).toBe(0);
    const fresh = states((await run(['status', '--json'])).stdout);
    expect(fresh.map((state) => state.stream)).toEqual(catalogue.map((stream) => stream.name));
    for (const { corpId, lastSuccessAt, lastStatus, coverage, held, rejects } of fresh) {
      expect([corpId, lastStatus, held, rejects]).toEqual([simulator.corpId, 'succeeded', 0, 0]);
      expect(Date.now() - Date.parse(lastSuccessAt ?? '')).toBeLessThan(120_000);
      if (coverage) expect(coverage).toMatchObject({ missingDays: [], atRiskDays: [], lostDays: [] });
    }
    const { rows: counted } = await withClient(database.url, (client) =>
      client.query<{ n: string }>(
        'SELECT (SELECT count(*) FROM wecom.departments) + 0 AS n UNION ALL SELECT count(*) FROM wecom.checkins',
      ),
    );
    const rowsOf = (name: string) => fresh.find((state) => state.stream === name)?.rows;
    expect([rowsOf('departments'), rowsOf('checkins')]).toEqual(counted.map((row) => Number(row.n)));
    const daily = fresh.find((state) => state.stream === 'user_behavior_daily')?.coverage;

    await withClient(database.url, async (client) => {
      const cut = `UPDATE wecom_sync.progress SET covered = covered - datemultirange(daterange($1, $2, '[]'))
        WHERE stream = 'user_behavior_daily' AND unit = (SELECT min(unit) FROM wecom_sync.progress WHERE stream = 'user_behavior_daily')`;
      await client.query(cut, [daily?.from, daily?.from]);
      await client.query(`INSERT INTO wecom_sync.absences (corp_id, stream, table_name, key, unit, cycle, held_since, reason)
        SELECT corp_id, 'customers', 'customers', '{"external_userid":"wm1"}', 'zhang', 'c', now(), 'too many' FROM wecom_sync.runs`);
      await client.query(`INSERT INTO wecom_sync.rejects SELECT corp_id, 'customers', 'r1', run_id, NULL, 'no key', '{}', now(), now()
        FROM wecom_sync.runs`);
    });
    const later = states((await run(['status', '--json'])).stdout);
    const one = (name: string) => later.find((state) => state.stream === name);
    expect(one('user_behavior_daily')?.coverage).toMatchObject({
      missingDays: [daily?.from],
      atRiskDays: [daily?.from],
    });
    expect(one('customers')).toMatchObject({ held: 1, rejects: 1, holds: [{ table: 'customers', rows: 1 }] });
    const { stdout } = await run(['status']);
    expect(stdout).toContain('WeCom will soon forget');
    expect(stdout).toContain('--accept-deletes');
    expect(stdout).toContain('no key');
  });

  test('says why the last run of a stream failed and what to do, and that none has come since', async () => {
    const { run, database, simulator } = await setting();
    simulator.faults.inject({
      path: 'externalcontact/get_corp_tag_list',
      kind: { errcode: 99_999 },
      times: 9,
    });
    expect((await run(['sync', 'corp_tags'])).code).toBe(3);
    const failed = (await run(['status'])).stdout;
    expect(failed).toMatch(/corp_tags: the last run .* ended failed/);
    expect(failed).toMatch(/errcode 99999 .*hint \d+/);
    expect(failed).toMatch(/→ .*report it with the hint number/);
    expect(failed).toContain('wecom-warehouse sync corp_tags');
    expect(failed).not.toContain('Nothing has run since');
    await withClient(database.url, (client) =>
      client.query(`UPDATE wecom_sync.run_streams SET finished_at = finished_at - interval '3 days',
        started_at = started_at - interval '3 days'`),
    );
    expect((await run(['status'])).stdout).toMatch(
      /Nothing has run since .*, 3 d ago\.\n.*serve \(or the cron job\)/,
    );
  });
});

describe('query', () => {
  test('prints a table, CSV and JSON', async () => {
    const { run } = await setting();
    const text = `SELECT 1 AS n, 'a,"b"' AS t, NULL AS nothing, timestamptz '2026-11-19 18:30:00Z' AS at`;
    expect((await run(['query', text, '--format', 'csv'])).stdout).toBe(
      'n,t,nothing,at\r\n1,"a,""b""",,2026-11-20 02:30:00+08\r\n',
    );
    expect(JSON.parse((await run(['query', text, '--format', 'json'])).stdout)).toEqual([
      { n: 1, t: 'a,"b"', nothing: null, at: '2026-11-20T02:30:00+08:00' },
    ]);
    expect((await run(['query', text])).stdout).toContain('(1 row)');
  });

  test('reads one statement and nothing else', async () => {
    const { run, database } = await setting();
    await withClient(database.url, (client) => client.query('CREATE TABLE t AS SELECT 1 AS a'));
    for (const text of [
      'DELETE FROM t',
      'SELECT 1; DELETE FROM t',
      'COMMIT; DELETE FROM t',
      'WITH d AS (DELETE FROM t RETURNING a) SELECT * FROM d',
      'SELECT b FROM t',
    ]) {
      const { code, stdout, stderr } = await run(['query', text]);
      expect([text, code, stdout]).toEqual([text, 2, '']);
      expect(stderr).toContain('→');
    }
    expect((await run(['query', 'SELECT a FROM t', '--format', 'csv'])).stdout).toBe('a\r\n1\r\n');
  });
});

test('export and import move the warehouse to another server', async () => {
  const { run, folder, database } = await setting();
  expect((await run(['sync'])).code).toBe(0);
  const exported = await run(['export', 'backup']);
  expect(exported.code).toBe(0);
  const again = await run(['export', 'backup']);
  expect([again.code, again.stdout]).toEqual([2, '']);

  const other = await createTestDatabase();
  const imported = await run(['import', 'backup'], { DATABASE_URL: other.url });
  expect([imported.code, imported.stderr]).toEqual([0, '']);
  // The stored facts are not exported: they are filled from the rows that are.
  const all = `SELECT (SELECT md5(string_agg(c::text, '' ORDER BY c::text)) FROM wecom.customer_follows c) AS sum,
    (SELECT md5(string_agg(f::text, '' ORDER BY f::text)) FROM analytics.fct_customer_follow f) AS facts`;
  const sums = await Promise.all(
    [database.url, other.url].map((url) => withClient(url, async (client) => (await client.query(all)).rows)),
  );
  expect(sums[0]).toEqual(sums[1]);
  const second = await run(['import', 'backup'], { DATABASE_URL: other.url });
  expect([second.code, second.stdout]).toEqual([2, '']);
  expect((await stat(join(folder, 'backup', 'manifest.json'))).mode & 0o777).toBe(0o600);
  await other.drop();
});

describe('init', () => {
  test('checks the secret and writes .env for its owner only', async () => {
    const { folder, simulator } = await setting();
    const env = { WECOM_API_BASE: simulator.url };
    const answers = [simulator.corpId, simulator.secret, '', '', '', ''].join('\n');
    const { code, stdout, stderr } = await startCli(folder, ['init'], env, `${answers}\n`).done;
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).not.toContain(simulator.secret);
    const path = join(folder, '.env');
    expect(await readFile(path, 'utf8')).toBe(
      `WECOM_CORP_ID=${simulator.corpId}\nWECOM_SECRET=${simulator.secret}\n`,
    );
    expect((await stat(path)).mode & 0o777).toBe(0o600);

    await writeFile(path, 'LOG_LEVEL=debug\n# mine\nWECOM_CORP_ID=old\n');
    const kept = await startCli(folder, ['init'], env, 'n\n').done;
    expect(kept.code).toBe(0);
    expect(await readFile(path, 'utf8')).toContain('WECOM_CORP_ID=old');
    // A product's secret that is answered with Enter is the app's from now on: the old one was not checked.
    await writeFile(path, 'LOG_LEVEL=debug\n# mine\nWECOM_CORP_ID=old\nWECOM_SECRET_APPROVAL=old\n');
    await startCli(folder, ['init'], env, `y\n${answers}\n`).done;
    expect(await readFile(path, 'utf8')).toBe(
      `LOG_LEVEL=debug\n# mine\nWECOM_CORP_ID=${simulator.corpId}\nWECOM_SECRET=${simulator.secret}\n`,
    );
  });

  test('a DATABASE_URL that no command could read is asked for again; Enter keeps the one there is', async () => {
    const { folder, simulator } = await setting();
    const env = { WECOM_API_BASE: simulator.url };
    const answers = [simulator.corpId, simulator.secret, '', '', ''];
    const given = [...answers, 'localhost/db', 'postgres://me@localhost/db', ''].join('\n');
    const { code, stderr } = await startCli(folder, ['init'], env, given).done;
    expect(code).toBe(0);
    expect(stderr).toContain('must be a URL such as postgres://');
    const again = await startCli(folder, ['init'], env, ['y', ...answers, '', ''].join('\n')).done;
    expect(again.stderr).toContain('Enter: keep the one in .env');
    expect(await readFile(join(folder, '.env'), 'utf8')).toContain(
      'DATABASE_URL=postgres://me@localhost/db\n',
    );
  });

  test('a wrong secret is not written unless asked for, and answers that end early write nothing', async () => {
    const { folder, simulator } = await setting();
    const env = { WECOM_API_BASE: simulator.url };
    const answers = [simulator.corpId, 'wrong-secret', '', '', '', '', 'n'].join('\n');
    const refused = await startCli(folder, ['init'], env, `${answers}\n`).done;
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('40001');
    expect((await startCli(folder, ['init'], env, 'ww1\n').done).code).toBe(2);
    await expect(stat(join(folder, '.env'))).rejects.toThrow('ENOENT');
  });
});

test('simulate and postgres run until they are told to stop', async () => {
  const folder = await emptyFolder();
  const simulate = startCli(folder, [
    'simulate',
    '--port',
    '0',
    '--size',
    'tiny',
    '--traps',
    'oddNames,dirtyText',
  ]);
  const url = /WECOM_API_BASE=(\S+)/.exec(await simulate.shows(/WECOM_SECRET=\S+/))?.[1] ?? '';
  expect((await fetch(`${url}/_sim/state`)).status).toBe(200);
  simulate.kill('SIGTERM');
  expect((await simulate.done).code).toBe(0);

  await mkdir(join(folder, 'data'));
  const postgres = startCli(join(folder, 'data'), ['postgres']);
  const shown = await postgres.shows('password');
  const database = /^postgres:\S+$/m.exec(shown)?.[0] ?? '';
  await withClient(database, async (client) => {
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
  postgres.kill('SIGINT');
  expect((await postgres.done).code).toBe(0);
  const given = await startCli(folder, ['postgres'], { DATABASE_URL: database }).done;
  expect(given.code).toBe(2);
});
