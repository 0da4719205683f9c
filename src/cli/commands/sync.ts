import { catalogue } from '../../../extractors/index.ts';
import { prepareSchema, schemaState } from '../../../loaders/migrator.ts';
import { addDays, isDay, shanghaiDay } from '../../days.ts';
import { type DryRunLine, dryRun } from '../../dry-run.ts';
import type { SyncResult } from '../../sync.ts';
import { sync } from '../../sync.ts';
import { corpsOf, withDatabase } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { createProgress } from '../progress.ts';
import { stopOnSignals } from '../signals.ts';
import { summary } from '../summary.ts';
import { textTable } from '../table.ts';

export interface SyncFlags {
  readonly full?: boolean;
  readonly since?: string;
  readonly until?: string;
  readonly acceptDeletes?: boolean;
  readonly dryRun?: boolean;
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
    if (flags.dryRun && (await schemaState(database.db)).applied.length === 0) {
      process.stdout.write('The warehouse is empty: the first sync migrates it and reads everything.\n');
      return EXIT.ok;
    }
    await prepareSchema(database.db);
    const beyond = beyondRetention(streams, flags);
    if (beyond !== null) logger.warn(beyond);
    if (flags.dryRun) {
      for (const corp of corpsOf(config, flags.corp)) {
        const lines = await dryRun(config, corp, database, { streams, ...flags });
        process.stdout.write(flags.json ? `${JSON.stringify(lines)}\n` : `${plan(lines)}\n`);
      }
      return EXIT.ok;
    }
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

/** What can and what cannot be had of the days asked for, or null when all of them can. */
function beyondRetention(
  names: readonly string[],
  { since, until = shanghaiDay(Date.now()) }: SyncFlags,
): string | null {
  if (since === undefined) return null;
  const asked = catalogue.filter(({ name }) => names.length === 0 || names.includes(name));
  const forgetful = asked.filter(({ days }) => days?.forgets === true);
  const oldest = forgetful
    .map(({ days }) => addDays(shanghaiDay(Date.now()), -(days?.retention ?? 0)))
    .sort()[0];
  if (oldest === undefined || since >= oldest) return null;
  const listed = (streams: typeof asked) => streams.map((stream) => stream.name).join(', ');
  const lost = until < oldest ? until : addDays(oldest, -1);
  const lasting = asked.filter(({ days }) => days?.forgets === false);
  return [
    `WeCom keeps statistics for 180 days: ${listed(forgetful)} cannot be had any more from ${since} to ${lost}`,
    until < oldest ? ', so nothing of them is read.' : `; they are read from ${oldest} on.`,
    lasting.length === 0 ? '' : ` ${listed(lasting)} can be had, from ${since} on.`,
  ].join('');
}

function plan(lines: readonly DryRunLine[]): string {
  const rows = lines.map((line) => [
    line.stream,
    line.requests === null ? '?' : String(line.requests),
    line.path,
    line.perMinute === null ? '' : String(line.perMinute),
    line.expectedSeconds === null ? '?' : `${line.expectedSeconds} s`,
    line.basis,
    line.tables.join(', '),
  ]);
  const header = ['stream', 'requests', 'mostly on', 'per minute', 'about', 'known from', 'tables'];
  return `${textTable(header, rows)}\n\nDry run: nothing was asked of WeCom and nothing written. "?": the first run will tell.`;
}

/** The contract of `sync --json` (DESIGN 2.2): these keys and no others; what was spared is for people. */
function toJson({ runId, corpId, status, startedAt, finishedAt, streams }: SyncResult): string {
  const reports = streams.map(({ spared, ...report }) => report);
  return JSON.stringify({ runId, corpId, status, startedAt, finishedAt, streams: reports });
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
