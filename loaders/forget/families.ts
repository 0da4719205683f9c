/** Where a stored table stands among the tables that its stream writes. */
import type { Table } from '../../src/engine/table.ts';
import type { NameScope } from '../../src/privacy/forgotten.ts';
import type { StoredTable } from './tables.ts';

/** What the catalogue of streams says of the tables that one stream writes. */
export interface TableFamily {
  readonly tables: readonly Table[];
  readonly names: NameScope;
}

export interface Place {
  /** The object (an approval, a group) that a row is a part of; undefined where names are nobody's but the row's. */
  readonly root: { readonly table: string; readonly column: string } | undefined;
  readonly isDocument: boolean;
  /** Names of a person whom the object mentions are replaced in this table. */
  readonly hasNames: boolean;
}

export function placeOf({ schema, name }: StoredTable, families: readonly TableFamily[]): Place {
  const nowhere: Place = { root: undefined, isDocument: false, hasNames: false };
  if (schema !== 'wecom' && schema !== 'wecom_history') return nowhere;
  const family = families.find(({ tables }) => tables.some((table) => table.name === name));
  const table = family?.tables.find((candidate) => candidate.name === name);
  if (!family || !table || family.names === 'none') return nowhere;
  const root = rootOf(table, family.tables);
  const [column = ''] = Object.keys(root.key);
  const isDocument = family.names === 'document';
  return { root: { table: root.name, column }, isDocument, hasNames: isDocument || table.parent === null };
}

function rootOf(table: Table, tables: readonly Table[]): Table {
  const parent = tables.find(({ name }) => name === table.parent);
  return parent === undefined ? table : rootOf(parent, tables);
}
