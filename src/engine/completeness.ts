/** Expected against received, wherever WeCom names a number: `total` of an answer, the ids of a list. Pure. */

import { WarehouseError } from './errors.ts';
import type { Block } from './stream.ts';

export interface Count {
  /** What is counted, in the plural: `groups`. */
  readonly what: string;
  /** So many WeCom announced. */
  readonly expected: number;
  readonly received: number;
  /** So many cannot be had by WeCom's own word (dismissed, not readable). */
  readonly explained: number;
}

/** More than was announced is nothing missing: a number may fall while a list is walked. */
export const missingOf = ({ expected, received, explained }: Count): number =>
  Math.max(0, expected - received - explained);

/** How the units of a stream have ended so far. */
interface Ends {
  readonly done: ReadonlySet<string>;
  readonly skipped: ReadonlyMap<string, string>;
  readonly failed: ReadonlyMap<string, Error>;
}

/** The counts of one stream in one run, added up by what they count. */
export class Completeness {
  private readonly counts = new Map<string, Count>();
  /** Of those explained, how many WeCom refused as not visible. */
  private readonly refused = new Map<string, number>();
  /** Planned units by the list that they stand in. */
  private readonly listed = new Map<string, Set<string>>();

  /** Every unit of a list is expected to be read or explained. */
  expect(blocks: readonly Pick<Block, 'listed' | 'units'>[]): void {
    for (const { listed, units } of blocks) {
      if (listed === undefined) continue;
      const known = this.listed.get(listed) ?? new Set();
      this.listed.set(listed, known);
      for (const unit of units) known.add(unit);
    }
  }

  add({ what, expected, received, explained }: Count, refused = 0): void {
    this.refused.set(what, (this.refused.get(what) ?? 0) + refused);
    const sum = this.counts.get(what) ?? { what, expected: 0, received: 0, explained: 0 };
    // A surplus here must not hide what is missing there.
    const announced = Math.max(expected, received + explained);
    this.counts.set(what, {
      what,
      expected: sum.expected + announced,
      received: sum.received + received,
      explained: sum.explained + explained,
    });
  }

  all({ done, skipped, failed }: Ends): Count[] {
    const units = [...this.listed].map(([what, listed]): Count => {
      const whole = [...listed].filter((unit) => !failed.has(unit));
      const received = whole.filter((unit) => done.has(unit)).length;
      const explained = whole.filter((unit) => skipped.has(unit) && !done.has(unit)).length;
      return { what, expected: listed.size, received, explained };
    });
    return [...units, ...this.counts.values()];
  }

  /** A list of at least so many of which WeCom refused everything. */
  refusedList(least: number, ends: Ends): Count | undefined {
    const refused = ({ what }: Count) => {
      const units = [...(this.listed.get(what) ?? [])];
      const ofUnits = units.filter((unit) => ends.skipped.get(unit) === NOT_VISIBLE).length;
      return ofUnits + (this.refused.get(what) ?? 0);
    };
    return this.all(ends).find(
      (count) => count.received === 0 && count.expected >= least && refused(count) >= count.expected,
    );
  }
}

/** Reason of a unit that WeCom does not show to the caller. */
const NOT_VISIBLE = 'not_visible';

/** `2 of 60 groups, 1 of 3 departments`; empty when nothing is missing. */
export function missingText(counts: readonly Count[]): string {
  return counts
    .filter((count) => missingOf(count) > 0)
    .map((count) => `${missingOf(count)} of ${count.expected} ${count.what}`)
    .join(', ');
}

/** Fewer came than WeCom announced. What came is kept, but nothing is proved by it. */
export class Incomplete extends WarehouseError {
  constructor(stream: string, count: Count) {
    super(
      'INCOMPLETE',
      `${stream}: WeCom announced ${count.expected} ${count.what} and gave ${count.received}${count.explained > 0 ? `, ${count.explained} are explained` : ''}: ${missingOf(count)} are missing.`,
      'Run sync again: it reads them once more. If the same number stays missing, ask WeCom about it. 请再次执行 sync；若缺少的数量不变，请联系企业微信。',
    );
  }
}
