import type { Rows } from './stream.ts';
import type { Table } from './table.ts';
import type { Batch, KeptRow, StagedRow } from './warehouse.ts';

/**
 * Rows written once more at most. Beyond so many in a row without the key, the loss of a permission is the better
 * explanation than so many values emptied in one night: the columns keep what they hold until the next run.
 */
const MOST_ROWS = 2_000;

/**
 * What a lost permission would empty stays: guarded columns keep what they hold when not one record of the walk has their
 * key, and child tables whose key nobody has (`unsent`) prove nothing. Batches are written while the walk goes on, so a
 * column is kept until its key comes; rows that were written before are then written once more.
 */
export class Guarded {
  private readonly seen = new Set<string>();
  private readonly rows: { readonly columns: readonly string[]; readonly row: StagedRow }[] = [];
  /** Guarded columns that hold values for which no key has come. */
  private readonly holding = new Set<string>();
  private readonly tables: readonly Table[];
  /** Looked for in every record: a list, because most of it is gone after the first one. */
  private unseen: readonly { readonly name: string; readonly column: string }[];
  /** Child tables whose key no record had so far. */
  private unshown: readonly Table[];
  /** Those of them of which a record could have had rows. */
  private readonly lacking = new Set<string>();

  constructor(tables: readonly Table[]) {
    this.tables = tables.filter((table) => table.guarded.length > 0);
    this.unshown = tables.filter(({ missing }) => missing !== 'ends');
    this.unseen = this.tables.flatMap(({ name, guarded }) => guarded.map((column) => ({ name, column })));
  }

  /** Remembers which keys at least one record has. */
  note(rows: Rows): void {
    this.noteTables(rows);
    const seen = this.unseen.filter(({ name, column }) =>
      rows[name]?.some((row) => row[column] !== undefined),
    );
    if (seen.length === 0) return;
    for (const { name, column } of seen) this.seen.add(`${name}.${column}`);
    this.unseen = this.unseen.filter((one) => !seen.includes(one));
  }

  private noteTables(rows: Rows): void {
    if (this.unshown.length === 0) return;
    this.unshown = this.unshown.filter(({ name }) => rows[name] === undefined);
    for (const { name, parent } of this.unshown) if (rows[parent ?? '']?.length) this.lacking.add(name);
  }

  /** Child tables whose key WeCom sent for nobody: what their parents seem to lack proves nothing. */
  unsent(): string[] {
    return this.unshown.map(({ name }) => name).filter((name) => this.lacking.has(name));
  }

  /** Columns whose key nobody has had so far. */
  keep(): Map<string, Set<string>> {
    const keep = this.tables.map(({ name, guarded }): [string, Set<string>] => [
      name,
      new Set(guarded.filter((column) => !this.seen.has(`${name}.${column}`))),
    ]);
    return new Map(keep.filter(([, columns]) => columns.size > 0));
  }

  /** What a commit kept: rows that hold a value in one of the columns of `keep`. */
  kept(rows: readonly KeptRow[], keep: Batch['keep']): void {
    for (const { table, row } of rows) {
      const columns = [...(keep.get(table) ?? [])].map((column) => `${table}.${column}`);
      for (const column of columns) this.holding.add(column);
      if (this.rows.length < MOST_ROWS) this.rows.push({ columns, row });
    }
  }

  /** Rows that were written before a key came, each once per record. */
  late(): StagedRow[] {
    const late = this.rows.filter(({ columns }) => columns.some((column) => this.seen.has(column)));
    return [...new Map(late.map(({ row }) => [row.record, row])).values()];
  }

  /** Tables of which WeCom sent some key for nobody. */
  lost(): string[] {
    const columns = [...this.holding].filter((column) => !this.seen.has(column));
    return [...new Set(columns.map((column) => column.slice(0, column.indexOf('.'))))];
  }
}
