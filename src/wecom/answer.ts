import { errcodeError, malformedError, transportError } from './errors.ts';
import { isRawNumber, type JsonObject, type JsonValue, parseAnswer, toInteger } from './json.ts';
import { redact } from './secrets.ts';
import type { HttpAnswer } from './transport.ts';

/** The answer's object, and how many of its strings had to be cleaned. */
export interface ReadAnswer {
  answer: JsonObject;
  cleaned: number;
}

/**
 * What one HTTP answer means. `errcode` is read before anything else: error bodies carry empty lists (customer-contact
 * section 1.1). Throws WecomError WECOM_ERRCODE, WECOM_TRANSPORT (no JSON object, HTTP error) or WECOM_MALFORMED
 * (errcode 0 without the list named `list` and without a cursor that would explain it).
 */
export function readAnswer(endpoint: string, http: HttpAnswer, list: string | undefined): ReadAnswer {
  const parsed = parse(endpoint, http);
  const { answer } = parsed;
  const errcode = readErrcode(endpoint, answer.errcode);
  if (errcode !== 0) throw errcodeError(endpoint, errcode, redact(String(answer.errmsg ?? '')));
  if (http.status >= 300) throw transportError(endpoint, `HTTP status ${http.status}`);
  if (list !== undefined) checkList(endpoint, answer, list);
  return parsed;
}

/** A missing list, or a text or number in its place, must not pass for "no data". */
function checkList(endpoint: string, answer: JsonObject, list: string): void {
  const value = answer[list];
  if (value === undefined) {
    if (!hasCursor(answer)) throw malformedError(endpoint, `without ${list} and without a cursor`);
  } else if (value !== null && value !== '' && (typeof value !== 'object' || isRawNumber(value)))
    throw transportError(endpoint, `its ${list} is no list`);
}

/** A cursor to go on with; the four spellings of nothing, and 0, are none. */
export function isCursor(value: JsonValue | undefined): value is Cursor {
  if (typeof value === 'string') return value !== '';
  return (typeof value === 'number' && value !== 0) || isRawNumber(value);
}

/** Passed back unchanged; journal cursors are numbers. */
export type Cursor = Exclude<JsonValue, null | boolean | JsonValue[] | JsonObject>;

function parse(endpoint: string, http: HttpAnswer): ReadAnswer {
  try {
    return parseAnswer(http.text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw transportError(endpoint, `HTTP status ${http.status} with ${described(http.text)}`);
  }
}

/** The body itself is not quoted: a gateway's page may show the URL with the token. */
function described(text: string): string {
  if (text.trim() === '') return 'an empty body';
  if (text.trimStart().startsWith('<')) return `an HTML page of ${text.length} characters`;
  return `a body of ${text.length} characters that is no JSON object`;
}

/** A missing errcode counts as 0, and a numeric string as its number (directory-and-oa section 1). */
function readErrcode(endpoint: string, value: JsonValue | undefined): number {
  if (value === undefined || value === null || value === '') return 0;
  const errcode = toInteger(value);
  if (errcode === undefined) throw transportError(endpoint, 'its errcode is no number');
  return errcode;
}

function hasCursor(answer: JsonObject): boolean {
  return isCursor(answer.next_cursor) || isCursor(answer.new_next_cursor);
}
