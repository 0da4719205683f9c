import type { Clock } from '../clock.ts';
import type { WecomError } from './errors.ts';
import type { JsonObject } from './json.ts';
import type { QuotaTable } from './quota.ts';
import type { QuotaStore } from './quota-keeper.ts';
import type { SecretArea, SecretBook } from './secrets.ts';

export interface WecomRequest {
  /** API path without /cgi-bin/, such as `externalcontact/groupchat/list`. */
  path: string;
  /** Default: POST when there is a body, else GET. */
  method?: 'GET' | 'POST';
  query?: Readonly<Record<string, string | number>>;
  body?: unknown;
  /** Whose secret makes the call. */
  area: SecretArea;
  /** Key of the main list: an answer with errcode 0 that has neither it nor a cursor is malformed and retried. */
  list?: string;
  signal?: AbortSignal | undefined;
  /** Called before each HTTP request of this call, retries included. */
  onAttempt?: () => void;
}

/** One HTTP exchange, for metrics: `error` is undefined when errcode was 0. */
export interface CallRecord {
  path: string;
  durationMs: number;
  error: WecomError | undefined;
}

export interface PathStats {
  /** HTTP requests, retries included. */
  calls: number;
  retried: number;
  throttled45033: number;
  blocked45009: number;
  /** In-flight cap now. */
  cap: number;
  /** Strings that held U+0000 or a lone surrogate. */
  cleaned: number;
}

/** The part of pino that is used here. */
export interface Logger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ClientOptions {
  corpId: string;
  secrets: SecretBook;
  /** Default https://qyapi.weixin.qq.com; a path in it is kept as a prefix. */
  baseUrl?: string | undefined;
  proxy?: string | undefined;
  /** Per path; default 4. */
  maxInFlight?: number | undefined;
  /** Laid over DEFAULT_QUOTAS; null lifts all quotas. */
  quotas?: QuotaTable | null | undefined;
  quotaStore?: QuotaStore | undefined;
  /** The last run with this store ended uncleanly: begin with the bursts used up. */
  cold?: boolean | undefined;
  clock?: Clock | undefined;
  /** Default true: after 45009 a path waits its minute. False, where a person waits: its calls fail at once. */
  waitsOutBlocks?: boolean | undefined;
  /** Per HTTP request; default 30 s. */
  timeoutMs?: number | undefined;
  logger?: Logger | undefined;
  onCall?: ((record: CallRecord) => void) | undefined;
  /** For the jitter of back-offs; default Math.random. */
  random?: (() => number) | undefined;
}

export interface WecomClient {
  /**
   * One API call: waits for its turn, repeats what may be repeated and gives the answer with errcode 0. Rejects with
   * WecomError, whose `fate` tells what is left to the caller (skip, restart, fail), or with the signal's reason.
   */
  call(request: WecomRequest): Promise<JsonObject>;
  /** By API path; gettoken is one of them. */
  stats(): Record<string, PathStats>;
  /** Saves the quota states and ends the connections; waiting calls fail. */
  close(): Promise<void>;
}
