import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { redact, Secret, SecretBook } from '../../src/wecom/secrets.ts';
import { failure } from './wecom-support.ts';

const TEXT = 'a/b+c d=é"q';

describe('Secret', () => {
  test('cannot be printed by accident', () => {
    const secret = new Secret(TEXT);
    const printed = [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 9 }),
      String(secret),
    ];
    for (const text of printed) expect(text).not.toContain('a/b');
    expect(secret.reveal()).toBe(TEXT);
  });
});

describe('redact', () => {
  test('removes a known secret raw, URL-encoded in either form and case, and inside JSON', () => {
    new Secret(TEXT);
    const encoded = encodeURIComponent(TEXT);
    const spellings = [
      TEXT,
      encoded,
      encoded.toLowerCase(),
      new URLSearchParams({ s: TEXT }).toString().slice(2),
    ];
    for (const spelling of [...spellings, JSON.stringify(TEXT)]) {
      const bare = redact(`x ${spelling} y`);
      expect(bare).toContain('«redacted»');
      expect(bare).not.toMatch(/a(\/|%2f)b/i);
    }
  });

  test('leaves no tail of a secret that begins with another one', () => {
    new Secret('prefix-one');
    new Secret('prefix-one-and-more');
    expect(redact('[prefix-one-and-more]')).toBe('[«redacted»]');
  });

  test('removes the value of token parameters that nobody has registered', () => {
    expect(redact('GET /cgi-bin/x?access_token=unknown-1&id=5 corpsecret=unknown-2')).toBe(
      'GET /cgi-bin/x?access_token=«redacted»&id=5 corpsecret=«redacted»',
    );
  });
});

describe('SecretBook', () => {
  test("resolves an area's own secret before the app's", () => {
    const book = new SecretBook({ app: 'app-secret', approval: 'approval-secret', checkin: '' });
    expect(book.resolve('approval')).toMatchObject({ area: 'approval' });
    expect(book.resolve('approval').secret.reveal()).toBe('approval-secret');
    expect(book.resolve('checkin')).toMatchObject({ area: 'app' });
    expect(book.areas()).toEqual(['app', 'approval']);
  });

  test('reads the directory with contact sync, else customer contact, when there is no app', () => {
    expect(new SecretBook({ customer: 'cccc', contact_sync: 'ssss' }).resolve('app').area).toBe(
      'contact_sync',
    );
    expect(new SecretBook({ customer: 'cccc' }).resolve('app').area).toBe('customer');
  });

  test('an area without any secret is not permitted, and the message names the variables', async () => {
    const book = new SecretBook({ customer: 'cccc' });
    const error = await failure((async () => book.resolve('meeting_room'))());
    expect(error).toMatchObject({ code: 'WECOM_NO_SECRET', permission: true });
    expect(String(error)).toContain('WECOM_SECRET_MEETING_ROOM or WECOM_SECRET');
  });
});
