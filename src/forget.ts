/** `forget`: erases one person, and leaves keyed hashes by which later runs keep the person out. */

import type { Kysely } from 'kysely';
import { catalogue } from '../extractors/index.ts';
import { forgetRefreshes } from '../loaders/analytics/index.ts';
import { type Erased, erase, type Person } from '../loaders/forget/index.ts';
import { lockCorp } from '../loaders/lock.ts';
import { recordRepair } from '../loaders/runs.ts';
import type { SyncDatabase } from '../loaders/schema.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Database } from './database.ts';
import { type FactsProblem, refreshFacts } from './facts.ts';
import type { Forgotten } from './privacy/forgotten.ts';
import { nameScope, protectRecord } from './privacy/protected-stream.ts';
import { version } from './version.ts';
import { parseAnswer } from './wecom/json.ts';

export interface ForgetOptions {
  readonly dryRun: boolean;
  readonly clock?: Clock;
}

export interface ForgottenPerson extends Erased {
  /** Why the analysts' facts are not derived again yet; null: they are. */
  readonly facts: FactsProblem | null;
}

/**
 * One transaction under the lock of the corp. A dry run does the same and undoes it, so what it lists is exact. `null`:
 * nobody of this id was ever seen, and nothing was written.
 * @throws LockedError when a run is under way.
 */
export async function forget(
  { db, pool }: Pick<Database, 'db' | 'pool'>,
  person: Person,
  { dryRun, clock = systemClock }: ForgetOptions,
): Promise<ForgottenPerson | null> {
  const lost = new AbortController();
  const lock = await lockCorp(pool, person.corpId, (error) => lost.abort(error));
  try {
    const trx = await db.startTransaction().execute();
    let erased: Erased | null;
    try {
      erased = await eraseAt(trx, person, clock.now());
      lost.signal.throwIfAborted();
    } catch (error) {
      await trx.rollback().execute();
      throw error;
    }
    const keep = !dryRun && erased !== null;
    await (keep ? trx.commit() : trx.rollback()).execute();
    return erased && { ...erased, facts: keep ? await refreshFacts(db, person.corpId) : null };
  } finally {
    await lock.release();
  }
}

async function eraseAt(trx: Kysely<SyncDatabase>, person: Person, now: number): Promise<Erased | null> {
  const families = catalogue.map((stream) => ({ tables: stream.tables, names: nameScope(stream) }));
  // An as-of point like any other: customers whom nobody else follows end at it.
  await recordRepair(trx, person.corpId, now, { version, details: { command: 'forget' } });
  // What is aggregated of the person's rows is derived again from all that is left.
  await forgetRefreshes(trx, person.corpId);
  return erase(trx, { person, at: new Date(now).toISOString(), families, cleanReject });
}

/** As a later run would store the reject; null when the record is about the person. */
function cleanReject(name: string, payload: string, forgotten: Forgotten): string | null {
  const stream = catalogue.find((candidate) => candidate.name === name);
  if (stream === undefined) return payload;
  const record = parseAnswer(payload).answer;
  const spelling = (userid: string) => userid.trim();
  const clean = protectRecord(stream, { policy: {}, key: '', forgotten })(record, { spelling });
  if (clean === null) return null;
  return clean === record ? payload : JSON.stringify(clean);
}
