import { expect, test } from 'vitest';
import { CERTIFICATE, HOST, startConnectProxy, startTls } from '../support/connect-proxy.ts';
import { type Setting, setting } from './cli-support.ts';

/** HTTPS through a proxy (WECOM_PROXY): the command as a process, a CONNECT proxy, TLS in front of the simulator. */

const PASSWORD = 'proxy-password-nobody-may-see';

async function behindTls(): Promise<Setting & { port: number }> {
  const here = await setting({ size: 'tiny' });
  return { ...here, port: await startTls(Number(new URL(here.simulator.url).port)) };
}

const environment = (proxy: string) => {
  const url = new URL(proxy);
  url.username = 'someone';
  url.password = PASSWORD;
  return {
    WECOM_API_BASE: `https://${HOST}`,
    WECOM_PROXY: url.href,
    NODE_EXTRA_CA_CERTS: CERTIFICATE,
    LOG_LEVEL: 'trace',
  };
};

test.each([
  'http',
  'https',
] as const)('every call goes through an %s proxy, which sees the host and nothing else', async (protocol) => {
  const { run, simulator, port } = await behindTls();
  const proxy = await startConnectProxy(port, { protocol, credentials: `someone:${PASSWORD}` });
  const checked = await run(['check'], environment(proxy.url));
  expect([checked.code, checked.stdout]).toEqual([0, expect.stringMatching(/✓ checkins +permitted/)]);
  const synced = await run(['sync', 'departments', '--json'], environment(proxy.url));
  expect([synced.code, JSON.parse(synced.stdout)]).toMatchObject([0, { status: 'succeeded' }]);

  expect(simulator.requests.map(({ path }) => path)).toEqual(
    expect.arrayContaining(['gettoken', 'agent/get', 'department/list', 'checkin/getcheckindata']),
  );
  expect(proxy.heads.length).toBeGreaterThan(1);
  for (const head of proxy.heads) expect(head).toMatch(new RegExp(`^CONNECT ${HOST}:443 `));
  // The same token for the same secret, as long as it lives.
  const token = simulator.access.issue(simulator.corpId, simulator.secret, () => undefined);
  const seen = proxy.heads.join('\n') + proxy.sent();
  expect(proxy.sent().length).toBeGreaterThan(1000);
  for (const hidden of [simulator.secret, token, 'corpsecret', 'access_token', 'department/list'])
    expect(seen).not.toContain(hidden);
  const said = [checked, synced].map(({ stdout, stderr }) => stdout + stderr).join('\n');
  const basic = Buffer.from(`someone:${PASSWORD}`).toString('base64');
  for (const hidden of [simulator.secret, token, PASSWORD, basic]) expect(said).not.toContain(hidden);
});

test('a proxy that refuses is named with what to set, without its password', async () => {
  const { run, simulator, port } = await behindTls();
  const proxy = await startConnectProxy(port, { credentials: 'someone:else' });
  const { code, stdout, stderr } = await run(['check'], environment(proxy.url));
  expect(code).toBe(3);
  expect(stdout).toMatch(/✗ WECOM_SECRET +gettoken gave no usable answer: .*407/);
  expect(stdout).toContain('WECOM_PROXY');
  for (const hidden of [PASSWORD, simulator.secret]) expect(stdout + stderr).not.toContain(hidden);
  expect(simulator.requests).toEqual([]);
});

test('a certificate that nobody vouches for is refused before a secret is sent', async () => {
  const { run, simulator, port } = await behindTls();
  const proxy = await startConnectProxy(port);
  const { code, stdout } = await run(['check'], { ...environment(proxy.url), NODE_EXTRA_CA_CERTS: '' });
  expect(code).toBe(3);
  expect(stdout).toMatch(/✗ WECOM_SECRET +gettoken gave no usable answer: .*self-signed certificate/);
  expect(stdout).toMatch(/→ .*NODE_EXTRA_CA_CERTS/);
  expect(simulator.requests).toEqual([]);
});
