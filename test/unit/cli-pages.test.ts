import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { exitCodeOf, explain } from '../../src/cli/explain.ts';
import { metricsText } from '../../src/server/metrics.ts';
import { statusPage } from '../../src/server/page.ts';
import type { StreamState } from '../../src/status.ts';
import { Secret } from '../../src/wecom/secrets.ts';

const states = catalogue.slice(0, 1).map(
  (stream): StreamState => ({
    stream,
    corpId: `ww<script>"\\`,
    runs: null,
    rows: 1234,
    coverage: null,
    holds: [],
    rejects: [],
  }),
);

describe('pages of serve', () => {
  test('the status page escapes what it did not write itself', () => {
    const page = statusPage({
      now: 0,
      version: '1',
      place: '<b>"here"</b>',
      running: null,
      next: [{ name: `<i>'x'</i>`, at: null }],
      streams: states,
    });
    expect(page).not.toMatch(/<script|<b>|<i>/);
    expect(page).toContain('ww&#60;script&#62;&#34;');
    expect(page).toContain('1,234');
  });

  test('metrics escape their labels, and leave out what is not known', () => {
    const text = metricsText(states, true);
    expect(text).toContain(
      `wecom_warehouse_rows{corp_id="ww<script>\\"\\\\",stream="${catalogue[0]?.name}"} 1234\n`,
    );
    expect(text).not.toMatch(/last_success_timestamp_seconds\{/);
    expect(text).toContain('wecom_warehouse_running 1\n');
  });
});

describe('explain', () => {
  test.each([
    ['USAGE', 2],
    ['CONFIG', 2],
    ['TRANSFER', 2],
    ['LOCKED', 4],
    ['SCHEMA_OLDER', 5],
    ['DATABASE_UNUSABLE', 5],
    ['57P01', 5],
    ['ECONNREFUSED', 5],
    ['42501', 5],
    ['42601', 1],
  ])('%s ends with exit code %i', (code, exit) => {
    expect(exitCodeOf(Object.assign(new Error('x'), { code }))).toBe(exit);
  });

  test('no secret leaves in a message or a stack', () => {
    new Secret('very-secret-text');
    expect(explain(new Error('gettoken?corpsecret=very-secret-text failed'))).not.toContain('very-secret');
  });
});
