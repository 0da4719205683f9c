/** What the engine needs from a database; `loaders/` implements it for PostgreSQL. */

import type { Day, DaySet } from '../days.ts';
import type { JsonObject } from '../wecom/json.ts';
import type { Ending, Scope, Spared, StoredRow } from './stream.ts';
import type { Row } from './table.ts';

export interface Counts {
  inserted: number;
  updated: number;
  unchanged: number;
  deleted: number;
  rejected: number;
}

export const noCounts = (): Counts => ({ inserted: 0, updated: 0, unchanged: 0, deleted: 0, rejected: 0 });

export function addCounts(sum: Counts, more: Partial<Counts>): void {
  for (const key of ['inserted', 'updated', 'unchanged', 'deleted', 'rejected'] as const)
    sum[key] += more[key] ?? 0;
}

/** State of a unit of progress as the last commit left it. */
export interface UnitProgress {
  readonly unit: string;
  /** The cycle that finished it last; null when it was never finished. */
  readonly cycle: string | null;
  /** Start of the run that finished it last, ISO. */
  readonly completedAt: string | null;
  /** Rows its last finished walk showed. */
  readonly rows: number;
  readonly covered: DaySet;
  /** Covered days whose figures may still move. */
  readonly provisional: DaySet;
  readonly lost: DaySet;
  /** Why days were lost: reason → days as multirange text. */
  readonly lostReasons: Readonly<Record<string, string>>;
  /** Days read in `cycle`: a continued run does not read them again. */
  readonly cycleDays: DaySet;
  /** Why the unit is not asked for any more, or null. */
  readonly closed: string | null;
}

/** One row to merge, with what history needs to know about it. */
export interface StagedRow {
  readonly row: Row;
  readonly unit: string | undefined;
  /** A provisional figure: a change updates in place and opens no version. */
  readonly inPlace: boolean;
  /** The record it came from, for a reject when the database refuses the row. */
  readonly record: JsonObject | undefined;
}

export interface Reject {
  /** Of its object, where the keys of its rows can be read; else the payload names it. */
  readonly id?: string | undefined;
  readonly unit: string | undefined;
  readonly reason: string;
  readonly payload: JsonObject;
  /** Days that the record may be of; undefined: its stream has none, or nobody knows. */
  readonly days?: DaySet | undefined;
}

/** What a finished walk of a unit proves: rows in `scope` whose key is not among `shown` were absent. */
export interface UnitProof {
  readonly scope: Scope;
  readonly shown: readonly Row[];
}

export interface UnitResult {
  readonly unit: string;
  /** What is recorded with the rows; `moved`: days (`unit` U+0000 `day`) whose provisional figures changed. Pure. */
  progress(moved: ReadonlySet<string>): UnitProgress;
  readonly proofs: readonly UnitProof[];
  /** End absent rows at once with this reason (punches), or record them for the decision at the end of the stream. */
  readonly absent: 'end' | 'record';
}

/** What is committed together: rows, history, and the progress that they prove. */
export interface Batch {
  /** Guarded columns, by table, of which no record of the walk had the key: they stay as they are. */
  readonly keep: ReadonlyMap<string, ReadonlySet<string>>;
  readonly tables: ReadonlyMap<string, readonly StagedRow[]>;
  readonly endings: readonly Ending[];
  readonly units: readonly UnitResult[];
  readonly rejects: readonly Reject[];
  /** Ids of rejects that are rows of this batch now, and no rejects any more. */
  readonly resolved?: readonly string[];
}

export interface KeptRow {
  readonly table: string;
  readonly row: StagedRow;
}

export interface Committed extends Counts {
  /** Rows that still hold values in kept columns (see `Batch.keep`). */
  readonly kept: KeptRow[];
  /** `unit` + U+0000 + day of in-place rows whose figures changed. */
  readonly movedDays: string[];
}

/** Rows of one unit that its walk did not show and about which nothing has been decided yet. */
export interface Absence {
  readonly table: string;
  readonly unit: string;
  /** Absent keys of the unit. */
  readonly absent: number;
  /** Rows that the unit's walk did show. */
  readonly shown: number;
  /** Of the absent ones, how many an earlier run already held. */
  readonly heldBefore: number;
  /** Parents of the unit that have lost all of their rows in this table; only in `filled` tables (`Table.missing`). */
  readonly emptied: number;
}

/** The loader of one stream in one run. */
export interface StreamLoader {
  progress(): Promise<UnitProgress[]>;
  /** Start of the last run in which the stream succeeded, ISO. */
  lastSuccess(): Promise<string | null>;
  /**
   * One transaction; several where a row is refused, and then some may stand when it throws. So each adds to `counts` as
   * soon as it is committed. Retries what a dead connection or a deadlock undid.
   */
  commit(batch: Batch, counts?: Counts): Promise<Committed>;
  stored(table: string, columns: readonly string[], where?: Row): Promise<StoredRow[]>;
  /**
   * Lower-cased userid → the directory's spelling; members who left keep the one they had, and those whom it has never
   * shown have that of the follow users.
   */
  spellings(): Promise<Map<string, string>>;
  /** Those of the days on which some row has a figure other than 0 (`days.figures` of the stream). */
  livelyDays(days: DaySet): Promise<Day[]>;
  /** Current rows of a table of the stream. */
  countRows(table: string): Promise<number>;
  /** Absences recorded by this cycle, per unit and table. */
  absences(): Promise<Absence[]>;
  /** Keys recorded absent, for `explain`. */
  absentKeys(selection: AbsenceSelection): Promise<Row[]>;
  /** Ends rows recorded absent and forgets the absences. */
  endAbsent(selection: AbsenceSelection, reason: string): Promise<number>;
  /** Forgets absences without ending anything (alive after all). */
  forgetAbsent(selection: AbsenceSelection): Promise<void>;
  /** Marks what remains recorded as held, with the reason. */
  hold(selection: AbsenceSelection, reason: string): Promise<void>;
  /** Ends rows of tables that live only as long as rows of another table (`endsWith`). */
  endOrphans(): Promise<number>;
  /**
   * Forgets rejects of earlier cycles that this cycle no longer saw where it looked again: in their unit, on their days.
   * `whole`: no unit failed, so that also those are judged of which nobody knows whose they are.
   */
  forgetHealed(whole: boolean): Promise<void>;
  /** Ends what departed units hold and forgets their progress. */
  depart(ending: Ending): Promise<number>;
}

/** Absences of the current cycle. */
export interface AbsenceSelection {
  readonly table: string;
  /** Absent: every unit. */
  readonly units?: readonly string[];
  /** Only keys that an earlier run held. */
  readonly onlyHeldBefore?: boolean;
  /** Only these keys. */
  readonly keys?: readonly Row[];
}

export type StreamStatus = 'succeeded' | 'partial' | 'held' | 'failed' | 'skipped' | 'not_permitted';

export interface StreamError {
  readonly code: string;
  readonly errcode?: number;
  readonly message: string;
  readonly remedy: string;
}

export interface StreamReport extends Counts {
  stream: string;
  status: StreamStatus;
  apiCalls: number;
  pages: number;
  records: number;
  durationMs: number;
  error: StreamError | null;
  /** What was not read because a cheaper answer proves it unchanged; absent: nothing. */
  spared?: readonly Spared[];
}
