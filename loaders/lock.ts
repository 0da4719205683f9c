import type { Pool, PoolClient } from 'pg';
import { retryTransient } from './transient.ts';

/** Thrown when another run of the same corp is under way (exit 4). */
export class LockedError extends Error {
  override readonly name = 'LockedError';
  readonly code = 'LOCKED';
  readonly remedy =
    'Wait until it has finished (status shows it), or stop it. 请等待其结束（status 可查看），或先停止它。';
}

export interface RunLock {
  release(): Promise<void>;
}

/** Seconds: a killed predecessor's last statement may still be ending on the server. */
const WAIT_MS = 5_000;
const RETRY_MS = 250;

async function tryLock(client: PoolClient, corpId: string): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `SELECT pg_try_advisory_lock(hashtext('wecom-warehouse'), hashtext($1)) AS locked`,
    [corpId],
  );
  return rows[0]?.locked === true;
}

async function acquire(pool: Pool, corpId: string): Promise<PoolClient | null> {
  const client = await pool.connect();
  // The lock's connection is idle for hours: its end is reported by onLost, not by a crash of the process.
  client.on('error', () => undefined);
  const until = Date.now() + WAIT_MS;
  try {
    while (!(await tryLock(client, corpId))) {
      if (Date.now() > until) {
        client.release();
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return client;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/**
 * One run at a time per corp: a session advisory lock, held by a connection of its own. When that connection is cut
 * (server restart), the lock is taken again; when somebody else has it by then, `onLost` stops this run.
 */
export async function lockCorp(pool: Pool, corpId: string, onLost: (error: Error) => void): Promise<RunLock> {
  let released = false;
  const taken = async (): Promise<PoolClient> => {
    // A pooled connection may have died since its last use (a restart of the server).
    const client = await retryTransient(() => acquire(pool, corpId));
    if (!client) throw new LockedError(`Another run of corp ${corpId} holds the lock.`);
    return client;
  };
  let client: PoolClient | null = await taken();
  const watch = (watched: PoolClient) =>
    watched.once('end', () => {
      if (released) return;
      // The pool counts it as in use until it is released, and would wait for it for ever when it closes.
      watched.release(true);
      client = null;
      retake().catch((error: unknown) => onLost(error instanceof Error ? error : new Error(String(error))));
    });
  const retake = async (): Promise<void> => {
    for (let attempt = 1; !released; attempt += 1) {
      try {
        const again = await taken();
        // The run ended meanwhile: a connection that nobody releases would keep the pool from closing.
        if (released) return again.release(true);
        client = again;
        watch(client);
        return;
      } catch (error) {
        if (error instanceof LockedError || attempt >= 20) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
      }
    }
  };
  watch(client);
  return {
    async release() {
      released = true;
      // Closing the connection releases the lock even when the server is slow to answer.
      client?.release(true);
    },
  };
}
