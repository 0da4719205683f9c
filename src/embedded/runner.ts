import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type Binaries, restoreLibraryLinks } from './binaries.ts';
import { EmbeddedPostgresError, unlessMissing } from './errors.ts';

type Program = 'initdb' | 'pg_ctl' | 'postgres';
type Outcome = { readonly code: number | null; readonly output: string };
type Account = { readonly uid: number; readonly gid: number };

/** How the PostgreSQL programs are run, so that none of them is root (they refuse to be). */
export type Runner = {
  /** Who must own the data folder; null: the account we run under, nothing to do. */
  readonly owner: Account | null;
  /** The `-D` argument for the folder that `run` has as its working directory. */
  dataArgument(folder: string): string;
  run(program: Program, args: readonly string[], folder: string): Promise<Outcome>;
};

/**
 * - an ordinary user: directly.
 * - root: inside a user namespace in which root is called by the number of an ordinary account. The files stay root's.
 * - root where namespaces are not permitted (many containers), or a data folder that belongs to an ordinary account: as
 *   that account, or as `postgres` or `nobody`.
 *
 * The other account, and root without its privileges, may be unable to enter the folders above the data (a home of mode
 * 700). So the server starts with the data folder as its working directory and knows it as `/proc/self/cwd`: the data stay
 * where the user expects them, whoever can enter. Programs that cannot be reached are copied to a folder open to all.
 */
export async function chooseRunner(binaries: Binaries, data: string): Promise<Runner> {
  await restoreLibraryLinks(binaries);
  const root = process.getuid?.() === 0;
  const owner = await unlessMissing(stat(data), null);
  if (!root) {
    if (owner && process.getuid && owner.uid !== process.getuid()) throw foreignData(data, owner.uid);
    // initdb needs an account name, which an arbitrary uid in a container does not have.
    return (!hasAccountName() && (await inNamespace(binaries, null))) || direct(binaries);
  }
  if (owner && owner.uid !== 0) return asAccount(binaries, owner);
  const account = await ordinaryAccount();
  return (await inNamespace(binaries, { uid: 0, gid: 0 })) || asAccount(binaries, account);
}

async function direct(binaries: Binaries): Promise<Runner> {
  const probe = await execute([join(binaries.root, 'bin', 'postgres'), '-V'], {});
  if (probe.code !== 0) throw unusable(probe);
  return { owner: null, dataArgument: (folder) => folder, run: runIn(join(binaries.root, 'bin'), [], {}) };
}

async function inNamespace(binaries: Binaries, owner: Account | null): Promise<Runner | null> {
  if (process.platform !== 'linux') return null;
  const { uid, gid } = await ordinaryAccount();
  const prefix = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`];
  if ((await execute([...prefix, 'true'], {})).code !== 0) return null;
  const bin = await reachableBin(binaries, prefix, {});
  return { owner, dataArgument: workingDirectory, run: runIn(bin, prefix, {}) };
}

async function asAccount(binaries: Binaries, { uid, gid }: Account): Promise<Runner> {
  const identity = { uid, gid };
  const bin = await reachableBin(binaries, [], identity);
  return { owner: identity, dataArgument: workingDirectory, run: runIn(bin, [], identity) };
}

function runIn(bin: string, prefix: readonly string[], identity: Partial<Account>): Runner['run'] {
  return (program, args, folder) =>
    execute([...prefix, join(bin, program), ...args], { ...identity, cwd: folder });
}

function workingDirectory(folder: string): string {
  return existsSync('/proc/self/cwd') ? '/proc/self/cwd' : folder;
}

/** The installed programs if this account can run them, else a copy under a folder that everyone can enter. */
async function reachableBin(
  binaries: Binaries,
  prefix: string[],
  identity: Partial<Account>,
): Promise<string> {
  const probe = (bin: string) => execute([...prefix, join(bin, 'postgres'), '-V'], { ...identity, cwd: '/' });
  const installed = join(binaries.root, 'bin');
  let outcome = await probe(installed);
  if (outcome.code === 0) return installed;
  for (const shared of [
    '/var/lib/wecom-warehouse',
    '/var/tmp/wecom-warehouse',
    join(tmpdir(), 'wecom-warehouse'),
  ]) {
    const copy = await copyPrograms(binaries, shared).catch(() => null);
    if (copy === null) continue;
    outcome = await probe(join(copy, 'bin'));
    if (outcome.code === 0) return join(copy, 'bin');
  }
  throw unusable(outcome);
}

async function copyPrograms(binaries: Binaries, shared: string): Promise<string> {
  await mkdir(shared, { recursive: true });
  // In a temp folder someone else may have made it, to have programs of theirs run by us.
  const info = await lstat(shared);
  if (!info.isDirectory() || info.uid !== process.getuid?.()) throw new Error(`${shared} is not ours`);
  await chmod(shared, 0o755);
  const copy = join(shared, binaries.name);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(binaries.root, unfinished, { recursive: true, verbatimSymlinks: true });
  await execute(['chmod', '-R', 'a+rX', unfinished], {});
  await rename(unfinished, copy);
  return copy;
}

/** Files of `folder` and below are given to the account that the server runs under. */
export async function giveTo(owner: Runner['owner'], folder: string): Promise<void> {
  if (owner === null) return;
  const { code, output } = await execute(['chown', '-R', `${owner.uid}:${owner.gid}`, folder], {});
  if (code !== 0) throw new EmbeddedPostgresError(`${folder} cannot be given to uid ${owner.uid}: ${output}`);
}

/** An account that exists and is not root: `postgres` where there is one, else `nobody`, else the first. */
async function ordinaryAccount(): Promise<Account> {
  const accounts = (await unlessMissing(readFile('/etc/passwd', 'utf8'), ''))
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
  const chosen =
    accounts.find(({ name }) => name === 'postgres') ??
    accounts.find(({ name }) => name === 'nobody') ??
    accounts[0];
  if (chosen) return chosen;
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root and this machine has no other account. Create one and run as it, or set DATABASE_URL.',
  );
}

function hasAccountName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function foreignData(data: string, uid: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `${data} belongs to another user (uid ${uid}), and PostgreSQL uses only its own files. Run the command as that user or as root.`,
  );
}

function unusable({ code, output }: Outcome): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    `The embedded PostgreSQL cannot be run here (exit code ${code}): ${output.trim()}\n` +
      'Set DATABASE_URL to a PostgreSQL 15 or newer instead.',
  );
}

/** Only what the programs need: PGPORT, PGDATA, an unknown LC_ALL or a library path of the user's would mislead them. */
function environment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'SYSTEMROOT', 'TEMP', 'TMP'].flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}

function execute(
  [command = '', ...args]: readonly string[],
  options: Partial<Account> & { readonly cwd?: string },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: null, output: `${output}${error.message}` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}
