import { access, constants, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Binaries, locateBinaries } from './binaries.ts';
import { createCluster, DATABASE, dataFolderName, hasCluster, readAccess } from './cluster.ts';
import { EmbeddedPostgresError, errorCode } from './errors.ts';
import { withFileLock } from './file-lock.ts';
import { type Lease, serverUrl, takeLease } from './lease.ts';
import { chooseRunner, giveTo, type Runner } from './runner.ts';
import { isPassing, PATIENCE_SECONDS, runningServer, startServer, stopServer } from './server.ts';

export { EmbeddedPostgresError } from './errors.ts';

type Logger = { info(message: string): void; warn(message: string): void };

export type EmbeddedOptions = {
  /** Where the data folder (`pg18`) lives, usually `.wecom-warehouse`. */
  readonly directory: string;
  readonly logger?: Logger;
  /** Server settings for this start only. */
  readonly settings?: Record<string, string>;
};

export type EmbeddedServer = {
  readonly url: string;
  readonly port: number;
  /** Leaves the server; the last command that leaves stops it. May be called more than once. */
  close(): Promise<void>;
};

const SILENT: Logger = { info: () => undefined, warn: () => undefined };

/**
 * A share in the embedded PostgreSQL of `directory`: made at first use, started if it does not run, shared with other
 * commands otherwise. Close pools before `close`, or the server ends their connections.
 * @throws EmbeddedPostgresError
 */
export async function openEmbedded({
  directory,
  logger = SILENT,
  settings = {},
}: EmbeddedOptions): Promise<EmbeddedServer> {
  const binaries = locateBinaries();
  const home = resolve(directory);
  await makeWritable(home);
  const lock = join(home, 'embedded.lock');
  return await withFileLock(lock, async () => {
    const { runner, data } = await prepare(binaries, home, logger);
    const { lease, port, password } = await enter(runner, data, settings, logger);
    let closing: Promise<void> | undefined;
    const leave = async () => {
      if (await lease.release()) await stopServer(runner, data);
    };
    return {
      url: serverUrl(port, password, DATABASE),
      port,
      close: () => {
        closing ??= withFileLock(lock, leave);
        return closing;
      },
    };
  });
}

async function makeWritable(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await access(home, constants.W_OK);
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `The embedded PostgreSQL keeps its data in ${home}, which cannot be written (${errorCode(cause)}). ` +
        'Run the command in a folder of your own, as the user who made the data, or set DATABASE_URL.',
      { cause },
    );
  }
}

async function prepare(
  binaries: Binaries,
  home: string,
  logger: Logger,
): Promise<{ runner: Runner; data: string }> {
  const data = join(home, dataFolderName(binaries.major));
  const exists = await hasCluster(data, binaries.major);
  const runner = await chooseRunner(binaries, data);
  if (!exists) {
    logger.info(`Making an embedded PostgreSQL ${binaries.major} database in ${data}.`);
    await createCluster(runner, data);
  } else if (runner.owner && (await stat(data)).uid !== runner.owner.uid) {
    await giveTo(runner.owner, data);
  }
  return { runner, data };
}

type Entered = { readonly lease: Lease; readonly port: number; readonly password: string };

/** Takes a share in the running server, or starts one. */
async function enter(
  runner: Runner,
  data: string,
  settings: Record<string, string>,
  logger: Logger,
): Promise<Entered> {
  const { password } = await readAccess(data);
  const lost = (error: Error) =>
    logger.warn(`The embedded PostgreSQL in ${data} has stopped: ${error.message}`);
  const deadline = Date.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    const running = await runningServer(data);
    if (running === null) {
      await startServer(runner, data, settings);
      continue;
    }
    try {
      return { lease: await takeLease(running.port, password, lost), port: running.port, password };
    } catch (cause) {
      if (!isPassing(cause) || Date.now() > deadline) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new EmbeddedPostgresError(
          `The embedded PostgreSQL in ${data} runs (process ${running.pid}) but does not let us in: ${reason}`,
          { cause },
        );
      }
      await sleep(100);
    }
  }
}
