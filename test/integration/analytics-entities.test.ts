import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnalyticsDatabase, analyticsDatabase, CORP, day, night, noon } from './analytics-support.ts';

let warehouse: AnalyticsDatabase;
beforeAll(async () => {
  warehouse = await analyticsDatabase();
  await warehouse.run(night(1), ['approvals', 'checkins', 'departments', 'employees', 'corp_tags']);
});
afterAll(() => warehouse.close());

describe('departments', () => {
  it('have a path that survives missing parents, missing names and cycles, and last when they have ended', async () => {
    const department = (department_id: number, parent_department_id: number, name: string | null) => ({
      department_id,
      parent_department_id,
      name,
    });
    await warehouse.current('departments', night(1), department(1, 0, '总部'));
    await warehouse.current('departments', night(1), department(10, 1, null));
    await warehouse.current('departments', night(1), department(100, 10, '门店'));
    await warehouse.current('departments', night(1), department(200, 999, '上级不可见'));
    await warehouse.current('departments', night(1), department(300, 301, '环一'));
    await warehouse.ended(
      'departments',
      [night(1), night(2), night(1), 'absent'],
      department(301, 300, '环二'),
    );
    await warehouse.ended('departments', [night(1), night(2), night(1)], department(400, 1, '旧名'));
    await warehouse.ended(
      'departments',
      [night(2), night(3), night(2), 'absent'],
      department(400, 1, '新名'),
    );
    expect(
      await warehouse.query(`
        SELECT department_id::int AS id, level, path, level_1_name, level_3_name, is_current, ended_date, end_reason_zh
        FROM analytics.dim_department ORDER BY department_id`),
    ).toEqual([
      {
        id: 1,
        level: 1,
        path: '总部',
        level_1_name: '总部',
        level_3_name: null,
        is_current: true,
        ended_date: null,
        end_reason_zh: null,
      },
      {
        id: 10,
        level: 2,
        path: '总部 / #10',
        level_1_name: '总部',
        level_3_name: null,
        is_current: true,
        ended_date: null,
        end_reason_zh: null,
      },
      {
        id: 100,
        level: 3,
        path: '总部 / #10 / 门店',
        level_1_name: '总部',
        level_3_name: '门店',
        is_current: true,
        ended_date: null,
        end_reason_zh: null,
      },
      {
        id: 200,
        level: 1,
        path: '上级不可见',
        level_1_name: '上级不可见',
        level_3_name: null,
        is_current: true,
        ended_date: null,
        end_reason_zh: null,
      },
      {
        id: 300,
        level: 2,
        path: '环二 / 环一',
        level_1_name: '环二',
        level_3_name: null,
        is_current: true,
        ended_date: null,
        end_reason_zh: null,
      },
      {
        id: 301,
        level: 2,
        path: '环一 / 环二',
        level_1_name: '环一',
        level_3_name: null,
        is_current: false,
        ended_date: day(2),
        end_reason_zh: '不再出现',
      },
      {
        id: 400,
        level: 2,
        path: '总部 / 新名',
        level_1_name: '总部',
        level_3_name: null,
        is_current: false,
        ended_date: day(3),
        end_reason_zh: '不再出现',
      },
    ]);
    expect(
      await warehouse.query(`
        SELECT ancestor_department_id::int AS id, distance FROM analytics.bridge_department_ancestor
        WHERE department_id = 100 ORDER BY distance`),
    ).toEqual([
      { id: 100, distance: 0 },
      { id: 10, distance: 1 },
      { id: 1, distance: 2 },
    ]);
  });
});

describe('employees', () => {
  it('stay when they leave, with their last department, and come from the follow-user list when nothing else shows them', async () => {
    await warehouse.current('employees', night(1), {
      userid: 'ann',
      status: 1,
      gender: 9,
      main_department_id: 100,
    });
    await warehouse.ended('employees', [night(1), night(2), night(1), 'absent'], {
      userid: 'bob',
      status: 1,
      main_department_id: 1,
    });
    await warehouse.ended('unassigned_customers', [night(2), night(3), night(2), 'absent'], {
      handover_userid: 'bob',
      external_userid: 'c1',
      dimission_at: noon(1),
    });
    await warehouse.current('follow_users', night(1), { userid: 'ann' });
    await warehouse.current('follow_users', night(1), { userid: 'hidden' });
    expect(
      await warehouse.query(`
        SELECT userid, department_name, gender_zh, employee_status_zh, is_in_directory, is_follow_user, is_current, resigned_date
        FROM analytics.dim_employee ORDER BY userid`),
    ).toEqual([
      {
        userid: 'ann',
        department_name: '门店',
        gender_zh: '未知(9)',
        employee_status_zh: '已激活',
        is_in_directory: true,
        is_follow_user: true,
        is_current: true,
        resigned_date: null,
      },
      {
        userid: 'bob',
        department_name: '总部',
        gender_zh: null,
        employee_status_zh: '已激活',
        is_in_directory: true,
        is_follow_user: false,
        is_current: false,
        resigned_date: day(1),
      },
      {
        userid: 'hidden',
        department_name: null,
        gender_zh: null,
        employee_status_zh: null,
        is_in_directory: false,
        is_follow_user: true,
        is_current: true,
        resigned_date: null,
      },
    ]);
  });

  it('have periods of departments that join without a gap', async () => {
    await warehouse.ended('employees', [night(1), night(5), night(4)], {
      userid: 'cid',
      main_department_id: 1,
    });
    await warehouse.ended('employees', [night(5), night(7), night(6)], {
      userid: 'cid',
      main_department_id: 10,
    });
    await warehouse.ended('employees', [night(7), night(9), night(8), 'absent'], {
      userid: 'cid',
      main_department_id: 10,
      position: 'x',
    });
    expect(
      await warehouse.query(`
        SELECT department_id::int AS id, from_date, until_date FROM analytics.dim_employee_department
        WHERE userid = 'cid' ORDER BY from_date`),
    ).toEqual([
      { id: 1, from_date: '2000-01-01', until_date: day(4) },
      { id: 10, from_date: day(4), until_date: '9999-12-31' },
    ]);
  });
});

describe('customers and tags', () => {
  it('count followers, remember the first day and show tags of today', async () => {
    await warehouse.current('corp_tag_groups', night(1), { group_id: 'g', name: '等级' });
    await warehouse.current('corp_tags', night(1), { tag_id: 't1', group_id: 'g', name: '金卡' });
    await warehouse.current('customers', night(1), {
      external_userid: 'c1',
      name: '青柠',
      type: 2,
      corp_name: '海川',
    });
    await warehouse.ended('customers', [night(1), night(2), night(1), 'member_resigned'], {
      external_userid: 'c2',
      type: 7,
    });
    await warehouse.ended('customer_follows', [night(1), night(2), night(1), 'absent'], {
      external_userid: 'c1',
      userid: 'ann',
      followed_at: '2025-05-05T00:30:00+08:00',
    });
    await warehouse.current('customer_follows', night(1), {
      external_userid: 'c1',
      userid: 'bob',
      followed_at: noon(1),
    });
    for (const tag_id of ['t1', 'rule tag'])
      await warehouse.current('customer_follow_tags', night(1), {
        external_userid: 'c1',
        userid: 'bob',
        tag_id,
      });
    await warehouse.ended('customer_follow_tags', [night(1), night(3), night(2), 'absent'], {
      external_userid: 'c1',
      userid: 'bob',
      tag_id: 'old',
    });
    expect(
      await warehouse.query(`
        SELECT external_userid AS id, customer_type_zh AS type, company_name, first_followed_date AS first, follower_count AS followers,
          tag_names, is_current, end_reason_zh
        FROM analytics.dim_customer ORDER BY external_userid`),
    ).toEqual([
      {
        id: 'c1',
        type: '企业微信用户',
        company_name: '海川',
        first: '2025-05-05',
        followers: 1,
        tag_names: ['rule tag', '金卡'],
        is_current: true,
        end_reason_zh: null,
      },
      {
        id: 'c2',
        type: '未知(7)',
        company_name: null,
        first: null,
        followers: 0,
        tag_names: [],
        is_current: false,
        end_reason_zh: '成员离职',
      },
    ]);
    expect(
      await warehouse.query(
        'SELECT tag_id, tag_name, tag_group_name, removed_date FROM analytics.fct_customer_tag ORDER BY tag_id',
      ),
    ).toEqual([
      { tag_id: 'old', tag_name: null, tag_group_name: null, removed_date: day(2) },
      { tag_id: 'rule tag', tag_name: null, tag_group_name: null, removed_date: null },
      { tag_id: 't1', tag_name: '金卡', tag_group_name: '等级', removed_date: null },
    ]);
  });
});

describe('approvals', () => {
  const approval = (sp_no: string, sp_status: number) => ({ sp_no, sp_status, applied_at: noon(1) });
  const approver = (
    sp_no: string,
    source: string,
    node_index: number,
    detail_index: number,
    userid: string,
    status: number,
    acted_at: string | null,
  ) =>
    warehouse.current('approval_step_approvers', night(1), {
      sp_no,
      source,
      node_index,
      detail_index,
      userid,
      status,
      acted_at,
    });
  const step = (sp_no: string, source: string, node_index: number, values: Record<string, number>) =>
    warehouse.current('approval_steps', night(1), { sp_no, source, node_index, ...values });
  const money = (sp_no: string, field_id: string, row_no: number, value_number: number) =>
    warehouse.current('approval_fields', night(1), {
      sp_no,
      field_id,
      row_no,
      control: 'Money',
      value_number,
    });

  it('take one flow source and unify the opposite codes of both', async () => {
    await warehouse.current('approvals', night(1), approval('both', 2));
    await step('both', 'sp_record', 0, { sp_status: 2, approverattr: 1 });
    await step('both', 'process_list', 0, { sp_status: 2, apv_rel: 1, node_type: 1 });
    await step('both', 'process_list', 1, { node_type: 2 });
    await approver('both', 'sp_record', 0, 0, 'ann', 2, noon(9));
    await approver('both', 'process_list', 0, 0, 'ann', 2, noon(2));
    await warehouse.current('approvals', night(1), approval('old', 99));
    await step('old', 'sp_record', 0, { sp_status: 3, approverattr: 2 });
    await step('old', 'sp_record', 1, { sp_status: 3, approverattr: 1 });
    await step('old', 'sp_record', 2, { sp_status: 3, approverattr: 7 });
    expect(
      await warehouse.query(`
        SELECT approval_no, step_no, flow_source, approver_rule, approver_rule_zh, node_type_zh FROM analytics.fct_approval_step
        WHERE approval_no IN ('both', 'old') ORDER BY 1, 2`),
    ).toEqual([
      {
        approval_no: 'both',
        step_no: 1,
        flow_source: 'process_list',
        approver_rule: 'all',
        approver_rule_zh: '会签',
        node_type_zh: '审批人',
      },
      {
        approval_no: 'both',
        step_no: 2,
        flow_source: 'process_list',
        approver_rule: null,
        approver_rule_zh: null,
        node_type_zh: '抄送人',
      },
      {
        approval_no: 'old',
        step_no: 1,
        flow_source: 'sp_record',
        approver_rule: 'all',
        approver_rule_zh: '会签',
        node_type_zh: null,
      },
      {
        approval_no: 'old',
        step_no: 2,
        flow_source: 'sp_record',
        approver_rule: 'any',
        approver_rule_zh: '或签',
        node_type_zh: null,
      },
      {
        approval_no: 'old',
        step_no: 3,
        flow_source: 'sp_record',
        approver_rule: '7',
        approver_rule_zh: '未知(7)',
        node_type_zh: null,
      },
    ]);
    expect(
      await warehouse.query(`
        SELECT approval_no, approval_status_zh, turnaround_minutes, step_count FROM analytics.fct_approval
        WHERE approval_no IN ('both', 'old') ORDER BY 1`),
    ).toEqual([
      { approval_no: 'both', approval_status_zh: '已通过', turnaround_minutes: '1440', step_count: 1 },
      { approval_no: 'old', approval_status_zh: '未知(99)', turnaround_minutes: null, step_count: 3 },
    ]);
  });

  it('say who they wait for and since when: in turn only the first one', async () => {
    await warehouse.current('approvals', night(1), approval('open', 1));
    await step('open', 'process_list', 0, { sp_status: 2, apv_rel: 2, node_type: 1 });
    await step('open', 'process_list', 1, { sp_status: 1, apv_rel: 3, node_type: 1 });
    await step('open', 'process_list', 2, { sp_status: 1, apv_rel: 1, node_type: 3 });
    await approver('open', 'process_list', 0, 0, 'ann', 2, noon(2));
    await approver('open', 'process_list', 1, 0, 'bob', 2, noon(3));
    await approver('open', 'process_list', 1, 1, 'cid', 1, null);
    await approver('open', 'process_list', 1, 2, 'dan', 1, null);
    await approver('open', 'process_list', 2, 0, 'eve', 1, null);
    expect(
      await warehouse.query(`
        SELECT step_no, is_waiting, waiting_for_userids, waiting_since_date FROM analytics.fct_approval_step
        WHERE approval_no = 'open' ORDER BY step_no`),
    ).toEqual([
      { step_no: 1, is_waiting: false, waiting_for_userids: null, waiting_since_date: null },
      { step_no: 2, is_waiting: true, waiting_for_userids: ['cid'], waiting_since_date: day(2) },
      { step_no: 3, is_waiting: false, waiting_for_userids: null, waiting_since_date: null },
    ]);
  });

  it('have an amount only where exactly one money field stands on the form', async () => {
    for (const sp_no of ['none', 'one', 'two', 'rows only'])
      await warehouse.current('approvals', night(1), approval(sp_no, 1));
    await money('one', 'Money-1', 0, 12.5);
    await money('one', 'Money-9', 1, 7);
    await money('two', 'Money-1', 0, 1);
    await money('two', 'Money-2', 0, 2);
    await money('rows only', 'Money-9', 1, 7);
    expect(
      await warehouse.query(`
        SELECT approval_no, amount::text FROM analytics.fct_approval
        WHERE approval_no IN ('none', 'one', 'two', 'rows only') ORDER BY 1`),
    ).toEqual([
      { approval_no: 'none', amount: null },
      { approval_no: 'one', amount: '12.5' },
      { approval_no: 'rows only', amount: null },
      { approval_no: 'two', amount: null },
    ]);
  });
});

describe('check-ins', () => {
  it('have a first in and a last out, and no time for a missed punch', async () => {
    let hash = 0;
    const punch = (
      userid: string,
      checkin_type: string,
      checkin_at: string,
      exception_type: string | null = null,
    ) =>
      warehouse.current('checkins', night(3), {
        userid,
        checkin_date: day(2),
        punch_hash: ++hash,
        checkin_type,
        checkin_at,
        exception_type,
        group_name: '早晚班',
      });
    const at = (time: string) => `2026-01-02T${time}:00+08:00`;
    await punch('ann', '上班打卡', at('09:10'), '时间异常；地点异常');
    await punch('ann', '上班打卡', at('13:00'));
    await punch('ann', '下班打卡', at('18:00'));
    await punch('bob', '上班打卡', at('08:55'));
    await punch('bob', '下班打卡', at('18:00'), '未打卡');
    expect(
      await warehouse.query(`
        SELECT userid, first_in_at AT TIME ZONE 'Asia/Shanghai' = '2026-01-02 09:10' AS at_ten_past, presence_minutes, punch_count,
          missed_out_count, time_exception_count, place_exception_count, last_out_at IS NULL AS no_out, rule_names
        FROM analytics.fct_checkin_day ORDER BY userid`),
    ).toEqual([
      {
        userid: 'ann',
        at_ten_past: true,
        presence_minutes: 530,
        punch_count: 3,
        missed_out_count: 0,
        time_exception_count: 1,
        place_exception_count: 1,
        no_out: false,
        rule_names: ['早晚班'],
      },
      {
        userid: 'bob',
        at_ten_past: false,
        presence_minutes: null,
        punch_count: 1,
        missed_out_count: 1,
        time_exception_count: 0,
        place_exception_count: 0,
        no_out: true,
        rule_names: ['早晚班'],
      },
    ]);
  });
});

describe('the state of the data', () => {
  it('knows for every day what is there, what is at risk and what is lost', async () => {
    const today =
      (await warehouse.query<{ d: string }>(`SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date AS d`))[0]
        ?.d ?? '';
    const back = (days: number) => new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10);
    const span = (from: number, to: number) => `{[${back(from)},${back(to - 1)})}`;
    const unit = (name: string, covered: string, provisional = '{}', lost = '{}') =>
      warehouse.db
        .insertInto('wecom_sync.progress')
        .values({
          corp_id: CORP,
          stream: 'user_behavior_daily',
          unit: name,
          rows: 0,
          covered,
          provisional,
          lost,
          lost_reasons: '{}',
          cycle_days: '{}',
        })
        .execute();
    await unit('ann', span(190, 1), span(3, 1), '{}');
    await unit('bob', span(100, 1), span(3, 1), span(185, 181));
    const rows = await warehouse.query<{
      stat_date: string;
      day_status: string;
      is_at_risk: boolean;
      is_lost: boolean;
      days_left: number;
    }>('SELECT stat_date, day_status, is_at_risk, is_lost, days_left FROM analytics.retention_coverage');
    const on = (days: number) => rows.find((row) => row.stat_date === back(days));
    expect(rows).toHaveLength(190);
    // Nobody expected the other one before his first day.
    expect(on(190)).toMatchObject({ day_status: 'complete', is_at_risk: false, is_lost: false });
    expect(on(183)).toMatchObject({ day_status: 'partial', is_at_risk: false, is_lost: true });
    expect(on(178)).toMatchObject({ day_status: 'partial', is_at_risk: true, is_lost: false, days_left: 2 });
    expect(on(120)).toMatchObject({
      day_status: 'partial',
      is_at_risk: false,
      is_lost: false,
      days_left: 60,
    });
    expect(on(50)).toMatchObject({ day_status: 'complete', is_at_risk: false, is_lost: false });
    expect(on(2)).toMatchObject({ day_status: 'provisional', is_at_risk: false, is_lost: false });
  });

  it('says when a stream last succeeded and whether a run is in progress', async () => {
    const freshness = () =>
      warehouse.query(`
        SELECT last_success_date, last_run_date, last_status, is_run_in_progress FROM analytics.sync_freshness WHERE stream = 'checkins'`);
    expect(await freshness()).toEqual([
      {
        last_success_date: day(1),
        last_run_date: day(1),
        last_status: 'succeeded',
        is_run_in_progress: false,
      },
    ]);
    await warehouse.run(night(2), ['checkins']);
    await warehouse.query(`UPDATE wecom_sync.run_streams SET status = 'failed' WHERE run_id = '${night(2)}'`);
    await warehouse.query(`UPDATE wecom_sync.runs SET status = 'running' WHERE run_id = '${night(2)}'`);
    expect(await freshness()).toEqual([
      { last_success_date: day(1), last_run_date: day(2), last_status: 'failed', is_run_in_progress: true },
    ]);
  });
});
