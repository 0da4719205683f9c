/** Goes through the rows of a table that may mention a person: what is about the person goes, the rest is rewritten. */
import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Cell, RedactedRow } from '../../src/privacy/rows.ts';
import { arrayLiteral } from '../literals.ts';
import { quote } from '../merge.ts';
import type { SyncDatabase } from '../schema.ts';
import type { StoredTable } from './tables.ts';

type Trx = Kysely<SyncDatabase>;

/** Rows in memory at one time; a document has some 100 KB. */
const PAGE = 500;

export interface StoredRow {
  /** Where the row lies. */
  readonly ctid: string;
  /** Key of the object that the row is a part of (an approval, a group), as text. */
  readonly root: string | null;
  readonly cells: readonly Cell[];
}

export interface Search {
  readonly corpId: string;
  /** LIKE patterns of which the row's text, in lower case, matches one … */
  readonly patterns: readonly string[];
  /** … or the row is a part of one of these objects. */
  readonly root?: { readonly column: string; readonly keys: readonly string[] } | undefined;
}

export const nameOf = ({ schema, name }: StoredTable): string => `${quote(schema)}.${quote(name)}`;

/** The row as text holds every column, so no column is overlooked. */
export const matches = (patterns: string): string => `lower(t::text) LIKE ANY (${patterns}::text[])`;

export async function* candidates(
  trx: Trx,
  table: StoredTable,
  { corpId, patterns, root }: Search,
): AsyncGenerator<readonly StoredRow[]> {
  const cells = table.columns.map(({ name, kind }) =>
    kind === 'list' ? `to_jsonb(t.${quote(name)})` : `to_jsonb(t.${quote(name)}::text)`,
  );
  const rootText = root === undefined ? 'NULL' : `t.${quote(root.column)}::text`;
  const found = [matches('$2'), ...(root === undefined ? [] : [`${rootText} = ANY ($3::text[])`])];
  const query = `SELECT t.ctid::text AS ctid, ${rootText} AS root, jsonb_build_array(${cells.join(', ')}) AS cells
    FROM ${nameOf(table)} t WHERE ${table.hasCorp ? 't.corp_id = $1' : '$1::text IS NOT NULL'} AND (${found.join(' OR ')})`;
  const parameters = [corpId, patterns, ...(root === undefined ? [] : [root.keys])];
  await trx.executeQuery(CompiledQuery.raw(`DECLARE mentions NO SCROLL CURSOR FOR ${query}`, parameters));
  try {
    for (;;) {
      const { rows } = await sql<StoredRow>`FETCH ${sql.lit(PAGE)} FROM mentions`.execute(trx);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
    }
  } finally {
    await sql`CLOSE mentions`.execute(trx);
  }
}

export async function deleteRows(trx: Trx, table: StoredTable, ctids: readonly string[]): Promise<void> {
  if (ctids.length === 0) return;
  await trx.executeQuery(
    CompiledQuery.raw(`DELETE FROM ${nameOf(table)} WHERE ctid = ANY ($1::tid[])`, [arrayLiteral(ctids)]),
  );
}

export async function rewriteRows(
  trx: Trx,
  table: StoredTable,
  rows: readonly { readonly ctid: string; readonly redacted: RedactedRow }[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = table.columns.map(({ name }) => quote(name));
  const sets = table.columns.map(({ name, type }) => `${quote(name)} = v.${quote(name)}::${type}`);
  const parameters = table.columns.map((_, i) => `$${i + 2}::text[]`);
  const cells = table.columns.map((_, i) =>
    arrayLiteral(
      rows.map(({ redacted }) => {
        const cell = redacted.cells[i] ?? null;
        return cell === null || typeof cell === 'string' ? cell : arrayLiteral(cell);
      }),
    ),
  );
  await trx.executeQuery(
    CompiledQuery.raw(
      `UPDATE ${nameOf(table)} t SET ${sets.join(', ')}
      FROM unnest($1::tid[], ${parameters.join(', ')}) AS v(row_ctid, ${columns.join(', ')}) WHERE t.ctid = v.row_ctid`,
      [arrayLiteral(rows.map(({ ctid }) => ctid)), ...cells],
    ),
  );
}
