import { RecordRejected } from '../src/engine/stream.ts';
import { isJsonObject, isRawNumber, type JsonObject, type JsonValue } from '../src/wecom/json.ts';

const LAST_SECOND = 253_402_300_799; // 9999-12-31T23:59:59Z: PostgreSQL and JavaScript both hold it
const INT4 = 2_147_483_647;

/** The four spellings of nothing (customer-contact 1.4), and an object without keys. */
export function isNothing(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value !== 'object') return false;
  return Array.isArray(value) ? value.length === 0 : !isRawNumber(value) && Object.keys(value).length === 0;
}

/** Text of a scalar; undefined for objects and lists. */
export function scalarText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}

/** A list field as a list, whichever of the four nothings it is. */
export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** An id inside a list: trimmed text, or null. */
export function idOf(value: JsonValue | undefined): string | null {
  return scalarText(value)?.trim() || null;
}

/** The id of a list's first entry, or of the object there; null when there is none. */
export function firstId(value: JsonValue | undefined, key?: string): string | null {
  const [first] = listOf(value);
  return key === undefined ? idOf(first) : isJsonObject(first) ? idOf(first[key]) : null;
}

/** The objects of a list; whatever else stands in it is not for us. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

/**
 * Reads the fields of one record. Every reader takes its key; what no reader took, or could not convert, is `rest()`:
 * so nothing a record says is dropped. A reader gives `undefined` for an absent key and null for the other nothings.
 */
export class Fields {
  private readonly record: JsonObject;
  private readonly taken = new Set<string>();
  private readonly nestedFields = new Map<string, Fields>();

  constructor(record: JsonObject) {
    this.record = Object.keys(record).some((key) => key !== key.trim())
      ? Object.fromEntries(Object.entries(record).map(([key, value]) => [key.trim(), value]))
      : record;
  }

  /** The value as it came, taken. */
  raw(key: string): JsonValue | undefined {
    this.taken.add(key);
    return this.record[key];
  }

  private convert<T>(key: string, read: (text: string) => T | undefined): T | null | undefined {
    const value = this.record[key];
    if (value === undefined) return undefined;
    if (isNothing(value)) {
      this.taken.add(key);
      return null;
    }
    const text = scalarText(value);
    const converted = text === undefined ? undefined : read(text);
    if (converted === undefined) return null;
    this.taken.add(key);
    return converted;
  }

  /** A key column. Throws RecordRejected when it is absent or empty; whether it fits the column, the engine sees (keys.ts). */
  id(key: string): string {
    const id = this.optionalId(key);
    if (!id) throw new RecordRejected(`key field "${key}" is absent, empty or no text`);
    return id;
  }

  /** An id that may be missing, trimmed: official samples hold ids with trailing blanks. */
  optionalId(key: string): string | null | undefined {
    const id = this.convert(key, (text) => text.trim());
    return id === '' ? null : id;
  }

  text(key: string): string | null | undefined {
    return this.convert(key, (text) => text);
  }

  /** int4 from a number or numeric text. */
  int(key: string): number | null | undefined {
    return this.convert(key, (text) =>
      /^\s*[+-]?\d{1,10}(\.0+)?\s*$/.test(text) && Math.abs(Number(text)) <= INT4 ? Number(text) : undefined,
    );
  }

  /** int8 as text, every digit kept. */
  bigint(key: string): string | null | undefined {
    return this.convert(key, (text) => {
      if (!/^\s*-?\d{1,19}\s*$/.test(text)) return undefined;
      const value = BigInt(text.trim());
      return value >= -(2n ** 63n) && value < 2n ** 63n ? value.toString() : undefined;
    });
  }

  /** A decimal number as text. */
  numeric(key: string): string | null | undefined {
    return this.convert(key, (text) =>
      /^\s*[+-]?\d{1,60}(\.\d{1,60})?([eE][+-]?\d{1,2})?\s*$/.test(text) ? text.trim() : undefined,
    );
  }

  /** 0/1, true/false, as number, text or boolean. */
  flag(key: string): boolean | null | undefined {
    return this.convert(key, (text) => ({ '1': true, true: true, '0': false, false: false })[text.trim()]);
  }

  /** Unix seconds as ISO text; 0 is "no time" (directory-and-oa 5.2: sptime 0 = not acted). */
  time(key: string): string | null | undefined {
    const seconds = this.convert(key, (text) => {
      const value = /^\s*\d{1,12}\s*$/.test(text) ? Number(text) : Number.NaN;
      return value <= LAST_SECOND ? value : undefined;
    });
    return seconds ? new Date(seconds * 1000).toISOString() : seconds === undefined ? undefined : null;
  }

  /** A list of scalars as texts; ids in lists are trimmed by the caller's choice of `map`. */
  texts(key: string, map: (text: string) => string = (text) => text): string[] | undefined {
    const value = this.record[key];
    if (value === undefined) return undefined;
    if (isNothing(value)) {
      this.taken.add(key);
      return [];
    }
    const items = Array.isArray(value) ? value : [value];
    const texts = items.map(scalarText);
    if (texts.some((text) => text === undefined)) return [];
    this.taken.add(key);
    return texts.map((text) => map(text ?? '')).filter((text) => text !== '');
  }

  /** Any JSON value as jsonb text. */
  json(key: string): string | null | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    return isNothing(value) ? null : JSON.stringify(value);
  }

  /** The fields of an inner object; what nobody takes of it stays under its key in `rest()`. */
  inner(key: string): Fields {
    const known = this.nestedFields.get(key);
    if (known) return known;
    const value = this.record[key];
    const fields = new Fields(isJsonObject(value) ? value : {});
    if (isJsonObject(value) || isNothing(value)) {
      this.taken.add(key);
      this.nestedFields.set(key, fields);
    }
    return fields;
  }

  has(key: string): boolean {
    return this.record[key] !== undefined;
  }

  /** What no reader took, without the nothings. */
  leftover(): JsonObject {
    // fromEntries and not assignment: a key may be called `__proto__`.
    return Object.fromEntries(
      Object.entries(this.record).flatMap(([key, value]): [string, JsonValue][] => {
        const nested = this.nestedFields.get(key);
        const left = nested ? nested.leftover() : this.taken.has(key) ? undefined : value;
        return left === undefined || isNothing(left) ? [] : [[key, left]];
      }),
    );
  }

  /** `leftover` as jsonb text, NULL when nothing is left over. */
  rest(): string | null {
    const rest = this.leftover();
    return Object.keys(rest).length === 0 ? null : JSON.stringify(rest);
  }
}
