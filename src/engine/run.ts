/** One run: all asked streams, each as soon as those before it have ended, and one summary. */

import { WecomError } from '../wecom/errors.ts';
import type { JsonObject } from '../wecom/json.ts';
import type { SecretArea } from '../wecom/secrets.ts';
import { contextOf } from './context.ts';
import { describe, WarehouseError } from './errors.ts';
import type { DayOptions } from './plan.ts';
import { settle } from './settle.ts';
import type { Call, Stream } from './stream.ts';
import { StreamRun } from './stream-run.ts';
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
  readonly notes: readonly string[];
}

export type RunStatus = 'succeeded' | 'partial' | 'failed';

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
  const spelling = lazySpelling();
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

/** The directory's spelling of userids, read once after the directory was walked. */
function lazySpelling(): (loader: StreamLoader) => Promise<(userid: string) => string> {
  let known: Promise<Map<string, string>> | undefined;
  return async (loader) => {
    known ??= loader.spellings();
    const map = await known;
    return (userid) => map.get(userid.trim().toLowerCase()) ?? userid.trim();
  };
}

async function runStream(
  stream: Stream,
  input: RunInput,
  spelling: (loader: StreamLoader) => Promise<(userid: string) => string>,
  complete: Set<string>,
  before: readonly StreamReport[],
): Promise<StreamReport> {
  const startedAt = input.now();
  const loader = input.loaderOf(stream);
  const run = new StreamRun(stream, loader, {
    cycle: input.cycle,
    startedAt: input.startedAt,
    now: input.now,
  });
  const tally = { apiCalls: 0, planned: 0 };
  const notes = new Set<string>();
  const emit = (type: RunEvent['type'], more: Partial<RunEvent> = {}) =>
    input.onEvent({
      type,
      stream: stream.name,
      records: run.records,
      pages: run.pages,
      done: run.done.size,
      total: tally.planned,
      ...more,
    });
  let error: unknown = null;
  let held: string[] = [];
  let status: StreamStatus = 'succeeded';
  emit('started');
  const ticker = setInterval(() => emit('progress'), 500);
  try {
    await missingInput(stream, loader, before);
    await run.loadProgress();
    const context = contextOf(stream, {
      loader,
      progress: run.progress,
      cycle: input.cycle,
      startedAt: input.startedAt,
      days: input.days,
      complete,
      signal: input.signal,
      spelling: stream.after.includes(input.directory) ? await spelling(loader) : (userid) => userid.trim(),
      call: (request) =>
        input.source.call({
          ...request,
          area: stream.area,
          signal: input.signal,
          onAttempt: () => {
            tally.apiCalls += 1;
          },
        }),
      note: (text, data) => {
        if (notes.has(text)) return;
        notes.add(text);
        emit('note', { text, ...(data ? { data } : {}) });
      },
    });
    const blocks = await stream.blocks(context);
    tally.planned = new Set(blocks.flatMap((block) => block.units)).size;
    await run.read(blocks, context);
    for (const table of run.keptTables)
      context.note(
        `WeCom no longer sends some fields of ${table} for anybody: a permission was lost? Their columns keep what they held.`,
      );
    if (!input.signal.aborted) {
      const finished = run.failed.size === 0;
      held = await settle(stream, loader, run, context, { accept: input.acceptDeletes, finished });
      if (finished && held.length === 0 && run.skipped.size === 0) complete.add(stream.name);
    }
    ({ status, error } = verdict(stream, run, held, tally.planned, input.signal));
  } catch (thrown) {
    // What a stop interrupts fails in many ways; none of them is the stream's own.
    error = input.signal.aborted ? stopped(stream, input.signal) : thrown;
    status = input.signal.aborted ? 'partial' : statusOf(thrown);
    // What was read before is committed, and is data; the next run goes on with the rest.
    if (status === 'failed' && run.done.size > 0) status = 'partial';
  } finally {
    clearInterval(ticker);
  }
  const report: StreamReport = {
    stream: stream.name,
    status,
    apiCalls: tally.apiCalls,
    pages: run.pages,
    records: run.records,
    ...run.counts,
    durationMs: input.now() - startedAt,
    error: error === null ? null : describe(error),
  };
  const explained = [...run.skipped.keys()].filter(
    (unit) => !run.done.has(unit) && !run.failed.has(unit),
  ).length;
  const proof = {
    startedAt,
    expected: tally.planned,
    received: run.done.size,
    explained,
    notes: [...notes, ...held],
  };
  await input.onReport(report, proof).catch((failure: unknown) => {
    emit('note', {
      text: 'the report of the stream could not be stored',
      data: { error: describe(failure) },
    });
  });
  emit('finished', { report });
  return report;
}

/** A stream without the rows of another one has nothing to ask for. */
async function missingInput(
  stream: Stream,
  loader: StreamLoader,
  before: readonly StreamReport[],
): Promise<void> {
  for (const name of stream.needs) {
    const upstream = before.find((report) => report.stream === name);
    if (upstream === undefined || upstream.status === 'succeeded') continue;
    if ((await loader.stored(name, ['corp_id'])).length > 0) continue;
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

function verdict(
  stream: Stream,
  run: StreamRun,
  held: readonly string[],
  planned: number,
  signal: AbortSignal,
): { status: StreamStatus; error: unknown } {
  if (signal.aborted) return { status: 'partial', error: stopped(stream, signal) };
  const [unit, first] = [...run.failed][0] ?? [];
  if (first !== undefined) {
    const described = describe(first);
    const error = new WarehouseError(
      described.code,
      `${run.failed.size} of ${planned} units of ${stream.name} failed, the first one ${unit}: ${described.message}`,
      described.remedy,
      first,
    );
    return { status: run.done.size > 0 ? 'partial' : 'failed', error };
  }
  if (held.length > 0)
    return {
      status: 'held',
      error: new WarehouseError(
        'HELD',
        `${stream.name}: nothing was ended, because ${held.join('; ')}.`,
        'Check in WeCom whether these rows are really gone (visible range, callable apps). If so: sync --accept-deletes. 请在企业微信管理后台核实；确认属实后执行 sync --accept-deletes。',
      ),
    };
  return { status: 'succeeded', error: null };
}

function stopped(stream: Stream, signal: AbortSignal): WarehouseError {
  const reason = signal.reason instanceof Error ? ` (${signal.reason.message})` : '';
  return new WarehouseError(
    'STOPPED',
    `${stream.name} was stopped before its end${reason}.`,
    'Run sync again: it continues where this run stopped.',
  );
}
