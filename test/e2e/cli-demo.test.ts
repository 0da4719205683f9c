import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { displayWidth } from '../../src/cli/table.ts';
import { emptyFolder, startCli } from './cli-support.ts';

test('demo needs nothing, touches nothing of one’s own, and can be run again', async () => {
  const folder = await emptyFolder();
  const own = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/mine',
    WECOM_CORP_ID: 'ww-mine',
    WECOM_API_BASE: 'http://127.0.0.1:1',
  };
  for (const env of [{}, own]) {
    const { code, stdout, stderr } = await startCli(folder, ['demo'], env).done;
    expect([code, stderr.includes('→')]).toEqual([0, false]);
    expect(stdout).toContain('Customers won and lost per employee');
    expect(stdout).toContain('Approval turnaround by template');
    expect(stdout).toContain('Owners whose groups go quiet');
    expect(
      stdout.match(/night \d: [1-9]\d* rows new, [1-9]\d* changed, [1-9]\d* ended .*succeeded/g),
    ).toHaveLength(5);
    expect(stdout).toContain('init');
    expect(stdout.split('\n').filter((line) => displayWidth(line) > 110)).toEqual([]);
    // Every answer has rows: header, rule, first row.
    expect(stdout.match(/^─[─ ]+\n\S+/gm)?.length).toBeGreaterThanOrEqual(5);
  }
  expect(await readdir(folder)).toEqual(['.wecom-warehouse']);
  expect(await readdir(join(folder, '.wecom-warehouse'))).toEqual(['demo']);
}, 240_000);
