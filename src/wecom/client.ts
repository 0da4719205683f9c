import pRetry, { AbortError } from 'p-retry';
import { type Clock, systemClock } from '../clock.ts';
import { readAnswer } from './answer.ts';
import { malformedError, WecomError } from './errors.ts';
import { type JsonObject, toInteger } from './json.ts';
import { PathLimiter } from './limiter.ts';
import { DEFAULT_QUOTAS, type QuotaStates, type QuotaTable, windowsFor } from './quota.ts';
import { QuotaKeeper } from './quota-keeper.ts';
import type { Secret, SecretBook } from './secrets.ts';
import { type FetchedToken, TokenKeeper } from './token.ts';
import { Transport } from './transport.ts';
import type { CallRecord, ClientOptions, Logger, PathStats, WecomClient, WecomRequest } from './types.ts';

const BASE_URL = 'https://qyapi.weixin.qq.com';
/** customer-contact section 17: at most three tries more after -1 and its like. */
const RETRIES = 3;
/** A minute limit blocks for 60 s (section 18); three minutes later it is an hour's or a day's limit. */
const BLOCK_MS = 60_000;
const BLOCKS = 3;
const TOKEN_LIFE_SECONDS = 7200;

/** What a single call may still do before its error is final. */
interface Budget {
  retries: number;
  refreshes: number;
  blocks: number;
}

interface PathState {
  limiter: PathLimiter;
  /** The 45009 that nobody waits out: asking again would only prolong the block. */
  refusal?: WecomError;
  stats: Omit<PathStats, 'cap'>;
}

export function createClient(options: ClientOptions): WecomClient {
  return new Client(options);
}

class Client implements WecomClient {
  readonly #corpId: string;
  readonly #secrets: SecretBook;
  readonly #transport: Transport;
  readonly #maxInFlight: number;
  readonly #waitsOutBlocks: boolean;
  readonly #quotas: QuotaTable;
  readonly #quotaKeeper: QuotaKeeper;
  readonly #clock: Clock;
  readonly #logger: Logger | undefined;
  readonly #onCall: ((record: CallRecord) => void) | undefined;
  readonly #random: () => number;
  readonly #paths = new Map<string, PathState>();
  readonly #tokens = new Map<string, TokenKeeper>();

  constructor(options: ClientOptions) {
    this.#corpId = options.corpId;
    this.#secrets = options.secrets;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
    this.#onCall = options.onCall;
    this.#random = options.random ?? Math.random;
    this.#maxInFlight = options.maxInFlight ?? 4;
    this.#waitsOutBlocks = options.waitsOutBlocks ?? true;
    this.#quotas = options.quotas === null ? {} : { ...DEFAULT_QUOTAS, ...options.quotas };
    this.#transport = new Transport({
      baseUrl: options.baseUrl ?? BASE_URL,
      proxy: options.proxy,
      timeoutMs: options.timeoutMs ?? 30_000,
    });
    this.#quotaKeeper = new QuotaKeeper({
      store: options.quotaStore,
      cold: options.cold ?? false,
      clock: this.#clock,
      current: () => this.#quotaStates(),
      onError: (error) => this.#logger?.warn({ err: error }, 'the quota states could not be saved'),
    });
  }

  async call(request: WecomRequest): Promise<JsonObject> {
    const keeper = this.#tokenKeeper(this.#secrets.resolve(request.area).secret);
    keeper.assertUsable();
    await this.#quotaKeeper.ready();
    return this.#persist(request, keeper);
  }

  stats(): Record<string, PathStats> {
    return Object.fromEntries(
      [...this.#paths].map(([path, { stats, limiter }]) => [path, { ...stats, cap: limiter.cap }]),
    );
  }

  async close(): Promise<void> {
    for (const { limiter } of this.#paths.values()) limiter.close(new Error('The WeCom client was closed.'));
    await this.#quotaKeeper.close();
    await this.#transport.close();
  }

  /** Repeats one classified attempt within the budget; all waiting goes through the clock, none through p-retry. */
  #persist(request: AnyRequest, keeper: TokenKeeper | undefined): Promise<JsonObject> {
    const budget: Budget = {
      retries: RETRIES,
      refreshes: keeper ? 1 : 0,
      blocks: this.#waitsOutBlocks ? BLOCKS : 0,
    };
    return pRetry(() => this.#attempt(request, keeper), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 0,
      signal: request.signal,
      shouldRetry: ({ error }) => error instanceof WecomError && this.#mayRepeat(error, request, budget),
    });
  }

  async #mayRepeat(error: WecomError, request: AnyRequest, budget: Budget): Promise<boolean> {
    const { fate } = error;
    if (fate === 'refresh') return this.#noteRetry(request, error, budget.refreshes-- > 0);
    if (fate === 'wait') return this.#noteRetry(request, error, budget.blocks-- > 0);
    if (fate !== 'retry' || budget.retries === 0) return false;
    this.#noteRetry(request, error, true);
    await this.#clock.sleep(backoffMs(error, RETRIES - budget.retries, this.#random()), request.signal);
    budget.retries -= 1;
    return true;
  }

  async #attempt(request: AnyRequest, keeper: TokenKeeper | undefined): Promise<JsonObject> {
    const path = this.#path(request.path);
    if (path.refusal) throw path.refusal;
    const permit = await path.limiter.acquire(request.signal);
    let throttled = false;
    try {
      const token = await this.#token(keeper, request.signal);
      return await this.#exchange(request, path, token).catch((error: unknown) => {
        if (error instanceof WecomError) throttled = this.#learn(error, path, keeper, token);
        throw error;
      });
    } finally {
      path.limiter.release(permit, throttled);
    }
  }

  /** One HTTP request and what its answer means. */
  async #exchange(request: AnyRequest, path: PathState, token: string | undefined): Promise<JsonObject> {
    const begin = performance.now();
    const report = (error: WecomError | undefined) =>
      this.#onCall?.({ path: request.path, durationMs: performance.now() - begin, error });
    request.onAttempt?.();
    path.stats.calls += 1;
    try {
      const http = await this.#transport.send({
        path: request.path,
        method: request.method ?? (request.body === undefined ? 'GET' : 'POST'),
        query: token === undefined ? { ...request.query } : { access_token: token, ...request.query },
        body: request.body,
        signal: request.signal,
      });
      const { answer, cleaned } = readAnswer(request.path, http, request.list);
      path.stats.cleaned += cleaned;
      report(undefined);
      return answer;
    } catch (error) {
      if (error instanceof WecomError) report(error);
      throw error;
    }
  }

  /** Passes an error on to whom it concerns: token, credential, path. True when the path is to slow down. */
  #learn(
    error: WecomError,
    path: PathState,
    keeper: TokenKeeper | undefined,
    token: string | undefined,
  ): boolean {
    if (error.fate === 'refresh' && token !== undefined) keeper?.refused(token);
    if (error.stopsSecret) this.#stop(keeper, error);
    if (error.fate === 'wait') {
      path.stats.blocked45009 += 1;
      if (this.#waitsOutBlocks) path.limiter.block(this.#clock.now() + BLOCK_MS);
      else path.refusal = error;
    }
    if (error.errcode !== 45033) return false;
    path.stats.throttled45033 += 1;
    return true;
  }

  /** The token, or undefined for gettoken itself. Its errors are final: gettoken has repeated what may be repeated. */
  async #token(
    keeper: TokenKeeper | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    if (!keeper) return undefined;
    try {
      return await abortable(keeper.get(), signal);
    } catch (error) {
      if (error instanceof WecomError && error.stopsSecret) this.#stop(keeper, error);
      throw error instanceof Error ? new AbortError(error) : error;
    }
  }

  #stop(keeper: TokenKeeper | undefined, error: WecomError): void {
    if (keeper?.stop(error))
      this.#logger?.warn(fieldsOf(error), 'this secret makes no further call in this run');
  }

  #tokenKeeper(secret: Secret): TokenKeeper {
    const known = this.#tokens.get(secret.reveal());
    if (known) return known;
    const keeper = new TokenKeeper(() => this.#fetchToken(secret), this.#clock);
    this.#tokens.set(secret.reveal(), keeper);
    return keeper;
  }

  async #fetchToken(secret: Secret): Promise<FetchedToken> {
    const answer = await this.#persist(
      { path: 'gettoken', query: { corpid: this.#corpId, corpsecret: secret.reveal() } },
      undefined,
    );
    const token = answer.access_token;
    if (typeof token !== 'string' || token === '')
      throw malformedError('gettoken', 'its access_token is empty');
    return { token, expiresInSeconds: toInteger(answer.expires_in) ?? TOKEN_LIFE_SECONDS };
  }

  #path(path: string): PathState {
    const known = this.#paths.get(path);
    if (known) return known;
    const windows = windowsFor(this.#quotas, path);
    const limiter = new PathLimiter({
      windows,
      tats: this.#quotaKeeper.initial(path, windows),
      maxInFlight: this.#maxInFlight,
      clock: this.#clock,
      onTake: () => this.#quotaKeeper.changed(),
    });
    const state: PathState = {
      limiter,
      stats: { calls: 0, retried: 0, throttled45033: 0, blocked45009: 0, cleaned: 0 },
    };
    this.#paths.set(path, state);
    return state;
  }

  #quotaStates(): QuotaStates {
    return Object.fromEntries([...this.#paths].map(([path, { limiter }]) => [path, limiter.tats]));
  }

  #noteRetry(request: AnyRequest, error: WecomError, repeats: boolean): boolean {
    if (!repeats) return false;
    this.#path(request.path).stats.retried += 1;
    if (error.fate === 'wait') this.#logger?.warn(fieldsOf(error), 'this path waits a minute');
    else this.#logger?.debug(fieldsOf(error), 'repeating the call');
    return true;
  }
}

/** gettoken belongs to no area. */
type AnyRequest = Omit<WecomRequest, 'area'>;

/** 1, 2, 4 s give or take a quarter; after 45033 anything from 0.5 to 5 s, so that the callers spread out. */
export function backoffMs(error: WecomError, retry: number, random: number): number {
  return error.errcode === 45033 ? 500 + 4500 * random : 1000 * 2 ** retry * (0.75 + 0.5 * random);
}

function fieldsOf(error: WecomError): object {
  const { endpoint, errcode, hint, egressIp, message } = error;
  return { endpoint, errcode, hint, egressIp, reason: message };
}

/** Waits for a shared promise no longer than the caller's signal allows; the promise itself goes on for the others. */
function abortable<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return shared;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
