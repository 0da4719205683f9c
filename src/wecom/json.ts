/** An integer beyond 2^53, kept digit by digit; JSON.stringify writes it as the number it was. */
export interface RawNumber {
  readonly rawJSON: string;
}
export type JsonValue = null | boolean | number | string | RawNumber | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

declare global {
  // Node 22 has them; TypeScript 7.0 does not declare them yet.
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
    ): unknown;
  }
}

export interface ParsedAnswer {
  answer: JsonObject;
  /** Strings and keys in which U+0000 or a lone surrogate was found. */
  cleaned: number;
}

/** A number of 16 or more digits can stand after a colon, a comma or a bracket only (directory-and-oa section 1). */
const LONG_INTEGER = /[[:,]\s*-?\d{16}/;
const INTEGER = /^-?\d+$/;
/**
 * Levels of an answer that stay objects and lists: the deepest records of WeCom (tables of a request) have about 12, and
 * from some 2,000 on each walk through a record would end in a stack overflow.
 */
const MOST_LEVELS = 100;
/** Escapes of U+0000 and of surrogates: without one, no string needs cleaning. */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/i;

/**
 * The body of an answer as an object, with every digit of its integers, and text cleaned at this border: U+0000
 * removed, lone surrogates replaced by U+FFFD, what is nested too deeply kept as its text. Throws SyntaxError when the body is empty, truncated, HTML or no object.
 */
export function parseAnswer(answer: string): ParsedAnswer {
  const text = withoutDepths(answer);
  const parsed: unknown = LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
  if (!isJsonObject(parsed)) throw new SyntaxError('The answer is JSON but no object.');
  if (!SUSPECT_ESCAPE.test(text)) return { answer: parsed, cleaned: 0 };
  const count = { cleaned: 0 };
  return { answer: cleanObject(parsed, count), cleaned: count.cleaned };
}

/** What lies deeper than `MOST_LEVELS` as a string of its own JSON. */
function withoutDepths(text: string): string {
  let level = 0;
  let from = 0;
  let copied = 0;
  let shallow = '';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (level === MOST_LEVELS) from = at;
      level += 1;
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      level -= 1;
      if (level !== MOST_LEVELS) continue;
      shallow += text.slice(copied, from) + JSON.stringify(text.slice(from, at + 1));
      copied = at + 1;
    }
  }
  return copied === 0 ? text : shallow + text.slice(copied);
}

const [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [...'"\\{}[]'].map((sign) =>
  sign.charCodeAt(0),
);

/** Where the string that begins at `opening` ends; the end of a text that is cut off. */
function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes += 1;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}

export function isRawNumber(value: unknown): value is RawNumber {
  return JSON.isRawJSON(value);
}

/** Narrows what JSON.parse returned: neither null, nor an array, nor a long number. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** A number or a numeric string as an integer (types drift: section 1.4); anything else is undefined. */
export function toInteger(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'string' && INTEGER.test(value.trim())) return Number(value);
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

function keepDigits(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context.source !== undefined && INTEGER.test(context.source) ? JSON.rawJSON(context.source) : value;
}

function clean(value: JsonValue, count: { cleaned: number }): JsonValue {
  if (typeof value === 'string') return cleanText(value, count);
  if (Array.isArray(value)) return value.map((item) => clean(item, count));
  return isJsonObject(value) ? cleanObject(value, count) : value;
}

/** Object.fromEntries and not assignment: a key may be called `__proto__`. */
function cleanObject(value: JsonObject, count: { cleaned: number }): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key, count), clean(item, count)]),
  );
}

function cleanText(text: string, count: { cleaned: number }): string {
  if (text.isWellFormed() && !text.includes('\0')) return text;
  count.cleaned += 1;
  return text.replaceAll('\0', '').toWellFormed();
}
