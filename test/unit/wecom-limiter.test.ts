import { describe, expect, test } from 'vitest';
import { PathLimiter } from '../../src/wecom/limiter.ts';
import type { QuotaWindow } from '../../src/wecom/quota.ts';
import { failure, VirtualClock } from './wecom-support.ts';

const MINUTE = 60_000;

function limiterOf(clock: VirtualClock, maxInFlight: number, windows: readonly QuotaWindow[] = []) {
  return new PathLimiter({ windows, tats: [], maxInFlight, clock, onTake: () => undefined });
}

/** Runs calls without 45033 one after the other. */
async function calm(limiter: PathLimiter, calls: number): Promise<void> {
  for (let i = 0; i < calls; i += 1) limiter.release(await limiter.acquire(), false);
}

describe('the in-flight cap', () => {
  test('calls start in the order of asking, never more than the cap at once', async () => {
    const limiter = limiterOf(new VirtualClock(), 3);
    const order: number[] = [];
    let open = 0;
    let peak = 0;
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const permit = await limiter.acquire();
        order.push(i);
        open += 1;
        peak = Math.max(peak, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        limiter.release(permit, false);
      }),
    );
    expect(peak).toBe(3);
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test('halves on 45033, once for calls that were in flight together, down to 1', async () => {
    const limiter = limiterOf(new VirtualClock(), 4);
    const permits = await Promise.all([
      limiter.acquire(),
      limiter.acquire(),
      limiter.acquire(),
      limiter.acquire(),
    ]);
    for (const permit of permits) limiter.release(permit, true);
    expect(limiter.cap).toBe(2);
    limiter.release(await limiter.acquire(), true);
    expect(limiter.cap).toBe(1);
    limiter.release(await limiter.acquire(), true);
    expect(limiter.cap).toBe(1);
  });

  test('grows back by one after 100 calls without 45033, and never above its maximum', async () => {
    const limiter = limiterOf(new VirtualClock(), 2);
    limiter.release(await limiter.acquire(), true);
    await calm(limiter, 99);
    expect(limiter.cap).toBe(1);
    await calm(limiter, 1);
    expect(limiter.cap).toBe(2);
    await calm(limiter, 300);
    expect(limiter.cap).toBe(2);
  });
});

describe('waiting', () => {
  test('the quota lets the burst through and spaces the rest at 0.9 of the limit', async () => {
    const clock = new VirtualClock();
    const begin = clock.now();
    const limiter = limiterOf(clock, 4, [{ limit: 100, perMs: MINUTE }]);
    const times: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      limiter.release(await limiter.acquire(), false);
      times.push(clock.now() - begin);
    }
    expect(times).toEqual([0, 0, 0, 0, 0, 666, 1333]);
  });

  test('nothing starts while the path is blocked, and the block stands in the saved state', async () => {
    const clock = new VirtualClock();
    const windows = [{ limit: 600, perMs: MINUTE }];
    const limiter = limiterOf(clock, 4, windows);
    const until = clock.now() + MINUTE;
    limiter.block(until);
    const restarted = new PathLimiter({
      windows,
      tats: limiter.tats,
      maxInFlight: 4,
      clock,
      onTake: () => undefined,
    });
    await Promise.all([limiter.acquire(), restarted.acquire()]);
    expect(clock.now()).toBeGreaterThanOrEqual(until);
  });

  test('an aborted call leaves the queue with its reason, and the others go on', async () => {
    const clock = new VirtualClock();
    const limiter = limiterOf(clock, 1);
    const permit = await limiter.acquire();
    const controller = new AbortController();
    const aborted = failure(limiter.acquire(controller.signal));
    const waiting = limiter.acquire();
    controller.abort(new Error('stop'));
    expect(await aborted).toMatchObject({ message: 'stop' });
    limiter.release(permit, false);
    await waiting;
  });

  test('aborting the only call that waits for a block does not stop a later one', async () => {
    const clock = new VirtualClock();
    clock.busy = () => true;
    const limiter = limiterOf(clock, 1);
    limiter.block(clock.now() + MINUTE);
    const controller = new AbortController();
    const aborted = failure(limiter.acquire(controller.signal));
    controller.abort(new Error('stop'));
    await aborted;
    const later = limiter.acquire();
    clock.busy = () => false;
    await later;
  });
});
