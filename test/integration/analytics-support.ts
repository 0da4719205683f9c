import { Kysely, PostgresDialect, sql } from 'kysely';
import { applyAnalytics, forgetRefreshes, refreshStore } from '../../loaders/analytics/index.ts';
import { migrate } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import { createTestDatabase } from '../support/database.ts';

export const CORP = 'ww1';

type Values = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export type AnalyticsDatabase = Awaited<ReturnType<typeof analyticsDatabase>>;

/** A database of its own with migrations and views, and hand-written rows of corp `ww1`. */
export async function analyticsDatabase() {
  const database = await createTestDatabase({ name: 'analytics', build: buildViews });
  const pool = createPool({ url: database.url });
  // biome-ignore lint/suspicious/noExplicitAny: hand-written SQL on the migrated database.
  const db = new Kysely<any>({ dialect: new PostgresDialect({ pool }) });
  /** Rows were written since the stored facts were refreshed. */
  let stale = false;
  const insert = (table: string, row: Values) => {
    stale = true;
    return db
      .insertInto(table)
      .values({ corp_id: CORP, ...row })
      .execute();
  };
  /** Rows written by hand belong to no run: everything is compared. */
  const refresh = async () => {
    if (!stale) return;
    await forgetRefreshes(db);
    await refreshStore(db, CORP);
    stale = false;
  };
  return {
    db,
    pool,
    url: database.url,
    query: async <T = Readonly<Record<string, unknown>>>(text: string): Promise<T[]> => {
      await refresh();
      return (await sql<T>`${sql.raw(text)}`.execute(db)).rows;
    },
    /** A row of `wecom`, current since `valid_from`. */
    current: (table: string, valid_from: string, row: Values) =>
      insert(`wecom.${table}`, { valid_from, ...row }),
    /** A version that has ended: `gone` when it says why. */
    ended: (table: string, [valid_from, valid_to, last_shown_at, end_reason]: Ended, row: Values) =>
      insert(`wecom_history.${table}`, {
        valid_from,
        valid_to,
        last_shown_at,
        ended_by: end_reason === undefined ? 'changed' : 'gone',
        end_reason: end_reason ?? null,
        ...row,
      }),
    /** A finished run that walked the streams. */
    async run(started_at: string, streams: readonly string[] = ['customers', 'group_chats']) {
      const run = { run_id: started_at, started_at };
      await insert('wecom_sync.runs', {
        ...run,
        cycle: started_at,
        finished_at: started_at,
        status: 'succeeded',
        options: '{}',
        version: '1',
      });
      for (const stream of streams)
        await insert('wecom_sync.run_streams', { ...counts, ...run, finished_at: started_at, stream });
    },
    async close() {
      await db.destroy();
      await database.drop();
    },
  };
}

type Ended = readonly [validFrom: string, validTo: string, lastShownAt: string, endReason?: string];

const counts = {
  status: 'succeeded',
  api_calls: 0,
  pages: 0,
  records: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  rejected: 0,
  expected: 0,
  received: 0,
  explained: 0,
};

async function buildViews(url: string): Promise<void> {
  const pool = createPool({ url });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  await migrate(db);
  await applyAnalytics(db);
  await db.destroy();
}

/** 02:30 in Shanghai on a day of January 2026: when the nightly run starts. */
export const night = (day: number): string => `2026-01-${String(day).padStart(2, '0')}T02:30:00+08:00`;
/** Noon in Shanghai on a day of January 2026. */
export const noon = (day: number): string => `2026-01-${String(day).padStart(2, '0')}T12:00:00+08:00`;
export const day = (number: number): string => `2026-01-${String(number).padStart(2, '0')}`;
