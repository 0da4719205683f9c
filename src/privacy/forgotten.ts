/**
 * Recognises forgotten people in records and rows, and takes them out. Of them only keyed hashes are known, so the same
 * rules hold when `forget` cleans what is stored and when a later run reads the source again: both give the same rows.
 *
 * - An id under a key or in a column of ids is replaced, whatever it looks like.
 * - An id that cannot be mistaken, a phone, a mail address or a unionid is replaced wherever it stands as a word.
 * - A name is replaced only where the person is mentioned as well (see `NameScope`), because other people have it too.
 *
 * Everything is replaced by the person's placeholder, `forgotten-` and 12 hexadecimal digits, never by nothing: texts that
 * are put together from others then stay equal, and whoever is counted is still counted once.
 */

import { createHmac } from 'node:crypto';
import { isJsonObject, isRawNumber, type JsonObject, type JsonValue } from '../wecom/json.ts';

/** One value by which a forgotten person is recognised. */
export interface Tombstone {
  /** The person's placeholder. */
  readonly person: string;
  readonly part: 'id' | 'contact' | 'name';
  /** Length of the value in UTF-16 units: only texts of that length need hashing. */
  readonly length: number;
  /** `tombstoneHash` of the value. */
  readonly hash: string;
}

/** Ids, phones and mails: what stands between blanks, slashes, Chinese characters and the like. */
const WORD = /[A-Za-z0-9][\w.@+-]*/g;
/** Keys under which WeCom gives ids of people. */
const ID_KEY = /(^|_)user_?ids?(_list)?$|^(member_id|owner|invitor|direct_leader|department_leader|leader)$/i;
const LATIN = /[A-Za-z0-9]/;
/** A mobile number as a JSON number; shorter ones are times and codes. */
const LEAST_PHONE_NUMBER = 1e10;
const MOST_HASHED = 10_000;
const PLACEHOLDER = /^forgotten-[0-9a-f]{12}$/;

/** WeCom compares userids without case, so every value is recognised without it. */
const normal = (text: string) => text.trim().toLowerCase();

export function tombstoneHash(salt: string, text: string): string {
  return createHmac('sha256', salt).update(normal(text)).digest('hex');
}

export function placeholderOf(salt: string, kind: string, id: string): string {
  return `forgotten-${tombstoneHash(salt, `${kind} ${normal(id)}`).slice(0, 12)}`;
}

export const isPlaceholder = (value: unknown): boolean =>
  typeof value === 'string' && PLACEHOLDER.test(value);

export function tombstone(salt: string, person: string, part: Tombstone['part'], value: string): Tombstone {
  return { person, part, length: normal(value).length, hash: tombstoneHash(salt, value) };
}

/**
 * An id that is no ordinary word or number: four characters with a letter, or seven digits. A userid such as `1001` also
 * is a shop, an amount or a code, and is recognised only where ids stand.
 */
export const isDistinct = (id: string): boolean => /^(?=.*[a-z]).{4,}$|^[^a-z]{7,}$/.test(normal(id));

/**
 * Where the names of a mentioned person are replaced. `document`: in all of it (an approval with its form, its flow and its
 * comments). `own`: in the texts of an object that is no person (a group, a department), but not in its lists of other
 * people. `none`: not in the record of another person, where the name is that person's.
 */
export type NameScope = 'document' | 'own' | 'none';

/** Is told the placeholder of whoever is found. */
type Hit = (person: string) => void;

export class Forgotten {
  readonly isEmpty: boolean;
  private readonly salt: string;
  private readonly values = new Map<string, string>();
  private readonly valueLengths = new Set<number>();
  /** Members and tags come again and again, and a hash costs more than all else here. */
  private readonly hashed = new Map<string, string | undefined>();
  /** People by hash, by length of the name. */
  private readonly names = new Map<number, Map<string, string[]>>();

  /** `tombstones` in the order in which people were forgotten: of two with the same phone the first one took its place. */
  constructor(salt: string, tombstones: readonly Tombstone[]) {
    this.salt = salt;
    this.isEmpty = tombstones.length === 0;
    for (const { part, length, hash, person } of tombstones) {
      if (part === 'name') {
        const known = this.names.get(length) ?? new Map<string, string[]>();
        this.names.set(length, known.set(hash, [...(known.get(hash) ?? []), person]));
      } else if (!this.values.has(hash)) {
        this.values.set(hash, person);
        this.valueLengths.add(length);
      }
    }
  }

  /** An id where an id must stand: the placeholder of a forgotten person, else undefined. */
  id(value: string): string | undefined {
    const text = normal(value);
    if (!this.valueLengths.has(text.length)) return undefined;
    if (this.hashed.has(text)) return this.hashed.get(text);
    const person = this.values.get(tombstoneHash(this.salt, text));
    if (this.hashed.size >= MOST_HASHED) this.hashed.clear();
    this.hashed.set(text, person);
    return person;
  }

  /** A text without the words by which forgotten people are recognised; `hit` is told who was found. */
  text(value: string, hit: Hit): string {
    const found = (person: string) => {
      hit(person);
      return person;
    };
    return value.replace(WORD, (word) => {
      // A full stop or a dash at the end belongs to the sentence, or to the id.
      const person = this.word(word);
      if (person !== undefined) return found(person);
      const bare = word.replace(/[.@+-]+$/, '');
      const bearer = bare === word ? undefined : this.word(bare);
      return bearer === undefined ? word : found(bearer) + word.slice(bare.length);
    });
  }

  private word(word: string): string | undefined {
    const person = this.id(word);
    return person !== undefined && isDistinct(word) ? person : undefined;
  }

  /** A text without the names of these people. A name in Latin letters counts as a whole word only. */
  withoutNames(value: string, people: ReadonlySet<string>): string {
    let text = value;
    for (const [length, names] of [...this.names].toSorted(([a], [b]) => b - a))
      for (let i = 0; i + length <= text.length; i += 1) {
        const part = text.slice(i, i + length);
        // The hash is of the trimmed text: a window with a blank at its edge is not the name.
        if (cutsWord(text, i, length) || part !== part.trim()) continue;
        const person = names.get(tombstoneHash(this.salt, part))?.find((one) => people.has(one));
        if (person === undefined) continue;
        text = text.slice(0, i) + person + text.slice(i + length);
        i += person.length - 1;
      }
    return text;
  }

  /** A record without forgotten people; the record itself when it mentions none. */
  record(record: JsonObject, scope: NameScope): JsonObject {
    const people = new Set<string>();
    const clean = this.object(record, (person) => people.add(person));
    if (people.size === 0) return record;
    const nameless = scope === 'none' ? clean : this.nameless(clean, people, scope === 'document');
    return isJsonObject(nameless) ? nameless : clean;
  }

  /** Ids and contacts replaced in any JSON value. */
  withoutPeople(value: JsonValue, hit: Hit): JsonValue {
    return this.value(value, '', hit);
  }

  /**
   * Names replaced in any JSON value. In lists of objects only where they are parts of one document, or where the element is
   * the person (a member of a group).
   */
  nameless(value: JsonValue, people: ReadonlySet<string>, isDocument: boolean): JsonValue {
    if (typeof value === 'string') return this.withoutNames(value, people);
    if (Array.isArray(value))
      return value.map((item) =>
        isDocument || !isJsonObject(item) || isPlaceholder(item.userid)
          ? this.nameless(item, people, isDocument)
          : item,
      );
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.nameless(item, people, isDocument)]),
    );
  }

  /** The object itself when nothing in it changes: of a million records few mention anybody. */
  private object(object: JsonObject, hit: Hit): JsonObject {
    let changed: [string, JsonValue][] | undefined;
    for (const [key, before] of Object.entries(object)) {
      const after = this.value(before, key.trim(), hit);
      if (after === before) continue;
      changed ??= [];
      changed.push([key, after]);
    }
    return changed === undefined ? object : { ...object, ...Object.fromEntries(changed) };
  }

  private value(value: JsonValue, key: string, hit: Hit): JsonValue {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.value(item, key, hit));
      return items.every((item, i) => item === value[i]) ? value : items;
    }
    if (isJsonObject(value)) return this.object(value, hit);
    const text = isRawNumber(value) ? value.rawJSON : String(value ?? '');
    const person = ID_KEY.test(key) ? this.id(text) : undefined;
    if (person !== undefined) {
      hit(person);
      return person;
    }
    if (typeof value === 'string') return this.text(value, hit);
    if (typeof value !== 'number' || value < LEAST_PHONE_NUMBER) return value;
    const replaced = this.text(text, hit);
    return replaced === text ? value : replaced;
  }
}

/** Whether the window begins or ends inside a word of Latin letters. */
function cutsWord(text: string, start: number, length: number): boolean {
  const inside = (at: number) => LATIN.test(text[at - 1] ?? '') && LATIN.test(text[at] ?? '');
  return inside(start) || inside(start + length);
}
