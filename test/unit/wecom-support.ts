import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/clock.ts';
import { createClient } from '../../src/wecom/client.ts';
import { SecretBook } from '../../src/wecom/secrets.ts';
import type { ClientOptions, WecomClient } from '../../src/wecom/types.ts';

/** Virtual time: whenever nothing else is going on, it jumps to the next sleeper's end. */
export class VirtualClock implements Clock {
  /** True while time must stand still. */
  busy = (): boolean => false;
  #now = Date.UTC(2026, 10, 1);
  #sleepers: { at: number; wake: () => void }[] = [];
  #jumping = false;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
      this.#jumpSoon();
    });
  }

  /** Moves time on by itself, waking whoever is due. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter(({ at }) => at <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now);
    for (const { wake } of due) wake();
  }

  #jumpSoon(): void {
    if (this.#jumping) return;
    this.#jumping = true;
    setTimeout(() => {
      this.#jumping = false;
      if (this.#sleepers.length === 0) return;
      if (!this.busy()) {
        const next = Math.min(...this.#sleepers.map(({ at }) => at));
        this.advance(Math.max(0, next - this.#now));
      }
      if (this.#sleepers.length > 0) this.#jumpSoon();
    }, 1);
  }
}

export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
  /** Virtual time of the arrival. */
  at: number;
}

/** What a handler answers: an object as JSON with status 200, or the raw bytes, or `reset` for a broken connection. */
export type Reply = object | { raw: string; status?: number } | 'reset' | 'hang';

/** `nth` counts the requests of this path from 1. */
export type Handler = (seen: Seen, nth: number) => Reply | Promise<Reply>;

export interface TestServer {
  url: string;
  seen: Seen[];
  /** Highest number of open requests, by path. */
  peak: Record<string, number>;
  of(path: string): Seen[];
  close(): Promise<void>;
}

/** A real HTTP server that answers the given paths; gettoken has a default handler: `token-<n>`, 7200 s. */
export async function startServer(
  clock: VirtualClock,
  handlers: Record<string, Handler>,
): Promise<TestServer> {
  const seen: Seen[] = [];
  const open: Record<string, number> = {};
  const peak: Record<string, number> = {};
  const of = (path: string) => seen.filter((one) => one.path === path);
  const gettoken: Handler = (_seen, nth) => ({ access_token: `token-${nth}`, expires_in: 7200 });
  const all: Record<string, Handler | undefined> = { gettoken, ...handlers };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    const path = url.pathname.replace(/^.*\/cgi-bin\//, '');
    open[path] = (open[path] ?? 0) + 1;
    peak[path] = Math.max(peak[path] ?? 0, open[path]);
    response.on('close', () => {
      open[path] = (open[path] ?? 0) - 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const one: Seen = {
      method: request.method ?? '',
      path,
      query: Object.fromEntries(url.searchParams),
      body: text === '' ? undefined : JSON.parse(text),
      at: clock.now(),
    };
    seen.push(one);
    const reply = await (all[path]?.(one, of(path).length) ?? { errcode: 404, errmsg: 'no such path' });
    if (reply === 'hang') return;
    if (reply === 'reset') {
      request.socket.destroy();
      return;
    }
    const raw = 'raw' in reply ? String(reply.raw) : JSON.stringify(reply);
    response.statusCode = 'status' in reply && 'raw' in reply ? Number(reply.status) : 200;
    response.end(raw);
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  clock.busy = () => Object.values(open).some((count) => count > 0);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    peak,
    of,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export const CORP_SECRET = 'corp-secret/with+odd chars';

/** A client of the server with one app secret; every setting can be replaced. */
export function clientOf(
  server: TestServer,
  clock: Clock,
  options: Partial<ClientOptions> = {},
): WecomClient {
  return createClient({
    corpId: 'ww-test',
    secrets: new SecretBook({ app: CORP_SECRET }),
    baseUrl: server.url,
    clock,
    quotas: null,
    ...options,
  });
}

/** The error of a promise that must fail. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Expected a failure, got ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
