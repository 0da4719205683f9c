import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnalyticsError, applyAnalytics } from '../../loaders/analytics/index.ts';
import { migrate } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

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
  });
  afterAll(async () => {
    await db.destroy();
    await database.drop();
  });

  it('writes every view once, and nothing when nothing changed', async () => {
    const written = await applyAnalytics(db);
    expect(written).toContain('analytics.customers_versions');
    expect(written).toContain('analytics_pii.customers_versions');
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

  async function columnsOf(view: string): Promise<string[]> {
    const { rows } = await sql<{ column_name: string }>`
      SELECT column_name FROM information_schema.columns
      WHERE table_schema = 'analytics' AND table_name = ${view} ORDER BY ordinal_position`.execute(db);
    return rows.map((row) => row.column_name);
  }
});
