import type { ColumnType, Value } from '../src/engine/table.ts';

/**
 * Array literals for `unnest`: one parameter per column, whatever the number of rows, so no statement comes near
 * PostgreSQL's 65,535 parameters. Building the text here is faster than node-postgres' own array conversion, which
 * copies every element through a regular expression.
 */

const NEEDS_ESCAPE = /["\\]/;

function element(text: string): string {
  return NEEDS_ESCAPE.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

/** `{"a",NULL,"b"}` */
export function arrayLiteral(values: readonly (string | number | boolean | null | undefined)[]): string {
  const parts = values.map((value) => {
    if (value === null || value === undefined) return 'NULL';
    return typeof value === 'string' ? element(value) : String(value);
  });
  return `{${parts.join(',')}}`;
}

/** A column of rows as one parameter. A `text[]` cell travels as its own literal and is cast after `unnest`. */
export function columnLiteral(type: ColumnType, cells: readonly (Value | undefined)[]): string {
  return arrayLiteral(
    cells.map((cell) => {
      if (type === 'text[]' && isList(cell)) return arrayLiteral(cell);
      return isList(cell) ? JSON.stringify(cell) : cell;
    }),
  );
}

function isList(cell: Value | undefined): cell is readonly string[] {
  return Array.isArray(cell);
}

/** The type that `unnest` gives each cell. */
export function transportType(type: ColumnType): string {
  return type === 'text[]' ? 'text' : type;
}
