/** What a stream sees of its run. */

import { shanghaiDay, subtract } from '../days.ts';
import { type DayOptions, freshProgress, neededDays } from './plan.ts';
import type { Stream, StreamContext } from './stream.ts';
import type { StreamLoader, UnitProgress } from './warehouse.ts';

export interface ContextParts extends Pick<StreamContext, 'spelling' | 'note' | 'call' | 'signal'> {
  readonly loader: StreamLoader;
  readonly progress: ReadonlyMap<string, UnitProgress>;
  readonly lastSuccess: string | null;
  readonly cycle: string;
  /** Milliseconds. */
  readonly startedAt: number;
  readonly days: DayOptions;
  /** Streams whose walk was complete and not held in this cycle. */
  readonly complete: ReadonlySet<string>;
}

export function contextOf(stream: Stream, parts: ContextParts): StreamContext {
  const { loader, progress, lastSuccess, cycle, startedAt, days, complete, spelling, note, call, signal } =
    parts;
  const today = shanghaiDay(startedAt);
  return {
    spelling,
    note,
    call,
    signal,
    startedAt,
    today,
    full: days.full,
    pending: (units) => units.filter((unit) => progress.get(unit)?.cycle !== cycle),
    knownUnits: () => [...progress.values()].filter((unit) => unit.closed === null).map((unit) => unit.unit),
    lastRows: (unit) => progress.get(unit)?.rows ?? 0,
    lastSuccess,
    needed: (unit) => (stream.days ? neededDays(stream.days, progress.get(unit), cycle, today, days) : []),
    covered: (unit) => (progress.get(unit) ?? freshProgress(unit)).covered,
    settled: (unit) => {
      const { covered, provisional } = progress.get(unit) ?? freshProgress(unit);
      return subtract(covered, provisional);
    },
    stored: (table, columns, where) => loader.stored(table, columns, where),
    complete: (name) => complete.has(name),
  };
}
