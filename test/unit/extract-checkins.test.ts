import { afterEach, describe, expect, it } from 'vitest';
import { checkinRows, punchHash } from '../../extractors/checkin_rows.ts';
import { checkinsStream } from '../../extractors/checkins.ts';
import { addDays, daySet, startOfDay } from '../../src/days.ts';
import { RecordRejected, type StoredRow } from '../../src/engine/stream.ts';
import type { TrapChoice } from '../../src/simulator/index.ts';
import { type JsonObject, parseAnswer } from '../../src/wecom/json.ts';
import { Bench, names, only, TODAY } from './extract-oa-support.ts';

const PUNCHES = 'checkin/getcheckindata';
const YESTERDAY = addDays(TODAY, -1);
const punch: JsonObject = {
  userid: 'wang.fang ',
  groupname: '门店早晚班',
  checkin_type: '上班打卡',
  exception_type: '',
  checkin_time: 1762131532,
  location_title: '人民广场店',
  location_detail: '上海市黄浦区西藏中路268号',
  wifiname: 'XH-Store',
  notes: '',
  wifimac: '3c:46:d8:0c:7a:70',
  mediaids: ['M1 '],
  lat: 31230416,
  lng: 121473701,
  deviceid: 'E5FA89F6',
  sch_checkin_time: 1762131600,
  groupid: 69,
  schedule_id: 229,
  timeline_id: 1,
};
const row = (more: JsonObject) => only(checkinRows({ ...punch, ...more }, names), 'checkins');

describe('a punch as a row', () => {
  it('has every field of the reference in a column', () => {
    expect(row({})).toEqual({
      userid: 'wang.fang',
      checkin_date: '2025-11-03',
      punch_hash: punchHash(punch).toString(),
      checkin_type: '上班打卡',
      checkin_at: '2025-11-03T00:58:52.000Z',
      sch_checkin_at: '2025-11-03T01:00:00.000Z',
      exception_type: null,
      group_id: '69',
      group_name: '门店早晚班',
      schedule_id: '229',
      timeline_id: '1',
      location_title: '人民广场店',
      location_detail: '上海市黄浦区西藏中路268号',
      latitude: '31.230416',
      longitude: '121.473701',
      wifi_name: 'XH-Store',
      wifi_mac: '3c:46:d8:0c:7a:70',
      notes: null,
      media_ids: ['M1'],
      device_id: 'E5FA89F6',
      extra: null,
    });
  });

  it.each<[JsonObject, object]>([
    [{ checkin_time: '1762185599' }, { checkin_date: '2025-11-03' }],
    [{ checkin_time: 1762185600 }, { checkin_date: '2025-11-04' }],
    [{ sch_checkin_time: 0 }, { sch_checkin_at: null, extra: null }],
    [{ sch_checkin_time: 'xxxx' }, { sch_checkin_at: null, extra: '{"sch_checkin_time":"xxxx"}' }],
    [{ exception_type: '时间异常；wifi异常' }, { exception_type: '时间异常；wifi异常' }],
    [
      { lat: 0, lng: 0 },
      { latitude: null, longitude: null, extra: null },
    ],
    [
      { lat: '', lng: null },
      { latitude: null, longitude: null },
    ],
    [
      { lat: '31230400', lng: -5 },
      { latitude: '31.230400', longitude: '-0.000005' },
    ],
    [
      { lat: 0, lng: 121473701 },
      { latitude: '0.000000', longitude: '121.473701' },
    ],
    [{ lat: '31.230416' }, { latitude: null, extra: '{"lat":"31.230416"}' }],
    [
      { groupid: 0, mediaids: null, deviceid: '' },
      { group_id: '0', media_ids: [], device_id: null },
    ],
    [{ unknown: { a: [1] } }, { extra: '{"unknown":{"a":[1]}}' }],
  ])('%j', (more, expected) => {
    expect(row(more)).toMatchObject(expected);
  });

  it.each(['xxxx', 0, '', null, {}, 1762131532000])('is rejected when its time is %j', (checkin_time) => {
    expect(() => checkinRows({ ...punch, checkin_time }, names)).toThrow(RecordRejected);
  });

  it('keeps every digit of long ids', () => {
    const { answer } = parseAnswer('{"userid":"a","checkin_time":1762131532,"groupid":7567890123456789013}');
    expect(only(checkinRows(answer, names), 'checkins').group_id).toBe('7567890123456789013');
  });
});

describe('punchHash', () => {
  it('is what another implementation of the docstring gives, for ever', () => {
    expect(punchHash(punch)).toBe(1581118558451891865n);
    expect(punchHash({})).toBe(-1543609262341855186n);
  });

  it.each([
    'checkin_type',
    'checkin_time',
    'sch_checkin_time',
    'groupid',
    'schedule_id',
    'timeline_id',
  ])('depends on %s and does not tell its nothings apart', (key) => {
    const hashes = [0, '0', '', null, []].map((value) => punchHash({ ...punch, [key]: value }));
    const { [key]: _absent, ...rest } = punch;
    expect(new Set([...hashes, punchHash(rest)]).size).toBe(1);
    expect(punchHash(rest)).not.toBe(punchHash(punch));
    expect(punchHash({ ...punch, [key]: `${String(punch[key])} ` })).toBe(punchHash(punch));
  });

  it('does not depend on what may be corrected or measured anew', () => {
    expect(punchHash({ ...punch, exception_type: '时间异常', notes: 'x', lat: 1, groupname: 'y' })).toBe(
      punchHash(punch),
    );
  });
});

let bench: Bench | undefined;
const open = async (traps?: TrapChoice) => {
  bench = await Bench.open(checkinsStream, traps);
  return bench;
};
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
const staff = (b: Bench) =>
  b.simulator.company.members
    .filter((member) => member.visible && member.resignedAt === undefined)
    .map((member) => member.userid);
const employees = (userids: readonly string[]): StoredRow[] => userids.map((userid) => ({ userid }));
const MONTH = daySet(addDays(YESTERDAY, -29), YESTERDAY);

describe.each<TrapChoice>(['none', 'all'])('reading, traps: %s', (traps) => {
  it("gives each member's punches of the asked days, and proves those days", async () => {
    const b = await open(traps);
    const userids = staff(b);
    const directory = new Map(userids.map((userid) => [userid.toLowerCase(), userid]));
    const spelling = (userid: string) => directory.get(userid.toLowerCase()) ?? userid;
    const needed = daySet(addDays(YESTERDAY, -39), YESTERDAY);
    const outcome = await b.run(checkinsStream, {
      needed,
      stored: { employees: employees(userids) },
      spelling,
    });
    const rows = outcome.records.flatMap((record) => checkinRows(record, { spelling }).checkins ?? []);
    const keys = new Set(rows.map((one) => `${one.userid} ${one.checkin_date} ${one.punch_hash}`));
    const [first = 0, last = 0] = [addDays(YESTERDAY, -39), YESTERDAY].map(
      (day) => startOfDay(day) / 86_400 + 1 / 3,
    );
    const expected = b.simulator.company.members
      .filter((member) => directory.has(member.userid.toLowerCase()))
      .flatMap((member) =>
        Array.from({ length: last - first + 1 }, (_, i) =>
          b.simulator.company.punches(member, first + i),
        ).flat(),
      );
    expect(expected.length).toBeGreaterThan(100);
    expect(keys.size).toBe(expected.length);
    expect(rows.every((one) => directory.get(String(one.userid).toLowerCase()) === one.userid)).toBe(true);
    const proved = outcome.steps.filter((step) => step.type === 'done' && !step.unproved);
    expect(proved).toHaveLength(2 * userids.length);
    expect(b.simulator.violations).toEqual([]);
  });
});

describe('blocks', () => {
  it('hold at most 100 members with the same days, and 30 days', async () => {
    const b = await open();
    const many = Array.from({ length: 150 }, (_, i) => `u${i}`);
    const needed = (unit: string) => (unit === 'u7' ? daySet(addDays(YESTERDAY, -99), YESTERDAY) : MONTH);
    const context = { needed, stored: { employees: employees(many) } };
    const { blocks } = await b.run({ ...checkinsStream, async *read() {} }, context);
    expect(blocks.map((block) => block.units.length)).toEqual([100, 49, 1, 1, 1, 1]);
  });

  it('ask leavers by themselves, for what they miss', async () => {
    const b = await open();
    const { blocks } = await b.run(
      { ...checkinsStream, async *read() {} },
      {
        needed: MONTH,
        covered: () => daySet(addDays(YESTERDAY, -180), addDays(YESTERDAY, -1)),
        stored: { employees: employees(['Here']) },
        knownUnits: ['here', 'gone'],
      },
    );
    expect(blocks).toMatchObject([
      { units: ['gone'], days: { from: YESTERDAY, to: YESTERDAY } },
      { units: ['Here'], days: { from: addDays(YESTERDAY, -29) } },
    ]);
  });
});

describe('errors and empty answers', () => {
  it('301021 skips the unknown employee alone, and asks again the next night', async () => {
    const b = await open();
    const userids = [...staff(b).slice(0, 4), 'nobody'];
    const outcome = await b.run(checkinsStream, { needed: MONTH, stored: { employees: employees(userids) } });
    expect(outcome.steps.filter((step) => step.type === 'skipped')).toEqual([
      { type: 'skipped', unit: 'nobody', reason: 'not_visible' },
    ]);
    expect(outcome.steps.filter((step) => step.type === 'done')).toHaveLength(4);
  });

  it('301021 closes a leaver and records the days as lost', async () => {
    const b = await open();
    const outcome = await b.run(checkinsStream, {
      needed: MONTH,
      stored: { employees: [] },
      knownUnits: ['gone'],
    });
    expect(outcome.steps).toEqual([
      { type: 'skipped', unit: 'gone', reason: 'not_visible', lost: MONTH, closed: true },
    ]);
  });

  it.each([48002, 301024])('%i is thrown', async (errcode) => {
    const b = await open();
    b.simulator.faults.inject({ path: PUNCHES, kind: { errcode }, times: Number.POSITIVE_INFINITY });
    const given = { needed: MONTH, stored: { employees: employees(staff(b)) } };
    await expect(b.run(checkinsStream, given)).rejects.toMatchObject({ errcode });
  });

  it.each([
    ['wrong_types', 'WECOM_TRANSPORT'],
    ['missing_list', 'WECOM_MALFORMED'],
  ] as const)('an answer with %s is thrown, not taken for empty', async (kind, code) => {
    const b = await open();
    b.simulator.faults.inject({ path: PUNCHES, kind, times: Number.POSITIVE_INFINITY });
    const given = { needed: MONTH, stored: { employees: employees(staff(b)) } };
    await expect(b.run(checkinsStream, given)).rejects.toMatchObject({ code });
  });

  it.each<[string, string, true | undefined]>([
    ['inside of the asked days', YESTERDAY, true],
    ['outside of the asked days only', addDays(TODAY, -100), undefined],
  ])('an empty answer where rows exist %s', async (_, checkin_date, unproved) => {
    const b = await open();
    b.simulator.faults.inject({ path: PUNCHES, kind: 'empty' });
    const userids = staff(b).slice(0, 3);
    const stored = {
      employees: employees(userids),
      checkins: [{ userid: userids[2] ?? '', checkin_date }],
    };
    const outcome = await b.run(checkinsStream, { needed: MONTH, stored });
    expect(outcome.steps).toHaveLength(3);
    for (const step of outcome.steps)
      expect(step).toEqual({
        type: 'done',
        unit: expect.any(String),
        // What such an answer does not cover is asked again, also of those who leave meanwhile.
        days: unproved ? [] : MONTH,
        doubtful: unproved ? [] : MONTH,
        ...(unproved && { unproved }),
      });
  });

  it('a punch without a readable time goes to the rejects, and nothing is proved by its answer', async () => {
    const b = await open();
    const [userid = ''] = staff(b);
    const call = async () => ({
      errcode: 0,
      checkindata: [
        { ...punch, userid },
        { userid, checkin_time: 'xxxx' },
        { userid: 'other', checkin_time: 'xxxx' },
        'junk',
      ],
    });
    const given = { needed: daySet('2025-11-03', '2025-11-03'), stored: { employees: employees([userid]) } };
    const outcome = await b.run(checkinsStream, given, call);
    expect(outcome.steps).toMatchObject([
      { type: 'records', unit: undefined, records: [{ checkin_time: 'xxxx' }] },
      { type: 'records', unit: undefined, records: [{ entry: 'junk' }] },
      { type: 'records', unit: userid, records: [{ checkin_time: 1762131532 }] },
      { type: 'done', unit: userid, unproved: true },
    ]);
    expect(outcome.records).toHaveLength(3);
  });
});

it('proves punches of the member and the days only', () => {
  expect(checkinsStream.proof?.('a', MONTH)).toEqual([
    { table: 'checkins', where: { userid: 'a' }, days: { column: 'checkin_date', set: MONTH } },
  ]);
});
