/** Load limits per path (customer-contact 18, directory-and-oa 11): calls per minute, and calls in flight. */
import { ApiError } from './answer.ts';

const BLOCK = 60;

interface Load {
  inFlight: number;
  windowStart: number;
  calls: number;
  blockedUntil: number;
}

export class Quota {
  /** more calls in flight on one path answer 45033 */
  maxInFlight = 5;
  enforced: boolean;
  /** the highest number of calls in flight seen per path */
  readonly peaks = new Map<string, number>();
  readonly #loads = new Map<string, Load>();

  constructor(enforced: boolean) {
    this.enforced = enforced;
  }

  #load(path: string): Load {
    const load = this.#loads.get(path) ?? { inFlight: 0, windowStart: 0, calls: 0, blockedUntil: 0 };
    this.#loads.set(path, load);
    return load;
  }

  /** Counts a call that begins; returns how many are in flight on the path now. */
  begin(path: string): number {
    const load = this.#load(path);
    load.inFlight += 1;
    this.peaks.set(path, Math.max(this.peaks.get(path) ?? 0, load.inFlight));
    return load.inFlight;
  }

  end(path: string): void {
    this.#load(path).inFlight -= 1;
  }

  /** 45009 for `seconds` from now. */
  block(path: string, now: number, seconds = BLOCK): void {
    this.#load(path).blockedUntil = now + seconds;
  }

  /** Throws 45009 or 45033 when the call is too much; `now` in Unix seconds, with fractions. */
  check(path: string, perMinute: number, now: number): void {
    const load = this.#load(path);
    if (now < load.blockedUntil) throw new ApiError(45009);
    if (!this.enforced) return;
    if (load.inFlight > this.maxInFlight) throw new ApiError(45033);
    if (now - load.windowStart >= 60) {
      load.windowStart = now;
      load.calls = 0;
    }
    load.calls += 1;
    if (load.calls <= perMinute) return;
    this.block(path, now);
    throw new ApiError(45009);
  }
}
