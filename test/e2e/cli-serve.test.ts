import { expect, test } from 'vitest';
import { withClient } from '../support/database.ts';
import { setting } from './cli-support.ts';

const pageUrl = (log: string) => /status page: (http:[^"]+)/.exec(log)?.[1] ?? '';

test('serve catches up what was missed, shows it, and does not repeat it at the next start', async () => {
  const { start, simulator, database } = await setting();
  const first = start(['serve', '--port', '0'], { LOG_LEVEL: 'info' });
  const url = pageUrl(await first.shows('status page'));
  expect(await (await fetch(`${url}healthz`)).text()).toBe('ok\n');
  await first.shows('run succeeded');
  expect((await fetch(`${url}readyz`)).status).toBe(200);

  first.kill('SIGTERM');
  const { code, stderr } = await first.done;
  expect(code).toBe(0);
  expect(stderr.match(/catching up/g)).toHaveLength(1);

  const second = start(['serve', '--port', '0'], { LOG_LEVEL: 'info' });
  const again = pageUrl(await second.shows('next run'));
  const metrics = await (await fetch(`${again}metrics`)).text();
  expect(metrics).toMatch(/^wecom_warehouse_rows\{corp_id="ww\w+",stream="customers"\} [1-9]\d*$/m);
  expect(metrics).toMatch(/^wecom_warehouse_last_run_succeeded\{corp_id="ww\w+",stream="checkins"\} 1$/m);
  expect(
    metrics.split('\n').filter((line) => line !== '' && !/^(# (HELP|TYPE) |wecom_warehouse_)/.test(line)),
  ).toEqual([]);
  const page = await (await fetch(again)).text();
  expect(page).toContain('user_behavior_daily');
  for (const secret of [simulator.secret, database.url]) expect(page + metrics).not.toContain(secret);
  expect((await fetch(`${again}nothing`)).status).toBe(404);
  expect((await fetch(again, { method: 'POST' })).status).toBe(405);

  await withClient(database.url, async (client) => {
    const { rows } = await client.query('SELECT count(*)::int AS n FROM wecom_sync.runs');
    expect(rows).toEqual([{ n: 1 }]);
    await client.query(`DELETE FROM wecom_sync.kysely_migration WHERE name = '0005_checkins'`);
  });
  expect((await fetch(`${again}readyz`)).status).toBe(503);
  second.kill('SIGTERM');
  expect((await second.done).code).toBe(0);
});

test('SIGTERM in the middle of a run ends it in order', async () => {
  const { start, database } = await setting({ latencyMs: 300 });
  const service = start(['serve', '--port', '0'], { LOG_LEVEL: 'info' });
  await service.shows('employees succeeded');
  service.kill('SIGTERM');
  const { code, stderr } = await service.done;
  expect(code).toBe(0);
  expect(stderr).toContain('finishing the current batch');
  await withClient(database.url, async (client) => {
    const { rows } = await client.query('SELECT status FROM wecom_sync.runs');
    expect(rows).toEqual([{ status: 'interrupted' }]);
  });
});
