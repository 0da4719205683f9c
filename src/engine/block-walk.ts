import type { DayRange, DaySet } from '../days.ts';
import { ShownKeys } from './shown-keys.ts';
import type { Rows } from './stream.ts';
import type { Row, Table } from './table.ts';

/**
 * What the reading of one block has shown so far, by unit: the proof that its finished units rest on. Kept per block,
 * because two blocks may read different days of the same member at the same time.
 */
export class BlockWalk {
  private readonly shown = new Map<string, Map<string, ShownKeys>>();
  private readonly doubtful = new Set<string>();
  private allDoubtful = false;
  private readonly tables: readonly Table[];
  /** Days that the block asks for; undefined: it has none. */
  readonly days: DaySet | undefined;

  constructor(tables: readonly Table[], days?: DayRange) {
    this.days = days && [days];
    // Child rows need no proof of their own: they are compared with their parent row.
    this.tables = tables.filter((table) => table.parent === null);
  }

  note(unit: string | undefined, rows: Rows): void {
    if (unit === undefined) return;
    let byTable = this.shown.get(unit);
    if (byTable === undefined) {
      byTable = new Map(this.tables.map((table) => [table.name, new ShownKeys(table)]));
      this.shown.set(unit, byTable);
    }
    for (const [name, keys] of byTable) for (const row of rows[name] ?? []) keys.add(row);
  }

  /** A record without a readable key: nobody can say which row it would have kept alive. */
  doubt(unit: string | undefined): void {
    if (unit === undefined) this.allDoubtful = true;
    else this.doubtful.add(unit);
  }

  /** Takes the keys that the finished walk of a unit showed, and whether their absence elsewhere proves anything. */
  finish(
    unit: string,
    listed: Readonly<Record<string, readonly Row[]>> = {},
  ): { shown: Map<string, Row[]>; proved: boolean } {
    const keys = this.shown.get(unit) ?? new Map<string, ShownKeys>();
    this.shown.delete(unit);
    const shown = new Map([...keys].map(([table, of]): [string, Row[]] => [table, of.rows()]));
    for (const [table, keys] of Object.entries(listed))
      shown.set(table, [...(shown.get(table) ?? []), ...keys]);
    return { shown, proved: !this.allDoubtful && !this.doubtful.has(unit) };
  }
}
