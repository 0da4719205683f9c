/** The state of the warehouse per corp and stream, for `status` and the pages of `serve`. */
import type { Kysely } from 'kysely';
import { catalogue } from '../extractors/index.ts';
import type { SyncDatabase } from '../loaders/schema.ts';
import {
  corpsInWarehouse,
  countRows,
  type Hold,
  type RejectSummary,
  readCoverage,
  readHolds,
  readRejects,
  readStreamRuns,
  type StreamRuns,
} from '../loaders/status.ts';
import { shanghaiDay } from './days.ts';
import { type Coverage, coverage } from './engine/coverage.ts';
import type { Stream } from './engine/stream.ts';

export interface StreamState {
  readonly stream: Stream;
  readonly corpId: string;
  /** null: no run of this stream yet. */
  readonly runs: StreamRuns | null;
  /** Current rows over all tables of the stream. */
  readonly rows: number;
  /** null: the stream has no days. */
  readonly coverage: Coverage | null;
  readonly holds: readonly Hold[];
  readonly rejects: readonly RejectSummary[];
}

/** One entry per corp and stream, in catalogue order. `corps`: those configured; those of earlier runs are added. */
export async function readState(
  db: Kysely<SyncDatabase>,
  corps: readonly string[],
  now: number,
): Promise<StreamState[]> {
  const dated = catalogue.filter((stream) => stream.days !== undefined).map((stream) => stream.name);
  const tables = catalogue.flatMap((stream) => stream.tables.map((table) => table.name));
  const [known, runs, unitsOf, rowsOf, holds, rejects] = await Promise.all([
    corpsInWarehouse(db),
    readStreamRuns(db),
    readCoverage(db, dated),
    countRows(db, tables),
    readHolds(db),
    readRejects(db),
  ]);
  const all = [...new Set([...corps, ...known])];
  return all.flatMap((corpId) =>
    catalogue.map((stream): StreamState => {
      const mine = (row: { corpId: string; stream: string }) =>
        row.corpId === corpId && row.stream === stream.name;
      return {
        stream,
        corpId,
        runs: runs.find(mine) ?? null,
        rows: stream.tables.reduce((sum, table) => sum + rowsOf(table.name, corpId), 0),
        coverage: stream.days ? coverage(stream.days, shanghaiDay(now), unitsOf(corpId, stream.name)) : null,
        holds: holds.filter(mine),
        rejects: rejects.filter(mine),
      };
    }),
  );
}

export const heldRows = (state: StreamState) => state.holds.reduce((sum, hold) => sum + hold.rows, 0);
export const rejectedRecords = (state: StreamState) =>
  state.rejects.reduce((sum, reject) => sum + reject.records, 0);
