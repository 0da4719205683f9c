import { type Kysely, sql } from 'kysely';
import { toMultirange } from '../src/days.ts';
import { columnsOf, type Row, type Table, type Value } from '../src/engine/table.ts';
import type { Absence, AbsenceSelection, UnitProof } from '../src/engine/warehouse.ts';
import { arrayLiteral, columnLiteral } from './literals.ts';
import { current, keyJson } from './merge.ts';
import type { MissingRows } from './missing.ts';
import type { StreamKey } from './progress.ts';
import type { SyncDatabase } from './schema.ts';

type Db = Kysely<SyncDatabase>;

/** A unit whose walk has finished, and one of the things that the walk proves. */
export interface ProvedUnit {
  readonly unit: string;
  /** Start of the last walk that was complete before this one. */
  readonly lastShownAt: string | null;
  readonly proof: UnitProof;
}

/** Proofs whose scopes have the same shape: they are checked by one statement, which costs a third of one for each. */
export function alike(units: readonly ProvedUnit[]): ProvedUnit[][] {
  const shape = ({ proof: { scope } }: ProvedUnit) =>
    [scope.table, scope.days?.column ?? '', ...Object.keys(scope.where)].join('\0');
  return [...Map.groupBy(units, shape).values()];
}

/**
 * Keys in the scopes of the proofs that the walks did not show, each with the place of its unit (`unit_no`, from 0). The
 * proofs are alike. OFFSET 0 keeps one index scan per unit. EXCEPT hashes; NOT EXISTS became a nested loop over thousands
 * of rows where statistics were missing.
 */
export function unshown(corpId: string, table: Table, units: readonly ProvedUnit[]) {
  const key = Object.entries(table.key);
  const types = new Map<string, string>(columnsOf(table));
  const { where = {}, days } = units[0]?.proof.scope ?? {};
  const array = (type: string, cells: readonly (Value | undefined)[]) =>
    sql`${columnLiteral('text', cells)}::${sql.raw(type)}[]`;
  const scopes = [
    array('int', [...units.keys()]),
    ...Object.keys(where).map((column) =>
      array(
        types.get(column) ?? 'text',
        units.map(({ proof }) => proof.scope.where[column]),
      ),
    ),
    ...(days
      ? [
          array(
            'datemultirange',
            units.map(({ proof }) => toMultirange(proof.scope.days?.set ?? [])),
          ),
        ]
      : []),
  ];
  const values = Object.keys(where).map((_, i) => `value_${i}`);
  const conditions = [
    sql`c.corp_id = ${corpId}`,
    ...Object.keys(where).map((column, i) => sql`c.${sql.ref(column)} = s.${sql.ref(`value_${i}`)}`),
    ...(days ? [sql`c.${sql.ref(days.column)} <@ s.days`] : []),
  ];
  const shown = [
    array(
      'int',
      units.flatMap(({ proof }, no) => proof.shown.map(() => no)),
    ),
    ...key.map(([column, type]) =>
      array(
        type,
        units.flatMap(({ proof }) => proof.shown.map((row) => row[column])),
      ),
    ),
  ];
  const names = sql.join(key.map(([column]) => sql`c.${sql.ref(column)}`));
  const scope = sql.join(['unit_no', ...values, ...(days ? ['days'] : [])].map((name) => sql.ref(name)));
  return sql`SELECT s.unit_no, c.* FROM unnest(${sql.join(scopes)}) AS s(${scope}) CROSS JOIN LATERAL (
      SELECT ${names} FROM ${sql.raw(current(table))} c WHERE ${sql.join(conditions, sql` AND `)} OFFSET 0
    ) c
    EXCEPT SELECT * FROM unnest(${sql.join(shown)})`;
}

/** Records the rows that finished walks of units did not show, and forgets those that came back. The proofs are alike. */
export async function recordAbsences(
  db: Db,
  key: StreamKey,
  cycle: string,
  table: Table,
  units: readonly ProvedUnit[],
): Promise<void> {
  await sql`
    WITH proved AS (
      SELECT * FROM unnest(${arrayLiteral(units.map(({ unit }) => unit))}::text[],
        ${arrayLiteral(units.map(({ lastShownAt }) => lastShownAt))}::timestamptz[])
        WITH ORDINALITY AS p(unit, last_shown_at, place)
    ), absent AS (
      SELECT p.unit, p.last_shown_at, ${sql.raw(keyJson(table, 'x'))} AS key
      FROM (${unshown(key.corpId, table, units)}) x JOIN proved p ON p.place = x.unit_no + 1
    ), back AS (
      DELETE FROM wecom_sync.absences a WHERE a.corp_id = ${key.corpId} AND a.stream = ${key.stream}
        AND a.table_name = ${table.name} AND a.unit IN (SELECT unit FROM proved)
        AND (a.unit, a.key) NOT IN (SELECT unit, key FROM absent)
    )
    INSERT INTO wecom_sync.absences AS a (corp_id, stream, table_name, key, unit, cycle, last_shown_at)
    SELECT DISTINCT ON (key) ${key.corpId}, ${key.stream}, ${table.name}, key, unit, ${cycle}, last_shown_at
    FROM absent ORDER BY key
    ON CONFLICT (corp_id, stream, table_name, key) DO UPDATE SET unit = excluded.unit, cycle = excluded.cycle`.execute(
    db,
  );
}

/** Absences of the cycle, per unit and table. */
export async function readAbsences(
  db: Db,
  key: StreamKey,
  cycle: string,
  missing: MissingRows,
): Promise<Absence[]> {
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
  const emptied = await missing.emptied(
    db,
    rows.map((row) => row.table),
  );
  return rows.map((row) => ({
    table: row.table,
    unit: row.unit,
    absent: Number(row.absent),
    shown: Number(row.shown ?? 0),
    heldBefore: Number(row.held),
    emptied: emptied.get(`${row.table}\0${row.unit}`) ?? 0,
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
