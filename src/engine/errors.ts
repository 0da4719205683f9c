import { WecomError } from '../wecom/errors.ts';
import type { StreamError } from './warehouse.ts';

/** An error with a stable code and a sentence that says what to do next. */
export class WarehouseError extends Error {
  override readonly name = 'WarehouseError';
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

/** What the run report says of an error. */
export function describe(error: unknown): StreamError {
  if (error instanceof WecomError)
    return {
      code: error.code,
      ...(error.errcode === undefined ? {} : { errcode: error.errcode }),
      message: error.message,
      remedy: `${error.remedy.en} ${error.remedy.zh}`,
    };
  if (error instanceof WarehouseError) {
    const errcode = error.cause instanceof WecomError ? error.cause.errcode : undefined;
    return {
      code: error.code,
      ...(errcode === undefined ? {} : { errcode }),
      message: error.message,
      remedy: error.remedy,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: sqlCode(error) ? 'DATABASE' : 'INTERNAL',
    message,
    remedy: sqlCode(error)
      ? `PostgreSQL answered SQLSTATE ${sqlCode(error)}; see its log. The next run continues where this one stopped.`
      : 'This is a bug of wecom-warehouse: please report it with the log of this run (LOG_LEVEL=debug).',
  };
}

/** SQLSTATE of an error of the driver, e.g. 57P01; empty for other errors. */
function sqlCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : '';
}
