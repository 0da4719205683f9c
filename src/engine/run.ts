/** One run: all asked streams, each as soon as those before it have ended, and one summary. */

import { WecomError } from '../wecom/errors.ts';
import type { JsonObject } from '../wecom/json.ts';
import type { SecretArea } from '../wecom/secrets.ts';
import type { Count } from './completeness.ts';
import { contextOf } from './context.ts';
import { describe, WarehouseError } from './errors.ts';
import { Journal } from './journal.ts';
import type { DayOptions } from './plan.ts';
import { settle } from './settle.ts';
import { Spellings } from './spelling.ts';
import type { Call, Stream } from './stream.ts';
import { StreamRun } from './stream-run.ts';
import { type Outcome, readBefore, verdict } from './verdict.ts';
import type { StreamLoader, StreamReport, StreamStatus } from './warehouse.ts';

export interface Source {
  call(request: Call & { area: SecretArea; signal: AbortSignal; onAttempt: () => void }): Promise<JsonObject>;
}

export interface RunEvent {
  readonly type: 'started' | 'progress' | 'finished' | 'note';
  readonly stream: string;
  readonly records: number;
  readonly pages: number;
  /** Units finished and planned, where a plan is known. */
  readonly done: number;
  readonly total: number;
  readonly text?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly report?: StreamReport;
}

export interface RunInput {
  readonly streams: readonly Stream[];
  /** The stream that brings the directory, and with it the spelling of userids. */
  readonly directory: string;
  /** The streams whose rows say how a userid is spelled: the directory, and what stands in where it could not be read. */
  readonly spelledBy: readonly string[];
  /**
   * Brings every stored userid in the spelling of the employees whom the directory has shown first since this instant
   * (ISO; null: of all). Returns the rows changed.
   */
  readonly respell: (since: string | null) => Promise<number>;
  readonly source: Source;
  readonly loaderOf: (stream: Stream) => StreamLoader;
  readonly cycle: string;
  /** Milliseconds: the as-of instant of the run. */
  readonly startedAt: number;
  readonly now: () => number;
  readonly days: DayOptions;
  readonly acceptDeletes: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
  /** Called as soon as a stream has ended, to store its report. */
  readonly onReport: (report: StreamReport, proof: Proof) => Promise<void>;
}

/** Units: expected = received + explained, else the stream is not complete. */
export interface Proof {
  readonly startedAt: number;
  readonly expected: number;
  readonly received: number;
  readonly explained: number;
  /** The same for whatever WeCom itself numbers: groups listed, rows of a total … */
  readonly counts: readonly Count[];
  readonly notes: readonly string[];
}

export type RunStatus = 'succeeded' | 'partial' | 'failed';

const PROGRESS_EVERY_MS = 500;

/** The streams asked for, with all that they depend on, in catalogue order. */
export function withDependencies(catalogue: readonly Stream[], names: readonly string[]): Stream[] {
  const wanted = new Set<string>();
  const want = (name: string) => {
    const stream = catalogue.find((candidate) => candidate.name === name);
    if (!stream || wanted.has(name)) return;
    wanted.add(name);
    for (const before of stream.after) want(before);
  };
  for (const name of names) want(name);
  return catalogue.filter((stream) => wanted.has(stream.name));
}

export async function runStreams(input: RunInput): Promise<StreamReport[]> {
  const ended = new Map<string, Promise<StreamReport>>();
  const spelling = new Spellings();
  const complete = new Set<string>();
  for (const stream of input.streams) {
    const before = stream.after.map((name) => ended.get(name));
    const report = Promise.all(before).then((reports) =>
      runStream(
        stream,
        input,
        spelling,
        complete,
        reports.filter((one) => one !== undefined),
      ),
    );
    ended.set(stream.name, report);
  }
  return Promise.all(ended.values());
}

/** Partial: something is missing and the next run gets it. Streams that are not permitted are explained. */
export function runStatus(reports: readonly StreamReport[]): RunStatus {
  const permitted = reports.filter((report) => report.status !== 'not_permitted');
  if (permitted.length > 0 && permitted.every((report) => report.status === 'succeeded')) return 'succeeded';
  return permitted.some((report) => report.status !== 'failed' && report.status !== 'skipped')
    ? 'partial'
    : 'failed';
}

async function runStream(
  stream: Stream,
  input: RunInput,
  spelling: Spellings,
  complete: Set<string>,
  before: readonly StreamReport[],
): Promise<StreamReport> {
  const startedAt = input.now();
  const loader = input.loaderOf(stream);
  const facts = { cycle: input.cycle, startedAt: input.startedAt, now: input.now, days: input.days };
  const run = new StreamRun(stream, loader, facts);
  const journal = new Journal(stream.name, run, input.onEvent);
  journal.emit('started');
  const ticker = setInterval(() => journal.emit('progress'), PROGRESS_EVERY_MS);
  const outcome = await attempt(stream, input, run, loader, journal, { spelling, complete, before })
    .catch((error: unknown): Outcome => failure(stream, run, error, input.signal))
    .then((ended) => inLine(ended, stream, input, run, loader, journal))
    .finally(() => clearInterval(ticker));
  const report: StreamReport = {
    stream: stream.name,
    status: outcome.status,
    apiCalls: journal.apiCalls,
    pages: run.pages,
    records: run.records,
    ...run.counts,
    durationMs: input.now() - startedAt,
    error: outcome.error === null ? null : describe(outcome.error),
    ...(journal.spared.length > 0 && { spared: journal.spared }),
  };
  if (input.spelledBy.includes(stream.name)) spelling.forget();
  await input.onReport(report, proofOf(run, journal, startedAt)).catch((error: unknown) => {
    journal.note('the report of the stream could not be stored', { error: describe(error) });
  });
  journal.emit('finished', { report });
  return report;
}

/**
 * However the directory has ended: the streams that wait for it spell userids as it does, so what is stored must too. The
 * next run does again what a stop or an error leaves undone, because then the stream has not succeeded.
 */
async function inLine(
  ended: Outcome,
  stream: Stream,
  input: RunInput,
  run: StreamRun,
  loader: StreamLoader,
  journal: Journal,
): Promise<Outcome> {
  if (stream.name !== input.directory || input.signal.aborted) return ended;
  try {
    const rows = await input.respell(await loader.lastSuccess());
    if (rows > 0) journal.note("stored userids were brought in the directory's spelling", { rows });
    return ended;
  } catch (error) {
    return failure(stream, run, error, input.signal);
  }
}

interface Surroundings {
  readonly spelling: Spellings;
  readonly complete: Set<string>;
  readonly before: readonly StreamReport[];
}

async function attempt(
  stream: Stream,
  input: RunInput,
  run: StreamRun,
  loader: StreamLoader,
  journal: Journal,
  { spelling, complete, before }: Surroundings,
): Promise<Outcome> {
  await missingInput(stream, input.streams, loader, before);
  await run.loadProgress();
  const { signal } = input;
  const onAttempt = () => {
    journal.apiCalls += 1;
  };
  const context = contextOf(stream, {
    loader,
    complete,
    signal,
    progress: run.progress,
    lastSuccess: await loader.lastSuccess(),
    cycle: input.cycle,
    startedAt: input.startedAt,
    days: input.days,
    spelling: await spelling.of(loader),
    call: (request) => input.source.call({ ...request, area: stream.area, signal, onAttempt }),
    note: (text, data) => journal.note(text, data),
  });
  const continued = readBefore(run.progress, input.cycle, context.lastSuccess);
  const blocks = await stream.blocks(context);
  journal.planned = new Set(blocks.flatMap((block) => block.units)).size;
  journal.spared = blocks.flatMap((block) => block.spared ?? []);
  await run.read(blocks, context);
  await run.ledger.settle(run, loader, input.cycle, input.startedAt);
  noteChanges(run, journal);
  if (signal.aborted) return { status: 'partial', error: stopped(stream, signal) };
  const finished = run.failed.size === 0;
  const held = await settle(stream, loader, run, context, { accept: input.acceptDeletes, finished });
  for (const reason of held) journal.note(`held: ${reason}`);
  await loader.forgetHealed(finished);
  if (whole(run, held)) complete.add(stream.name);
  return verdict(stream, run, { held, planned: journal.planned, continued });
}

/**
 * Whether a later stream may take the list for all there is: each record is a row. What proves endings in the list itself
 * is less: a department with a key that no row can have hides no other department, but it may hide members.
 */
function whole(run: StreamRun, held: readonly string[]): boolean {
  const explained = run.failed.size + run.skipped.size + run.unproved + held.length;
  return explained === 0 && run.counts.rejected === 0;
}

/** Schema drift and lost permissions, once per run. */
function noteChanges(run: StreamRun, journal: Journal): void {
  const fields = run.drift.found();
  if (fields.length > 0)
    journal.note(
      'WeCom sends fields that have no column, or values that do not fit theirs; they are kept in extra',
      { fields },
    );
  for (const table of run.guarded.lost())
    journal.note(
      `WeCom no longer sends some fields of ${table} for anybody: a permission was lost? Their columns keep what they held.`,
    );
}

function proofOf(run: StreamRun, journal: Journal, startedAt: number): Proof {
  const explained = [...run.skipped.keys()].filter((unit) => !run.done.has(unit) && !run.failed.has(unit));
  return {
    startedAt,
    expected: journal.planned,
    received: run.done.size,
    explained: explained.length,
    counts: run.announced(),
    notes: journal.notes(),
  };
}

/** What a stop interrupts fails in many ways; none of them is the stream's own. */
function failure(stream: Stream, run: StreamRun, error: unknown, signal: AbortSignal): Outcome {
  if (signal.aborted) return { status: 'partial', error: stopped(stream, signal) };
  const status = statusOf(error);
  // What was read before is committed, and is data; the next run goes on with the rest.
  return { status: status === 'failed' && run.done.size > 0 ? 'partial' : status, error };
}

/** A stream without the rows of another one has nothing to ask for. */
async function missingInput(
  stream: Stream,
  streams: readonly Stream[],
  loader: StreamLoader,
  before: readonly StreamReport[],
): Promise<void> {
  for (const name of stream.needs) {
    const upstream = before.find((report) => report.stream === name);
    if (upstream === undefined || upstream.status === 'succeeded') continue;
    // Children hang on the rows of the first table.
    const [table] = streams.find((candidate) => candidate.name === name)?.tables ?? [];
    if (table && (await loader.stored(table.name, ['corp_id'])).length > 0) continue;
    const permitted = upstream.status !== 'not_permitted';
    throw new SkipStream(
      permitted,
      `${stream.name} needs ${name}, which ended ${upstream.status}: ${upstream.error?.message ?? ''}`,
      upstream.error?.remedy ?? '',
    );
  }
}

class SkipStream extends WarehouseError {
  readonly permitted: boolean;
  constructor(permitted: boolean, message: string, remedy: string) {
    super('INPUT_MISSING', message, remedy);
    this.permitted = permitted;
  }
}

function statusOf(error: unknown): StreamStatus {
  if (error instanceof SkipStream) return error.permitted ? 'skipped' : 'not_permitted';
  return error instanceof WecomError && error.permission ? 'not_permitted' : 'failed';
}

function stopped(stream: Stream, signal: AbortSignal): WarehouseError {
  const reason = signal.reason instanceof Error ? ` (${signal.reason.message})` : '';
  return new WarehouseError(
    'STOPPED',
    `${stream.name} was stopped before its end${reason}.`,
    'Run sync again: it continues where this run stopped.',
  );
}
