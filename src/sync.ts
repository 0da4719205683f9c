/** The composition root of a run: configuration, WeCom, the engine and the loaders meet here and nowhere else. */

import type { Logger } from 'pino';
import { catalogue, directoryStream, formStream, spellingStreams } from '../extractors/index.ts';
import { applyApprovalForms } from '../loaders/analytics/index.ts';
import { lockCorp } from '../loaders/lock.ts';
import { respell } from '../loaders/respell.ts';
import { asOwner } from '../loaders/roles.ts';
import { finishRun, quotaStore, startRun, storeReport } from '../loaders/runs.ts';
import { streamLoader } from '../loaders/stream-loader.ts';
import { readTombstones } from '../loaders/tombstones.ts';
import { isTransient } from '../loaders/transient.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config, CorpConfig } from './config/load.ts';
import { type Database, DatabaseError } from './database.ts';
import { refreshAttributes } from './employee-attributes.ts';
import { type RunEvent, type RunStatus, runStatus, runStreams, withDependencies } from './engine/run.ts';
import type { StreamReport } from './engine/warehouse.ts';
import { refreshFacts } from './facts.ts';
import { Forgotten } from './privacy/forgotten.ts';
import { type Protection, protectedStream } from './privacy/protected-stream.ts';
import { version } from './version.ts';
import { createClient, DEFAULT_QUOTAS, type PathStats, type QuotaTable, redact } from './wecom/index.ts';

export interface SyncOptions {
  /** Stream names; empty: all. */
  readonly streams: readonly string[];
  readonly full?: boolean;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly acceptDeletes?: boolean;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  readonly clock?: Clock;
  /** Lifts all quotas: only for our own simulator. */
  readonly unlimited?: boolean;
  /** Milliseconds per HTTP request, default 30,000; tests of hanging calls take less. */
  readonly timeoutMs?: number | undefined;
}

export interface SyncResult {
  readonly runId: string;
  readonly corpId: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly streams: readonly StreamReport[];
  /** Killed or stopped run that this one continued, or null. */
  readonly continued: string | null;
  readonly paths: Readonly<Record<string, PathStats>>;
}

/** One run for one corp. Throws LockedError when another one is under way; everything else is in the result. */
export async function sync(
  config: Config,
  corp: CorpConfig,
  database: Database,
  options: SyncOptions,
  logger: Logger,
): Promise<SyncResult> {
  const { db, pool } = database;
  const clock = options.clock ?? systemClock;
  const lost = new AbortController();
  const lock = await lockCorp(pool, corp.corpId, (error) => lost.abort(error));
  try {
    const startedAt = clock.now();
    const { onEvent = () => undefined, clock: _, signal: stop, timeoutMs, ...details } = options;
    const started = await startRun(db, corp.corpId, startedAt, {
      fresh: options.full ?? false,
      version,
      details,
    });
    if (started.continues) logger.info({ run: started.continues }, 'continuing the run that was interrupted');
    const client = createClient({
      corpId: corp.corpId,
      secrets: corp.secrets,
      baseUrl: config.apiBase,
      proxy: config.proxy,
      maxInFlight: config.maxInFlight,
      quotas: options.unlimited ? null : quotasOf(config),
      quotaStore: quotaStore(db, corp.corpId),
      cold: started.unclean,
      timeoutMs,
      clock,
      logger,
    });
    const signal = AbortSignal.any([stop, lost.signal]);
    const run = {
      corpId: corp.corpId,
      runId: started.runId,
      cycle: started.cycle,
      startedAt: new Date(startedAt).toISOString(),
    };
    const names = options.streams.length > 0 ? options.streams : catalogue.map((stream) => stream.name);
    try {
      await refreshAttributes(db, config, logger);
      const protection = await protectionOf(config, database, corp.corpId);
      const streams = await runStreams({
        streams: withDependencies(catalogue, names).map((stream) => protectedStream(stream, protection)),
        directory: directoryStream,
        spelledBy: spellingStreams,
        respell: (since) =>
          respell(
            db,
            corp.corpId,
            catalogue.flatMap((stream) => stream.tables),
            since,
          ),
        source: { call: (request) => client.call(request) },
        loaderOf: (stream) => streamLoader(db, stream, run),
        cycle: started.cycle,
        startedAt,
        now: () => clock.now(),
        days: { since: options.since, until: options.until, full: options.full ?? false },
        acceptDeletes: options.acceptDeletes ?? false,
        signal,
        onEvent,
        onReport: (report, proof) => storeReport(db, corp.corpId, started.runId, report, proof),
      });
      await refreshForms(database, corp.corpId, streams, logger);
      // Who stops a run does not wait for a refresh: the next run includes this one.
      const problem = signal.aborted ? null : await refreshFacts(db, corp.corpId);
      if (problem) logger.error({ remedy: problem.remedy }, problem.message);
      const status = runStatus(streams);
      const finishedAt = clock.now();
      await finishRun(db, corp.corpId, started.runId, signal.aborted ? 'interrupted' : status, finishedAt);
      return {
        runId: started.runId,
        corpId: corp.corpId,
        status,
        startedAt: run.startedAt,
        finishedAt: new Date(finishedAt).toISOString(),
        streams,
        continued: started.continues,
        paths: client.stats(),
      };
    } finally {
      // Its last act is to save the quota states; a database that is gone must not hide why the run ended.
      await client
        .close()
        .catch((error: unknown) => logger.warn({ error: String(error) }, 'quota states were not saved'));
    }
  } catch (error) {
    if (!isTransient(error)) throw error;
    throw new DatabaseError(
      `The database at ${database.place} was lost during the run: ${error instanceof Error ? error.message : String(error)}`,
      'Bring it back and run sync again: it continues where this run stopped.',
      error,
    );
  } finally {
    await lock.release();
  }
}

/** What no record may bring in: columns that the configuration drops or hashes, and people who were forgotten. */
async function protectionOf({ personalData }: Config, { db }: Database, corpId: string): Promise<Protection> {
  const { salt, tombstones } = await readTombstones(db, corpId);
  return {
    policy: personalData?.policy ?? {},
    key: personalData?.key.reveal() ?? '',
    forgotten: new Forgotten(salt, tombstones),
  };
}

/** Approval forms are views, one per template: a new or changed template brings or changes its view. */
async function refreshForms(
  { db }: Database,
  corpId: string,
  streams: readonly StreamReport[],
  logger: Logger,
): Promise<void> {
  const changed = streams.some(
    ({ stream, inserted, updated }) => stream === formStream && inserted + updated > 0,
  );
  if (!changed) return;
  try {
    await asOwner(db, (owner) => applyApprovalForms(owner, corpId));
  } catch (error) {
    // The loader's role may not create views: then `migrate`, run by the owner, does it.
    logger.warn(
      { error: redact(error instanceof Error ? error.message : String(error)) },
      'the views of schema approval_forms were not refreshed; run migrate with the owner of the schemas',
    );
  }
}

/** The documented quotas, with those of the configuration over them. */
export function quotasOf(config: Config): QuotaTable {
  const own = Object.entries(config.quotas).map(
    ([path, limit]) => [path, [{ limit, perMs: 60_000 }]] as const,
  );
  return { ...DEFAULT_QUOTAS, ...Object.fromEntries(own) };
}
