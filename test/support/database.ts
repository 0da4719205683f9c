import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this test run, started by global-setup.ts, and the prefix of its databases. */
    testServer: { url: string; prefix: string };
  }
}

export type TestDatabase = { readonly url: string; drop(): Promise<void> };

/** A database that is built once per test run and then copied, which takes a fraction of building it again. */
export type Template = {
  /** Lower-case letters, digits and underscores. */
  readonly name: string;
  /** Fills the database at `url` and closes its connections. */
  build(url: string): Promise<void>;
};

/** A fresh database of its own on the real server of this run: empty, or a copy of `template`. */
export async function createTestDatabase(template?: Template): Promise<TestDatabase> {
  const { url, prefix } = inject('testServer');
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await withClient(url, async (client) => {
    const source = template
      ? await buildOnce(client, url, `${prefix}_template_${template.name}`, template)
      : 'template1';
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${source}`);
  });
  return {
    url: urlOf(url, name),
    drop: () => withClient(url, (client) => dropDatabase(client, name)),
  };
}

/** The test files run side by side: one builds, the others wait for its advisory lock. */
async function buildOnce(client: Client, url: string, name: string, template: Template): Promise<string> {
  await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) {
      const unfinished = `${name}_unfinished`;
      await dropDatabase(client, unfinished);
      await client.query(`CREATE DATABASE ${unfinished}`);
      await template.build(urlOf(url, unfinished));
      await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${name}`);
    }
    return name;
  } finally {
    await client.query('SELECT pg_advisory_unlock(hashtext($1))', [name]);
  }
}

async function dropDatabase(client: Client, name: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, application_name: 'wecom-warehouse-test' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.href;
}
