/**
 * The ways to bring a batch into PostgreSQL that decision 0014 weighs, each alone on one connection:
 * `node bench/loader-alternatives.ts [--size relations] [--repeat 3]`. It compares CPU and not time, so that a busy
 * machine gives the same answer. `loader-ways.ts` holds the ways.
 */
import { parseArgs } from 'node:util';
import type { Batch } from '../src/engine/warehouse.ts';
import { type Chunk, COMPARES, LOADS, prepareWays, type Way } from './loader-ways.ts';
import { cpuSeconds, emptyTables, settleTables, startPostgres, walBytes } from './postgres.ts';
import { batchesOf, makeRelations, stream, tableNames } from './relations.ts';
import { median, number } from './report.ts';

const { values } = parseArgs({
  options: { size: { type: 'string', default: '30000' }, repeat: { type: 'string', default: '3' } },
});
const TRANSACTION_ROWS = [1_000, 4_000, 16_000];

/** Per row: CPU microseconds (milliseconds per 1,000 rows) of the server and of Node, and bytes of WAL. */
interface Cost {
  readonly server: number;
  readonly node: number;
  readonly wal: number;
}

const postgres = await startPostgres();
const warehouse = await postgres.warehouse();
const client = await warehouse.pool.connect();
const { rows: pids } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
const pid = pids[0]?.pid ?? 0;

async function costOf(way: Way, transactions: readonly (readonly Chunk[])[]): Promise<Cost> {
  const rows = transactions.flat().reduce((sum, chunk) => sum + chunk.rows.length, 0);
  const [wal, server, node] = [await walBytes(warehouse.pool), await cpuSeconds(pid), process.cpuUsage()];
  for (const chunks of transactions) {
    await client.query('BEGIN');
    await way(client, chunks);
    await client.query('COMMIT');
  }
  const used = process.cpuUsage(node);
  return {
    server: (((await cpuSeconds(pid)) - server) * 1e6) / rows,
    node: (used.user + used.system) / rows,
    wal: ((await walBytes(warehouse.pool)) - wal) / rows,
  };
}

function print(title: string, costs: ReadonlyMap<string, readonly Cost[]>): void {
  process.stdout.write(
    `\n| ${title} | server ms | Node ms | both | WAL bytes per row |\n|---|---|---|---|---|\n`,
  );
  for (const [name, all] of costs) {
    const of = (what: keyof Cost) => median(all.map((cost) => cost[what]));
    const cells = [of('server'), of('node'), of('server') + of('node'), of('wal')].map(number);
    process.stdout.write(`| ${name} | ${cells.join(' | ')} |\n`);
  }
}

/** The rows of the batches, each key once, in transactions of about `size` rows of all tables. */
function transactionsOf(batches: readonly Batch[], size: number): Chunk[][] {
  const all = stream.tables.map((table): Chunk => {
    const key = Object.keys(table.key);
    const rows = batches.flatMap((batch) => (batch.tables.get(table.name) ?? []).map(({ row }) => row));
    return {
      table,
      rows: [...new Map(rows.map((row) => [key.map((name) => row[name]).join(' '), row])).values()],
    };
  });
  const total = all.reduce((sum, chunk) => sum + chunk.rows.length, 0);
  const parts = Math.max(1, Math.round(total / size));
  const cut = (rows: Chunk['rows'], part: number) => Math.floor((rows.length * part) / parts);
  return Array.from({ length: parts }, (_, part) =>
    all.map(({ table, rows }) => ({ table, rows: rows.slice(cut(rows, part), cut(rows, part + 1)) })),
  );
}

const relations = makeRelations(Number(values.size), Math.floor(Date.now() / 1000));
const batches = (await batchesOf(relations, 1, 'first')).flat();

/** Every way in turn, `--repeat` times. */
async function weigh(title: string, ways: Readonly<Record<string, Way>>, before?: () => Promise<void>) {
  for (const size of TRANSACTION_ROWS) {
    const transactions = transactionsOf(batches, size);
    const costs = new Map<string, Cost[]>(Object.keys(ways).map((name) => [name, []]));
    for (let i = 0; i < Number(values.repeat); i++)
      for (const [name, way] of Object.entries(ways)) {
        await before?.();
        costs.get(name)?.push(await costOf(way, transactions));
      }
    print(`${title}, ${size.toLocaleString('en-US')} rows per transaction`, costs);
  }
}

try {
  await prepareWays(client);
  await weigh('first load', LOADS, () => emptyTables(warehouse.pool, tableNames));
  await prepareWays(client);
  await settleTables(warehouse.pool, tableNames);
  await weigh('nothing changed', COMPARES);
} finally {
  client.release();
  await warehouse.close();
  await postgres.close();
}
