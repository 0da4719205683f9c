import type { Clock } from '../clock.ts';
import type { WecomError } from './errors.ts';
import { hideToken } from './secrets.ts';

/** What gettoken answers (directory-and-oa section 2.2). */
export interface FetchedToken {
  token: string;
  expiresInSeconds: number;
}

/** WeCom does not say when a token that is fetched again late in its life really ends: renew it at 90 %. */
const RENEW_AT = 0.9;
/** Near its end the same token may be returned with a remainder of 0: still not more than one fetch per second. */
const SHORTEST_LIFE_MS = 1000;

/** The token of one secret: fetched once however many calls wait for it, and never again after `stop`. */
export class TokenKeeper {
  readonly #fetch: () => Promise<FetchedToken>;
  readonly #clock: Clock;
  #current: { token: string; renewAt: number } | undefined;
  #fetching: Promise<string> | undefined;
  #stopped: WecomError | undefined;

  constructor(fetch: () => Promise<FetchedToken>, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  /** Throws the error that stopped this credential, so that no request is made with it any more. */
  assertUsable(): void {
    if (this.#stopped) throw this.#stopped;
  }

  async get(): Promise<string> {
    this.assertUsable();
    if (this.#current && this.#clock.now() < this.#current.renewAt) return this.#current.token;
    this.#fetching ??= this.#renew().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** The server refused `token` (40014, 42001): forget it, unless another call has replaced it already. */
  refused(token: string): void {
    if (this.#current?.token === token) this.#current = undefined;
  }

  /** The credential is broken for the rest of the run; the first error stays. True when this is the first. */
  stop(error: WecomError): boolean {
    if (this.#stopped) return false;
    this.#stopped = error;
    return true;
  }

  async #renew(): Promise<string> {
    const askedAt = this.#clock.now();
    const { token, expiresInSeconds } = await this.#fetch();
    hideToken(token);
    const life = Math.max(SHORTEST_LIFE_MS, RENEW_AT * expiresInSeconds * 1000);
    this.#current = { token, renewAt: askedAt + life };
    return token;
  }
}
