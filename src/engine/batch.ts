import { contains, type DaySet, union } from '../days.ts';
import type { JsonObject } from '../wecom/json.ts';
import type { Ending, Rows, Stream } from './stream.ts';
import { keyText, type Row, type Table } from './table.ts';
import type { Reject, StagedRow } from './warehouse.ts';

/** The end of a unit, waiting for the commit of its rows. */
export interface FinishedUnit {
  readonly unit: string;
  /** Days that were read (empty for what has no days); null when the unit was not read but explained. */
  readonly read: DaySet | null;
  /** Days of `read` for which the answer held nothing for anybody. */
  readonly doubtful: DaySet;
  /** Days that can never be had any more, and why. */
  readonly lost: readonly { readonly days: DaySet; readonly reason: string }[];
  /** Why the unit is not asked for any more, or null. */
  readonly closed: string | null;
  readonly proved: boolean;
  /** Keys that the walk showed, by table. */
  readonly shown: ReadonlyMap<string, readonly Row[]>;
}

/**
 * Rows of several pages on their way to one transaction. The same key twice: the last record wins, and with it its
 * children; so a member who stands in three departments is merged and not written three times.
 */
export class BatchBuilder {
  rows = 0;
  readonly endings: Ending[] = [];
  readonly rejects: Reject[] = [];
  readonly finished = new Map<string, FinishedUnit>();
  private readonly staged = new Map<string, Map<string, StagedRow>>();
  /** Keys of child rows by table and parent key. */
  private readonly children = new Map<string, Map<string, Set<string>>>();
  private readonly tables: readonly Table[];

  constructor(stream: Pick<Stream, 'tables'>) {
    this.tables = stream.tables;
    for (const table of stream.tables) this.staged.set(table.name, new Map());
  }

  get empty(): boolean {
    return this.rows + this.endings.length + this.rejects.length + this.finished.size === 0;
  }

  add(unit: string | undefined, record: JsonObject, rows: Rows, inPlace: (row: Row) => boolean): void {
    for (const table of this.tables) {
      const staged = this.staged.get(table.name) ?? new Map<string, StagedRow>();
      if (table.parent !== null) this.forgetChildren(table, rows[table.parent] ?? []);
      for (const row of rows[table.name] ?? []) {
        const key = keyText(Object.keys(table.key), row);
        staged.set(key, { row, unit, inPlace: inPlace(row), record });
        if (table.parent !== null) this.childrenOf(table, row).add(key);
        this.rows += 1;
      }
    }
  }

  finish(unit: FinishedUnit): void {
    const before = this.finished.get(unit.unit);
    this.finished.set(unit.unit, before === undefined ? unit : merged(before, unit));
  }

  stagedRows(): Map<string, StagedRow[]> {
    return new Map([...this.staged].map(([name, rows]) => [name, [...rows.values()]]));
  }

  private childrenOf(table: Table, row: Row): Set<string> {
    const parent = this.tables.find((candidate) => candidate.name === table.parent);
    const parentKey = keyText(Object.keys(parent?.key ?? {}), row);
    const byParent = this.children.get(table.name) ?? new Map<string, Set<string>>();
    this.children.set(table.name, byParent);
    const keys = byParent.get(parentKey) ?? new Set<string>();
    byParent.set(parentKey, keys);
    return keys;
  }

  /** With what hangs on them: an approver must not outlive a step that the last record no longer has. */
  private forgetChildren(table: Table, parents: readonly Row[]): void {
    const staged = this.staged.get(table.name);
    const below = this.tables.filter((candidate) => candidate.parent === table.name);
    for (const parent of parents) {
      const keys = this.childrenOf(table, parent);
      const gone = [...keys].map((key) => staged?.get(key)?.row).filter((row) => row !== undefined);
      for (const child of below) this.forgetChildren(child, gone);
      for (const key of keys) staged?.delete(key);
      keys.clear();
    }
  }
}

/** Whether a figure of this day may still move without opening a version. */
export function isProvisional(stream: Stream, provisional: DaySet, row: Row): boolean {
  const day = stream.mode === 'daily' && stream.days?.column ? row[stream.days.column] : undefined;
  return typeof day === 'string' && contains(provisional, day);
}

/** Two blocks read different days of one unit. */
function merged(a: FinishedUnit, b: FinishedUnit): FinishedUnit {
  const shown = new Map(a.shown);
  for (const [table, keys] of b.shown) shown.set(table, [...(shown.get(table) ?? []), ...keys]);
  return {
    unit: a.unit,
    read: a.read === null || b.read === null ? (a.read ?? b.read) : union(a.read, b.read),
    doubtful: union(a.doubtful, b.doubtful),
    lost: [...a.lost, ...b.lost],
    closed: b.closed ?? a.closed,
    proved: a.proved && b.proved,
    shown,
  };
}
