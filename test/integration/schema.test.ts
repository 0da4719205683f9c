import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { migrate, prepareSchema, SchemaError, schemaState } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import { migrations } from '../../migrations/index.ts';
import { columnsOf, type Table } from '../../src/engine/table.ts';
import { createTestDatabase, type TestDatabase, withClient } from '../support/database.ts';
import { dumpSchema } from '../support/schema-dump.ts';

/** A database without any of our tables. */
async function openEmpty() {
  const database: TestDatabase = await createTestDatabase();
  const pool: Pool = createPool({ url: database.url });
  // biome-ignore lint/suspicious/noExplicitAny: Kysely's Migrator takes Kysely<any>.
  const db = new Kysely<any>({ dialect: new PostgresDialect({ pool }) });
  return {
    url: database.url,
    pool,
    db,
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}
type Empty = Awaited<ReturnType<typeof openEmpty>>;

async function within(work: (empty: Empty) => Promise<void>): Promise<void> {
  const empty = await openEmpty();
  await work(empty).finally(() => empty.close());
}

const schemasOf = async ({ pool }: Empty): Promise<string[]> => {
  const { rows } = await pool.query<{ nspname: string }>(
    `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'wecom%' OR nspname LIKE 'analytics%' ORDER BY nspname`,
  );
  return rows.map(({ nspname }) => nspname);
};

const tables = catalogue.flatMap((stream) => stream.tables);

describe('the migrated schema', () => {
  let migrated: Empty;
  beforeAll(async () => {
    migrated = await openEmpty();
    await migrate(migrated.db);
  });
  afterAll(() => migrated.close());

  /** Columns in order with types; generated ones are nobody's to write. */
  async function columnsIn(schema: string, name: string): Promise<Record<string, string>> {
    const { rows } = await migrated.pool.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
      [`${schema}.${name}`],
    );
    return Object.fromEntries(rows.map((row) => [row.name, row.type]));
  }

  async function keyOf(schema: string, name: string): Promise<string[]> {
    const { rows } = await migrated.pool.query<{ attname: string }>(
      `SELECT a.attname FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(attnum, n)
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE i.indrelid = $1::regclass AND i.indisprimary ORDER BY k.n`,
      [`${schema}.${name}`],
    );
    return rows.map(({ attname }) => attname);
  }

  const declared = (table: Table): Record<string, string> =>
    Object.fromEntries(
      columnsOf(table).map(([name, type]) => [
        name,
        type === 'timestamptz' ? 'timestamp with time zone' : type,
      ]),
    );
  const time = 'timestamp with time zone';

  test.each(
    tables.map((table) => [table.name, table] as const),
  )('%s is what its stream declares', async (name, table) => {
    const key = ['corp_id', ...Object.keys(table.key)];
    const columns = { corp_id: 'text', ...declared(table), valid_from: time };
    expect(await columnsIn('wecom', name)).toEqual(columns);
    expect(await keyOf('wecom', name)).toEqual(key);
    const { payload: _, ...kept } = { payload: '', ...columns };
    const ending = { valid_to: time, ended_by: 'text', end_reason: 'text', last_shown_at: time };
    expect(await columnsIn('wecom_history', name)).toEqual({ ...kept, ...ending });
    expect(await keyOf('wecom_history', name)).toEqual([...key, 'valid_from']);
  });

  test('one stream writes a table, and no table is nobody’s', async () => {
    const names = tables.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const schema of ['wecom', 'wecom_history']) {
      const { rows } = await migrated.pool.query<{ tablename: string }>(
        'SELECT tablename FROM pg_tables WHERE schemaname = $1',
        [schema],
      );
      expect(rows.map(({ tablename }) => tablename).sort()).toEqual([...names].sort());
    }
  });

  test('lists are never NULL, and nothing but keys, lists and times must be there', async () => {
    const { rows } = await migrated.pool.query<{ column: string; type: string; required: boolean }>(
      `SELECT c.relname || '.' || a.attname AS column, format_type(a.atttypid, NULL) AS type, a.attnotnull AS required
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relnamespace = 'wecom'::regnamespace AND c.relkind = 'r'`,
    );
    const keys = new Set(
      tables.flatMap(({ name, key }) => Object.keys(key).map((column) => `${name}.${column}`)),
    );
    for (const { column, type, required } of rows)
      expect({ column, required }).toEqual({
        column,
        required: type === 'text[]' || keys.has(column) || /\.(corp_id|valid_from)$/.test(column),
      });
  });

  test('every schema, table and column says what it is, in Chinese and English', async () => {
    const { rows } = await migrated.pool.query<{ name: string; comment: string | null }>(
      `SELECT nspname::text AS name, obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace
         WHERE nspname ~ '^(wecom|wecom_history|wecom_sync|analytics)$'
       UNION ALL
       SELECT n.nspname || '.' || c.relname || coalesce('.' || a.attname, ''), coalesce(
           CASE WHEN a.attnum IS NULL THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, a.attnum) END)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname ~ '^(wecom|analytics)'
         CROSS JOIN LATERAL (SELECT NULL::name AS attname, NULL::smallint AS attnum
           UNION ALL SELECT attname, attnum FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a
         WHERE c.relkind IN ('r', 'v') AND c.relname NOT LIKE 'kysely%'`,
    );
    expect(rows.length).toBeGreaterThan(500);
    const han = /^[^\n|]*\p{Script=Han}[^\n|]* \| [^\n|]*[A-Za-z][^\n|]*(\n|$)/u;
    expect(rows.filter(({ comment }) => !han.test(comment ?? ''))).toEqual([]);
  });

  test('invariant 10: is the one in docs/reference/schema.sql, so an edited migration is noticed', async () => {
    const dump = await withClient(migrated.url, dumpSchema);
    expect(dump).not.toContain('NO COMMENT');
    const file = join(import.meta.dirname, '..', '..', 'docs', 'reference', 'schema.sql');
    await expect(dump).toMatchFileSnapshot(file);
  });
});

describe('migrations', () => {
  test('an empty database is migrated first; a second time there is nothing to do', () =>
    within(async ({ db }) => {
      expect((await schemaState(db)).pending).toEqual(Object.keys(migrations));
      await prepareSchema(db);
      expect(await schemaState(db)).toEqual({ applied: Object.keys(migrations), pending: [], unknown: [] });
      expect(await migrate(db)).toEqual([]);
    }));

  test('are listed in the order of their numbers', () => {
    const names = Object.keys(migrations);
    expect(names).toEqual([...names].sort());
    for (const [i, name] of names.entries())
      expect(name).toMatch(new RegExp(`^${String(i + 1).padStart(4, '0')}_[a-z0-9_]+$`));
  });

  test('invariant 13: a database newer than the code is refused, and nothing is touched', () =>
    within(async ({ db, pool }) => {
      await migrate(db, '0001_sync');
      await pool.query(
        `INSERT INTO wecom_sync.kysely_migration (name, timestamp) VALUES ('9999_future', '2030-01-01')`,
      );
      for (const refused of [migrate(db), prepareSchema(db)])
        await expect(refused).rejects.toMatchObject({
          code: 'SCHEMA_NEWER',
          message: expect.stringContaining('9999_future'),
        });
      expect((await schemaState(db)).applied).toEqual(['0001_sync', '9999_future']);
    }));

  test('an older database is refused, with the first pending migration named', () =>
    within(async ({ db }) => {
      await migrate(db, '0001_sync');
      await expect(prepareSchema(db)).rejects.toMatchObject({
        code: 'SCHEMA_OLDER',
        message: expect.stringContaining('0002_directory'),
        remedy: expect.stringContaining('migrate'),
      });
      expect(await migrate(db)).toEqual(Object.keys(migrations).slice(1));
    }));

  test('one that fails leaves nothing of it, nor of those that ran with it', () =>
    within(async (empty) => {
      await empty.pool.query('CREATE SCHEMA wecom; CREATE TABLE wecom.group_chats (mine text)');
      const before = await schemasOf(empty);
      const failed = await migrate(empty.db).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(SchemaError);
      expect(failed).toMatchObject({
        code: 'MIGRATION_FAILED',
        message: expect.stringContaining('0003_customer_contact'),
      });
      const { rows } = await empty.pool.query(`SELECT FROM pg_tables WHERE schemaname = 'wecom'`);
      expect(rows).toHaveLength(1);
      expect((await schemaState(empty.db)).applied).toEqual([]);
      expect((await schemasOf(empty)).filter((name) => name !== 'wecom_sync')).toEqual(before);
      await empty.pool.query('DROP SCHEMA wecom CASCADE');
      expect(await migrate(empty.db)).toEqual(Object.keys(migrations));
    }));

  test('go down again in reverse without an error, and leave no table', () =>
    within(async (empty) => {
      const list: Record<string, Migration> = { ...migrations };
      const migrator = new Migrator({
        db: empty.db,
        provider: { getMigrations: async () => list },
        migrationTableSchema: 'wecom_sync',
      });
      expect((await migrator.migrateToLatest()).error).toBeUndefined();
      for (const name of Object.keys(migrations).reverse()) {
        const { error, results } = await migrator.migrateDown();
        expect(error).toBeUndefined();
        expect(results).toMatchObject([{ migrationName: name, direction: 'Down', status: 'Success' }]);
      }
      expect(await schemasOf(empty)).toEqual(['wecom_sync']);
      const { rows } = await empty.pool.query(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'wecom_sync' AND tablename NOT LIKE 'kysely%'`,
      );
      expect(rows).toEqual([]);
    }));
});
