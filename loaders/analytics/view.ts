/**
 * A view as plain data. Each column is declared once, with its SQL expression and its comment together, so that the
 * two cannot drift apart and the applier can put columns that are new behind those that analysts already use.
 */

/** SQL expression over the relations of `from`, and the comment: first line `中文短名 | English label`. */
export type Column = readonly [expression: string, comment: string];
export type Columns = Readonly<Record<string, Column>>;

/** `analytics_store` is not for analysts: what the views of `analytics` read instead of a slow query. */
export type AnalystSchema = 'analytics' | 'analytics_pii' | 'analytics_store' | 'approval_forms';

export interface View {
  readonly schema: AnalystSchema;
  readonly name: string;
  /** First line `中文短名 | English label`, then what one row is. */
  readonly comment: string;
  readonly columns: Columns;
  /** Common table expressions, without the word WITH. */
  readonly with?: string;
  /** FROM … and what follows it. Groups by expressions, never by position: positions move. */
  readonly from: string;
}

export function view(name: string, shape: Omit<View, 'name' | 'schema'>): View {
  return { schema: 'analytics', name, ...shape };
}

export const CORP_ID = '企业 ID | Corp id\n数据所属企业（ww…）。';

/** The calendar day of an instant in Asia/Shanghai. */
export const shanghaiDay = (expression: string): string =>
  `(${expression} AT TIME ZONE 'Asia/Shanghai')::date`;

/** Today in Asia/Shanghai. */
export const TODAY = shanghaiDay('now()');

/** `name_at` and, beside it, its Shanghai day `name_date`. `text`: meaning, source, NULL. */
export function moment(name: string, expression: string, zh: string, en: string, text: string): Columns {
  return {
    [`${name}_at`]: [expression, `${zh}时间 | ${en} at\n${text}`],
    [`${name}_date`]: [
      shanghaiDay(expression),
      `${zh}日期 | ${en} on\n${name}_at 在北京时间的日期。NULL：同 ${name}_at。`,
    ],
  };
}
