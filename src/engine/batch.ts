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
  /** Why WeCom says that it cannot be had, or null. */
  readonly refused: string | null;
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
  /** When the first unit was finished, milliseconds; null before. */
  finishedAt: number | null = null;
  /** Keys that the finished units showed. */
  shownKeys = 0;
  readonly endings: Ending[] = [];
  readonly rejects: Reject[] = [];
  readonly finished = new Map<string, FinishedUnit>();
  private readonly places: readonly Place[];

  constructor({ tables }: Pick<Stream, 'tables'>) {
    const keyOf = (name: string | null) =>
      Object.keys(tables.find((table) => table.name === name)?.key ?? {});
    this.places = tables.map((table) => ({
      table,
      key: keyOf(table.name),
      parentKey: keyOf(table.parent),
      staged: new Map(),
      children: new Map(),
    }));
  }

  get empty(): boolean {
    return this.rows + this.endings.length + this.rejects.length + this.finished.size === 0;
  }

  add(unit: string | undefined, record: JsonObject, rows: Rows, inPlace: (row: Row) => boolean): void {
    for (const place of this.places) {
      const { table, key, parentKey, staged, children } = place;
      if (table.parent !== null) this.forgetChildren(place, rows[table.parent] ?? []);
      for (const row of rows[table.name] ?? []) {
        const text = keyText(key, row);
        staged.set(text, { row, unit, inPlace: inPlace(row), record });
        this.rows += 1;
        if (table.parent === null) continue;
        const parent = keyText(parentKey, row);
        const siblings = children.get(parent);
        if (siblings === undefined) children.set(parent, [text]);
        else siblings.push(text);
      }
    }
  }

  finish(unit: FinishedUnit): void {
    for (const keys of unit.shown.values()) this.shownKeys += keys.length;
    const before = this.finished.get(unit.unit);
    this.finished.set(unit.unit, before === undefined ? unit : merged(before, unit));
  }

  stagedRows(): Map<string, StagedRow[]> {
    return new Map(this.places.map(({ table, staged }) => [table.name, [...staged.values()]]));
  }

  /** With what hangs on them: an approver must not outlive a step that the last record no longer has. */
  private forgetChildren({ table, parentKey, staged, children }: Place, parents: readonly Row[]): void {
    for (const parent of parents) {
      const text = keyText(parentKey, parent);
      const keys = children.get(text);
      if (keys === undefined) continue;
      const gone = keys.map((key) => staged.get(key)?.row).filter((row) => row !== undefined);
      for (const below of this.places)
        if (below.table.parent === table.name) this.forgetChildren(below, gone);
      for (const key of keys) staged.delete(key);
      children.delete(text);
    }
  }
}

/** The rows of one table. */
interface Place {
  readonly table: Table;
  readonly key: readonly string[];
  readonly parentKey: readonly string[];
  readonly staged: Map<string, StagedRow>;
  /** Keys of child rows by the key of their parent, some of them perhaps twice. */
  readonly children: Map<string, string[]>;
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
    refused: b.refused ?? a.refused,
    closed: b.closed ?? a.closed,
    proved: a.proved && b.proved,
    shown,
  };
}
