import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('docs/reliability.md follows from the declarations, and every test that it names exists', async () => {
  const run = promisify(execFile);
  const { stderr } = await run(process.execPath, ['scripts/reliability.ts', '--check']);
  expect(stderr).toBe('');
});
