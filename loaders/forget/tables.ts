/** Every table of the warehouse as the database's own catalogue has it, so that a table that comes later is covered too. */
import { type Kysely, sql } from 'kysely';
import { PERSON_ID_COLUMN } from '../../src/privacy/columns.ts';
import type { RowColumn } from '../../src/privacy/rows.ts';
import type { SyncDatabase } from '../schema.ts';
import { OURS } from '../transfer.ts';

export interface StoredColumn extends RowColumn {
  /** As PostgreSQL writes it: `character varying(64)`, `jsonb`. */
  readonly type: string;
}

export interface StoredTable {
  readonly schema: string;
  readonly name: string;
  readonly hasCorp: boolean;
  /** Columns that can hold a text, generated ones apart. */
  readonly columns: readonly StoredColumn[];
}

/** What the engine keeps of itself names a member or a group as a unit, and a row by its key. */
const SYNC_ID_COLUMNS = new Set(['unit', 'key']);
/** In a table without a primary key these say whom a row is about. */
const SUBJECT = /^(external_)?userid$|^member_id$/;
/** They hold hashes only. */
const NOT_SEARCHED = ['kysely_migration', 'kysely_migration_lock', 'tombstones', 'tombstone_salts'];

interface CatalogueRow {
  readonly schema: string;
  readonly name: string;
  readonly hasCorp: boolean;
  readonly hasKey: boolean;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    readonly isInKey: boolean;
  }[];
}

export async function storedTables(db: Kysely<SyncDatabase>): Promise<StoredTable[]> {
  const { rows } = await sql<CatalogueRow>`
    SELECT n.nspname AS schema, c.relname AS name, k.indkey IS NOT NULL AS "hasKey",
      bool_or(a.attname = 'corp_id') AS "hasCorp",
      json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'isInKey', coalesce(a.attnum = ANY(k.indkey::int2[]), false)) ORDER BY a.attnum) AS columns
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
    WHERE ${sql.raw(OURS)} AND c.relkind = 'r' AND NOT (n.nspname = 'wecom_sync' AND c.relname = ANY(${NOT_SEARCHED}))
    GROUP BY n.nspname, c.relname, k.indkey ORDER BY 1, 2`.execute(db);
  return rows.map(({ schema, name, hasCorp, hasKey, columns }) => {
    const isId = (column: string) =>
      PERSON_ID_COLUMN.test(column) || (schema === 'wecom_sync' && SYNC_ID_COLUMNS.has(column));
    const isSubject = (column: string, isInKey: boolean) => (hasKey ? isInKey : SUBJECT.test(column));
    return {
      schema,
      name,
      hasCorp,
      columns: columns.flatMap(({ name: column, type, isInKey }): StoredColumn[] => {
        const kind = kindOf(type);
        if (kind === null || column === 'corp_id') return [];
        return [
          { name: column, type, kind, isId: isId(column), isKey: isId(column) && isSubject(column, isInKey) },
        ];
      }),
    };
  });
}

function kindOf(type: string): RowColumn['kind'] | null {
  if (/^jsonb?$/.test(type)) return 'json';
  if (/^(text|character|character varying)(\(\d+\))?\[\]$/.test(type)) return 'list';
  return /^(text|character|character varying)(\(\d+\))?$/.test(type) ? 'text' : null;
}
