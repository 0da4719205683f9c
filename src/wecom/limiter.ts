import type { Clock } from '../clock.ts';
import { drained, nextAllowed, type QuotaWindow, take } from './quota.ts';

/** Calls without 45033 after which the in-flight cap grows by one again. */
const CALLS_PER_GROWTH = 100;

/** Leave to make one call; the number tells whether the cap was already halved since it was given. */
export interface Permit {
  readonly epoch: number;
}

interface Waiter {
  resolve(permit: Permit): void;
  reject(reason: unknown): void;
}

/**
 * The limiter of one API path of one corp: an in-flight cap that halves on 45033 and grows back, the spacing of the
 * quota, and the block after 45009. Calls start in the order in which they asked.
 */
export class PathLimiter {
  readonly #windows: readonly QuotaWindow[];
  readonly #maxInFlight: number;
  readonly #clock: Clock;
  readonly #onTake: () => void;
  readonly #queue: Waiter[] = [];
  #tats: readonly number[];
  #cap: number;
  #inFlight = 0;
  #epoch = 0;
  #calm = 0;
  #blockedUntil = 0;
  #pump: AbortController | undefined;

  constructor(options: {
    windows: readonly QuotaWindow[];
    tats: readonly number[];
    maxInFlight: number;
    clock: Clock;
    /** Called whenever the quota state has changed. */
    onTake: () => void;
  }) {
    this.#windows = options.windows;
    this.#tats = options.tats;
    this.#maxInFlight = Math.max(1, options.maxInFlight);
    this.#cap = this.#maxInFlight;
    this.#clock = options.clock;
    this.#onTake = options.onTake;
  }

  get cap(): number {
    return this.#cap;
  }

  /** Theoretical arrival times in Unix ms, one per window; a block is in them, so that it survives a restart. */
  get tats(): readonly number[] {
    return this.#blockedUntil === 0 ? this.#tats : drained(this.#windows, this.#tats, this.#blockedUntil);
  }

  /** Waits for a place in flight and for the quota; every permit must be given back with `release`. */
  acquire(signal?: AbortSignal): Promise<Permit> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const waiter: Waiter = {
        resolve: (permit) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(permit);
        },
        reject,
      };
      const onAbort = () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(signal?.reason);
        // Perhaps nobody waits any more: then no sleep may keep the process alive.
        this.#pump?.abort();
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(waiter);
      this.#start();
    });
  }

  /** `throttled`: the call was answered 45033. */
  release(permit: Permit, throttled: boolean): void {
    this.#inFlight -= 1;
    if (throttled) this.#halve(permit);
    else this.#grow();
    this.#start();
  }

  /** No call of this path starts before `until` (Unix ms). */
  block(until: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, until);
    this.#onTake();
  }

  /** Fails everybody who still waits. */
  close(reason: Error): void {
    for (const waiter of this.#queue.splice(0)) waiter.reject(reason);
    this.#pump?.abort();
  }

  /** Calls that were in flight together and were refused together halve the cap once, not once each. */
  #halve(permit: Permit): void {
    this.#calm = 0;
    if (permit.epoch !== this.#epoch) return;
    this.#epoch += 1;
    this.#cap = Math.max(1, Math.floor(this.#cap / 2));
  }

  #grow(): void {
    this.#calm += 1;
    if (this.#calm < CALLS_PER_GROWTH || this.#cap >= this.#maxInFlight) return;
    this.#calm = 0;
    this.#cap += 1;
  }

  #start(): void {
    if (this.#pump || this.#queue.length === 0) return;
    const pump = new AbortController();
    this.#pump = pump;
    void this.#run(pump.signal).finally(() => {
      this.#pump = undefined;
      // A call may have asked, or come back, while the pump was ending.
      if (this.#inFlight < this.#cap) this.#start();
    });
  }

  /** The only place where calls start: one loop per path, so that the spacing is exact and the order kept. */
  async #run(signal: AbortSignal): Promise<void> {
    while (this.#queue.length > 0 && this.#inFlight < this.#cap) {
      const now = this.#clock.now();
      const wait = Math.max(this.#blockedUntil, nextAllowed(this.#windows, this.#tats)) - now;
      if (wait > 0) {
        // Rejected when somebody has left: the pump starts anew if others still wait.
        const slept = await this.#clock.sleep(wait, signal).then(
          () => true,
          () => false,
        );
        if (!slept) return;
        continue;
      }
      const waiter = this.#queue.shift();
      if (!waiter) return;
      if (this.#blockedUntil !== 0) {
        this.#tats = drained(this.#windows, this.#tats, this.#blockedUntil);
        this.#blockedUntil = 0;
      }
      this.#tats = take(this.#windows, this.#tats, now);
      this.#inFlight += 1;
      this.#onTake();
      waiter.resolve({ epoch: this.#epoch });
    }
  }
}
