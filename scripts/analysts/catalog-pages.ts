/** The pages that follow from the catalog of a database which the migrations and the views alone have filled. */
import { Kysely, PostgresDialect } from 'kysely';
import { applyApprovalForms } from '../../loaders/analytics/index.ts';
import { migrate } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { dictionaryPage } from './dictionary.ts';
import { diagramPage } from './er-diagram.ts';

/** Migrates the empty database at `url`. */
export async function migratedCatalog(url: string): Promise<Catalog> {
  const pool = createPool({ url });
  const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
  try {
    await migrate(db);
    // Without templates it makes nothing but the schema.
    await applyApprovalForms(db);
    return await readCatalog(pool);
  } finally {
    await db.destroy();
  }
}

/** Path under the project → text. */
export function catalogPages(catalog: Catalog): Readonly<Record<string, string>> {
  return {
    'docs/data-dictionary.md': dictionaryPage(catalog),
    'docs/er-diagram.md': diagramPage(catalog),
  };
}
