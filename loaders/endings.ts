/**
 * The SQL of endings: rows leave `wecom` and enter `wecom_history` in one statement, with everything that hangs on
 * them. Text only, no I/O. `$1` is the corp id, `$2` the start of the run, `$3` the reason everywhere.
 */
import type { Table } from '../src/engine/table.ts';
import { castShared, current, history, historyColumns, quote } from './merge.ts';

const columnsIn = (columns: readonly string[], prefix = '') =>
  columns.map((column) => `${prefix}${quote(column)}`).join(', ');

const equalOn = (columns: readonly string[], a: string, b: string) =>
  columns.map((column) => `${a}.${quote(column)} = ${b}.${quote(column)}`).join(' AND ');

/** Copies what a DELETE returned into history. `source` has the columns of the table plus `shown_at` and `why`. */
function intoHistory(table: Table, source: string): string {
  const columns = historyColumns(table);
  return `INSERT INTO ${history(table)} (corp_id, ${columnsIn(columns)}, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT corp_id, ${columnsIn(columns)}, valid_from, $2, 'gone', why, coalesce(shown_at, valid_from) FROM ${source}
  ON CONFLICT DO NOTHING`;
}

/** All tables below a table, parents before their children. */
export function descendants(table: Table, tables: readonly Table[]): Table[] {
  return tables
    .filter((candidate) => candidate.parent === table.name)
    .flatMap((child) => [child, ...descendants(child, tables)]);
}

/**
 * Ends the rows `c` of a table for which `condition` holds, and all rows of its child tables below them.
 * `using`: a relation `x` joined to find them; `shownAt` and `reason`: SQL expressions over `c` and `x`.
 * One row comes back: `deleted`, over all tables.
 */
export function endSql(
  table: Table,
  tables: readonly Table[],
  parts: { using?: string; condition: string; shownAt?: string; reason?: string },
): string {
  const { using, condition, shownAt = 'NULL::timestamptz', reason = '$3::text' } = parts;
  const key = Object.keys(table.key);
  const below = descendants(table, tables);
  const ctes = [
    `gone AS (DELETE FROM ${current(table)} c ${using ? `USING ${using}` : ''} WHERE c.corp_id = $1 AND ${condition}
  RETURNING c.*, ${shownAt} AS shown_at, ${reason} AS why)`,
    `gone_history AS (${intoHistory(table, 'gone')})`,
    ...below.flatMap((child, i) => [
      `gone_${i} AS (DELETE FROM ${current(child)} c USING gone g WHERE c.corp_id = $1 AND ${equalOn(key, 'c', 'g')}
  RETURNING c.*, g.shown_at, g.why)`,
      `gone_${i}_history AS (${intoHistory(child, `gone_${i}`)})`,
    ]),
  ];
  const counts = ['gone', ...below.map((_, i) => `gone_${i}`)].map(
    (name) => `(SELECT count(*) FROM ${name})`,
  );
  return castShared(`WITH ${ctes.join(',\n')}\nSELECT ${counts.join(' + ')} AS deleted`);
}

/** `using` for `endSql`: keys as arrays from `$4` on, then `shown_at` of each. */
export function keysRelation(table: Table): string {
  const key = Object.entries(table.key);
  const arrays = key.map(([, type], i) => `$${i + 4}::${type}[]`);
  const names = columnsIn(key.map(([name]) => name));
  return `(SELECT * FROM unnest(${arrays.join(', ')}, $${key.length + 4}::timestamptz[]) AS k(${names}, shown_at)) x`;
}

/** SQL for: row `c` has the key of `x`. */
export const sameKey = (table: Table): string => equalOn(Object.keys(table.key), 'c', 'x');

/** Rows that live only as long as rows of another table do, with the reason of the last one that ended. */
export function orphansSql(table: Table, tables: readonly Table[], anchor: Table): string {
  const key = Object.keys(table.key);
  return endSql(table, tables, {
    condition: `NOT EXISTS (SELECT 1 FROM ${current(anchor)} a WHERE a.corp_id = $1 AND ${equalOn(key, 'a', 'c')})`,
    shownAt: lastEnded('last_shown_at', anchor, key),
    reason: `coalesce(${lastEnded('end_reason', anchor, key)}, $3::text)`,
  });
}

function lastEnded(column: string, anchor: Table, key: readonly string[]): string {
  return `(SELECT h.${column} FROM ${history(anchor)} h WHERE h.corp_id = $1 AND ${equalOn(key, 'h', 'c')}
    AND h.ended_by = 'gone' ORDER BY h.valid_to DESC LIMIT 1)`;
}
