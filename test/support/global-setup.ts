import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { isAlive } from '../../src/embedded/file-lock.ts';
import { openEmbedded } from '../../src/embedded/index.ts';

/** A real PostgreSQL server for this test run. */
type TestServer = { readonly name: string; readonly url: string; stop(): Promise<void> };

const IMAGE = process.env.TEST_POSTGRES_IMAGE ?? 'postgres:18-alpine';
const FOLDER = 'wecom-warehouse-test-';
/** Nothing of a test outlives its run, so the disk need not be waited for. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Once per run of vitest: `TEST_DATABASE_URL`, else Testcontainers where a Docker engine answers, else embedded. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = (await givenServer()) ?? (await containerServer()) ?? (await embeddedServer());
  process.stderr.write(`Test database: ${server.name}\n`);
  const prefix = `ww_test_${randomBytes(4).toString('hex')}`;
  project.provide('testServer', { url: server.url, prefix });
  return async () => {
    await dropDatabases(server.url, prefix);
    await server.stop();
  };
}

async function givenServer(): Promise<TestServer | null> {
  const url = process.env.TEST_DATABASE_URL;
  return url ? { name: 'TEST_DATABASE_URL', url, stop: async () => undefined } : null;
}

async function containerServer(): Promise<TestServer | null> {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  try {
    const settings = Object.entries(FAST).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const container = await new PostgreSqlContainer(IMAGE).withCommand(['postgres', ...settings]).start();
    const stop = async () => {
      await container.stop();
    };
    return { name: `Testcontainers, ${IMAGE}`, url: container.getConnectionUri(), stop };
  } catch (error) {
    // No engine, or an engine that cannot get the image: the tests still run on a real server.
    process.stderr.write(
      `Testcontainers not used: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return null;
  }
}

async function embeddedServer(): Promise<TestServer> {
  await sweepLeftovers();
  const directory = await mkdtemp(join(tmpdir(), `${FOLDER}${process.pid}-`));
  const server = await openEmbedded({ directory, settings: FAST });
  const stop = async () => {
    await server.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { name: 'embedded PostgreSQL', url: server.url, stop };
}

/** A killed run leaves its server and files behind: the next one ends and removes them. */
async function sweepLeftovers(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(FOLDER) || isAlive(Number(entry.slice(FOLDER.length).split('-')[0]))) continue;
    const directory = join(tmpdir(), entry);
    await openEmbedded({ directory }).then(
      (server) => server.close(),
      () => undefined,
    );
    await rm(directory, { recursive: true, force: true });
  }
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [prefix],
  );
  for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS ${datname} WITH (FORCE)`);
  await client.end();
}
