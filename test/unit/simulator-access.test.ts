import { expect, test } from 'vitest';
import { client, DAY, type Json } from './simulator-client.ts';

test('an error is HTTP 200 with hint, address, headers and emptied lists', async () => {
  const { sim } = await client();
  const response = await fetch(`${sim.url}/cgi-bin/externalcontact/get_follow_user_list`);
  expect(response.status).toBe(200);
  expect(response.headers.get('error-code')).toBe('41001');
  expect(response.headers.get('error-msg')).toMatch(/access_token missing/);
  const body = (await response.json()) as Json;
  expect(body).toMatchObject({ errcode: 41001, follow_user: [] });
  expect(body.errmsg).toMatch(
    /^access_token missing, hint: \[\d{19,}\], from ip: [\d.:]+, more info at https:.*e=41001$/,
  );
});

test('the token of a secret is stable for 7,200 s, then expired', async () => {
  let seconds = 0;
  const start = Date.parse('2026-06-15T03:00:00Z');
  const c = await client({ now: () => new Date(start + seconds * 1000) });
  const first = await c.token();
  seconds = 7199;
  expect(await c.token()).toBe(first);
  seconds = 7200;
  const url = `${c.sim.url}/cgi-bin/get_api_domain_ip?access_token=${first}`;
  expect(await (await fetch(url)).json()).toMatchObject({ errcode: 42001, ip_list: [] });
  expect(await c.token()).not.toBe(first);
});

test.each([
  ['expireTokens', 'none', 42001],
  ['expireTokens', { expiredAs40014: true }, 40014],
  ['invalidateTokens', 'none', 40014],
] as const)('%s with traps %o answers %i, and a new token works', async (action, traps, errcode) => {
  const c = await client({ traps });
  const old = await c.token();
  c.sim.access[action]();
  const call = async (token: string) =>
    (await fetch(`${c.sim.url}/cgi-bin/get_api_domain_ip?access_token=${token}`)).json();
  expect(await call(old)).toMatchObject({ errcode });
  expect(await call(await c.token())).toMatchObject({ errcode: 0 });
});

test('a wrong secret is 40001, an unknown corp 40013; the second attempt is a violation', async () => {
  const { sim } = await client();
  const ask = async (corp: string, secret: string) =>
    (await fetch(`${sim.url}/cgi-bin/gettoken?corpid=${corp}&corpsecret=${secret}`)).json();
  expect(await ask(sim.corpId, 'wrong')).toMatchObject({ errcode: 40001 });
  expect(await ask('ww0', sim.secret)).toMatchObject({ errcode: 40013 });
  expect(sim.violations).toEqual([]);
  await ask(sim.corpId, 'wrong');
  expect(sim.violations).toEqual(['gettoken with a wrong secret for the 2. time']);
  expect(sim.access.wrongAttempts).toBe(3);
});

test('an untrusted address is 60020, a product without permission 48002 or 301055', async () => {
  const c = await client();
  c.sim.access.trustedIp = false;
  expect(await c.get('department/list')).toMatchObject({ errcode: 60020 });
  c.sim.access.trustedIp = true;
  c.sim.access.revoke('customer');
  c.sim.access.revoke('approval');
  expect(await c.get('externalcontact/get_follow_user_list')).toMatchObject({ errcode: 48002 });
  expect(await c.post('oa/getapprovaldetail', { sp_no: '1' })).toMatchObject({ errcode: 301055 });
  c.sim.access.grant('customer');
  expect(await c.get('externalcontact/get_follow_user_list')).toMatchObject({ errcode: 0 });
});

test('the contact-sync secret reads the skeleton only', async () => {
  const c = await client();
  const token = await c.token(c.sim.secrets.contactSync);
  const get = async (path: string) =>
    (await fetch(`${c.sim.url}/cgi-bin/${path}?access_token=${token}`)).json();
  for (const path of ['department/list', 'user/list', 'user/simplelist', 'user/get']) {
    expect(await get(path)).toMatchObject({ errcode: 48009 });
  }
  expect(await get('department/simplelist')).toMatchObject({ errcode: 0 });
  expect(await c.post('user/list_id', { limit: 100 }, c.sim.secrets.contactSync)).toMatchObject({
    errcode: 0,
  });
  expect(await c.post('user/list_id', { limit: 100 })).toMatchObject({ errcode: 48002 });
});

test('GET on POST, POST on GET, a form body and a token in the body are refused and noted', async () => {
  const c = await client();
  const token = await c.token();
  const url = (path: string) => `${c.sim.url}/cgi-bin/${path}?access_token=${token}`;
  const json = async (path: string, init?: RequestInit) => (await fetch(url(path), init)).json();
  expect(await json('externalcontact/groupchat/list')).toMatchObject({ errcode: 40058, group_chat_list: [] });
  expect(await json('department/list', { method: 'POST', body: '{}' })).toMatchObject({ errcode: 40058 });
  const form = new URLSearchParams({ limit: '10' });
  expect(await json('externalcontact/groupchat/list', { method: 'POST', body: form })).toMatchObject({
    errcode: 40058,
  });
  const bare = `${c.sim.url}/cgi-bin/externalcontact/groupchat/list`;
  const body = JSON.stringify({ access_token: token, limit: 10 });
  expect(await (await fetch(bare, { method: 'POST', body })).json()).toMatchObject({ errcode: 41001 });
  expect(c.sim.violations.join('\n')).toMatch(
    /GET on a POST[\s\S]*POST on a GET[\s\S]*no JSON object[\s\S]*token in the body/,
  );
});

test('agent/list names the app of the token, agent/get its visible range', async () => {
  const c = await client();
  expect(await c.get('agent/list')).toMatchObject({ agentlist: [{ agentid: 1000005 }] });
  const partial = await c.get('agent/get', { agentid: 1000005 });
  expect(partial.allow_partys).toEqual({ partyid: [2, 3] });
  for (const member of c.sim.company.members) c.sim.company.show(member.userid);
  const whole = await c.get('agent/get', { agentid: 1000005 });
  expect(whole).toMatchObject({ allow_partys: { partyid: [1] } });
  expect(whole).not.toHaveProperty('allow_userinfos'); // absent when empty
  c.sim.access.visibleRange = { users: ['LiMing'], tags: [8] };
  const single = await c.get('agent/get', { agentid: 1000005 });
  expect(single).toMatchObject({
    allow_userinfos: { user: [{ userid: 'LiMing' }] },
    allow_tags: { tagid: [8] },
  });
  expect(single).not.toHaveProperty('allow_partys');
  expect(await c.get('agent/get', { agentid: 7 })).toMatchObject({ errcode: 301002 });
});

test('neither secrets nor tokens stand in the log of calls', async () => {
  const c = await client();
  const token = await c.token();
  await c.get('department/list');
  const text = JSON.stringify(c.sim.requests);
  expect(c.sim.requests.map(({ path }) => path)).toContain('department/list');
  expect(text).not.toContain(token);
  expect(text).not.toContain(c.sim.secret);
});

test('the clock of the simulator moves with nextDay', async () => {
  const c = await client();
  const before = c.sim.now().getTime();
  c.sim.nextDay();
  expect(c.sim.now().getTime() - before).toBe(DAY * 1000);
});
