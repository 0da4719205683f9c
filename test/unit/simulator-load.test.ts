import { expect, test } from 'vitest';
import type { FaultKind } from '../../src/simulator/index.ts';
import { type Client, client, type Json, NOON } from './simulator-client.ts';

const BATCH = 'externalcontact/batch/get_by_user';
const LIST = 'externalcontact/groupchat/list';

function staff(c: Client): string[] {
  return [...new Set(c.sim.company.truth().relations.map((one) => one.userid))];
}

test.each([
  -1, 45009, 45033, 40014, 42001, 50100, 301021, 48002, 60020, 60011, 99_999,
])('the fault %i at the second call', async (errcode) => {
  const c = await client();
  c.sim.faults.inject({ path: LIST, nth: 2, kind: { errcode, blockSeconds: 0 } });
  const codes = [];
  for (let i = 0; i < 3; i++) codes.push((await c.post(LIST, { limit: 10 })).errcode);
  expect(codes).toEqual([0, errcode, 0]);
});

test('45009 blocks its path for 60 s and no other', async () => {
  let seconds = 0;
  const c = await client({ now: () => new Date(NOON + seconds * 1000) });
  c.sim.faults.inject({ path: LIST, kind: { errcode: 45009 } });
  expect(await c.post(LIST, { limit: 10 })).toMatchObject({ errcode: 45009, group_chat_list: [] });
  seconds = 59;
  expect(await c.post(LIST, { limit: 10 })).toMatchObject({ errcode: 45009 });
  expect(await c.get('department/list')).toMatchObject({ errcode: 0 });
  seconds = 60;
  expect(await c.post(LIST, { limit: 10 })).toMatchObject({ errcode: 0 });
});

async function raw(c: Client, kind: FaultKind): Promise<Response> {
  const token = await c.token();
  c.sim.faults.inject({ path: LIST, kind });
  const signal = AbortSignal.timeout(200);
  return fetch(`${c.sim.url}/cgi-bin/${LIST}?access_token=${token}`, {
    method: 'POST',
    body: '{"limit":1}',
    signal,
  });
}

test('a reset and a silent server', async () => {
  const c = await client();
  await expect(raw(c, 'reset')).rejects.toThrow('fetch failed');
  await expect(raw(c, 'hang')).rejects.toThrow(/timeout/);
});

test('an HTML page, half a body, wrong types, a missing list, nothing at all', async () => {
  const c = await client();
  const html = await raw(c, 'html');
  expect([html.status, (await html.text()).slice(0, 6)]).toEqual([502, '<html>']);
  await expect((await raw(c, 'truncated')).json()).rejects.toThrow(SyntaxError);
  expect(await (await raw(c, 'wrong_types')).json()).toMatchObject({
    errcode: 0,
    group_chat_list: expect.any(String),
  });
  expect(await (await raw(c, 'missing_list')).json()).not.toHaveProperty('group_chat_list');
  expect(await (await raw(c, 'empty')).json()).toEqual({
    errcode: 0,
    errmsg: 'ok',
    group_chat_list: [],
    next_cursor: '',
  });
});

test('a fault hits only the calls that match, as often as it should', async () => {
  const c = await client();
  const [a = '', b = ''] = staff(c);
  c.sim.faults.inject({ path: BATCH, kind: { errcode: -1 }, match: { userid_list: [b] }, times: 2 });
  const codes = [];
  for (const userid of [a, b, a, b, b]) codes.push((await c.post(BATCH, { userid_list: [userid] })).errcode);
  expect(codes).toEqual([0, -1, 0, -1, 0]);
  c.sim.faults.inject({ path: '*', kind: { errcode: -1 }, times: Infinity });
  expect(await c.get('department/list')).toMatchObject({ errcode: -1 });
  c.sim.faults.clear();
  expect(await c.get('department/list')).toMatchObject({ errcode: 0 });
});

test('a fault can be sprinkled over every n-th call', async () => {
  const c = await client();
  c.sim.faults.inject({ path: 'department/list', kind: { errcode: -1 }, nth: 2, every: 3, times: 2 });
  const codes = [];
  for (let i = 0; i < 9; i++) codes.push((await c.get('department/list')).errcode);
  expect(codes).toEqual([0, -1, 0, 0, -1, 0, 0, 0, 0]);
});

test('a slow answer', async () => {
  const c = await client();
  await expect(raw(c, { slowMs: 5000 })).rejects.toThrow(/timeout/);
  expect((await raw(c, { slowMs: 20 })).status).toBe(200);
});

test('a cursor loop gives back the cursor that was sent', async () => {
  const c = await client();
  const body = { userid_list: staff(c), limit: 5 };
  c.sim.faults.inject({ path: BATCH, kind: 'cursor_loop' });
  const first = await c.post(BATCH, body);
  expect(first.next_cursor).not.toBe('');
  const second = await c.post(BATCH, { ...body, cursor: first.next_cursor });
  expect(second.next_cursor).toBe(first.next_cursor);
  expect(c.sim.violations).toEqual([]);
  expect(await c.post(BATCH, { ...body, cursor: second.next_cursor })).toMatchObject({ errcode: 50100 });
  expect(c.sim.violations).toEqual([`${BATCH}: the same cursor was sent twice`]);
});

test('a cursor may be sent again after an answer that did not arrive', async () => {
  const c = await client();
  const body = { userid_list: staff(c), limit: 5 };
  const { next_cursor: cursor } = await c.post(BATCH, body);
  const expected: Json = await (async () => {
    for (const kind of [{ errcode: -1 }, 'truncated', 'html', 'reset'] as const) {
      c.sim.faults.inject({ path: BATCH, kind });
      await c.post(BATCH, { ...body, cursor }).catch(() => undefined);
    }
    return c.post(BATCH, { ...body, cursor });
  })();
  expect(expected).toMatchObject({ errcode: 0 });
  expect((expected.external_contact_list as Json[]).length).toBe(5);
  expect(c.sim.violations).toEqual([]);
});

test('cursors: unknown, of other parameters, of another path, expired', async () => {
  let hours = 0;
  const c = await client({ now: () => new Date(NOON + hours * 3_600_000) });
  const body = { userid_list: staff(c), limit: 5 };
  const cursor = async () => (await c.post(BATCH, body)).next_cursor;
  expect(await c.post(BATCH, { ...body, cursor: 'nonsense' })).toMatchObject({ errcode: 50100 });
  expect(await c.post(BATCH, { ...body, limit: 6, cursor: await cursor() })).toMatchObject({
    errcode: 50100,
  });
  expect(await c.post(LIST, { limit: 5, cursor: await cursor() })).toMatchObject({ errcode: 50100 });
  expect(c.sim.violations).toHaveLength(3);
  const old = await cursor();
  hours = 5;
  expect(await c.post(BATCH, { ...body, cursor: old })).toMatchObject({ errcode: 50100 });
  const open = await cursor();
  c.sim.expireCursors();
  expect(await c.post(BATCH, { ...body, cursor: open })).toMatchObject({ errcode: 50100 });
  expect(c.sim.violations).toHaveLength(3);
});

test('limits above the maximum are noted and cut; a missing limit of groupchat/list is 40058', async () => {
  const c = await client();
  const answer = await c.post(BATCH, { userid_list: staff(c), limit: 1000 });
  expect((answer.external_contact_list as Json[]).length).toBeLessThanOrEqual(100);
  expect(await c.post(LIST, {})).toMatchObject({ errcode: 40058 });
  expect(await c.post(BATCH, { userid_list: Array(101).fill('x') })).toMatchObject({ errcode: 40058 });
  expect(await c.post(BATCH, { userid_list: 'a,b' })).toMatchObject({ errcode: 40058 });
  expect(c.sim.violations).toHaveLength(4);
});

test('five calls in flight are a violation, six answer 45033', async () => {
  const c = await client({ latencyMs: 100 });
  const token = await c.token();
  const call = async () =>
    (await (await fetch(`${c.sim.url}/cgi-bin/department/list?access_token=${token}`)).json()) as Json;
  const four = await Promise.all(Array.from({ length: 4 }, call));
  expect(four.map((body) => body.errcode)).toEqual([0, 0, 0, 0]);
  expect(c.sim.violations).toEqual([]);
  const eight = await Promise.all(Array.from({ length: 8 }, call));
  expect(eight.map((body) => body.errcode)).toContain(45033);
  expect(c.sim.violations[0]).toBe('department/list: 5 calls in flight');
});

test.each([
  [true, 45009],
  [false, 0],
])('601 approval calls in a minute, quotas %s: the last answers %i', async (quotas, errcode) => {
  const c = await client({ quotas });
  const token = await c.token();
  const url = `${c.sim.url}/cgi-bin/oa/getapprovaldetail?access_token=${token}`;
  const body = JSON.stringify({ sp_no: c.sim.company.approvals[0]?.spNo });
  let last: unknown;
  for (let i = 0; i < 601; i++)
    last = ((await (await fetch(url, { method: 'POST', body })).json()) as Json).errcode;
  expect(last).toBe(errcode);
});

test('\\u escapes and debug=1 are noted', async () => {
  const c = await client();
  const url = `${c.sim.url}/cgi-bin/${LIST}?access_token=${await c.token()}&debug=1`;
  const body = '{"limit": 1, "cursor": "\\u0041"}';
  expect(await (await fetch(url, { method: 'POST', body })).json()).toMatchObject({ errcode: 40033 });
  expect(c.sim.violations).toHaveLength(2);
});
