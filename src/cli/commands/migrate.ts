import { applyAnalytics, applyApprovalForms } from '../../../loaders/analytics/index.ts';
import { assertNotNewer, migrate, schemaState } from '../../../loaders/migrator.ts';
import { migrationSql } from '../../../loaders/print-sql.ts';
import { asOwner, createRoles, grantStatements } from '../../../loaders/roles.ts';
import { refreshAllFacts } from '../../facts.ts';
import { withDatabase } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';

export interface MigrateFlags {
  readonly status?: boolean;
  readonly printSql?: boolean;
  readonly withRoles?: boolean;
}

export function runMigrate(flags: MigrateFlags, options: GlobalOptions): Promise<number> {
  return withDatabase({ corp: false }, options, async ({ config, database }) => {
    const { db, place } = database;
    const state = await schemaState(db);
    if (flags.status) {
      const line = (mark: string) => (name: string) => `${mark} ${name}\n`;
      const lines = [
        ...state.applied.filter((name) => !state.unknown.includes(name)).map(line('applied')),
        ...state.unknown.map(line('unknown')),
        ...state.pending.map(line('pending')),
      ];
      process.stdout.write(lines.join(''));
      assertNotNewer(state);
    } else if (flags.printSql) {
      assertNotNewer(state);
      process.stdout.write(await sqlOf(state.pending));
    } else {
      const applied = await asOwner(db, async (owner) => {
        const names = await migrate(owner);
        await applyAnalytics(owner, { employeeAttributes: config.employeeAttributes ?? {} });
        // The loader's role may not write views: what its runs had to leave is written here.
        await applyApprovalForms(owner);
        return names;
      });
      process.stdout.write(
        applied.length === 0
          ? `Nothing to do: ${place} has all ${state.applied.length} migrations.\n`
          : `${applied.map((name) => `applied ${name}\n`).join('')}${place} is up to date.\n`,
      );
      if (flags.withRoles) {
        await createRoles(db);
        process.stdout.write(await grantStatements(db));
      }
      process.stdout.write(refreshed(await refreshAllFacts(database)));
    }
    return EXIT.ok;
  });
}

async function sqlOf(pending: readonly string[]): Promise<string> {
  if (pending.length === 0) return '-- Nothing is pending.\n';
  const parts = ['-- To read: `wecom-warehouse migrate` applies these statements and records that it did.\n'];
  for (const name of pending) {
    parts.push(`\n-- ${name}\n`);
    for (const statement of await migrationSql(name)) parts.push(`${statement};\n`);
  }
  return parts.join('');
}

const refreshed = (busy: readonly string[]): string =>
  busy.length === 0
    ? ''
    : `A run is under way (${busy.join(', ')}): it refreshes the facts of schema analytics when it ends.\n`;
