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
  const troubles = result.streams.flatMap(trouble);
  const seconds = ((Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000).toFixed(1);
  return [
    textTable(header, rows),
    '',
    ...(troubles.length > 0 ? [...troubles, ''] : []),
    `Run ${result.runId} of ${result.corpId} ${result.status} after ${seconds} s.`,
    '',
  ].join('\n');
}

function trouble({ stream, status, error }: StreamReport): string[] {
  if (error === null) return [];
  return [`${stream} ${status}: ${error.message}`, `  → ${error.remedy}`];
}
