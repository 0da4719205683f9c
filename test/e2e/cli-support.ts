import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const MAIN = resolve('src/cli/main.ts');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Cli {
  readonly done: Promise<CliResult>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when stdout or stderr shows the text. */
  shows(text: string | RegExp): Promise<string>;
}

/** The environment of the test must not leak into the commands: they read WECOM_* and DATABASE_URL. */
function environment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, USER } = process.env;
  return { PATH, HOME, USER, ...(TMPDIR === undefined ? {} : { TMPDIR }), ...more };
}

export function startCli(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input = '',
): Cli {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: environment(env) });
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const note = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    note();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    note();
  });
  child.stdin.end(input);
  const done = new Promise<CliResult>((fulfil, reject) => {
    child.once('error', reject);
    child.once('close', (code) => fulfil({ code, stdout, stderr }));
  });
  onTestFinished(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await done.catch(() => undefined);
  });
  return {
    done,
    kill: (signal) => child.kill(signal),
    async shows(wanted) {
      const seen = () => {
        const all = `${stdout}\n${stderr}`;
        return typeof wanted === 'string' ? all.includes(wanted) : wanted.test(all);
      };
      const shown = new Promise<void>((fulfil) => {
        const look = () => {
          if (seen()) fulfil();
        };
        listeners.add(look);
        look();
      });
      await Promise.race([
        shown,
        done.then((result) => {
          if (!seen())
            throw new Error(`The command ended without showing ${String(wanted)}: ${JSON.stringify(result)}`);
        }),
      ]);
      return `${stdout}\n${stderr}`;
    },
  };
}

export interface Setting {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly simulator: Simulator;
  readonly env: Readonly<Record<string, string>>;
  run(args: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Promise<CliResult>;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): Cli;
}

/** An empty folder, an empty database and a simulated company, all gone after the test. */
export async function setting(options: SimulatorOptions = {}): Promise<Setting> {
  const folder = await emptyFolder();
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const simulator = await startSimulator({ quotas: false, ...options });
  onTestFinished(() => simulator.close());
  const env = {
    DATABASE_URL: database.url,
    WECOM_API_BASE: simulator.url,
    WECOM_CORP_ID: simulator.corpId,
    WECOM_SECRET: simulator.secret,
    LOG_LEVEL: 'warn',
  };
  return {
    folder,
    database,
    simulator,
    env,
    run: (args, more = {}, input = '') => startCli(folder, args, { ...env, ...more }, input).done,
    start: (args, more = {}) => startCli(folder, args, { ...env, ...more }),
  };
}

export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'wecom-warehouse-cli-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
