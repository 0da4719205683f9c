import { expect, test } from 'vitest';
import { jsonText } from '../../src/simulator/http/answer.ts';
import { runSimulate, SIZES, startSimulator, TRAP_NAMES, TRAPS } from '../../src/simulator/index.ts';
import { client, NOON, wire } from './simulator-client.ts';

const PARTS = [
  'departments',
  'users',
  'followUsers',
  'tagGroups',
  'relations',
  'groups',
  'unassigned',
  'approvals',
  'punches',
] as const;

function keyed<T>(list: T[], key: (one: T) => unknown): Map<string, string> {
  return new Map(list.map((one) => [jsonText(key(one)), jsonText(one)]));
}

function compare(before: Map<string, string>, after: Map<string, string>) {
  const shared = [...before.keys()].filter((key) => after.has(key));
  return {
    gone: before.size - shared.length,
    come: after.size - shared.length,
    changed: shared.filter((key) => before.get(key) !== after.get(key)).length,
    same: shared.filter((key) => before.get(key) === after.get(key)).length,
  };
}

test('the same seed and days give the same company, another seed another', async () => {
  const make = async (seed: number) => {
    const c = await client({ seed, traps: 'all' });
    c.sim.nextDay();
    c.sim.nextDay();
    return jsonText(c.sim.company.truth());
  };
  expect(await make(5)).toBe(await make(5));
  expect(await make(5)).not.toBe(await make(6));
});

test('nothing changes while no day passes', async () => {
  const c = await client({ traps: 'all' });
  expect(jsonText(c.sim.company.truth())).toBe(jsonText(c.sim.company.truth()));
});

test('a day changes a little of everything, and leaves the rest as it was', async () => {
  const c = await client({ size: 'demo', traps: { revisedStatistics: true } });
  const { company } = c.sim;
  const read = () => {
    const truth = wire(company.truth());
    return {
      relations: keyed(truth.relations, (one) => [one.userid, one.external_contact.external_userid]),
      groups: keyed(truth.groups, (one) => one.chat_id),
      approvals: keyed(truth.approvals, (one) => one.sp_no),
      departments: keyed(truth.departments, (one) => one.id),
      users: keyed(truth.users, (one) => one.userid),
      tags: keyed(truth.tagGroups, (one) => one.group_id),
      unassigned: keyed(truth.unassigned, (one) => [one.handover_userid, one.external_userid]),
      behaviour: keyed(truth.behaviour, (one) => [one.userid, one.row.stat_time]),
      groupStatistics: keyed(truth.groupStatistics, (one) => [one.owner, one.stat_time]),
      punches: keyed(truth.punches, (one) => [
        one.userid,
        one.checkin_type,
        one.sch_checkin_time || one.checkin_time,
      ]),
    };
  };
  const before = read();
  c.sim.nextDay();
  const after = read();
  const diff = Object.fromEntries(
    Object.entries(before).map(([part, map]) => [part, compare(map, after[part as keyof typeof after])]),
  );
  for (const part of [
    'relations',
    'groups',
    'approvals',
    'departments',
    'tags',
    'behaviour',
    'groupStatistics',
    'punches',
  ]) {
    expect(diff[part]?.changed, `${part} changed`).toBeGreaterThan(0);
    expect(diff[part]?.changed, `${part} changed`).toBeLessThan(Math.max(5, (diff[part]?.same ?? 0) * 0.2));
  }
  for (const part of ['relations', 'groups', 'users', 'unassigned'])
    expect(diff[part]?.gone, `${part} gone`).toBeGreaterThan(0);
  for (const part of ['relations', 'groups', 'approvals', 'unassigned'])
    expect(diff[part]?.come, `${part} come`).toBeGreaterThan(0);
});

test('a day resigns a member: gone from the lists, his customers unassigned, his groups waiting', async () => {
  const c = await client({ size: 'demo' });
  const before = c.sim.company.truth().followUsers;
  c.sim.nextDay();
  const after = new Set(c.sim.company.truth().followUsers);
  const [left = ''] = before.filter((userid) => !after.has(userid));
  expect(c.sim.company.truth().unassigned.some((row) => row.handover_userid === left)).toBe(true);
  expect(c.sim.company.truth().relations.some((one) => one.userid === left)).toBe(false);
});

test('thirty days leave a company of about the same size', async () => {
  const c = await client({ traps: 'all' });
  for (let i = 0; i < 30; i++) c.sim.nextDay();
  const truth = c.sim.company.truth();
  expect(truth.followUsers.length).toBeGreaterThan(4);
  expect(truth.relations.length).toBeGreaterThan(30);
  expect(truth.groups.length).toBeGreaterThan(3);
});

test('the demo company has the promised size and every part', async () => {
  const c = await client({ size: 'demo' });
  const truth = c.sim.company.truth();
  expect(truth.users.length).toBeGreaterThan(50);
  expect(truth.relations.length).toBeGreaterThan(3500);
  expect(truth.relations.length).toBeLessThan(5500);
  expect(c.sim.company.groups).toHaveLength(60);
  expect(c.sim.company.approvals).toHaveLength(SIZES.demo.approvals);
  expect(truth.behaviour).toHaveLength(truth.followUsers.length * 180);
  for (const part of PARTS) expect(truth[part].length, part).toBeGreaterThan(3);
});

test('a member out of sight is missing without an error, and comes back', async () => {
  const c = await client();
  const [userid = ''] = c.sim.company.truth().followUsers;
  const relations = c.sim.company.truth().relations.length;
  c.sim.company.hide(userid);
  expect(c.sim.company.truth().followUsers).not.toContain(userid);
  expect(c.sim.company.truth().unassigned.map((row) => row.handover_userid)).not.toContain(userid);
  c.sim.company.show(userid);
  expect(c.sim.company.truth().relations).toHaveLength(relations);
});

test('new apps do not see gender, mobile, e-mail and avatar of members', async () => {
  const c = await client();
  const keys = ['gender', 'mobile', 'email', 'biz_mail', 'avatar', 'qr_code', 'address'];
  expect(Object.keys(c.sim.company.truth().users[0] ?? {})).toEqual(expect.arrayContaining(keys));
  c.sim.company.privateFields = false;
  for (const user of c.sim.company.truth().users)
    for (const key of keys) expect(user).not.toHaveProperty(key);
});

test('control over HTTP: state, next day, faults, violations, access, truth', async () => {
  const sim = await startSimulator({ now: () => new Date(NOON) });
  const act = async (method: string, path: string, body?: unknown) =>
    (
      await fetch(`${sim.url}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    ).json();
  const list = async () =>
    (await fetch(`${sim.url}/cgi-bin/externalcontact/groupchat/list`, { method: 'POST', body: '{}' })).json();
  expect(await act('GET', 'state')).toMatchObject({ corpId: sim.corpId, violations: 0 });
  await act('POST', 'next-day');
  expect(sim.now().getTime()).toBe(NOON + 86_400_000);
  await act('POST', 'faults', { path: '*', kind: { errcode: 45033 }, times: 9 });
  expect(await list()).toMatchObject({ errcode: 45033 });
  await act('DELETE', 'faults');
  expect(await list()).toMatchObject({ errcode: 41001 });
  sim.violations.push('seen');
  expect(await act('GET', 'violations')).toEqual(['seen']);
  await act('POST', 'access', { do: 'visible_range', departments: [2] });
  expect(sim.access.visibleRange).toMatchObject({ departments: [2] });
  await act('POST', 'access', { do: 'distrust_ip' });
  expect(sim.access.trustedIp).toBe(false);
  expect(await act('GET', 'truth?part=followUsers')).toEqual(sim.company.truth().followUsers);
  expect(await act('POST', 'faults', { path: '*', kind: 'nonsense' })).toHaveProperty('error');
  expect(await act('GET', 'nonsense')).toHaveProperty('error');
  await sim.close();
  await expect(fetch(sim.url)).rejects.toThrow();
});

test('runSimulate prints what a client needs', async () => {
  const lines: string[] = [];
  const sim = await runSimulate({ port: 0, size: 'tiny' }, (line) => lines.push(line));
  expect(lines).toEqual(
    expect.arrayContaining([
      `WECOM_API_BASE=${sim.url}`,
      `WECOM_CORP_ID=${sim.corpId}`,
      `WECOM_SECRET=${sim.secret}`,
    ]),
  );
  await sim.close();
});

test('every trap has a description', () => {
  expect(TRAP_NAMES.length).toBeGreaterThan(25);
  for (const name of TRAP_NAMES) expect(TRAPS[name].length).toBeGreaterThan(10);
});
