/** The end of a stream: what the walks proved absent ends, is explained, or is held. */

import { WecomError } from '../wecom/errors.ts';
import type { JsonObject } from '../wecom/json.ts';
import { decide } from './holds.ts';
import { normalised } from './keys.ts';
import { RecordRejected, type Rows, type Stream, type StreamContext } from './stream.ts';
import type { StreamRun } from './stream-run.ts';
import type { Row } from './table.ts';
import {
  type Absence,
  type AbsenceSelection,
  addCounts,
  type Batch,
  type StagedRow,
  type StreamLoader,
} from './warehouse.ts';

export interface SettleOptions {
  readonly accept: boolean;
  /** No unit failed: only then can rows that hang on other rows be orphans. */
  readonly finished: boolean;
}

/** Gives the reasons of what was held; empty when nothing was. */
export async function settle(
  stream: Stream,
  loader: StreamLoader,
  run: StreamRun,
  context: StreamContext,
  options: SettleOptions,
): Promise<string[]> {
  for (const departure of (await stream.departures?.(context)) ?? [])
    run.counts.deleted += await loader.depart(departure);
  const absences = await believable(loader, run, context);
  const held: string[] = [];
  if (absences.length > 0) {
    const live = new Map<string, number>();
    for (const { table } of absences) if (!live.has(table)) live.set(table, await loader.countRows(table));
    const decision = decide({
      absences,
      live,
      sets: setsOf(stream),
      rule: stream.hold,
      accept: options.accept,
    });
    for (const selection of decision.end) await end(stream, loader, run, context, selection);
    for (const { selection, reason } of decision.hold) {
      await loader.hold(selection, reason);
      held.push(reason);
    }
  }
  // Where a walk is held, proves nothing or was refused, it may have hidden what a row hangs on.
  const refused = [...run.skipped.values()].includes('not_visible');
  if (options.finished && held.length === 0 && run.unproved === 0 && !refused)
    run.counts.deleted += await loader.endOrphans();
  return held;
}

/** What is absent; where WeCom sent the key of a child table for nobody, its rows are forgotten as absent and stay. */
async function believable(loader: StreamLoader, run: StreamRun, context: StreamContext): Promise<Absence[]> {
  const absences = await loader.absences();
  const unsent = run.guarded.unsent().filter((name) => absences.some(({ table }) => table === name));
  for (const table of unsent) {
    await loader.forgetAbsent({ table });
    context.note(
      `WeCom no longer sends ${table} for anybody: a permission was lost? What the table holds stays as it is.`,
    );
  }
  return absences.filter(({ table }) => !unsent.includes(table));
}

function setsOf({ tables }: Stream): Set<string> {
  return new Set(tables.filter(({ missing }) => missing === 'decided').map(({ name }) => name));
}

/** Ends absent rows, each with the reason that WeCom gives where a stream can ask for it. */
async function end(
  stream: Stream,
  loader: StreamLoader,
  run: StreamRun,
  context: StreamContext,
  selection: AbsenceSelection,
): Promise<void> {
  // WeCom is asked about what has a list of its own, not about each part of it (the members of a group).
  const parent = stream.tables.find(({ name }) => name === selection.table)?.parent ?? null;
  if (!stream.explain || parent !== null) {
    run.counts.deleted += await loader.endAbsent(selection, 'absent');
    return;
  }
  for (const key of await loader.absentKeys(selection)) {
    const one = { ...selection, keys: [key] };
    const explained = await explain(stream, key, context);
    if (explained === null) continue;
    if (typeof explained === 'string') run.counts.deleted += await loader.endAbsent(one, explained);
    else if (await keepAlive(stream, loader, run, context, explained)) await loader.forgetAbsent(one);
  }
}

/** null: WeCom could not say, so the row waits for the next run. */
async function explain(
  stream: Stream,
  key: Row,
  context: StreamContext,
): Promise<string | JsonObject | null> {
  try {
    return (await stream.explain?.(key, context)) ?? 'absent';
  } catch (error) {
    if (!(error instanceof WecomError)) throw error;
    context.note('an absent row could not be explained and waits for the next run', {
      key,
      error: error.message,
    });
    return null;
  }
}

/**
 * The list did not show it, but WeCom still knows it: its record is merged like any other. False: it is a reject, and
 * the row waits for the next run.
 */
async function keepAlive(
  stream: Stream,
  loader: StreamLoader,
  run: StreamRun,
  context: StreamContext,
  record: JsonObject,
): Promise<boolean> {
  const keep = run.guarded.keep();
  const nothing: Batch = { tables: new Map(), keep, endings: [], units: [], rejects: [] };
  let rows: Rows;
  try {
    rows = normalised(stream, record, context);
  } catch (error) {
    if (!(error instanceof RecordRejected)) throw error;
    const rejects = [{ unit: undefined, reason: error.message, payload: record }];
    addCounts(run.counts, await loader.commit({ ...nothing, rejects }));
    return false;
  }
  const tables = new Map<string, StagedRow[]>(
    Object.entries(rows).map(([table, list]) => [
      table,
      (list ?? []).map((row) => ({ row, unit: undefined, inPlace: false, record })),
    ]),
  );
  addCounts(run.counts, await loader.commit({ ...nothing, tables }));
  return true;
}
