/**
 * A key that earlier releases kept in `extra` gets a column of its own. Migrations import nothing from `src`, and this
 * file is part of them: it is frozen once a migration that uses it has landed.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';

export interface Promotion {
  /** Of schema `wecom`; its history in `wecom_history` gets the same column. */
  readonly table: string;
  /** Keys that lead to the value: `['nickname']`, or `['data', 'new_cnt']` for what stands inside an object. */
  readonly path: readonly string[];
  readonly column: string;
  readonly type: keyof typeof CONVERSIONS;
  /** First line `中文短名 | English label`; then meaning, unit, source, NULL. */
  readonly comment: string;
}

/** Whether the text `t` (of a scalar) converts, and to what: what the readers of `extractors/fields.ts` accept. */
const CONVERSIONS = {
  text: { accepts: 'true', value: 't' },
  integer: {
    accepts: String.raw`CASE WHEN t ~ '^\s*[+-]?\d{1,10}(\.0+)?\s*$' THEN abs(t::numeric) <= 2147483647 ELSE false END`,
    value: 't::numeric::integer',
  },
  bigint: {
    accepts: String.raw`CASE WHEN t ~ '^\s*-?\d{1,19}\s*$' THEN t::numeric BETWEEN -9223372036854775808 AND 9223372036854775807 ELSE false END`,
    value: 't::numeric::bigint',
  },
  numeric: {
    accepts: String.raw`t ~ '^\s*[+-]?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,2})?\s*$'`,
    value: 't::numeric',
  },
  boolean: { accepts: `btrim(t) IN ('0', '1', 'true', 'false')`, value: 'btrim(t)::boolean' },
  // Unix seconds; 0 is no time. 253402300799 is the end of the year 9999.
  timestamptz: {
    accepts: String.raw`CASE WHEN t ~ '^\s*\d{1,12}\s*$' THEN t::numeric <= 253402300799 ELSE false END`,
    value: 'to_timestamp(nullif(t::numeric, 0)::double precision)',
  },
  jsonb: null,
} as const satisfies Readonly<Record<string, { accepts: string; value: string } | null>>;

/**
 * Adds the column and fills it from `extra`, history included. What converts leaves `extra`; what does not stays there
 * under its key, and the column is NULL. No version is opened: the rows said this all the time.
 */
export async function promoteFromExtra(db: Kysely<any>, promotion: Promotion): Promise<void> {
  const { table, path, column, type, comment } = promotion;
  const keys = sql`${sql.lit(arrayText(path))}::text[]`;
  const conversion = CONVERSIONS[type];
  const accepts = conversion
    ? sql`jsonb_typeof(extra #> ${keys}) IN ('string', 'number', 'boolean') AND ${over(conversion.accepts, keys)}`
    : sql`true`;
  const value = conversion ? over(conversion.value, keys) : sql`extra #> ${keys}`;
  for (const schema of ['wecom', 'wecom_history']) {
    const target = sql.table(`${schema}.${table}`);
    await sql`ALTER TABLE ${target} ADD COLUMN ${sql.ref(column)} ${sql.raw(type)}`.execute(db);
    await sql`COMMENT ON COLUMN ${sql.ref(`${schema}.${table}.${column}`)} IS ${sql.lit(comment)}`.execute(
      db,
    );
    await sql`UPDATE ${target} SET ${sql.ref(column)} = ${value}, extra = nullif(${without(path)}, '{}')
      WHERE extra #> ${keys} IS NOT NULL AND ${accepts}`.execute(db);
  }
}

/** The expression with the text of the value as `t`. */
const over = (expression: string, keys: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(SELECT ${sql.raw(expression)} FROM (SELECT extra #>> ${keys} AS t) x)`;

/** `extra` without the value, and without the objects that it leaves empty. */
function without(path: readonly string[]): RawBuilder<unknown> {
  let rest = sql`extra #- ${sql.lit(arrayText(path))}::text[]`;
  for (let depth = path.length - 1; depth > 0; depth--) {
    const parent = sql`${sql.lit(arrayText(path.slice(0, depth)))}::text[]`;
    rest = sql`(SELECT CASE WHEN r #> ${parent} = '{}' THEN r #- ${parent} ELSE r END FROM (SELECT ${rest} AS r) x)`;
  }
  return rest;
}

/** A PostgreSQL array literal. */
const arrayText = (items: readonly string[]): string =>
  `{${items.map((item) => `"${item.replace(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
