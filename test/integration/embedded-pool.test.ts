import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool } from '../../loaders/pool.ts';
import { createTestDatabase, type TestDatabase, withClient } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('days and big numbers arrive as they are stored', async () => {
  const pool = createPool({ url: database.url });
  const { rows } = await pool.query("SELECT DATE '2026-01-01' AS day, 9007199254740993 AS big, 7 AS small");
  expect(rows).toEqual([{ day: '2026-01-01', big: '9007199254740993', small: 7 }]);
  await pool.end();
});

test('a connection that is cut while idle is reported and replaced', async () => {
  const errors: Error[] = [];
  const options = { url: database.url, max: 1, applicationName: 'wecom-warehouse cut' };
  const pool = createPool({ ...options, onIdleError: (error) => errors.push(error) });
  await pool.query('SELECT 1');
  await withClient(database.url, (client) =>
    client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      options.applicationName,
    ]),
  );
  while (errors.length === 0) await sleep(10);
  expect(errors[0]).toMatchObject({ code: '57P01' });
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

test('a server without TLS is refused when the URL requires it', async () => {
  const pool = createPool({ url: `${database.url.split('?')[0]}?sslmode=require` });
  await expect(pool.query('SELECT 1')).rejects.toThrow('does not support SSL');
  await pool.end();
});
