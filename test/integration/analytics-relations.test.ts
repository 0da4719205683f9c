import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AnalyticsDatabase, analyticsDatabase, CORP, day, night, noon } from './analytics-support.ts';

let warehouse: AnalyticsDatabase;
beforeEach(async () => {
  warehouse = await analyticsDatabase();
});
afterEach(() => warehouse.close());

const follow = (external_userid: string, userid: string, followed_at: string, add_way = 1) => ({
  external_userid,
  userid,
  followed_at,
  add_way,
});

async function spells() {
  return warehouse.query(`
    SELECT external_userid AS customer, userid, is_assigned, end_reason, transferred_to_userid, came_into_view,
      counted_from_date, counted_until_date, is_end_date_exact, is_first_in_corp
    FROM analytics.fct_customer_follow ORDER BY external_userid, counted_from_date, userid`);
}

describe('fct_customer_follow', () => {
  it('dates a loss by the last walk that still showed it, and says when nights were missed', async () => {
    for (const n of [1, 2, 3, 7]) await warehouse.run(night(n));
    await warehouse.ended(
      'customer_follows',
      [night(1), night(3), night(2), 'absent'],
      follow('c1', 'ann', noon(1)),
    );
    await warehouse.ended(
      'customer_follows',
      [night(1), night(7), night(3), 'absent'],
      follow('c2', 'ann', noon(1)),
    );
    expect(await spells()).toMatchObject([
      { customer: 'c1', end_reason: 'absent', counted_until_date: day(2), is_end_date_exact: true },
      { customer: 'c2', end_reason: 'absent', counted_until_date: day(3), is_end_date_exact: false },
    ]);
  });

  it('is one row per spell: a changed remark is none, a new followed_at is one, declared or not', async () => {
    for (const n of [1, 2, 3, 4]) await warehouse.run(night(n));
    await warehouse.ended('customer_follows', [night(1), night(2), night(1)], {
      ...follow('c1', 'ann', '2025-05-05T12:00:00+08:00'),
      remark: 'old',
    });
    await warehouse.ended(
      'customer_follows',
      [night(2), night(3), night(2)],
      follow('c1', 'ann', '2025-05-05T12:00:00+08:00'),
    );
    await warehouse.ended(
      'customer_follows',
      [night(3), night(4), night(3), 're_added'],
      follow('c1', 'ann', noon(2)),
    );
    await warehouse.current('customer_follows', night(4), follow('c1', 'ann', noon(3)));
    expect(await spells()).toMatchObject([
      {
        end_reason: 're_added',
        counted_from_date: '2025-05-05',
        counted_until_date: day(2),
        is_first_in_corp: true,
      },
      {
        end_reason: 're_added',
        counted_from_date: day(2),
        counted_until_date: day(3),
        is_first_in_corp: false,
      },
      { end_reason: null, counted_from_date: day(3), counted_until_date: null, is_first_in_corp: false },
    ]);
  });

  it('infers a transfer when another member gains the customer by 201 or 202 within 7 days', async () => {
    for (const n of [1, 2, 3, 9, 20]) await warehouse.run(night(n));
    const old = '2025-05-05T12:00:00+08:00';
    for (const customer of ['assigned', 'organic', 'late', 'resigned'])
      await warehouse.ended(
        'customer_follows',
        [night(1), night(3), night(2), customer === 'resigned' ? 'member_resigned' : 'absent'],
        follow(customer, 'ann', old),
      );
    await warehouse.current('customer_follows', night(9), follow('assigned', 'bob', noon(8), 202));
    await warehouse.current('customer_follows', night(9), follow('organic', 'bob', noon(8), 1));
    await warehouse.current('customer_follows', night(20), follow('late', 'bob', noon(19), 201));
    await warehouse.current('customer_follows', night(9), follow('resigned', 'bob', noon(4), 202));
    const lost = (await spells()).filter((spell) => spell.userid === 'ann');
    expect(lost).toMatchObject([
      { customer: 'assigned', end_reason: 'transferred_out', transferred_to_userid: 'bob' },
      { customer: 'late', end_reason: 'absent', transferred_to_userid: null },
      { customer: 'organic', end_reason: 'absent', transferred_to_userid: null },
      { customer: 'resigned', end_reason: 'member_resigned', transferred_to_userid: null },
    ]);
  });

  it('tells old relations of a member who came into view from new customers', async () => {
    for (const n of [1, 2, 3, 20]) await warehouse.run(night(n));
    await warehouse.current(
      'customer_follows',
      night(1),
      follow('first load', 'ann', '2025-05-05T12:00:00+08:00'),
    );
    await warehouse.current('customer_follows', night(20), follow('new', 'ann', noon(19)));
    await warehouse.current(
      'customer_follows',
      night(20),
      follow('in view', 'cid', '2025-05-05T12:00:00+08:00'),
    );
    expect(await spells()).toMatchObject([
      { customer: 'first load', came_into_view: false, counted_from_date: '2025-05-05' },
      { customer: 'in view', came_into_view: true, counted_from_date: day(3) },
      { customer: 'new', came_into_view: false, counted_from_date: day(19) },
    ]);
  });

  it('names the ways, and keeps a code that nobody knows', async () => {
    await warehouse.run(night(1));
    await warehouse.current('customer_follows', night(1), follow('c1', 'ann', noon(1), 99));
    await warehouse.current('customer_follows', night(1), follow('c2', 'ann', noon(1), 16));
    await warehouse.current('customer_follows', night(1), {
      external_userid: 'c3',
      userid: 'ann',
      add_way: null,
    });
    expect(
      await warehouse.query(
        'SELECT add_way_code, add_way_zh, add_way_en, followed_date FROM analytics.fct_customer_follow ORDER BY external_userid',
      ),
    ).toEqual([
      { add_way_code: 99, add_way_zh: '未知(99)', add_way_en: 'Unknown (99)', followed_date: day(1) },
      { add_way_code: 16, add_way_zh: '获客链接', add_way_en: 'Acquisition link', followed_date: day(1) },
      { add_way_code: null, add_way_zh: null, add_way_en: null, followed_date: null },
    ]);
  });
});

describe('flows and stocks', () => {
  it('keeps every kind of coming and going apart, with the department of that day', async () => {
    for (const n of [1, 2, 3, 4]) await warehouse.run(night(n));
    await warehouse.ended('employees', [night(1), night(3), night(2)], {
      userid: 'ann',
      main_department_id: 10,
    });
    await warehouse.current('employees', night(3), { userid: 'ann', main_department_id: 20 });
    const old = '2025-05-05T12:00:00+08:00';
    await warehouse.current('customer_follows', night(1), follow('stays', 'ann', old));
    await warehouse.ended(
      'customer_follows',
      [night(1), night(3), night(2), 'absent'],
      follow('deleted', 'ann', old),
    );
    await warehouse.current('customer_follows', night(3), follow('won', 'ann', noon(2)));
    await warehouse.current('customer_follows', night(4), follow('given', 'ann', noon(3), 202));
    await warehouse.current('user_behavior_daily', night(3), {
      userid: 'ann',
      stat_date: day(2),
      negative_feedback_cnt: 5,
    });
    expect(
      await warehouse.query(`
        SELECT stat_date, department_id, customer_count_eod, in_count, out_count, is_provisional
        FROM analytics.fct_customer_base_daily ORDER BY stat_date`),
    ).toEqual([
      {
        stat_date: day(1),
        department_id: '10',
        customer_count_eod: 2,
        in_count: 0,
        out_count: 0,
        is_provisional: false,
      },
      {
        stat_date: day(2),
        department_id: '20',
        customer_count_eod: 2,
        in_count: 1,
        out_count: 1,
        is_provisional: false,
      },
      {
        stat_date: day(3),
        department_id: '20',
        customer_count_eod: 3,
        in_count: 1,
        out_count: 0,
        is_provisional: false,
      },
      {
        stat_date: day(4),
        department_id: '20',
        customer_count_eod: 3,
        in_count: 0,
        out_count: 0,
        is_provisional: true,
      },
    ]);
    expect(
      await warehouse.query(`
        SELECT stat_date, won_organic_count AS won, won_assigned_count AS given, deleted_by_employee_count AS deleted,
          deleted_by_customer_count AS by_customer FROM analytics.fct_customer_flow_daily ORDER BY stat_date`),
    ).toEqual([
      { stat_date: day(2), won: 1, given: 0, deleted: 1, by_customer: 5 },
      { stat_date: day(3), won: 0, given: 1, deleted: 0, by_customer: null },
    ]);
  });

  it('counts distinct customers of a department with those below it', async () => {
    await warehouse.run(night(2));
    await warehouse.current('departments', night(2), {
      department_id: 1,
      parent_department_id: 0,
      name: '总部',
    });
    await warehouse.current('departments', night(2), {
      department_id: 10,
      parent_department_id: 1,
      name: '门店',
    });
    await warehouse.current('employees', night(2), { userid: 'ann', main_department_id: 10 });
    await warehouse.current('employees', night(2), { userid: 'bob', main_department_id: 1 });
    for (const [customer, userid] of [
      ['c1', 'ann'],
      ['c1', 'bob'],
      ['c2', 'ann'],
      ['c3', 'stranger'],
    ] as const)
      await warehouse.current('customer_follows', night(2), follow(customer, userid, noon(1)));
    expect(
      await warehouse.query(`
        SELECT month_start_date, is_whole_corp AS whole, department_id, distinct_customer_count_eod AS customers, relation_count_eod AS relations
        FROM analytics.fct_customer_base_monthly ORDER BY is_whole_corp, department_id`),
    ).toEqual([
      { month_start_date: day(1), whole: false, department_id: '1', customers: 2, relations: 3 },
      { month_start_date: day(1), whole: false, department_id: '10', customers: 2, relations: 2 },
      { month_start_date: day(1), whole: false, department_id: null, customers: 1, relations: 1 },
      { month_start_date: day(1), whole: true, department_id: null, customers: 3, relations: 4 },
    ]);
  });

  it('fills the days of an employee without making up zeros', async () => {
    await warehouse.run(night(4));
    await warehouse.current('user_behavior_daily', night(4), {
      userid: 'ann',
      stat_date: day(1),
      chat_cnt: 7,
      avg_reply_time: 12,
    });
    await warehouse.current('user_behavior_daily', night(4), {
      userid: 'ann',
      stat_date: day(3),
      chat_cnt: 0,
    });
    await warehouse.db
      .insertInto('wecom_sync.progress')
      .values({
        corp_id: CORP,
        stream: 'user_behavior_daily',
        unit: 'ann',
        rows: 2,
        covered: '{[2026-01-01,2026-01-02),[2026-01-03,2026-01-04)}',
        provisional: '{[2026-01-03,2026-01-04)}',
        lost: '{[2026-01-02,2026-01-03)}',
        lost_reasons: '{}',
        cycle_days: '{}',
      })
      .execute();
    expect(
      await warehouse.query(`
        SELECT stat_date, chat_count, avg_first_reply_minutes AS minutes, behaviour_status AS status, customer_count_eod AS customers
        FROM analytics.fct_employee_day ORDER BY stat_date`),
    ).toEqual([
      { stat_date: day(1), chat_count: 7, minutes: 12, status: 'complete', customers: null },
      { stat_date: day(2), chat_count: null, minutes: null, status: 'lost', customers: null },
      { stat_date: day(3), chat_count: 0, minutes: null, status: 'provisional', customers: null },
    ]);
  });
});

describe('groups and handover', () => {
  const member = (external_userid: string, joined_at: string) => ({
    chat_id: 'g1',
    member_id: external_userid,
    member_type: 2,
    joined_at,
    join_scene: 3,
  });

  it('does not call a dismissal leaving', async () => {
    for (const n of [1, 2, 3]) await warehouse.run(night(n));
    await warehouse.ended('group_chats', [night(1), night(3), night(2), 'group_dismissed'], {
      chat_id: 'g1',
      name: 'g',
    });
    await warehouse.ended(
      'group_chat_members',
      [night(1), night(2), night(1), 'absent'],
      member('left', noon(1)),
    );
    await warehouse.ended(
      'group_chat_members',
      [night(1), night(3), night(2), 'group_dismissed'],
      member('stayed', '2025-05-05T12:00:00+08:00'),
    );
    expect(
      await warehouse.query(
        'SELECT stat_date, joined_count, left_count, dismissed_count, out_of_view_count FROM analytics.fct_group_member_flow_daily ORDER BY stat_date',
      ),
    ).toEqual([
      { stat_date: day(1), joined_count: 1, left_count: 1, dismissed_count: 0, out_of_view_count: 0 },
      { stat_date: day(2), joined_count: 0, left_count: 0, dismissed_count: 1, out_of_view_count: 0 },
    ]);
    expect(
      await warehouse.query(
        'SELECT is_current, end_reason_zh, external_member_count FROM analytics.dim_group_chat',
      ),
    ).toEqual([{ is_current: false, end_reason_zh: '群已解散', external_member_count: 0 }]);
  });

  it('counts a person who left and joined again twice, also between two walks', async () => {
    for (const n of [1, 2]) await warehouse.run(night(n));
    await warehouse.ended(
      'group_chat_members',
      [night(1), night(2), night(1)],
      member('p', '2025-05-05T12:00:00+08:00'),
    );
    await warehouse.current('group_chat_members', night(2), member('p', noon(1)));
    expect(
      await warehouse.query(
        'SELECT joined_date, left_date, end_reason FROM analytics.fct_group_member ORDER BY joined_date',
      ),
    ).toEqual([
      { joined_date: '2025-05-05', left_date: day(1), end_reason: 're_added' },
      { joined_date: day(1), left_date: null, end_reason: null },
    ]);
  });

  it('shows who waits for a successor, who has one, and groups by their owner', async () => {
    for (const n of [1, 5, 9]) await warehouse.run(night(n));
    const wait = (external_userid: string) => ({
      handover_userid: 'ann',
      external_userid,
      dimission_at: noon(1),
    });
    await warehouse.current('unassigned_customers', night(5), wait('waiting'));
    await warehouse.ended('unassigned_customers', [night(5), night(9), night(5), 'absent'], wait('taken'));
    await warehouse.ended('unassigned_customers', [night(5), night(9), night(5), 'absent'], wait('gone'));
    await warehouse.current('customer_follows', night(9), follow('taken', 'bob', noon(6), 202));
    await warehouse.ended('group_chats', [night(1), night(5), night(1)], {
      chat_id: 'g1',
      owner_userid: 'ann',
      status: 0,
    });
    await warehouse.ended('group_chats', [night(5), night(9), night(5)], {
      chat_id: 'g1',
      owner_userid: 'ann',
      status: 1,
    });
    await warehouse.current('group_chats', night(9), { chat_id: 'g1', owner_userid: 'bob', status: 3 });
    expect(
      await warehouse.query(`
        SELECT object_type, object_id, handover_status, successor_userid, resigned_date,
          CASE WHEN handover_status <> 'waiting' THEN days_waiting END AS days_waiting
        FROM analytics.handover_backlog ORDER BY object_type, object_id`),
    ).toEqual([
      {
        object_type: 'customer',
        object_id: 'gone',
        handover_status: 'closed',
        successor_userid: null,
        resigned_date: day(1),
        days_waiting: 8,
      },
      {
        object_type: 'customer',
        object_id: 'taken',
        handover_status: 'taken_over',
        successor_userid: 'bob',
        resigned_date: day(1),
        days_waiting: 5,
      },
      {
        object_type: 'customer',
        object_id: 'waiting',
        handover_status: 'waiting',
        successor_userid: null,
        resigned_date: day(1),
        days_waiting: null,
      },
      {
        object_type: 'group_chat',
        object_id: 'g1',
        handover_status: 'taken_over',
        successor_userid: 'bob',
        resigned_date: day(1),
        days_waiting: 8,
      },
    ]);
  });
});
