/** The stored facts of the analysts' views, brought up to date where rows have changed. */
import type { Kysely } from 'kysely';
import { refreshStore, StoreError } from '../loaders/analytics/index.ts';
import { LockedError, lockCorp } from '../loaders/lock.ts';
import type { SyncDatabase } from '../loaders/schema.ts';
import { corpsInWarehouse } from '../loaders/status.ts';
import type { Database } from './database.ts';
import { redact } from './wecom/index.ts';

/** Why the facts were not refreshed, and what to do. */
export interface FactsProblem {
  readonly message: string;
  readonly remedy: string;
}

/**
 * At the end of a run, which holds the lock of the corp. What the run wrote is committed and stays: a refresh that fails is
 * reported, and the next one includes the run.
 */
export async function refreshFacts(db: Kysely<SyncDatabase>, corpId: string): Promise<FactsProblem | null> {
  try {
    await refreshStore(db, corpId);
    return null;
  } catch (error) {
    const text = redact(error instanceof Error ? error.message : String(error));
    return {
      message: `The facts of schema analytics still show the run before: ${text}`,
      remedy:
        error instanceof StoreError
          ? error.remedy
          : 'All data are stored. The next sync refreshes the facts; so does: wecom-warehouse migrate',
    };
  }
}

/**
 * All corps, after rows came in outside of a run: a migration, an import. Returns the corps that are at work: their
 * runs refresh the facts when they end.
 * @throws what the refresh throws.
 */
export async function refreshAllFacts({ db, pool }: Pick<Database, 'db' | 'pool'>): Promise<string[]> {
  const busy: string[] = [];
  for (const corpId of await corpsInWarehouse(db)) {
    try {
      const lock = await lockCorp(pool, corpId, () => undefined);
      await refreshStore(db, corpId).finally(() => lock.release());
    } catch (error) {
      if (!(error instanceof LockedError)) throw error;
      busy.push(corpId);
    }
  }
  return busy;
}
