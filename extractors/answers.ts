import { RecordRejected } from '../src/engine/stream.ts';
import { malformedError } from '../src/wecom/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/wecom/json.ts';
import { type Fields, isNothing } from './fields.ts';

/**
 * The main list of an answer; the four nothings are an empty one. Throws WecomError WECOM_MALFORMED for anything else:
 * the client has seen that the key is there, and a text in its place must not pass for "no data".
 */
export function mainList(answer: JsonObject, key: string, endpoint: string): readonly JsonValue[] {
  const list = answer[key];
  if (Array.isArray(list)) return list;
  if (isNothing(list)) return [];
  throw malformedError(endpoint, `its ${key} is no list`, 'fail');
}

/**
 * Checks the inner lists and objects of a detail answer, by path: each holds what `shape` says, or one of the four
 * nothings (customer-contact 1.4). Throws WecomError WECOM_MALFORMED for anything else: rows would end for a mistake.
 */
export function checkShape(
  record: JsonObject,
  shape: Readonly<Record<string, 'list' | 'object'>>,
  endpoint: string,
): void {
  for (const [path, kind] of Object.entries(shape)) {
    const value = path
      .split('.')
      .reduce<JsonValue | undefined>((at, key) => (isJsonObject(at) ? at[key] : undefined), record);
    const right = kind === 'list' ? Array.isArray(value) : isJsonObject(value);
    if (!right && !isBlank(value)) throw malformedError(endpoint, `its ${path} is no ${kind}`, 'fail');
  }
}

/** The four spellings of nothing. */
const isBlank = (value: JsonValue | undefined): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

/**
 * Rejects a record in which something else stands in place of a list of which each item is a row: the rows that are
 * stored would end for a mistake. The walk that shows such a record proves nothing.
 */
export function requireList(f: Fields, key: string): void {
  const value = f.raw(key);
  if (!Array.isArray(value) && !isNothing(value)) throw new RecordRejected(`field "${key}" is no list`);
}
