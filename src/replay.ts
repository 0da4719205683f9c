/** `replay`: the typed tables of document streams once more from the stored payloads, through the ordinary loader. */

import { catalogue } from '../extractors/index.ts';
import { readDocuments, type StoredDocument } from '../loaders/documents.ts';
import { type LoaderRun, streamLoader } from '../loaders/stream-loader.ts';
import type { Database } from './database.ts';
import { BatchBuilder } from './engine/batch.ts';
import { normalised } from './engine/keys.ts';
import { provesNothing, storedContext } from './engine/stored-records.ts';
import { type NormaliseContext, RecordRejected, type Stream } from './engine/stream.ts';
import { addCounts, type Counts, noCounts } from './engine/warehouse.ts';
import { type Repaired, type RepairOptions, repair } from './repair.ts';
import { parseAnswer } from './wecom/json.ts';

/** Rows over all tables of the stream; `rejected`: documents that became no rows, whose old rows stay. */
export interface ReplayedStream extends Counts {
  stream: string;
  documents: number;
}

/** Streams whose records are kept whole. */
export const documentStreams = (streams: readonly Stream[] = catalogue): Stream[] =>
  streams.filter((stream) => stream.tables.some((table) => table.payload));

/** One corp; `streams` are document streams, those of the catalogue by default. */
export function replay(
  database: Pick<Database, 'db' | 'pool'>,
  corpId: string,
  options: RepairOptions & { readonly streams?: readonly Stream[] },
): Promise<Repaired<ReplayedStream[]>> {
  const { streams = documentStreams() } = options;
  const details = { command: 'replay', streams: streams.map((stream) => stream.name) };
  return repair(database, corpId, details, options, async (run, signal) => {
    const replayed: ReplayedStream[] = [];
    for (const stream of streams) {
      if (signal.aborted) break;
      replayed.push(await replayStream(database.db, stream, run, signal));
    }
    return replayed;
  });
}

async function replayStream(
  db: Database['db'],
  stream: Stream,
  run: LoaderRun,
  signal: AbortSignal,
): Promise<ReplayedStream> {
  const loader = streamLoader(db, stream, run);
  const context = await storedContext(loader);
  const sum: ReplayedStream = { stream: stream.name, documents: 0, ...noCounts() };
  for (const table of stream.tables.filter((candidate) => candidate.payload))
    for await (const page of readDocuments(db, run.corpId, table)) {
      const builder = new BatchBuilder(stream);
      for (const document of page) stage(stream, builder, document, context);
      addCounts(sum, await loader.commit(provesNothing(stream, builder)));
      sum.documents += page.length;
      if (signal.aborted) return sum;
    }
  return sum;
}

function stage(
  stream: Stream,
  builder: BatchBuilder,
  { key, payload }: StoredDocument,
  context: NormaliseContext,
): void {
  const document = parseAnswer(payload).answer;
  const record = stream.fromPayload?.(document, key) ?? document;
  try {
    builder.add(undefined, record, normalised(stream, record, context), () => false);
  } catch (error) {
    if (!(error instanceof RecordRejected)) throw error;
    builder.rejects.push({ unit: undefined, reason: error.message, payload: record });
  }
}
