/** Ways to bring rows into tables, and to find out that nothing differs: what is built, and what it was weighed against. */
import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { compareSql, insertSql } from '../loaders/compare.ts';
import { columnLiteral, transportType } from '../loaders/literals.ts';
import { different, list, onKey, quote } from '../loaders/merge.ts';
import { columnsOf, type Row, type Table } from '../src/engine/table.ts';
import { copyLine } from './floors.ts';
import { stream } from './relations.ts';

export interface Chunk {
  readonly table: Table;
  readonly rows: readonly Row[];
}

/** Brings the rows of one transaction. */
export type Way = (client: PoolClient, chunks: readonly Chunk[]) => Promise<void>;

const CORP = 'ww_bench';
const FIRST = '2026-01-01T00:00:00Z';
const LATER = '2026-01-02T00:00:00Z';

const names = (table: Table) => list(columnsOf(table).map(([name]) => name));
const none: ReadonlySet<string> = new Set();
const staging = (table: Table) => `staging_${table.name}`;

/** Temporary tables for staging, and copies of the tables with a hash of each row. */
export async function prepareWays(client: PoolClient): Promise<void> {
  await client.query('DROP SCHEMA IF EXISTS hashed CASCADE; CREATE SCHEMA hashed');
  for (const table of stream.tables) {
    await client.query(`DROP TABLE IF EXISTS ${staging(table)}`);
    await client.query(
      `CREATE TEMPORARY TABLE ${staging(table)} AS SELECT ${names(table)} FROM wecom.${table.name} WHERE false`,
    );
    await client.query(
      `CREATE TABLE hashed.${table.name} (LIKE wecom.${table.name} INCLUDING INDEXES, row_hash text)`,
    );
    await client.query(
      `INSERT INTO hashed.${table.name} SELECT *, md5(random()::text) FROM wecom.${table.name}`,
    );
    await client.query(`VACUUM (FREEZE, ANALYZE) hashed.${table.name}`);
  }
}

/** One table after the other. */
const each =
  (one: (client: PoolClient, chunk: Chunk) => Promise<unknown>): Way =>
  async (client, chunks) => {
    for (const chunk of chunks) await one(client, chunk);
  };

const literals = ({ table, rows }: Chunk) =>
  columnsOf(table).map(([name, type]) =>
    columnLiteral(
      type,
      rows.map((row) => row[name]),
    ),
  );

async function copyInto(client: PoolClient, target: string, columns: string, lines: readonly string[]) {
  const sink = client.query(copyFrom(`COPY ${target} (${columns}) FROM STDIN`));
  const done = new Promise((resolve, reject) => sink.on('finish', resolve).on('error', reject));
  sink.end(Buffer.from(lines.join('')));
  await done;
}

async function stage(client: PoolClient, { table, rows }: Chunk): Promise<void> {
  const lines = rows.map((row) => copyLine(table, row, []));
  await copyInto(client, staging(table), names(table), lines);
}

const jsonRows = ({ table, rows }: Chunk): string =>
  JSON.stringify(
    rows.map((row) =>
      Object.fromEntries(
        columnsOf(table).map(([name, type]) => {
          const value = row[name];
          return [name, type === 'jsonb' && typeof value === 'string' ? JSON.parse(value) : value];
        }),
      ),
    ),
  );

const recordset = (table: Table): string =>
  `jsonb_to_recordset($3::jsonb) AS i(${columnsOf(table)
    .map(([name, type]) => `${quote(name)} ${type}`)
    .join(', ')})`;

const insertFrom = (table: Table, source: string): string =>
  `INSERT INTO wecom.${quote(table.name)} (corp_id, ${names(table)}, valid_from)
   SELECT $1::text, ${columnsOf(table)
     .map(([name, type]) => (type === 'text[]' ? `coalesce(i.${quote(name)}, '{}')` : `i.${quote(name)}`))
     .join(', ')}, $2::timestamptz FROM ${source} ON CONFLICT DO NOTHING`;

/** Counts what is not stored or differs: by its columns, or by `differs`. */
function compareFrom(table: Table, source: string, stored = 'wecom', differs?: string): string {
  const others = columnsOf(table).filter(([name]) => !(name in table.key));
  return `SELECT count(*) FILTER (WHERE c.valid_from IS NULL), count(*) FILTER (WHERE ${differs ?? different(others, none)})
   FROM ${source} LEFT JOIN LATERAL (SELECT * FROM ${stored}.${quote(table.name)} c
     WHERE c.corp_id = $1 AND $2::timestamptz IS NOT NULL AND ${onKey(Object.keys(table.key), 'c', 'i')} LIMIT 1) c ON true`;
}

function hashedRows(table: Table): string {
  const keys = Object.entries(table.key);
  const arrays = keys.map(
    ([name, type], i) => `unnest($${i + 3}::${transportType(type)}[]) AS ${quote(name)}`,
  );
  return `(SELECT ${arrays.join(', ')}, unnest($${keys.length + 3}::text[]) AS row_hash) i`;
}

function hashedValues({ table, rows }: Chunk): string[] {
  const columns = columnsOf(table).map(([name]) => name);
  const hashes = rows.map((row) => hash('md5', columns.map((name) => row[name]).join('\0'), 'base64'));
  const keys = Object.entries(table.key).map(([name, type]) =>
    columnLiteral(
      type,
      rows.map((row) => row[name]),
    ),
  );
  return [...keys, columnLiteral('text', hashes)];
}

/** Statements of several tables as one: their own parameters are numbered on. */
function inOne(statements: readonly { readonly text: string; readonly values: readonly string[] }[]) {
  const values: string[] = [];
  const parts = statements.map((one, i) => {
    const before = values.length;
    values.push(...one.values);
    return `(SELECT row_to_json(t${i}) FROM (${one.text.replace(/\$(\d+)/g, (_, n: string) =>
      Number(n) < 3 ? `$${n}` : `$${Number(n) + before}`,
    )}) t${i})`;
  });
  return { text: `SELECT ${parts.join(', ')}`, values };
}

const compare = (chunk: Chunk) => ({ text: compareSql(chunk.table, none), values: literals(chunk) });

export const LOADS: Readonly<Record<string, Way>> = {
  'unnest, INSERT (built: a table without rows of the corp)': each((client, chunk) =>
    client.query(insertSql(chunk.table, false), [CORP, FIRST, ...literals(chunk)]),
  ),
  'unnest, INSERT … ON CONFLICT (built: rows that lanes share)': each((client, chunk) =>
    client.query(insertSql(chunk.table, true), [CORP, FIRST, ...literals(chunk)]),
  ),
  'unnest, compare, INSERT (built: later runs)': each(async (client, chunk) => {
    const { text, values } = compare(chunk);
    await client.query(text, [CORP, FIRST, ...values]);
    await client.query(insertSql(chunk.table, false), [CORP, FIRST, ...values]);
  }),
  'JSON recordset, INSERT … ON CONFLICT': each((client, chunk) =>
    client.query(insertFrom(chunk.table, recordset(chunk.table)), [CORP, FIRST, jsonRows(chunk)]),
  ),
  'COPY into staging, INSERT … ON CONFLICT': each(async (client, chunk) => {
    await stage(client, chunk);
    await client.query(insertFrom(chunk.table, `${staging(chunk.table)} i`), [CORP, FIRST]);
    await client.query(`TRUNCATE ${staging(chunk.table)}`);
  }),
  'COPY into the table': each((client, { table, rows }) => {
    const lines = rows.map((row) => copyLine(table, row, [CORP, FIRST]));
    return copyInto(client, `wecom.${quote(table.name)}`, `corp_id, ${names(table)}, valid_from`, lines);
  }),
};

export const COMPARES: Readonly<Record<string, Way>> = {
  'unnest, all columns (built)': each((client, chunk) => {
    const { text, values } = compare(chunk);
    return client.query(text, [CORP, LATER, ...values]);
  }),
  'the same, prepared': each((client, chunk) => {
    const { text, values } = compare(chunk);
    return client.query({ name: `compare ${chunk.table.name}`, text, values: [CORP, LATER, ...values] });
  }),
  'the same, all tables in one statement': async (client, chunks) => {
    const { text, values } = inOne(chunks.map(compare));
    await client.query(text, [CORP, LATER, ...values]);
  },
  'unnest, keys and a hash of the row': each((client, chunk) => {
    const text = compareFrom(
      chunk.table,
      hashedRows(chunk.table),
      'hashed',
      'i.row_hash IS DISTINCT FROM c.row_hash',
    );
    return client.query(text, [CORP, LATER, ...hashedValues(chunk)]);
  }),
  'JSON recordset': each((client, chunk) =>
    client.query(compareFrom(chunk.table, recordset(chunk.table)), [CORP, LATER, jsonRows(chunk)]),
  ),
  'COPY into staging': each(async (client, chunk) => {
    await stage(client, chunk);
    await client.query(compareFrom(chunk.table, `${staging(chunk.table)} i`), [CORP, LATER]);
    await client.query(`TRUNCATE ${staging(chunk.table)}`);
  }),
};
