/** What an error means for the exit code and the operator. Errors are known by their `code`, so no module is loaded for it. */
import { redact } from '../wecom/secrets.ts';
import { EXIT } from './exit.ts';

const EXIT_BY_CODE: Readonly<Record<string, number>> = {
  USAGE: EXIT.usage,
  CONFIG: EXIT.usage,
  TRANSFER: EXIT.usage,
  LOCKED: EXIT.locked,
  SCHEMA_OLDER: EXIT.database,
  SCHEMA_NEWER: EXIT.database,
  MIGRATION_FAILED: EXIT.database,
  DATABASE_UNUSABLE: EXIT.database,
  EMBEDDED_POSTGRES: EXIT.database,
  ROLES_FORBIDDEN: EXIT.database,
};

/** SQLSTATE of what is wrong with the server or the user's rights: connection, resources, operator, login, privilege. */
const SERVER_STATE = /^(08|28|53|57|58)\w{3}$|^42501$/;
const CONNECTION = /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;

export function exitCodeOf(error: unknown): number {
  const code = textOf(error, 'code');
  const known = EXIT_BY_CODE[code];
  if (known !== undefined) return known;
  return SERVER_STATE.test(code) || CONNECTION.test(code) ? EXIT.database : EXIT.internal;
}

/** What happened, why, and what to do next: on stderr, without a stack unless it is a bug. */
export function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return redact(`wecom-warehouse: ${message || textOf(error, 'code')}${adviceOf(error)}`);
}

function adviceOf(error: unknown): string {
  const remedy = textOf(error, 'remedy');
  if (remedy !== '') return `\n→ ${remedy}`;
  const exit = exitCodeOf(error);
  if (exit === EXIT.internal)
    return `\n→ This is a bug of wecom-warehouse; please report it with this text.\n${error instanceof Error ? error.stack : ''}`;
  const code = textOf(error, 'code');
  if (EXIT_BY_CODE[code] !== undefined) return '';
  return `\n→ The database said ${code}. Check that it runs and what its user may do (wecom-warehouse check).`;
}

function textOf(error: unknown, key: 'code' | 'remedy'): string {
  if (typeof error !== 'object' || error === null || !(key in error)) return '';
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : '';
}
