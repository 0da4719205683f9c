/** The odd shapes of real answers, used by everything that is rendered. */
import { at, hash } from '../random.ts';
import type { Traps } from '../traps.ts';

/** A rendered JSON object; `bigint` stands for an integer beyond 2^53, `undefined` for an absent key. */
export type Row = Record<string, unknown>;

/** The row with an unknown key, as new versions of the API add them. */
export function withUnknownKey(traps: Traps, row: Row, level: string): Row {
  if (!traps.unknownKeys) return row;
  return { ...row, sim_new_key: { level, serial: 6_917_529_027_641_081_857n } };
}

/** An integer, or the same as text. */
export function small(traps: Traps, value: number): number | string {
  return traps.genderAsString ? String(value) : value;
}

/** One of the four spellings of "nothing"; `plain` when the trap is off. */
export function nothing(traps: Traps, plain: unknown, key: number): unknown {
  if (!traps.nothings) return plain;
  return [undefined, null, '', Array.isArray(plain) ? [] : ''][key % 4];
}

const ODD_NAMES = [
  '',
  '🍋🍊',
  'مرحبا بك',
  '👨‍👩‍👧‍👦 一家人',
  'A',
  '‮txet desrever',
  '长'.repeat(64),
  "O'Brien; --",
  '\t制表\n换行',
];

/** The name, an odd one, or one that PostgreSQL cannot store as it is. */
export function oddName(traps: Traps, name: string, seed: number, what: string, index: number): string {
  const h = hash(seed, 'odd', what, index);
  if (traps.dirtyText && h % 17 === 0) return h % 2 === 0 ? `${name}\u0000尾` : `${name}\ud83c`;
  if (traps.oddNames && h % 7 === 0) return at(ODD_NAMES, h >>> 8);
  return name;
}

export function blankId(traps: Traps, id: string): string {
  return traps.blankIds && hash('blank', id) % 23 === 0 ? `${id} ` : id;
}

/** Drops absent keys, so that what is compared with a parsed answer has the same keys. */
export function present(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}
