import { addDays, type DayRange } from '../src/days.ts';
import type { NormaliseContext, StreamContext } from '../src/engine/stream.ts';
import {
  isJsonObject,
  type Page,
  type WecomError,
  type WecomRequest,
  walkCursor,
} from '../src/wecom/index.ts';
import type { JsonObject } from '../src/wecom/json.ts';
import { mainList } from './answers.ts';
import type { Fields } from './fields.ts';

/** What the extractors of customer contact share: members, why one is skipped, and walks through the stream's context. */

/** A userid field in the directory's spelling. */
export function userid(f: Fields, key: string, context: NormaliseContext): string | null | undefined {
  const id = f.optionalId(key);
  return id ? context.spelling(id) : id;
}

/** Distinct userids in the directory's spelling; WeCom compares them without case (customer-contact 1.3). */
export function distinctUserids(ids: Iterable<string>, context: NormaliseContext): string[] {
  const distinct = new Map<string, string>();
  for (const id of ids) {
    const spelled = context.spelling(id);
    if (!distinct.has(spelled.toLowerCase())) distinct.set(spelled.toLowerCase(), spelled);
  }
  return [...distinct.values()];
}

/** The values of a text column of a stored table. */
export async function storedTexts(context: StreamContext, table: string, column: string): Promise<string[]> {
  const rows = await context.stored(table, [column]);
  return rows.flatMap((row) => {
    const value = row[column];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
}

/** Members with the customer-contact function, as the last finished walk of the follow-user list showed them. */
export async function followUsers(context: StreamContext): Promise<string[]> {
  return distinctUserids(await storedTexts(context, 'follow_users', 'userid'), context);
}

/**
 * Members whom the stored list has shown only since this stream succeeded last: hired, or come into the visible range.
 * What is kept per day and not per member (group figures, lists of requests) has not been read for them.
 */
export async function newcomers(context: StreamContext, table: string): Promise<string[]> {
  const since = context.lastSuccess;
  if (since === null) return [];
  const rows = await context.stored(table, ['userid', 'valid_from']);
  return rows.flatMap(({ userid: id, valid_from: from }) =>
    typeof id === 'string' && typeof from === 'string' && from > since ? [id] : [],
  );
}

/** The blocks of at most `most` that a list falls into, in its order. */
export function slices<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, i) =>
    items.slice(i * most, (i + 1) * most),
  );
}

/** WeCom's many ways to say that the caller does not see this object (customer-contact 17.2, directory-and-oa 5.2). */
const NOT_VISIBLE = new Set([40003, 40031, 46004, 50002, 60011, 60021, 60030, 60111, 81013, 92000, 301055]);
const UNLICENSED = new Set([701008, 701099]);

export function isNotVisible(error: WecomError): boolean {
  return error.errcode !== undefined && NOT_VISIBLE.has(error.errcode);
}

/** Reason of a skipped unit: a word where we know one, else the errcode. */
export function skipReason(error: WecomError): string {
  if (isNotVisible(error)) return 'not_visible';
  if (error.errcode !== undefined && UNLICENSED.has(error.errcode)) return 'unlicensed';
  if (error.errcode === 84074) return 'no_contact_right';
  return String(error.errcode ?? error.code);
}

/**
 * The records of an answer's main list. An entry that is no object becomes a record without a key: it is rejected, and
 * the walk that showed it proves nothing. Throws WecomError WECOM_MALFORMED when something else stands in the list's place.
 */
export function rowsOf(answer: JsonObject, key: string, endpoint: string): JsonObject[] {
  return mainList(answer, key, endpoint).map((item) => (isJsonObject(item) ? item : { entry: item }));
}

/** Hands a walker's request to the stream's context, which knows area and signal itself. */
export function callOf(context: StreamContext): (request: WecomRequest) => Promise<JsonObject> {
  return ({ path, body, list }) =>
    context.call({
      path,
      ...(isJsonObject(body) ? { body } : {}),
      ...(list === undefined ? {} : { list }),
    });
}

/** All pages of a cursor endpoint of customer contact. */
export function cursorPages(
  context: StreamContext,
  path: string,
  list: string,
  body: JsonObject,
): AsyncGenerator<Page, void, void> {
  return walkCursor({
    call: callOf(context),
    request: (cursor) => ({
      path,
      area: 'customer',
      list,
      body: cursor === undefined ? body : { ...body, cursor },
    }),
  });
}

/** Statistics go back so many days (customer-contact 6). */
export const RETENTION_DAYS = 180;

/** 600018 for a span that begins on the oldest day: it has been forgotten since the run began. */
export function isExpired(error: WecomError, days: DayRange, context: StreamContext): boolean {
  return error.errcode === 600018 && days.from === addDays(context.today, -RETENTION_DAYS);
}
