/**
 * The tables of stored facts: made and extended by the repeatable analytics step, filled by the refresh. A changed
 * definition forgets what was included, so that the next refresh compares every row.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { AnyDatabase } from '../../any-database.ts';
import { commentOf, STORE, type Stored, storedColumns, storedKey } from './stored.ts';

/** The definition that a table was made with is the comment of its primary key: no dictionary shows it. */
const KEY_COMMENT = `SELECT c.relname AS name, obj_description(k.oid, 'pg_constraint') AS hash
  FROM pg_class c LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
  WHERE c.relnamespace = to_regnamespace('${STORE}') AND c.relkind = 'r'`;

const REFRESHES = {
  comment:
    '存储刷新 | Refreshes of the store\n内部使用：其变化已计入存储表的每次运行一行。One row per run whose changes are in the stored tables.',
  columns: {
    corp_id: ['text NOT NULL', '企业 ID | Corp id\n数据所属企业（ww…）。'],
    run_id: ['text NOT NULL', '运行 ID | Run id\n见 wecom_sync.runs。'],
    refreshed_at: ['timestamptz NOT NULL', '刷新时间 | Refreshed at\n计入的时间。'],
    provisional: [
      'datemultirange NOT NULL',
      '暂定日期 | Provisional days\n当时仍可能就地更改的统计日期：下次刷新时重新比较。',
    ],
  },
} as const;

export const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** What the rows of the store follow from; comments and indexes change none of them. */
export const definitionOf = (facts: readonly Stored[]): string =>
  hashOf(facts.map(({ view, key, source }) => [view.name, key, source]));

/** Hashes of the tables, by name. */
export async function storeTables(db: AnyDatabase): Promise<ReadonlyMap<string, string | null>> {
  const { rows } = await sql.raw<{ name: string; hash: string | null }>(KEY_COMMENT).execute(db);
  return new Map(rows.map(({ name, hash }) => [name, hash]));
}

/** The table of a fact, behind its source view. Columns are only ever added; one that is no longer filled stays empty. */
export async function ensureTable(
  db: AnyDatabase,
  stored: Stored,
  tables: ReadonlyMap<string, string | null>,
) {
  const { name } = stored.view;
  const hash = hashOf([stored.source, stored.key, stored.indexes, stored.internal, stored.view]);
  if (tables.get(name) === hash) return;
  const table = `${STORE}.${escapeIdentifier(name)}`;
  const constraint = escapeIdentifier(`${name}_pkey`);
  const key = storedKey(stored).map(escapeIdentifier).join(', ');
  const made = tables.has(name)
    ? await missingColumns(db, name)
    : [
        `CREATE TABLE ${table} AS SELECT * FROM ${STORE}.${escapeIdentifier(`${name}_source`)} WITH NO DATA`,
        `ALTER TABLE ${table} ADD CONSTRAINT ${constraint} PRIMARY KEY (${key})`,
      ];
  const indexes = stored.indexes ?? [];
  const statements = [
    ...made,
    ...indexes.map(
      (on, i) => `CREATE INDEX IF NOT EXISTS ${escapeIdentifier(`${name}_${i + 1}`)} ON ${table} ${on}`,
    ),
    `COMMENT ON TABLE ${table} IS ${escapeLiteral(stored.view.comment)}`,
    ...storedColumns(stored).map(
      (column) =>
        `COMMENT ON COLUMN ${table}.${escapeIdentifier(column)} IS ${escapeLiteral(commentOf(stored, column))}`,
    ),
    `COMMENT ON CONSTRAINT ${constraint} ON ${table} IS ${escapeLiteral(hash)}`,
  ];
  await sql.raw(statements.join(';\n')).execute(db);
}

async function missingColumns(db: AnyDatabase, name: string): Promise<string[]> {
  const table = `${STORE}.${escapeIdentifier(name)}`;
  const { rows } = await sql<{ name: string; type: string }>`
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
    FROM pg_attribute a WHERE a.attrelid = ${`${STORE}.${escapeIdentifier(`${name}_source`)}`}::regclass AND a.attnum > 0
      AND NOT EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = ${table}::regclass AND t.attname = a.attname
        AND NOT t.attisdropped) ORDER BY a.attnum`.execute(db);
  return rows.map(
    (column) => `ALTER TABLE ${table} ADD COLUMN ${escapeIdentifier(column.name)} ${column.type}`,
  );
}

/** The ledger of refreshes; emptied when the facts are no longer those that the store was filled with. */
export async function ensureRefreshes(
  db: AnyDatabase,
  facts: readonly Stored[],
  tables: ReadonlyMap<string, string | null>,
): Promise<void> {
  const table = `${STORE}.refreshes`;
  const definition = definitionOf(facts);
  if (tables.get('refreshes') === definition) return;
  const columns = Object.entries(REFRESHES.columns);
  const make = [
    `CREATE TABLE ${table} (${columns.map(([name, [type]]) => `${name} ${type}`).join(', ')},
      CONSTRAINT refreshes_pkey PRIMARY KEY (corp_id, run_id))`,
    `COMMENT ON TABLE ${table} IS ${escapeLiteral(REFRESHES.comment)}`,
    ...columns.map(
      ([name, [, comment]]) => `COMMENT ON COLUMN ${table}.${name} IS ${escapeLiteral(comment)}`,
    ),
  ];
  const statements = [
    ...(tables.has('refreshes') ? [`DELETE FROM ${table}`] : make),
    `COMMENT ON CONSTRAINT refreshes_pkey ON ${table} IS ${escapeLiteral(definition)}`,
  ];
  await sql.raw(statements.join(';\n')).execute(db);
}

/** The definition that the store was last prepared for; undefined: there is no store. */
export async function storeDefinition(db: AnyDatabase): Promise<string | null | undefined> {
  return (await storeTables(db)).get('refreshes');
}

/**
 * Makes the next refresh compare every row, of all corps or one: after an import, a migration or a respell, which change
 * rows without their valid_from.
 */
export async function forgetRefreshes(db: AnyDatabase, corpId?: string): Promise<void> {
  const corp = corpId === undefined ? sql`true` : sql`corp_id = ${corpId}`;
  await sql`DELETE FROM ${sql.table(`${STORE}.refreshes`)} WHERE ${corp}`.execute(db);
}
