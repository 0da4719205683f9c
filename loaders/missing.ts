/**
 * Absences of child rows that a walk no longer shows with their parents, in the tables where they do not end at once
 * (`missing` in src/engine/table.ts). They are recorded with the rows of the batch, and decided at the end of the stream
 * like all absences (absences.ts).
 */
import { type Kysely, sql } from 'kysely';
import type { Row, Table } from '../src/engine/table.ts';
import { columnLiteral } from './literals.ts';
import { current, keyJson } from './merge.ts';
import type { StreamKey } from './progress.ts';
import type { SyncDatabase } from './schema.ts';
import type { MissingRow } from './table-merger.ts';

type Db = Kysely<SyncDatabase>;

/** A child row that a batch shows. */
interface ShownRow {
  readonly row: Row;
  readonly unit: string | undefined;
}

export type MissingRows = ReturnType<typeof missingRows>;

export function missingRows(tables: readonly Table[], key: StreamKey, cycle: string) {
  const decided = tables.filter(({ missing }) => missing !== 'ends');
  /** Units of which rows are recorded: for all others there is nothing to forget. */
  const waiting = new Set<string>();
  const of = (name: string) =>
    sql`a.corp_id = ${key.corpId} AND a.stream = ${key.stream} AND a.table_name = ${name}`;

  /** Reads which units have rows recorded by earlier runs. */
  async function load(db: Db): Promise<void> {
    for (const table of decided) {
      const { rows } = await sql<{ unit: string }>`
        SELECT DISTINCT a.unit FROM wecom_sync.absences a WHERE ${of(table.name)}`.execute(db);
      for (const { unit } of rows) waiting.add(unit);
    }
  }

  /** Records what the parents of a batch do not have any more, and forgets what came back. */
  async function record(
    trx: Db,
    name: string,
    shown: readonly ShownRow[],
    missing: readonly MissingRow[],
  ): Promise<void> {
    const table = decided.find((one) => one.name === name);
    if (!table) return;
    const back = waiting.size === 0 ? [] : shown.filter(({ unit }) => waiting.has(unit ?? ''));
    if (missing.length + back.length === 0) return;
    for (const { unit } of missing) waiting.add(unit ?? '');
    const keys = (rows: readonly Row[]) => arrays(table, rows);
    const absent = keys(missing.map(({ key }) => key));
    await sql`
      WITH absent AS (
        SELECT ${sql.raw(keyJson(table, 'x'))} AS key, x.absent_unit, x.shown_at
        FROM unnest(${absent}, ${missing.map(({ unit }) => unit)}::text[], ${missing.map(({ shownAt }) => shownAt)}::timestamptz[])
          AS x(${names(table)}, absent_unit, shown_at)
      ), back AS (
        DELETE FROM wecom_sync.absences a USING unnest(${keys(back.map(({ row }) => row))}) AS x(${names(table)})
        WHERE ${of(table.name)} AND a.key = ${sql.raw(keyJson(table, 'x'))}
      )
      INSERT INTO wecom_sync.absences AS a (corp_id, stream, table_name, key, unit, cycle, last_shown_at)
      SELECT ${key.corpId}, ${key.stream}, ${table.name}, key, absent_unit, ${cycle}, shown_at FROM absent ORDER BY key
      ON CONFLICT (corp_id, stream, table_name, key) DO UPDATE SET unit = excluded.unit, cycle = excluded.cycle`.execute(
      trx,
    );
  }

  /** Forgets rows that have ended with their parents. */
  async function forgetEnded(trx: Db): Promise<void> {
    if (waiting.size === 0) return;
    for (const table of decided)
      await sql`
        DELETE FROM wecom_sync.absences a WHERE ${of(table.name)} AND NOT EXISTS (
          SELECT FROM ${sql.raw(current(table))} c
          WHERE c.corp_id = ${key.corpId} AND (${names(table, 'c')}) = (${recorded(table)}))`.execute(trx);
  }

  /** Of `filled` tables: how many parents of which all rows are absent, by table and unit (`table` U+0000 `unit`). */
  async function emptied(db: Db, absent: readonly string[]): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const table of decided) {
      const parent = tables.find(({ name }) => name === table.parent);
      if (!parent || table.missing !== 'filled' || !absent.includes(table.name)) continue;
      const { rows } = await sql<{ unit: string; emptied: string }>`
        SELECT p.absent_unit AS unit, count(*) AS emptied FROM (
          SELECT a.unit AS absent_unit, count(*) AS absent, ${recorded(parent, true)} FROM wecom_sync.absences a
          WHERE ${of(table.name)} AND a.cycle = ${cycle} GROUP BY a.unit, ${recorded(parent)}
        ) p WHERE p.absent >= (
          SELECT count(*) FROM ${sql.raw(current(table))} c
          WHERE c.corp_id = ${key.corpId} AND (${names(parent, 'c')}) = (${names(parent, 'p')}))
        GROUP BY p.absent_unit`.execute(db);
      for (const row of rows) counts.set(`${table.name}\0${row.unit}`, Number(row.emptied));
    }
    return counts;
  }

  return { load, record, forgetEnded, emptied };
}

/** SQL for the key columns of a table, of the relation `from` if one is given. */
const names = ({ key }: Table, from?: string) =>
  sql.join(Object.keys(key).map((column) => sql.ref(from === undefined ? column : `${from}.${column}`)));

/** SQL for the same columns, read from the key of absence `a`. */
const recorded = ({ key }: Table, named = false) =>
  sql.join(
    Object.entries(key).map(([column, type]) => {
      const value = sql.raw(`(a.key->>'${column}')::${type}`);
      return named ? sql`${value} AS ${sql.ref(column)}` : value;
    }),
  );

/** The keys of rows as one array for each column. */
const arrays = ({ key }: Table, rows: readonly Row[]) =>
  sql.join(
    Object.entries(key).map(([column, type]) => {
      const cells = rows.map((row) => row[column]);
      return sql`${columnLiteral(type, cells)}::${sql.raw(type)}[]`;
    }),
  );
