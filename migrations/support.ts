/**
 * Creates a table of schema `wecom` together with its history, both with comments. Migrations import nothing from
 * `src`, and this file is part of them: it is frozen once a migration that uses it has landed.
 */
import { type Kysely, sql } from 'kysely';

/** SQL type and comment. The comment's first line is `中文短名 | English label`; then meaning, unit, source, NULL. */
export type ColumnDefinition = readonly [type: string, comment: string];

export interface TableDefinition {
  readonly name: string;
  readonly comment: string;
  /** Key columns after corp_id, in order. */
  readonly key: Readonly<Record<string, ColumnDefinition>>;
  readonly columns?: Readonly<Record<string, ColumnDefinition>>;
  /** Columns computed from others: SQL type, comment, expression. */
  readonly generated?: Readonly<Record<string, readonly [type: string, comment: string, expression: string]>>;
  readonly extra?: boolean;
  readonly payload?: boolean;
  /**
   * Column lists of further indexes on the current table. Without corp_id: during a first load, before there are
   * statistics, the planner would take (corp_id, userid) for the key and read all rows of a member at each look-up.
   */
  readonly indexes?: readonly (readonly string[])[];
}

const CORP_ID: ColumnDefinition = [
  'text NOT NULL',
  '企业 ID | Corp id\nThe WeCom corp (ww…) that the row belongs to.',
];
const EXTRA: ColumnDefinition = [
  'jsonb',
  '其余字段 | Other keys\nKeys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.',
];
const PAYLOAD: ColumnDefinition = ['jsonb', '原始文档 | Document as received\nThe whole API record.'];
const VALID_FROM: ColumnDefinition = [
  'timestamptz NOT NULL',
  '版本开始 | Valid from\nStart of the run that first saw this version.',
];
const ENDING: Readonly<Record<string, ColumnDefinition>> = {
  valid_to: [
    'timestamptz NOT NULL',
    '版本结束 | Valid to\nStart of the run that changed or ended this version (exclusive).',
  ],
  ended_by: ['text NOT NULL', '结束方式 | Ended by\nchanged: another version follows; gone: the row ended.'],
  end_reason: [
    'text',
    '结束原因 | End reason\nabsent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.',
  ],
  last_shown_at: [
    'timestamptz',
    '最后出现 | Last shown at\nStart of the last complete walk that still showed this version. NULL when unknown.',
  ],
};

// COMMENT takes no parameters, so the text becomes a literal; every text here is a constant of a migration.
const literal = (text: string) => sql.lit(text);

async function comment(db: Kysely<any>, kind: string, name: string, column: string | null, text: string) {
  const target = column === null ? sql.table(name) : sql.ref(`${name}.${column}`);
  await sql`COMMENT ON ${sql.raw(kind)} ${target} IS ${literal(text)}`.execute(db);
}

async function create(
  db: Kysely<any>,
  name: string,
  text: string,
  columns: Readonly<Record<string, ColumnDefinition>>,
  generated: NonNullable<TableDefinition['generated']>,
  primaryKey: readonly string[],
) {
  const lines = [
    ...Object.entries(columns).map(([column, [type]]) => sql`${sql.ref(column)} ${sql.raw(type)}`),
    ...Object.entries(generated).map(
      ([column, [type, , expression]]) =>
        sql`${sql.ref(column)} ${sql.raw(type)} GENERATED ALWAYS AS (${sql.raw(expression)}) STORED`,
    ),
    sql`PRIMARY KEY (${sql.join(primaryKey.map((column) => sql.ref(column)))})`,
  ];
  await sql`CREATE TABLE ${sql.table(name)} (${sql.join(lines)})`.execute(db);
  await comment(db, 'TABLE', name, null, text);
  for (const [column, [, columnComment]] of [...Object.entries(columns), ...Object.entries(generated)])
    await comment(db, 'COLUMN', name, column, columnComment);
}

const notNull = ([type, text]: ColumnDefinition): ColumnDefinition => [`${type} NOT NULL`, text];
/** A list that is absent is an empty list, never NULL. */
const listDefault = ([type, text]: ColumnDefinition): ColumnDefinition =>
  type === 'text[]' ? ["text[] NOT NULL DEFAULT '{}'", text] : [type, text];

function mapColumns(
  columns: Readonly<Record<string, ColumnDefinition>>,
  change: (column: ColumnDefinition) => ColumnDefinition,
) {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, change(column)]));
}

export async function createVersionedTable(db: Kysely<any>, table: TableDefinition): Promise<void> {
  const shared = {
    corp_id: CORP_ID,
    ...mapColumns(table.key, notNull),
    ...mapColumns(table.columns ?? {}, listDefault),
    ...(table.extra ? { extra: EXTRA } : {}),
  };
  const key = ['corp_id', ...Object.keys(table.key)];
  const generated = table.generated ?? {};
  await create(
    db,
    `wecom.${table.name}`,
    table.comment,
    { ...shared, ...(table.payload ? { payload: PAYLOAD } : {}), valid_from: VALID_FROM },
    generated,
    key,
  );
  const [title = '', ...body] = table.comment.split('\n');
  const [zh = title, en = title] = title.split(' | ');
  await create(
    db,
    `wecom_history.${table.name}`,
    [`${zh}（历史版本） | ${en} (ended versions)`, ...body].join('\n'),
    { ...shared, valid_from: VALID_FROM, ...ENDING },
    generated,
    [...key, 'valid_from'],
  );
  for (const columns of table.indexes ?? [])
    await sql`CREATE INDEX ON ${sql.table(`wecom.${table.name}`)} (${sql.join(
      columns.map((column) => sql.ref(column)),
    )})`.execute(db);
}

export async function dropVersionedTable(db: Kysely<any>, name: string): Promise<void> {
  await sql`DROP TABLE ${sql.table(`wecom.${name}`)}`.execute(db);
  await sql`DROP TABLE ${sql.table(`wecom_history.${name}`)}`.execute(db);
}
