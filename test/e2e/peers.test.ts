import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type Company,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts';
import { SecretBook } from '../../src/wecom/secrets.ts';
import { command } from '../oracle/command.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { migrated, openWarehouse, START, type Warehouse } from '../oracle/warehouse.ts';
import { createTestDatabase } from '../support/database.ts';

/**
 * Where other WeCom tools lose or spoil data, each as a scenario (test/faults/peers.ts lists them all with our answer;
 * those that other tests prove already are named there and not repeated here).
 */

async function opened(options: SimulatorOptions = {}, start = START): Promise<Warehouse> {
  const warehouse = await openWarehouse({ seed: 5, ...options }, start);
  onTestFinished(() => warehouse.close());
  return warehouse;
}

async function equal(warehouse: Warehouse, oracle = new Oracle()): Promise<void> {
  expect(await compare(warehouse.url, oracle.observe(warehouse.sim.company))).toEqual([]);
  expect(warehouse.sim.violations).toEqual([]);
}

const statusOf = (result: Awaited<ReturnType<Warehouse['run']>>, stream: string) =>
  result.streams.find((one) => one.stream === stream);

const query = (warehouse: Warehouse, sql: string) =>
  withReader(warehouse.url, (client) => select(client, sql));

const ALWAYS = Number.POSITIVE_INFINITY;
const CUSTOMERS = 'externalcontact/batch/get_by_user';
const UNASSIGNED = 'externalcontact/get_unassigned_list';
/** Pages of 600 rows: four members who leave fill several. */
const MANY_UNASSIGNED: SimulatorOptions = { traps: { shortPages: true }, size: { customersPerMember: 500 } };
const BEHAVIOUR = 'externalcontact/get_user_behavior_data';

function customersOf(company: Company, userid: string): string[] {
  const member = company.member(userid);
  return member ? [...company.relations.of(member.index)].map((one) => company.externalUserid(one)) : [];
}

describe('LinkWeChat', () => {
  test('1: the second page of unassigned customers arrives', async () => {
    const warehouse = await opened(MANY_UNASSIGNED);
    const { sim } = warehouse;
    for (const member of sim.company.followUsers().slice(0, 4)) sim.company.resign(member.userid);
    expect((await warehouse.run()).status).toBe('succeeded');
    const cursors = sim.requests.filter((one) => one.path === UNASSIGNED).map((one) => one.body.cursor);
    expect(cursors.length).toBeGreaterThan(2);
    expect(new Set(cursors).size).toBe(cursors.length);
    await equal(warehouse);
  });

  test('1: a cursor that comes twice is an error and no endless loop', async () => {
    const warehouse = await opened(MANY_UNASSIGNED);
    const { sim } = warehouse;
    for (const member of sim.company.followUsers().slice(0, 4)) sim.company.resign(member.userid);
    sim.faults.inject({ path: UNASSIGNED, kind: 'cursor_loop', times: ALWAYS });
    const looped = statusOf(await warehouse.run(), 'unassigned_customers');
    expect([looped?.status, looped?.error?.message]).toEqual(['failed', expect.stringContaining('twice')]);
  });

  test.each([
    45_009, 45_033, -1,
  ])('2: errcode %i at page 3 is not green, and the rest comes later', async (errcode) => {
    const warehouse = await opened({ traps: { emptyPages: true, shortPages: true } });
    const { sim } = warehouse;
    sim.faults.inject({ path: CUSTOMERS, kind: { errcode }, nth: 3, times: ALWAYS });
    const result = await warehouse.run();
    expect(result.status).toBe('partial');
    expect(statusOf(result, 'customers')?.error?.message).toContain(`errcode ${errcode}`);
    sim.faults.clear();
    expect((await warehouse.run()).status).toBe('succeeded');
    await equal(warehouse);
    expect(await history(warehouse.url)).toEqual([]);
  });

  test.each([
    false,
    true,
  ])('3: all tokens expire in the middle of a run (as 40014: %s): one new token', async (expiredAs40014) => {
    const warehouse = await opened({ traps: { expiredAs40014 } });
    const { sim } = warehouse;
    let calls = 0;
    const match = () => {
      calls += 1;
      if (calls === 60) sim.access.expireTokens();
      return false;
    };
    sim.faults.inject({ path: '*', kind: { slowMs: 0 }, match });
    expect((await warehouse.run()).status).toBe('succeeded');
    expect(sim.requests.filter((one) => one.path === 'gettoken')).toHaveLength(2);
    await equal(warehouse);
  });

  test('4: statistics: a second run doubles nothing, missed nights are fetched, a failed member comes later', async () => {
    const warehouse = await opened();
    const { sim } = warehouse;
    const oracle = new Oracle();
    await warehouse.run();
    await warehouse.run();
    await equal(warehouse, oracle);
    sim.nextDay();
    sim.nextDay();
    sim.nextDay();
    const userid = sim.company.followUsers()[0]?.userid ?? '';
    sim.faults.inject({ path: BEHAVIOUR, kind: { errcode: -1 }, times: ALWAYS, match: { userid: [userid] } });
    const result = await warehouse.run();
    expect(statusOf(result, 'user_behavior_daily')?.status).toBe('partial');
    expect(statusOf(result, 'user_behavior_daily')?.error?.message).toContain(userid);
    sim.faults.clear();
    expect((await warehouse.run()).status).toBe('succeeded');
    const expected = oracle.observe(sim.company).get('user_behavior_daily') ?? [];
    expect(await compare(warehouse.url, new Map([['user_behavior_daily', expected]]))).toEqual([]);
  });

  test('5: group figures stay per owner and column; a failed day is missing and not lower', async () => {
    const warehouse = await opened();
    const { sim } = warehouse;
    sim.faults.inject({
      path: 'externalcontact/groupchat/statistic',
      kind: { errcode: -1 },
      nth: 20,
      times: ALWAYS,
    });
    const result = await warehouse.run();
    expect(statusOf(result, 'group_chat_owner_daily')?.status).toBe('partial');
    const expected = new Oracle().observe(sim.company).get('group_chat_owner_daily') ?? [];
    const rows = await query(warehouse, 'SELECT * FROM wecom.group_chat_owner_daily');
    const days = new Set(rows.map((row) => row.stat_date));
    expect(days.size).toBeGreaterThan(0);
    const perDay = (all: typeof rows) => all.filter((row) => days.has(row.stat_date ?? '')).length;
    expect(perDay(rows)).toBe(perDay(expected));
    sim.faults.clear();
    await warehouse.run();
    await equal(warehouse);
  });

  test('6: a customer who vanished without a callback ends; two corps in one database do not mix', async () => {
    const [one, two] = await Promise.all(
      [5, 6].map((seed) => startSimulator({ quotas: false, seed, size: { approvals: 12 } })),
    );
    const database = await createTestDatabase(migrated);
    onTestFinished(async () => {
      for (const sim of [one, two]) await sim?.close();
      await database.drop();
    });
    if (one === undefined || two === undefined) throw new Error('There are two simulators.');
    const sync = async (sim: Simulator) => {
      const ended = await command({ url: database.url, sim }, ['sync', '--json']);
      expect(ended.code, ended.stderr).toBe(0);
    };
    await sync(two);
    await sync(one);
    const { company } = one;
    const member = company.followUsers().find(({ userid }) => customersOf(company, userid).length > 1);
    const [gone = ''] = customersOf(company, member?.userid ?? '');
    company.removeRelation(member?.userid ?? '', gone);
    await sync(one);
    await withReader(database.url, async (client) => {
      for (const sim of [one, two])
        for (const [table, expected] of new Oracle().observe(sim.company)) {
          const sql = `SELECT count(*) AS n FROM wecom.${table} WHERE corp_id = $1`;
          const [row] = await select(client, sql, [sim.corpId]);
          expect([table, Number(row?.n)]).toEqual([table, expected.length]);
        }
    });
    const ended = (await history(database.url)).filter((version) => version.table === 'customer_follows');
    expect(ended.map(({ key }) => key)).toEqual([JSON.stringify([gone, member?.userid])]);
  });
});

describe('MoChat', () => {
  test('8: more than 100 groups are all there, and a detail that fails removes no group', async () => {
    const warehouse = await opened({ size: { groups: 130, groupMembers: 3 } });
    const { sim } = warehouse;
    const oracle = new Oracle();
    await warehouse.run();
    await equal(warehouse, oracle);
    const groups = oracle.observe(sim.company).get('group_chats')?.length ?? 0;
    expect(groups).toBeGreaterThan(100);
    sim.faults.inject({ path: 'externalcontact/groupchat/get', kind: { errcode: 99_999 }, times: ALWAYS });
    expect((await warehouse.run()).status).toBe('partial');
    const [row] = await query(warehouse, 'SELECT count(*) AS n FROM wecom.group_chats');
    expect(Number(row?.n)).toBe(groups);
  });

  test('9: figures read at 00:30 are read again; an absent ratio is NULL and not 0; columns are not exchanged', async () => {
    const halfPastMidnight = Date.parse('2026-06-16T16:30:00Z');
    const warehouse = await opened({ traps: { lateStatistics: true, nothings: true } }, halfPastMidnight);
    const oracle = new Oracle();
    for (let night = 0; night < 4; night++) {
      expect((await warehouse.run()).status).toBe('succeeded');
      await equal(warehouse, oracle);
      warehouse.sim.nextDay();
    }
    const [row] = await query(
      warehouse,
      `SELECT count(*) FILTER (WHERE reply_percentage IS NULL) AS absent,
              count(*) FILTER (WHERE new_apply_cnt <> new_contact_cnt) AS different FROM wecom.user_behavior_daily`,
    );
    expect(Number(row?.absent)).toBeGreaterThan(0);
    expect(Number(row?.different)).toBeGreaterThan(0);
  });

  test('10: every table has a primary key that begins with corp_id', async () => {
    const warehouse = await opened();
    const rows = await query(
      warehouse,
      `SELECT format('%s.%s', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = 'wecom' AND c.relkind = 'r' AND NOT EXISTS (
         SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
         WHERE i.indrelid = c.oid AND i.indisprimary AND a.attname = 'corp_id')`,
    );
    expect(rows).toEqual([]);
  });
});

describe('OpenSCRM', () => {
  test('12: an API that takes 2.5 s truncates nothing', async () => {
    const warehouse = await opened();
    warehouse.sim.faults.inject({ path: '*', kind: { slowMs: 2_500 }, every: 60, times: 4 });
    expect((await warehouse.run()).status).toBe('succeeded');
    await equal(warehouse);
  });

  test('13: never more than 4 calls at once on a path, and 45033 costs no row', async () => {
    const warehouse = await opened({ latencyMs: 10, size: { groups: 40, groupMembers: 3 } });
    const { sim } = warehouse;
    sim.faults.inject({ path: 'externalcontact/groupchat/get', kind: { errcode: 45_033 }, times: 2 });
    expect((await warehouse.run()).status).toBe('succeeded');
    expect(Math.max(...sim.quota.peaks.values())).toBe(4);
    await equal(warehouse);
  });

  test('14: the groups of one owner come in pages, and a bad group ends nothing else', async () => {
    const traps = { emptyPages: true, shortPages: true, unreadableGroups: true };
    const warehouse = await opened({ traps, size: { groups: 40, groupMembers: 3, members: 8, stores: 2 } });
    expect((await warehouse.run()).status).toBe('succeeded');
    await equal(warehouse);
  });
});

describe('Venus', () => {
  test('16: one member whose list fails keeps his customers', async () => {
    const warehouse = await opened({ traps: { emptyPages: true } });
    const { sim } = warehouse;
    const oracle = new Oracle();
    await warehouse.run();
    await equal(warehouse, oracle);
    const userid = sim.company
      .followUsers()
      .find((one) => customersOf(sim.company, one.userid).length > 0)?.userid;
    sim.faults.inject({
      path: CUSTOMERS,
      kind: { errcode: -1 },
      times: ALWAYS,
      match: { userid_list: [userid ?? ''] },
    });
    const result = await warehouse.run();
    expect(statusOf(result, 'customers')?.status).toMatch(/partial|failed/);
    await equal(warehouse, oracle);
    expect(await history(warehouse.url)).toEqual([]);
  });

  test('17: no reader ever sees an empty group, and who stays keeps the time of joining', async () => {
    const warehouse = await opened();
    const { sim } = warehouse;
    await warehouse.run();
    const filled = await query(warehouse, 'SELECT DISTINCT chat_id FROM wecom.group_chat_members');
    const group = sim.company.groups.find((one) => filled.some((row) => row.chat_id === one.chatId));
    sim.company.joinGroup(
      group?.chatId ?? '',
      sim.company.externalUserid(sim.company.relations.newCustomer()),
    );
    let running = true;
    const fewest = (async () => {
      let least = filled.length;
      while (running) {
        const seen = await query(warehouse, 'SELECT DISTINCT chat_id FROM wecom.group_chat_members');
        least = Math.min(least, seen.length);
      }
      return least;
    })();
    const result = await warehouse.run();
    running = false;
    expect(await fewest).toBe(filled.length);
    expect(statusOf(result, 'group_chats')).toMatchObject({ inserted: 1, deleted: 0 });
    expect(await history(warehouse.url)).toEqual([]);
  });
});

describe('complaints of users', () => {
  test('“success” is never shown when nothing could be read', async () => {
    const warehouse = await opened();
    for (const area of ['directory', 'skeleton', 'roster', 'customer', 'approval', 'checkin'] as const)
      warehouse.sim.access.revoke(area);
    const result = await warehouse.run();
    expect(result.status).toBe('failed');
    expect(new Set(result.streams.map((one) => one.status))).toEqual(new Set(['not_permitted']));
  });

  test('48009: the contact-sync secret alone reads no members, and says why', async () => {
    const warehouse = await opened();
    const secrets = new SecretBook({ contact_sync: warehouse.sim.secrets.contactSync });
    const result = await warehouse.run({}, { secrets });
    expect(result.status).toBe('failed');
    expect(statusOf(result, 'departments')).toMatchObject({
      status: 'not_permitted',
      error: { errcode: 48_009 },
    });
  });

  test('punches after midnight on the last day of a month fall between no windows', async () => {
    const warehouse = await opened({}, Date.parse('2026-06-29T03:00:00Z'));
    const oracle = new Oracle();
    for (let day = 0; day < 4; day++) {
      await warehouse.run();
      await equal(warehouse, oracle);
      warehouse.sim.nextDay();
    }
  });

  test('repeated runs give the same number of people, whatever the departments they are in', async () => {
    const warehouse = await opened({ traps: 'all' });
    const counts: unknown[] = [];
    for (let run = 0; run < 3; run++) {
      await warehouse.run({ full: true });
      counts.push(
        await query(warehouse, 'SELECT count(*) AS n, count(DISTINCT userid) AS people FROM wecom.employees'),
      );
    }
    expect(new Set(counts.map((count) => JSON.stringify(count))).size).toBe(1);
    await equal(warehouse);
  });
});
