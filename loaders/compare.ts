/**
 * The SQL of the comparison: which rows of a batch are new, which differ, and which child rows are gone. It only reads,
 * so an unchanged night costs nothing else. Text only, no I/O. `$1` is the corp id, `$2` the start of the run, then the
 * columns of the rows as arrays.
 */
import { columnsOf, type Table } from '../src/engine/table.ts';
import { transportType } from './literals.ts';
import { castShared, current, different, keptHolds, list, onKey, quote } from './merge.ts';

/** Positions count from 1. A row that this run has written already is in no list. */
export interface Comparison {
  /** Not stored. */
  readonly fresh: readonly number[];
  /** Stored with other values: typed ones, or only such as update in place. */
  readonly changed: readonly number[];
  /** Stored with a value in a kept column (see `Batch.keep`). */
  readonly kept: readonly number[];
  /** Keys of stored child rows that their parents no longer show, each value as text. */
  readonly missing: readonly (readonly string[])[];
}

/**
 * LATERAL … LIMIT 1 makes one index look-up per row whatever the planner believes: without statistics (a first load) it
 * hashed the whole table for each batch, 140 ms in place of 20.
 */
export function compareSql(table: Table, keep: ReadonlySet<string>): string {
  const key = Object.keys(table.key);
  return castShared(`${verdict(table, keep, `'[]'::jsonb`)}
FROM ${numbered(table, 3)} LEFT JOIN LATERAL (
  SELECT * FROM ${current(table)} c WHERE c.corp_id = $1 AND ${onKey(key, 'c', 'i')} LIMIT 1
) c ON true`);
}

/**
 * The children of the parents that the batch shows, all at once: one index scan per parent finds those that are stored.
 * After the rows' columns come the parents' keys. A full join is never a nested loop.
 */
export function compareChildrenSql(table: Table, parent: Table, keep: ReadonlySet<string>): string {
  const key = Object.keys(table.key);
  const parentKey = Object.entries(parent.key);
  const first = 3 + columnsOf(table).length;
  const parents = parentKey.map(([, type], i) => `$${first + i}::${type}[]`);
  const names = parentKey.map(([name]) => name);
  const gone = `coalesce(jsonb_agg(jsonb_build_array(${key.map((name) => `c.${quote(name)}::text`).join(', ')}))
    FILTER (WHERE i.ord IS NULL AND c.valid_from <> $2), '[]')`;
  return castShared(`${verdict(table, keep, gone)}
FROM ${numbered(table, 3)} FULL JOIN (
  SELECT c.* FROM unnest(${parents.join(', ')}) AS p(${list(names)}) CROSS JOIN LATERAL (
    SELECT * FROM ${current(table)} c WHERE c.corp_id = $1 AND ${onKey(names, 'c', 'p')} OFFSET 0
  ) c
) c ON ${onKey(key, 'c', 'i')}`);
}

/**
 * The rows of the parameters from `$first` on, as `i`. Arrays unnested side by side in the select list are streamed; in
 * FROM each one is put into a tuplestore first, which costs 5 % more.
 */
function staged(table: Table, first: number, more = ''): string {
  const columns = columnsOf(table).map(
    ([name, type], i) => `unnest($${first + i}::${transportType(type)}[]) AS ${quote(name)}`,
  );
  return `(SELECT ${columns.join(', ')}${more}) AS i`;
}

/** Like `staged`, with the place of each row as `ord`. */
const numbered = (table: Table, first: number): string =>
  staged(
    table,
    first,
    `, generate_subscripts($${first}::${transportType(columnsOf(table)[0]?.[1] ?? 'text')}[], 1) AS ord`,
  );

function verdict(table: Table, keep: ReadonlySet<string>, missing: string): string {
  const others = columnsOf(table).filter(([name]) => !(name in table.key));
  return `SELECT coalesce(array_agg(i.ord) FILTER (WHERE c.valid_from IS NULL), '{}') AS fresh,
  coalesce(array_agg(i.ord) FILTER (WHERE i.ord IS NOT NULL AND c.valid_from <> $2 AND ${different(others, keep)}), '{}') AS changed,
  ${keep.size === 0 ? `'{}'::int[]` : `coalesce(array_agg(i.ord::int) FILTER (WHERE i.ord IS NOT NULL AND (${keptHolds(keep)})), '{}')`} AS kept,
  ${missing} AS missing`;
}

/**
 * Rows that are not stored. `collides`: another lane may be writing the same shared row (a customer whom two members
 * follow), or an earlier batch of this run has; ON CONFLICT costs a third more.
 */
export function insertSql(table: Table, collides: boolean): string {
  const columns = columnsOf(table);
  const key = Object.keys(table.key);
  const values = columns.map(([name, type]) =>
    type === 'text[]' ? `coalesce(i.${quote(name)}::text[], '{}')` : `i.${quote(name)}`,
  );
  const conflict = collides ? `ORDER BY ${list(key, 'i.')} ON CONFLICT DO NOTHING` : '';
  return castShared(`INSERT INTO ${current(table)} (corp_id, ${list(columns.map(([name]) => name))}, valid_from)
SELECT $1, ${values.join(', ')}, $2 FROM ${staged(table, 3)} ${conflict}`);
}

/** The tables that hold no row of the corp `$1`, as `blank text[]`. */
export function blankSql(tables: readonly Table[]): string {
  const choices = tables.map(
    (table) =>
      `CASE WHEN NOT EXISTS (SELECT 1 FROM ${current(table)} c WHERE c.corp_id = $1) THEN '${table.name}' END`,
  );
  return `SELECT array_remove(ARRAY[${castShared(choices.join(', '))}]::text[], NULL) AS blank`;
}
