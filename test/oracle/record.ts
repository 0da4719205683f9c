/** Reads one API record key by key; what nobody has asked for is left over. Independent of extractors/. */
import { type Cell, clean, decimal, type Json, jsonText, toJson } from './values.ts';

export type Row = Record<string, unknown>;

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function rowsOf(value: unknown): Row[] {
  return Array.isArray(value) ? value.filter(isRow) : [];
}

/** Absent, null and "" (and [] where no list belongs) are nothing. */
function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

const SECONDS = /^\d{1,11}$/;

export function timeCell(seconds: unknown): Cell {
  if (isNothing(seconds) || !SECONDS.test(String(seconds)) || Number(seconds) === 0) return null;
  return new Date(Number(seconds) * 1000).toISOString();
}

/** Shanghai calendar day of Unix seconds. */
export function dayCell(seconds: unknown): string {
  return new Date((Number(seconds) + 8 * 3600) * 1000).toISOString().slice(0, 10);
}

export class Record_ {
  readonly #left: Map<string, unknown>;

  constructor(record: Row) {
    this.#left = new Map(Object.entries(record));
  }

  #take(key: string): unknown {
    const value = this.#left.get(key);
    this.#left.delete(key);
    return isNothing(value) ? undefined : value;
  }

  /** Puts a value back that does not convert. */
  #keep(key: string, value: unknown): null {
    this.#left.set(key, value);
    return null;
  }

  text(key: string): Cell {
    const value = this.#take(key);
    if (value === undefined) return null;
    return typeof value === 'object' ? this.#keep(key, value) : clean(String(value)) || null;
  }

  id(key: string): Cell {
    return this.text(key)?.trim() || null;
  }

  integer(key: string): Cell {
    const value = this.#take(key);
    if (value === undefined) return null;
    return /^-?\d+$/.test(String(value).trim()) ? String(value).trim() : this.#keep(key, value);
  }

  number(key: string): Cell {
    const value = this.#take(key);
    if (value === undefined) return null;
    return Number.isFinite(Number(value)) ? decimal(String(value)) : this.#keep(key, value);
  }

  time(key: string): Cell {
    const value = this.#take(key);
    if (value === undefined) return null;
    if (!SECONDS.test(String(value))) return this.#keep(key, value);
    return timeCell(value);
  }

  list(key: string, spell: (id: string) => string = (id) => id): Cell {
    const value = this.#take(key);
    return JSON.stringify(Array.isArray(value) ? value.map((one) => spell(clean(String(one)))) : []);
  }

  json(key: string): Cell {
    const value = this.#take(key);
    return value === undefined ? null : jsonText(toJson(value));
  }

  /** For child rows. */
  raw(key: string): unknown {
    return this.#take(key);
  }

  /** The column `extra`. */
  extra(): Cell {
    const left = Object.fromEntries([...this.#left].filter(([, value]) => !isNothing(value)));
    return Object.keys(left).length === 0 ? null : jsonText(toJson(left) as Json);
  }
}
