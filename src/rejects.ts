/** `rejects --retry`: normalises rejected records again and commits those that have become rows. */

import { catalogue } from '../extractors/index.ts';
import {
  readRejectPages,
  rejectedStreams,
  removeRejects,
  type StoredReject,
  setRejectReason,
} from '../loaders/rejects.ts';
import { type LoaderRun, streamLoader } from '../loaders/stream-loader.ts';
import { isBadData } from '../loaders/transient.ts';
import type { Database } from './database.ts';
import { BatchBuilder, isProvisional } from './engine/batch.ts';
import { normalised } from './engine/keys.ts';
import { provesNothing, storedContext } from './engine/stored-records.ts';
import { type NormaliseContext, RecordRejected, type Rows, type Stream } from './engine/stream.ts';
import {
  addCounts,
  type Counts,
  noCounts,
  type StreamLoader,
  type UnitProgress,
} from './engine/warehouse.ts';
import { withoutForgottenRows } from './privacy/protected-stream.ts';
import { type Repaired, type RepairOptions, repair } from './repair.ts';
import { parseAnswer } from './wecom/json.ts';

/** `rejected`: records that remain; `resolved`: records that are rows now. */
export interface RetriedStream extends Counts {
  stream: string;
  resolved: number;
  /** Records whose place newer data has taken: forgotten, without becoming rows. */
  superseded: number;
  /** Reason → records that remain because of it. */
  remaining: Record<string, number>;
}

/** One corp; `streams`: what may be retried, the catalogue by default. */
export function retryRejects(
  database: Pick<Database, 'db' | 'pool'>,
  corpId: string,
  options: RepairOptions & { readonly stream?: string | undefined; readonly streams?: readonly Stream[] },
): Promise<Repaired<RetriedStream[]>> {
  const { db } = database;
  const { stream: only, streams = catalogue } = options;
  const details = { command: 'rejects --retry', streams: only === undefined ? [] : [only] };
  return repair(database, corpId, details, options, async (run, signal) => {
    const rejected = (await rejectedStreams(db, only)).filter((key) => key.corpId === corpId);
    const retried: RetriedStream[] = [];
    for (const { stream: name } of rejected) {
      const stream = streams.find((candidate) => candidate.name === name);
      // What is stored mentions who was forgotten by placeholders; as in a run, these become no rows.
      if (stream && !signal.aborted)
        retried.push(await new Retry(db, withoutForgottenRows(stream), run).all(signal));
    }
    return retried;
  });
}

/** Rows of a unit without progress would never end: who has left is not walked, and who is new the next sync reads. */
const NOT_WALKED = 'its unit has no walk on record: the next sync reads it, or it has left';

class Retry {
  private readonly sum: RetriedStream;
  private readonly progress = new Map<string, UnitProgress>();
  private readonly loader: StreamLoader;
  private readonly db: Database['db'];
  private readonly stream: Stream;
  private readonly run: LoaderRun;

  constructor(db: Database['db'], stream: Stream, run: LoaderRun) {
    this.db = db;
    this.stream = stream;
    this.run = run;
    this.loader = streamLoader(db, stream, run);
    this.sum = { stream: stream.name, resolved: 0, superseded: 0, remaining: {}, ...noCounts() };
  }

  async all(signal: AbortSignal): Promise<RetriedStream> {
    for (const unit of await this.loader.progress()) this.progress.set(unit.unit, unit);
    const context = await storedContext(this.loader);
    for await (const page of readRejectPages(this.db, this.key))
      for (const reject of page) {
        if (signal.aborted) return this.sum;
        await this.one(reject, context);
      }
    return this.sum;
  }

  private get key() {
    return { corpId: this.run.corpId, stream: this.stream.name };
  }

  /** A transaction per record: one that PostgreSQL still refuses leaves the others alone. */
  private async one(reject: StoredReject, context: NormaliseContext): Promise<void> {
    if (this.stream.mode === 'snapshot') {
      if (reject.unit !== null && !this.progress.has(reject.unit)) return this.remain(NOT_WALKED);
      if (this.walkedSince(reject)) return this.supersede(reject);
    }
    const record = parseAnswer(reject.payload).answer;
    const unit = reject.unit ?? undefined;
    try {
      const rows = normalised(this.stream, record, context);
      if (await this.writtenSince(reject, rows)) return await this.supersede(reject);
      const builder = new BatchBuilder(this.stream);
      const provisional = this.progress.get(reject.unit ?? '')?.provisional ?? [];
      builder.add(unit, record, rows, (row) => isProvisional(this.stream, provisional, row));
      const batch = provesNothing(this.stream, builder);
      // Without its record a row that PostgreSQL refuses is an error here, and no second reject.
      const tables = new Map(
        [...batch.tables].map(([name, list]) => [name, list.map((row) => ({ ...row, record: undefined }))]),
      );
      addCounts(this.sum, await this.loader.commit({ ...batch, tables, resolved: [reject.id] }));
      this.sum.resolved += 1;
    } catch (error) {
      if (error instanceof RecordRejected) await this.keep(reject, error.message);
      else if (isBadData(error) && error instanceof Error)
        await this.keep(reject, `PostgreSQL refused the record: ${error.message}`);
      else throw error;
    }
  }

  /**
   * A list is read whole every run: what a later finished walk of the unit showed is the truth of today, and a record
   * of the night before would bring back what has changed or ended since.
   */
  private walkedSince({ unit, lastSeenAt }: StoredReject): boolean {
    const walked = unit === null ? [...this.progress.values()] : [this.progress.get(unit)];
    return walked.every((state) => (state?.completedAt ?? '') > lastSeenAt);
  }

  /** Facts and documents stay, so a row that was written later holds something newer. */
  private async writtenSince({ lastSeenAt }: StoredReject, rows: Rows): Promise<boolean> {
    if (this.stream.mode === 'snapshot') return false;
    for (const table of this.stream.tables.filter((candidate) => candidate.parent === null))
      for (const row of rows[table.name] ?? []) {
        const key = Object.fromEntries(Object.keys(table.key).map((column) => [column, row[column]]));
        const [stored] = await this.loader.stored(table.name, ['valid_from'], key);
        if (String(stored?.valid_from ?? '') > lastSeenAt) return true;
      }
    return false;
  }

  private async supersede(reject: StoredReject): Promise<void> {
    await removeRejects(this.db, this.key, [reject.id]);
    this.sum.superseded += 1;
  }

  private async keep(reject: StoredReject, reason: string): Promise<void> {
    await setRejectReason(this.db, this.key, reject.id, reason);
    this.remain(reason);
  }

  private remain(reason: string): void {
    this.sum.rejected += 1;
    this.sum.remaining[reason] = (this.sum.remaining[reason] ?? 0) + 1;
  }
}
