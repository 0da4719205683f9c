import type { DaySet } from '../../src/days.ts';
import { type Day, shanghaiDay } from '../../src/days.ts';
import type {
  Block,
  Call,
  NormaliseContext,
  Rows,
  Step,
  StoredRow,
  Stream,
  StreamContext,
} from '../../src/engine/stream.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import type { TrapChoice } from '../../src/simulator/traps.ts';
import { errcodeError } from '../../src/wecom/errors.ts';
import { createClient, type JsonObject, SecretBook } from '../../src/wecom/index.ts';

export const NOW = Date.parse('2026-11-03T04:00:00Z');
export const TODAY: Day = shanghaiDay(NOW);

/** The directory spells these two so; everybody else as received. */
const SPELLINGS: Readonly<Record<string, string>> = { zhaokai: 'ZhaoKai', 'lin.yue': 'lin.yue' };
export const names: NormaliseContext = {
  spelling: (userid) => SPELLINGS[userid.toLowerCase()] ?? userid,
};

/** What the warehouse holds; everything else is as on a first run. */
export interface Given {
  stored?: Readonly<Record<string, readonly StoredRow[]>>;
  knownUnits?: readonly string[];
  needed?: DaySet;
  covered?: DaySet;
  incomplete?: readonly string[];
  finished?: readonly string[];
  lastRows?: Readonly<Record<string, number>>;
}

export type WeCom = (request: Call) => Promise<JsonObject>;

export function contextOf(call: WeCom, given: Given = {}, notes: string[] = []): StreamContext {
  return {
    call,
    startedAt: NOW,
    today: TODAY,
    full: false,
    signal: new AbortController().signal,
    spelling: names.spelling,
    pending: (units) => units.filter((unit) => !given.finished?.includes(unit)),
    knownUnits: () => [...(given.knownUnits ?? [])],
    lastRows: (unit) => given.lastRows?.[unit] ?? 0,
    needed: () => given.needed ?? [],
    covered: () => given.covered ?? [],
    settled: () => given.covered ?? [],
    lastSuccess: null,
    stored: async (table, _columns, where = {}) =>
      (given.stored?.[table] ?? []).filter((row) =>
        Object.entries(where).every(([column, value]) => row[column] === value),
      ),
    complete: (stream) => !given.incomplete?.includes(stream),
    note: (text) => notes.push(text),
  };
}

/** Answers for requests the simulator cannot be made to give: by path; an errcode is refused as the client would. */
export function script(answers: Readonly<Record<string, (request: Call) => JsonObject | number>>) {
  const sent: Call[] = [];
  const call: WeCom = async (request) => {
    sent.push(request);
    const answer = answers[request.path]?.(request);
    if (answer === undefined) throw new Error(`no answer for ${request.path}`);
    if (typeof answer === 'number') throw errcodeError(request.path, answer, 'scripted');
    return answer;
  };
  return { call, sent };
}

export async function readAll(
  stream: Stream,
  context: StreamContext,
): Promise<{ blocks: readonly Block[]; steps: Step[] }> {
  const blocks = await stream.blocks(context);
  const steps: Step[] = [];
  for (const block of blocks) for await (const step of stream.read(block, context)) steps.push(step);
  return { blocks, steps };
}

export const recordsOf = (steps: readonly Step[]) =>
  steps.flatMap((step) => (step.type === 'records' ? step.records : []));

/** How units ended: `done`, `failed`, or the reason they were skipped for. */
export function endsOf(steps: readonly Step[]): Record<string, string> {
  return Object.fromEntries(
    steps.flatMap((step) => {
      if (step.type === 'done' || step.type === 'failed') return [[step.unit, step.type]];
      return step.type === 'skipped' ? [[step.unit, step.reason]] : [];
    }),
  );
}

export function onlyRow(rows: Rows, table: string) {
  const [row, ...more] = rows[table] ?? [];
  if (!row || more.length > 0) throw new Error(`${table} has ${more.length + (row ? 1 : 0)} rows, not one`);
  return row;
}

/** `extra` as the object that it holds. */
export const extraIn = (row: { readonly extra?: unknown }): unknown =>
  typeof row.extra === 'string' ? JSON.parse(row.extra) : row.extra;

/** The simulator with a client in front of it, closed by the caller. */
export async function simulated(stream: Stream, traps: TrapChoice) {
  const simulator: Simulator = await startSimulator({ now: () => new Date(NOW), traps, quotas: false });
  const client = createClient({
    corpId: simulator.corpId,
    secrets: new SecretBook({ app: simulator.secret }),
    baseUrl: simulator.url,
    quotas: null,
    clock: { now: () => Date.now(), sleep: async () => {} },
  });
  const close = async () => {
    await client.close();
    await simulator.close();
  };
  const call: WeCom = (request) => client.call({ ...request, area: stream.area });
  return { simulator, call, close };
}
