import { expect, test } from 'vitest';
import { at } from '../../src/simulator/random.ts';
import { type Client, client, DAY, type Json, set, TODAY, wire } from './simulator-client.ts';

const INFO = 'oa/getapprovalinfo';
const PUNCHES = 'checkin/getcheckindata';

async function numbers(c: Client, window: Json): Promise<{ pages: Json[]; list: string[] }> {
  const pages: Json[] = [];
  let new_cursor: unknown = '';
  do {
    pages.push(await c.post(INFO, { new_cursor, size: 10, ...window }));
    new_cursor = at(pages, -1).new_next_cursor;
  } while (new_cursor !== undefined && pages.length < 500);
  return { pages, list: pages.flatMap((page) => page.sp_no_list as string[]) };
}

test.each([['none'], ['all']] as const)('approvals by windows equal the truth, traps: %s', async (traps) => {
  const c = await client({ traps, size: { approvals: 120 } });
  const truth = wire(c.sim.company.truth());
  const found: unknown[] = [];
  for (let back = 62; back > 0; back -= 31) {
    const window = { starttime: String(TODAY - back * DAY), endtime: String(TODAY - (back - 31) * DAY) };
    for (const sp_no of new Set((await numbers(c, window)).list)) {
      found.push((await c.post('oa/getapprovaldetail', { sp_no })).info);
    }
  }
  expect(truth.approvals.length).toBeGreaterThan(80);
  expect(set(found)).toEqual(set(truth.approvals));
  for (const { template_id, template } of truth.templates) {
    expect(await c.post('oa/gettemplatedetail', { template_id })).toMatchObject(template);
  }
  expect(c.sim.violations).toEqual([]);
});

test('pages may be short or empty with a cursor, and the end is an absent key', async () => {
  const c = await client({ size: { approvals: 200 }, traps: { emptyPages: true } });
  const { pages } = await numbers(c, { starttime: TODAY - 30 * DAY, endtime: TODAY });
  const sizes = pages.map((page) => (page.sp_no_list as string[]).length);
  expect(sizes).toContain(0);
  expect(sizes.some((size) => size > 0 && size < 10)).toBe(true);
  expect(at(pages, -1)).not.toHaveProperty('new_next_cursor');
});

test('filters: text values only, joined by AND, by status and template', async () => {
  const c = await client({ size: { approvals: 120 } });
  const window = { starttime: TODAY - 30 * DAY, endtime: TODAY };
  const open = await numbers(c, { ...window, filters: [{ key: 'sp_status', value: '1' }] });
  expect(open.list.length).toBeGreaterThan(0);
  expect(open.list.map((spNo) => c.sim.company.approval(spNo)?.status)).toEqual(open.list.map(() => 1));
  const ask = (filters: unknown) => c.post(INFO, { ...window, new_cursor: '', size: 10, filters });
  expect(await ask([{ key: 'sp_status', value: 2 }])).toMatchObject({ errcode: 301025, sp_no_list: [] });
  expect(await ask([{ key: 'colour', value: '2' }])).toMatchObject({ errcode: 301025 });
  const twice = [
    { key: 'sp_status', value: '1' },
    { key: 'sp_status', value: '2' },
  ];
  expect(await ask(twice)).toMatchObject({ errcode: 301025 });
  expect(c.sim.violations).toHaveLength(3);
});

test.each([
  ['more than 31 days', { starttime: TODAY - 31 * DAY - 1, endtime: TODAY }],
  ['milliseconds', { starttime: TODAY * 1000 - 1000, endtime: TODAY * 1000 }],
  ['backwards', { starttime: TODAY, endtime: TODAY - 1 }],
  ['size 101', { starttime: TODAY - DAY, endtime: TODAY, size: 101 }],
  ['no new_cursor', { starttime: TODAY - DAY, endtime: TODAY, new_cursor: undefined, cursor: 0 }],
])('getapprovalinfo with %s is 301025 and a violation', async (_, body) => {
  const c = await client();
  expect(await c.post(INFO, { new_cursor: '', size: 100, ...body })).toMatchObject({
    errcode: 301025,
    sp_no_list: [],
  });
  expect(c.sim.violations).toHaveLength(1);
});

test('every control type of the reference occurs, also one nobody knows; child fields share an id', async () => {
  const c = await client({ traps: 'all', size: { approvals: 60 } });
  const text = JSON.stringify(wire(c.sim.company.truth().approvals));
  const controls =
    'Text Textarea Number Money Date Selector Contact Tips File Table DateRange Attendance Vacation PunchCorrection Location RelatedApproval Formula PhoneNumber BankAccount WedriveFile Hologram';
  for (const control of controls.split(' ')) expect(text).toContain(`"control":"${control}"`);
  expect(text).toMatch(/"openapi_id":"\d+"/);
  expect(text).toMatch(/"s_timestamp":"\d+"/);
  const purchase = c.sim.company.truth().templates[0]?.template ?? {};
  expect(
    JSON.stringify(purchase, (_, v) => (typeof v === 'bigint' ? 0 : v)).split('"id":"Text-1569582140145"'),
  ).toHaveLength(3);
});

test('old requests have sp_record only; approverattr and apv_rel use opposite codes', async () => {
  const c = await client({ traps: { oldApprovals: true } });
  const { approvals } = c.sim.company.truth();
  expect(approvals[0]).not.toHaveProperty('process_list');
  const last = at(approvals, -1);
  const record = (last.sp_record as Json[]).map((node) => node.approverattr);
  const process = ((last.process_list as Json).node_list as Json[]).map((node) => node.apv_rel);
  expect(record).toEqual([1, 2]);
  expect(process).toEqual([2, 1, undefined]);
});

test('comment ids have 19 digits, as numbers under the trap', async () => {
  const c = await client({ traps: { longIntegers: true } });
  const approval = at(
    c.sim.company.approvals.filter((one) => one.index % 2 === 0),
    0,
  );
  c.sim.company.commentApproval(approval.spNo, '看到了');
  const url = `${c.sim.url}/cgi-bin/oa/getapprovaldetail?access_token=${await c.token()}`;
  const text = await (
    await fetch(url, { method: 'POST', body: JSON.stringify({ sp_no: approval.spNo }) })
  ).text();
  expect(text).toMatch(/"commentid":75678901230000\d{5}[,}]/);
});

test.each([
  ['oa/getapprovaldetail', { sp_no: '209901010001' }, 301025],
  ['oa/gettemplatedetail', { template_id: 'x' }, 301026],
])('%s of something unknown is an error', async (path, body, errcode) => {
  const c = await client();
  expect(await c.post(path, body)).toMatchObject({ errcode });
});

test('approvals change: decided, revoked, commented, submitted', async () => {
  const c = await client();
  const { company } = c.sim;
  const open = at(
    company.approvals.filter((one) => one.status === 1),
    0,
  );
  company.decideApproval(open.spNo, 2);
  company.commentApproval(open.spNo, '好');
  expect((await c.post('oa/getapprovaldetail', { sp_no: open.spNo })).info).toMatchObject({
    sp_status: 2,
  });
  company.decideApproval(open.spNo, 6);
  expect((await c.post('oa/getapprovaldetail', { sp_no: open.spNo })).info).toMatchObject({
    sp_status: 6,
  });
  const submitted = company.submitApproval();
  const { list } = await numbers(c, { starttime: TODAY, endtime: TODAY + DAY });
  expect(list).toContain(submitted.spNo);
});

test.each([['none'], ['all']] as const)('punches by windows equal the truth, traps: %s', async (traps) => {
  const c = await client({ traps });
  const truth = c.sim.company.truth();
  const useridlist = truth.users.map((user) => String(user.userid));
  const found: Json[] = [];
  for (let back = 60; back > 0; back -= 30) {
    const [starttime, endtime] = [TODAY - back * DAY, TODAY - (back - 30) * DAY - 1];
    const answer = await c.post(PUNCHES, { opencheckindatatype: 3, starttime, endtime, useridlist });
    const inside = (row: Json) =>
      Number(row.checkin_time) >= starttime && Number(row.checkin_time) <= endtime;
    found.push(...(answer.checkindata as Json[]).filter(inside));
  }
  expect(truth.punches.length).toBeGreaterThan(300);
  expect(set(found)).toEqual(set(wire(truth.punches)));
  expect(c.sim.violations).toEqual([]);
});

test('rows outside the asked window come under the trap, also of times to come', async () => {
  const c = await client({ traps: { looseCheckinWindow: true } });
  const useridlist = c.sim.company.truth().users.map((user) => String(user.userid));
  const window = { opencheckindatatype: 3, starttime: TODAY, endtime: TODAY + DAY - 1, useridlist };
  const times = ((await c.post(PUNCHES, window)).checkindata as Json[]).map((row) =>
    Number(row.checkin_time),
  );
  expect(times.some((time) => time < TODAY)).toBe(true);
  expect(times.some((time) => time >= TODAY + DAY)).toBe(true);
});

test('a missing punch is a row at its scheduled time; a correction replaces it', async () => {
  const c = await client();
  const { company } = c.sim;
  const day = company.baseDay - 1;
  const member = at(
    company.staff().filter((one) => [...Array(30).keys()].some((i) => company.hasMissingPunch(one, day - i))),
    0,
  );
  const missedDay =
    day -
    at(
      [...Array(30).keys()].filter((i) => company.hasMissingPunch(member, day - i)),
      0,
    );
  const missed = company.punches(member, missedDay).find((row) => row.exception_type === '未打卡');
  expect(missed?.checkin_time).toBe(missed?.sch_checkin_time);
  company.correctPunches(member.userid, missedDay);
  expect(company.hasMissingPunch(member, missedDay)).toBe(false);
  expect(
    company.punches(member, missedDay).some((row) => row.sch_checkin_time === missed?.sch_checkin_time),
  ).toBe(true);
});

test('old punches lack rule keys and coordinates', async () => {
  const c = await client({ traps: { oldPunches: true } });
  const { punches } = c.sim.company.truth();
  const old = punches.filter((row) => !('groupid' in row) && row.checkin_type !== '外出打卡');
  expect(old.length).toBeGreaterThan(10);
  expect(
    old.every((row) => !('sch_checkin_time' in row) && !('schedule_id' in row) && !('timeline_id' in row)),
  ).toBe(true);
  expect(old.some((row) => !('lat' in row))).toBe(true);
  expect(punches.some((row) => row.lat === 0)).toBe(true);
});

test.each([
  ['an unknown userid', { useridlist: ['nobody'] }, 301021, 0],
  ['101 userids', { useridlist: Array(101).fill('x') }, 301023, 1],
  ['no userid', { useridlist: [] }, 301023, 1],
  ['31 days', { starttime: TODAY - 31 * DAY }, 301024, 1],
  ['milliseconds', { endtime: TODAY * 1000 }, 600018, 1],
])('check-ins of a block with %s fail', async (_, change, errcode, violations) => {
  const c = await client();
  const useridlist = c.sim.company.truth().users.map((user) => String(user.userid));
  const body = { opencheckindatatype: 3, starttime: TODAY - DAY, endtime: TODAY - 1, useridlist, ...change };
  expect(await c.post(PUNCHES, body)).toMatchObject({ errcode, checkindata: [] });
  expect(c.sim.violations).toHaveLength(violations);
});

test('somebody who left resolves for two days, then fails the block', async () => {
  const c = await client();
  const userid = at(c.sim.company.truth().followUsers, 0);
  c.sim.company.resign(userid);
  const body = { opencheckindatatype: 3, starttime: TODAY - DAY, endtime: TODAY - 1, useridlist: [userid] };
  expect(await c.post(PUNCHES, body)).toMatchObject({ errcode: 0 });
  for (let i = 0; i < 3; i++) c.sim.nextDay();
  expect(await c.post(PUNCHES, body)).toMatchObject({ errcode: 301021 });
});
