/** One stream in one run: blocks are read side by side, steps become batches, batches are committed with their proof. */

import pLimit from 'p-limit';
import { shanghaiDay } from '../days.ts';
import type { JsonObject } from '../wecom/json.ts';
import { BatchBuilder, type FinishedUnit, isProvisional } from './batch.ts';
import { BlockWalk } from './block-walk.ts';
import { Completeness, type Count, Incomplete, missingOf } from './completeness.ts';
import { DayLedger } from './day-ledger.ts';
import { Drift } from './drift.ts';
import { WarehouseError } from './errors.ts';
import { Guarded } from './guarded.ts';
import { normalised } from './keys.ts';
import { Lane } from './lane.ts';
import { afterReading, afterSkip, type DayOptions, freshProgress, liesApart, withLost } from './plan.ts';
import {
  type Block,
  RecordRejected,
  type Rows,
  type Step,
  type Stream,
  type StreamContext,
} from './stream.ts';
import { noCounts, type StreamLoader, type UnitProgress, type UnitResult } from './warehouse.ts';

/** Blocks read at the same time; the limiter of the API path keeps the calls in flight at their cap. */
const BLOCKS_AT_ONCE = 8;
/** Rows of one transaction: a commit per page of 100 costs a factor of four on a first load (WAL flushes). */
const BATCH_ROWS = 4_000;
/** Units of one transaction, for units without rows. */
const BATCH_UNITS = 500;
/**
 * A finished unit waits no longer for its commit than this: paths of 60 or 100 calls a minute fill no batch for minutes,
 * and a kill would take with it what they have read. Looked at with each step, so no timer outlives the run.
 */
const BATCH_MS = 5_000;
/** Keys in the proofs of one transaction: 100 members that finish together have shown some 30,000, of 100 bytes each. */
const BATCH_KEYS = 20_000;

export interface RunFacts {
  readonly cycle: string;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly days: DayOptions;
}

export class StreamRun {
  readonly counts = noCounts();
  pages = 0;
  records = 0;
  /** Of the records, those that could not become rows, or that the database refused. */
  rejectedRecords = 0;
  readonly failed = new Map<string, Error>();
  readonly skipped = new Map<string, string>();
  readonly done = new Set<string>();
  readonly progress = new Map<string, UnitProgress>();
  readonly guarded: Guarded;
  readonly drift: Drift;
  readonly ledger: DayLedger;
  /** Units that were walked to their end, but prove nothing. */
  unproved = 0;
  private readonly completeness = new Completeness();
  private readonly leavers: FinishedUnit[] = [];
  private readonly lanes: readonly Lane<BatchBuilder>[];
  private readonly stream: Stream;
  private readonly loader: StreamLoader;
  private readonly facts: RunFacts;

  constructor(stream: Stream, loader: StreamLoader, facts: RunFacts) {
    this.stream = stream;
    this.loader = loader;
    this.facts = facts;
    this.drift = new Drift(stream.tables);
    this.ledger = new DayLedger(stream);
    this.guarded = new Guarded(stream.tables);
    // Units of snapshot streams live in one block each, so two lanes never hold parts of the same unit.
    const lanes = stream.mode === 'snapshot' ? 2 : 1;
    this.lanes = Array.from(
      { length: lanes },
      () =>
        new Lane({
          create: () => new BatchBuilder(stream),
          full: (batch) =>
            batch.rows >= BATCH_ROWS ||
            batch.finished.size >= BATCH_UNITS ||
            batch.shownKeys >= BATCH_KEYS ||
            (batch.finishedAt !== null && facts.now() - batch.finishedAt >= BATCH_MS),
          empty: (batch) => batch.empty,
          write: (batch) => this.write(batch),
        }),
    );
  }

  async loadProgress(): Promise<void> {
    for (const unit of await this.loader.progress()) this.progress.set(unit.unit, unit);
    this.ledger.begin(this.progress);
  }

  /** Reads all blocks. An error that concerns one block fails its units; one that concerns the stream is thrown. */
  async read(blocks: readonly Block[], context: StreamContext): Promise<void> {
    this.completeness.expect(blocks);
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
    await this.emptyLate(context);
    await this.closeLeavers();
  }

  /** What WeCom announced, what came, and what it says cannot be had. */
  announced(): Count[] {
    return this.completeness.all(this);
  }

  /** A list of at least so many objects of which WeCom refused every one as not visible. */
  refusedList(least: number): Count | undefined {
    return this.completeness.refusedList(least, this);
  }

  private laneOf(block: number): Lane<BatchBuilder> {
    const lane = this.lanes[block % this.lanes.length];
    if (!lane) throw new Error('A stream run has at least one lane.');
    return lane;
  }

  private async readBlock(block: Block, context: StreamContext, lane: Lane<BatchBuilder>): Promise<void> {
    const open = new Set(block.units);
    const walk = new BlockWalk(this.stream.tables, block.days);
    const short = new Set<string>();
    try {
      for await (const step of this.stream.read(block, context)) {
        if (step.type === 'count' && this.isShort(step)) short.add(step.unit);
        if (step.type !== 'records' && step.type !== 'ended' && step.type !== 'count') open.delete(step.unit);
        // Without all of its rows a unit is not finished: the next run reads it again, and nothing of it ends.
        if (step.type === 'done' && short.has(step.unit)) continue;
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

  /** Fails the unit when something that WeCom announced is missing. */
  private isShort({ unit, refused, ...count }: Extract<Step, { type: 'count' }>): boolean {
    this.completeness.add(count, refused);
    if (missingOf(count) === 0) return false;
    this.fail(unit, new Incomplete(this.stream.name, count));
    return true;
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
        await lane.add((batch) => this.stage(batch, step, record, walk, context));
    } else if (step.type === 'count') return;
    else if (step.type === 'failed') this.fail(step.unit, step.error);
    else if (step.type === 'ended')
      await lane.add((batch) =>
        batch.endings.push({
          unit: step.unit,
          scope: { table: step.table, where: step.key },
          reason: step.reason,
        }),
      );
    else
      await lane.add((batch) => {
        batch.finishedAt ??= this.facts.now();
        batch.finish(this.finishedUnit(step, walk));
      });
  }

  private stage(
    batch: BatchBuilder,
    { unit, days }: Extract<Step, { type: 'records' }>,
    record: JsonObject,
    walk: BlockWalk,
    context: StreamContext,
  ): void {
    this.records += 1;
    let rows: Rows;
    try {
      rows = normalised(this.stream, record, context);
    } catch (error) {
      if (!(error instanceof RecordRejected)) throw error;
      batch.rejects.push({ unit, reason: error.message, payload: record, days: days ?? walk.days });
      if (error.shown === undefined) walk.doubt(unit);
      else walk.note(unit, error.shown);
      return;
    }
    this.add(batch, unit, record, rows);
    walk.note(unit, rows);
    this.guarded.note(rows);
    this.drift.note(rows);
    this.ledger.note(rows);
  }

  private add(batch: BatchBuilder, unit: string | undefined, record: JsonObject, rows: Rows): void {
    const provisional = this.progress.get(unit ?? '')?.provisional ?? [];
    batch.add(unit, record, rows, (row) => isProvisional(this.stream, provisional, row));
  }

  private finishedUnit(step: Extract<Step, { type: 'done' | 'skipped' }>, walk: BlockWalk): FinishedUnit {
    const { unit } = step;
    if (step.type === 'skipped') {
      const lost = step.lost === undefined ? [] : [{ days: step.lost, reason: step.reason }];
      const skipped: FinishedUnit = {
        unit,
        read: null,
        doubtful: [],
        lost: [],
        refused: step.reason,
        closed: null,
        proved: false,
        shown: walk.finish(unit).shown,
      };
      if (!step.closed) return { ...skipped, lost };
      this.leavers.push({ ...skipped, lost, closed: step.reason });
      return skipped;
    }
    const { shown, proved } = walk.finish(unit, step.shown);
    if (!proved || step.unproved) this.unproved += 1;
    return {
      unit,
      read: step.days ?? [],
      doubtful: step.doubtful ?? [],
      lost: step.lost === undefined ? [] : [step.lost],
      refused: null,
      closed: null,
      proved: proved && step.unproved !== true,
      shown,
    };
  }

  private async write(batch: BatchBuilder): Promise<void> {
    const finished = [...batch.finished.values()].map((unit) => this.unitResult(unit));
    const units = [...finished, ...this.begun(batch)];
    const keep = this.guarded.keep();
    const { endings, rejects } = batch;
    const tables = batch.stagedRows();
    const committed = await this.loader.commit({ tables, keep, endings, units, rejects }, this.counts);
    this.rejectedRecords += committed.rejected;
    this.guarded.kept(committed.kept, keep);
    const moved = new Set(committed.movedDays);
    this.ledger.noteMoved(moved);
    for (const result of units) this.progress.set(result.unit, result.progress(moved));
    // Only now: a report must not count what a failed commit took back.
    for (const { unit, read, refused } of batch.finished.values()) {
      if (read !== null) this.done.add(unit);
      if (refused !== null) this.skipped.set(unit, refused);
    }
  }

  /** Leavers whom WeCom shows no longer are not asked for again, unless it shows nobody: then it is not they who are gone. */
  private async closeLeavers(): Promise<void> {
    if (this.leavers.length === 0 || this.done.size === 0) return;
    const batch = new BatchBuilder(this.stream);
    for (const unit of this.leavers) batch.finish(unit);
    await this.write(batch);
  }

  /** Empties guarded columns of rows that were written before the first record had their key. */
  private async emptyLate(context: StreamContext): Promise<void> {
    const late = this.guarded.late();
    if (late.length === 0) return;
    const batch = new BatchBuilder(this.stream);
    for (const { unit, record } of late)
      if (record) this.add(batch, unit, record, normalised(this.stream, record, context));
    const tables = batch.stagedRows();
    const none = { endings: [], units: [], rejects: [] };
    const { updated } = await this.loader.commit({ tables, keep: this.guarded.keep(), ...none });
    // They have been counted as unchanged.
    this.counts.updated += updated;
    this.counts.unchanged -= updated;
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
                apart: this.liesApart(before),
              });
        const known = finished.lost.reduce((state, { days, reason }) => withLost(state, days, reason), after);
        return finished.closed === null ? known : { ...known, closed: finished.closed };
      },
    };
  }

  private liesApart(before: UnitProgress): boolean {
    const { days } = this.stream;
    const today = shanghaiDay(this.facts.startedAt);
    return days !== undefined && liesApart(days, before, today, this.facts.days);
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
