/**
 * Small deterministic randomness: a value is a function of the seed and of the names of what it describes, so any part
 * of the company can be computed alone, in any order, and again.
 */
export type Part = string | number;

/** 32-bit hash of the parts (FNV-1a with a final mix). */
export function hash(...parts: Part[]): number {
  let h = 0x811c9dc5;
  for (const part of parts) {
    const text = typeof part === 'number' ? `#${part}` : part;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h = Math.imul(h ^ 0x7c, 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A stream of random numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer in [0, n). */
  int(n: number): number {
    return Math.floor(this.next() * n);
  }

  between(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return at(list, this.int(list.length));
  }

  /** Up to `count` different elements, in list order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    while (left.length > count) left.splice(this.int(left.length), 1);
    return left;
  }
}

export function random(...parts: Part[]): Random {
  return new Random(hash(...parts));
}

/** The element at `index`, counted round the end; an empty list is a bug of the caller. */
export function at<T>(list: readonly T[], index: number): T {
  const element = list[((index % list.length) + list.length) % list.length];
  if (element === undefined) throw new Error('at() on an empty list');
  return element;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `length` letters and digits that look like a WeCom id. */
export function idText(length: number, ...parts: Part[]): string {
  const r = random(...parts);
  let text = '';
  for (let i = 0; i < length; i++) text += LETTERS[r.int(LETTERS.length)];
  return text;
}
