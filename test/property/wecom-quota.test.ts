import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  burstOf,
  DEFAULT_QUOTAS,
  nextAllowed,
  type QuotaWindow,
  restored,
  take,
  unwitnessed,
  windowsFor,
} from '../../src/wecom/quota.ts';

const MINUTE = 60_000;
const window = fc.record({
  limit: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(600, 10_000)),
  perMs: fc.constantFrom(1000, MINUTE, 60 * MINUTE),
});
const windows = fc.array(window, { minLength: 1, maxLength: 3 });
/** Pauses before the calls: mostly none, so that the quota and not the caller sets the pace. */
const pauses = fc
  .tuple(
    fc.integer({ min: 1, max: 3000 }),
    fc.array(fc.tuple(fc.nat(3000), fc.integer({ min: 1, max: 90_000 })), { maxLength: 10 }),
  )
  .map(([calls, some]) => {
    const waits = new Map(some);
    return Array.from({ length: calls }, (_, i) => waits.get(i) ?? 0);
  });

/** Starts one call after each pause as early as the quota allows; `stopAt` are calls before which the process dies. */
function starts(
  quota: readonly QuotaWindow[],
  waits: number[],
  begin: number,
  stops: Map<number, 'clean' | 'kill'>,
) {
  let tats: readonly number[] = [];
  let saved: readonly number[] = [];
  let now = begin;
  return waits.map((wait, i) => {
    const stop = stops.get(i);
    if (stop === 'clean') tats = restored(quota, tats, now);
    // What was saved before a kill is old: here as old as can be, from the stop before.
    if (stop === 'kill') tats = unwitnessed(quota, restored(quota, saved, now), now);
    if (stop) saved = tats;
    now = Math.max(now + wait, nextAllowed(quota, tats));
    tats = take(quota, tats, now);
    return now;
  });
}

/** The most calls in any stretch of `perMs`, both ends included. */
function densest(times: number[], perMs: number): number {
  let from = 0;
  return times.reduce((most, time, to) => {
    while ((times[from] ?? 0) < time - perMs) from += 1;
    return Math.max(most, to - from + 1);
  }, 0);
}

describe('GCRA', () => {
  test('never allows more than the limit in any stretch, restarts and kills included', () => {
    const stops = fc.array(fc.tuple(fc.nat(3000), fc.constantFrom('clean' as const, 'kill' as const)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(windows, pauses, fc.integer({ min: 1, max: 2e12 }), stops, (quota, waits, begin, list) => {
        const times = starts(quota, waits, begin, new Map(list));
        for (const { limit, perMs } of quota) expect(densest(times, perMs)).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 300 },
    );
  });

  test('is fast: a long row of calls comes close to 0.9 of the quota', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 10_000 }), (limit) => {
        const quota = [{ limit, perMs: MINUTE }];
        const times = starts(quota, Array(limit).fill(0), 1e12, new Map());
        const rate = (times.length - 1) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
        expect(rate * MINUTE).toBeGreaterThanOrEqual(0.89 * limit);
      }),
      { numRuns: 50 },
    );
  });

  test('the default bursts are at most 20 per minute window, and the quota holds for every default path', () => {
    for (const path of ['externalcontact/list', ...Object.keys(DEFAULT_QUOTAS)]) {
      const quota = windowsFor(DEFAULT_QUOTAS, path);
      expect(quota.length).toBeGreaterThan(0);
      for (const one of quota) {
        if (one.perMs === MINUTE) expect(burstOf(one)).toBeLessThanOrEqual(20);
        expect(0.9 * one.limit + burstOf(one)).toBeLessThanOrEqual(one.limit);
      }
    }
  });

  test('a saved state is taken as it is, unless the clock that wrote it ran ahead', () => {
    const hourly = [{ limit: 1, perMs: 60 * MINUTE }];
    const after = take(hourly, [], 1e12);
    expect(restored(hourly, after, 1e12)).toEqual(after);
    const minutely = [{ limit: 600, perMs: MINUTE }];
    const ahead = take(minutely, [], 1e12 + 86_400_000);
    expect(nextAllowed(minutely, restored(minutely, ahead, 1e12))).toBe(1e12 + MINUTE);
    expect(restored(minutely, [], 1e12)).toEqual([0]);
  });
});
