import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Tombstone } from '../src/privacy/forgotten.ts';
import type { SyncDatabase } from './schema.ts';
import { retryTransient } from './transient.ts';

type Db = Kysely<SyncDatabase>;

/** Empty when nobody of the corp was forgotten yet. */
export async function readTombstones(
  db: Db,
  corpId: string,
): Promise<{ readonly salt: string; readonly tombstones: readonly Tombstone[] }> {
  return retryTransient(async () => {
    const tombstones = await db
      .selectFrom('wecom_sync.tombstones')
      .select(['person', 'part', 'length', 'hash'])
      .where('corp_id', '=', corpId)
      .orderBy('forgotten_at')
      .orderBy('person')
      .execute();
    const salt = await db
      .selectFrom('wecom_sync.tombstone_salts')
      .select('salt')
      .where('corp_id', '=', corpId)
      .executeTakeFirst();
    return { salt: salt?.salt ?? '', tombstones };
  });
}

/** The salt of the corp's hashes, made by the first call. */
export async function ensureSalt(db: Db, corpId: string): Promise<string> {
  await db
    .insertInto('wecom_sync.tombstone_salts')
    .values({ corp_id: corpId, salt: randomBytes(32).toString('hex') })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const { salt } = await db
    .selectFrom('wecom_sync.tombstone_salts')
    .select('salt')
    .where('corp_id', '=', corpId)
    .executeTakeFirstOrThrow();
  return salt;
}

/** Adds what is new of the person; what is there stays as it is. */
export async function writeTombstones(
  db: Db,
  corpId: string,
  kind: string,
  forgottenAt: string,
  tombstones: readonly Tombstone[],
): Promise<void> {
  if (tombstones.length === 0) return;
  await db
    .insertInto('wecom_sync.tombstones')
    .values(tombstones.map((one) => ({ ...one, corp_id: corpId, kind, forgotten_at: forgottenAt })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
