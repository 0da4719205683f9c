import { expect, test } from 'vitest';
import { createTestDatabase, withClient } from '../support/database.ts';

test('a template is built once and copied', async () => {
  let builds = 0;
  const template = {
    name: 'numbers',
    build: async (url: string) => {
      builds += 1;
      await withClient(url, (client) =>
        client.query('CREATE TABLE numbers AS SELECT generate_series(1, 3) AS n'),
      );
    },
  };
  const [first, second] = await Promise.all([createTestDatabase(template), createTestDatabase(template)]);
  await withClient(first.url, (client) => client.query('DELETE FROM numbers'));
  const { rows } = await withClient(second.url, (client) => client.query('SELECT n FROM numbers ORDER BY n'));
  expect(rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(builds).toBe(1);
  await Promise.all([first.drop(), second.drop()]);
});
