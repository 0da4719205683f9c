import { catalogue } from '../../../extractors/index.ts';
import { prepareSchema } from '../../../loaders/migrator.ts';
import { isDay, shanghaiDay } from '../../days.ts';
import type { SyncResult } from '../../sync.ts';
import { sync } from '../../sync.ts';
import { corpsOf, withDatabase } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { createProgress } from '../progress.ts';
import { stopOnSignals } from '../signals.ts';
import { summary } from '../summary.ts';

export interface SyncFlags {
  readonly full?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly acceptDeletes?: boolean;
  readonly json?: boolean;
  readonly corp?: string;
}

export async function runSync(
  streams: readonly string[],
  flags: SyncFlags,
  options: GlobalOptions,
): Promise<number> {
  checkStreams(streams);
  checkDates(streams, flags);
  return withDatabase({ corp: true }, options, async ({ config, database, logger }) => {
    await prepareSchema(database.db);
    const stop = stopOnSignals((name) =>
      logger.warn(`${name}: finishing the current batch; the next sync continues from here`),
    );
    const results: SyncResult[] = [];
    try {
      for (const corp of corpsOf(config, flags.corp)) {
        const progress = createProgress(logger, flags.json === true);
        const { full = false, acceptDeletes = false, since, until } = flags;
        const run = {
          streams,
          full,
          acceptDeletes,
          since,
          until,
          signal: stop.signal,
          onEvent: progress.event,
        };
        try {
          results.push(await sync(config, corp, database, run, logger));
        } finally {
          progress.end();
        }
        if (stop.signal.aborted) break;
      }
    } finally {
      stop.dispose();
    }
    for (const result of results) process.stdout.write(flags.json ? `${toJson(result)}\n` : summary(result));
    return results.every((result) => result.status === 'succeeded') ? EXIT.ok : EXIT.partial;
  });
}

/** The contract of `sync --json` (DESIGN 2.2). */
function toJson({ runId, corpId, status, startedAt, finishedAt, streams }: SyncResult): string {
  return JSON.stringify({ runId, corpId, status, startedAt, finishedAt, streams });
}

export function checkStreams(names: readonly string[]): void {
  const known = catalogue.map((stream) => stream.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new UsageError(`There is no stream ${unknown.join(', ')}.`, `Streams: ${known.join(', ')}`);
}

function checkDates(names: readonly string[], { since, until }: SyncFlags): void {
  const today = shanghaiDay(Date.now());
  for (const [flag, day] of Object.entries({ '--since': since, '--until': until })) {
    if (day === undefined) continue;
    if (!isDay(day)) throw new UsageError(`${flag} ${day} is no calendar day.`, 'Write it as YYYY-MM-DD.');
    if (day > today)
      throw new UsageError(`${flag} ${day} lies in the future (today is ${today}).`, 'Choose a past day.');
  }
  if (since !== undefined && until !== undefined && since > until)
    throw new UsageError(`--since ${since} is later than --until ${until}.`, 'Exchange the two.');
  if (since === undefined && until === undefined) return;
  const dated = catalogue.filter((stream) => stream.days !== undefined).map((stream) => stream.name);
  const undated = names.filter((name) => !dated.includes(name));
  if (undated.length > 0)
    throw new UsageError(
      `--since and --until do not apply to ${undated.join(', ')}.`,
      `They apply to daily and window streams: ${dated.join(', ')}`,
    );
}
