/**
 * `npm run docs:dictionary` writes the pages for analysts that need a database: the data dictionary and the diagrams from
 * the catalog of a migrated one, the cookbook's answers from a simulated company. It runs an embedded PostgreSQL in a
 * folder of its own. The tests dictionary.test.ts and cookbook.test.ts fail when a page differs.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded } from '../src/embedded/index.ts';
import { catalogPages, migratedCatalog } from './analysts/catalog-pages.ts';
import { liveDays } from './analysts/company.ts';
import { cookbookPages } from './analysts/cookbook.ts';
import { createDatabase } from './analysts/database.ts';

const ROOT = join(import.meta.dirname, '..');
/** Nothing here outlives the command, so the disk need not be waited for. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

function write(pages: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(pages)) {
    const file = join(ROOT, path);
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    writeFileSync(file, text);
    process.stdout.write(`${path}\n`);
  }
}

const directory = await mkdtemp(join(tmpdir(), 'wecom-warehouse-docs-'));
const server = await openEmbedded({ directory, settings: FAST });
try {
  write(catalogPages(await migratedCatalog(await createDatabase(server.url, 'catalog'))));
  const company = await createDatabase(server.url, 'company');
  await liveDays(company);
  write(await cookbookPages(company));
} finally {
  await server.close();
  await rm(directory, { recursive: true, force: true });
}
