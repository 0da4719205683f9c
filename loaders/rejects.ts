import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Reject } from '../src/engine/warehouse.ts';
import type { StreamKey } from './progress.ts';
import type { SyncDatabase } from './schema.ts';
import { isBadData } from './transient.ts';

type Db = Kysely<SyncDatabase>;

/** In a transaction. Keeps records that could not become rows; the same record of the same stream once, with when it was last seen. */
export async function writeRejects(
  db: Db,
  key: StreamKey,
  run: { readonly runId: string; readonly startedAt: string },
  rejects: readonly Reject[],
): Promise<void> {
  for (const { unit, reason, payload } of rejects) {
    const text = JSON.stringify(payload);
    const insert = (json: string) =>
      sql`
      INSERT INTO wecom_sync.rejects AS r
        (corp_id, stream, reject_id, run_id, unit, reason, payload, first_seen_at, last_seen_at)
      VALUES (${key.corpId}, ${key.stream}, ${createHash('md5').update(text).digest('hex')}, ${run.runId},
        ${unit ?? null}, ${reason}, ${json}::jsonb, ${run.startedAt}, ${run.startedAt})
      ON CONFLICT (corp_id, stream, reject_id) DO UPDATE SET run_id = excluded.run_id, unit = excluded.unit,
        reason = excluded.reason, last_seen_at = excluded.last_seen_at`.execute(db);
    await sql`SAVEPOINT reject`.execute(db);
    try {
      await insert(text);
    } catch (error) {
      if (!isBadData(error)) throw error;
      // jsonb cannot hold it either (a number of 140,000 digits): it is kept as text, and stops nothing.
      await sql`ROLLBACK TO SAVEPOINT reject`.execute(db);
      await insert(JSON.stringify({ text }));
    }
  }
}

export interface StoredReject {
  readonly id: string;
  readonly unit: string | null;
  readonly reason: string;
  /** JSON text: its numbers keep every digit. */
  readonly payload: string;
  /** Starts of the runs that saw it first and last, ISO. */
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
}

/** Rejects in memory at one time. */
const PAGE = 100;

/** The rejects of a stream, those seen last first, a page at a time; rejects that go meanwhile make no gap. */
export async function* readRejectPages(db: Db, key: StreamKey): AsyncGenerator<readonly StoredReject[]> {
  let last: StoredReject | undefined;
  for (;;) {
    const before =
      last === undefined
        ? sql`true`
        : sql`(last_seen_at, reject_id) < (${last.lastSeenAt}::timestamptz, ${last.id})`;
    const { rows } = await sql<{
      reject_id: string;
      unit: string | null;
      reason: string;
      payload: string;
      first_seen_at: Date;
      last_seen_at: Date;
    }>`
      SELECT reject_id, unit, reason, payload::text AS payload, first_seen_at, last_seen_at
      FROM wecom_sync.rejects WHERE corp_id = ${key.corpId} AND stream = ${key.stream} AND ${before}
      ORDER BY last_seen_at DESC, reject_id DESC LIMIT ${sql.lit(PAGE)}`.execute(db);
    const page = rows.map((row) => ({
      id: row.reject_id,
      unit: row.unit,
      reason: row.reason,
      payload: row.payload,
      firstSeenAt: row.first_seen_at.toISOString(),
      lastSeenAt: row.last_seen_at.toISOString(),
    }));
    last = page.at(-1);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
  }
}

/** Streams that have rejects, and how many; `stream` absent: all. */
export async function rejectedStreams(
  db: Db,
  stream?: string,
): Promise<(StreamKey & { readonly records: number })[]> {
  const { rows } = await sql<{ corp_id: string; stream: string; n: string }>`
    SELECT corp_id, stream, count(*) AS n FROM wecom_sync.rejects
    WHERE ${stream ?? null}::text IS NULL OR stream = ${stream ?? null}
    GROUP BY corp_id, stream ORDER BY corp_id, stream`.execute(db);
  return rows.map((row) => ({ corpId: row.corp_id, stream: row.stream, records: Number(row.n) }));
}

/** Forgets rejects that are rows now, or whose place newer data has taken. */
export async function removeRejects(db: Db, key: StreamKey, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .deleteFrom('wecom_sync.rejects')
    .where('corp_id', '=', key.corpId)
    .where('stream', '=', key.stream)
    .where('reject_id', 'in', ids)
    .execute();
}

/** Why it is still a reject, as the newest attempt says. */
export async function setRejectReason(db: Db, key: StreamKey, id: string, reason: string): Promise<void> {
  await db
    .updateTable('wecom_sync.rejects')
    .set({ reason })
    .where('corp_id', '=', key.corpId)
    .where('stream', '=', key.stream)
    .where('reject_id', '=', id)
    .where('reason', '<>', reason)
    .execute();
}
