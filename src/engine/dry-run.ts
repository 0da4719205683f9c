/** What a run would ask for, without asking: from the plan where it needs no call, else from the last run. */

import { contextOf } from './context.ts';
import type { DayOptions } from './plan.ts';
import type { Stream } from './stream.ts';
import type { StreamLoader } from './warehouse.ts';

export interface DryRunInput {
  readonly loader: StreamLoader;
  readonly startedAt: number;
  readonly days: DayOptions;
  /** API calls of the stream's last successful run; null when there was none. */
  readonly lastCalls: number | null;
}

export interface PlannedStream {
  readonly stream: string;
  /** null: nothing is stored yet from which it could be told. */
  readonly requests: number | null;
  readonly basis: 'plan' | 'last run' | 'unknown';
}

class CallNeeded extends Error {}

export async function planStream(stream: Stream, input: DryRunInput): Promise<PlannedStream> {
  const blocks = await countBlocks(stream, input);
  const { lastCalls } = input;
  // A block of a daily stream is one call or a few; blocks of other streams are walks of unknown length.
  if (blocks !== null && stream.mode === 'daily')
    return { stream: stream.name, requests: blocks, basis: 'plan' };
  if (lastCalls !== null) return { stream: stream.name, requests: lastCalls, basis: 'last run' };
  return blocks !== null && blocks > 0
    ? { stream: stream.name, requests: blocks, basis: 'plan' }
    : { stream: stream.name, requests: null, basis: 'unknown' };
}

/** null: planning itself needs a call. */
async function countBlocks(stream: Stream, { loader, startedAt, days }: DryRunInput): Promise<number | null> {
  const progress = new Map((await loader.progress()).map((unit) => [unit.unit, unit]));
  const context = contextOf(stream, {
    loader,
    progress,
    lastSuccess: await loader.lastSuccess(),
    // No cycle has this name: a dry run plans a fresh run.
    cycle: 'dry-run',
    startedAt,
    days,
    complete: new Set(),
    spelling: (userid) => userid,
    note: () => undefined,
    signal: AbortSignal.abort(),
    call: () => Promise.reject(new CallNeeded()),
  });
  try {
    return (await stream.blocks(context)).length;
  } catch (error) {
    if (error instanceof CallNeeded) return null;
    throw error;
  }
}
