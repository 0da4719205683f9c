import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shanghaiDay } from '../../src/days.ts';
import type { Company } from '../../src/simulator/index.ts';
import { happens, type Night, night } from '../oracle/chaos.ts';
import { differences, keyOf, readTable, withReader } from '../oracle/compare.ts';
import { type Cells, Oracle, SNAPSHOTS, type Tables } from '../oracle/expected.ts';
import { history, overlaps, VOLATILE } from '../oracle/history.ts';
import { openWarehouse } from '../oracle/warehouse.ts';

/**
 * Random faults, changes and stops over many nights; then one healthy run, and the warehouse equals the source, with
 * nothing ended that WeCom showed all the time. WECOM_TEST_NIGHTS and WECOM_TEST_SEED make it longer and replay it.
 */
const NIGHTS = Number(process.env.WECOM_TEST_NIGHTS ?? 25);
const SEED = Number(process.env.WECOM_TEST_SEED ?? 20260617);
const PER_COMPANY = 13;

const meaning = (row: Cells) =>
  JSON.stringify(
    Object.entries(row)
      .filter(([column]) => !VOLATILE.has(column))
      .sort(),
  );

/** What the source has shown: each row's meanings, and in how many observations it stood. */
class Seen {
  readonly #rows = new Map<string, { meanings: Set<string>; times: number }>();
  /** In lower case: the directory may show later how somebody is spelled. */
  readonly #keys = new Set<string>();
  #observations = 0;

  note(tables: Tables): void {
    this.#observations += 1;
    for (const [table, rows] of tables)
      for (const row of rows) {
        const key = `${table} ${keyOf(table, row)}`;
        const known = this.#rows.get(key) ?? { meanings: new Set<string>(), times: 0 };
        known.meanings.add(meaning(row));
        known.times += 1;
        this.#rows.set(key, known);
        this.#keys.add(key.toLowerCase());
      }
  }

  /** Shown all the time, and always the same. */
  steady(table: string, key: string): boolean {
    const known = this.#rows.get(`${table} ${key}`);
    return known !== undefined && known.times === this.#observations && known.meanings.size === 1;
  }

  ever(table: string, key: string): boolean {
    return this.#keys.has(`${table} ${key}`.toLowerCase());
  }
}

interface Now {
  readonly company: Company;
  readonly day: string;
  readonly spell: (userid: string) => string;
}

/**
 * Of the facts must be there: those of who is there (for approvals: visible) now, as far back as WeCom still gives them,
 * also of those who came into view later. The rest may be missing (its run failed, and then it was too late), but
 * everything in the tables must have been shown once.
 */
async function compareAll(
  url: string,
  expected: Tables,
  seen: Seen,
  { company, day: today, spell }: Now,
): Promise<string[]> {
  const present = new Set((expected.get('employees') ?? []).map((row) => row.userid ?? ''));
  const oldest = new Date(Date.parse(today) - 180 * 86_400_000).toISOString().slice(0, 10);
  const readable = company.approvals.filter(({ applicant }) => company.members[applicant]?.visible);
  const owners = new Set((expected.get('follow_users') ?? []).map((row) => row.userid ?? ''));
  const approvals = new Set(readable.map((one) => one.spNo));
  const due = (table: string, row: Cells) => {
    if (row.sp_no != null) return approvals.has(row.sp_no);
    if (table === 'group_chat_owner_daily')
      return owners.has(row.owner_userid ?? '') && (row.stat_date ?? '') >= oldest;
    return present.has(row.userid ?? '') && (row.stat_date ?? today) >= oldest;
  };
  return withReader(url, async (client) => {
    const lines: string[] = [];
    for (const [table, rows] of expected) {
      const actual = await readTable(client, table);
      const whole = SNAPSHOTS.includes(table) || table.startsWith('approval_template');
      const must = whole ? rows : rows.filter((row) => due(table, row));
      const misspelled = actual.filter((row) =>
        Object.entries(row).some(
          ([column, value]) => value !== null && /(^|_)userid$/.test(column) && spell(value) !== value,
        ),
      );
      lines.push(...misspelled.slice(0, 3).map((row) => `${table} ${keyOf(table, row)}: misspelled`));
      lines.push(...differences(table, must, whole ? actual : actual.filter((row) => due(table, row))));
      if (whole) continue;
      const invented = actual.filter((row) => !seen.ever(table, keyOf(table, row)));
      lines.push(...invented.slice(0, 3).map((row) => `${table} ${keyOf(table, row)}: was never shown`));
    }
    return lines;
  });
}

async function survives(nights: readonly Night[], seed: number): Promise<void> {
  const traps = {
    emptyPages: true,
    shortPages: true,
    duplicateRows: true,
    movedRows: true,
    blankIds: true,
    otherCase: true,
  };
  const warehouse = await openWarehouse({ traps, seed, size: { approvals: 25, historyDays: 30 } });
  try {
    const { sim, url } = warehouse;
    const oracle = new Oracle();
    const seen = new Seen();
    await warehouse.run();
    seen.note(oracle.observe(sim.company));
    for (const one of nights) {
      happens(sim, one);
      seen.note(oracle.observe(sim.company));
      for (const fault of one.faults) sim.faults.inject(fault);
      const stop = new AbortController();
      let events = 0;
      const onEvent = () => {
        events += 1;
        if (events === one.abortAfter) stop.abort(new Error('stopped by the test'));
        if (events === 20 && one.expireCursors) sim.expireCursors();
      };
      await warehouse.run({ signal: stop.signal, onEvent });
      sim.faults.clear();
    }
    // The first one may continue a stopped one, and with it what that had read before the last changes.
    await warehouse.run();
    const healthy = await warehouse.run({ acceptDeletes: true });
    expect(healthy.streams.filter((one) => one.status !== 'succeeded')).toEqual([]);
    const tables = oracle.observe(sim.company);
    seen.note(tables);
    const now = {
      company: sim.company,
      day: shanghaiDay(warehouse.clock.now()),
      spell: (userid: string) => oracle.spell(userid),
    };
    expect(await compareAll(url, tables, seen, now)).toEqual([]);
    expect(await overlaps(url)).toEqual([]);
    const wronglyEnded = (await history(url)).filter(
      ({ table, key }) => table !== 'unassigned_customers' && seen.steady(table, key),
    );
    expect(wronglyEnded.map(({ line, reason }) => `${line} ${reason}`)).toEqual([]);
    expect(sim.violations).toEqual([]);
  } finally {
    await warehouse.close();
  }
}

describe('invariants 1, 3, 4, 6: faults, changes and stops over many nights', () => {
  test(`${NIGHTS} nights, seed ${SEED}`, { timeout: 60_000 + NIGHTS * 5_000 }, async () => {
    const companies = Math.ceil(NIGHTS / PER_COMPANY);
    const each = fc.array(night, { minLength: PER_COMPANY, maxLength: PER_COMPANY });
    await fc.assert(
      fc.asyncProperty(each, fc.integer({ min: 1, max: 1000 }), (nights, seed) => survives(nights, seed)),
      { seed: SEED, numRuns: companies, endOnFailure: true },
    );
  });
});
