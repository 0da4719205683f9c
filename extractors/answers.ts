import { malformedError } from '../src/wecom/errors.ts';
import type { JsonObject, JsonValue } from '../src/wecom/json.ts';
import { isNothing } from './fields.ts';

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
