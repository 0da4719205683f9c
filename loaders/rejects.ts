import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Reject } from '../src/engine/warehouse.ts';
import type { StreamKey } from './progress.ts';
import type { SyncDatabase } from './schema.ts';

/** Keeps records that could not become rows; the same record of the same stream once, with when it was last seen. */
export async function writeRejects(
  db: Kysely<SyncDatabase>,
  key: StreamKey,
  run: { readonly runId: string; readonly startedAt: string },
  rejects: readonly Reject[],
): Promise<void> {
  for (const { unit, reason, payload } of rejects) {
    const text = JSON.stringify(payload);
    await sql`
      INSERT INTO wecom_sync.rejects AS r
        (corp_id, stream, reject_id, run_id, unit, reason, payload, first_seen_at, last_seen_at)
      VALUES (${key.corpId}, ${key.stream}, ${createHash('md5').update(text).digest('hex')}, ${run.runId},
        ${unit ?? null}, ${reason}, ${text}::jsonb, ${run.startedAt}, ${run.startedAt})
      ON CONFLICT (corp_id, stream, reject_id) DO UPDATE SET run_id = excluded.run_id, unit = excluded.unit,
        reason = excluded.reason, last_seen_at = excluded.last_seen_at`.execute(db);
  }
}
