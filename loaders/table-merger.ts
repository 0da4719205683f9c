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

export interface MergerParts {
  readonly stream: Pick<Stream, 'proof' | 'days'>;
  readonly run: { readonly corpId: string; readonly startedAt: string };
  readonly tableOf: (name: string) => Table;
  /** Start of the last complete walk of each unit before this run. */
  readonly lastShown: ReadonlyMap<string, string | null>;
  readonly endKeys: (trx: Trx, table: Table, reason: string, rows: readonly KeyRow[]) => Promise<number>;
}

export function tableMerger({ stream, run, tableOf, lastShown, endKeys }: MergerParts) {
  const merges = new Map<string, MergeSql>();
  const mergeOf = (table: Table, keep: ReadonlySet<string>): MergeSql => {
    const name = `${table.name} ${[...keep].sort().join(' ')}`;
    const known = merges.get(name) ?? mergeSql(table, keep);
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

  const literals = (columns: readonly (readonly [string, ColumnType])[], staged: readonly StagedRow[]) =>
    columns.map(([name, type]) =>
      columnLiteral(
        type,
        staged.map(({ row }) => row[name]),
      ),
    );

  return mergeTable;

  /** Compares the rows with what is stored and writes only what differs; child rows no longer shown end. */
  async function mergeTable(trx: Trx, table: Table, batch: Batch, sum: Committed): Promise<void> {
    const staged = batch.tables.get(table.name) ?? [];
    const parents = table.parent === null ? [] : (batch.tables.get(table.parent) ?? []);
    if (staged.length + parents.length === 0) return;
    const keep = batch.keep.get(table.name) ?? new Set<string>();
    const columns = literals(columnsOf(table), staged);
    const parent = table.parent === null ? null : tableOf(table.parent);
    const text = parent ? compareChildrenSql(table, parent, keep) : compareSql(table, keep);
    const parentKeys = parent ? literals(Object.entries(parent.key), parents) : [];
    const { rows } = await trx.executeQuery<Comparison>(
      CompiledQuery.raw(text, [run.corpId, run.startedAt, ...columns, ...parentKeys]),
    );
    const [found] = rows;
    if (!found) throw new Error(`The comparison of ${table.name} answered nothing.`);
    if (found.kept) sum.kept.push(table.name);
    const at = (positions: readonly number[]) => positions.flatMap((position) => staged[position - 1] ?? []);
    const inserted = await insert(trx, table, at(found.fresh), staged, columns);
    addCounts(sum, { inserted, unchanged: staged.length - inserted - found.changed.length });
    if (found.changed.length > 0) await merge(trx, table, at(found.changed), batch, sum);
    noteMoved(
      at([...found.fresh, ...found.changed]).filter((row) => row.inPlace),
      sum,
    );
    if (parent)
      sum.deleted += await endKeys(trx, table, 'absent', missingKeys(table, parent, parents, found));
  }

  async function insert(
    trx: Trx,
    table: Table,
    fresh: readonly StagedRow[],
    staged: readonly StagedRow[],
    columns: readonly string[],
  ): Promise<number> {
    if (fresh.length === 0) return 0;
    // A first load inserts what it has just compared: its arrays are not built twice.
    const arrays = fresh.length === staged.length ? columns : literals(columnsOf(table), fresh);
    const { numAffectedRows } = await trx.executeQuery(
      CompiledQuery.raw(insertSql(table, !isOwned(table)), [run.corpId, run.startedAt, ...arrays]),
    );
    return Number(numAffectedRows ?? 0);
  }

  function noteMoved(rows: readonly StagedRow[], sum: Committed): void {
    const day = stream.days?.column;
    if (day) for (const { unit, row } of rows) sum.movedDays.push(`${unit}\0${row[day]}`);
  }

  function missingKeys(
    table: Table,
    parent: Table,
    parents: readonly StagedRow[],
    { missing }: Comparison,
  ): KeyRow[] {
    if (missing.length === 0) return [];
    const names = Object.keys(table.key);
    const parentNames = Object.keys(parent.key);
    const units = new Map(parents.map(({ row, unit }) => [keyText(parentNames, row), unit]));
    return missing.map((values) => {
      const key: Row = Object.fromEntries(names.map((name, i) => [name, values[i]]));
      return { key, shownAt: lastShown.get(units.get(keyText(parentNames, key)) ?? '') ?? null };
    });
  }

  async function merge(trx: Trx, table: Table, staged: readonly StagedRow[], batch: Batch, sum: Committed) {
    const { text, columns } = mergeOf(table, batch.keep.get(table.name) ?? new Set());
    const parameters = columns.map(([name, type]) =>
      columnLiteral(
        type,
        staged.map(({ row }) => row[name]),
      ),
    );
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
