/** Customer relations as API records and as batches, exactly as the engine builds them. */
import { customersStream } from '../extractors/customers.ts';
import type { Block, Step, Stream, StreamContext } from '../src/engine/stream.ts';
import { StreamRun } from '../src/engine/stream-run.ts';
import { type Batch, noCounts, type StreamLoader } from '../src/engine/warehouse.ts';
import { Company } from '../src/simulator/company.ts';
import { chooseSize } from '../src/simulator/size.ts';
import { chooseTraps } from '../src/simulator/traps.ts';
import { isJsonObject, type JsonObject } from '../src/wecom/json.ts';

export const stream = customersStream;
export const tableNames = stream.tables.map((table) => table.name);

/** API records by member. */
export type Relations = ReadonlyMap<string, readonly JsonObject[]>;

const PER_MEMBER = 300;
/** Of a round number of customers per member; the simulator's shares make a fifth more. */
const SHARE = 1.1;

/** The company whose members follow about `relations` customers in all. */
export function companySize(relations: number) {
  const members = Math.max(12, Math.round(relations / PER_MEMBER));
  return {
    stores: Math.max(3, Math.round(members / 15)),
    members,
    customersPerMember: Math.round(relations / members / SHARE),
    groups: Math.max(10, Math.round(relations / 1000)),
    groupMembers: 30,
    approvals: 60,
    historyDays: 60,
  };
}

/** `now`: Unix seconds. */
export function makeRelations(count: number, now: number): Relations {
  const company = new Company({
    seed: 1,
    size: chooseSize(companySize(count)),
    traps: chooseTraps('none'),
    now: () => now,
  });
  const members = company.followUsers().map((member): [string, JsonObject[]] => {
    const records = [...company.relations.of(member.index)].map((customer) =>
      asJson({
        external_contact: company.customerRow(customer),
        follow_info: company.followInfo(member.index, customer),
      }),
    );
    return [member.userid, records];
  });
  return new Map(members);
}

/** The simulator's rows as the client would have parsed them. */
function asJson(row: unknown): JsonObject {
  const value: unknown = JSON.parse(JSON.stringify(row));
  if (!isJsonObject(value)) throw new Error('A relation is a JSON object.');
  return value;
}

export function countRecords(relations: Relations): number {
  return [...relations.values()].reduce((sum, records) => sum + records.length, 0);
}

/**
 * Two states of one company. Each lacks 2 % that the other one has, and 3 % have another remark: to go from one to the
 * other changes 3 %, adds 2 % and ends 2 %, and so does the way back.
 */
export function twoStates(relations: Relations): readonly [Relations, Relations] {
  const state = (lacks: readonly number[], remark: string) => {
    let place = 0;
    const members = [...relations].map(([member, records]): [string, JsonObject[]] => {
      const kept = records.flatMap((record) => {
        const slot = place++ % 100;
        if (lacks.includes(slot)) return [];
        return [slot >= 97 ? withRemark(record, remark) : record];
      });
      return [member, kept];
    });
    return new Map(members);
  };
  return [state([10, 11], '回访一'), state([60, 61], '回访二')];
}

/** The relations after some nights, of which each changes the remark of another tenth. */
export function changedRelations(relations: Relations, nights: number): Relations {
  let place = 0;
  return new Map(
    [...relations].map(([member, records]): [string, JsonObject[]] => [
      member,
      records.map((record) => {
        const slot = place++ % 10;
        const last = nights - ((((nights - 1 - slot) % 10) + 10) % 10);
        return last < 1 ? record : withRemark(record, `回访${last}`);
      }),
    ]),
  );
}

function withRemark(record: JsonObject, remark: string): JsonObject {
  const follow = isJsonObject(record.follow_info) ? record.follow_info : {};
  return { ...record, follow_info: { ...follow, remark } };
}

const PAGE_ROWS = 100;

/**
 * Batches of one run, one list per lane, recorded from the engine itself: pages of 100 records go in, and what it would
 * commit comes out.
 */
export async function batchesOf(relations: Relations, lanes: number, cycle: string): Promise<Batch[][]> {
  const blocks = [...relations.keys()].map((unit): Block => ({ units: [unit] }));
  const parts = Array.from({ length: lanes }, (_, lane) => blocks.filter((_, i) => i % lanes === lane));
  return Promise.all(parts.map((part) => recordBatches(relations, part, cycle)));
}

async function recordBatches(
  relations: Relations,
  blocks: readonly Block[],
  cycle: string,
): Promise<Batch[]> {
  const batches: Batch[] = [];
  const source: Stream = {
    ...stream,
    // A window stream has one lane: its batches come in one order.
    mode: 'window',
    async *read(block): AsyncGenerator<Step> {
      for (const unit of block.units) {
        const records = relations.get(unit) ?? [];
        for (let from = 0; from < records.length; from += PAGE_ROWS)
          yield { type: 'records', unit, records: records.slice(from, from + PAGE_ROWS) };
        yield { type: 'done', unit };
      }
    },
  };
  const recorder = recordingLoader(batches);
  const run = new StreamRun(source, recorder, {
    cycle,
    startedAt: Date.now(),
    now: Date.now,
    days: { full: false },
  });
  await run.read(blocks, idleContext(recorder));
  return batches;
}

function recordingLoader(batches: Batch[]): StreamLoader {
  const unused = () => Promise.reject(new Error('The recorder only records.'));
  return {
    commit: async (batch) => {
      batches.push(batch);
      return { ...noCounts(), movedDays: [], kept: [] };
    },
    progress: async () => [],
    stored: unused,
    spellings: unused,
    livelyDays: unused,
    countRows: unused,
    absences: unused,
    absentKeys: unused,
    endAbsent: unused,
    forgetAbsent: unused,
    hold: unused,
    endOrphans: unused,
    forgetHealed: unused,
    depart: unused,
    lastSuccess: unused,
  };
}

/** A context without WeCom: nothing is called, no other stream is complete. */
export function idleContext(loader: Pick<StreamLoader, 'stored'>): StreamContext {
  return {
    call: () => Promise.reject(new Error('A benchmark of the loader calls nothing.')),
    spelling: (userid) => userid,
    startedAt: Date.now(),
    today: '2026-01-01',
    full: false,
    lastSuccess: null,
    pending: (units) => [...units],
    knownUnits: () => [],
    lastRows: () => 0,
    needed: () => [],
    covered: () => [],
    settled: () => [],
    stored: (table, columns, where) => loader.stored(table, columns, where),
    complete: () => false,
    signal: new AbortController().signal,
    note: () => undefined,
  };
}
