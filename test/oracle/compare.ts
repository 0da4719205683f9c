/** Reads the tables of a warehouse as cells and says where they differ from what is expected. */
import { Client } from 'pg';
import { type Cells, KEYS, type Tables } from './expected.ts';
import { type Cell, cellTypes } from './values.ts';

export async function withReader<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    connectionString: url,
    types: cellTypes,
    options: '-c TimeZone=UTC',
    application_name: 'wecom-warehouse-test-reader',
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export async function select(client: Client, query: string, values: unknown[] = []): Promise<Cells[]> {
  return (await client.query<Cells>(query, values)).rows;
}

export const readTable = (client: Client, table: string) => select(client, `SELECT * FROM wecom.${table}`);

export const keyOf = (table: string, row: Cells) =>
  JSON.stringify((KEYS[table] ?? []).map((column) => row[column] ?? null));

/** How the rows differ: at most `most` lines. Columns that the oracle leaves out are not compared. */
export function differences(
  table: string,
  expected: readonly Cells[],
  actual: readonly Cells[],
  most = 6,
): string[] {
  const lines: string[] = [];
  const have = new Map(actual.map((row) => [keyOf(table, row), row]));
  if (have.size !== actual.length) lines.push(`${table}: ${actual.length - have.size} rows share a key`);
  const wanted = new Set<string>();
  for (const row of expected) {
    const key = keyOf(table, row);
    wanted.add(key);
    const found = have.get(key);
    if (found === undefined) lines.push(`${table} ${key}: missing`);
    else lines.push(...cellDifferences(row, found).map((text) => `${table} ${key}: ${text}`));
  }
  for (const key of have.keys()) if (!wanted.has(key)) lines.push(`${table} ${key}: too much`);
  return lines.length > most ? [...lines.slice(0, most), `${table}: ${lines.length} differences`] : lines;
}

function cellDifferences(expected: Cells, found: Cells): string[] {
  return Object.entries(expected).flatMap(([column, value]) => {
    if (!(column in found)) return [`no column ${column}`];
    const have: Cell = found[column] ?? null;
    return have === value ? [] : [`${column} is ${short(have)}, expected ${short(value)}`];
  });
}

const short = (cell: Cell) => (cell === null ? 'NULL' : cell.length > 160 ? `${cell.slice(0, 160)}…` : cell);

/** All differences between a warehouse and what is expected of it. */
export async function compare(url: string, expected: Tables): Promise<string[]> {
  return withReader(url, async (client) => {
    const lines: string[] = [];
    for (const [table, rows] of expected)
      lines.push(...differences(table, rows, await readTable(client, table)));
    return lines;
  });
}
