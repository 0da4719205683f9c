import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { z } from 'zod';

const manifest = z.object({ version: z.string() });

/** Version of this package, in a checkout and when installed. */
export const version = manifest.parse(
  JSON.parse(readFileSync(findPackageJSON(import.meta.url) ?? 'package.json', 'utf8')),
).version;
