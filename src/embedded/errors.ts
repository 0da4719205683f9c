/** The embedded server cannot be used. The message says what, why and the next step. */
export class EmbeddedPostgresError extends Error {
  readonly code = 'EMBEDDED_POSTGRES';
  override readonly name = 'EmbeddedPostgresError';
}

/** The `code` of a system error (`ENOENT`) or of a PostgreSQL error (`57P03`), if there is one. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Resolves to `value` instead of failing when a file or process is not there (any more). */
export async function unlessMissing<T, V>(work: Promise<T>, value: V): Promise<T | V> {
  try {
    return await work;
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR'].includes(errorCode(error) ?? '')) return value;
    throw error;
  }
}
