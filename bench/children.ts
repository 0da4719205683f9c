/** The simulator and the pipeline, each in a process of its own, so that memory and CPU can be told apart. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SizeChoice } from '../src/simulator/index.ts';
import type { SyncResult } from '../src/sync.ts';

export interface SimulatorRequest {
  readonly size: SizeChoice;
  readonly latencyMs: number;
  readonly quotas: boolean;
}

export interface SimulatorAddress {
  readonly url: string;
  readonly corpId: string;
  readonly secret: string;
}

export interface PipelineRequest extends SimulatorAddress {
  readonly databaseUrl: string;
  /** Empty: all streams. */
  readonly streams: readonly string[];
  readonly unlimited: boolean;
}

export interface PipelineResult {
  readonly result: SyncResult;
  /** Bytes: the most that was resident. */
  readonly peak: number;
  /** CPU seconds of `sync()`. */
  readonly cpu: number;
  /** Seconds of `sync()`. */
  readonly seconds: number;
}

export interface SimulatorProcess extends SimulatorAddress {
  /** CPU seconds so far. */
  cpu(): number;
  close(): Promise<void>;
}

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export async function startSimulatorProcess(request: SimulatorRequest): Promise<SimulatorProcess> {
  const child = fork(file('child-simulator.ts'));
  const address = await answer<SimulatorAddress>(child, request);
  return { ...address, cpu: () => cpuSeconds(child.pid ?? 0), close: () => ended(child) };
}

/** One run of `sync()` under the flags of `npm start`. */
export async function runPipeline(request: PipelineRequest): Promise<PipelineResult> {
  const child = fork(file('child-pipeline.ts'), { execArgv: startFlags() });
  const result = await answer<PipelineResult>(child, request);
  await ended(child);
  const problems = result.result.streams.filter((stream) => stream.status !== 'succeeded');
  if (problems.length > 0)
    throw new Error(`The benchmark's run did not succeed: ${JSON.stringify(problems)}`);
  return result;
}

/** The flags that `npm start` gives to node. */
function startFlags(): string[] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const [, flags = ''] = /"start": "exec node ([^"]*) src/.exec(text) ?? [];
  return flags.split(' ').filter((flag) => flag !== '');
}

/** The one message that a child sends back. */
function answer<T>(child: ChildProcess, request: object): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`A child of the benchmark ended: ${code ?? signal}`)),
    );
    child.send(request);
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.disconnect();
  await exit;
}

function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / 100;
}
