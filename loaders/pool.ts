import { Pool, TypeOverrides, types } from 'pg';

export type PoolOptions = {
  readonly url: string;
  /** Most connections at one time, default 4. */
  readonly max?: number;
  /** Shown in pg_stat_activity, default `wecom-warehouse`. */
  readonly applicationName?: string;
  /** Told about a connection that broke while nobody used it; its next user gets a fresh one. */
  readonly onIdleError?: (error: Error) => void;
};

/** Milliseconds: a host that drops packets is reported within a quarter of a minute. */
const CONNECT_TIMEOUT_MS = 15_000;

/**
 * The one place that makes connection pools.
 * - `date` and `int8` arrive as strings: pg would make local midnight of a date (2026-01-01 becomes 2025-12-31 in
 *   Shanghai), and counts may exceed 2^53.
 * - A server that stops breaks the query that runs, and never the process.
 * - `sslmode` of the URL means what it means to psql (`require` encrypts without a certificate check, `verify-full`
 *   checks); pg's own reading differs and changes with its next major version.
 */
export function createPool({ url, max = 4, applicationName, onIdleError }: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: withLibpqSslModes(url),
    max,
    application_name: applicationName ?? 'wecom-warehouse',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    types: exactTypes(),
  });
  // Without a listener Node ends the process (an idle connection has no other way to report).
  pool.on('error', onIdleError ?? (() => undefined));
  // The same holds for a connection in use that is cut between two queries; the next query of its user fails and says so.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function exactTypes(): TypeOverrides {
  const exact = new TypeOverrides();
  const asSent = (value: string) => value;
  exact.setTypeParser(types.builtins.DATE, asSent);
  exact.setTypeParser(types.builtins.INT8, asSent);
  return exact;
}

function withLibpqSslModes(url: string): string {
  const named = /[?&]sslmode=(prefer|require|verify-ca|verify-full)\b/.test(url);
  return named && !url.includes('uselibpqcompat=') ? `${url}&uselibpqcompat=true` : url;
}
