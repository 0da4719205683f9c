import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportWarehouse, importWarehouse } from '../../loaders/transfer.ts';
import { openEmbedded } from '../../src/embedded/index.ts';
import { createTestDatabase, type TestDatabase, withClient } from '../support/database.ts';

/** A warehouse in small, with every kind of column that COPY could get wrong. */
const MIGRATIONS: Record<string, string> = {
  '0001_first': `
    CREATE SCHEMA wecom; CREATE SCHEMA wecom_history; CREATE SCHEMA wecom_sync; CREATE SCHEMA analytics;
    CREATE TABLE wecom_sync.kysely_migration_lock (id text PRIMARY KEY);
    INSERT INTO wecom_sync.kysely_migration_lock VALUES ('migration_lock');
    CREATE TABLE wecom.awkward (
      corp_id text, id bigint, "Order" text, name text, tags text[], extra jsonb, share numeric, at timestamptz,
      day date, days datemultirange, raw bytea, score double precision,
      name_length int GENERATED ALWAYS AS (length(name)) STORED, PRIMARY KEY (corp_id, id));
    CREATE TABLE wecom_history.awkward (LIKE wecom.awkward, valid_to timestamptz);
    CREATE TABLE wecom_sync.rejects (reject_id bigint GENERATED ALWAYS AS IDENTITY, reason text);
    CREATE TABLE wecom_sync.nothing (day date);
    CREATE VIEW analytics.awkward AS SELECT id, name FROM wecom.awkward`,
  '0002_second':
    'ALTER TABLE wecom.awkward ADD COLUMN late text; ALTER TABLE wecom.awkward DROP COLUMN score',
};
const LEDGER = 'wecom_sync.kysely_migration';

async function migrateTo(url: string, target: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('CREATE SCHEMA IF NOT EXISTS wecom_sync');
    await client.query(`CREATE TABLE IF NOT EXISTS ${LEDGER} (name text PRIMARY KEY, timestamp text)`);
    const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${LEDGER}`);
    for (const name of target.filter((wanted) => !rows.some((row) => row.name === wanted))) {
      await client.query((MIGRATIONS[name] ?? '').replace('CREATE SCHEMA wecom_sync;', ''));
      await client.query(`INSERT INTO ${LEDGER} VALUES ($1, $2)`, [name, `2026-01-01T00:00:0${name[3]}`]);
    }
  });
}

async function fill(client: Client): Promise<void> {
  const insert = `INSERT INTO wecom.awkward (corp_id, id, "Order", name, tags, extra, share, at, day, days, raw, late)
    VALUES ('ww1', $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`;
  const text = 'tab\t newline\n return\r backslash \\N \\. quote " \' 王小明 😀👨‍👩‍👧 \u0001';
  await client.query(insert, [
    ...['9007199254740993', text, '😀', [text, 'NULL', '', '{a,b}', '"x"', null]],
    ...[
      { 键: [text, null, 1.5, 12345678901234567890n.toString()], nested: { '': null } },
      '0.10000000000000000000',
    ],
    ...['2026-03-01 09:30:15.123456+08', '2026-02-28', '{[2026-01-01,2026-02-01),[2026-03-01,2026-03-02)}'],
    ...[Buffer.from([0, 255, 92, 10]), ''],
  ]);
  await client.query(insert, ['-1', null, null, [], null, null, null, null, null, null, null]);
  await client.query(`INSERT INTO wecom.awkward (corp_id, id, name, extra)
    SELECT 'ww2', n, repeat('客户', n % 50), jsonb_build_object('n', n) FROM generate_series(1, 20000) n`);
  await client.query(
    "INSERT INTO wecom_history.awkward (corp_id, id, valid_to) VALUES ('ww1', 1, '2026-01-01Z')",
  );
  await client.query("INSERT INTO wecom_sync.rejects (reason) VALUES ('a'), ('b'), ('c')");
  await client.query('DELETE FROM wecom_sync.rejects WHERE reject_id = 2');
  await client.query(`CREATE TABLE analytics."Store, hours" (store text PRIMARY KEY, opens numeric(4,2))`);
  await client.query(`INSERT INTO analytics."Store, hours" VALUES ('南京路', 9.5)`);
}

/** Everything that can be seen of the tables, generated columns included. */
async function contents(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const tables = [
      'wecom.awkward',
      'wecom_history.awkward',
      'wecom_sync.rejects',
      'analytics."Store, hours"',
    ];
    const seen: Record<string, string> = {};
    for (const table of [...tables, LEDGER]) {
      const { rows } = await client.query<{ all: string }>(
        `SELECT string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C") AS all FROM ${table} t`,
      );
      seen[table] = rows[0]?.all ?? '';
    }
    return seen;
  });
}

const knownMigrations = Object.keys(MIGRATIONS);
const options = (url: string) => ({
  knownMigrations,
  migrate: (target: readonly string[]) => migrateTo(url, target),
});

let folder: string;
let directory: string;
let source: TestDatabase;
let target: TestDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'transfer-'));
  directory = join(folder, 'backup');
  const template = {
    name: 'transfer',
    build: async (url: string) => {
      await migrateTo(url, knownMigrations);
      await withClient(url, fill);
    },
  };
  source = await createTestDatabase(template);
  target = await createTestDatabase();
});

afterEach(async () => {
  await Promise.all([source.drop(), target.drop()]);
  await rm(folder, { recursive: true, force: true });
});

/** What is refused leaves the new database without a single row. */
async function expectUntouched(url: string): Promise<void> {
  await migrateTo(url, knownMigrations);
  const { rows } = await withClient(url, (client) =>
    client.query(
      `SELECT (SELECT count(*)::int FROM wecom.awkward) + (SELECT count(*)::int FROM wecom_sync.rejects) AS n`,
    ),
  );
  expect(rows).toEqual([{ n: 0 }]);
}

test('a warehouse moves from one embedded data folder to another', async () => {
  const old = await openEmbedded({ directory: join(folder, 'old') });
  await migrateTo(old.url, knownMigrations);
  await withClient(old.url, fill);
  const exported = await exportWarehouse(old.url, directory);
  const before = await contents(old.url);
  await old.close();

  const fresh = await openEmbedded({ directory: join(folder, 'fresh') });
  const imported = await importWarehouse(fresh.url, directory, options(fresh.url));
  expect(await contents(fresh.url)).toEqual(before);
  await fresh.close();

  expect(before['wecom.awkward']).toContain('9007199254740993');
  expect(imported).toEqual(exported);
  expect(Object.fromEntries(imported)).toEqual({
    'analytics.Store, hours': 1,
    'wecom.awkward': 20_002,
    'wecom_history.awkward': 1,
    'wecom_sync.nothing': 0,
    'wecom_sync.rejects': 2,
  });
});

test('identity columns go on after the last number', async () => {
  await exportWarehouse(source.url, directory);
  await importWarehouse(target.url, directory, options(target.url));
  const { rows } = await withClient(target.url, (client) =>
    client.query("INSERT INTO wecom_sync.rejects (reason) VALUES ('d') RETURNING reject_id"),
  );
  expect(rows).toEqual([{ reject_id: '4' }]);
});

test('an export shows one instant while others write', async () => {
  await withClient(source.url, async (writer) => {
    // Holds up the export in front of its last table, after it has read wecom.awkward.
    await writer.query('BEGIN; LOCK TABLE wecom_sync.rejects IN ACCESS EXCLUSIVE MODE');
    const exporting = exportWarehouse(source.url, directory);
    while (!(await readdir(directory).catch((): string[] => [])).includes('wecom_history.awkward.copy.gz')) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await writer.query("INSERT INTO wecom_sync.rejects (reason) VALUES ('late'); COMMIT");
    expect((await exporting).get('wecom_sync.rejects')).toBe(2);
  });
});

describe('refused', () => {
  test('an export into a folder with files', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'mine.txt'), 'mine');
    await expect(exportWarehouse(source.url, directory)).rejects.toThrow('never overwrites');
    expect(await readdir(directory)).toEqual(['mine.txt']);
  });

  test('an export of a database without a warehouse, which leaves no folder', async () => {
    await expect(exportWarehouse(target.url, directory)).rejects.toThrow('nothing to export');
    expect(await readdir(folder)).toEqual([]);
  });

  test('an import of an unfinished export', async () => {
    await exportWarehouse(source.url, directory);
    await rm(join(directory, 'manifest.json'));
    await expect(importWarehouse(target.url, directory, options(target.url))).rejects.toThrow(
      'not a finished export',
    );
  });

  test('an import into a database with rows', async () => {
    await exportWarehouse(source.url, directory);
    const before = await contents(source.url);
    const again = importWarehouse(source.url, directory, options(source.url));
    await expect(again).rejects.toThrow('not empty: analytics.Store, hours has rows');
    expect(await contents(source.url)).toEqual(before);
  });

  test('a newer export, by the name of the unknown migration', async () => {
    await exportWarehouse(source.url, directory);
    const older = { ...options(target.url), knownMigrations: ['0001_first'] };
    await expect(importWarehouse(target.url, directory, older)).rejects.toThrow(/newer release.*0002_second/);
  });

  test('an older export into a database that was migrated further', async () => {
    const old = await createTestDatabase();
    await migrateTo(old.url, ['0001_first']);
    await exportWarehouse(old.url, directory);
    await migrateTo(target.url, knownMigrations);
    const refusal = importWarehouse(target.url, directory, options(target.url));
    await expect(refusal).rejects.toThrow(/different migrations \(0002_second\).*new database/);
    await old.drop();
  });

  test('a damaged file', async () => {
    await exportWarehouse(source.url, directory);
    await appendFile(join(directory, 'wecom_sync.rejects.copy.gz'), 'x');
    await expect(importWarehouse(target.url, directory, options(target.url))).rejects.toThrow(
      /rejects.*checksum/,
    );
    await expectUntouched(target.url);
  });

  test.each([
    [
      'a line that is no row',
      (text: string) => `${text}not a number\tx\n`,
      /wecom_sync.rejects cannot be imported/,
    ],
    ['a row too few', (text: string) => text.split('\n').slice(1).join('\n'), /has 1 rows instead of the 2/],
  ])('files with the right checksum and %s', async (_, forge, message) => {
    await exportWarehouse(source.url, directory);
    const file = join(directory, 'wecom_sync.rejects.copy.gz');
    const manifest = join(directory, 'manifest.json');
    const sum = async () =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex');
    const before = await sum();
    await writeFile(file, gzipSync(forge(gunzipSync(await readFile(file)).toString())));
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(before, await sum()));
    await expect(importWarehouse(target.url, directory, options(target.url))).rejects.toThrow(message);
    await expectUntouched(target.url);
  });
});
