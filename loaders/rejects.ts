import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { toMultirange } from '../src/days.ts';
import type { Row, Table } from '../src/engine/table.ts';
import type { Reject, StagedRow } from '../src/engine/warehouse.ts';
import type { StreamKey } from './progress.ts';
import type { SyncDatabase } from './schema.ts';
import { isBadData } from './transient.ts';

type Db = Kysely<SyncDatabase>;

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The same text for the same record, whatever the order in which its keys came. */
const canonical = (payload: Reject['payload']): string =>
  JSON.stringify(payload, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );

/** Ids of the records of a batch by their keys; a record without a readable key is known by its payload only. */
export function recordIds(
  tables: readonly Table[],
  staged: ReadonlyMap<string, readonly StagedRow[]>,
): Map<StagedRow['record'], string> {
  // The longest key tells the objects of a stream apart: a customer is in the record of each member who follows.
  const [table] = tables
    .filter(({ parent }) => parent === null)
    .toSorted((a, b) => Object.keys(b.key).length - Object.keys(a.key).length);
  if (table === undefined) return new Map();
  const columns = Object.keys(table.key);
  const keyOf = (row: Row) => columns.map((column) => row[column]);
  return new Map(
    (staged.get(table.name) ?? []).flatMap(({ record, row }): [StagedRow['record'], string][] => {
      const key = keyOf(row);
      const readable = key.every((value) => value !== null && value !== undefined);
      return record && readable ? [[record, md5(JSON.stringify([table.name, ...key]))]] : [];
    }),
  );
}

/** In a transaction. Keeps records that could not become rows; the same object of the same stream once, with when it was last seen. */
export async function writeRejects(
  db: Db,
  key: StreamKey,
  run: { readonly runId: string; readonly startedAt: string },
  rejects: readonly Reject[],
): Promise<void> {
  for (const { id, unit, reason, payload, days } of rejects) {
    const text = JSON.stringify(payload);
    const insert = (json: string) =>
      sql`
      INSERT INTO wecom_sync.rejects AS r
        (corp_id, stream, reject_id, run_id, unit, reason, payload, days, first_seen_at, last_seen_at)
      VALUES (${key.corpId}, ${key.stream}, ${id ?? md5(canonical(payload))}, ${run.runId}, ${unit ?? null}, ${reason},
        ${json}::jsonb, ${days ? toMultirange(days) : null}::datemultirange, ${run.startedAt}, ${run.startedAt})
      ON CONFLICT (corp_id, stream, reject_id) DO UPDATE SET run_id = excluded.run_id, unit = excluded.unit,
        reason = excluded.reason, payload = excluded.payload, days = excluded.days,
        last_seen_at = excluded.last_seen_at`.execute(db);
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

export async function readRejectIds(db: Db, key: StreamKey): Promise<string[]> {
  const rows = await db
    .selectFrom('wecom_sync.rejects')
    .select('reject_id')
    .where('corp_id', '=', key.corpId)
    .where('stream', '=', key.stream)
    .execute();
  return rows.map((row) => row.reject_id);
}

/**
 * Forgets rejects that an earlier cycle saw and this one did not, where it has looked again: a finished walk of their
 * unit (`whole`: of all units, for records that do not say whose they are), of streams with days on all days that the
 * record may be of.
 */
export async function forgetHealed(
  db: Db,
  key: StreamKey,
  run: { readonly runId: string; readonly cycle: string },
  { whole, dated }: { readonly whole: boolean; readonly dated: boolean },
): Promise<void> {
  const mine = sql`p.corp_id = ${key.corpId} AND p.stream = ${key.stream} AND p.cycle = ${run.cycle}`;
  await sql`
    DELETE FROM wecom_sync.rejects r
    WHERE r.corp_id = ${key.corpId} AND r.stream = ${key.stream} AND r.run_id <> ${run.runId}
      AND NOT EXISTS (SELECT FROM wecom_sync.runs x
        WHERE x.corp_id = r.corp_id AND x.run_id = r.run_id AND x.cycle = ${run.cycle})
      AND EXISTS (SELECT FROM wecom_sync.progress p
        WHERE ${mine} AND p.completed_at > r.last_seen_at AND (p.unit = r.unit OR r.unit IS NULL)
          AND (NOT ${dated}::boolean OR r.days <@ p.cycle_days))
      AND (r.unit IS NOT NULL OR ${whole}::boolean AND NOT EXISTS (SELECT FROM wecom_sync.progress p
        WHERE ${mine} AND p.cycle_days && r.days AND NOT r.days <@ p.cycle_days))`.execute(db);
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
