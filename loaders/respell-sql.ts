/**
 * The SQL that brings stored userids in the directory's spelling. Text only, no I/O. `$1` is the corp id and `$2` a jsonb
 * object, lower-cased userid → the right spelling. Each statement answers one row, `rows`: how many it touched.
 *
 * Nothing here opens a version: it is the same person. Where two rows turn out to be the same object, one of them is kept
 * (docs/decisions/0016-respelled-userids.md).
 */
import { type ColumnType, columnsOf, type Table } from '../src/engine/table.ts';
import { castShared, current, history, historyColumns, list, onKey, quote } from './merge.ts';

/** The right spelling of a text expression; what no employee is called stays as it is. */
const right = (text: string): string => `coalesce($2::jsonb->>lower(${text}), ${text})`;

/** The right value of a column of row `t`. */
function rightValue(table: Table, column: string, type: ColumnType | undefined): string {
  const stored = `t.${quote(column)}`;
  const value =
    type === 'text[]'
      ? `ARRAY(SELECT ${right('u.id')} FROM unnest(${stored}) WITH ORDINALITY AS u(id, place) ORDER BY u.place)`
      : right(stored);
  const conditions = Object.entries(table.userids[column] ?? {});
  if (conditions.length === 0) return value;
  const holds = conditions.map(([name, wanted]) => `t.${quote(name)} = ${wanted}`).join(' AND ');
  return `CASE WHEN ${holds} THEN ${value} ELSE ${stored} END`;
}

const changed = (part: string): string => `SELECT count(*) AS rows FROM ${part}`;

/**
 * Whether the table or its history holds a userid that is not spelled right: most newcomers are spelled one way only, and
 * a statement that would change nothing is no write to be refused.
 */
export function misspelledSql(table: Table): string {
  const types = new Map(columnsOf(table));
  const columns = Object.keys(table.userids);
  const values = columns.map((column) => rightValue(table, column, types.get(column)));
  const found = [current(table), history(table)].map(
    (relation) => `EXISTS (SELECT FROM ${relation} t
  WHERE t.corp_id = $1 AND ROW(${list(columns, 't.')}) IS DISTINCT FROM ROW(${values.join(', ')}))`,
  );
  return castShared(`SELECT ${found.join(' OR ')} AS found`);
}

/** Rewrites the declared columns of `relation` (the table, or its history) that are not `without`. */
function rewriteSql(table: Table, relation: string, without: readonly string[]): string[] {
  const types = new Map(columnsOf(table));
  const columns = Object.keys(table.userids).filter((column) => !without.includes(column));
  if (columns.length === 0) return [];
  const values = columns.map((column) => rightValue(table, column, types.get(column)));
  const assignments = columns.map((column, i) => `${quote(column)} = ${values[i]}`);
  return [
    `WITH done AS (
  UPDATE ${relation} t SET ${assignments.join(', ')}
  WHERE t.corp_id = $1 AND ROW(${list(columns, 't.')}) IS DISTINCT FROM ROW(${values.join(', ')})
  RETURNING 1
) ${changed('done')}`,
  ];
}

/** The keys of `relation` that are not spelled right, and the right ones as `to …`. */
function wrongKeys(table: Table, relation: string, more = ''): string {
  const key = Object.keys(table.key);
  const values = Object.entries(table.key).map(([name, type]) =>
    name in table.userids ? rightValue(table, name, type) : `t.${quote(name)}`,
  );
  const to = key.map((name, i) => `${values[i]} AS ${quote(`to ${name}`)}`);
  return `SELECT ${list(key, 't.')}, ${to.join(', ')}, t.valid_from${more} FROM ${relation} t
  WHERE t.corp_id = $1 AND ROW(${list(key, 't.')}) IS DISTINCT FROM ROW(${values.join(', ')})`;
}

const toKey = (table: Table, row: string, other: string): string =>
  Object.keys(table.key)
    .map((name) => `${other}.${quote(name)} = ${row}.${quote(`to ${name}`)}`)
    .join(' AND ');
const toColumns = (table: Table): string => list(Object.keys(table.key).map((name) => `to ${name}`));

/**
 * Current rows that are twins of another one: of the row under the right spelling, else of the newest. What they held
 * until that one came is kept as a version.
 */
function twinsSql(table: Table): string {
  const key = Object.keys(table.key);
  const columns = historyColumns(table);
  return `WITH wrong AS (${wrongKeys(table, current(table))}
), ranked AS (
  SELECT w.*, row_number() OVER (PARTITION BY ${toColumns(table)} ORDER BY valid_from DESC, ${list(key)}) AS place,
    max(valid_from) OVER (PARTITION BY ${toColumns(table)}) AS newest
  FROM wrong w
), twins AS MATERIALIZED (
  SELECT ${list(key, 'r.')}, coalesce(s.valid_from, r.newest) AS until
  FROM ranked r LEFT JOIN ${current(table)} s ON s.corp_id = $1 AND ${toKey(table, 'r', 's')}
  WHERE s.corp_id IS NOT NULL OR r.place > 1
), gone AS (
  DELETE FROM ${current(table)} t USING twins d WHERE t.corp_id = $1 AND ${onKey(key, 't', 'd')}
  RETURNING t.*, d.until
), kept AS (
  INSERT INTO ${history(table)} (corp_id, ${list(columns)}, valid_from, valid_to, ended_by)
  SELECT corp_id, ${list(columns)}, valid_from, until, 'changed' FROM gone WHERE valid_from < until
) ${changed('gone')}`;
}

/**
 * Ended versions under a wrong spelling get the right one. Of an instant there is one version only: theirs end where one
 * that was spelled right begins, and are removed where they begin within one.
 */
function versionsSql(table: Table): string {
  const key = Object.keys(table.key);
  const later = `SELECT min(v.valid_from) FROM`;
  const stands = (v: string) => `${v}.corp_id = $1 AND ${toKey(table, 'w', v)}`;
  return `WITH wrong AS MATERIALIZED (${wrongKeys(table, history(table), ', t.valid_to')}
), judged AS MATERIALIZED (
  SELECT w.*,
    row_number() OVER (PARTITION BY ${toColumns(table)}, valid_from ORDER BY valid_to DESC, ${list(key)}) > 1
      OR EXISTS (SELECT FROM ${history(table)} v WHERE ${stands('v')} AND v.valid_from <= w.valid_from AND w.valid_from < v.valid_to)
      OR EXISTS (SELECT FROM ${current(table)} v WHERE ${stands('v')} AND v.valid_from <= w.valid_from) AS covered,
    least(w.valid_to,
      min(w.valid_from) OVER (PARTITION BY ${toColumns(table)} ORDER BY valid_from GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
      (${later} ${history(table)} v WHERE ${stands('v')} AND v.valid_from > w.valid_from),
      (${later} ${current(table)} v WHERE ${stands('v')} AND v.valid_from > w.valid_from)) AS until
  FROM wrong w
), removed AS (
  DELETE FROM ${history(table)} t USING judged j
  WHERE j.covered AND t.corp_id = $1 AND ${onKey(key, 't', 'j')} AND t.valid_from = j.valid_from
  RETURNING 1
), renamed AS (
  UPDATE ${history(table)} t SET ${key.map((name) => `${quote(name)} = j.${quote(`to ${name}`)}`).join(', ')}, valid_to = j.until,
    ended_by = CASE WHEN j.until < t.valid_to THEN 'changed' ELSE t.ended_by END,
    end_reason = CASE WHEN j.until < t.valid_to THEN NULL ELSE t.end_reason END
  FROM judged j WHERE NOT j.covered AND t.corp_id = $1 AND ${onKey(key, 't', 'j')} AND t.valid_from = j.valid_from
  RETURNING 1
) ${changed('(SELECT FROM removed UNION ALL SELECT FROM renamed) r')}`;
}

/** The key of absence `a` as it is right. */
const rightKey = (columns: readonly string[], a: string): string =>
  `${a}.key || jsonb_build_object(${columns
    .map((name) => `'${name}', ${right(`(${a}.key->>'${name}')`)}`)
    .join(', ')})`;

/** Keys of absent rows; of two that become one, one stays. A held twin that is gone is forgotten by the next walk. */
function absencesSql(table: Table, columns: readonly string[]): string[] {
  if (columns.length === 0) return [];
  const mine = (a: string) => `${a}.corp_id = $1 AND ${a}.table_name = '${table.name}'`;
  const [a, o] = [rightKey(columns, 'a'), rightKey(columns, 'o')];
  return [
    `WITH done AS (
  DELETE FROM wecom_sync.absences a USING wecom_sync.absences o
  WHERE ${mine('a')} AND ${mine('o')} AND o.stream = a.stream AND a.key <> ${a} AND o.key <> a.key AND ${o} = ${a}
    AND (o.key = ${a} OR o.key > a.key)
  RETURNING 1
) ${changed('done')}`,
    `WITH done AS (
  UPDATE wecom_sync.absences a SET key = ${a} WHERE ${mine('a')} AND a.key <> ${a} RETURNING 1
) ${changed('done')}`,
  ];
}

const keyedBy = (table: Table): string[] =>
  Object.keys(table.userids).filter((column) => column in table.key);

/** One table with its history. */
export function respellTableSql(table: Table): string[] {
  const keyed = keyedBy(table);
  if (keyed.length === 0)
    return [...rewriteSql(table, current(table), []), ...rewriteSql(table, history(table), [])].map(
      castShared,
    );
  return [
    twinsSql(table),
    ...rewriteSql(table, current(table), []),
    versionsSql(table),
    ...rewriteSql(table, history(table), keyed),
  ].map(castShared);
}

/**
 * What the engine keeps of itself: the keys of absent rows, and units that are members. A unit of another kind (a day, a group) is no employee's userid. What two units of one member
 * have covered is covered, because their rows are one member's now.
 */
export function respellSyncSql(tables: readonly Table[]): string[] {
  const unit = right('t.unit');
  const rename = (relation: string) =>
    `WITH done AS (UPDATE ${relation} t SET unit = ${unit} WHERE t.corp_id = $1 AND t.unit <> ${unit} RETURNING 1)
${changed('done')}`;
  return [
    ...tables.flatMap((table) => absencesSql(table, keyedBy(table))),
    `WITH twins AS MATERIALIZED (
  SELECT t.stream, t.unit, ${unit} AS to, t.covered, t.provisional, row_number() OVER (
    PARTITION BY t.stream, ${unit} ORDER BY t.unit = ${unit} DESC, t.completed_at DESC NULLS LAST, t.unit) AS place
  FROM wecom_sync.progress t WHERE t.corp_id = $1 AND $2::jsonb ? lower(t.unit)
), gone AS (
  DELETE FROM wecom_sync.progress t USING twins d
  WHERE d.place > 1 AND t.corp_id = $1 AND t.stream = d.stream AND t.unit = d.unit RETURNING 1
), joined AS (
  UPDATE wecom_sync.progress t SET covered = t.covered + d.covered, provisional = t.provisional + d.provisional,
    lost = t.lost - d.covered
  FROM (
    SELECT k.stream, k.unit, range_agg(d.covered) AS covered, range_agg(d.provisional) AS provisional
    FROM twins k JOIN twins d ON d.stream = k.stream AND d.to = k.to AND d.place > 1 WHERE k.place = 1 GROUP BY 1, 2
  ) d WHERE t.corp_id = $1 AND t.stream = d.stream AND t.unit = d.unit
) ${changed('gone')}`,
    rename('wecom_sync.progress'),
    rename('wecom_sync.absences'),
    rename('wecom_sync.rejects'),
  ].map(castShared);
}
