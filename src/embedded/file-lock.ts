import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { EmbeddedPostgresError, errorCode, unlessMissing } from './errors.ts';

const HEARTBEAT_MS = 2_000;
/** Five missed heartbeats: the holder is gone, even if a process with its number exists (numbers come again). */
const STALE_MS = 10_000;
/** Crash recovery of a big database happens under this lock and may take minutes. */
const WAIT_MS = 600_000;

const Holder = z.object({ pid: z.number(), host: z.string() });

/**
 * Runs `work` while this process alone holds the lock file `path`.
 *
 * The lock only keeps commands out of each other's way: the data are protected by PostgreSQL's own `postmaster.pid`, and
 * a new data folder is moved into place in one step. So a lock taken from a live holder (a process that slept for more
 * than ten seconds) costs a clear error at worst.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await acquire(path);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<void> {
  const holder = JSON.stringify({ pid: process.pid, host: hostname() });
  for (let waited = 0; waited < WAIT_MS; waited += 50) {
    try {
      await writeFile(path, holder, { flag: 'wx', mode: 0o600 });
      return;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    if (await isStale(path)) await takeAway(path);
    else await sleep(50);
  }
  throw new EmbeddedPostgresError(
    `Another command has been starting or stopping the embedded PostgreSQL for ${WAIT_MS / 60_000} minutes ` +
      `(${path}: ${await unlessMissing(readFile(path, 'utf8'), 'gone')}). End that process and try again.`,
  );
}

async function isStale(path: string): Promise<boolean> {
  const info = await unlessMissing(stat(path), null);
  if (info === null) return false;
  if (Date.now() - info.mtimeMs > STALE_MS) return true;
  // Not yet written in the instant after its creation: then only its age counts.
  const holder = Holder.safeParse(parseJson(await unlessMissing(readFile(path, 'utf8'), '')));
  return holder.success && holder.data.host === hostname() && !isAlive(holder.data.pid);
}

/** Of several who find the same stale file one moves it; the others find nothing and try again. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  await unlessMissing(rename(path, aside), undefined);
  await rm(aside, { force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a process with this number exists (EPERM: it does, as another user). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
