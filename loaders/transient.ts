import pRetry from 'p-retry';

/**
 * SQLSTATE classes of what goes away by itself: connections, deadlocks, timeouts, a server that restarts, full disk; and
 * 23505, a row that another lane inserted in the meantime: the second try finds it.
 */
const TRANSIENT = /^(08|40|53|57P0[123]|57014|55P03|58|23505)/;
/** What the driver throws when the connection is cut has no SQLSTATE. */
const CUT = /Connection terminated|ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|timeout expired|not queryable/i;
/** SQLSTATE classes of data that a column cannot hold and of rows that are too large, and 23502, a key without a value. */
const BAD_DATA = /^(22|54|23502)/;

export function sqlState(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}

export function isTransient(error: unknown): boolean {
  const message = error instanceof Error ? error.message : String(error);
  return TRANSIENT.test(sqlState(error)) || CUT.test(message) || CUT.test(sqlState(error));
}

export function isBadData(error: unknown): boolean {
  return BAD_DATA.test(sqlState(error));
}

/** Runs a transaction again after what goes away by itself: a server restart takes a few seconds. */
export function retryTransient<T>(run: (attempt: number) => Promise<T>): Promise<T> {
  return pRetry(run, {
    retries: 5,
    minTimeout: 200,
    maxTimeout: 5_000,
    randomize: true,
    shouldRetry: ({ error }) => isTransient(error),
  });
}
