import type { Dispatcher } from 'undici';
import { transportError } from './errors.ts';
import { hideSecret, redact } from './secrets.ts';

export interface HttpRequest {
  /** API path without /cgi-bin/. */
  path: string;
  method: 'GET' | 'POST';
  /** access_token or, for gettoken, corpid and corpsecret are among them: never to be printed. */
  query: Readonly<Record<string, string | number>>;
  body: unknown;
  signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  status: number;
  text: string;
}

/** One HTTP exchange over kept-alive connections: no retries, no meaning, no secrets in its errors. */
export class Transport {
  readonly #origin: string;
  readonly #prefix: string;
  readonly #proxy: string | undefined;
  readonly #timeoutMs: number;
  #dispatcher: Promise<Dispatcher> | undefined;

  constructor(options: { baseUrl: string; proxy: string | undefined; timeoutMs: number }) {
    const base = new URL(options.baseUrl);
    this.#origin = base.origin;
    this.#prefix = `${base.pathname.replace(/\/+$/, '')}/cgi-bin/`;
    this.#timeoutMs = options.timeoutMs;
    this.#proxy = options.proxy;
    const { password = '' } = options.proxy === undefined ? {} : new URL(options.proxy);
    if (password) hideSecret(decodeURIComponent(password));
  }

  /** Rejects with a WECOM_TRANSPORT error (fate retry), or with the reason of the caller's signal. */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(request.query)) query.set(key, String(value));
    this.#dispatcher ??= dispatcherFor(this.#proxy, this.#timeoutMs);
    const dispatcher = await this.#dispatcher;
    const limit = deadline(this.#timeoutMs, request.signal);
    try {
      const answer = await dispatcher.request({
        origin: this.#origin,
        path: `${this.#prefix}${request.path}?${query}`,
        method: request.method,
        headers: request.method === 'POST' ? { 'content-type': 'application/json' } : {},
        body: request.method === 'POST' ? JSON.stringify(request.body ?? {}) : null,
        signal: limit.signal,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      request.signal?.throwIfAborted();
      if (limit.expired()) throw transportError(request.path, `no answer within ${this.#timeoutMs} ms`);
      const cause = describedWithoutUrl(error);
      throw transportError(request.path, cause.message, cause);
    } finally {
      limit.clear();
    }
  }

  /** Ends the connections; calls still in flight fail. */
  async close(): Promise<void> {
    await (await this.#dispatcher)?.destroy();
  }
}

/** undici is loaded for the first call: a command that calls nothing starts 60 ms sooner. */
async function dispatcherFor(proxy: string | undefined, timeoutMs: number): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  const options = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connect: { timeout: timeoutMs } };
  return proxy === undefined ? new Agent(options) : new ProxyAgent({ ...options, uri: proxy });
}

/** One signal out of the caller's and a timeout; AbortSignal.any would keep a listener per call on a long-lived signal. */
function deadline(ms: number, outer: AbortSignal | undefined) {
  const controller = new AbortController();
  let expired = false;
  const onAbort = () => controller.abort(outer?.reason);
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, ms);
  if (outer?.aborted) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}

/** undici's errors can carry the URL, and with it the token, in their properties: keep their words, redacted. */
function describedWithoutUrl(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(redact(String(error)));
  // A refused connection to a name with several addresses is an AggregateError without a message of its own.
  const words =
    error instanceof AggregateError ? error.errors.map((one) => String(one)).join('; ') : error.message;
  const code = 'code' in error ? String(error.code) : error.name;
  return new Error(redact(words.includes(code) ? words : `${code} ${words}`));
}
