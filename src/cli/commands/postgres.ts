import { loadConfig } from '../../config/load.ts';
import { EMBEDDED_DIRECTORY } from '../../database.ts';
import { openEmbedded } from '../../embedded/index.ts';
import { createLogger, warnOfReadableFiles } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { stopOnSignals, untilAborted } from '../signals.ts';

export async function runPostgres(options: GlobalOptions): Promise<number> {
  const config = loadConfig({ corp: false }, options.config);
  if (config.databaseUrl !== undefined)
    throw new UsageError(
      'DATABASE_URL is set, so the warehouse is in that server and not in the embedded one.',
      'Give the address of DATABASE_URL to the BI tool; for the embedded server leave DATABASE_URL empty.',
    );
  const logger = createLogger(config.logLevel);
  warnOfReadableFiles(logger, options);
  const server = await openEmbedded({
    directory: EMBEDDED_DIRECTORY,
    logger: { info: (text) => logger.info(text), warn: (text) => logger.warn(text) },
  });
  const stop = stopOnSignals(() => undefined);
  try {
    process.stdout.write(connectionText(server.url));
    await untilAborted(stop.signal);
  } finally {
    await server.close();
    stop.dispose();
  }
  return EXIT.ok;
}

/** What the fields of a BI tool's connection form want. The embedded server listens on this machine only. */
function connectionText(url: string): string {
  const { hostname, port, pathname, username, password } = new URL(url);
  return [
    url,
    '',
    'For a BI tool (Metabase, Superset, DBeaver, Power BI …), type PostgreSQL:',
    `  host      ${hostname}`,
    `  port      ${port}`,
    `  database  ${pathname.slice(1)}`,
    `  user      ${decodeURIComponent(username)}`,
    `  password  ${decodeURIComponent(password)}`,
    '  SSL       off',
    '',
    'The schemas to read are wecom and analytics. The server listens on this machine only, and runs until Ctrl-C;',
    'sync and the other commands may run meanwhile.',
    '',
  ].join('\n');
}
