import { readdir, readFile, readlink, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isFree, readAccess, writeAccess } from './cluster.ts';
import { EmbeddedPostgresError, errorCode, unlessMissing } from './errors.ts';
import { isAlive } from './file-lock.ts';
import type { Runner } from './runner.ts';

/** Crash recovery replays up to `max_wal_size` and a last checkpoint writes all that is dirty. */
export const PATIENCE_SECONDS = 600;
const LOG = 'server.log';

/** The number of the running server's first process and its port, from `postmaster.pid`; null when there is none. */
export async function runningServer(data: string): Promise<{ pid: number; port: number } | null> {
  const lines = (await unlessMissing(readFile(join(data, 'postmaster.pid'), 'utf8'), '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 && (await isServerOf(data, pid)) ? { pid, port } : null;
}

/**
 * Starts the server detached (pg_ctl gives it a session of its own: neither Ctrl-C nor the end of its starter reaches it)
 * and waits until it accepts connections, crash recovery included. Heals what an unclean stop has left behind.
 * `settings` apply to this start only.
 */
export async function startServer(
  runner: Runner,
  data: string,
  settings: Record<string, string>,
): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const access = await readAccess(data);
    if (!(await isFree(access.port))) {
      access.port = await freePort();
      await writeAccess(data, access);
    }
    await unlessMissing(rename(join(data, LOG), join(data, `${LOG}.1`)), undefined);
    const outcome = await pgCtlStart(runner, data, { ...settings, port: String(access.port) });
    // Also when a command that was killed while it started the server has left one that is coming up.
    if (outcome.code === 0 || (await runningServer(data)) !== null) return;
    const log = await unlessMissing(readFile(join(data, LOG), 'utf8'), '');
    if (Date.now() > deadline || !(await heal(data, log))) throw startError(data, log || outcome.output);
    await sleep(200);
  }
}

function pgCtlStart(runner: Runner, data: string, settings: Record<string, string>) {
  const folder = runner.dataArgument(data);
  const options = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  }).map(([name, value]) => `-c ${name}="${value}"`);
  return runner.run(
    'pg_ctl',
    [
      'start',
      ...['-D', folder, '-w', '-t', String(PATIENCE_SECONDS)],
      ...['-l', `${folder}/${LOG}`, '-o', options.join(' ')],
    ],
    data,
  );
}

/** Whether another attempt has a chance. */
async function heal(data: string, log: string): Promise<boolean> {
  // Another program took the port between our look and the server's.
  if (log.includes('could not create any TCP/IP sockets')) return true;
  // The first process was killed and its children still run (one in a long statement does not notice).
  if (log.includes('is still in use')) return endOrphans(data);
  // The number in the pid file of a killed server now belongs to another program: after a restart of a machine or a
  // container. PostgreSQL cannot tell and refuses for ever. It still guards against its own children by shared memory.
  if (log.includes('"postmaster.pid" already exists')) {
    await rm(join(data, 'postmaster.pid'), { force: true });
    return true;
  }
  return false;
}

/** Ends the server processes that work in `data` (Linux tells which; elsewhere they are waited for). */
async function endOrphans(data: string): Promise<boolean> {
  for (const pid of (await unlessMissing(readdir('/proc'), [])).map(Number).filter((number) => number > 0)) {
    if (await isServerOf(data, pid)) await unlessMissing(terminate(pid), undefined);
  }
  return true;
}

async function terminate(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
}

/** Whether this is a live process of the server of `data`. Numbers come again, so Linux is asked what it really is. */
async function isServerOf(data: string, pid: number): Promise<boolean> {
  if (process.platform !== 'linux') return isAlive(pid);
  const name = await unlessMissing(readFile(`/proc/${pid}/comm`, 'utf8'), '');
  if (name.trim() !== 'postgres') return false;
  return (await unlessMissing(readlink(`/proc/${pid}/cwd`), '')) === (await realpath(data));
}

/** Ends all sessions, writes a checkpoint, and returns when the server is gone. */
export async function stopServer(runner: Runner, data: string): Promise<void> {
  const { code, output } = await runner.run(
    'pg_ctl',
    ['stop', '-m', 'fast', '-w', '-t', String(PATIENCE_SECONDS), '-D', runner.dataArgument(data)],
    data,
  );
  if (code !== 0 && (await runningServer(data)) !== null) {
    throw new EmbeddedPostgresError(`The embedded PostgreSQL in ${data} did not stop: ${output.trim()}`);
  }
}

function startError(data: string, log: string): EmbeddedPostgresError {
  const lastLines = log.trim().split('\n').slice(-12).join('\n');
  return new EmbeddedPostgresError(
    `The embedded PostgreSQL in ${data} did not start. The last lines of its log (${join(data, LOG)}):\n${lastLines}\n` +
      'Remove the cause they name and run the command again, or set DATABASE_URL to another server. The data are kept.',
  );
}

/** Errors of connecting to a server that is starting, recovering (57P03: "not now") or going down. */
export function isPassing(error: unknown): boolean {
  return ['57P03', '57P01', 'ECONNREFUSED', 'ECONNRESET'].includes(errorCode(error) ?? '');
}
