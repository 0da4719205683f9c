import { requireSchema } from '../../../loaders/migrator.ts';
import { corpsInWarehouse } from '../../../loaders/status.ts';
import type { Repaired } from '../../repair.ts';
import { documentStreams, type ReplayedStream, replay } from '../../replay.ts';
import { withDatabase } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { count } from '../format.ts';
import type { GlobalOptions, JsonFlag } from '../options.ts';
import { stopOnSignals } from '../signals.ts';
import { textTable } from '../table.ts';
import { checkStreams } from './sync.ts';

export function runReplay(
  names: readonly string[],
  flags: JsonFlag,
  options: GlobalOptions,
): Promise<number> {
  const streams = wanted(names);
  return withDatabase({ corp: false }, options, async ({ database, logger }) => {
    await requireSchema(database.db);
    const stop = stopOnSignals((name) => logger.warn(`${name}: finishing the current page`));
    let complete = true;
    try {
      for (const corpId of await corpsInWarehouse(database.db)) {
        const done = await replay(database, corpId, { streams, signal: stop.signal });
        process.stdout.write(flags.json ? toJson(done) : page(done));
        if (done.facts) logger.error({ remedy: done.facts.remedy }, done.facts.message);
        complete &&= done.result.every((stream) => stream.rejected === 0) && !stop.signal.aborted;
        if (stop.signal.aborted) break;
      }
    } finally {
      stop.dispose();
    }
    return complete ? EXIT.ok : EXIT.partial;
  });
}

function wanted(names: readonly string[]) {
  checkStreams(names);
  const known = documentStreams();
  const others = names.filter((name) => !known.some((stream) => stream.name === name));
  if (others.length > 0)
    throw new UsageError(
      `${others.join(', ')} keeps no documents, so there is nothing to replay: sync --full reads it again.`,
      `Streams with documents: ${known.map((stream) => stream.name).join(', ')}`,
    );
  return names.length === 0 ? known : known.filter((stream) => names.includes(stream.name));
}

function toJson({ result, ...run }: Repaired<readonly ReplayedStream[]>): string {
  return `${JSON.stringify({ ...run, streams: result })}\n`;
}

function page({ corpId, startedAt, result }: Repaired<readonly ReplayedStream[]>): string {
  const header = ['stream', 'documents', 'inserted', 'updated', 'unchanged', 'ended', 'rejected'];
  const rows = result.map(({ stream, documents, inserted, updated, unchanged, deleted, rejected }) => [
    stream,
    ...[documents, inserted, updated, unchanged, deleted, rejected].map(count),
  ]);
  const rejected = result.some((stream) => stream.rejected > 0)
    ? 'Rejected documents keep the rows that they had.\n→ wecom-warehouse rejects shows them and why.\n'
    : '';
  return `Corp ${corpId}: replayed as of ${startedAt}, without a call to WeCom\n\n${textTable(header, rows)}\n\n${rejected}`;
}
