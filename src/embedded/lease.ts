import { Client } from 'pg';
import { DATABASE, ROLE } from './cluster.ts';
import { errorCode } from './errors.ts';

/** Any constant: the first bytes of "wecom-wh". */
const LEASE_LOCK = '8603657889541918056';

/**
 * A command's share in the running server: an idle connection that holds a shared advisory lock.
 *
 * The command whose attempt to take the lock alone succeeds is the last one and stops the server. Why not files with
 * process numbers: they outlive `kill -9`, their numbers come again, and in two containers they name different processes.
 * Why not counting connections by name: a pool between two queries may have none. A lock ends with its connection, and
 * the system closes the connection of a killed command.
 */
export type Lease = {
  /** Gives the share back. True: nobody else has one (false too when the server is gone already). */
  release(): Promise<boolean>;
};

export function serverUrl(port: number, password: string, database: string): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;
}

/** @throws the connection's error. */
export async function takeLease(
  port: number,
  password: string,
  lost: (error: Error) => void,
): Promise<Lease> {
  const client = new Client({
    connectionString: serverUrl(port, password, 'postgres'),
    application_name: 'wecom-warehouse lease',
    keepAlive: true,
  });
  let connected = true;
  client.on('error', (error) => {
    connected = false;
    lost(error);
  });
  await client.connect();
  try {
    await ensureDatabase(client);
    await client.query('SELECT pg_advisory_lock_shared($1)', [LEASE_LOCK]);
  } catch (error) {
    await client.end();
    throw error;
  }
  return {
    release: async () => {
      if (!connected) return false;
      const { rows } = await client.query<{ last: boolean }>(
        'SELECT pg_advisory_unlock_shared($1), pg_try_advisory_lock($1) AS last',
        [LEASE_LOCK],
      );
      await client.end();
      return rows[0]?.last ?? false;
    },
  };
}

async function ensureDatabase(client: Client): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount !== 0) return;
  await client.query(`CREATE DATABASE ${DATABASE}`).catch((error: unknown) => {
    // The statement of a command that was killed meanwhile has done it (seen as 23505 too).
    if (!['42P04', '23505'].includes(errorCode(error) ?? '')) throw error;
  });
}
