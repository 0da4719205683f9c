import { type Day, type DaySet, shanghaiDay } from '../../src/days.ts';
import type { Block, Call, Rows, Step, StoredRow, Stream, StreamContext } from '../../src/engine/stream.ts';
import type { Row } from '../../src/engine/table.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import type { TrapChoice } from '../../src/simulator/traps.ts';
import { createClient, type JsonObject, SecretBook } from '../../src/wecom/index.ts';

export const NOW = Date.parse('2026-11-03T04:00:00Z');
export const TODAY: Day = shanghaiDay(NOW);

export const names = { spelling: (userid: string) => userid };

/** What the warehouse holds and what is asked for; everything else is as on a first run. */
export interface Given {
  readonly needed: DaySet | ((unit: string) => DaySet);
  readonly covered?: (unit: string) => DaySet;
  readonly stored?: Readonly<Record<string, readonly StoredRow[]>>;
  readonly knownUnits?: readonly string[];
  readonly full?: boolean;
  readonly spelling?: (userid: string) => string;
}

export interface Outcome {
  readonly blocks: readonly Block[];
  readonly steps: readonly Step[];
  readonly records: readonly JsonObject[];
  readonly notes: readonly string[];
}

/** A stream's blocks and steps against a simulator, over HTTP, with the rows that `given` names as the warehouse. */
export class Bench {
  readonly simulator: Simulator;
  readonly #call: (request: Call) => Promise<JsonObject>;
  readonly #close: () => Promise<void>;

  private constructor(
    simulator: Simulator,
    call: (request: Call) => Promise<JsonObject>,
    close: () => Promise<void>,
  ) {
    this.simulator = simulator;
    this.#call = call;
    this.#close = close;
  }

  static async open(stream: Stream, traps: TrapChoice = 'none'): Promise<Bench> {
    const simulator = await startSimulator({ now: () => new Date(NOW), traps, quotas: false });
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
    return new Bench(simulator, (request) => client.call({ ...request, area: stream.area }), close);
  }

  /** `call`: answers in place of the simulator's, for shapes that it does not have. */
  async run(stream: Stream, given: Given, call = this.#call): Promise<Outcome> {
    const notes: string[] = [];
    const context = this.#context(given, call, notes);
    const blocks = await stream.blocks(context);
    const steps: Step[] = [];
    for (const block of blocks) for await (const step of stream.read(block, context)) steps.push(step);
    const records = steps.flatMap((step) => (step.type === 'records' ? step.records : []));
    return { blocks, steps, records, notes };
  }

  /** Bodies sent to a path, in order. */
  sent(path: string): readonly Readonly<Record<string, unknown>>[] {
    return this.simulator.requests.filter((request) => request.path === path).map(({ body }) => body);
  }

  close(): Promise<void> {
    return this.#close();
  }

  #context(given: Given, call: StreamContext['call'], notes: string[]): StreamContext {
    const matches = (row: StoredRow, where: Row) =>
      Object.entries(where).every(([column, value]) => row[column] === value);
    return {
      call,
      startedAt: NOW,
      today: TODAY,
      full: given.full ?? false,
      signal: new AbortController().signal,
      spelling: given.spelling ?? ((userid) => userid),
      pending: (units) => [...units],
      knownUnits: () => [...(given.knownUnits ?? [])],
      lastRows: () => 0,
      needed: (unit) => (typeof given.needed === 'function' ? given.needed(unit) : given.needed),
      covered: (unit) => given.covered?.(unit) ?? [],
      settled: (unit) => given.covered?.(unit) ?? [],
      lastSuccess: null,
      stored: async (table, _columns, where = {}) =>
        (given.stored?.[table] ?? []).filter((row) => matches(row, where)),
      complete: () => true,
      note: (text) => notes.push(text),
    };
  }
}

/** The only row of a table. */
export function only(rows: Rows, table: string): Row {
  const [row, ...more] = rows[table] ?? [];
  if (!row || more.length > 0) throw new Error(`${table} has ${more.length + (row ? 1 : 0)} rows, not one`);
  return row;
}
