/**
 * What only the whole of a run tells about the days of statistics.
 *
 * WeCom computes a day during the following night and answers with zeros until then (customer-contact 6: all zeros at
 * 02:32). So a day that is zero for everybody is not believed at once: it stays provisional while it is in the tail, and
 * becomes final when a run behind the tail reads the same zeros again. A holiday thus costs one reading more than any
 * other day, and a late figure never opens a version.
 */
import {
  addDays,
  type Day,
  type DaySet,
  daySet,
  intersect,
  listDays,
  shanghaiDay,
  subtract,
  union,
} from '../days.ts';
import { freshProgress, lastDay } from './plan.ts';
import type { Rows, Stream } from './stream.ts';
import type { StreamLoader, UnitProgress, UnitResult } from './warehouse.ts';

export interface LedgerRun {
  readonly failed: ReadonlyMap<string, Error>;
  /** As the last commit left it. */
  readonly progress: Map<string, UnitProgress>;
}

export class DayLedger {
  private readonly lively = new Set<Day>();
  /** `unit` + U+0000 + day of provisional figures that this run changed. */
  private readonly moved = new Set<string>();
  private before: ReadonlyMap<string, UnitProgress> = new Map();
  private readonly stream: Stream;

  constructor(stream: Stream) {
    this.stream = stream;
  }

  /** Takes the progress as it is before anything is read. */
  begin(progress: ReadonlyMap<string, UnitProgress>): void {
    this.before = new Map(progress);
  }

  /** Remembers the days on which the rows have a figure. */
  note(rows: Rows): void {
    const { column, figures = [] } = this.stream.days ?? {};
    if (column === undefined || figures.length === 0) return;
    for (const table of this.stream.tables)
      for (const row of rows[table.name] ?? []) {
        const day = row[column];
        if (typeof day === 'string' && figures.some((figure) => Number(row[figure] ?? 0) !== 0))
          this.lively.add(day);
      }
  }

  noteMoved(days: Iterable<string>): void {
    for (const day of days) this.moved.add(day);
  }

  /**
   * After the last block, also of a stopped run: days that were zero for everybody are provisional, and units that could
   * not be read at all are known from now on, so that their days count as missing.
   */
  async settle(run: LedgerRun, loader: StreamLoader, cycle: string, startedAt: number): Promise<void> {
    if (this.stream.mode !== 'daily') return;
    const doubted = await this.doubted(run, loader, cycle, shanghaiDay(startedAt));
    const unread = [...run.failed.keys()].filter((unit) => !run.progress.has(unit)).map(freshProgress);
    const units = [...doubted, ...unread].map(
      (progress): UnitResult => ({
        unit: progress.unit,
        proofs: [],
        absent: 'record',
        progress: () => progress,
      }),
    );
    if (units.length === 0) return;
    await loader.commit({ tables: new Map(), keep: new Map(), endings: [], rejects: [], units });
    for (const progress of [...doubted, ...unread]) run.progress.set(progress.unit, progress);
  }

  /** Units with quiet days that must be read again: those days are provisional. */
  private async doubted(
    { progress }: LedgerRun,
    loader: StreamLoader,
    cycle: string,
    today: Day,
  ): Promise<UnitProgress[]> {
    const rule = this.stream.days;
    if (rule?.figures === undefined) return [];
    const read = [...progress.values()].filter((unit) => unit.cycle === cycle && unit.closed === null);
    const silent = subtract(unionOf(read.map((unit) => unit.cycleDays)), setOf(this.lively));
    if (silent.length === 0) return [];
    // The days before a newcomer was hired are zero for him alone: the rows of the others are stored.
    const quiet = subtract(silent, setOf(await loader.livelyDays(silent)));
    const last = lastDay(rule, today);
    const tail = daySet(addDays(last, 1 - rule.tail), last);
    return read.flatMap((unit) => {
      const known = union(this.confirmed(unit.unit, tail), unit.provisional);
      const doubt = subtract(intersect(quiet, unit.cycleDays), known);
      return doubt.length === 0 ? [] : [{ ...unit, provisional: union(unit.provisional, doubt) }];
    });
  }

  /** Days behind the tail that were provisional, and that this run has read once more without any change. */
  private confirmed(unit: string, tail: DaySet): DaySet {
    const open = subtract(this.before.get(unit)?.provisional ?? [], tail);
    return setOf(listDays(open).filter((day) => !this.moved.has(`${unit}\0${day}`)));
  }
}

const unionOf = (sets: readonly DaySet[]): DaySet => union(sets.flat(), []);

const setOf = (days: Iterable<Day>): DaySet =>
  union(
    [...days].map((day) => ({ from: day, to: day })),
    [],
  );
