import { afterEach, describe, expect, it } from 'vitest';
import { userBehaviorDailyStream as stream } from '../../extractors/user_behavior_daily.ts';
import { addDays, daySet, startOfDay } from '../../src/days.ts';
import type { Block, Call, Step } from '../../src/engine/stream.ts';
import { isJsonObject, type JsonObject } from '../../src/wecom/json.ts';
import {
  contextOf,
  type Given,
  names,
  onlyRow,
  readAll,
  recordsOf,
  script,
  simulated,
  TODAY,
} from './extract-contact-support.ts';

const PATH = 'externalcontact/get_user_behavior_data';
const YESTERDAY = addDays(TODAY, -1);
const OLDEST = addDays(TODAY, -180);
const normalise = (record: JsonObject) => onlyRow(stream.normalise(record, names), 'user_behavior_daily');

describe('user_behavior_daily: one day', () => {
  it('has the Shanghai day of stat_time, and no 0 for absent ratios', () => {
    const stat_time = startOfDay('2026-01-01');
    expect(
      normalise({ userid: 'zhaokai', stat_time, chat_cnt: '2', message_cnt: 5, new_apply_cnt: 0 }),
    ).toEqual({
      userid: 'ZhaoKai',
      stat_date: '2026-01-01',
      new_apply_cnt: 0,
      new_contact_cnt: undefined,
      chat_cnt: 2,
      message_cnt: 5,
      reply_percentage: undefined,
      avg_reply_time: undefined,
      negative_feedback_cnt: undefined,
      extra: null,
    });
  });

  it.each([
    [60.25, '60.25'],
    ['87.5', '87.5'],
    [100, '100'],
    [null, null],
    ['', null],
  ])('reads reply_percentage %j as %j', (reply_percentage, value) => {
    expect(normalise({ userid: 'a', stat_time: startOfDay(TODAY), reply_percentage }).reply_percentage).toBe(
      value,
    );
  });

  it('keeps unknown figures', () => {
    expect(normalise({ userid: 'a', stat_time: startOfDay(TODAY), new_cnt: 3 }).extra).toBe('{"new_cnt":3}');
  });

  it.each([{}, { stat_time: 'xxxx' }, { stat_time: 0 }])('rejects %o', (record) => {
    expect(() => stream.normalise({ userid: 'a', ...record }, names)).toThrow('stat_time');
  });
});

const body = (request: Call) => (isJsonObject(request.body) ? request.body : {});
/** One row for every day asked for. */
function figures(request: Call): JsonObject {
  const { start_time, end_time } = body(request);
  const behavior_data: JsonObject[] = [];
  for (let at = Number(start_time); at <= Number(end_time); at += 86_400)
    behavior_data.push({ stat_time: at, chat_cnt: 1 });
  return { behavior_data };
}
const stored = { follow_users: [{ userid: 'a' }, { userid: 'b' }] };

describe('user_behavior_daily: the plan', () => {
  const plan = (given: Given) => stream.blocks(contextOf(script({}).call, { stored, ...given }));

  it('asks for one member and at most 30 days, what expires first comes first', async () => {
    const blocks = await plan({ needed: daySet(OLDEST, YESTERDAY) });
    expect(blocks).toHaveLength(12);
    expect(blocks.every(({ units }) => units.length === 1)).toBe(true);
    const starts = blocks.map(({ days }) => days?.from ?? '');
    expect(starts).toEqual(starts.toSorted());
    expect(blocks[0]?.days).toEqual({ from: OLDEST, to: addDays(OLDEST, 29) });
    expect(blocks.at(-1)?.days?.to).toBe(YESTERDAY);
  });

  it('asks leavers too, whatever the case of those who are listed', async () => {
    const blocks = await plan({ needed: daySet(YESTERDAY, YESTERDAY), knownUnits: ['A', 'left'] });
    expect(blocks.flatMap(({ units }) => units)).toEqual(['a', 'b', 'left']);
  });
});

async function read(block: Block, wecom: ReturnType<typeof script>, given: Given = {}) {
  const steps: Step[] = [];
  for await (const step of stream.read(block, contextOf(wecom.call, given))) steps.push(step);
  return steps;
}

describe('user_behavior_daily: a span', () => {
  const days = { from: '2026-10-01', to: '2026-10-30' };

  it('sends exactly one userid and closed days in Shanghai seconds', async () => {
    const wecom = script({ [PATH]: figures });
    const steps = await read({ units: ['a'], days }, wecom);
    expect(wecom.sent.map(body)).toEqual([
      {
        userid: ['a'],
        start_time: Date.parse('2026-10-01T00:00+08:00') / 1000,
        end_time: Date.parse('2026-10-30T00:00+08:00') / 1000,
      },
    ]);
    expect(recordsOf(steps)).toHaveLength(30);
    expect(recordsOf(steps)[0]).toMatchObject({ userid: 'a', chat_cnt: 1 });
    expect(steps.at(-1)).toEqual({ type: 'done', unit: 'a', days: [days] });
  });

  it('ignores rows outside the span, and hands on one without a day to be rejected', async () => {
    const rows = [
      { stat_time: startOfDay('2026-09-30') },
      { stat_time: startOfDay('2026-10-31') },
      { stat_time: 'xxxx' },
    ];
    const wecom = script({ [PATH]: () => ({ behavior_data: rows }) });
    expect(recordsOf(await read({ units: ['a'], days }, wecom))).toEqual([
      { stat_time: 'xxxx', userid: 'a' },
    ]);
  });

  it.each([
    60111, 40003,
  ])('%i: what a leaver never delivered is lost, a listed member is asked again', async (errcode) => {
    const wecom = () => script({ [PATH]: () => errcode });
    const covered = daySet('2026-10-01', '2026-10-28');
    const lost = daySet('2026-10-29', '2026-10-30');
    const skipped = { type: 'skipped', unit: 'a', reason: 'not_visible' };
    expect(await read({ units: ['a'], days }, wecom(), { covered })).toEqual([skipped]);
    const [block] = await stream.blocks(contextOf(wecom().call, { knownUnits: ['a'], needed: [days] }));
    if (!block) throw new Error('a leaver is asked once more');
    expect(await read(block, wecom(), { covered })).toEqual([{ ...skipped, lost, closed: true }]);
  });

  it('closes nobody when the follow-user list was not complete', async () => {
    const wecom = script({ [PATH]: () => 60111 });
    const context = contextOf(wecom.call, {
      knownUnits: ['a'],
      needed: [days],
      incomplete: ['follow_users'],
    });
    const { steps } = await readAll(stream, context);
    expect(steps).toEqual([{ type: 'skipped', unit: 'a', reason: 'not_visible' }]);
  });

  it('loses no day to a missing licence or right', async () => {
    const wecom = script({ [PATH]: () => 84074 });
    expect(await read({ units: ['a'], days }, wecom)).toEqual([
      { type: 'skipped', unit: 'a', reason: 'no_contact_right' },
    ]);
  });

  it('gives up the oldest day alone when it expired during the run', async () => {
    const span = { from: OLDEST, to: addDays(OLDEST, 29) };
    const wecom = script({
      [PATH]: (request) => (body(request).start_time === startOfDay(OLDEST) ? 600018 : figures(request)),
    });
    const steps = await read({ units: ['a'], days: span }, wecom);
    expect(recordsOf(steps)).toHaveLength(29);
    const rest = daySet(addDays(OLDEST, 1), span.to);
    expect(steps.at(-1)).toEqual({
      type: 'done',
      unit: 'a',
      days: rest,
      lost: { days: daySet(OLDEST, OLDEST), reason: 'expired' },
    });
    expect(wecom.sent).toHaveLength(2);
  });

  it('needs no second call when nothing but the oldest day was asked for', async () => {
    const wecom = script({ [PATH]: () => 600018 });
    const steps = await read({ units: ['a'], days: { from: OLDEST, to: OLDEST } }, wecom);
    expect(steps).toEqual([
      { type: 'done', unit: 'a', days: [], lost: { days: daySet(OLDEST, OLDEST), reason: 'expired' } },
    ]);
    expect(wecom.sent).toHaveLength(1);
  });

  it.each([600018, 45029])('fails for %i on any other span', async (errcode) => {
    const wecom = script({ [PATH]: () => errcode });
    await expect(read({ units: ['a'], days }, wecom)).rejects.toThrow(String(errcode));
  });
});

describe('user_behavior_daily against the simulator', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(() => close?.());

  it('reads 180 days of every member, one per call', async () => {
    const bench = await simulated(stream, 'all');
    close = bench.close;
    const truth = bench.simulator.company.truth();
    const given = {
      stored: { follow_users: truth.followUsers.map((id) => ({ userid: id.trim() })) },
      needed: daySet(OLDEST, YESTERDAY),
    };
    const { steps } = await readAll(stream, contextOf(bench.call, given));
    const read = recordsOf(steps).map((record) => {
      const row = normalise(record);
      return `${String(row.userid).toLowerCase()} ${String(row.stat_date)} ${String(row.chat_cnt)}`;
    });
    const expected = truth.behaviour.map(({ userid, row }) => {
      const day = normalise({ userid, stat_time: Number(row.stat_time) }).stat_date;
      return `${userid.trim().toLowerCase()} ${String(day)} ${String(row.chat_cnt)}`;
    });
    expect(read.toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeGreaterThan(180);
    expect(bench.simulator.violations).toEqual([]);
  });
});
