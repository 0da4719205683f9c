import { randomBytes } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Proof } from '../src/engine/run.ts';
import type { StreamReport } from '../src/engine/warehouse.ts';
import type { SyncDatabase } from './schema.ts';
import { retryTransient } from './transient.ts';

type Db = Kysely<SyncDatabase>;

export interface StartedRun {
  readonly runId: string;
  /** run_id of the first run of the chain that this one continues, or its own. */
  readonly cycle: string;
  /** The run that was killed or stopped and is now continued. */
  readonly continues: string | null;
  /** A predecessor was killed: what it did in its last second is unknown (quotas start with the burst used up). */
  readonly unclean: boolean;
}

/** A run that was killed is continued for this long; after that the source has moved on and a fresh walk is due. */
const CONTINUE_WITHIN_MS = 6 * 3_600_000;

/** Records the start of a run. The caller holds the lock of the corp, so a run that is still "running" was killed. */
export async function startRun(
  db: Db,
  corpId: string,
  startedAt: number,
  options: { readonly fresh: boolean; readonly version: string; readonly details: object },
): Promise<StartedRun> {
  const runId = runIdOf(startedAt);
  return db.transaction().execute(async (trx) => {
    const last = await trx
      .selectFrom('wecom_sync.runs')
      .select(['run_id', 'cycle', 'status', 'started_at'])
      .where('corp_id', '=', corpId)
      // A repair stands between a killed run and the one that continues it.
      .where(sql<boolean>`options->>'command' IS NULL`)
      .orderBy('started_at', 'desc')
      .orderBy('run_id', 'desc')
      .limit(1)
      .executeTakeFirst();
    const unclean = last?.status === 'running';
    await endKilled(trx, corpId);
    const age = last ? startedAt - new Date(last.started_at).getTime() : Number.POSITIVE_INFINITY;
    const interrupted = last !== undefined && (unclean || last.status === 'interrupted');
    const continued = interrupted && !options.fresh && age < CONTINUE_WITHIN_MS ? last : null;
    const cycle = continued?.cycle ?? runId;
    await insertRun(trx, corpId, startedAt, {
      runId,
      cycle,
      version: options.version,
      details: options.details,
    });
    return { runId, cycle, continues: continued?.run_id ?? null, unclean };
  });
}

/**
 * Records the start of a run that works on what is stored (`command` in its details) and asks WeCom for nothing: an
 * as-of point like any other, but no walk, so it neither continues a cycle nor interrupts one.
 */
export async function startRepair(
  db: Db,
  corpId: string,
  startedAt: number,
  options: { readonly version: string; readonly details: { readonly command: string } },
): Promise<{ readonly runId: string; readonly cycle: string }> {
  const runId = runIdOf(startedAt);
  return db.transaction().execute(async (trx) => {
    await endKilled(trx, corpId);
    await insertRun(trx, corpId, startedAt, { runId, cycle: runId, ...options });
    return { runId, cycle: runId };
  });
}

/** Records a run that has begun and ended within the transaction of the caller. */
export async function recordRepair(
  trx: Db,
  corpId: string,
  startedAt: number,
  options: { readonly version: string; readonly details: { readonly command: string } },
): Promise<void> {
  const runId = runIdOf(startedAt);
  await insertRun(trx, corpId, startedAt, { runId, cycle: runId, ...options });
  await finishRun(trx, corpId, runId, 'succeeded', startedAt);
}

function runIdOf(startedAt: number): string {
  const started = new Date(startedAt).toISOString().replace(/[-:.]/g, '');
  return `${started}-${randomBytes(3).toString('hex')}`;
}

async function endKilled(trx: Db, corpId: string): Promise<void> {
  await trx
    .updateTable('wecom_sync.runs')
    .set({ status: 'interrupted' })
    .where('corp_id', '=', corpId)
    .where('status', '=', 'running')
    .execute();
}

async function insertRun(
  trx: Db,
  corpId: string,
  startedAt: number,
  run: { readonly runId: string; readonly cycle: string; readonly version: string; readonly details: object },
): Promise<void> {
  await trx
    .insertInto('wecom_sync.runs')
    .values({
      corp_id: corpId,
      run_id: run.runId,
      cycle: run.cycle,
      started_at: new Date(startedAt).toISOString(),
      finished_at: null,
      status: 'running',
      options: JSON.stringify(run.details),
      version: run.version,
    })
    .execute();
}

export async function finishRun(
  db: Db,
  corpId: string,
  runId: string,
  status: string,
  finishedAt: number,
): Promise<void> {
  await retryTransient(() =>
    db
      .updateTable('wecom_sync.runs')
      .set({ status, finished_at: new Date(finishedAt).toISOString() })
      .where('corp_id', '=', corpId)
      .where('run_id', '=', runId)
      .execute(),
  );
}

export async function storeReport(
  db: Db,
  corpId: string,
  runId: string,
  report: StreamReport,
  proof: Proof,
): Promise<void> {
  const values = {
    status: report.status,
    started_at: new Date(proof.startedAt).toISOString(),
    finished_at: new Date(proof.startedAt + report.durationMs).toISOString(),
    api_calls: report.apiCalls,
    pages: report.pages,
    records: report.records,
    inserted: report.inserted,
    updated: report.updated,
    unchanged: report.unchanged,
    deleted: report.deleted,
    rejected: report.rejected,
    expected: proof.expected,
    received: proof.received,
    explained: proof.explained,
    error: report.error === null ? null : JSON.stringify(report.error),
    notes: proof.notes.length === 0 ? null : JSON.stringify(proof.notes),
    counts: proof.counts.length === 0 ? null : JSON.stringify(proof.counts),
  };
  await retryTransient(() =>
    db
      .insertInto('wecom_sync.run_streams')
      .values({ corp_id: corpId, run_id: runId, stream: report.stream, ...values })
      .onConflict((conflict) => conflict.columns(['corp_id', 'run_id', 'stream']).doUpdateSet(values))
      .execute(),
  );
}

/** API calls of each stream's last successful run. */
export async function lastCalls(db: Db, corpId: string): Promise<Map<string, number>> {
  const { rows } = await sql<{ stream: string; calls: string }>`
    SELECT DISTINCT ON (stream) stream, api_calls AS calls FROM wecom_sync.run_streams
    WHERE corp_id = ${corpId} AND status = 'succeeded' ORDER BY stream, started_at DESC`.execute(db);
  return new Map(rows.map((row) => [row.stream, Number(row.calls)]));
}

/** Keeps the quota state of each API path, so that a restart does not start with a fresh burst. */
export function quotaStore(db: Db, corpId: string) {
  return {
    async load(): Promise<Record<string, readonly number[]>> {
      const rows = await db
        .selectFrom('wecom_sync.quotas')
        .select(['path', 'state'])
        .where('corp_id', '=', corpId)
        .execute();
      return Object.fromEntries(
        rows.map((row): [string, readonly number[]] => [row.path, numbers(row.state)]),
      );
    },
    async save(states: Readonly<Record<string, readonly number[]>>): Promise<void> {
      const paths = Object.keys(states);
      if (paths.length === 0) return;
      await sql`
        INSERT INTO wecom_sync.quotas AS q (corp_id, path, state)
        SELECT ${corpId}, * FROM unnest(${paths}::text[], ${paths.map((path) => JSON.stringify(states[path]))}::jsonb[])
        ON CONFLICT (corp_id, path) DO UPDATE SET state = excluded.state`.execute(db);
    },
  };
}

function numbers(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
}
