import { runSimulate, type SimulatorOptions, TRAP_NAMES, type TrapChoice } from '../../simulator/index.ts';
import { EXIT, UsageError } from '../exit.ts';
import { stopOnSignals, untilAborted } from '../signals.ts';

export interface SimulateFlags {
  readonly port: number;
  readonly seed: number;
  readonly size: 'tiny' | 'demo' | 'large';
  readonly traps: string;
}

export async function runSimulateCommand({ port, seed, size, traps }: SimulateFlags): Promise<number> {
  const stop = stopOnSignals(() => undefined);
  const simulator = await start({ port, seed, size, traps: trapChoice(traps) });
  try {
    await untilAborted(stop.signal);
  } finally {
    await simulator.close();
    stop.dispose();
  }
  return EXIT.ok;
}

async function start(options: SimulatorOptions) {
  try {
    return await runSimulate(options, (line) => process.stdout.write(`${line}\n`));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new UsageError(`Port ${options.port} is in use.`, 'Choose another one: simulate --port 8900');
  }
}

function trapChoice(text: string): TrapChoice {
  if (text === 'all' || text === 'none') return text;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !TRAP_NAMES.some((trap) => trap === name));
  if (unknown.length > 0)
    throw new UsageError(`There is no trap ${unknown.join(', ')}.`, 'simulate --help lists them.');
  return Object.fromEntries(names.map((name) => [name, true]));
}
