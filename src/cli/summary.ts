import type { StreamReport } from '../engine/warehouse.ts';
import type { SyncResult } from '../sync.ts';
import { textTable } from './table.ts';

/** The run summary for people: one line per stream, then what needs attention and what to do about it. */
export function summary(result: SyncResult): string {
  const rows = result.streams.map((stream) => [
    stream.stream,
    stream.status,
    ...[
      stream.apiCalls,
      stream.records,
      stream.inserted,
      stream.updated,
      stream.unchanged,
      stream.deleted,
      stream.rejected,
    ].map(String),
    `${(stream.durationMs / 1000).toFixed(1)} s`,
  ]);
  const header = [
    'stream',
    'status',
    'calls',
    'records',
    'inserted',
    'updated',
    'unchanged',
    'ended',
    'rejected',
    'time',
  ];
  const troubles = [...troublesOf(result.streams), ...throttled(result), ...spared(result)];
  const seconds = ((Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000).toFixed(1);
  return [
    textTable(header, rows),
    '',
    ...(troubles.length > 0 ? [...troubles, ''] : []),
    `Run ${result.runId} of ${result.corpId} ${result.status} after ${seconds} s.`,
    '',
  ].join('\n');
}

/** What the run did not read, because a cheaper answer proves it unchanged. */
function spared({ streams }: SyncResult): string[] {
  return streams.flatMap(({ stream, spared = [] }) =>
    spared.map(({ count, what }) => `${stream}: did not read ${count} ${what}.`),
  );
}

/** Where WeCom slowed the run down, and how many calls in flight the path ended with. */
function throttled({ paths }: SyncResult): string[] {
  return Object.entries(paths).flatMap(([path, { throttled45033, blocked45009, cap }]) => {
    const parts = [
      throttled45033 > 0
        ? `45033 (too many calls at once) ${throttled45033} times, now ${cap} in flight`
        : '',
      blocked45009 > 0 ? `45009 (too many calls per minute) ${blocked45009} times, waited out` : '',
    ].filter((part) => part !== '');
    return parts.length > 0 ? [`${path}: ${parts.join('; ')}.`] : [];
  });
}

/** A wrong secret fails every stream: said once, with the streams that only wait for others in one line. */
function troublesOf(streams: readonly StreamReport[]): string[] {
  const troubled = streams.flatMap(({ stream, status, error }) => (error ? [{ stream, status, error }] : []));
  const names = (some: readonly { readonly stream: string }[]) => some.map(({ stream }) => stream).join(', ');
  const own = troubled.filter(({ error }) => error.code !== 'INPUT_MISSING');
  const waiting = troubled.filter(({ error }) => error.code === 'INPUT_MISSING');
  const groups = Map.groupBy(own, ({ status, error }) => `${status}: ${error.message}\n  → ${error.remedy}`);
  return [
    ...[...groups].map(([text, some]) => `${names(some)} ${text}`),
    ...(waiting.length > 0 ? [`${names(waiting)}: not read, because they need what is named above.`] : []),
  ];
}
