import { migrate } from '../../../loaders/migrator.ts';
import { exportWarehouse, importWarehouse, type TransferCounts } from '../../../loaders/transfer.ts';
import { migrations } from '../../../migrations/index.ts';
import { refreshAllFacts } from '../../facts.ts';
import { withDatabase } from '../context.ts';
import { EXIT } from '../exit.ts';
import { count } from '../format.ts';
import type { GlobalOptions } from '../options.ts';
import { textTable } from '../table.ts';

export function runExport(directory: string, options: GlobalOptions): Promise<number> {
  return withDatabase({ corp: false }, options, async ({ database: { url, place } }) => {
    const counts = await exportWarehouse(url, directory);
    process.stdout.write(report(counts, `Exported ${place} to ${directory}`));
    return EXIT.ok;
  });
}

export function runImport(directory: string, options: GlobalOptions): Promise<number> {
  return withDatabase({ corp: false }, options, async ({ database }) => {
    const { url, place, db } = database;
    const counts = await importWarehouse(url, directory, {
      knownMigrations: Object.keys(migrations),
      // The export's migrations are the first ones of this release: a release only appends.
      migrate: async (target) => {
        await migrate(db, target.at(-1));
      },
    });
    await migrate(db);
    await refreshAllFacts(database);
    process.stdout.write(report(counts, `Imported ${directory} into ${place}`));
    return EXIT.ok;
  });
}

function report(counts: TransferCounts, done: string): string {
  const filled = [...counts].filter(([, rows]) => rows > 0);
  const total = filled.reduce((sum, [, rows]) => sum + rows, 0);
  const lines = filled.map(([table, rows]) => [table, count(rows)]);
  return `${textTable(['table', 'rows'], lines)}\n\n${done}: ${counts.size} tables, ${count(total)} rows.\n`;
}
