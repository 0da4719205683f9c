import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withClient } from '../support/database.ts';
import { emptyFolder, setting, startCli } from './cli-support.ts';

/** One clear message on stderr, with what to do, nothing on stdout, no stack. */
function expectMessage(stderr: string, text: string | RegExp): void {
  expect(stderr).toMatch(text);
  expect(stderr).toContain('→');
  expect(stderr).not.toMatch(/\n\s+at /);
}

describe('bad input', () => {
  test('no corp id: all problems at once, exit 2, and not even a data folder is made', async () => {
    const folder = await emptyFolder();
    const { code, stdout, stderr } = await startCli(folder, ['sync'], { WECOM_MAX_IN_FLIGHT: 'many' }).done;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expectMessage(stderr, /WECOM_MAX_IN_FLIGHT/);
    const second = await startCli(folder, ['sync']).done;
    expect(second.code).toBe(2);
    expectMessage(second.stderr, /WECOM_CORP_ID is missing[\s\S]*WECOM_SECRET is missing/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('an empty variable of the environment counts as absent: .env is used, and a filled one outranks it', async () => {
    const { run, folder, simulator } = await setting();
    const file = `WECOM_SECRET=${simulator.secret}\nLOG_LEVEL=loud\nWECOM_PROXY=\n`;
    await writeFile(join(folder, '.env'), file, { mode: 0o600 });
    const { code, stderr } = await run(['sync', 'departments'], { WECOM_SECRET: ' ', LOG_LEVEL: 'warn' });
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(simulator.access.wrongAttempts).toBe(0);
    expectMessage((await run(['sync', 'departments'], { LOG_LEVEL: '' })).stderr, /LOG_LEVEL/);
  });

  test('wrong secret: tried once, exit 3, no row written, and the secret is not shown', async () => {
    const { run, simulator, database } = await setting();
    const secret = 'a-wrong-secret-that-nobody-may-see';
    const { code, stdout, stderr } = await run(['sync'], { WECOM_SECRET: secret });
    expect(code).toBe(3);
    expect(stdout).toContain('40001');
    expect(`${stdout}${stderr}`).not.toContain(secret);
    expect(simulator.access.wrongAttempts).toBe(1);
    await withClient(database.url, async (client) => {
      const { rows } = await client.query(
        'SELECT (SELECT count(*) FROM wecom.departments) + (SELECT count(*) FROM wecom_sync.progress) AS n',
      );
      expect(rows).toEqual([{ n: '0' }]);
    });
  });

  test('unreachable database: exit 5, the password is not shown', async () => {
    const { run } = await setting();
    for (const command of [['sync'], ['status'], ['migrate'], ['query', 'SELECT 1']]) {
      const { code, stdout, stderr } = await run(command, {
        DATABASE_URL: 'postgres://someone:hunter2hunter2@127.0.0.1:1/nothing',
      });
      expect([command, code, stdout]).toEqual([command, 5, '']);
      expectMessage(stderr, /127\.0\.0\.1:1\/nothing cannot be reached/);
      expect(stderr).not.toContain('hunter2hunter2');
    }
  });

  test.each([
    [['sync', 'custmers'], /There is no stream custmers/],
    [['sync', '--since', '2026-02-30'], /2026-02-30 is no calendar day/],
    [['sync', '--since', 'yesterday'], /yesterday is no calendar day/],
    [['sync', '--until', '2999-01-01'], /lies in the future/],
    [['sync', '--since', '2026-02-02', '--until', '2026-02-01'], /is later than/],
    [['sync', 'customers', '--since', '2026-02-02'], /do not apply to customers/],
    [['sync', '--corp', 'ww-nobody'], /ww-nobody is not configured/],
  ])('%j: exit 2 before anything is touched', async (args, message) => {
    const { run, simulator, database } = await setting();
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expectMessage(stderr, message);
    expect(simulator.requests).toEqual([]);
    if (args.includes('--corp')) return;
    await withClient(database.url, async (client) => {
      const { rowCount } = await client.query(`SELECT FROM pg_namespace WHERE nspname LIKE 'wecom%'`);
      expect(rowCount).toBe(0);
    });
  });

  test.each([
    [['nonsense'], /unknown command/],
    [['sync', '--nonsense'], /unknown option/],
    [['query'], /missing required argument/],
    [['query', 'SELECT 1', '--format', 'xml'], /Allowed choices/],
    [['serve', '--port', '99999'], /at most 65535/],
    [['simulate', '--traps', 'nonsense'], /There is no trap nonsense/],
  ])('%j: exit 2', async (args, message) => {
    const { code, stdout, stderr } = await startCli(await emptyFolder(), args).done;
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });

  test('a configuration file with several mistakes lists them all', async () => {
    const { run, folder } = await setting();
    const schedules = { default: '99 * * * *', statistics: 'often', streams: { nothing: '0 1 * * *' } };
    await writeFile(`${folder}/wecom-warehouse.config.json`, JSON.stringify({ schedules }));
    const { code, stderr } = await run(['serve', '--port', '0']);
    expect(code).toBe(2);
    for (const place of ['schedules.default', 'schedules.statistics', 'schedules.streams.nothing'])
      expectMessage(stderr, place);
  });

  test('an older database: exit 5, naming migrate; a newer one: exit 5', async () => {
    const { run, database } = await setting();
    expect((await run(['migrate'])).code).toBe(0);
    const change = (text: string) => withClient(database.url, (client) => client.query(text));
    await change(`INSERT INTO wecom_sync.kysely_migration VALUES ('9999_from_the_future', now()::text)`);
    for (const command of [['sync'], ['status'], ['migrate']]) {
      const newer = await run(command);
      expect([command, newer.code]).toEqual([command, 5]);
      expectMessage(newer.stderr, /9999_from_the_future/);
    }
    await change(`DELETE FROM wecom_sync.kysely_migration WHERE name = '9999_from_the_future'`);
    await change(`DELETE FROM wecom_sync.kysely_migration WHERE name = '0005_checkins'`);
    const older = await run(['sync']);
    expect(older.code).toBe(5);
    expectMessage(older.stderr, /wecom-warehouse migrate/);
  });
});

test('a second run at the same time: exit 4; SIGTERM ends the first one in order, and the next goes on', async () => {
  // Slow enough that the first run outlives the 5 s for which the second one waits for its lock.
  const { run, start, simulator, database } = await setting({ latencyMs: 400 });
  expect((await run(['migrate'])).code).toBe(0);
  const first = start(['sync', '--json'], { LOG_LEVEL: 'info' });
  await first.shows('employees succeeded');
  const second = await run(['sync']);
  expect([second.code, second.stdout]).toEqual([4, '']);
  expectMessage(second.stderr, /Another run of corp/);

  first.kill('SIGTERM');
  const stopped = await first.done;
  expect(stopped.code).toBe(3);
  expect(JSON.parse(stopped.stdout)).toMatchObject({ status: 'partial' });
  await withClient(database.url, async (client) => {
    const { rows } = await client.query('SELECT status FROM wecom_sync.runs');
    expect(rows).toEqual([{ status: 'interrupted' }]);
  });
  simulator.latencyMs = 0;
  expect((await run(['sync'])).code).toBe(0);
});
