import type { Client } from 'pg';

/**
 * Everything that the migrations made, as text that reads like SQL: schemas, tables, columns with type, default and
 * comment, keys and indexes. In the order of the catalogue's names, whatever the server's collation.
 */
export async function dumpSchema(client: Client): Promise<string> {
  const { rows } = await client.query<{ line: string }>(QUERY);
  return `-- Made by test/integration/schema.test.ts (vitest -u) from a migrated database. Not to be edited.\n${rows
    .map(({ line }) => line)
    .join('\n')}\n`;
}

const SCHEMAS = `('wecom', 'wecom_history', 'wecom_sync', 'analytics')`;
const TABLES = `pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname IN ${SCHEMAS}
    AND c.relkind IN ('r', 'p') AND c.relname NOT LIKE 'kysely%'`;

const QUERY = `
SELECT line FROM (
  SELECT n.nspname::text COLLATE "C" AS schema, '' COLLATE "C" AS name, 0 AS kind, 0 AS position,
    format(E'\\nSCHEMA %I\\n  -- %s', n.nspname, replace(obj_description(n.oid, 'pg_namespace'), E'\\n', E'\\n  -- ')) AS line
  FROM pg_namespace n WHERE n.nspname IN ${SCHEMAS}
  UNION ALL
  SELECT n.nspname, c.relname, 1, 0,
    format(E'\\nTABLE %I.%I\\n  -- %s', n.nspname, c.relname,
      replace(obj_description(c.oid, 'pg_class'), E'\\n', E'\\n  -- '))
  FROM ${TABLES}
  UNION ALL
  SELECT n.nspname, c.relname, 2, a.attnum,
    format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
      coalesce(CASE WHEN a.attgenerated = '' THEN ' DEFAULT ' ELSE ' GENERATED ' END || pg_get_expr(d.adbin, d.adrelid), ''))
    || E'\\n    -- ' || coalesce(replace(col_description(c.oid, a.attnum), E'\\n', E'\\n    -- '), 'NO COMMENT')
  FROM ${TABLES} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT n.nspname, c.relname, 3, row_number() OVER (PARTITION BY c.oid ORDER BY i.relname COLLATE "C")::int,
    '  ' || pg_get_indexdef(i.oid)
  FROM ${TABLES} JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
) AS dump ORDER BY schema, name, kind, position`;
