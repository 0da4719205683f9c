import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { escapeIdentifier, type PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { z } from 'zod';
import { createPool } from './pool.ts';

/** Export or import cannot be done, or was given up with nothing written. The message says what, why and the next step. */
export class TransferError extends Error {
  readonly code = 'TRANSFER';
  override readonly name = 'TransferError';
}

/** Rows written per table, `schema.table` in alphabetical order. */
export type TransferCounts = ReadonlyMap<string, number>;

const FORMAT = 1;
const MANIFEST = 'manifest.json';

const Table = z.object({
  schema: z.string(),
  name: z.string(),
  /** Stored columns; generated ones are computed again. */
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
});
type Table = z.infer<typeof Table>;

const TableFile = Table.extend({
  file: z.string().refine((file) => basename(file) === file, 'is a path'),
  rows: z.number().int().nonnegative(),
  sha256: z.string(),
});
type TableFile = z.infer<typeof TableFile>;

/** Last values of sequences and identity columns. */
const Sequence = z.object({ schema: z.string(), name: z.string(), value: z.string() });

const Manifest = z.object({
  format: z.number().int(),
  /** The instant of which the export shows the state. */
  exportedAt: z.string(),
  /** Version of the server it was made on, for information. */
  postgres: z.string(),
  migrations: z.array(z.string()),
  tables: z.array(TableFile),
  sequences: z.array(Sequence),
});
type Manifest = z.infer<typeof Manifest>;

/** The warehouse, and tables that analysts keep beside its views. */
export const OURS = `(n.nspname IN ('wecom', 'wecom_history', 'wecom_sync', 'approval_forms') OR n.nspname LIKE 'analytics%')`;
/** Belongs to the migrations, which make it in the new database. */
const MIGRATIONS_TABLE = 'kysely_migration';

/**
 * Writes every table of the warehouse to `directory` (new or empty): one gzipped COPY text file per table, and
 * `manifest.json` last. All files show one instant, also while a run is writing.
 * @throws TransferError; what was written is removed again.
 */
export async function exportWarehouse(url: string, directory: string): Promise<TransferCounts> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) {
    throw new TransferError(`${directory} is not empty, and an export never overwrites. Name a new folder.`);
  }
  try {
    const manifest = await withTransaction(url, 'ISOLATION LEVEL REPEATABLE READ READ ONLY', (client) =>
      exportSnapshot(client, directory),
    );
    const unfinished = join(directory, `${MANIFEST}.new`);
    await writeFile(unfinished, JSON.stringify(manifest, null, 2), { mode: 0o600, flush: true });
    await rename(unfinished, join(directory, MANIFEST));
    return countsOf(manifest);
  } catch (error) {
    for (const entry of await readdir(directory)) await rm(join(directory, entry));
    if (made !== undefined) await rmdir(directory);
    throw error;
  }
}

async function exportSnapshot(client: PoolClient, directory: string): Promise<Manifest> {
  const migrations = await appliedMigrations(client);
  if (migrations.length === 0) {
    throw new TransferError(
      'There is nothing to export: the database holds no warehouse (no migration was applied).',
    );
  }
  const { rows } = await client.query<{ at: string; version: string }>(
    `SELECT to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, current_setting('server_version') AS version`,
  );
  const tables: TableFile[] = [];
  for (const table of await storedTables(client)) tables.push(await exportTable(client, table, directory));
  const { rows: sequences } = await client.query<z.infer<typeof Sequence>>(
    `SELECT n.nspname AS schema, c.relname AS name, s.last_value::text AS value
     FROM pg_sequences s
     JOIN pg_namespace n ON n.nspname = s.schemaname
     JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.sequencename
     WHERE ${OURS} AND s.last_value IS NOT NULL ORDER BY 1, 2`,
  );
  const [{ at, version } = { at: '', version: '' }] = rows;
  return { format: FORMAT, exportedAt: at, postgres: version, migrations, tables, sequences };
}

async function exportTable(client: PoolClient, table: Table, directory: string): Promise<TableFile> {
  const file = `${encodeURIComponent(`${table.schema}.${table.name}`)}.copy.gz`;
  const hash = createHash('sha256');
  const source = client.query(
    copyTo(`COPY (SELECT ${columnList(table)} FROM ${qualified(table)}) TO STDOUT`),
  );
  const target = createWriteStream(join(directory, file), { mode: 0o600, flush: true });
  await pipeline(source, createGzip(), hashing(hash), target);
  return { ...table, file, rows: source.rowCount, sha256: hash.digest('hex') };
}

export type ImportOptions = {
  /** Every migration that this release knows. */
  readonly knownMigrations: readonly string[];
  /** Applies exactly these migrations, in their order; those that are applied already are left alone. */
  readonly migrate: (target: readonly string[]) => Promise<void>;
};

/**
 * Fills the empty database at `url` with an export, in one transaction after all files have been checked. The schema is
 * that of the export: migrate to the newest afterwards.
 * @throws TransferError; then no row is written.
 */
export async function importWarehouse(
  url: string,
  directory: string,
  { knownMigrations, migrate }: ImportOptions,
): Promise<TransferCounts> {
  const manifest = await readManifest(directory);
  const unknown = manifest.migrations.filter((name) => !knownMigrations.includes(name));
  if (unknown.length > 0) {
    throw new TransferError(
      `The export in ${directory} comes from a newer release: this one does not know ${unknown.join(', ')}. ` +
        'Install the newer release and import with it.',
    );
  }
  for (const table of manifest.tables) await checkFile(directory, table);
  await withTransaction(url, '', (client) => requireEmpty(client));
  await migrate(manifest.migrations);
  await withTransaction(url, '', (client) => importSnapshot(client, directory, manifest));
  return countsOf(manifest);
}

async function importSnapshot(client: PoolClient, directory: string, manifest: Manifest): Promise<void> {
  const applied = await appliedMigrations(client);
  const differing = [...new Set(applied).symmetricDifference(new Set(manifest.migrations))];
  if (differing.length > 0) {
    throw new TransferError(
      `The database and the export have different migrations (${differing.join(', ')}). Import into a new database.`,
    );
  }
  await createAnalystTables(client, manifest.tables);
  await requireEmpty(client);
  for (const table of manifest.tables) await importTable(client, table, directory);
  for (const { schema, name, value } of manifest.sequences) {
    await client.query('SELECT setval($1::regclass, $2)', [qualified({ schema, name }), value]);
  }
}

async function importTable(client: PoolClient, table: TableFile, directory: string): Promise<void> {
  const target = client.query(copyFrom(`COPY ${qualified(table)} (${columnList(table)}) FROM STDIN`));
  try {
    await pipeline(createReadStream(join(directory, table.file)), createGunzip(), target);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TransferError(`${title(table)} cannot be imported: ${reason}. Nothing was written.`, { cause });
  }
  if (target.rowCount !== table.rows) {
    throw new TransferError(
      `${title(table)} has ${target.rowCount} rows instead of the ${table.rows} that were exported. Nothing was written.`,
    );
  }
  await client.query(`ANALYZE ${qualified(table)}`);
}

/** Tables beside the views that no migration makes: their rows matter more than the indexes they may have had. */
async function createAnalystTables(client: PoolClient, tables: readonly Table[]): Promise<void> {
  for (const table of tables.filter(
    ({ schema }) => schema === 'approval_forms' || schema.startsWith('analytics'),
  )) {
    const columns = table.columns.map(({ name, type }) => `${escapeIdentifier(name)} ${type}`);
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${escapeIdentifier(table.schema)}`);
    await client.query(`CREATE TABLE IF NOT EXISTS ${qualified(table)} (${columns.join(', ')})`);
  }
}

/** Keeps other writers out until the end of the transaction, so that empty stays empty. */
async function requireEmpty(client: PoolClient): Promise<void> {
  for (const table of await storedTables(client)) {
    await client.query(`LOCK TABLE ${qualified(table)} IN SHARE ROW EXCLUSIVE MODE`);
    const { rowCount } = await client.query(`SELECT FROM ${qualified(table)} LIMIT 1`);
    if (rowCount === 0) continue;
    throw new TransferError(
      `The database is not empty: ${title(table)} has rows, and an import never mixes with what is there. ` +
        'Import into a new database (another DATABASE_URL, or another folder for the embedded one).',
    );
  }
}

async function readManifest(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new TransferError(`${directory} is not a finished export: ${path} cannot be read.`, { cause });
  });
  try {
    const content: unknown = JSON.parse(text);
    const { format } = Manifest.pick({ format: true }).parse(content);
    if (format <= FORMAT) return Manifest.parse(content);
  } catch (cause) {
    throw new TransferError(`${path} is damaged. Restore the folder from a copy.`, { cause });
  }
  throw new TransferError(`${path} has a newer format than this release reads. Install the newer release.`);
}

async function checkFile(directory: string, { file, sha256 }: TableFile): Promise<void> {
  const path = join(directory, file);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (cause) {
    throw new TransferError(`${path} is part of the export and cannot be read. Nothing was written.`, {
      cause,
    });
  }
  if (hash.digest('hex') === sha256) return;
  throw new TransferError(`${path} was changed or damaged after the export (checksum). Nothing was written.`);
}

function hashing(hash: Hash): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}

/** Names in the order in which they were applied; none when there is no warehouse. */
async function appliedMigrations(client: PoolClient): Promise<string[]> {
  const { rows: tables } = await client.query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = $1 AND c.relkind = 'r' AND (${OURS} OR n.nspname = 'public') ORDER BY n.nspname = 'public'`,
    [MIGRATIONS_TABLE],
  );
  const [table] = tables;
  if (table === undefined) return [];
  const name = qualified({ schema: table.schema, name: MIGRATIONS_TABLE });
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${name} ORDER BY timestamp, name`);
  return rows.map((row) => row.name);
}

/** Tables with rows of their own (a partitioned one stands for its parts); views are not among them, nor what follows from the others. */
async function storedTables(client: PoolClient): Promise<Table[]> {
  const { rows } = await client.query<Table>(
    `SELECT n.nspname AS schema, c.relname AS name,
       coalesce(
         json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum)
           FILTER (WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
         '[]') AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE ${OURS} AND n.nspname <> 'analytics_store' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT starts_with(c.relname, '${MIGRATIONS_TABLE}')
     GROUP BY n.nspname, c.relname ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  return rows;
}

/** Values are written and read under the same settings, whatever role, database or user prefer. */
const SESSION = `SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8';
  SET LOCAL search_path = ''; SET LOCAL row_security = off;
  SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`;

async function withTransaction<T>(
  url: string,
  mode: string,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const pool = createPool({ url, max: 1, applicationName: 'wecom-warehouse transfer' });
  try {
    const client = await pool.connect();
    try {
      await client.query(`BEGIN ${mode}`);
      await client.query(SESSION);
      const result = await work(client);
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // Closing undoes the transaction in every state, also in the middle of a COPY.
      client.release(true);
      throw error;
    }
  } finally {
    await pool.end();
  }
}

function columnList({ columns }: Table): string {
  return columns.map(({ name }) => escapeIdentifier(name)).join(', ');
}

function qualified({ schema, name }: { schema: string; name: string }): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
}

function title({ schema, name }: Table): string {
  return `${schema}.${name}`;
}

function countsOf({ tables }: Manifest): TransferCounts {
  return new Map(tables.map((table) => [title(table), table.rows]));
}
