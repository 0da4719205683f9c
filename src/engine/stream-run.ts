/** One stream in one run: blocks are read side by side, steps become batches, batches are committed with their proof. */

import pLimit from 'p-limit';
import type { JsonObject } from '../wecom/json.ts';
import { BatchBuilder, type FinishedUnit, isProvisional } from './batch.ts';
import { BlockWalk } from './block-walk.ts';
import { Drift } from './drift.ts';
import { WarehouseError } from './errors.ts';
import { Lane } from './lane.ts';
import { afterReading, afterSkip, freshProgress, withLost } from './plan.ts';
import {
  type Block,
  RecordRejected,
  type Rows,
  type Step,
  type Stream,
  type StreamContext,
} from './stream.ts';
import { addCounts, noCounts, type StreamLoader, type UnitProgress, type UnitResult } from './warehouse.ts';

/** Blocks read at the same time; the limiter of the API path keeps the calls in flight at their cap. */
const BLOCKS_AT_ONCE = 8;
/** Rows of one transaction: a commit per page of 100 costs a factor of four on a first load (WAL flushes). */
const BATCH_ROWS = 4_000;
/** Units of one transaction, for units without rows. */
const BATCH_UNITS = 500;

export interface RunFacts {
  readonly cycle: string;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly now: () => number;
}

export class StreamRun {
  readonly counts = noCounts();
  pages = 0;
  records = 0;
  readonly failed = new Map<string, Error>();
  readonly skipped = new Map<string, string>();
  readonly done = new Set<string>();
  readonly progress = new Map<string, UnitProgress>();
  /** Tables whose guarded columns kept their values because WeCom sent the keys for nobody. */
  readonly keptTables = new Set<string>();
  readonly drift: Drift;
  /** Units that were walked to their end, but prove nothing. */
  unproved = 0;
  private readonly keysSeen = new Set<string>();
  private readonly lanes: readonly Lane<BatchBuilder>[];
  private readonly stream: Stream;
  private readonly loader: StreamLoader;
  private readonly facts: RunFacts;

  constructor(stream: Stream, loader: StreamLoader, facts: RunFacts) {
    this.stream = stream;
    this.loader = loader;
    this.facts = facts;
    this.drift = new Drift(stream.tables);
    // Units of snapshot streams live in one block each, so two lanes never hold parts of the same unit.
    const lanes = stream.mode === 'snapshot' ? 2 : 1;
    this.lanes = Array.from(
      { length: lanes },
      () =>
        new Lane({
          create: () => new BatchBuilder(stream),
          full: (batch) => batch.rows >= BATCH_ROWS || batch.finished.size >= BATCH_UNITS,
          empty: (batch) => batch.empty,
          write: (batch) => this.write(batch),
        }),
    );
  }

  async loadProgress(): Promise<void> {
    for (const unit of await this.loader.progress()) this.progress.set(unit.unit, unit);
  }

  /** Reads all blocks. An error that concerns one block fails its units; one that concerns the stream is thrown. */
  async read(blocks: readonly Block[], context: StreamContext): Promise<void> {
    const limit = pLimit(BLOCKS_AT_ONCE);
    const stop = new AbortController();
    const ended = await Promise.allSettled(
      blocks.map((block, i) =>
        limit(async () => {
          if (context.signal.aborted || stop.signal.aborted) return;
          try {
            await this.readBlock(block, context, this.laneOf(i));
          } catch (error) {
            stop.abort();
            throw error;
          }
        }),
      ),
    );
    // Both lanes come to their end: a write must not outlive the run and its lock.
    const flushed = await Promise.allSettled(this.lanes.map((lane) => lane.flush()));
    const broken = [...ended, ...flushed].find((result) => result.status === 'rejected');
    if (broken?.status === 'rejected') throw broken.reason;
  }

  private laneOf(block: number): Lane<BatchBuilder> {
    const lane = this.lanes[block % this.lanes.length];
    if (!lane) throw new Error('A stream run has at least one lane.');
    return lane;
  }

  private async readBlock(block: Block, context: StreamContext, lane: Lane<BatchBuilder>): Promise<void> {
    const open = new Set(block.units);
    const walk = new BlockWalk(this.stream.tables);
    try {
      for await (const step of this.stream.read(block, context)) {
        if (step.type !== 'records' && step.type !== 'ended') open.delete(step.unit);
        await this.take(step, walk, context, lane);
        // A stop is taken between two steps: what was read is committed, what was not is read by the next run.
        if (context.signal.aborted) return;
      }
    } catch (error) {
      if (context.signal.aborted) return;
      if (!concernsBlockOnly(error)) throw error;
      for (const unit of open) this.fail(unit, asError(error));
      return;
    }
    for (const unit of open)
      this.fail(
        unit,
        new WarehouseError(
          'UNIT_UNFINISHED',
          `${this.stream.name} did not finish ${unit}.`,
          'Report this bug.',
        ),
      );
  }

  private fail(unit: string, error: Error): void {
    this.failed.set(unit, error);
  }

  private async take(
    step: Step,
    walk: BlockWalk,
    context: StreamContext,
    lane: Lane<BatchBuilder>,
  ): Promise<void> {
    if (step.type === 'records') {
      this.pages += 1;
      for (const record of step.records)
        await lane.add((batch) => this.stage(batch, step.unit, record, walk, context));
    } else if (step.type === 'failed') this.fail(step.unit, step.error);
    else if (step.type === 'ended')
      await lane.add((batch) =>
        batch.endings.push({
          unit: step.unit,
          scope: { table: step.table, where: step.key },
          reason: step.reason,
        }),
      );
    else await lane.add((batch) => batch.finish(this.finishedUnit(step, walk)));
  }

  private stage(
    batch: BatchBuilder,
    unit: string | undefined,
    record: JsonObject,
    walk: BlockWalk,
    context: StreamContext,
  ): void {
    this.records += 1;
    let rows: Rows;
    try {
      rows = this.stream.normalise(record, context);
    } catch (error) {
      if (!(error instanceof RecordRejected)) throw error;
      batch.rejects.push({ unit, reason: error.message, payload: record });
      walk.doubt(unit);
      return;
    }
    const provisional = this.progress.get(unit ?? '')?.provisional ?? [];
    batch.add(unit, record, rows, (row) => isProvisional(this.stream, provisional, row));
    walk.note(unit, rows);
    this.noteKeys(rows);
    this.drift.note(rows);
  }

  /** Remembers which guarded columns had their key in at least one record. */
  private noteKeys(rows: Rows): void {
    for (const table of this.stream.tables)
      for (const column of table.guarded) {
        const name = `${table.name}.${column}`;
        if (!this.keysSeen.has(name) && rows[table.name]?.some((row) => row[column] !== undefined))
          this.keysSeen.add(name);
      }
  }

  private finishedUnit(step: Extract<Step, { type: 'done' | 'skipped' }>, walk: BlockWalk): FinishedUnit {
    const { unit } = step;
    if (step.type === 'skipped') {
      this.skipped.set(unit, step.reason);
      const lost = step.lost === undefined ? [] : [{ days: step.lost, reason: step.reason }];
      const closed = step.closed ? step.reason : null;
      return { unit, read: null, doubtful: [], lost, closed, proved: false, shown: walk.finish(unit).shown };
    }
    this.done.add(unit);
    const { shown, proved } = walk.finish(unit, step.shown);
    if (!proved || step.unproved) this.unproved += 1;
    return {
      unit,
      read: step.days ?? [],
      doubtful: step.doubtful ?? [],
      lost: step.lost === undefined ? [] : [step.lost],
      closed: null,
      proved: proved && step.unproved !== true,
      shown,
    };
  }

  private async write(batch: BatchBuilder): Promise<void> {
    const finished = [...batch.finished.values()].map((unit) => this.unitResult(unit));
    const units = [...finished, ...this.begun(batch)];
    const committed = await this.loader.commit({
      tables: batch.stagedRows(),
      keep: this.keptColumns(),
      endings: batch.endings,
      units,
      rejects: batch.rejects,
    });
    addCounts(this.counts, committed);
    for (const table of committed.kept) this.keptTables.add(table);
    const moved = new Set(committed.movedDays);
    for (const result of units) this.progress.set(result.unit, result.progress(moved));
  }

  private keptColumns(): Map<string, Set<string>> {
    const keep = this.stream.tables.map((table): [string, Set<string>] => [
      table.name,
      new Set(table.guarded.filter((column) => !this.keysSeen.has(`${table.name}.${column}`))),
    ]);
    return new Map(keep.filter(([, columns]) => columns.size > 0));
  }

  private unitResult(finished: FinishedUnit): UnitResult {
    const { unit, read } = finished;
    const before = this.progress.get(unit) ?? freshProgress(unit);
    const scopes = finished.proved ? (this.stream.proof?.(unit, read ?? []) ?? []) : [];
    const rows = [...finished.shown.values()].reduce((sum, keys) => sum + keys.length, 0);
    return {
      unit,
      proofs: scopes.map((scope) => ({ scope, shown: finished.shown.get(scope.table) ?? [] })),
      absent: this.stream.absenceReason === undefined ? 'record' : 'end',
      progress: (moved) => {
        const { cycle } = this.facts;
        const after =
          read === null
            ? afterSkip(before, cycle)
            : afterReading(before, {
                days: read,
                nowMs: this.facts.now(),
                cycle,
                completedAt: new Date(this.facts.startedAt).toISOString(),
                rows,
                moved: (day) => moved.has(`${unit}\0${day}`),
                daily: this.stream.mode === 'daily',
                doubtful: finished.doubtful,
              });
        const known = finished.lost.reduce((state, { days, reason }) => withLost(state, days, reason), after);
        return finished.closed === null ? known : { ...known, closed: finished.closed };
      },
    };
  }

  /**
   * Members whose first walk has stored rows but not ended yet: known from now on, so that what they hold can end when
   * they leave before any walk of theirs was finished.
   */
  private begun(batch: BatchBuilder): UnitResult[] {
    const units = new Set([...batch.stagedRows().values()].flat().map((row) => row.unit));
    return [...units].flatMap((unit) => {
      if (unit === undefined || this.progress.has(unit) || batch.finished.has(unit)) return [];
      return [{ unit, proofs: [], absent: 'record', progress: () => freshProgress(unit) }];
    });
  }
}

/** A failed call of one block leaves the other blocks alone, unless the credential or the whole stream is refused. */
function concernsBlockOnly(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('fate' in error)) return false;
  const stops = 'stopsSecret' in error && error.stopsSecret === true;
  const forbidden = 'permission' in error && error.permission === true;
  return !stops && !forbidden;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
