import { LockedError } from '../../loaders/lock.ts';
import { SchemaError } from '../../loaders/migrator.ts';
import { ConfigError } from '../config/load.ts';
import { DatabaseError } from '../database.ts';
import { EmbeddedPostgresError } from '../embedded/index.ts';
import { redact } from '../wecom/secrets.ts';

/** Exit codes of every command (DESIGN 2.2). */
export const EXIT = { ok: 0, internal: 1, usage: 2, partial: 3, locked: 4, database: 5 } as const;

/** A wrong use of a command: unknown stream, impossible date (exit 2). */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return EXIT.usage;
  if (error instanceof LockedError) return EXIT.locked;
  if (
    error instanceof SchemaError ||
    error instanceof DatabaseError ||
    error instanceof EmbeddedPostgresError
  )
    return EXIT.database;
  return EXIT.internal;
}

/** What happened, why, and what to do next: on stderr, without a stack unless it is a bug. */
export function explain(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const known = exitCodeOf(error) !== EXIT.internal;
  const remedy =
    typeof error === 'object' && error !== null && 'remedy' in error && typeof error.remedy === 'string'
      ? `\n→ ${error.remedy}`
      : known
        ? ''
        : `\n→ This is a bug of wecom-warehouse; please report it with this text.\n${error instanceof Error ? error.stack : ''}`;
  return redact(`wecom-warehouse: ${text}${remedy}`);
}
