import { afterEach, describe, expect, test } from 'vitest';
import type { TrapChoice } from '../../src/simulator/index.ts';
import { compare } from '../oracle/compare.ts';
import { KEYS, Oracle, SNAPSHOTS } from '../oracle/expected.ts';
import { compareAsOf, endings, history, type Observation, overlaps } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

/** Days pass at the source; one run makes the tables equal again, and history holds exactly what changed or ended. */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

const choices: [string, TrapChoice, number][] = [
  ['no trap', 'none', 10],
  ['all traps', 'all', 4],
];

/** How many versions of each table ended in each run, from the lines of `endings`. */
function perRun(lines: readonly string[]): string[] {
  const runs = Map.groupBy(lines, (line) => line.replace(/^(\S+) .*] (\S+) .*$/, '$2 $1'));
  return [...runs].map(([name, members]) => `${name}: ${members.length}`).sort();
}

/** Tables whose rows nothing that happens in the simulator changes or ends; figures change only under traps. */
const STILL = [
  'corp_tag_groups',
  'approval_fields',
  'approval_notifyers',
  'approval_comments',
  'approval_templates',
  'approval_template_fields',
];

/** Why rows of each table may end; what has no line ends only by change, or by absence. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  customer_follows: ['absent', 'member_resigned', 'member_not_visible', 're_added'],
  customer_follow_tags: ['absent', 'member_resigned', 'member_not_visible'],
  customers: ['absent', 'member_resigned', 'member_not_visible'],
  group_chats: ['group_dismissed'],
  group_chat_members: ['absent', 'group_dismissed', 're_added'],
  checkins: ['corrected'],
};

describe('days pass', () => {
  test.each(choices)('%s: tables, history and as-of views', async (_name, traps, days) => {
    const warehouse = await openWarehouse({ traps, seed: 7 });
    open.push(warehouse);
    const { sim, url } = warehouse;
    const oracle = new Oracle();
    const seen: Observation[] = [];
    const expectedHistory: string[] = [];
    for (let day = 0; day <= days; day++) {
      if (day > 0) sim.nextDay();
      const result = await warehouse.run();
      expect(result.streams.filter((one) => one.status !== 'succeeded')).toEqual([]);
      const now = { at: result.startedAt, tables: oracle.observe(sim.company) };
      if (day === 0) expect(await history(url), 'a first load').toEqual([]);
      expect(await compare(url, now.tables), `day ${day}`).toEqual([]);
      const last = seen.at(-1);
      if (last !== undefined) expectedHistory.push(...endings(last, now));
      seen.push(now);
    }
    expect(sim.violations).toEqual([]);
    const ended = await history(url);
    expect(perRun(ended.map((one) => one.line))).toEqual(perRun(expectedHistory));
    expect(ended.map((one) => one.line).sort()).toEqual(expectedHistory.sort());
    const changed = new Set(ended.map(({ table }) => table));
    const still = Object.keys(KEYS).filter((table) => !changed.has(table));
    expect(still.filter((table) => !table.endsWith('_daily'))).toEqual(STILL);
    expect(await overlaps(url)).toEqual([]);
    for (const observation of seen) expect(await compareAsOf(url, observation)).toEqual([]);
    const wrong = ended.filter(({ table, row, reason }) =>
      row.ended_by === 'gone' ? !(REASONS[table] ?? ['absent']).includes(reason ?? '') : reason !== null,
    );
    expect(wrong.map(({ line, reason }) => `${line} ${reason}`)).toEqual([]);
    const runBefore = new Map(seen.map(({ at }, i) => [at, seen[i - 1]?.at]));
    const stale = ended.filter(
      ({ table, row }) =>
        SNAPSHOTS.includes(table) && row.last_shown_at !== runBefore.get(row.valid_to ?? ''),
    );
    expect(stale.map(({ line, row }) => `${line} last shown ${row.last_shown_at}`)).toEqual([]);
    expect(new Set(ended.map((one) => one.reason))).toEqual(
      new Set([null, 'absent', 'member_resigned', 'group_dismissed', 're_added', 'corrected']),
    );
  });
});
