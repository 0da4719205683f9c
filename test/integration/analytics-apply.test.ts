import { readFile } from 'node:fs/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnalyticsError, applyAnalytics } from '../../loaders/analytics/index.ts';
import { migrate } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const COLUMNS = 'loaders/analytics/columns.json';

describe('applyAnalytics', () => {
  let database: TestDatabase;
  let pool: Pool;
  // biome-ignore lint/suspicious/noExplicitAny: hand-written SQL on the migrated database.
  let db: Kysely<any>;

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool({ url: database.url });
    db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    await migrate(db);
    await applyAnalytics(db);
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  it('writes nothing when nothing changed', async () => {
    expect(await applyAnalytics(db)).toEqual([]);
  });

  it('has a versions view for every table of wecom with history', async () => {
    const { rows } = await sql<{ missing: string }>`
      SELECT t.table_name AS missing FROM information_schema.tables t
      WHERE t.table_schema = 'wecom_history' AND NOT EXISTS (
        SELECT FROM information_schema.views v WHERE v.table_schema = 'analytics' AND v.table_name = t.table_name || '_versions')`.execute(
      db,
    );
    expect(rows).toEqual([]);
  });

  it('writes a view again that somebody has dropped', async () => {
    await sql`DROP VIEW analytics_pii.customers_versions`.execute(db);
    expect(await applyAnalytics(db)).toEqual(['analytics_pii.customers_versions']);
  });

  it('has a comment with a Chinese and an English name on every schema, view and column', async () => {
    const { rows } = await sql<{ object: string; comment: string | null }>`
      SELECT n.nspname AS object, obj_description(n.oid, 'pg_namespace') AS comment FROM pg_namespace n WHERE n.nspname LIKE 'analytics%'
      UNION ALL
      SELECT c.oid::regclass::text, obj_description(c.oid, 'pg_class') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname LIKE 'analytics%' AND c.relkind IN ('r', 'v')
      UNION ALL
      SELECT c.oid::regclass || '.' || a.attname, col_description(c.oid, a.attnum) FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname LIKE 'analytics%' AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped`.execute(
      db,
    );
    expect(rows.length).toBeGreaterThan(500);
    // Names, and below them at least one line that says what it is.
    const missing = rows.filter(({ comment }) => !/^[^|\n]+ \| [^|\n]+\n./.test(comment ?? ''));
    expect(missing).toEqual([]);
  });

  it('keeps the columns of every view in their order: they are only ever appended', async () => {
    const { rows } = await sql<{ view: string; columns: string[] }>`
      SELECT table_schema || '.' || table_name AS view, json_agg(column_name ORDER BY ordinal_position) AS columns
      FROM information_schema.columns WHERE table_schema IN ('analytics', 'analytics_pii') GROUP BY 1 ORDER BY 1`.execute(
      db,
    );
    const actual = Object.fromEntries(rows.map(({ view, columns }) => [view, columns]));
    const committed: Record<string, string[]> = JSON.parse(await readFile(COLUMNS, 'utf8'));
    for (const [view, columns] of Object.entries(committed))
      expect(
        actual[view]?.slice(0, columns.length),
        `${view}: columns may not go, change their name or their place`,
      ).toEqual(columns);
    expect(actual, `new views and columns are appended to ${COLUMNS}`).toEqual(committed);
  });

  it('appends a column that a migration adds, and leaves the order of the others', async () => {
    const before = await columnsOf('corp_tags_versions');
    await sql`ALTER TABLE wecom.corp_tags ADD COLUMN colour text`.execute(db);
    await sql`ALTER TABLE wecom_history.corp_tags ADD COLUMN colour text`.execute(db);
    expect(await applyAnalytics(db)).toContain('analytics.corp_tags_versions');
    expect(await columnsOf('corp_tags_versions')).toEqual([...before, 'colour']);
  });

  it('says which column would go, and changes nothing then', async () => {
    await sql`DROP VIEW IF EXISTS analytics_pii.employees_versions`.execute(db);
    await sql`CREATE VIEW analytics_pii.employees_versions AS SELECT 1 AS handmade`.execute(db);
    const error = await applyAnalytics(db).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(AnalyticsError);
    expect(error).toMatchObject({
      message: expect.stringContaining('analytics_pii.employees_versions'),
      remedy: expect.stringContaining('DROP VIEW'),
    });
    await sql`DROP VIEW analytics_pii.employees_versions`.execute(db);
    expect(await applyAnalytics(db)).toContain('analytics_pii.employees_versions');
  });

  it('says so when a column would change its type, and changes nothing then', async () => {
    await sql`DROP VIEW analytics.dim_code`.execute(db);
    await sql`CREATE VIEW analytics.dim_code AS SELECT 1 AS code_name`.execute(db);
    await expect(applyAnalytics(db)).rejects.toMatchObject({
      code: 'ANALYTICS_VIEW',
      message: expect.stringMatching(/analytics\.dim_code cannot be replaced in place: .*"code_name"/),
    });
    await sql`DROP VIEW analytics.dim_code`.execute(db);
    expect(await applyAnalytics(db)).toEqual(['analytics.dim_code']);
  });

  it('keeps what was granted when a view is replaced', async () => {
    await sql`GRANT SELECT ON analytics.dim_tag TO pg_monitor`.execute(db);
    await sql`COMMENT ON RULE "_RETURN" ON analytics.dim_tag IS 'as an older version wrote it'`.execute(db);
    expect(await applyAnalytics(db)).toEqual(['analytics.dim_tag']);
    const { rows } =
      await sql`SELECT has_table_privilege('pg_monitor', 'analytics.dim_tag', 'SELECT') AS granted`.execute(
        db,
      );
    expect(rows).toEqual([{ granted: true }]);
  });

  it('lets two callers at one time both succeed', async () => {
    await sql`DROP VIEW analytics.retention_coverage`.execute(db);
    const written = await Promise.all([applyAnalytics(db), applyAnalytics(db)]);
    expect(written.flat()).toEqual(['analytics.retention_coverage']);
  });

  async function columnsOf(view: string): Promise<string[]> {
    const { rows } = await sql<{ column_name: string }>`
      SELECT column_name FROM information_schema.columns
      WHERE table_schema = 'analytics' AND table_name = ${view} ORDER BY ordinal_position`.execute(db);
    return rows.map((row) => row.column_name);
  }
});
