/**
 * The nights of the cookbook's company as the simulator knows them, in the words of the oracle (test/oracle), and the
 * relations told again from one night to the next. Never looks at SQL.
 */
import type { Simulator } from '../../src/simulator/index.ts';
import { type Cells, Oracle, type Tables } from '../oracle/expected.ts';

export interface Night {
  /** Start of the run, ISO text. */
  readonly at: string;
  /** Its day in Shanghai. */
  readonly day: string;
  readonly tables: Tables;
  /** Groups that have been dismissed by now. */
  readonly dismissed: ReadonlySet<string>;
}

export class Recorder {
  readonly nights: Night[] = [];
  readonly #oracle = new Oracle();

  observe({ company }: Simulator, at: string): void {
    const dismissed = new Set(company.groups.filter((one) => one.dismissed).map((one) => one.chatId));
    this.nights.push({ at, day: shanghaiDay(at), tables: this.#oracle.observe(company), dismissed });
  }
}

export function shanghaiDay(instant: string): string {
  return new Date(Date.parse(instant) + 8 * 3_600_000).toISOString().slice(0, 10);
}

export const rows = (night: Night, table: string): readonly Cells[] => night.tables.get(table) ?? [];
export const text = (row: Cells, column: string): string => row[column] ?? '';

export function lastOf(nights: readonly Night[]): Night {
  const last = nights.at(-1);
  if (last === undefined) throw new Error('no night was recorded');
  return last;
}

/** One stay of a key, from the night that first showed it to the one that no longer did. */
export interface Spell {
  readonly row: Cells;
  readonly first: number;
  /** The last night that showed it. */
  readonly last: number;
  readonly ended: boolean;
  /** The same key goes on with another start. */
  readonly again: boolean;
  /** The last night that showed the stay before, or -1. */
  readonly before: number;
}

/** Stays of the rows of a table: a key that is missing, or whose `start` has changed, has ended. */
export function spells(
  nights: readonly Night[],
  table: string,
  key: readonly string[],
  start: string,
): Spell[] {
  const running = new Map<string, { row: Cells; first: number; last: number; before: number }>();
  const done: Spell[] = [];
  const lastEnd = new Map<string, number>();
  nights.forEach((night, n) => {
    const shown = new Map(rows(night, table).map((row) => [key.map((name) => row[name]).join(' '), row]));
    for (const [id, one] of running) {
      const now = shown.get(id);
      if (now !== undefined && now[start] === one.row[start]) continue;
      done.push({ ...one, ended: true, again: now !== undefined });
      lastEnd.set(id, one.last);
      running.delete(id);
    }
    for (const [id, row] of shown) {
      const one = running.get(id);
      running.set(id, { row, first: one?.first ?? n, last: n, before: one?.before ?? lastEnd.get(id) ?? -1 });
    }
  });
  return [...done, ...[...running.values()].map((one) => ({ ...one, ended: false, again: false }))];
}

/** A relation as analysts count it. */
export interface Relation {
  readonly userid: string;
  readonly customer: string;
  readonly row: Cells;
  readonly spell: Spell;
  readonly followedAt: string;
  readonly followed: string;
  readonly assigned: boolean;
  readonly from: string;
  /** Undefined: still followed. */
  readonly until: string | undefined;
  /** Why the run that missed it says it ended. */
  readonly reason: string | undefined;
  /** The same, with a takeover by somebody else within a week. */
  readonly inferred: string | undefined;
  readonly heir: string | undefined;
}

const DAY_MS = 86_400_000;
const later = (...days: readonly string[]): string => days.toSorted().at(-1) ?? '';

export function relations(nights: readonly Night[]): Relation[] {
  const all = spells(nights, 'customer_follows', ['external_userid', 'userid'], 'followed_at');
  return all.map((spell) => {
    const { row, first, last, ended, before } = spell;
    const reason = ended ? reasonOf(nights, spell) : undefined;
    const heir = reason === 'absent' ? heirOf(nights, all, spell) : undefined;
    const followed = shanghaiDay(text(row, 'followed_at'));
    const previous = nights[first - 1];
    const isOld =
      previous !== undefined && Date.parse(text(row, 'followed_at')) < Date.parse(previous.at) - 7 * DAY_MS;
    const from = later(isOld ? previous.day : followed, nights[before]?.day ?? '');
    return {
      userid: text(row, 'userid'),
      customer: text(row, 'external_userid'),
      row,
      spell,
      followedAt: text(row, 'followed_at'),
      followed,
      assigned: ['201', '202'].includes(text(row, 'add_way')),
      from,
      until: ended ? later(from, nights[last]?.day ?? '') : undefined,
      reason,
      inferred: heir === undefined ? reason : 'transferred_out',
      heir,
    };
  });
}

function reasonOf(nights: readonly Night[], { row, last, again }: Spell): string {
  if (again) return 're_added';
  const night = nights[last + 1];
  const isMember = (one: Cells) => one.userid === row.userid;
  if (night === undefined || rows(night, 'follow_users').some(isMember)) return 'absent';
  const waits = rows(night, 'unassigned_customers').some((one) => one.handover_userid === row.userid);
  return waits ? 'member_resigned' : 'member_not_visible';
}

/** Who gained the customer by sharing or assignment, from a day before it was last shown to a week after the loss. */
function heirOf(nights: readonly Night[], all: readonly Spell[], { row, last }: Spell): string | undefined {
  const from = Date.parse(nights[last]?.at ?? '') - DAY_MS;
  const until = Date.parse(nights[last + 1]?.at ?? '') + 7 * DAY_MS;
  const gains = all
    .map((one) => one.row)
    .filter((one) => one.external_userid === row.external_userid && one.userid !== row.userid)
    .filter((one) => ['201', '202'].includes(text(one, 'add_way')))
    .filter((one) => Date.parse(text(one, 'followed_at')) >= from)
    .filter((one) => Date.parse(text(one, 'followed_at')) < until);
  return (
    gains.toSorted((a, b) => (text(a, 'followed_at') < text(b, 'followed_at') ? -1 : 1))[0]?.userid ??
    undefined
  );
}

/** The directory's last word on everybody ever seen: main department; nobody changes it in this company. */
export function departmentsOf(nights: readonly Night[]): Map<string, string> {
  return new Map(
    nights
      .flatMap((night) => rows(night, 'employees'))
      .map((row) => [text(row, 'userid'), text(row, 'main_department_id')]),
  );
}

export interface Department {
  readonly id: string;
  readonly name: string;
  /** From the top to the department itself. */
  readonly chain: readonly string[];
  readonly path: string;
}

export function departmentTree(night: Night): Map<string, Department> {
  const known = new Map(rows(night, 'departments').map((row) => [text(row, 'department_id'), row]));
  const chainOf = (id: string): string[] => {
    const row = known.get(id);
    return row === undefined ? [] : [...chainOf(text(row, 'parent_department_id')), id];
  };
  const nameOf = (id: string) => known.get(id)?.name ?? '';
  return new Map(
    [...known.keys()].map((id) => {
      const chain = chainOf(id);
      return [id, { id, name: nameOf(id), chain, path: chain.map(nameOf).join(' / ') }];
    }),
  );
}

/** `a / b` rounded half up to some decimals, as PostgreSQL rounds positive numerics. */
export function ratio(a: number, b: number, decimals: number): string {
  const scale = 10 ** decimals;
  return (Math.floor((2 * a * scale + b) / (2 * b)) / scale).toFixed(decimals);
}

/** What percentile_cont(0.5) gives. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
export const distinct = (values: readonly string[]): number => new Set(values).size;
export const groupsOf = <T>(list: readonly T[], key: (one: T) => string): [string, T[]][] => [
  ...Map.groupBy(list, key),
];
