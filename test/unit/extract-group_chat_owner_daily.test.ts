import { afterEach, describe, expect, it } from 'vitest';
import { groupChatOwnerDailyStream as stream } from '../../extractors/group_chat_owner_daily.ts';
import { addDays, daySet, startOfDay } from '../../src/days.ts';
import type { Block, Call, Step } from '../../src/engine/stream.ts';
import { isJsonObject, type JsonObject } from '../../src/wecom/json.ts';
import {
  contextOf,
  extraIn,
  type Given,
  names,
  onlyRow,
  readAll,
  recordsOf,
  script,
  simulated,
  TODAY,
} from './extract-contact-support.ts';

const PATH = 'externalcontact/groupchat/statistic';
const YESTERDAY = addDays(TODAY, -1);
const OLDEST = addDays(TODAY, -180);
const normalise = (record: JsonObject) => onlyRow(stream.normalise(record, names), 'group_chat_owner_daily');

describe('group_chat_owner_daily: one row', () => {
  it('has the day that was asked for, and no 0 for what is absent', () => {
    const row = normalise({
      owner: 'zhaokai ',
      stat_date: '2026-10-01',
      data: { chat_total: '12', msg_total: 0, x: 1 },
      y: 2,
    });
    expect(row).toMatchObject({
      owner_userid: 'ZhaoKai',
      stat_date: '2026-10-01',
      chat_total: 12,
      msg_total: 0,
    });
    expect(row.migrate_trainee_chat_cnt).toBeUndefined();
    expect(extraIn(row)).toEqual({ data: { x: 1 }, y: 2 });
  });

  it('keeps data that is no object, and rejects a row without owner', () => {
    expect(extraIn(normalise({ owner: 'a', stat_date: TODAY, data: 'text' }))).toEqual({ data: 'text' });
    expect(() => normalise({ stat_date: TODAY })).toThrow('owner');
  });
});

const body = (request: Call) => (isJsonObject(request.body) ? request.body : {});
const owners = (request: Call) => {
  const filter = body(request).owner_filter;
  return isJsonObject(filter) && Array.isArray(filter.userid_list) ? filter.userid_list : [];
};
const rows = (request: Call): JsonObject => {
  const items = owners(request).map((owner) => ({ owner, data: { chat_total: 1 } }));
  return { items, total: items.length, next_offset: items.length };
};
const day = (date: string) => ({ from: date, to: date });

describe('group_chat_owner_daily: the plan', () => {
  it('has one block per day, the oldest first', async () => {
    const given = {
      stored: { follow_users: [{ userid: 'a' }] },
      needed: [...daySet(OLDEST, addDays(OLDEST, 1)), ...daySet(YESTERDAY, YESTERDAY)],
    };
    const blocks = await stream.blocks(contextOf(script({}).call, given));
    expect(blocks).toEqual(
      [OLDEST, addDays(OLDEST, 1), YESTERDAY].map((date) => ({ units: ['*'], days: day(date), ids: ['a'] })),
    );
  });

  it('asks for no day without owners, so that none counts as read', async () => {
    expect(await stream.blocks(contextOf(script({}).call, { needed: daySet(OLDEST, YESTERDAY) }))).toEqual(
      [],
    );
  });
});

async function read(block: Block, wecom: ReturnType<typeof script>, given: Given = {}) {
  const steps: Step[] = [];
  for await (const step of stream.read(block, contextOf(wecom.call, given))) steps.push(step);
  return steps;
}

describe('group_chat_owner_daily: a day', () => {
  it('asks for exactly that day, and pages by next_offset up to total', async () => {
    const wecom = script({
      [PATH]: (request) =>
        body(request).offset === 0
          ? { items: [{ owner: 'a', data: {} }], total: 2, next_offset: 1 }
          : { items: [{ owner: 'b', data: {} }], total: 2, next_offset: 2 },
    });
    const steps = await read({ units: ['*'], days: day('2026-10-01'), ids: ['a', 'b'] }, wecom);
    const at = startOfDay('2026-10-01');
    const request = {
      day_begin_time: at,
      day_end_time: at,
      owner_filter: { userid_list: ['a', 'b'] },
      limit: 1000,
    };
    expect(wecom.sent.map(body)).toEqual([
      { ...request, offset: 0 },
      { ...request, offset: 1 },
    ]);
    expect(recordsOf(steps)).toEqual(
      ['a', 'b'].map((owner) => ({ owner, data: {}, stat_date: '2026-10-01' })),
    );
    expect(steps.at(-1)).toEqual({ type: 'done', unit: '*', days: [day('2026-10-01')] });
  });

  it('reads all blocks of 100 owners before the day is done, without the one who left', async () => {
    const ids = Array.from({ length: 150 }, (_, i) => `m${i}`);
    const wecom = script({ [PATH]: (request) => (owners(request).includes('m7') ? 60111 : rows(request)) });
    const steps = await read({ units: ['*'], days: day('2026-10-01'), ids }, wecom);
    expect(new Set(recordsOf(steps).map(({ owner }) => owner))).toEqual(
      new Set(ids.filter((id) => id !== 'm7')),
    );
    expect(steps.filter(({ type }) => type === 'done')).toHaveLength(1);
    expect(Math.max(...wecom.sent.map((request) => owners(request).length))).toBe(100);
  });

  it('takes an empty day for one that is to be read once more', async () => {
    const wecom = script({ [PATH]: () => ({ total: 0, next_offset: 0 }) });
    expect(await read({ units: ['*'], days: day('2026-10-01'), ids: ['a'] }, wecom)).toContainEqual({
      type: 'done',
      unit: '*',
      days: [day('2026-10-01')],
      doubtful: [day('2026-10-01')],
    });
  });

  it('does not count a day for which no owner was answered', async () => {
    const wecom = script({ [PATH]: () => 60111 });
    await expect(read({ units: ['*'], days: day('2026-10-01'), ids: ['a', 'b'] }, wecom)).rejects.toThrow(
      '60111',
    );
  });

  it('gives up the oldest day when it expired during the run, and no other one', async () => {
    const wecom = () => script({ [PATH]: () => 600018 });
    const lost = { days: [day(OLDEST)], reason: 'expired' };
    expect(await read({ units: ['*'], days: day(OLDEST), ids: ['a'] }, wecom())).toEqual([
      { type: 'done', unit: '*', days: [], lost },
    ]);
    await expect(read({ units: ['*'], days: day(YESTERDAY), ids: ['a'] }, wecom())).rejects.toThrow('600018');
  });
});

describe('group_chat_owner_daily: total against the owners that came', () => {
  const counted = async (answer: (request: Call) => JsonObject | number, ids: string[]) => {
    const steps = await read({ units: ['*'], days: day('2026-10-01'), ids }, script({ [PATH]: answer }));
    // Before the end of the day, so that a day of which rows are missing is not done.
    expect(steps.slice(-2).map(({ type }) => type)).toEqual(['count', 'done']);
    return steps.at(-2);
  };
  const page = (names: string[], total: number, next_offset: number): JsonObject => ({
    items: names.map((owner) => ({ owner, data: {} })),
    total,
    next_offset,
  });

  it('tells what is missing when the offsets reach a total that the rows do not', async () => {
    expect(await counted(() => page(['a'], 2, 2), ['a', 'b'])).toMatchObject({ expected: 2, received: 1 });
  });

  it.each<[string, JsonObject]>([
    ['absent', {}],
    ['empty', { items: [] }],
    ['null', { items: null }],
  ])('is no empty day when its items are %s', async (_title, items) => {
    const answer = { ...items, total: 2, next_offset: 2 };
    expect(await counted(() => answer, ['a', 'b'])).toMatchObject({ expected: 2, received: 0 });
  });

  it('takes the total of the last page, and an owner who moved to it once', async () => {
    const moving = (request: Call) =>
      body(request).offset === 0 ? page(['a', 'b'], 2, 1) : page(['B ', 'c'], 3, 3);
    expect(await counted(moving, ['a', 'b', 'c'])).toMatchObject({ expected: 3, received: 3 });
  });

  it('counts a block that broke off only once it is read in halves', async () => {
    const breaking = (request: Call) => {
      if (owners(request).length < 2) return rows(request);
      return body(request).offset === 0 ? page(['a', 'x'], 3, 2) : 60111;
    };
    expect(await counted(breaking, ['a', 'b'])).toMatchObject({ expected: 2, received: 2 });
  });
});

describe('group_chat_owner_daily against the simulator', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(() => close?.());

  it('reads 180 days of every owner, one day per call', async () => {
    const bench = await simulated(stream, 'all');
    close = bench.close;
    const truth = bench.simulator.company.truth();
    const given = {
      stored: { follow_users: truth.followUsers.map((id) => ({ userid: id.trim() })) },
      needed: daySet(OLDEST, YESTERDAY),
    };
    const { steps } = await readAll(stream, contextOf(bench.call, given));
    const seen = recordsOf(steps).map((record) => {
      const { owner_userid, stat_date, msg_total } = normalise(record);
      return `${String(owner_userid).toLowerCase()} ${startOfDay(String(stat_date))} ${String(msg_total)}`;
    });
    const expected = truth.groupStatistics.map(
      ({ owner, stat_time, data }) => `${owner.trim().toLowerCase()} ${stat_time} ${String(data.msg_total)}`,
    );
    expect(new Set(seen)).toEqual(new Set(expected));
    expect(expected.length).toBeGreaterThan(180);
    expect(bench.simulator.violations).toEqual([]);
  });
});
