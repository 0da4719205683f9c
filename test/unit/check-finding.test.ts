import { describe, expect, test } from 'vitest';
import { acceptance, notShown, refusal } from '../../src/cli/check/finding.ts';
import { errcodeError, transportError } from '../../src/wecom/errors.ts';
import type { App } from '../../src/wecom/index.ts';

const app = (more: Partial<App> = {}): App => {
  const range = { departments: [1], users: 0, tags: 0 };
  return { agentId: 1_000_005, name: '数据同步', product: null, range, ...more };
};
const nothing = { departments: [], users: 0, tags: 0 };
const error = (path: string, errcode: number) =>
  errcodeError(path, errcode, 'no, hint: [1704], from ip: 203.0.113.24, more info at https://x');

describe('acceptance of a secret', () => {
  test('the root department, or less than it', () => {
    expect(acceptance(app())).toEqual({
      mark: '✓',
      text: 'accepted: app 数据同步 (agentid 1000005), sees the whole company',
    });
    const departments = [2, 3, 11, 12, 13, 101];
    const part = acceptance(app({ range: { departments, users: 2, tags: 1 } }));
    expect(part.mark).toBe('!');
    expect(part.text).toContain(
      '6 departments (2, 3, 11, 12, 13, …), not the root, 2 members by name, 1 tags',
    );
    expect(part.advice?.join()).toMatch(/let an admin.*数据同步 → 可见范围.*请管理员.*勾选根部门/s);
    expect(acceptance(app({ range: nothing }))).toMatchObject({ mark: '!', text: /nobody$/ });
  });

  test('system apps by their product; what WeCom does not tell is no fault', () => {
    expect(acceptance(app({ product: '打卡', range: nothing }))).toEqual({
      mark: '✓',
      text: 'accepted: system app 打卡 (agentid 1000005)',
    });
    expect(acceptance(app({ range: null })).mark).toBe('✓');
    expect(acceptance(null).mark).toBe('✓');
  });
});

describe('refusal', () => {
  const checkin = app({ product: '打卡' });
  test.each([
    [
      '60020: the address',
      error('department/list', 60020),
      null,
      /trusted IPs.*saw 203\.0\.113\.24;/,
      /企业可信IP/,
    ],
    ['48002: the product', error('checkin/getcheckindata', 48002), app(), /^forbidden: /, /打卡 → API/],
    [
      '48002 of a system app',
      error('checkin/getcheckindata', 48002),
      checkin,
      /system app 打卡/,
      /创建应用.*打卡 → API/,
    ],
    [
      '301055 of a system app',
      error('oa/getapprovalinfo', 301055),
      checkin,
      /system app 打卡/,
      /创建应用.*审批 → API/,
    ],
    ['a system app switched off', error('oa/getapprovalinfo', 301056), checkin, /^forbidden: /, /启用审批/],
    ['48009: contact sync', error('user/list', 48009), null, /retired secret of 通讯录同步/, /自建应用/],
    ['40001: the secret', error('gettoken', 40001), null, /errcode 40001/, /核对企业ID/],
    ['no network', transportError('gettoken', 'ECONNREFUSED'), null, /ECONNREFUSED/, /WECOM_PROXY/],
    ['what passes', error('user/list', -1), app(), /^failed: /, /自行恢复/],
  ] as const)('%s', (_title, cause, whose, text, advice) => {
    const finding = refusal(cause, whose);
    expect(finding.mark).toBe('✗');
    expect(finding.text).toMatch(text);
    expect(finding.advice).toHaveLength(2);
    expect(finding.advice?.join(' ')).toMatch(advice);
  });
});

describe('an object that is not shown', () => {
  test.each([
    ['no relation proves the permission', 84061, 'follow user', undefined],
    ['one member is to be looked at', 60111, 'member', '!'],
    ['no right to it at all', 60011, 'department', '✗'],
    ['a list without an object', 60111, undefined, '✗'],
  ] as const)('%s: %i', (_title, errcode, asked, mark) => {
    expect(notShown(error('x', errcode), asked)?.mark).toBe(mark);
  });
});
