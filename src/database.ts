/** The warehouse's database: the configured server, or the embedded one when none is configured. */

import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { createPool } from '../loaders/pool.ts';
import type { SyncDatabase } from '../loaders/schema.ts';
import type { Config } from './config/load.ts';
import { redact } from './wecom/secrets.ts';

export const EMBEDDED_DIRECTORY = '.wecom-warehouse';
const OLDEST_POSTGRES = 15;

/** The database cannot be used: unreachable, or too old (exit 5). */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code = 'DATABASE_UNUSABLE';
  readonly remedy: string;
  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.remedy = remedy;
  }
}

export interface Database {
  readonly db: Kysely<SyncDatabase>;
  readonly pool: Pool;
  /** With the password: only for `postgres`, export and import. */
  readonly url: string;
  /** Without user and password, for messages. */
  readonly place: string;
  /** Server version, e.g. 18.4. */
  readonly version: string;
  close(): Promise<void>;
}

/** Connections: two lanes for each of a few streams at work, reads of extractors, and the lock's own one. */
const CONNECTIONS = 10;

export async function openDatabase(config: Pick<Config, 'databaseUrl'>, logger: Logger): Promise<Database> {
  const embedded = config.databaseUrl === undefined ? await startEmbedded(logger) : null;
  const url = embedded?.url ?? config.databaseUrl ?? '';
  const place = placeOf(url);
  const pool = createPool({
    url,
    max: CONNECTIONS,
    onIdleError: (error) =>
      logger.warn({ error: redact(error.message) }, 'an idle database connection broke'),
  });
  const close = async () => {
    await pool.end();
    await embedded?.close();
  };
  try {
    const { rows } = await pool.query<{ server_version: string }>('SHOW server_version');
    const version = rows[0]?.server_version ?? '';
    if (Number.parseInt(version, 10) < OLDEST_POSTGRES)
      throw new DatabaseError(
        `PostgreSQL at ${place} has version ${version}; wecom-warehouse needs ${OLDEST_POSTGRES} or newer.`,
        'Upgrade the server, or leave DATABASE_URL empty to use the embedded one.',
      );
    return {
      db: new Kysely<SyncDatabase>({ dialect: new PostgresDialect({ pool }) }),
      pool,
      url,
      place,
      version,
      close,
    };
  } catch (error) {
    await close();
    if (error instanceof DatabaseError) throw error;
    throw new DatabaseError(
      `The database at ${place} cannot be reached: ${messageOf(error)}`,
      'Check DATABASE_URL, the network, the user and its password; or leave DATABASE_URL empty to use the embedded server.',
      error,
    );
  }
}

/** Loaded only when needed: a command with DATABASE_URL starts 50 ms sooner. */
async function startEmbedded(logger: Logger) {
  const { openEmbedded } = await import('./embedded/index.ts');
  return openEmbedded({
    directory: EMBEDDED_DIRECTORY,
    logger: { info: (text) => logger.debug(text), warn: (text) => logger.warn(text) },
  });
}

/** An AggregateError of several addresses has no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || '5432'}${pathname}`;
}
