import { escapeIdentifier } from 'pg';
import { type Columns, moment } from './view.ts';

/**
 * A subquery with the last known version of every row ever seen: current rows, and of those that have ended the last
 * version. Columns: those named, `valid_from`, `ended_at` and `end_reason` (both NULL when current).
 */
export function everSeen(table: string, key: readonly string[], columns: readonly string[]): string {
  const list = ['corp_id', ...key, ...columns, 'valid_from'].map((name) => escapeIdentifier(name)).join(', ');
  const onKey = ['corp_id', ...key].map((name) => `c.${name} = h.${name}`).join(' AND ');
  // Descending throughout: the primary key of the history table, read backwards, then needs no sort.
  const newest = ['corp_id', ...key, 'valid_from'].map((name) => `${name} DESC`).join(', ');
  return `(
  SELECT ${list}, NULL::timestamptz AS ended_at, NULL::text AS end_reason FROM wecom.${table}
  UNION ALL
  SELECT * FROM (
    SELECT DISTINCT ON (corp_id, ${key.join(', ')}) ${list}, valid_to AS ended_at, end_reason
    FROM wecom_history.${table} ORDER BY ${newest}
  ) h WHERE NOT EXISTS (SELECT FROM wecom.${table} c WHERE ${onKey})
)`;
}

/** When the row of an `everSeen` subquery called `alias` was first seen. */
export function firstSeen(table: string, key: readonly string[], alias: string): string {
  const onKey = ['corp_id', ...key].map((name) => `f.${name} = ${alias}.${name}`).join(' AND ');
  return `least(${alias}.valid_from, (SELECT min(f.valid_from) FROM wecom_history.${table} f WHERE ${onKey}))`;
}

/** `is_current`, when a row was first seen and when it ended, over an `everSeen` subquery called `alias`. */
export function lifetime(table: string, key: readonly string[], alias: string): Columns {
  return lifetimeColumns(alias, firstSeen(table, key, alias));
}

/** The same over a stored fact that has `first_seen_at` and `ended_at`. */
export const storedLifetime = (alias: string): Columns => lifetimeColumns(alias, `${alias}.first_seen_at`);

function lifetimeColumns(alias: string, first: string): Columns {
  return {
    is_current: [`${alias}.ended_at IS NULL`, '是否仍存在 | Is current\n最近一次完整遍历仍能看到。'],
    ...moment(
      'first_seen',
      first,
      '首次看到',
      'First seen',
      '最早一个版本所属运行的开始时间；首次同步之前就存在的也记为首次同步时间。',
    ),
    ...moment(
      'ended',
      `${alias}.ended_at`,
      '结束',
      'Ended',
      '发现其不再存在的那次运行的开始时间；凌晨的运行发现的是前一天的变化。NULL：仍存在。',
    ),
  };
}
