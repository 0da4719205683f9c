/**
 * The refresh of the stored facts of one corp: one transaction at the end of a run. What a run has changed is found by
 * its start, which is the valid_from and valid_to of everything it changed; which runs are included is recorded in the
 * same transaction. So a run that was killed is picked up by the next refresh, whatever it had committed.
 */
import { CompiledQuery, sql } from 'kysely';
import type { AnyDatabase, AnyTransaction } from '../../any-database.ts';
import { storedFacts } from '../declared.ts';
import { type Merged, mergeSql } from './merge.ts';
import { STORE, type Stored } from './stored.ts';
import { definitionOf, storeDefinition } from './tables.ts';

/** The store belongs to another version of the code. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'STORE_OUTDATED';
  readonly remedy = 'Run: wecom-warehouse migrate';
}

/** Rows inserted, updated or removed per fact; empty when no run was left to include. */
export type Refreshed = ReadonlyMap<string, number>;

/**
 * Brings the store of a corp up to its last run. The caller holds the lock of the corp: nobody else writes its rows.
 * @throws StoreError when the store was made for other definitions; nothing was written.
 */
export async function refreshStore(db: AnyDatabase, corpId: string): Promise<Refreshed> {
  if ((await storeDefinition(db)) !== definitionOf(storedFacts))
    throw new StoreError('The stored facts of the database were made by another version of the code.');
  return db.transaction().execute(async (trx) => {
    const written = new Map<string, number>();
    const since = await pendingSince(trx, corpId);
    if (since === null) return written;
    // Compiling the wide statements costs more than it saves; sorts of a first load shall not go through files.
    await sql`SELECT set_config('jit', 'off', true), set_config('work_mem', '64MB', true)`.execute(trx);
    const days = new Map<string, ReadonlySet<string>>();
    for (const stored of storedFacts) {
      const result = await refreshFact(trx, stored, { corpId, since, days });
      written.set(stored.view.name, result.rows);
      days.set(stored.view.name, result.days);
    }
    await include(trx, corpId);
    return written;
  });
}

const EVERYTHING = '-infinity';

/**
 * The instant from which changes are to be found, as text: the start of the first run not included, or of the cycle that
 * it continues (until a cycle is finished, it is not yet known which walk stands before a run within it). -infinity:
 * nothing is included, or the clock went backwards, and then the order of the runs says nothing. Null: nothing to do.
 */
async function pendingSince(trx: AnyTransaction, corpId: string): Promise<string | null> {
  const { rows } = await sql<{ since: string | null; first: string | null; backwards: boolean }>`
    WITH runs AS (
      SELECT r.started_at, c.started_at AS cycle_at, x.run_id IS NOT NULL AS is_included
      FROM wecom_sync.runs r
      LEFT JOIN wecom_sync.runs c ON c.corp_id = r.corp_id AND c.run_id = r.cycle
      LEFT JOIN ${sql.table(`${STORE}.refreshes`)} x ON x.corp_id = r.corp_id AND x.run_id = r.run_id
      WHERE r.corp_id = ${corpId}
    )
    SELECT min(least(started_at, cycle_at)) FILTER (WHERE NOT is_included)::text AS since,
      min(started_at) FILTER (WHERE is_included)::text AS first,
      coalesce(min(started_at) FILTER (WHERE NOT is_included) < max(started_at) FILTER (WHERE is_included), false) AS backwards
    FROM runs`.execute(trx);
  const [found] = rows;
  if (!found || found.since === null) return null;
  return found.first === null || found.backwards ? EVERYTHING : found.since;
}

/** Every run of the corp is over, or is the caller's own, whose rows are committed. */
async function include(trx: AnyTransaction, corpId: string): Promise<void> {
  await sql`
    INSERT INTO ${sql.table(`${STORE}.refreshes`)} (corp_id, run_id, refreshed_at, provisional)
    SELECT r.corp_id, r.run_id, now(), (
      SELECT coalesce(range_agg(p.provisional), '{}') FROM wecom_sync.progress p WHERE p.corp_id = r.corp_id AND p.closed IS NULL)
    FROM wecom_sync.runs r WHERE r.corp_id = ${corpId} ON CONFLICT DO NOTHING`.execute(trx);
}

interface Scope {
  readonly corpId: string;
  readonly since: string;
  /** Days touched so far, by fact. */
  readonly days: ReadonlyMap<string, ReadonlySet<string>>;
}

async function refreshFact(
  trx: AnyTransaction,
  stored: Stored,
  scope: Scope,
): Promise<{ rows: number; days: ReadonlySet<string> }> {
  const all = scope.since === EVERYTHING;
  const merge = mergeSql(stored, !all);
  const days = new Set<string>();
  let rows = 0;
  for await (const values of changedValues(trx, stored, scope)) {
    const { rows: results } = await trx.executeQuery<Merged>(
      CompiledQuery.raw(merge, [scope.corpId, values]),
    );
    for (const { written, removed, days: touched } of results) {
      rows += Number(written) + Number(removed);
      for (const day of touched) days.add(day);
    }
  }
  // The facts behind it read it now: without statistics of a first load the planner takes it for empty.
  if (all) await sql`ANALYZE ${sql.table(`${STORE}.${stored.view.name}`)}`.execute(trx);
  return { rows, days };
}

/** By a cursor: the keys of a first load are millions. */
async function* changedValues(
  trx: AnyTransaction,
  stored: Stored,
  { corpId, since, days }: Scope,
): AsyncGenerator<string[]> {
  const { column, changed, chunk } = stored.scope;
  const all = since === EVERYTHING;
  const touched = all
    ? null
    : [...new Set((stored.after ?? []).flatMap((name) => [...(days.get(name) ?? [])]))];
  const cursor = `changed_${stored.view.name}`;
  // What is stored and has left the source is compared as well when everything is.
  const known = all ? `UNION SELECT ${column} FROM ${STORE}.${stored.view.name} WHERE corp_id = $1` : '';
  await trx.executeQuery(
    CompiledQuery.raw(
      `DECLARE ${cursor} CURSOR FOR SELECT v::text AS v FROM (SELECT v FROM (${typed(changed)}) c ${typed(known)}) k
       WHERE v IS NOT NULL GROUP BY v ORDER BY v`,
      [corpId, since, touched].slice(0, /\$3/.test(changed) ? 3 : 2),
    ),
  );
  for (;;) {
    const { rows } = await trx.executeQuery<{ v: string }>(
      CompiledQuery.raw(`FETCH ${chunk} FROM ${cursor}`),
    );
    if (rows.length > 0) yield rows.map((row) => row.v);
    if (rows.length < chunk) break;
  }
  await trx.executeQuery(CompiledQuery.raw(`CLOSE ${cursor}`));
}

/** The parameters get their types where they stand. */
const typed = (text: string): string =>
  text
    .replaceAll(/\$1\b/g, '$1::text')
    .replaceAll(/\$2\b/g, '$2::timestamptz')
    .replaceAll(/\$3\b/g, '$3::date[]');
