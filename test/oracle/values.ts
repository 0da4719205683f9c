/**
 * Values as text, the same for what is expected and for what a table holds, so that two rows can be compared and printed.
 * NULL is null; times are ISO text; lists and JSON are JSON text with sorted keys; integers keep every digit.
 */

export type Json = null | boolean | number | bigint | string | Json[] | { [key: string]: Json };
export type Cell = string | null;

/** DESIGN 2.3: U+0000 removed, lone surrogates replaced by U+FFFD, nothing else touched. */
export function clean(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}

export function toJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return clean(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') throw new Error(`no JSON: ${typeof value}`);
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.map(([key, one]) => [clean(key), toJson(one)]));
}

/** JSON text with sorted keys and exact integers. */
export function jsonText(value: Json): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${jsonText(one)}`).join(',')}}`;
}

/** JSON text of the database, without losing digits. */
export function parseJson(text: string): Json {
  const exact = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && context?.source
      ? BigInt(context.source)
      : value;
  return toJson(JSON.parse(text, exact));
}

/** A decimal number without trailing zeros. */
export function decimal(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

const ARRAY_ITEM = /"((?:[^"\\]|\\.)*)"|([^,{}]+)/gs;

/** `{a,"b c"}` as JSON text. */
function listOf(text: string): string {
  const items = [...text.slice(1, -1).matchAll(ARRAY_ITEM)].map(
    ([, quoted, plain]) => quoted?.replace(/\\(.)/gs, '$1') ?? plain ?? '',
  );
  return JSON.stringify(items);
}

/** How the text form of each PostgreSQL type (by OID) becomes a cell. */
const READERS: Record<number, (text: string) => string> = {
  16: (text) => (text === 't' ? 'true' : 'false'),
  1184: (text) => (text === 'infinity' ? text : new Date(text).toISOString()),
  1700: decimal,
  1009: listOf,
  3802: (text) => jsonText(parseJson(text)),
};

export const cellTypes = {
  getTypeParser: (oid: number) => (text: string) => READERS[oid]?.(text) ?? text,
};
