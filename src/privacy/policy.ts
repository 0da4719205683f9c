/** What the configuration says about personal columns, applied to a record before anything else sees it. Pure. */

import { createHmac } from 'node:crypto';
import { isJsonObject, isRawNumber, type JsonObject, type JsonValue } from '../wecom/json.ts';
import { personalColumns } from './columns.ts';

export const TREATMENTS = ['keep', 'drop', 'hash'] as const;
export type Treatment = (typeof TREATMENTS)[number];

/** `table.column` → what happens to it; columns that are not named are kept. */
export type Policy = Readonly<Record<string, Treatment | undefined>>;

/**
 * What `hash` writes: HMAC-SHA256 of the trimmed text (UTF-8) as 64 lower-case hexadecimal digits. Nothing else is
 * normalised, so that other data can be hashed alike (docs/personal-data.md).
 */
export function keyedHash(key: string, text: string): string {
  return createHmac('sha256', key).update(text.trim()).digest('hex');
}

type Change = (value: JsonValue | undefined) => JsonValue | undefined;

/** A key that is absent is set to null too: a guarded column would otherwise keep what it holds. */
const drop: Change = () => null;

const hash =
  (key: string): Change =>
  (value) => {
    if (value === undefined || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => hash(key)(item) ?? null);
    // No text of a person: it has no place in a text column, and must not go to `extra` as it is.
    if (isJsonObject(value)) return null;
    const text = isRawNumber(value) ? value.rawJSON : String(value);
    return text.trim() === '' ? null : keyedHash(key, text);
  };

/** The record with the policy applied to the columns of these tables; itself when nothing is to be changed. */
export type Treat = (record: JsonObject) => JsonObject;

/** `key`: of `hash`; the configuration asks for it when a column is hashed. */
export function treatmentOf(
  tables: readonly { readonly name: string }[],
  policy: Policy,
  key: string,
): Treat {
  const names = new Set(tables.map((table) => table.name));
  const changes = Object.entries(policy).flatMap(([column, treatment]): [string[], Change][] => {
    if (treatment === undefined || treatment === 'keep' || !names.has(column.split('.')[0] ?? '')) return [];
    const change = treatment === 'drop' ? drop : hash(key);
    return (personalColumns.get(column)?.paths ?? []).map((path) => [
      path.replaceAll('[]', '').split('.'),
      change,
    ]);
  });
  return (record) => changes.reduce((changed, [path, change]) => changeAt(changed, path, change), record);
}

/** A copy of the object in which the values at the path are changed; lists on the way are gone through. */
function changeAt(object: JsonObject, [name = '', ...rest]: readonly string[], change: Change): JsonObject {
  // Keys come with blanks around them now and then, and are read without.
  const present = Object.keys(object).filter((key) => key.trim() === name);
  const changed = (present.length === 0 ? [name] : present).flatMap((key): [string, JsonValue][] => {
    const before = object[key];
    const after = rest.length === 0 ? change(before) : within(before, rest, change);
    return after === undefined ? [] : [[key, after]];
  });
  return changed.length === 0 ? object : { ...object, ...Object.fromEntries(changed) };
}

function within(
  value: JsonValue | undefined,
  rest: readonly string[],
  change: Change,
): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item) => within(item, rest, change) ?? null);
  return isJsonObject(value) ? changeAt(value, rest, change) : value;
}
