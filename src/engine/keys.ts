/**
 * Whether the keys of a record can stand in the key columns: the border at which a record whose keys cannot becomes a
 * reject. Behind it every key is one that PostgreSQL takes, in rows, proofs and absences alike. Pure.
 */

import { isDay } from '../days.ts';
import type { JsonObject } from '../wecom/json.ts';
import { type NormaliseContext, RecordRejected, type Rows, type Stream } from './stream.ts';
import type { ColumnType, Row, Table } from './table.ts';

/**
 * Ids of WeCom have at most 64 bytes, old template ids about 128. An index entry holds 2,704, and beside the key stand the
 * corp and, in wecom_sync.absences, the names.
 */
const MOST_KEY_BYTES = 2_000;
/** Bytes of UTF-8 that one unit of UTF-16 takes at most. */
const BYTES = 3;
const EXAMPLE_CHARACTERS = 60;

/** Whole numbers as PostgreSQL writes them: another spelling of a key would be another key here, and the same one there. */
const whole = (bits: number) => (text: string) =>
  /^(0|-?[1-9]\d{0,18})$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text);

/** Types of keys that do not take every text. */
const FITS: Readonly<Partial<Record<ColumnType, (text: string) => boolean>>> = {
  integer: whole(32),
  bigint: whole(64),
  // PostgreSQL has no year 0.
  date: (text) => isDay(text) && text >= '0001',
  timestamptz: (text) => /^(?!0000)\d{4}-.+Z$/.test(text) && !Number.isNaN(Date.parse(text)),
};

/**
 * The rows of a record, whose keys fit their columns. Throws RecordRejected: no row can have a key that fits no column,
 * so such a record hides none, and what it shows besides counts as seen; a row without a key could be any row.
 */
export function normalised(
  stream: Pick<Stream, 'tables' | 'normalise'>,
  record: JsonObject,
  context: NormaliseContext,
): Rows {
  const rows = stream.normalise(record, context);
  const reason = firstMisfit(stream.tables, rows);
  if (reason === undefined) return rows;
  throw new RecordRejected(reason, shownBy(stream.tables, rows));
}

function firstMisfit(tables: readonly Table[], rows: Rows): string | undefined {
  for (const table of tables)
    for (const row of rows[table.name] ?? []) {
      const reason = misfit(table, row);
      if (reason !== undefined) return reason;
    }
  return undefined;
}

/** Rows with a key that fits; undefined when a row that is nobody's part has no key at all. */
function shownBy(tables: readonly Table[], rows: Rows): Rows | undefined {
  const own = tables.filter((table) => table.parent === null);
  const nameless = own.some((table) => rows[table.name]?.some((row) => lacking(table, row) !== undefined));
  if (nameless) return undefined;
  const fitting = (table: Table) =>
    (rows[table.name] ?? []).filter((row) => misfit(table, row) === undefined);
  return Object.fromEntries(own.map((table) => [table.name, fitting(table)]));
}

function lacking({ key }: Table, row: Row): string | undefined {
  return Object.keys(key).find((column) => row[column] === null || row[column] === undefined);
}

/** Why the key of the row cannot be stored, or undefined. */
export function misfit(table: Table, row: Row): string | undefined {
  let units = 0;
  for (const column in table.key) {
    const value = row[column];
    if (value === null || value === undefined) return `key ${table.name}.${column} has no value`;
    const text = String(value);
    const type = table.key[column] ?? 'text';
    if (FITS[type]?.(text) === false)
      return `key ${table.name}.${column} is no ${type}: ${JSON.stringify(text.slice(0, EXAMPLE_CHARACTERS))}`;
    units += text.length;
  }
  if (units * BYTES <= MOST_KEY_BYTES) return undefined;
  const bytes = Object.keys(table.key).reduce(
    (sum, column) => sum + Buffer.byteLength(String(row[column])),
    0,
  );
  return bytes <= MOST_KEY_BYTES
    ? undefined
    : `the key of ${table.name} has ${bytes} bytes, more than ${MOST_KEY_BYTES}`;
}
