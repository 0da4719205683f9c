import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const readmes = ['README.md', 'README.zh-CN.md'];

test('the reference pages and the generated parts of the READMEs follow from the declarations', async () => {
  const { stderr } = await run(process.execPath, ['scripts/docs.ts', '--check']);
  expect(stderr).toBe('');
});

test.each([...readmes, 'CONTRIBUTING.md'])('%s links only to files that exist', async (file) => {
  const links = [...(await readFile(file, 'utf8')).matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link ?? '');
  expect(links.length).toBeGreaterThan(0);
  const missing = await Promise.all(
    links.map((link) =>
      readFile(link).then(
        () => '',
        (error) => (error.code === 'EISDIR' ? '' : link),
      ),
    ),
  );
  expect(missing.filter(Boolean)).toEqual([]);
});

test.each(readmes)('%s stays short enough to be read', async (file) => {
  expect((await readFile(file, 'utf8')).split('\n').length).toBeLessThanOrEqual(250);
});
