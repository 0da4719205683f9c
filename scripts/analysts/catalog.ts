/** What a migrated database says about itself: schemas, tables and views, columns, primary keys and comments. */
import type { Pool } from 'pg';

export interface ColumnEntry {
  readonly name: string;
  /** As PostgreSQL writes it: `timestamp with time zone`, `text[]`. */
  readonly type: string;
  readonly inPrimaryKey: boolean;
  readonly comment: string | null;
}

export interface RelationEntry {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  readonly columns: readonly ColumnEntry[];
}

export interface SchemaEntry {
  readonly name: string;
  readonly comment: string | null;
}

export interface Catalog {
  readonly schemas: readonly SchemaEntry[];
  /** In the order of their names. */
  readonly relations: readonly RelationEntry[];
}

export const SCHEMAS = [
  'analytics',
  'analytics_pii',
  'approval_forms',
  'wecom',
  'wecom_history',
  'wecom_sync',
] as const;

/** Kysely keeps its own two tables beside ours; they are not part of the warehouse. */
const RELATIONS = `
SELECT n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment,
  json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL),
    'inPrimaryKey', coalesce(a.attnum = ANY(k.indkey), false), 'comment', col_description(c.oid, a.attnum))
    ORDER BY a.attnum) AS columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname NOT LIKE 'kysely\\_%'
GROUP BY n.nspname, c.oid, c.relname ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

export async function readCatalog(pool: Pool): Promise<Catalog> {
  const names = [...SCHEMAS];
  const schemas = await pool.query<SchemaEntry>(
    `SELECT nspname AS name, obj_description(oid, 'pg_namespace') AS comment FROM pg_namespace
     WHERE nspname = ANY($1) ORDER BY nspname COLLATE "C"`,
    [names],
  );
  const relations = await pool.query<RelationEntry>(RELATIONS, [names]);
  return { schemas: schemas.rows, relations: relations.rows };
}

export interface Label {
  readonly zh: string;
  readonly en: string;
  /** What stands under the first line, as one line. */
  readonly text: string;
}

/** A comment whose first line is `中文短名 | English label`; undefined when it is missing or has another form. */
export function labelOf(comment: string | null): Label | undefined {
  const [title = '', ...body] = (comment ?? '').split('\n');
  const [zh, en, ...more] = title.split(' | ');
  if (!zh || !en || more.length > 0) return undefined;
  return { zh, en, text: body.join(' ') };
}

/** Schemas, relations and columns without a comment of that form. */
export function uncommented({ schemas, relations }: Catalog): string[] {
  const objects = [
    ...schemas.map(({ name, comment }) => ({ name, comment })),
    ...relations.flatMap((relation) => [
      { name: `${relation.schema}.${relation.name}`, comment: relation.comment },
      ...relation.columns.map((column) => ({
        name: `${relation.schema}.${relation.name}.${column.name}`,
        comment: column.comment,
      })),
    ]),
  ];
  return objects.filter(({ comment }) => labelOf(comment) === undefined).map(({ name }) => name);
}
