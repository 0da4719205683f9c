import { afterEach, describe, expect, test } from 'vitest';
import { compare, select, withReader } from '../oracle/compare.ts';
import { type Cells, Oracle } from '../oracle/expected.ts';
import { history } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

/** DESIGN 2.3: userids stand in the directory's spelling, whenever WeCom has let us read it (customer-contact 1.3). */

const open: Warehouse[] = [];
afterEach(async () => {
  for (const warehouse of open.splice(0)) await warehouse.close();
});

async function company(): Promise<Warehouse> {
  const warehouse = await openWarehouse({ traps: { otherCase: true }, seed: 3 });
  open.push(warehouse);
  return warehouse;
}

/** After one more run: the tables equal the source, nothing is held, nothing has ended, and the run after writes nothing. */
async function isInLine({ sim, url, run }: Warehouse, oracle = new Oracle()): Promise<void> {
  const healthy = await run();
  expect(healthy.streams.filter(({ status }) => status !== 'succeeded')).toEqual([]);
  expect(await compare(url, oracle.observe(sim.company))).toEqual([]);
  expect((await history(url)).map(({ line }) => line)).toEqual([]);
  const counts = (await run()).streams.map(({ stream, inserted, updated, deleted }) => [
    stream,
    inserted,
    updated,
    deleted,
  ]);
  expect(counts).toEqual(counts.map(([stream]) => [stream, 0, 0, 0]));
  expect(await compare(url, oracle.observe(sim.company))).toEqual([]);
  expect(await storedFactsDiffer(url)).toEqual([]);
  expect(sim.violations).toEqual([]);
}

/** Stored facts that differ from their sources. */
function storedFactsDiffer(url: string): Promise<string[]> {
  return withReader(url, async (client) => {
    const tables = await select(
      client,
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'analytics_store' AND table_type = 'BASE TABLE' AND table_name <> 'refreshes'`,
    );
    const differing: string[] = [];
    for (const { name } of tables) {
      const [columns] = await select(
        client,
        `SELECT string_agg(quote_ident(column_name), ', ') AS list FROM information_schema.columns
         WHERE table_schema = 'analytics_store' AND table_name = '${name}_source'`,
      );
      const side = (relation: string) => `SELECT ${columns?.list} FROM analytics_store.${relation}`;
      const [found] = await select(
        client,
        `SELECT count(*) AS n FROM ((${side(`${name}`)} EXCEPT ALL ${side(`${name}_source`)})
           UNION ALL (${side(`${name}_source`)} EXCEPT ALL ${side(`${name}`)})) d`,
      );
      if (found?.n !== '0') differing.push(`${name}: ${found?.n}`);
    }
    return differing;
  });
}

const usersOf = (url: string, query: string) =>
  withReader(url, async (client) => (await select(client, query)).map((row: Cells) => row.userid));

describe('userids in another letter case than the directory’s', () => {
  test.each([-1, 48002])('the directory answered %i in the first run', async (errcode) => {
    const warehouse = await company();
    const { sim, url } = warehouse;
    for (const path of ['department/list', 'user/list'])
      sim.faults.inject({ path, kind: { errcode }, times: Number.POSITIVE_INFINITY });
    await warehouse.run();
    sim.faults.clear();
    const directory = new Set(sim.company.members.map((member) => member.userid));
    const stored = await usersOf(url, 'SELECT DISTINCT userid FROM wecom.user_behavior_daily');
    expect(stored.filter((userid) => !directory.has(userid ?? ''))).not.toEqual([]);
    expect(stored).toHaveLength(new Set(stored.map((userid) => userid?.toLowerCase())).size);
    await isInLine(warehouse);
  });

  test('a run without a directory spells its follow users alike everywhere', async () => {
    const warehouse = await company();
    const { sim, url } = warehouse;
    sim.faults.inject({ path: 'user/list', kind: { errcode: 48002 }, times: Number.POSITIVE_INFINITY });
    await warehouse.run({
      onEvent: ({ type, stream }) => {
        // The other lists spell them otherwise than the one of follow users did.
        if (type === 'finished' && stream === 'follow_users') sim.company.traps.otherCase = false;
      },
    });
    expect(
      await usersOf(
        url,
        `SELECT d.userid FROM (SELECT userid FROM wecom.user_behavior_daily UNION SELECT owner_userid FROM wecom.group_chats
           UNION SELECT userid FROM wecom.customer_follows) d
         JOIN wecom.follow_users f ON lower(f.userid) = lower(d.userid) WHERE f.userid <> d.userid`,
      ),
    ).toEqual([]);
    const directory = new Set(sim.company.members.map((member) => member.userid));
    const walked = await usersOf(url, 'SELECT DISTINCT userid FROM wecom.user_behavior_daily');
    expect(walked.filter((userid) => !directory.has(userid ?? ''))).not.toEqual([]);
  });

  test('a member who was hired while a stopped run waited to be continued', async () => {
    const warehouse = await company();
    const { sim, url } = warehouse;
    await warehouse.run();
    const oracle = new Oracle();
    oracle.observe(sim.company);
    sim.nextDay();
    const stop = new AbortController();
    await warehouse.run({
      signal: stop.signal,
      onEvent: ({ type, stream }) => {
        if (type === 'finished' && stream === 'employees') stop.abort(new Error('stopped by the test'));
      },
    });
    const department = sim.company.departments.find(({ visible }) => visible)?.id ?? 1;
    let { userid, index } = sim.company.hire(department);
    // Whom the trap spells in capitals.
    while (index % 8 !== 2) ({ userid, index } = sim.company.hire(department));
    await warehouse.run();
    const stored = 'SELECT userid FROM wecom.follow_users';
    expect(await usersOf(url, stored)).not.toContain(userid);
    expect((await usersOf(url, stored)).map((id) => id?.toLowerCase())).toContain(userid.toLowerCase());
    const before = (await history(url)).length;
    const healthy = await warehouse.run();
    expect(healthy.status).toBe('succeeded');
    expect(await usersOf(url, stored)).toContain(userid);
    expect(await compare(url, oracle.observe(sim.company))).toEqual([]);
    expect(await history(url)).toHaveLength(before);
    expect(await storedFactsDiffer(url)).toEqual([]);
  });

  test('leaders of departments and of members', async () => {
    const warehouse = await company();
    const { sim, url } = warehouse;
    const leaders = sim.company.departments.flatMap(
      (one) => sim.company.departmentRow(one).department_leader as string[],
    );
    const directory = new Set(sim.company.members.map((member) => member.userid));
    expect(leaders.filter((userid) => !directory.has(userid))).not.toEqual([]);
    await isInLine(warehouse);
    expect(
      await usersOf(
        url,
        `SELECT l.userid FROM (SELECT unnest(leader_userids) AS userid FROM wecom.departments
           UNION ALL SELECT unnest(direct_leader_userids) FROM wecom.employees) l
         LEFT JOIN wecom.employees e USING (userid) WHERE e.userid IS NULL`,
      ),
    ).toEqual([]);
  });

  test('a run that cannot bring them in line fails the directory, and the next one does it', async () => {
    const warehouse = await company();
    const { sim, url } = warehouse;
    sim.faults.inject({ path: 'user/list', kind: { errcode: 48002 }, times: Number.POSITIVE_INFINITY });
    await warehouse.run();
    sim.faults.clear();
    const change = (text: string) => withReader(url, (client) => select(client, text));
    await change(
      `CREATE FUNCTION wecom.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused by the test'; END $$`,
    );
    await change(
      `CREATE TRIGGER refuse BEFORE UPDATE ON wecom.follow_users FOR EACH ROW EXECUTE FUNCTION wecom.refuse()`,
    );
    const refused = await warehouse.run();
    expect(refused.streams.find(({ stream }) => stream === 'employees')?.status).not.toBe('succeeded');
    await change('DROP FUNCTION wecom.refuse CASCADE');
    const healthy = await warehouse.run({ acceptDeletes: true });
    expect(healthy.status).toBe('succeeded');
    expect(await compare(url, new Oracle().observe(sim.company))).toEqual([]);
  });
});
