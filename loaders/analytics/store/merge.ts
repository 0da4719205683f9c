/**
 * The SQL of a refresh: the source of some scope values beside what is stored of them, and only what differs is written.
 * Text only, no I/O. `$1` is the corp, `$2` the scope values. Rows are removed by their place, for a join would be planned
 * without statistics while a first load fills the table: it compared each stored row with each differing one.
 */
import { escapeIdentifier } from 'pg';
import { STORE, type Stored, storedColumns, storedKey } from './stored.ts';

export interface Merged {
  /** Rows inserted or updated, and rows removed. */
  readonly written: string;
  readonly removed: string;
  /** Days that the changes touch. */
  readonly days: string[];
}

const list = (columns: readonly string[], prefix = ''): string =>
  columns.map((name) => `${prefix}${escapeIdentifier(name)}`).join(', ');
const equal = (columns: readonly string[], a: string, b: string): string =>
  columns.map((name) => `${a}.${escapeIdentifier(name)} = ${b}.${escapeIdentifier(name)}`).join(' AND ');

/** `wantsDays`: whether the facts behind it ask which days were touched; when everything is compared they do not. */
export function mergeSql(stored: Stored, wantsDays: boolean): string {
  const table = `${STORE}.${escapeIdentifier(stored.view.name)}`;
  const columns = storedColumns(stored);
  const key = storedKey(stored);
  const others = columns.filter((name) => !key.includes(name));
  const { column, type } = stored.scope;
  const inScope = `corp_id = $1::text AND ${escapeIdentifier(column)} = ANY($2::${type}[])`;
  return `
WITH fresh AS MATERIALIZED (
  SELECT ${list(columns)} FROM ${STORE}.${escapeIdentifier(`${stored.view.name}_source`)} WHERE ${inScope}
), kept AS MATERIALIZED (
  SELECT ctid AS place, ${list(columns)} FROM ${table} WHERE ${inScope}
), differing AS MATERIALIZED (
  SELECT f.corp_id IS NOT NULL AS is_fresh, k.place,
    ${columns.map((name) => `f.${escapeIdentifier(name)} AS ${escapeIdentifier(`new ${name}`)}, k.${escapeIdentifier(name)} AS ${escapeIdentifier(`old ${name}`)}`).join(',\n    ')}
  FROM fresh f FULL JOIN kept k ON ${equal(key, 'f', 'k')}
  WHERE (${list(columns, 'f.')}) IS DISTINCT FROM (${list(columns, 'k.')})
), removed AS (
  DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT place FROM differing WHERE NOT is_fresh))
  RETURNING 1
), written AS (
  INSERT INTO ${table} (${list(columns)})
  SELECT ${columns.map((name) => escapeIdentifier(`new ${name}`)).join(', ')} FROM differing WHERE is_fresh
  ON CONFLICT (${list(key)}) DO ${
    others.length === 0
      ? 'NOTHING'
      : `UPDATE SET ${others.map((name) => `${escapeIdentifier(name)} = excluded.${escapeIdentifier(name)}`).join(', ')}`
  }
  RETURNING 1
)
SELECT (SELECT count(*) FROM written) AS written, (SELECT count(*) FROM removed) AS removed,
  ${wantsDays ? touchedDays(stored) : `'{}'::text[]`} AS days`;
}

/** Both sides of a difference: the day where a row was counted, and the one where it is now. */
function touchedDays(stored: Stored): string {
  const { touches = [] } = stored;
  if (touches.length === 0) return `'{}'::text[]`;
  const key = storedKey(stored);
  const side = (prefix: string) =>
    storedColumns(stored)
      .map((name) => `d.${escapeIdentifier(`${prefix} ${name}`)} AS ${escapeIdentifier(name)}`)
      .join(', ');
  const differs = (by: readonly string[]) => {
    const names = [...key, ...by];
    const row = (prefix: string) => names.map((name) => escapeIdentifier(`${prefix} ${name}`)).join(', ');
    return `(${row('new')}) IS DISTINCT FROM (${row('old')})`;
  };
  const arms = touches.flatMap(({ day, by }) =>
    ['new', 'old'].map(
      (prefix) =>
        `SELECT ${day} AS day FROM (SELECT ${side(prefix)} FROM differing d WHERE ${differs(by)}) r`,
    ),
  );
  return `ARRAY(SELECT DISTINCT day::text FROM (${arms.join('\n  UNION ALL ')}) t WHERE day IS NOT NULL)`;
}
