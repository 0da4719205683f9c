import { type Kysely, sql } from 'kysely';
import { toMultirange } from '../src/days.ts';
import type { Row, Table } from '../src/engine/table.ts';
import type { Absence, AbsenceSelection, UnitProof } from '../src/engine/warehouse.ts';
import { columnLiteral } from './literals.ts';
import { current, quote } from './merge.ts';
import type { StreamKey } from './progress.ts';
import type { SyncDatabase } from './schema.ts';

type Db = Kysely<SyncDatabase>;

/** The key of a row `x` as jsonb, the form in which absences are recorded. */
const keyJson = (table: Table) =>
  `jsonb_build_object(${Object.keys(table.key)
    .map((column) => `'${column}', x.${quote(column)}`)
    .join(', ')})`;

/** Keys in the scope of the proof that the walk did not show. EXCEPT hashes; NOT EXISTS became a nested loop over thousands of rows where statistics were missing. */
export function unshown(corpId: string, table: Table, proof: UnitProof) {
  const { where, days } = proof.scope;
  const key = Object.entries(table.key);
  const conditions = [
    sql`c.corp_id = ${corpId}`,
    ...Object.entries(where).map(([column, value]) => sql`c.${sql.ref(column)} = ${value}`),
  ];
  if (days) conditions.push(sql`c.${sql.ref(days.column)} <@ ${toMultirange(days.set)}::datemultirange`);
  const shown = key.map(
    ([column, type]) =>
      sql`${columnLiteral(
        type,
        proof.shown.map((row) => row[column]),
      )}::${sql.raw(type)}[]`,
  );
  const names = sql.join(key.map(([column]) => sql`c.${sql.ref(column)}`));
  return sql`SELECT ${names} FROM ${sql.raw(current(table))} c WHERE ${sql.join(conditions, sql` AND `)}
    EXCEPT SELECT * FROM unnest(${sql.join(shown)})`;
}

/** Records the rows that a finished walk of the unit did not show, and forgets those that came back. */
export async function recordAbsences(
  db: Db,
  key: StreamKey,
  table: Table,
  unit: { readonly unit: string; readonly cycle: string; readonly lastShownAt: string | null },
  proof: UnitProof,
): Promise<void> {
  await sql`
    WITH absent AS (
      SELECT ${sql.raw(keyJson(table))} AS key FROM (${unshown(key.corpId, table, proof)}) x
    ), back AS (
      DELETE FROM wecom_sync.absences a WHERE a.corp_id = ${key.corpId} AND a.stream = ${key.stream}
        AND a.table_name = ${table.name} AND a.unit = ${unit.unit} AND a.key NOT IN (SELECT key FROM absent)
    )
    INSERT INTO wecom_sync.absences AS a (corp_id, stream, table_name, key, unit, cycle, last_shown_at)
    SELECT ${key.corpId}, ${key.stream}, ${table.name}, key, ${unit.unit}, ${unit.cycle}, ${unit.lastShownAt}::timestamptz
    FROM absent ORDER BY key
    ON CONFLICT (corp_id, stream, table_name, key) DO UPDATE SET unit = excluded.unit, cycle = excluded.cycle`.execute(
    db,
  );
}

/** Absences of the cycle, per unit and table. */
export async function readAbsences(db: Db, key: StreamKey, cycle: string): Promise<Absence[]> {
  const { rows } = await sql<{
    table: string;
    unit: string;
    absent: string;
    held: string;
    shown: string | null;
  }>`
    SELECT a.table_name AS table, a.unit, count(*) AS absent, count(a.held_since) AS held, max(p.rows) AS shown
    FROM wecom_sync.absences a LEFT JOIN wecom_sync.progress p
      ON p.corp_id = a.corp_id AND p.stream = a.stream AND p.unit = a.unit
    WHERE a.corp_id = ${key.corpId} AND a.stream = ${key.stream} AND a.cycle = ${cycle}
    GROUP BY a.table_name, a.unit ORDER BY a.table_name, a.unit`.execute(db);
  return rows.map((row) => ({
    table: row.table,
    unit: row.unit,
    absent: Number(row.absent),
    shown: Number(row.shown ?? 0),
    heldBefore: Number(row.held),
  }));
}

/** SQL for: absence `a` is selected. */
export function selected(key: StreamKey, cycle: string, selection: AbsenceSelection) {
  const conditions = [
    sql`a.corp_id = ${key.corpId} AND a.stream = ${key.stream} AND a.cycle = ${cycle} AND a.table_name = ${selection.table}`,
  ];
  if (selection.units) conditions.push(sql`a.unit = ANY(${[...selection.units]}::text[])`);
  if (selection.onlyHeldBefore) conditions.push(sql`a.held_since IS NOT NULL`);
  if (selection.keys)
    conditions.push(sql`a.key = ANY(${selection.keys.map((row) => JSON.stringify(row))}::jsonb[])`);
  return sql.join(conditions, sql` AND `);
}

export async function absentKeys(
  db: Db,
  key: StreamKey,
  cycle: string,
  selection: AbsenceSelection,
): Promise<Row[]> {
  const { rows } = await sql<{ key: Row }>`
    SELECT a.key FROM wecom_sync.absences a WHERE ${selected(key, cycle, selection)} ORDER BY a.key`.execute(
    db,
  );
  return rows.map((row) => row.key);
}

export async function forgetAbsent(
  db: Db,
  key: StreamKey,
  cycle: string,
  selection: AbsenceSelection,
): Promise<void> {
  await sql`DELETE FROM wecom_sync.absences a WHERE ${selected(key, cycle, selection)}`.execute(db);
}

export async function hold(
  db: Db,
  key: StreamKey,
  cycle: string,
  startedAt: string,
  selection: AbsenceSelection,
  reason: string,
): Promise<void> {
  await sql`UPDATE wecom_sync.absences a SET held_since = coalesce(a.held_since, ${startedAt}::timestamptz), reason = ${reason}
    WHERE ${selected(key, cycle, selection)}`.execute(db);
}
