import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WecomClient } from '../../src/wecom/index.ts';
import { SecretBook, WecomError } from '../../src/wecom/index.ts';
import {
  CORP_SECRET,
  clientOf,
  failure,
  type Handler,
  type Seen,
  startServer,
  type TestServer,
  VirtualClock,
} from './wecom-support.ts';

const LIST = 'externalcontact/list';
const request = (path = LIST) => ({ path, area: 'customer' as const, query: { userid: 'lin.yue' } });
const ok = { errcode: 0, errmsg: 'ok', external_userid: ['wm1'] };
const errcode = (code: number | string) => ({
  errcode: code,
  errmsg: `bad, hint: [1704181732424270546159580], from ip: 203.0.113.24, more info at x?e=${code}`,
  external_userid: [],
});

let clock: VirtualClock;
const open: (WecomClient | TestServer)[] = [];

beforeEach(() => {
  clock = new VirtualClock();
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(handlers: Record<string, Handler>): Promise<TestServer> {
  const server = await startServer(clock, handlers);
  open.push(server);
  return server;
}

function connect(server: TestServer, options: Parameters<typeof clientOf>[2] = {}): WecomClient {
  const client = clientOf(server, clock, options);
  open.push(client);
  return client;
}

/** A client whose one path answers with each of `replies` in turn, the last one for ever. */
async function answering(...replies: ReturnType<Handler>[]) {
  const server = await serve({ [LIST]: (_seen, nth) => replies[Math.min(nth, replies.length) - 1] ?? ok });
  return { server, client: connect(server) };
}

describe('a call', () => {
  test('sends the token and the query in the URL of a GET', async () => {
    const { server, client } = await answering(ok);
    expect(await client.call(request())).toEqual(ok);
    expect(server.of(LIST)).toMatchObject([
      { method: 'GET', query: { access_token: 'token-1', userid: 'lin.yue' }, body: undefined },
    ]);
    expect(server.of('gettoken')).toMatchObject([{ query: { corpid: 'ww-test', corpsecret: CORP_SECRET } }]);
  });

  test('POSTs a body as JSON, with the token in the URL only', async () => {
    const { server, client } = await answering(ok);
    await client.call({ path: LIST, area: 'customer', body: { limit: 100, name: '青柠🍋' } });
    expect(server.of(LIST)).toMatchObject([
      { method: 'POST', query: { access_token: 'token-1' }, body: { limit: 100, name: '青柠🍋' } },
    ]);
  });

  test('keeps a path prefix of the base URL', async () => {
    const { server } = await answering(ok);
    const client = connect(server, { baseUrl: `${server.url}/wecom/` });
    expect(await client.call(request())).toEqual(ok);
  });

  test('goes through the proxy', async () => {
    const proxy = await serve({
      gettoken: () => ({ access_token: 'by-proxy', expires_in: 7200 }),
      [LIST]: () => ok,
    });
    const client = connect(proxy, { baseUrl: 'http://wecom.invalid', proxy: proxy.url });
    expect(await client.call(request())).toEqual(ok);
    expect(proxy.of(LIST)).toMatchObject([{ query: { access_token: 'by-proxy' } }]);
  });

  test('cleans text and counts it, and keeps long integers', async () => {
    const { client } = await answering({ raw: '{"errcode":0,"name":"a\\u0000b","id":6907340000000000001}' });
    expect(JSON.stringify(await client.call(request()))).toBe(
      '{"errcode":0,"name":"ab","id":6907340000000000001}',
    );
    expect(client.stats()[LIST]).toMatchObject({ calls: 1, cleaned: 1 });
  });

  test.each<[string, ReturnType<Handler>]>([
    ['in flight', 'hang'],
    ['in a back-off', errcode(-1)],
  ])('ends %s with the reason of its signal, which is no failure of the call', async (_name, reply) => {
    const server = await serve({ [LIST]: () => reply });
    const failures: unknown[] = [];
    const client = connect(server, { onCall: ({ error }) => error && failures.push(error.errcode) });
    // The clock stands still, so that the back-off can only end by the signal.
    clock.busy = () => true;
    const controller = new AbortController();
    const onAttempt = () => void setTimeout(() => controller.abort(new Error('stop')), 50);
    const stopped = failure(client.call({ ...request(), signal: controller.signal, onAttempt }));
    expect(await stopped).toMatchObject({ message: 'stop' });
    expect(failures).toEqual(reply === 'hang' ? [] : [-1]);
  });

  test('is counted and reported per HTTP request', async () => {
    const server = await serve({ [LIST]: (_seen, nth) => (nth === 1 ? errcode(-1) : ok) });
    const records: unknown[] = [];
    const client = connect(server, { onCall: ({ path, error }) => records.push([path, error?.errcode]) });
    let attempts = 0;
    await client.call({
      ...request(),
      onAttempt: () => {
        attempts += 1;
      },
    });
    expect(attempts).toBe(2);
    expect(records).toEqual([
      ['gettoken', undefined],
      [LIST, -1],
      [LIST, undefined],
    ]);
    expect(client.stats()[LIST]).toMatchObject({ calls: 2, retried: 1 });
  });
});

describe('fate retry', () => {
  test.each<[string, ReturnType<Handler>]>([
    ['-1', errcode(-1)],
    ['6000', errcode(6000)],
    ['301022', errcode(301022)],
    ['301057', errcode(301057)],
    ['45033', errcode(45033)],
    ['-1 as text', errcode('-1')],
    ['HTTP 502 with HTML', { raw: '<html>Bad Gateway</html>', status: 502 }],
    ['HTTP 200 with HTML', { raw: '<html>login</html>' }],
    ['HTTP 500 with JSON', { raw: '{}', status: 500 }],
    ['an empty body', { raw: '' }],
    ['truncated JSON', { raw: '{"errcode":0,"external_userid":["wm' }],
    ['a reset', 'reset'],
    ['an answer without its list', { errcode: 0, errmsg: 'ok' }],
  ])('%s is repeated until it succeeds', async (_name, reply) => {
    const { server, client } = await answering(reply, reply, reply, ok);
    expect(await client.call({ ...request(), list: 'external_userid' })).toEqual(ok);
    expect(server.of(LIST).length).toBe(4);
  });

  test('three tries more, with pauses of about 1, 2 and 4 s', async () => {
    const { server, client } = await answering(errcode(-1));
    expect(await failure(client.call(request()))).toMatchObject({ errcode: -1, fate: 'retry' });
    const at = server.of(LIST).map((seen) => seen.at);
    const pauses = at.slice(1).map((time, i) => (time - (at[i] ?? 0)) / 1000);
    expect(pauses.length).toBe(3);
    pauses.forEach((pause, i) => {
      expect(pause).toBeGreaterThanOrEqual(0.75 * 2 ** i);
      expect(pause).toBeLessThanOrEqual(1.25 * 2 ** i);
    });
  });

  test('a call without an answer ends at its timeout', async () => {
    const server = await serve({ [LIST]: (_seen, nth) => (nth === 1 ? 'hang' : ok) });
    const client = connect(server, { timeoutMs: 100 });
    expect(await client.call(request())).toEqual(ok);
    expect(server.of(LIST).length).toBe(2);
  });

  test('a missing list is malformed in the end; null, "", [] and a cursor explain it', async () => {
    const { client } = await answering({ errcode: 0, next_cursor: '' });
    expect(await failure(client.call({ ...request(), list: 'info' }))).toMatchObject({
      code: 'WECOM_MALFORMED',
    });
    for (const answer of [
      { info: null },
      { info: '' },
      { info: [] },
      { next_cursor: 'c' },
      { new_next_cursor: 'c' },
    ]) {
      const good = await answering(answer);
      expect(await good.client.call({ ...request(), list: 'info' })).toEqual(answer);
      expect(good.server.of(LIST).length).toBe(1);
    }
  });
});

describe('the other fates', () => {
  test.each([
    [60111, 'skip'],
    [84061, 'skip'],
    [50100, 'restart'],
    [40058, 'fail'],
    [48002, 'fail'],
    [987654, 'fail'],
  ])('%i is thrown at once as %s', async (code, fate) => {
    const { server, client } = await answering(errcode(code));
    expect(await failure(client.call(request()))).toMatchObject({
      code: 'WECOM_ERRCODE',
      errcode: code,
      fate,
      endpoint: LIST,
      hint: '1704181732424270546159580',
      egressIp: '203.0.113.24',
      permission: code === 48002,
    });
    expect(server.of(LIST).length).toBe(1);
  });

  test('45009 blocks its path for a minute while others go on, then repeats the call', async () => {
    const server = await serve({
      [LIST]: (_seen, nth) => (nth === 1 ? errcode(45009) : ok),
      'externalcontact/get': () => ok,
    });
    const client = connect(server);
    const begin = clock.now();
    const blocked = client.call(request());
    while (client.stats()[LIST]?.blocked45009 !== 1) await new Promise((resolve) => setImmediate(resolve));
    clock.busy = () => true;
    const behind = client.call(request());
    await client.call(request('externalcontact/get'));
    expect(server.of(LIST).length).toBe(1);
    expect(server.of('externalcontact/get')[0]?.at).toBe(begin);
    clock.busy = () => false;
    await Promise.all([blocked, behind]);
    for (const seen of server.of(LIST).slice(1)) expect(seen.at).toBeGreaterThanOrEqual(begin + 60_000);
  });

  test('45009 is final at once for who does not wait it out, without a further call on the path', async () => {
    const server = await serve({ [LIST]: () => errcode(45009), 'externalcontact/other': () => ok });
    const client = connect(server, { waitsOutBlocks: false });
    const begin = clock.now();
    for (let call = 0; call < 2; call++)
      expect(await failure(client.call(request()))).toMatchObject({ errcode: 45009, endpoint: LIST });
    expect(await client.call(request('externalcontact/other'))).toEqual(ok);
    expect(server.of(LIST)).toHaveLength(1);
    expect(clock.now()).toBe(begin);
  });

  test('45009 after three blocks is final', async () => {
    const { server, client } = await answering(errcode(45009));
    const begin = clock.now();
    expect(await failure(client.call(request()))).toMatchObject({ errcode: 45009, fate: 'wait' });
    expect(server.of(LIST).map(({ at }) => Math.floor((at - begin) / 60_000))).toEqual([0, 1, 2, 3]);
  });

  test('45033 halves the cap of its path', async () => {
    const server = await serve({ [LIST]: (_seen, nth) => (nth <= 4 ? errcode(45033) : ok) });
    const client = connect(server);
    await Promise.all(Array.from({ length: 30 }, () => client.call(request())));
    expect(client.stats()[LIST]).toMatchObject({ throttled45033: 4, cap: 2, calls: 34 });
  });

  test('never more calls in flight than the cap', async () => {
    const server = await serve({ [LIST]: () => new Promise((resolve) => setTimeout(() => resolve(ok), 5)) });
    const client = connect(server, { maxInFlight: 3 });
    await Promise.all(Array.from({ length: 40 }, () => client.call(request())));
    expect(server.peak[LIST]).toBe(3);
  });
});

describe('tokens', () => {
  test('50 concurrent calls fetch one token, and at its expiry one more', async () => {
    const refused = ({ query }: Seen) => (query.access_token === 'token-1' && expired ? errcode(42001) : ok);
    let expired = false;
    const server = await serve({ [LIST]: refused });
    const client = connect(server, { maxInFlight: 50 });
    const round = () => Promise.all(Array.from({ length: 50 }, () => client.call(request())));
    await round();
    expect(server.of('gettoken').length).toBe(1);
    expired = true;
    await round();
    expect(server.of('gettoken').length).toBe(2);
    expect(server.of(LIST).length).toBe(150);
  });

  test('is renewed at 90 % of its life, before anybody refuses it', async () => {
    const { server, client } = await answering(ok);
    await client.call(request());
    clock.advance(0.89 * 7200_000);
    await client.call(request());
    expect(server.of('gettoken').length).toBe(1);
    clock.advance(0.02 * 7200_000);
    await client.call(request());
    expect(server.of(LIST).map(({ query }) => query.access_token)).toEqual(['token-1', 'token-1', 'token-2']);
  });

  test('a token refused twice is final after one refresh', async () => {
    const { server, client } = await answering(errcode(40014));
    expect(await failure(client.call(request()))).toMatchObject({ errcode: 40014, fate: 'refresh' });
    expect(server.of(LIST).map(({ query }) => query.access_token)).toEqual(['token-1', 'token-2']);
  });

  test.each([40001, 40013, 40091, 301007])('a secret refused with %i is tried exactly once', async (code) => {
    const server = await serve({ gettoken: () => errcode(code), [LIST]: () => ok });
    const client = connect(server);
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(client.call(request()))));
    errors.push(await failure(client.call(request('externalcontact/get'))));
    for (const error of errors)
      expect(error).toMatchObject({ errcode: code, endpoint: 'gettoken', stopsSecret: true });
    expect(server.seen.length).toBe(1);
  });

  test('60020 stops its secret for all paths, but not another secret', async () => {
    const server = await serve({
      gettoken: ({ query }) => ({ access_token: `token-of-${query.corpsecret}`, expires_in: '7200' }),
      [LIST]: ({ query }) => (query.access_token === 'token-of-customer-secret' ? errcode(60020) : ok),
    });
    const client = connect(server, {
      secrets: new SecretBook({ app: 'app-secret', customer: 'customer-secret' }),
    });
    expect(await failure(client.call(request()))).toMatchObject({ errcode: 60020, egressIp: '203.0.113.24' });
    expect(await failure(client.call(request('externalcontact/get')))).toMatchObject({ errcode: 60020 });
    expect(await client.call({ ...request(), area: 'approval' })).toEqual(ok);
    expect(server.of(LIST).length).toBe(2);
    expect(server.of('externalcontact/get').length).toBe(0);
    // It did not even wait for its turn.
    expect(client.stats()).not.toHaveProperty('externalcontact/get');
  });

  test('areas with the same secret share one token', async () => {
    const { server, client } = await answering(ok);
    await client.call({ ...request(), area: 'approval' });
    await client.call({ ...request(), area: 'checkin' });
    expect(server.of('gettoken').length).toBe(1);
  });

  test('gettoken is repeated after -1, but its failure is not repeated once more by the call', async () => {
    const server = await serve({
      gettoken: (_seen, nth) => (nth <= 4 ? errcode(-1) : { access_token: 't-late' }),
    });
    const client = connect(server);
    expect(await failure(client.call(request()))).toMatchObject({ errcode: -1, endpoint: 'gettoken' });
    expect(server.of('gettoken').length).toBe(4);
  });
});

describe('secrets', () => {
  test('neither secret nor token is in any error or log line, even when the server repeats them', async () => {
    const echo: Handler = ({ query }, nth) => {
      const token = String(query.access_token ?? query.corpsecret);
      const echoes = [
        { errcode: 40058, errmsg: `token ${token} and ${encodeURIComponent(token)}` },
        { raw: `<html>${token}</html>`, status: 502 },
        'reset' as const,
        'hang' as const,
        { errcode: 45009, errmsg: token },
        { errcode: 60020, errmsg: token },
      ];
      return echoes[nth % echoes.length] ?? ok;
    };
    const token = 'Fk3xV9q-mW7bTz0a/Lr2+Yh5=';
    const server = await serve({ [LIST]: echo, gettoken: () => ({ access_token: token }) });
    const badToken = await serve({ gettoken: echo });
    const lines: string[] = [];
    const log = (fields: object, message: string) => lines.push(inspect(fields, { depth: 9 }), message);
    const logger = { debug: log, warn: log };
    const errors: unknown[] = [];
    for (const [target, area] of [
      [server, 'customer'],
      [server, 'approval'],
      [badToken, 'customer'],
    ] as const) {
      const client = connect(target, { logger, timeoutMs: 50 });
      for (let i = 0; i < 8; i += 1) errors.push(await failure(client.call({ ...request(), area })));
    }
    const unreachable = connect(server, { logger, baseUrl: 'http://127.0.0.1:1' });
    errors.push(await failure(unreachable.call(request())));

    expect(errors.every((error) => error instanceof WecomError)).toBe(true);
    const printed = [...lines, ...errors.map((error) => inspect(error, { depth: 9, showHidden: true }))].join(
      '\n',
    );
    expect(printed).toContain('«redacted»');
    for (const text of [CORP_SECRET, token]) {
      expect(printed).not.toContain(text);
      expect(printed).not.toContain(encodeURIComponent(text));
    }
    expect(printed).not.toContain(new URLSearchParams({ s: CORP_SECRET }).toString().slice(2));
  });
});

describe('quotas', () => {
  test('hold over a restart: the saved state spaces the first calls of the next run', async () => {
    const server = await serve({ [LIST]: () => ok });
    let saved = {};
    const quotaStore = {
      load: async () => saved,
      save: async (states: object) => {
        saved = states;
      },
    };
    const quotas = { [LIST]: [{ limit: 100, perMs: 60_000 }] };
    const begin = clock.now();
    const { busy } = clock;
    clock.busy = () => true;
    const first = clientOf(server, clock, { quotas, quotaStore });
    for (let i = 0; i < 5; i += 1) await first.call(request());
    await first.close();
    clock.busy = busy;
    await connect(server, { quotas, quotaStore }).call(request());
    expect((server.of(LIST)[5]?.at ?? 0) - begin).toBeGreaterThanOrEqual(666);
  });

  test('are saved about each second while they change', async () => {
    const server = await serve({ [LIST]: () => ok });
    const saves: number[] = [];
    const quotaStore = { load: async () => ({}), save: async () => void saves.push(clock.now()) };
    const client = connect(server, { quotas: { '*': [{ limit: 60, perMs: 60_000 }] }, quotaStore });
    const begin = clock.now();
    for (let i = 0; i < 8; i += 1) await client.call(request());
    const seconds = (clock.now() - begin) / 1000;
    expect(saves.length).toBeGreaterThanOrEqual(Math.floor(seconds) - 1);
    expect(saves.length).toBeLessThanOrEqual(Math.ceil(seconds));
  });

  test('after an unclean stop the burst is used up', async () => {
    const server = await serve({ [LIST]: () => ok });
    const client = connect(server, { quotas: { [LIST]: [{ limit: 100, perMs: 60_000 }] }, cold: true });
    const begin = clock.now();
    for (let i = 0; i < 3; i += 1) await client.call(request());
    // 1 / 0.9 of 600 ms apart, the first one included; some milliseconds more for the spacing of gettoken.
    server.of(LIST).forEach(({ at }, i) => {
      expect((at - begin) / 666.67).toBeGreaterThan(i + 0.99);
      expect((at - begin) / 666.67).toBeLessThan(i + 1.1);
    });
  });

  test('a store that cannot be read fails the calls; one that cannot be written is only logged', async () => {
    const server = await serve({ [LIST]: () => ok });
    const broken = async () => {
      throw new Error('no database');
    };
    const unread = connect(server, { quotaStore: { load: broken, save: async () => undefined } });
    expect(await failure(unread.call(request()))).toMatchObject({ message: 'no database' });
    const lines: string[] = [];
    const logger = {
      debug: () => undefined,
      warn: (_fields: object, message: string) => void lines.push(message),
    };
    const unsaved = clientOf(server, clock, { quotaStore: { load: async () => ({}), save: broken }, logger });
    await unsaved.call(request());
    await unsaved.close();
    expect(lines).toContain('the quota states could not be saved');
  });
});
