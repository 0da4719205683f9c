/** Merges the rows of one table: compares, inserts what is new, merges what differs, ends children no longer shown. */
import { CompiledQuery, type Transaction } from 'kysely';
import type { Stream } from '../src/engine/stream.ts';
import { type ColumnType, columnsOf, keyText, type Row, type Table } from '../src/engine/table.ts';
import { addCounts, type Batch, type Committed, type StagedRow } from '../src/engine/warehouse.ts';
import { type Comparison, compareChildrenSql, compareSql, insertSql } from './compare.ts';
import { arrayLiteral, columnLiteral } from './literals.ts';
import { type MergeSql, mergeSql } from './merge.ts';
import type { SyncDatabase } from './schema.ts';

type Trx = Transaction<SyncDatabase>;

/** A key, and when its row was last shown. */
export interface KeyRow {
  readonly key: Row;
  readonly shownAt: string | null;
}

/** A stored child row that its parent, shown by a walk of the unit, no longer has. */
export interface MissingRow extends KeyRow {
  readonly unit: string | undefined;
}

export interface MergerParts {
  readonly stream: Pick<Stream, 'name' | 'proof' | 'days'>;
  readonly run: { readonly corpId: string; readonly startedAt: string };
  readonly tableOf: (name: string) => Table;
  /** Start of the last complete walk of each unit before this run. */
  readonly lastShown: ReadonlyMap<string, string | null>;
  readonly endKeys: (trx: Trx, table: Table, reason: string, rows: readonly KeyRow[]) => Promise<number>;
  /** Child rows that a walk has not shown with their parents wait for the end of the stream, where they do not end at once. */
  readonly recordMissing: (
    trx: Trx,
    table: string,
    shown: readonly StagedRow[],
    missing: readonly MissingRow[],
  ) => Promise<void>;
}

export function tableMerger({ stream, run, tableOf, lastShown, endKeys, recordMissing }: MergerParts) {
  const merges = new Map<string, MergeSql>();
  const mergeOf = (table: Table, keep: ReadonlySet<string>): MergeSql => {
    const name = `${table.name} ${[...keep].sort().join(' ')}`;
    const known = merges.get(name) ?? mergeSql(table, stream.name, keep);
    merges.set(name, known);
    return known;
  };
  /** Tables whose rows belong to one unit, and their child tables: no two lanes ever write the same row of them. */
  const owned = new Set(
    (stream.proof?.('', []) ?? [])
      .filter(({ where }) => Object.keys(where).length > 0)
      .map(({ table }) => table),
  );
  const isOwned = (table: Table): boolean =>
    owned.has(table.name) || (table.parent !== null && isOwned(tableOf(table.parent)));

  /** A column without any value is an empty array: those unnested side by side are filled up with NULL. */
  const literals = (
    columns: readonly (readonly [string, ColumnType])[],
    staged: readonly StagedRow[],
    empty: Table['empty'] = {},
    keep: ReadonlySet<string> = new Set(),
  ) =>
    columns.map(([name, type]) => {
      const blank = keep.has(name) ? undefined : empty[name];
      const cells = staged.map(({ row }) => (row[name] === undefined ? blank : row[name]));
      return cells.every((cell) => cell === null || cell === undefined) ? '{}' : columnLiteral(type, cells);
    });

  return mergeTable;

  /** How one try of a commit writes: see `blankTables` of the loader, and `commitOnce`. */
  async function mergeTable(
    trx: Trx,
    table: Table,
    batch: Batch,
    sum: Committed,
    { blank, again }: { readonly blank: ReadonlySet<string>; readonly again: boolean },
  ): Promise<void> {
    if (!blank.has(table.name)) return compareAndMerge(trx, table, batch, sum, again);
    const staged = batch.tables.get(table.name) ?? [];
    const columns = literals(columnsOf(table), staged, table.empty);
    const inserted = await insert(trx, table, staged, columns, again || !isOwned(table));
    addCounts(sum, { inserted, unchanged: staged.length - inserted });
    noteMoved(staged, sum);
  }

  /** Compares the rows with what is stored and writes only what differs; child rows no longer shown end. */
  async function compareAndMerge(
    trx: Trx,
    table: Table,
    batch: Batch,
    sum: Committed,
    again: boolean,
  ): Promise<void> {
    const staged = batch.tables.get(table.name) ?? [];
    const parents = table.parent === null ? [] : (batch.tables.get(table.parent) ?? []);
    if (staged.length + parents.length === 0) return;
    const keep = batch.keep.get(table.name) ?? new Set<string>();
    const columns = literals(columnsOf(table), staged, table.empty, keep);
    const parent = table.parent === null ? null : tableOf(table.parent);
    const text = parent ? compareChildrenSql(table, parent, keep) : compareSql(table, keep);
    const parentKeys = parent ? literals(Object.entries(parent.key), parents) : [];
    const { rows } = await trx.executeQuery<Comparison>(
      CompiledQuery.raw(text, [run.corpId, run.startedAt, ...columns, ...parentKeys]),
    );
    const [found] = rows;
    if (!found) throw new Error(`The comparison of ${table.name} answered nothing.`);
    const at = (positions: readonly number[]) => positions.flatMap((position) => staged[position - 1] ?? []);
    sum.kept.push(...at(found.kept).map((row) => ({ table: table.name, row })));
    const fresh = at(found.fresh);
    // A first load inserts what it has just compared: its arrays are not built twice.
    const same = fresh.length === staged.length && keep.size === 0;
    const arrays = same ? columns : literals(columnsOf(table), fresh, table.empty);
    const inserted = await insert(trx, table, fresh, arrays, !isOwned(table));
    addCounts(sum, { inserted, unchanged: staged.length - inserted - found.changed.length });
    if (found.changed.length > 0) await merge(trx, table, at(found.changed), batch, sum);
    // The try before may have been committed without an answer: what it moved compares equal now.
    noteMoved(again ? staged : [...fresh, ...at(found.changed)], sum);
    if (!parent) return;
    let missing = missingRows(table, parent, parents, found);
    if (table.missing !== 'ends') {
      const walked = missing.filter(({ unit }) => unit !== undefined);
      await recordMissing(trx, table.name, staged, walked);
      missing = unwalked(parent, staged, missing);
    }
    sum.deleted += await endKeys(trx, table, 'absent', missing);
  }

  /** What no walk has shown (a stored document, a retried reject) ends at once, except where its list is empty. */
  function unwalked(parent: Table, staged: readonly StagedRow[], missing: readonly MissingRow[]) {
    const alone = missing.filter(({ unit }) => unit === undefined);
    if (alone.length === 0) return [];
    const parentNames = Object.keys(parent.key);
    const shown = new Set(staged.map(({ row }) => keyText(parentNames, row)));
    return alone.filter(({ key }) => shown.has(keyText(parentNames, key)));
  }

  async function insert(
    trx: Trx,
    table: Table,
    fresh: readonly StagedRow[],
    arrays: readonly string[],
    collides: boolean,
  ): Promise<number> {
    if (fresh.length === 0) return 0;
    const { numAffectedRows } = await trx.executeQuery(
      CompiledQuery.raw(insertSql(table, collides), [run.corpId, run.startedAt, ...arrays]),
    );
    return Number(numAffectedRows ?? 0);
  }

  function noteMoved(rows: readonly StagedRow[], sum: Committed): void {
    const day = stream.days?.column;
    if (day)
      for (const { unit, row, inPlace } of rows) if (inPlace) sum.movedDays.push(`${unit}\0${row[day]}`);
  }

  function missingRows(
    table: Table,
    parent: Table,
    parents: readonly StagedRow[],
    { missing }: Comparison,
  ): MissingRow[] {
    if (missing.length === 0) return [];
    const names = Object.keys(table.key);
    const parentNames = Object.keys(parent.key);
    const units = new Map(parents.map(({ row, unit }) => [keyText(parentNames, row), unit]));
    return missing.map((values) => {
      const key: Row = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      const unit = units.get(keyText(parentNames, key));
      return { key, unit, shownAt: lastShown.get(unit ?? '') ?? null };
    });
  }

  async function merge(trx: Trx, table: Table, staged: readonly StagedRow[], batch: Batch, sum: Committed) {
    const keep = batch.keep.get(table.name) ?? new Set<string>();
    const { text, columns } = mergeOf(table, keep);
    const parameters = literals(columns, staged, table.empty, keep);
    const { rows } = await trx.executeQuery<MergeResult>(
      CompiledQuery.raw(text, [
        run.corpId,
        run.startedAt,
        ...parameters,
        arrayLiteral(staged.map((row) => row.inPlace)),
        arrayLiteral(staged.map((row) => lastShown.get(row.unit ?? '') ?? null)),
      ]),
    );
    const result = rows[0];
    if (!result) throw new Error(`The merge of ${table.name} answered nothing.`);
    const inserted = Number(result.inserted);
    const updated = Number(result.updated);
    addCounts(sum, { inserted, updated, unchanged: Number(result.total) - inserted - updated });
  }
}

interface MergeResult {
  readonly total: string;
  readonly inserted: string;
  readonly updated: string;
}
