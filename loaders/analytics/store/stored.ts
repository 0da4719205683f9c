/**
 * A stored fact as plain data: a view that would be too slow for analysts, its rows kept in a table of schema
 * `analytics_store`. The query stays the only truth: it is published as `analytics_store.<name>_source`, and a refresh
 * makes the table equal to it for the values of one column, the scope, that may have changed.
 */
import type { View } from '../view.ts';

export interface Stored {
  /** What analysts read: a view over the table, which is called `s` there. Gives the columns their comments. */
  readonly view: View;
  /** Unique in a corp; in every key of the store corp_id stands first. */
  readonly key: readonly string[];
  readonly source: {
    /** Column → SQL expression. */
    readonly columns: Readonly<Record<string, string>>;
    readonly with?: string;
    readonly from: string;
  };
  /** Comments of columns that the view does not have. */
  readonly internal?: Readonly<Record<string, string>>;
  /** Definitions of further indexes, what stands behind the table's name: `(userid)`. */
  readonly indexes?: readonly string[];
  readonly scope: {
    readonly column: string;
    readonly type: 'text' | 'date';
    /** Values of one statement: bounds its memory. Some sources cost the same for one day as for all. */
    readonly chunk: number;
    /**
     * Query of one column `v`: values whose rows may differ. `$1` corp; `$2` every change since this instant is to be
     * found, -infinity finds all; `$3` date[]: days that the facts in `after` have changed, NULL: all days.
     */
    readonly changed: string;
  };
  /** Names of the stored facts whose changed days `changed` wants. */
  readonly after?: readonly string[];
  /** Days that a changed row touches: `day`, an expression over `r`, where one of the columns `by` differs. */
  readonly touches?: readonly { readonly day: string; readonly by: readonly string[] }[];
}

export const STORE = 'analytics_store';

export const isStored = (declared: View | Stored): declared is Stored => 'source' in declared;

/** Columns of the table, corp_id first. */
export const storedColumns = ({ source }: Stored): string[] => Object.keys(source.columns);

export const storedKey = ({ key }: Stored): string[] => ['corp_id', ...key];

/** The query of a stored fact as a view of its own: `<name>_source`. */
export function sourceView(stored: Stored): View {
  const { view, source } = stored;
  const [title = '', ...body] = view.comment.split('\n');
  const [zh = title, en = title] = title.split(' | ');
  return {
    schema: STORE,
    name: `${view.name}_source`,
    comment: [
      `${zh}（来源） | ${en} (source)`,
      '内部使用：刷新时存储表与此查询保持一致。The query that the stored table is made equal to.',
      ...body,
    ].join('\n'),
    columns: Object.fromEntries(
      Object.entries(source.columns).map(([name, expression]) => [
        name,
        [expression, commentOf(stored, name)],
      ]),
    ),
    ...(source.with === undefined ? {} : { with: source.with }),
    from: source.from,
  };
}

export function commentOf({ view, internal = {} }: Stored, column: string): string {
  const comment = view.columns[column]?.[1] ?? internal[column];
  if (comment === undefined) throw new Error(`The stored column ${view.name}.${column} has no comment.`);
  return comment;
}

/** Values of a column in versions of a table that a run since `$2` began or ended: for `changed`. */
export function changedSince(table: string, column: string): string {
  return `SELECT ${column} AS v FROM wecom.${table} WHERE corp_id = $1 AND valid_from >= $2
  UNION SELECT ${column} FROM wecom_history.${table} WHERE corp_id = $1 AND valid_to >= $2`;
}
