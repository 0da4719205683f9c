/** The command line as its users run it: another process, real HTTP, a real database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Simulator } from '../../src/simulator/index.ts';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;

export interface Target {
  readonly url: string;
  readonly sim: Simulator;
}

/** Starts `wecom-warehouse ARGS` in an empty folder. */
export async function start(
  target: Target,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Command> {
  const cwd = await mkdtemp(join(tmpdir(), 'wecom-warehouse-command-'));
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: target.url,
      WECOM_CORP_ID: target.sim.corpId,
      WECOM_SECRET: target.sim.secret,
      WECOM_API_BASE: target.sim.url,
      LOG_LEVEL: 'warn',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...texts }));
  });
  return { process: child, ended };
}

export async function command(
  target: Target,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  return (await start(target, args, env)).ended;
}

/** Waits until the simulator has been asked `calls` times, or the process has ended. */
export async function asked(sim: Simulator, calls: number, process: ChildProcess): Promise<void> {
  while (sim.requests.length < calls && process.exitCode === null) await sleep(5);
}
