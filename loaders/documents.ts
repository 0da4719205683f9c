import { type Kysely, sql } from 'kysely';
import type { Table } from '../src/engine/table.ts';
import { current, quote } from './merge.ts';
import type { SyncDatabase } from './schema.ts';
import { retryTransient } from './transient.ts';

/** A stored document: JSON text, so that its numbers keep every digit, and the text of its key columns. */
export interface StoredDocument {
  readonly key: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** Documents in memory at one time; a request with a long form has some 100 KB. */
const PAGE = 100;

/** The payloads of a document table in key order, a page at a time: each page starts behind the last key of the one before. */
export async function* readDocuments(
  db: Kysely<SyncDatabase>,
  corpId: string,
  table: Table,
): AsyncGenerator<readonly StoredDocument[]> {
  const key = Object.entries(table.key);
  const names = key.map(([name]) => sql.ref(name));
  const texts = key.map(([name]) => sql.raw(`${quote(name)}::text`));
  let last: StoredDocument | undefined;
  for (;;) {
    const from = last?.key;
    const behind =
      from === undefined
        ? sql`true`
        : sql`(${sql.join(names)}) > (${sql.join(
            key.map(([name, type]) => sql`${from[name]}::${sql.raw(type)}`),
          )})`;
    const { rows } = await retryTransient(() =>
      sql<{ key: string[]; payload: string }>`
        SELECT ARRAY[${sql.join(texts)}] AS key, payload::text AS payload FROM ${sql.raw(current(table))}
        WHERE corp_id = ${corpId} AND payload IS NOT NULL AND ${behind}
        ORDER BY ${sql.join(names)} LIMIT ${sql.lit(PAGE)}`.execute(db),
    );
    const page = rows.map((row) => ({
      key: Object.fromEntries(key.map(([name], i) => [name, row.key[i] ?? ''])),
      payload: row.payload,
    }));
    last = page.at(-1);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
  }
}
