import type { Rows } from './stream.ts';
import type { Table } from './table.ts';

/** Rows looked at per table and run: enough to notice a new field, too few to cost a night of a million rows anything. */
const SAMPLE = 2_000;

/**
 * Notices that WeCom's answers have changed: fields without a column, and values that no longer convert to theirs. Both
 * are kept in `extra`; this counts them, so that they are reported once per run and not per row.
 */
export class Drift {
  private readonly looked = new Map<string, number>();
  private readonly counts = new Map<string, number>();
  private readonly tables: readonly Table[];

  constructor(tables: readonly Table[]) {
    this.tables = tables.filter((table) => table.extra);
  }

  note(rows: Rows): void {
    for (const { name } of this.tables) {
      for (const row of rows[name] ?? []) {
        const looked = this.looked.get(name) ?? 0;
        if (typeof row.extra !== 'string' || looked >= SAMPLE) continue;
        this.looked.set(name, looked + 1);
        for (const key of Object.keys(JSON.parse(row.extra))) {
          const field = `${name}.${key}`;
          this.counts.set(field, (this.counts.get(field) ?? 0) + 1);
        }
      }
    }
  }

  /** `table.key (n)` for each field kept in extra, the most frequent first. */
  found(): string[] {
    return [...this.counts].toSorted((a, b) => b[1] - a[1]).map(([field, count]) => `${field} (${count})`);
  }
}
