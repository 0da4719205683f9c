import { type Kysely, sql } from 'kysely';
import { fromMultirange, toMultirange } from '../src/days.ts';
import type { UnitProgress } from '../src/engine/warehouse.ts';
import { arrayLiteral } from './literals.ts';
import type { SyncDatabase } from './schema.ts';

export interface StreamKey {
  readonly corpId: string;
  readonly stream: string;
}

/** Progress of every unit of a stream. */
export async function readProgress(db: Kysely<SyncDatabase>, key: StreamKey): Promise<UnitProgress[]> {
  const rows = await db
    .selectFrom('wecom_sync.progress')
    .selectAll()
    .where('corp_id', '=', key.corpId)
    .where('stream', '=', key.stream)
    .execute();
  return rows.map((row) => ({
    unit: row.unit,
    cycle: row.cycle,
    completedAt: row.completed_at === null ? null : new Date(row.completed_at).toISOString(),
    rows: Number(row.rows),
    covered: fromMultirange(row.covered),
    provisional: fromMultirange(row.provisional),
    lost: fromMultirange(row.lost),
    lostReasons: parseReasons(row.lost_reasons),
    cycleDays: fromMultirange(row.cycle_days),
    closed: row.closed,
  }));
}

/** Start of the last run in which the stream succeeded, ISO. */
export async function readLastSuccess(db: Kysely<SyncDatabase>, key: StreamKey): Promise<string | null> {
  const row = await db
    .selectFrom('wecom_sync.run_streams as s')
    .innerJoin('wecom_sync.runs as r', (join) =>
      join.onRef('r.corp_id', '=', 's.corp_id').onRef('r.run_id', '=', 's.run_id'),
    )
    .select('r.started_at')
    .where('s.corp_id', '=', key.corpId)
    .where('s.stream', '=', key.stream)
    .where('s.status', '=', 'succeeded')
    .orderBy('r.started_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : new Date(row.started_at).toISOString();
}

function parseReasons(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([reason, days]) => [reason, String(days)]));
}

/** Writes the progress of several units in one statement. */
export async function writeProgress(
  db: Kysely<SyncDatabase>,
  key: StreamKey,
  units: readonly UnitProgress[],
): Promise<void> {
  if (units.length === 0) return;
  const column = (values: readonly (string | number | null)[]) => arrayLiteral(values);
  await sql`
    INSERT INTO wecom_sync.progress AS p
      (corp_id, stream, unit, cycle, completed_at, rows, covered, provisional, lost, lost_reasons, cycle_days, closed)
    SELECT ${key.corpId}, ${key.stream}, u.* FROM unnest(
      ${column(units.map((u) => u.unit))}::text[],
      ${column(units.map((u) => u.cycle))}::text[],
      ${column(units.map((u) => u.completedAt))}::timestamptz[],
      ${column(units.map((u) => u.rows))}::bigint[],
      ${column(units.map((u) => toMultirange(u.covered)))}::datemultirange[],
      ${column(units.map((u) => toMultirange(u.provisional)))}::datemultirange[],
      ${column(units.map((u) => toMultirange(u.lost)))}::datemultirange[],
      ${column(units.map((u) => JSON.stringify(u.lostReasons)))}::jsonb[],
      ${column(units.map((u) => toMultirange(u.cycleDays)))}::datemultirange[],
      ${column(units.map((u) => u.closed))}::text[]
    ) AS u(unit, cycle, completed_at, rows, covered, provisional, lost, lost_reasons, cycle_days, closed)
    ORDER BY u.unit
    ON CONFLICT (corp_id, stream, unit) DO UPDATE SET cycle = excluded.cycle, completed_at = excluded.completed_at,
      rows = excluded.rows, covered = excluded.covered, provisional = excluded.provisional, lost = excluded.lost,
      lost_reasons = excluded.lost_reasons, cycle_days = excluded.cycle_days, closed = excluded.closed`.execute(
    db,
  );
}
