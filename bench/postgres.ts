/** The PostgreSQL of a benchmark: the embedded one with its production settings, in a temporary folder. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { migrate } from '../loaders/migrator.ts';
import { createPool } from '../loaders/pool.ts';
import type { SyncDatabase } from '../loaders/schema.ts';
import { openEmbedded } from '../src/embedded/index.ts';

export interface Warehouse {
  readonly url: string;
  readonly pool: Pool;
  readonly db: Kysely<SyncDatabase>;
  close(): Promise<void>;
}

export interface Postgres {
  readonly version: string;
  /** A new database with all migrations. */
  warehouse(): Promise<Warehouse>;
  close(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const directory = await mkdtemp(join(tmpdir(), 'wecom-bench-'));
  const server = await openEmbedded({ directory });
  const admin = createPool({ url: server.url, max: 1 });
  let made = 0;
  const { rows } = await admin.query<{ server_version: string }>('SHOW server_version');
  return {
    version: rows[0]?.server_version ?? '',
    async warehouse() {
      const name = `bench_${++made}`;
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(server.url);
      url.pathname = `/${name}`;
      const pool = createPool({ url: url.href, max: CONNECTIONS });
      const db = new Kysely<SyncDatabase>({ dialect: new PostgresDialect({ pool }) });
      await migrate(db);
      return {
        url: url.href,
        pool,
        db,
        async close() {
          await db.destroy();
          await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
        },
      };
    },
    async close() {
      await admin.end();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Bytes of WAL since the server was made. */
export async function walBytes(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS bytes`,
  );
  return Number(rows[0]?.bytes ?? 0);
}

export interface TableActivity {
  readonly dead: number;
  readonly written: number;
}

const CONNECTIONS = 4;

/** A backend hands in its counts when it has been idle for 10 s, unless it is told to. */
async function flushStatistics(pool: Pool): Promise<void> {
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()));
  for (const client of clients) {
    await client.query('SELECT pg_stat_force_next_flush()');
    client.release();
  }
}

/** Dead rows now, and rows inserted, updated or deleted so far, over the named tables of schema `wecom`. */
export async function activity(pool: Pool, tables: readonly string[]): Promise<TableActivity> {
  await flushStatistics(pool);
  const { rows } = await pool.query<{ dead: string; written: string }>(
    `SELECT sum(n_dead_tup) AS dead, sum(n_tup_ins + n_tup_upd + n_tup_del) AS written
     FROM pg_stat_user_tables WHERE schemaname = 'wecom' AND relname = ANY($1)`,
    [tables],
  );
  return { dead: Number(rows[0]?.dead ?? 0), written: Number(rows[0]?.written ?? 0) };
}

/** After a load the first reader writes hint bits, which checksums turn into WAL: that is the load's cost, not his. */
export async function settleTables(pool: Pool, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    await pool.query(`ALTER TABLE wecom.${table} SET (autovacuum_enabled = off)`);
    await pool.query(`VACUUM (FREEZE, ANALYZE) wecom.${table}`);
    await pool.query(`VACUUM (FREEZE, ANALYZE) wecom_history.${table}`);
  }
  await pool.query('CHECKPOINT');
}

export async function emptyTables(pool: Pool, tables: readonly string[]): Promise<void> {
  const all = tables.flatMap((table) => [`wecom.${table}`, `wecom_history.${table}`]);
  await pool.query(`TRUNCATE ${[...all, 'wecom_sync.progress', 'wecom_sync.absences'].join(', ')}`);
  await pool.query('CHECKPOINT');
}

/** CPU seconds of all server processes that work for this database, of the living connections of `pool`. Linux only. */
export async function serverCpuSeconds(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database()`,
  );
  const seconds = await Promise.all(rows.map(({ pid }) => cpuSeconds(pid)));
  return seconds.reduce((sum, one) => sum + one, 0);
}

/** CPU seconds of all server processes that have ended, of whatever database: the postmaster has counted them. */
export async function endedCpuSeconds(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ pid: string }>(
    `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid`,
  );
  return cpuSeconds(Number(rows[0]?.pid), 13);
}

/** CPU seconds of a process; with `first` 13, of its children that have ended. Linux only. */
export async function cpuSeconds(pid: number, first = 11): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // After the name in brackets: utime and stime are the fields 14 and 15 of the line, those of ended children 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[first] ?? 0) + Number(fields[first + 1] ?? 0)) / 100;
}
