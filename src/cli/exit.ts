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
