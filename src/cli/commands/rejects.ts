import type { Kysely } from 'kysely';
import { requireSchema } from '../../../loaders/migrator.ts';
import { readRejectPages, rejectedStreams, type StoredReject } from '../../../loaders/rejects.ts';
import type { SyncDatabase } from '../../../loaders/schema.ts';
import { type RetriedStream, retryRejects } from '../../rejects.ts';
import type { Repaired } from '../../repair.ts';
import { withDatabase } from '../context.ts';
import { EXIT } from '../exit.ts';
import { count, shanghaiTime } from '../format.ts';
import type { GlobalOptions, JsonFlag } from '../options.ts';
import { stopOnSignals } from '../signals.ts';
import { checkStreams } from './sync.ts';

export interface RejectsFlags extends JsonFlag {
  readonly retry?: boolean;
}

type Db = Kysely<SyncDatabase>;

/** Characters of a payload in the list; `--json` has it whole. */
const CUT = 200;
/** Rejects listed per stream. */
const SHOWN = 20;

export function runRejects(
  stream: string | undefined,
  flags: RejectsFlags,
  options: GlobalOptions,
): Promise<number> {
  if (stream !== undefined) checkStreams([stream]);
  return withDatabase({ corp: false }, options, async ({ database, logger }) => {
    await requireSchema(database.db);
    if (!flags.retry) {
      await (flags.json ? printJson(database.db, stream) : printList(database.db, stream));
      return EXIT.ok;
    }
    const stop = stopOnSignals((name) => logger.warn(`${name}: finishing the current record`));
    let remaining = false;
    try {
      const corps = new Set((await rejectedStreams(database.db, stream)).map(({ corpId }) => corpId));
      if (corps.size === 0 && !flags.json) process.stdout.write('There are no rejects.\n');
      for (const corpId of corps) {
        const done = await retryRejects(database, corpId, { stream, signal: stop.signal });
        process.stdout.write(flags.json ? retryJson(done) : retryPage(done));
        if (done.facts) logger.error({ remedy: done.facts.remedy }, done.facts.message);
        remaining ||= stop.signal.aborted || done.result.some(({ rejected }) => rejected > 0);
        if (stop.signal.aborted) break;
      }
    } finally {
      stop.dispose();
    }
    return remaining ? EXIT.partial : EXIT.ok;
  });
}

async function printList(db: Db, stream: string | undefined): Promise<void> {
  const streams = await rejectedStreams(db, stream);
  if (streams.length === 0) process.stdout.write('There are no rejects.\n');
  for (const { records, ...key } of streams) {
    process.stdout.write(`${key.stream} (corp ${key.corpId}): ${count(records)} rejected\n\n`);
    for await (const page of readRejectPages(db, key)) {
      for (const reject of page.slice(0, SHOWN)) process.stdout.write(entry(reject));
      break;
    }
    if (records > SHOWN)
      process.stdout.write(`  … and ${count(records - SHOWN)} older ones: --json shows all\n\n`);
  }
  if (streams.length > 0) process.stdout.write('→ After a fix: wecom-warehouse rejects --retry\n');
}

function entry({ firstSeenAt, lastSeenAt, unit, reason, payload }: StoredReject): string {
  const seen =
    firstSeenAt === lastSeenAt
      ? `seen ${shanghaiTime(lastSeenAt)}`
      : `seen ${shanghaiTime(firstSeenAt)} to ${shanghaiTime(lastSeenAt)}`;
  const characters = [...payload];
  const cut = characters.length > CUT ? `${characters.slice(0, CUT).join('')}…` : payload;
  return `  ${seen}, unit ${unit ?? 'unknown'}: ${reason}\n    ${cut}\n\n`;
}

/** One array, written page by page. The payload goes in as the text it is, so that long numbers keep their digits. */
async function printJson(db: Db, stream: string | undefined): Promise<void> {
  let separator = '[';
  for (const { corpId, stream: name } of await rejectedStreams(db, stream))
    for await (const page of readRejectPages(db, { corpId, stream: name }))
      for (const { payload, ...reject } of page) {
        const head = JSON.stringify({ corpId, stream: name, ...reject });
        process.stdout.write(`${separator}\n${head.slice(0, -1)},"payload":${payload}}`);
        separator = ',';
      }
  process.stdout.write(separator === '[' ? '[]\n' : '\n]\n');
}

function retryJson({ result, ...run }: Repaired<readonly RetriedStream[]>): string {
  return `${JSON.stringify({ ...run, streams: result })}\n`;
}

function retryPage({ corpId, startedAt, result }: Repaired<readonly RetriedStream[]>): string {
  const lines = result.flatMap((one) => [
    `${one.stream}: ${count(one.resolved)} became rows (${count(one.inserted)} inserted, ${count(one.updated)} updated), ` +
      `${count(one.superseded)} superseded by newer data, ${count(one.rejected)} remain`,
    ...Object.entries(one.remaining).map(([reason, records]) => `  ${count(records)}: ${reason}`),
  ]);
  return `Corp ${corpId}: retried as of ${startedAt}\n${lines.join('\n')}\n`;
}
