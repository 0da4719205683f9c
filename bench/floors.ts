/** What the database can do at best with the same rows: raw COPY, and the bare comparing query. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Pool } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { columnLiteral, transportType } from '../loaders/literals.ts';
import { quote } from '../loaders/merge.ts';
import { columnsOf, keyText, type Row, type Table, type Value } from '../src/engine/table.ts';
import type { Batch } from '../src/engine/warehouse.ts';
import { stream } from './relations.ts';

const CORP = 'ww_bench';
const VALID_FROM = '2026-01-01T00:00:00Z';
/** Rows of one chunk of COPY text. */
const CHUNK_ROWS = 1_000;

export interface CopySource {
  readonly table: Table;
  readonly chunks: readonly Buffer[];
  readonly rows: number;
}

/** The rows of the batches as COPY text, each key once. */
export function copySources(batches: readonly Batch[]): CopySource[] {
  return stream.tables.map((table) => {
    const rows = new Map<string, Row>();
    for (const batch of batches)
      for (const { row } of batch.tables.get(table.name) ?? [])
        rows.set(keyText(Object.keys(table.key), row), row);
    const lines = [...rows.values()].map((row) => copyLine(table, row, [CORP, VALID_FROM]));
    const chunks = Array.from({ length: Math.ceil(lines.length / CHUNK_ROWS) }, (_, i) =>
      Buffer.from(lines.slice(i * CHUNK_ROWS, (i + 1) * CHUNK_ROWS).join('')),
    );
    return { table, chunks, rows: rows.size };
  });
}

/** A line of COPY text: the row's columns, with what comes before and after them. */
export function copyLine(table: Table, row: Row, around: readonly [string, string] | readonly []): string {
  const [before, after] = around;
  const cells = columnsOf(table).map(([name, type]) => cell(row[name], type));
  return `${[before, ...cells, after].filter((one) => one !== undefined).join('\t')}\n`;
}

function cell(value: Value | undefined, type: string): string {
  if (value === null || value === undefined) return type === 'text[]' ? '{}' : '\\N';
  const text = Array.isArray(value) ? columnLiteral('text', value) : String(value);
  return text.replace(/[\\\t\n\r]/g, (c) => ({ '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c] ?? '\\\\');
}

/**
 * Empty tables like those of the warehouse: with the same columns and key, or also with its further indexes.
 */
export async function floorTables(pool: Pool, indexes: 'key' | 'all'): Promise<void> {
  await pool.query('DROP SCHEMA IF EXISTS floor CASCADE; CREATE SCHEMA floor');
  for (const { name, key } of stream.tables) {
    const all = indexes === 'all' ? 'INCLUDING INDEXES' : '';
    await pool.query(
      `CREATE TABLE floor.${quote(name)} (LIKE wecom.${quote(name)} INCLUDING DEFAULTS ${all})`,
    );
    const columns = ['corp_id', ...Object.keys(key)].map(quote).join(', ');
    if (indexes === 'key') await pool.query(`ALTER TABLE floor.${quote(name)} ADD PRIMARY KEY (${columns})`);
  }
  await pool.query('CHECKPOINT');
}

/** One COPY per table, one after the other. */
export async function copyAll(pool: Pool, sources: readonly CopySource[]): Promise<void> {
  const client = await pool.connect();
  try {
    for (const { table, chunks } of sources) {
      const names = ['corp_id', ...columnsOf(table).map(([name]) => name), 'valid_from'].map(quote);
      const target = client.query(
        copyFrom(`COPY floor.${quote(table.name)} (${names.join(', ')}) FROM STDIN`),
      );
      await pipeline(Readable.from(chunks, { objectMode: false }), target);
    }
  } finally {
    client.release();
  }
}

interface Comparison {
  readonly text: string;
  readonly values: readonly string[];
}

/** One join per batch and table that counts what differs, with its parameters made beforehand. */
export function comparisons(batches: readonly Batch[]): Comparison[] {
  return batches.flatMap((batch) =>
    stream.tables.flatMap((table) => {
      const rows = batch.tables.get(table.name) ?? [];
      if (rows.length === 0) return [];
      const values = columnsOf(table).map(([name, type]) =>
        columnLiteral(
          type,
          rows.map(({ row }) => row[name]),
        ),
      );
      return [{ text: compareSql(table), values: [CORP, ...values] }];
    }),
  );
}

function compareSql(table: Table): string {
  const columns = columnsOf(table);
  const key = Object.keys(table.key);
  const others = columns.filter(([name]) => !key.includes(name));
  const staged = others.map(([name, type]) =>
    type === 'text[]' ? `coalesce(i.${quote(name)}::text[], '{}')` : `i.${quote(name)}`,
  );
  const differs =
    others.length === 0
      ? ''
      : ` OR (${staged.join(', ')}) IS DISTINCT FROM (${others.map(([name]) => `c.${quote(name)}`).join(', ')})`;
  return `SELECT count(*) AS n FROM unnest(${columns.map(([, type], i) => `$${i + 2}::${transportType(type)}[]`).join(', ')})
    AS i(${columns.map(([name]) => quote(name)).join(', ')})
    LEFT JOIN wecom.${quote(table.name)} c ON c.corp_id = $1 AND ${key.map((name) => `c.${quote(name)} = i.${quote(name)}`).join(' AND ')}
    WHERE c.corp_id IS NULL${differs}`;
}

/** Rows that differ, over all comparisons; one connection per lane. */
export async function compareAll(pool: Pool, lanes: readonly (readonly Comparison[])[]): Promise<number> {
  const counts = await Promise.all(
    lanes.map(async (lane) => {
      const client = await pool.connect();
      try {
        let different = 0;
        for (const { text, values } of lane) {
          const { rows } = await client.query<{ n: string }>(text, [...values]);
          different += Number(rows[0]?.n ?? 0);
        }
        return different;
      } finally {
        client.release();
      }
    }),
  );
  return counts.reduce((sum, one) => sum + one, 0);
}
