/** What the warehouse knows about its streams: reports of runs, progress, holds and rejects. Reads only. */
import { type Kysely, sql } from 'kysely';
import { fromMultirange } from '../src/days.ts';
import type { Count } from '../src/engine/completeness.ts';
import type { CoverageUnit } from '../src/engine/coverage.ts';
import type { StreamError, StreamStatus } from '../src/engine/warehouse.ts';
import type { SyncDatabase } from './schema.ts';

type Db = Kysely<SyncDatabase>;

/** The last runs of a stream of one corp. */
export interface StreamRuns {
  readonly corpId: string;
  readonly stream: string;
  /** End of the last success, ISO; null: never. */
  readonly lastSuccessAt: string | null;
  /** Start of the run of the last success, ISO: what a schedule is compared with. */
  readonly lastSuccessStartedAt: string | null;
  /** Of the last run, whatever its end. */
  readonly lastRunAt: string;
  readonly lastStatus: StreamStatus;
  /** Why the last run did not succeed; null: it did. */
  readonly lastError: StreamError | null;
  /** What WeCom announced to the last run, and what came. */
  readonly counts: readonly Count[];
  readonly durationMs: number;
  readonly apiCalls: number;
}

/** Rows that are absent in WeCom and stay, because their number is suspicious. */
export interface Hold {
  readonly corpId: string;
  readonly stream: string;
  readonly table: string;
  readonly reason: string;
  readonly rows: number;
  /** ISO, when the first of them was held. */
  readonly since: string;
  /** Keys of up to three of them, as JSON. */
  readonly examples: readonly string[];
}

export interface RejectSummary {
  readonly corpId: string;
  readonly stream: string;
  readonly reason: string;
  readonly records: number;
}

/** Corps that ever ran. */
export async function corpsInWarehouse(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('wecom_sync.runs')
    .select('corp_id')
    .distinct()
    .orderBy('corp_id')
    .execute();
  return rows.map((row) => row.corp_id);
}

export async function readStreamRuns(db: Db): Promise<StreamRuns[]> {
  const { rows } = await sql<{
    corp_id: string;
    stream: string;
    status: StreamStatus;
    error: StreamError | null;
    started_at: Date;
    finished_at: Date;
    api_calls: string;
    counts: Count[] | null;
    success_at: Date | null;
    success_started_at: Date | null;
  }>`
    SELECT DISTINCT ON (s.corp_id, s.stream) s.corp_id, s.stream, s.status, s.error, s.started_at, s.finished_at, s.api_calls, s.counts,
      max(s.finished_at) FILTER (WHERE s.status = 'succeeded') OVER w AS success_at,
      max(r.started_at) FILTER (WHERE s.status = 'succeeded') OVER w AS success_started_at
    FROM wecom_sync.run_streams s JOIN wecom_sync.runs r USING (corp_id, run_id)
    WINDOW w AS (PARTITION BY s.corp_id, s.stream)
    ORDER BY s.corp_id, s.stream, r.started_at DESC, s.run_id DESC`.execute(db);
  return rows.map((row) => ({
    corpId: row.corp_id,
    stream: row.stream,
    lastSuccessAt: row.success_at?.toISOString() ?? null,
    lastSuccessStartedAt: row.success_started_at?.toISOString() ?? null,
    lastRunAt: row.finished_at.toISOString(),
    lastStatus: row.status,
    lastError: row.error,
    counts: row.counts ?? [],
    durationMs: row.finished_at.getTime() - row.started_at.getTime(),
    apiCalls: Number(row.api_calls),
  }));
}

/** Progress of the units of these streams, by `corpId` and stream. */
export async function readCoverage(
  db: Db,
  streams: readonly string[],
): Promise<(corpId: string, stream: string) => readonly CoverageUnit[]> {
  const { rows } = await sql<{
    corp_id: string;
    stream: string;
    covered: string;
    lost: string;
    lost_reasons: Record<string, string>;
    closed: string | null;
    cycle: string | null;
  }>`
    SELECT corp_id, stream, covered, lost, lost_reasons, closed, cycle
    FROM wecom_sync.progress WHERE stream = ANY(${[...streams]}::text[])`.execute(db);
  const byStream = Map.groupBy(rows, (row) => `${row.corp_id}\0${row.stream}`);
  return (corpId, stream) =>
    (byStream.get(`${corpId}\0${stream}`) ?? []).map((row) => ({
      covered: fromMultirange(row.covered),
      lost: fromMultirange(row.lost),
      lostReasons: row.lost_reasons,
      closed: row.closed,
      cycle: row.cycle,
    }));
}

/** Current rows of tables of schema `wecom`, by table and corp. */
export async function countRows(
  db: Db,
  tables: readonly string[],
): Promise<(table: string, corpId: string) => number> {
  const counted = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await sql<{ corp_id: string; n: string }>`
        SELECT corp_id, count(*) AS n FROM ${sql.table(`wecom.${table}`)} GROUP BY corp_id`.execute(db);
      return rows.map((row) => [`${table}\0${row.corp_id}`, Number(row.n)] as const);
    }),
  );
  const rows = new Map(counted.flat());
  return (table, corpId) => rows.get(`${table}\0${corpId}`) ?? 0;
}

export async function readHolds(db: Db): Promise<Hold[]> {
  const { rows } = await sql<{
    corp_id: string;
    stream: string;
    table_name: string;
    reason: string | null;
    n: string;
    since: Date;
    examples: string[];
  }>`
    SELECT corp_id, stream, table_name, reason, count(*) AS n, min(held_since) AS since,
      (array_agg(key::text ORDER BY key))[1:3] AS examples
    FROM wecom_sync.absences WHERE held_since IS NOT NULL
    GROUP BY corp_id, stream, table_name, reason ORDER BY corp_id, stream, table_name, reason`.execute(db);
  return rows.map((row) => ({
    corpId: row.corp_id,
    stream: row.stream,
    table: row.table_name,
    reason: row.reason ?? '',
    rows: Number(row.n),
    since: row.since.toISOString(),
    examples: row.examples,
  }));
}

export async function readRejects(db: Db): Promise<RejectSummary[]> {
  const { rows } = await sql<{ corp_id: string; stream: string; reason: string; n: string }>`
    SELECT corp_id, stream, reason, count(*) AS n FROM wecom_sync.rejects
    GROUP BY corp_id, stream, reason ORDER BY corp_id, stream, n DESC, reason`.execute(db);
  return rows.map((row) => ({
    corpId: row.corp_id,
    stream: row.stream,
    reason: row.reason,
    records: Number(row.n),
  }));
}
