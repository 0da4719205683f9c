/** A run of its own for what works on stored data and calls nothing: the lock, the as-of point, and its end. */

import { lockCorp } from '../loaders/lock.ts';
import { finishRun, startRepair } from '../loaders/runs.ts';
import type { LoaderRun } from '../loaders/stream-loader.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Database } from './database.ts';
import { type FactsProblem, refreshFacts } from './facts.ts';
import { version } from './version.ts';

export interface RepairOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

export interface Repaired<T> {
  readonly runId: string;
  readonly corpId: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly result: T;
  /** Why the analysts' facts do not show it yet; null: they do. */
  readonly facts: FactsProblem | null;
}

/**
 * Runs `work` under the lock of the corp. `details` go to wecom_sync.runs, `command` among them. What was committed
 * before a stop or an error stays: every repair may be repeated.
 * @throws LockedError when another run is under way.
 */
export async function repair<T>(
  { db, pool }: Pick<Database, 'db' | 'pool'>,
  corpId: string,
  details: { readonly command: string },
  { signal: stop, clock = systemClock }: RepairOptions,
  work: (run: LoaderRun, signal: AbortSignal) => Promise<T>,
): Promise<Repaired<T>> {
  const lost = new AbortController();
  const lock = await lockCorp(pool, corpId, (error) => lost.abort(error));
  const signal = AbortSignal.any([stop, lost.signal]);
  try {
    const now = clock.now();
    const startedAt = new Date(now).toISOString();
    const started = await startRepair(db, corpId, now, { version, details });
    const finish = (status: string) => finishRun(db, corpId, started.runId, status, clock.now());
    try {
      const result = await work({ ...started, corpId, startedAt }, signal);
      const facts = signal.aborted ? null : await refreshFacts(db, corpId);
      await finish(signal.aborted ? 'interrupted' : 'succeeded');
      return {
        runId: started.runId,
        corpId,
        startedAt,
        finishedAt: new Date(clock.now()).toISOString(),
        result,
        facts,
      };
    } catch (error) {
      // A database that is gone cannot take it; the next run marks what is still running as interrupted.
      await finish(signal.aborted ? 'interrupted' : 'failed').catch(() => undefined);
      throw error;
    }
  } finally {
    await lock.release();
  }
}
