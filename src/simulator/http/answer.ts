/** How answers look: the envelope, errors with hint and address, headers (customer-contact 1.1). */
import type { Row } from '../world/odd.ts';

/** A business error: HTTP 200 with this errcode. */
export class ApiError extends Error {
  readonly errcode: number;
  /** keys beside the emptied lists, such as tech_msg */
  readonly extra: Row;

  constructor(errcode: number, message = MESSAGES[errcode] ?? 'unknown error', extra: Row = {}) {
    super(message);
    this.errcode = errcode;
    this.extra = extra;
  }
}

const MESSAGES: Record<number, string> = {
  [-1]: 'system busy',
  40001: 'invalid credential',
  40003: 'invalid userid',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40050: 'invalid group id',
  40058: 'invalid request parameter',
  40063: 'some parameters are empty',
  40068: 'invalid tagid',
  40096: 'invalid external userid',
  41001: 'access_token missing',
  41002: 'corpid missing',
  41004: 'corpsecret missing',
  41009: 'userid missing',
  41035: 'external_userid missing',
  42001: 'access_token expired',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  48002: 'api forbidden',
  48009: 'api forbidden for contact sync assistant',
  49008: 'group chat is dismissed',
  50100: 'invalid paging cursor',
  60003: 'department not found',
  60011: 'no privilege to access/modify contact/party/agent',
  60020: 'not allow to access from your ip',
  60111: 'userid not found',
  60123: 'invalid party id',
  81017: 'too many items',
  84061: 'not external contact',
  90501: 'chat is not external group chat',
  301002: 'not allow operate another agent with this accesstoken',
  301021: 'userid in list does not exist',
  301023: 'useridlist is empty or over 100',
  301024: 'invalid begin or end time',
  301025: 'get approval param error',
  301026: 'read template error',
  301055: 'no approval auth',
  600018: 'invalid start time or end time',
  600041: 'invalid offset or limit',
  701008: 'no valid license of any given userid',
};

/** The body of a failure: errcode, errmsg with hint and address, the success keys emptied. */
export function failure(error: ApiError, hint: string, ip: string, emptied: Row): Row {
  const more = `more info at https://open.work.weixin.qq.com/devtool/query?e=${error.errcode}`;
  const errmsg = `${error.message}, hint: [${hint}], from ip: ${ip}, ${more}`;
  return { errcode: error.errcode, errmsg, ...emptied, ...error.extra };
}

export function success(body: Row): Row {
  return { errcode: 0, errmsg: 'ok', ...body };
}

/** JSON text; `bigint` becomes an integer with all its digits, lone surrogates and U+0000 become \u escapes. */
export function jsonText(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (error) {
    // The replacer costs half the speed of a page, so it is used only where a bigint has been met.
    if (!(error instanceof TypeError)) throw error;
  }
  return JSON.stringify(body, (_, value: unknown) => (typeof value === 'bigint' ? rawInteger(value) : value));
}

function rawInteger(value: bigint): unknown {
  const json: unknown = JSON;
  if (!hasRawJson(json)) throw new Error('This version of Node has no JSON.rawJSON: use Node 22 or newer.');
  return json.rawJSON(String(value));
}

function hasRawJson(json: unknown): json is { rawJSON(text: string): unknown } {
  return typeof json === 'object' && json !== null && 'rawJSON' in json;
}
