import { isJsonObject, type JsonObject, type JsonValue } from '../src/wecom/json.ts';
import { Fields, idOf, isNothing } from './fields.ts';

/** The fields of an inner object; of anything else, no fields. */
export function fieldsOf(value: JsonValue | undefined): Fields {
  return new Fields(isJsonObject(value) ? value : {});
}

/** A text under its present key, or under the one that old answers have. */
export function textOf(f: Fields, key: string, oldKey: string): string | null | undefined {
  const value = f.text(key);
  if (typeof value === 'string') return value;
  const old = f.text(oldKey);
  return old === undefined ? value : old;
}

/** The items of a list field, taken, without the nothings; a scalar or an object in its place is a list of one. */
export function takeList(f: Fields, key: string): readonly JsonValue[] {
  const value = f.raw(key);
  if (value === undefined || isNothing(value)) return [];
  return Array.isArray(value) ? value.filter((item) => !isNothing(item)) : [value];
}

/**
 * The distinct ids of a list field whose items are ids, or objects that hold one under `idKey`. `rest`: what else the
 * items hold, to be kept in `extra`.
 */
export function takeIds(f: Fields, key: string, idKey: string): { ids: string[]; rest: JsonValue[] } {
  const ids = new Set<string>();
  const rest: JsonValue[] = [];
  for (const item of takeList(f, key)) {
    const inner = isJsonObject(item) ? new Fields(item) : undefined;
    const id = inner ? inner.optionalId(idKey) : idOf(item);
    if (id) ids.add(id);
    const left = inner ? inner.leftover() : id ? null : item;
    if (!isNothing(left)) rest.push(left);
  }
  return { ids: [...ids], rest };
}

/**
 * `extra` of a row as jsonb text: what is left of its own object, and of the `outer` one around it. A key that both
 * have stays apart as `record.<key>`. NULL when nothing is left over.
 */
export function extraOf(own: JsonObject, outer: JsonObject = {}): string | null {
  const extra = new Map(Object.entries(own).filter(([, value]) => !isNothing(value)));
  for (const [key, value] of Object.entries(outer)) {
    if (!isNothing(value)) extra.set(extra.has(key) ? `record.${key}` : key, value);
  }
  return extra.size === 0 ? null : JSON.stringify(Object.fromEntries(extra));
}
