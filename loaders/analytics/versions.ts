/**
 * `<table>_versions`: current rows and ended versions as one relation, for every table of `wecom` that has a history.
 * Generated from the catalogue. The history table gives columns and order: what a later migration adds stands at its
 * end, so the view's columns are only ever appended.
 */
import { sql } from 'kysely';
import { escapeIdentifier } from 'pg';
import type { AnyDatabase } from '../any-database.ts';
import { isPersonal } from './personal.ts';
import type { AnalystSchema, Column, View } from './view.ts';

export interface HistoryColumn {
  readonly name: string;
  /** As PostgreSQL writes it: `timestamp with time zone`, `text[]`, `jsonb`. */
  readonly type: string;
  readonly comment: string;
  /** False for what only history has: valid_to, ended_by, end_reason, last_shown_at. */
  readonly isCurrent: boolean;
}

export interface HistoryTable {
  readonly name: string;
  /** Comment of the current table. */
  readonly comment: string;
  readonly columns: readonly HistoryColumn[];
}

const ENDING: Readonly<Record<string, string>> = {
  valid_to:
    '版本结束 | Valid to\n改变或结束该版本的那次运行的开始时间（不含）。NULL：当前版本。某时刻 t 的状态：valid_from <= t AND (valid_to IS NULL OR valid_to > t)。',
  ended_by: '结束方式 | Ended by\nchanged：之后还有新版本；gone：该行已结束。NULL：当前版本。',
  end_reason:
    '结束原因 | End reason\nabsent、member_resigned、member_not_visible、group_dismissed、re_added 等。NULL：当前版本，或 ended_by 为 changed。',
  last_shown_at:
    '最后出现 | Last shown at\n仍能看到该版本的最后一次完整遍历的开始时间。NULL：当前版本，或未知。',
};

/** The tables of `wecom` that have a history, in alphabetical order. */
export async function historyTables(db: AnyDatabase): Promise<HistoryTable[]> {
  const { rows } = await sql<{ name: string; comment: string | null; columns: HistoryColumn[] }>`
    SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment,
      json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL),
        'comment', coalesce(col_description(h.oid, a.attnum), ''),
        'isCurrent', EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = a.attname AND NOT o.attisdropped))
        ORDER BY a.attnum) AS columns
    FROM pg_class c
    JOIN pg_class h ON h.relname = c.relname AND h.relnamespace = 'wecom_history'::regnamespace AND h.relkind IN ('r', 'p')
    JOIN pg_attribute a ON a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'wecom'::regnamespace AND c.relkind IN ('r', 'p')
    GROUP BY c.oid, c.relname ORDER BY c.relname`.execute(db);
  return rows.map((row) => ({ ...row, comment: row.comment ?? '' }));
}

/**
 * The plain union of a table's versions, twice: in `analytics` without json, and with personal columns only for those who
 * may read `analytics_pii` (decision 0015); and in `analytics_pii` with every column, where that is more.
 */
export function versionViews(table: HistoryTable): View[] {
  const plain = table.columns.filter(({ type }) => type !== 'json' && type !== 'jsonb');
  const isHidden = ({ name, type }: HistoryColumn) => isPersonal(table.name, name, type);
  // The masked ones stand at the end: views of the first release did not have them, and columns are only appended.
  const columns = [...plain.filter((column) => !isHidden(column)), ...plain.filter(isHidden)];
  const views = [versionView('analytics', table, columns, isHidden)];
  const isMore = (column: HistoryColumn) => column.name !== 'extra' && isHidden(column);
  if (table.columns.some(isMore)) views.push(versionView('analytics_pii', table, table.columns, () => false));
  return views;
}

/** Asked once per query and not per row: a subquery without references. */
const MAY_READ_PERSONS = `(SELECT has_schema_privilege('analytics_pii', 'USAGE'))`;
const MASKED = '无 analytics_pii 权限时为 NULL。NULL without access to analytics_pii.';

function versionView(
  schema: AnalystSchema,
  table: HistoryTable,
  columns: readonly HistoryColumn[],
  isHidden: (column: HistoryColumn) => boolean,
): View {
  const [title = '', ...body] = table.comment.split('\n');
  const [zh = title, en = title] = title.split(' | ');
  const names = columns.map(({ name }) => escapeIdentifier(name)).join(', ');
  const current = columns
    .map(({ name, type, isCurrent }) =>
      isCurrent ? escapeIdentifier(name) : `NULL::${type} AS ${escapeIdentifier(name)}`,
    )
    .join(', ');
  const source = escapeIdentifier(table.name);
  return {
    schema,
    name: `${table.name}_versions`,
    comment: [
      `${zh}（全部版本） | ${en} (all versions)`,
      '当前行与历史版本的并集；同一主键的版本互不重叠。',
      ...body,
    ].join('\n'),
    columns: Object.fromEntries(
      columns.map((column): [string, Column] => {
        const value = `v.${escapeIdentifier(column.name)}`;
        const comment = ENDING[column.name] ?? column.comment;
        return isHidden(column)
          ? [column.name, [`CASE WHEN ${MAY_READ_PERSONS} THEN ${value} END`, `${comment}\n${MASKED}`]]
          : [column.name, [value, comment]];
      }),
    ),
    from: `FROM (
  SELECT ${current} FROM wecom.${source}
  UNION ALL
  SELECT ${names} FROM wecom_history.${source}
) v`,
  };
}
