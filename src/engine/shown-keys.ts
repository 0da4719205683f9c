import { keyText, type Row, type Table } from './table.ts';

/** About the rows of one page: what waits in lists is small, and few texts are long. */
const WAITING = 100;

/**
 * Keys that a walk has shown. A walk of 100 members shows tens of thousands before the first member is finished, and
 * eight walks go on side by side: as text they take 50 bytes each, as objects 140.
 */
export class ShownKeys {
  private readonly columns: readonly string[];
  private waiting: string[] = [];
  private readonly packed: string[] = [];

  constructor(table: Table) {
    this.columns = Object.keys(table.key);
  }

  add(row: Row): void {
    this.waiting.push(keyText(this.columns, row));
    if (this.waiting.length < WAITING) return;
    this.packed.push(this.waiting.join('\0'));
    this.waiting = [];
  }

  /** The keys as rows of texts. */
  rows(): Row[] {
    return [...this.packed, ...this.waiting].flatMap((text) => {
      const values = text.split('\0');
      const count = values.length / this.columns.length;
      return Array.from({ length: count }, (_, i) =>
        Object.fromEntries(this.columns.map((column, at) => [column, values[i * this.columns.length + at]])),
      );
    });
  }
}
