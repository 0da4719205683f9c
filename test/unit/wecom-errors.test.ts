import { describe, expect, test } from 'vitest';
import { ERRCODES } from '../../src/wecom/errcodes.ts';
import { errcodeError, parseErrmsg } from '../../src/wecom/errors.ts';

/** Every code of customer-contact section 17 and directory-and-oa section 10 by its fate there. */
const REFERENCE = {
  retry: [-1, 6000, 45033, 301022, 301057, 301064],
  refresh: [40014, 42001, 42009],
  wait: [45009, 640019, 640035],
  restart: [50100],
  skip: [
    40003, 40031, 40050, 40066, 40068, 40096, 41070, 41071, 41074, 41075, 41093, 46003, 46004, 49008, 50002,
    60003, 60011, 60021, 60111, 60123, 60124, 84061, 84074, 84084, 86001, 86003, 90501, 90509, 90511, 90602,
    301021, 301026, 301084, 301085, 610004, 701008, 701099,
  ],
  fail: [
    40001, 40013, 40032, 40033, 40035, 40056, 40058, 40063, 40088, 40089, 40091, 40097, 40098, 40099, 40100,
    40126, 40128, 40129, 40130, 40131, 41001, 41002, 41004, 41009, 41011, 41017, 41035, 41056, 41057, 43003,
    43009, 45024, 45029, 48001, 48002, 48003, 48004, 48005, 48006, 48007, 48008, 48009, 50001, 50003, 60020,
    60031, 60251, 60252, 81011, 81017, 84052, 84057, 84062, 84070, 90470, 90472, 90477, 90500, 90502, 90503,
    90504, 90507, 90508, 92001, 95007, 95011, 95012, 95017, 301002, 301007, 301023, 301024, 301025, 301039,
    301042, 301055, 301056, 301062, 301063, 301073, 301080, 301083, 301089, 301097, 301099, 400020, 400028,
    400045, 600018, 600019, 600041, 610001, 610003, 610014, 610022, 845001, 845003, 2000002,
  ],
  any: [
    41059, 41060, 41061, 41062, 41063, 41067, 41079, 60030, 81013, 92000, 92002, 95000, 95004, 90457, 90460,
  ],
};

describe('ERRCODES', () => {
  test.each(Object.entries(REFERENCE))('holds every code of the references with fate %s', (fate, codes) => {
    const fates = codes.map((code) => [code, ERRCODES[code]?.fate]);
    expect(fates).toEqual(codes.map((code) => [code, fate === 'any' ? expect.any(String) : fate]));
  });

  test('gives every code a name, a Chinese text and a remedy in both languages', () => {
    for (const [code, { name, zh, remedy }] of Object.entries(ERRCODES)) {
      for (const text of [name, zh, remedy.en, remedy.zh]) expect(text, code).not.toBe('');
    }
  });

  test('tells missing permission from failure, and names what stops a credential', () => {
    const codes = Object.keys(ERRCODES).map(Number);
    const permission = codes.filter((code) => ERRCODES[code]?.permission);
    expect(permission).toEqual(
      expect.arrayContaining([48001, 48002, 48004, 48006, 48007, 48009, 301055, 301056, 301062]),
    );
    expect(permission).not.toEqual(expect.arrayContaining([60020]));
    expect(codes.filter((code) => ERRCODES[code]?.stopsSecret).sort((a, b) => a - b)).toEqual([
      40001, 40013, 40091, 41002, 41004, 50003, 60020, 301007, 2000002,
    ]);
  });
});

describe('parseErrmsg', () => {
  test('takes text, hint and egress IP apart', () => {
    const errmsg =
      'not allow to access from your ip, hint: [1704181732424270546159580], from ip: 203.0.113.24, more info at https://open.work.weixin.qq.com/devtool/query?e=60020';
    expect(parseErrmsg(errmsg)).toEqual({
      text: 'not allow to access from your ip',
      hint: '1704181732424270546159580',
      egressIp: '203.0.113.24',
    });
  });

  test('accepts IPv6, the underscored hint form, and a text without either', () => {
    expect(parseErrmsg('x, hint: [1704_2_af], from ip: 2001:db8::1, more info at y')).toEqual({
      text: 'x',
      hint: '1704_2_af',
      egressIp: '2001:db8::1',
    });
    expect(parseErrmsg('ok')).toEqual({ text: 'ok', hint: undefined, egressIp: undefined });
  });
});

describe('errcodeError', () => {
  test('an unknown code fails, and its message carries code and hint', () => {
    const error = errcodeError('externalcontact/list', 987654, 'odd, hint: [17042], from ip: 203.0.113.24');
    expect(error).toMatchObject({ code: 'WECOM_ERRCODE', fate: 'fail', errcode: 987654, hint: '17042' });
    expect(error.message).toContain('987654');
    expect(error.message).toContain('17042');
  });

  test('48002 sends the admin to the page of the product that was called', () => {
    expect(errcodeError('oa/getapprovalinfo', 48002, '').remedy.zh).toContain('审批');
    expect(errcodeError('checkin/getcheckindata', 48002, '').remedy.zh).toContain('打卡');
    expect(errcodeError('externalcontact/list', 48002, '').remedy.zh).toContain('客户联系');
  });
});
