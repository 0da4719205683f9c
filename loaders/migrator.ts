import { type Migration, Migrator } from 'kysely/migration';
import { migrations } from '../migrations/index.ts';
import type { AnyDatabase } from './any-database.ts';

/** The database is older than the code, newer, or a migration failed (exit 5). */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
  readonly code: 'SCHEMA_OLDER' | 'SCHEMA_NEWER' | 'MIGRATION_FAILED';
  readonly remedy: string;
  constructor(code: SchemaError['code'], message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
  }
}

export interface SchemaState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied, but unknown to this version: the database is newer than the code. */
  readonly unknown: readonly string[];
}

/** Kysely's own tables live in wecom_sync, so that its checks do not introspect a whole warehouse. Never change it. */
export const MIGRATION_SCHEMA = 'wecom_sync';
const byCodeUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function migrator(db: AnyDatabase, list: Readonly<Record<string, Migration>>): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...list }) },
    migrationTableSchema: MIGRATION_SCHEMA,
    // Kysely orders executed migrations by localeCompare by default, but the list by code units: they must agree.
    nameComparator: byCodeUnits,
  });
}

export async function schemaState(db: AnyDatabase): Promise<SchemaState> {
  const known = Object.keys(migrations);
  const exists = await db.introspection
    .getTables({ withInternalKyselyTables: true })
    .then((tables) => tables.some((t) => t.schema === MIGRATION_SCHEMA && t.name === 'kysely_migration'));
  const rows = exists
    ? await db.selectFrom(`${MIGRATION_SCHEMA}.kysely_migration`).select('name').orderBy('name').execute()
    : [];
  const applied = rows.map((row) => String(row.name));
  return {
    applied,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/**
 * Applies what is pending up to `target` (default: all, and the analysts' views after them), or throws a SchemaError that
 * names the migration.
 */
export async function migrate(db: AnyDatabase, target?: string): Promise<readonly string[]> {
  assertNotNewer(await schemaState(db));
  const runner = migrator(db, migrations);
  const { error, results } =
    target === undefined ? await runner.migrateToLatest() : await runner.migrateTo(target);
  const failed = results?.find((result) => result.status === 'Error');
  if (error)
    throw new SchemaError(
      'MIGRATION_FAILED',
      `Migration ${failed?.migrationName ?? '(before the first one)'} failed: ${error instanceof Error ? error.message : String(error)}`,
      'Nothing of it was applied. Check the privileges of the database user (check), then run migrate again.',
      error,
    );
  if (target === undefined) {
    // Loaded only here: whoever merely asks for the state starts without its 30 files.
    const { applyAnalytics, forgetRefreshes } = await import('./analytics/index.ts');
    await applyAnalytics(db);
    // A migration may rewrite rows outside of any run: the next refresh of the stored facts compares them all.
    if (results !== undefined && results.length > 0) await forgetRefreshes(db);
  }
  return (results ?? []).map((result) => result.migrationName);
}

export function assertNotNewer(state: SchemaState): void {
  if (state.unknown.length === 0) return;
  throw new SchemaError(
    'SCHEMA_NEWER',
    `The database has migrations that this version does not know: ${state.unknown.join(', ')}.`,
    'Use the version of wecom-warehouse that made them, or a newer one.',
  );
}

/** A run needs the schema of exactly this version; an empty database is migrated first. */
export async function prepareSchema(db: AnyDatabase): Promise<void> {
  const state = await schemaState(db);
  assertNotNewer(state);
  if (state.applied.length === 0) await migrate(db);
  else assertCurrent(state);
}

/** For commands that work on what earlier runs have stored: an empty database is refused too. */
export async function requireSchema(db: AnyDatabase): Promise<void> {
  assertCurrent(await schemaState(db));
}

function assertCurrent(state: SchemaState): void {
  assertNotNewer(state);
  if (state.pending.length > 0)
    throw new SchemaError(
      'SCHEMA_OLDER',
      `The database is older than the code: ${state.pending.length} migrations are pending, the first one ${state.pending[0]}.`,
      'Run: wecom-warehouse migrate',
    );
}
