/**
 * Writes views to the database: explicit columns, comments, CREATE OR REPLACE, never CASCADE. A view whose declaration
 * has not changed is left alone, so a repeated step costs two queries.
 */
import { sql } from 'kysely';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { AnyDatabase } from '../any-database.ts';
import { isStored, STORE, type Stored, sourceView } from './store/stored.ts';
import { ensureRefreshes, ensureTable, hashOf, storeTables } from './store/tables.ts';
import type { AnalystSchema, Column, View } from './view.ts';

/** A view cannot be replaced: a column would go, change its place or its type, or somebody's query holds it. */
export class AnalyticsError extends Error {
  override readonly name = 'AnalyticsError';
  readonly code = 'ANALYTICS_VIEW';
  readonly remedy: string;
  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.remedy = remedy;
  }
}

const SCHEMAS: Readonly<Record<AnalystSchema, string>> = {
  analytics:
    '分析视图 | Views for analysts\n业务用语、已解码的视图，列只增不减；不含 JSON；直接标识个人的信息在 analytics_pii 中，_versions 视图里的此类列对无权读取 analytics_pii 者为 NULL。The stable surface.',
  analytics_pii:
    '个人信息视图 | Views with personal data\n姓名、电话、unionid 等直接标识个人的信息，单独授权。Names, phones, unionids: granted apart.',
  analytics_store:
    '存储的分析数据 | Stored facts\n内部使用，不供直接查询：较慢的分析视图的数据，每次运行结束时只刷新有变化的部分。Internal: rows of the slower views of analytics.',
  approval_forms:
    '审批表单 | Approval forms\n每个审批模板一个视图，每个控件一列；明细为单独的视图。One view per approval template.',
};

/** An analyst's long query holds its views; whoever waits for them makes all later queries wait too. */
const LOCK_TIMEOUT = '15s';

interface StoredView {
  readonly schema: string;
  readonly name: string;
  readonly hash: string | null;
  readonly columns: readonly string[];
}

/**
 * Runs `build` and writes what it gives, in one transaction; of two callers the second one waits.
 * Returns the names of the views written, empty when nothing changed.
 * @throws AnalyticsError; nothing was changed.
 */
export async function applyViews(
  db: AnyDatabase,
  schemas: readonly AnalystSchema[],
  build: (trx: AnyDatabase) => Promise<readonly (View | Stored)[]>,
): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    await sql`SELECT set_config('lock_timeout', ${LOCK_TIMEOUT}, true), pg_advisory_xact_lock(hashtext('wecom-warehouse views'))`.execute(
      trx,
    );
    const stored = await storedViews(trx, schemas);
    const written: string[] = [];
    for (const schema of schemas) await ensureSchema(trx, schema);
    const writeView = async (view: View) => {
      const name = `${view.schema}.${view.name}`;
      const before = stored.get(name);
      if (before?.hash === hashOf(view)) return;
      await write(trx, view, before?.columns ?? []);
      written.push(name);
    };
    const declared = await build(trx);
    const tables = await storeTables(trx);
    const facts = declared.filter(isStored);
    if (facts.length > 0) await ensureRefreshes(trx, facts, tables);
    for (const one of declared) {
      if (!isStored(one)) {
        await writeView(one);
        continue;
      }
      await writeView(sourceView(one));
      await ensureTable(trx, one, tables);
      await writeView(one.view);
    }
    return written;
  });
}

/**
 * The hash is the comment of the view's own rule `_RETURN`: no dictionary shows it, it stays when the view is replaced
 * and goes when somebody drops the view.
 */
async function storedViews(db: AnyDatabase, schemas: readonly string[]): Promise<Map<string, StoredView>> {
  const { rows } = await sql<StoredView>`
    SELECT n.nspname AS schema, c.relname AS name,
      (SELECT obj_description(r.oid, 'pg_rewrite') FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN') AS hash,
      (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v' AND n.nspname = ANY(${schemas})`.execute(db);
  return new Map(rows.map((row) => [`${row.schema}.${row.name}`, row]));
}

async function ensureSchema(db: AnyDatabase, schema: AnalystSchema): Promise<void> {
  const { rows } = await sql<{ comment: string | null }>`
    SELECT obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace WHERE nspname = ${schema}`.execute(
    db,
  );
  if (rows[0]?.comment === SCHEMAS[schema]) return;
  if (rows.length === 0) await sql`CREATE SCHEMA ${sql.ref(schema)}`.execute(db);
  await sql`COMMENT ON SCHEMA ${sql.ref(schema)} IS ${sql.lit(SCHEMAS[schema])}`.execute(db);
}

async function write(db: AnyDatabase, view: View, before: readonly string[]): Promise<void> {
  const target = `${escapeIdentifier(view.schema)}.${escapeIdentifier(view.name)}`;
  // Nothing stands on a source: its columns may change their order.
  const isSource = view.schema === STORE;
  const columns = isSource ? Object.entries(view.columns) : inStoredOrder(view, before);
  const statements = [
    ...(isSource ? [`DROP VIEW IF EXISTS ${target}`] : []),
    `CREATE OR REPLACE VIEW ${target} AS\n${selectOf(view, columns)}`,
    `COMMENT ON VIEW ${target} IS ${escapeLiteral(view.comment)}`,
    ...columns.map(
      ([name, [, comment]]) =>
        `COMMENT ON COLUMN ${target}.${escapeIdentifier(name)} IS ${escapeLiteral(comment)}`,
    ),
    `COMMENT ON RULE "_RETURN" ON ${target} IS ${escapeLiteral(hashOf(view))}`,
  ];
  try {
    await sql.raw(statements.join(';\n')).execute(db);
  } catch (error) {
    throw replaceError(view, error);
  }
}

/** The text of the view's query. */
export function selectOf(
  view: View,
  columns: readonly [string, Column][] = Object.entries(view.columns),
): string {
  const items = columns.map(([name, [expression]]) => `  ${expression} AS ${escapeIdentifier(name)}`);
  return `${view.with === undefined ? '' : `WITH ${view.with}\n`}SELECT\n${items.join(',\n')}\n${view.from}`;
}

/** Columns that the view has already, in their order, then the new ones: CREATE OR REPLACE VIEW can only append. */
function inStoredOrder(view: View, before: readonly string[]): [string, Column][] {
  const known = before.map((name): [string, Column] => {
    const column = view.columns[name];
    if (column !== undefined) return [name, column];
    throw new AnalyticsError(
      `The view ${view.schema}.${view.name} of the database has a column ${name} that this version does not have. Columns are only ever appended, because reports use them.`,
      dropRemedy(view),
    );
  });
  return [...known, ...Object.entries(view.columns).filter(([name]) => !before.includes(name))];
}

function replaceError(view: View, error: unknown): AnalyticsError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  const text = error instanceof Error ? error.message : String(error);
  const name = `${view.schema}.${view.name}`;
  if (code === '42P16')
    return new AnalyticsError(
      `The view ${name} cannot be replaced in place: ${text}. The order and the types of its columns must stay.`,
      dropRemedy(view),
      error,
    );
  if (code === '55P03')
    return new AnalyticsError(
      `The view ${name} is in use: a query has held it for more than ${LOCK_TIMEOUT}.`,
      'Wait until the long query has ended (pg_stat_activity shows it), then run migrate again.',
      error,
    );
  return new AnalyticsError(
    `The view ${name} cannot be written: ${text}`,
    'Check the privileges of the database user (check), then run migrate again.',
    error,
  );
}

const dropRemedy = ({ schema, name }: View): string =>
  `Find out who uses it, then: DROP VIEW ${escapeIdentifier(schema)}.${escapeIdentifier(name)}, and run migrate again. What depends on it must go first; nothing is dropped for you.`;
