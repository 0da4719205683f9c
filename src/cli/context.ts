import pino, { type Logger } from 'pino';
import { type Config, type CorpConfig, loadConfig, readableByOthers } from '../config/load.ts';
import { type Database, openDatabase } from '../database.ts';
import { redact } from '../wecom/secrets.ts';
import { UsageError } from './exit.ts';
import type { GlobalOptions } from './options.ts';

/** Logs go to stderr, results to stdout; no line leaves with a secret or token in it. */
export function createLogger(level: string): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, hooks: { streamWrite: redact } },
    pino.destination({ fd: 2, sync: true }),
  );
}

/** Said by every command that reads the configuration, as soon as there is a log to say it in. */
export function warnOfReadableFiles(logger: Logger, options: GlobalOptions): void {
  for (const file of readableByOthers(options.config))
    logger.warn(`${file} can be read by other users of this machine, and holds secrets: chmod 600 ${file}`);
}

/** Runs a command with the configuration and the database, and leaves both tidily. */
export async function withDatabase<T>(
  need: { readonly corp: boolean },
  options: GlobalOptions,
  command: (context: { config: Config; database: Database; logger: Logger }) => Promise<T>,
): Promise<T> {
  const config = loadConfig(need, options.config);
  if (Object.keys(config.employeeAttributes ?? {}).length > 0)
    (await import('../employee-attributes.ts')).assertAttributeNames(config);
  const logger = createLogger(config.logLevel);
  warnOfReadableFiles(logger, options);
  const database = await openDatabase(config, logger);
  try {
    return await command({ config, database, logger });
  } finally {
    await database.close();
  }
}

/** The corp that a command works on: the only one, or the one named. */
export function corpsOf(config: Config, corpId: string | undefined): readonly CorpConfig[] {
  if (corpId === undefined) return config.corps;
  const corp = config.corps.filter((candidate) => candidate.corpId === corpId);
  if (corp.length === 0)
    throw new UsageError(
      `Corp ${corpId} is not configured.`,
      `Configured: ${config.corps.map((candidate) => candidate.corpId).join(', ')}`,
    );
  return corp;
}
