import { randomBytes, randomInt } from 'node:crypto';
import { chown, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { EmbeddedPostgresError, errorCode, unlessMissing } from './errors.ts';
import { giveTo, type Runner } from './runner.ts';

/** Role that owns everything in the embedded database, and the database itself. */
export const ROLE = 'wecom_warehouse';
export const DATABASE = 'wecom_warehouse';

/**
 * Written to postgresql.conf once, so that users may change them there: a nightly loader that writes much in a short time
 * wants few checkpoints, and a log that shows only what is wrong. fsync and checksums stay on.
 */
const SETTINGS = {
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  maintenance_work_mem: '128MB',
  wal_compression: 'on',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Kept inside the data folder, so that a copy or a move of the folder takes it along. */
const Access = z.object({ port: z.number().int(), password: z.string() });
export type Access = z.infer<typeof Access>;

/** The name of the data folder of one major version: `pg18`. */
export function dataFolderName(major: string): string {
  return `pg${major}`;
}

/**
 * Whether `data` holds a database of `major`.
 * @throws EmbeddedPostgresError when it, or a sibling from an earlier release, holds one of another major version.
 */
export async function hasCluster(data: string, major: string): Promise<boolean> {
  const found = await versionOf(data);
  if (found === major) return true;
  if (found !== null) throw otherMajor(data, found, major);
  const entries = await unlessMissing(readdir(data), []);
  if (entries.length > 0) {
    throw new EmbeddedPostgresError(
      `${data} is no PostgreSQL data folder (it has no PG_VERSION) and is not empty. Move it away and try again.`,
    );
  }
  // An empty new database beside last year's data would look like a loss.
  for (const sibling of await unlessMissing(readdir(dirname(data)), [])) {
    if (!/^pg\d+$/.test(sibling) || sibling === basename(data)) continue;
    const folder = join(dirname(data), sibling);
    const other = await versionOf(folder);
    if (other !== null) throw otherMajor(folder, other, major);
  }
  return false;
}

async function versionOf(data: string): Promise<string | null> {
  return (await unlessMissing(readFile(join(data, 'PG_VERSION'), 'utf8'), null))?.trim() ?? null;
}

function otherMajor(folder: string, found: string, major: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${folder} holds data of PostgreSQL ${found}, and this release brings PostgreSQL ${major}, which cannot read them. ` +
      'With the release that made them run `wecom-warehouse export DIR`, move the folder away, then run `wecom-warehouse import DIR` with this one.',
  );
}

/** Makes the database files beside `data` and moves them into place in one step: a data folder is never half-made. */
export async function createCluster(runner: Runner, data: string): Promise<void> {
  await sweepUnfinished(data);
  const unfinished = `${data}.new-${process.pid}`;
  const fresh = join(unfinished, 'data');
  const access: Access = { port: await freePort(), password: randomBytes(24).toString('hex') };
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await writeFile(join(unfinished, 'password'), access.password, { mode: 0o600 });
  await giveTo(runner.owner, unfinished);
  const folder = runner.dataArgument(fresh);
  const { code, output } = await runner.run(
    'initdb',
    [
      ...['-D', folder, '-U', ROLE, `--pwfile=${folder}/../password`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    fresh,
  );
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new EmbeddedPostgresError(
      `The embedded database could not be made in ${data} (initdb, exit code ${code}):\n${output.trim()}\n` +
        'Remove the cause (often a full disk or a folder that cannot be written), or set DATABASE_URL.',
    );
  }
  await writeAccess(fresh, access);
  await rename(fresh, data);
  await rm(unfinished, { recursive: true, force: true });
}

/** What killed commands left; their initdb may be at it for another second, hence a name per process and no complaint. */
async function sweepUnfinished(data: string): Promise<void> {
  for (const entry of await readdir(dirname(data))) {
    if (!entry.startsWith(`${basename(data)}.new-`)) continue;
    await rm(join(dirname(data), entry), { recursive: true, force: true }).catch(() => undefined);
  }
}

function accessFile(data: string): string {
  return join(data, 'wecom-warehouse.json');
}

/** @throws EmbeddedPostgresError when the file with port and password is missing or damaged. */
export async function readAccess(data: string): Promise<Access> {
  try {
    return Access.parse(JSON.parse(await readFile(accessFile(data), 'utf8')));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `${accessFile(data)} with the port and the password of the embedded database is missing or damaged. ` +
        'Restore it from a backup of the data folder.',
      { cause },
    );
  }
}

/** Replaces the file in one step; it belongs to whom the data folder belongs, readable to no one else. */
export async function writeAccess(data: string, access: Access): Promise<void> {
  const unfinished = `${accessFile(data)}.new`;
  await writeFile(unfinished, JSON.stringify(access), { mode: 0o600 });
  const { uid, gid } = await stat(data);
  if (process.getuid?.() === 0) await chown(unfinished, uid, gid);
  await rename(unfinished, accessFile(data));
}

/** Below the range from which systems take the ports of outgoing connections, so that the kept port stays free. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => (errorCode(error) === 'EADDRINUSE' ? resolve(false) : reject(error)));
    probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(true)));
  });
}
