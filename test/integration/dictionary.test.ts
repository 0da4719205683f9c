import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { type Catalog, labelOf, uncommented } from '../../scripts/analysts/catalog.ts';
import { catalogPages, migratedCatalog } from '../../scripts/analysts/catalog-pages.ts';
import { createDatabase } from '../../scripts/analysts/database.ts';
import { keyOf } from '../../scripts/analysts/dictionary.ts';
import { DIAGRAMS } from '../../scripts/analysts/er-diagram.ts';
import { VIEW_KEYS } from '../../scripts/analysts/keys.ts';
import '../support/database.ts';

const nameOf = ({ schema, name }: { schema: string; name: string }) => `${schema}.${name}`;

describe('the data dictionary', () => {
  let catalog: Catalog;

  beforeAll(async () => {
    const { url, prefix } = inject('testServer');
    catalog = await migratedCatalog(await createDatabase(url, `${prefix}_dictionary`));
  });

  it('finds a comment with a Chinese and an English name on every schema, relation and column', () => {
    expect(catalog.schemas.length).toBe(6);
    expect(catalog.relations.length).toBeGreaterThan(100);
    expect(uncommented(catalog)).toEqual([]);
  });

  it('refuses a comment that is missing, without an English name or with a third one', () => {
    const comments = [
      null,
      '',
      '客户',
      '客户 | ',
      ' | Customers',
      '客户 | Customers | more',
      '客户 | Customers\nText',
    ];
    expect(comments.filter((comment) => labelOf(comment) !== undefined)).toEqual(['客户 | Customers\nText']);
  });

  it('knows what makes a row one, in columns that exist', () => {
    const relations = catalog.relations.filter(({ name }) => !name.endsWith('_versions'));
    expect(relations.filter((one) => keyOf(one).length === 0).map(nameOf)).toEqual([]);
    const missing = relations.flatMap((one) =>
      keyOf(one)
        .filter((key) => !one.columns.some((column) => column.name === key))
        .map((key) => `${nameOf(one)}.${key}`),
    );
    expect(missing).toEqual([]);
    const known = relations.map(nameOf);
    expect(Object.keys(VIEW_KEYS).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('draws every table of wecom, and every dimension and fact of analytics', () => {
    const drawn = DIAGRAMS.flatMap(({ schema, relations }) => relations.map((name) => `${schema}.${name}`));
    const wanted = catalog.relations.filter(
      ({ schema, name }) => schema === 'wecom' || (schema === 'analytics' && /^(dim|fct|bridge)_/.test(name)),
    );
    expect(wanted.map(nameOf).filter((name) => !drawn.includes(name))).toEqual(['analytics.dim_code']);
  });

  it.each([
    'docs/cannot-answer.md',
    'docs/cookbook.md',
    'docs/cookbook.zh-CN.md',
  ])('%s names only relations, columns and pages that exist', async (page) => {
    const text = await readFile(page, 'utf8');
    const relations = catalog.relations.map(nameOf);
    const columns = catalog.relations.flatMap((one) => one.columns.map((column) => column.name));
    const named = [...text.matchAll(/\b(?:analytics|analytics_pii|wecom|wecom_sync)\.\w+/g)].map(
      ([name]) => name,
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !relations.includes(name))).toEqual([]);
    const quoted = [...text.matchAll(/`(\w+_(?:at|date|count|eod|code|percentage|userid|minutes))`/g)];
    expect(quoted.map(([, name = '']) => name).filter((name) => !columns.includes(name))).toEqual([]);
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, link = '']) => link);
    const missing = links.filter((link) => !existsSync(join(dirname(page), link)));
    expect(missing).toEqual([]);
  });

  it('is what the committed pages show', async () => {
    for (const [path, text] of Object.entries(catalogPages(catalog)))
      expect(await readFile(path, 'utf8').catch(() => ''), `${path}: run npm run docs:dictionary`).toBe(text);
  });
});
