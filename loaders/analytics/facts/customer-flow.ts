import { everyDay, periodOf } from '../spells.ts';
import { CORP_ID, type Column, type Columns, view } from '../view.ts';

const STAT_DATE = '统计日期 | Day\n北京时间自然日；关联 dim_date.calendar_date。';
const USERID = '成员 | Employee\n关联 dim_employee。';
const DEPARTMENT: Column = [
  'p.department_id',
  '部门 ID | Department id\n成员当日的主部门；关联 dim_department。NULL：成员不在通讯录可见范围，或没有主部门。',
];

/** The department of the employee on the day of the row, as `p`. */
const departmentOf = (alias: string): string => `LEFT JOIN analytics.dim_employee_department p
  ON p.corp_id = ${alias}.corp_id AND p.userid = ${alias}.userid AND p.from_date <= ${alias}.stat_date AND ${alias}.stat_date < p.until_date`;

const won = (condition: string, comment: string): Column => [
  `count(*) FILTER (WHERE e.is_in AND ${condition})::int`,
  comment,
];
const ended = (reason: string, comment: string): Column => [
  `count(*) FILTER (WHERE NOT e.is_in AND e.end_reason = '${reason}')::int`,
  comment,
];

/** Each kind of coming and going apart: their sum means nothing to the business. */
const kinds: Columns = {
  won_organic_count: won(
    'NOT e.is_assigned AND NOT e.came_into_view',
    '自然新增 | Won\n当日添加的客户，不含内部共享和分配；当天内又删除的也计入。',
  ),
  won_assigned_count: won(
    'e.is_assigned AND NOT e.came_into_view',
    '分配所得 | Gained by assignment\n当日由内部共享（201）或分配（202）得到的客户。',
  ),
  came_into_view_count: won(
    'e.came_into_view',
    '进入可见范围 | Came into view\n因成员进入可见范围等而出现的旧关系，不是新增。',
  ),
  deleted_by_employee_count: ended(
    'absent',
    '成员侧删除 | Deleted by the employee\n关系消失且没有被他人接替：通常是成员删除了客户。',
  ),
  transferred_out_count: ended(
    'transferred_out',
    '转出 | Transferred out\n推断：客户在 7 天内由其他成员以 201/202 获得。',
  ),
  resigned_count: ended('member_resigned', '因离职结束 | Ended by resignation\n成员离职时的客户，等待接替。'),
  out_of_view_count: ended('member_not_visible', '离开可见范围 | Out of view\n成员不再可见，客户未必流失。'),
  re_added_count: ended('re_added', '重新添加 | Re-added\n旧关系结束而同一客户重新添加，新的一段计入新增。'),
  ended_other_count: [
    `count(*) FILTER (WHERE NOT e.is_in AND e.end_reason NOT IN ('absent', 'transferred_out', 'member_resigned', 'member_not_visible', 're_added'))::int`,
    '其他原因结束 | Ended otherwise\n未列出的结束原因。',
  ],
};

export const fctCustomerFlowDaily = view('fct_customer_flow_daily', {
  comment:
    '客户流量日报 | Customer flow per day\n每名成员每天一行，只含有变化的日期，自首次同步之日起；各种得失分列，不可合称“流失”。',
  columns: {
    corp_id: ['j.corp_id', CORP_ID],
    stat_date: ['j.stat_date', STAT_DATE],
    userid: ['j.userid', USERID],
    department_id: DEPARTMENT,
    ...Object.fromEntries(
      Object.entries(kinds).map(([name, [, comment]]): [string, Column] => [name, [`j.${name}`, comment]]),
    ),
    deleted_by_customer_count: [
      'j.deleted_by_customer_count',
      '客户侧删除或拉黑 | Deleted or blocked by customers\n当日删除或拉黑该成员的客户数；企业微信只给人数，不说是谁，这些关系仍计入存量。来源：user_behavior_daily.negative_feedback_cnt。NULL：没有数据。',
    ],
  },
  with: `${periodOf('customers')}, events AS (
  SELECT f.corp_id, f.userid, m.stat_date, m.is_in, f.is_assigned, f.came_into_view, f.end_reason, NULL::int AS by_customers
  FROM analytics.fct_customer_follow f
  CROSS JOIN LATERAL (VALUES (f.counted_from_date, true), (f.counted_until_date, false)) AS m(stat_date, is_in)
  UNION ALL
  SELECT b.corp_id, b.userid, b.stat_date, NULL, NULL, NULL, NULL, b.negative_feedback_cnt FROM wecom.user_behavior_daily b
), flows AS (
  SELECT e.corp_id, e.stat_date, e.userid, sum(e.by_customers)::int AS deleted_by_customer_count,
    ${Object.entries(kinds)
      .map(([name, [expression]]) => `${expression} AS ${name}`)
      .join(',\n    ')}
  FROM events e JOIN period r ON r.corp_id = e.corp_id AND e.stat_date >= r.first_date
  GROUP BY e.corp_id, e.stat_date, e.userid
  HAVING count(e.is_in) > 0 OR sum(e.by_customers) > 0
)`,
  from: `FROM flows j\n${departmentOf('j')}`,
});

export const fctCustomerBaseDaily = view('fct_customer_base_daily', {
  comment:
    '客户存量日报 | Customer base per day\n每名有过客户的成员每天一行，无空缺，自首次同步之日起；存量 = 前一日存量 + 计入 − 退出。存量不可跨日相加。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    stat_date: ['s.stat_date', STAT_DATE],
    userid: ['s.userid', USERID],
    department_id: DEPARTMENT,
    customer_count_eod: [
      's.customer_count_eod',
      '日末客户数 | Customers at the end of the day\n单位：跟进关系。同一客户被多名成员跟进时各计一次；去重人数见 fct_customer_base_monthly。',
    ],
    in_count: [
      's.in_count',
      '当日计入 | Counted in\n当日开始计入的关系，含分配与进入可见范围；首日之前的不计。',
    ],
    out_count: [
      's.out_count',
      '当日退出 | Counted out\n当日退出的关系，含离职、转出与离开可见范围；原因见 fct_customer_flow_daily。',
    ],
    is_provisional: [
      's.stat_date = s.last_date',
      '是否暂定 | Is provisional\n最近一次遍历当天：该日尚未结束，或其变化要到下一次运行才能看全。',
    ],
  },
  with: `${periodOf('customers')}, moves AS (
  SELECT f.corp_id, f.userid, greatest(e.stat_date, r.first_date) AS stat_date,
    count(*) FILTER (WHERE e.sign > 0 AND e.stat_date >= r.first_date)::int AS in_count,
    count(*) FILTER (WHERE e.sign < 0)::int AS out_count, sum(e.sign)::int AS change
  FROM analytics.fct_customer_follow f
  CROSS JOIN LATERAL (VALUES (f.counted_from_date, 1), (f.counted_until_date, -1)) AS e(stat_date, sign)
  JOIN period r ON r.corp_id = f.corp_id
  WHERE e.stat_date IS NOT NULL
  GROUP BY f.corp_id, f.userid, greatest(e.stat_date, r.first_date)
), stock AS (
  SELECT m.*, r.last_date, sum(m.change) OVER w AS customer_count_eod, lead(m.stat_date) OVER w AS next_date
  FROM moves m JOIN period r ON r.corp_id = m.corp_id
  WINDOW w AS (PARTITION BY m.corp_id, m.userid ORDER BY m.stat_date)
), dense AS (
  SELECT s.corp_id, s.userid, s.last_date, d.stat_date, s.customer_count_eod::int AS customer_count_eod,
    CASE WHEN d.stat_date = s.stat_date THEN s.in_count ELSE 0 END AS in_count,
    CASE WHEN d.stat_date = s.stat_date THEN s.out_count ELSE 0 END AS out_count
  FROM stock s ${everyDay('s.stat_date', 'coalesce(s.next_date - 1, s.last_date)')}
)`,
  from: `FROM dense s\n${departmentOf('s')}`,
});

/** The relations that live at the end of each month, as `f`. */
const ALIVE = `months m JOIN analytics.fct_customer_follow f ON f.corp_id = m.corp_id AND f.counted_from_date <= m.as_of_date
    AND (f.counted_until_date IS NULL OR f.counted_until_date > m.as_of_date)`;
const FIGURES = `count(DISTINCT f.external_userid)::int AS customers, count(*)::int AS relations, count(DISTINCT f.userid)::int AS employees`;

export const fctCustomerBaseMonthly = view('fct_customer_base_monthly', {
  comment:
    '客户存量月报 | Customer base per month\n每个部门（含下级部门）每月一行，另有全企业一行；去重客户数不可跨部门或跨月相加。',
  columns: {
    corp_id: ['b.corp_id', CORP_ID],
    month_start_date: ['b.month_start_date', '月份 | Month\n当月 1 日。'],
    as_of_date: ['b.as_of_date', '截止日期 | As of\n当月最后一天；本月为最近一次遍历的日期。'],
    is_whole_corp: [
      'b.is_whole_corp',
      '是否全企业 | Is the whole corp\ntrue：全企业合计，含没有部门的成员的客户。',
    ],
    department_id: [
      'b.department_id',
      '部门 ID | Department id\n含其全部下级部门；成员按截止日期的主部门，上下级按现有关系。NULL：全企业，或没有部门的成员。',
    ],
    distinct_customer_count_eod: [
      'b.customers',
      '去重客户数 | Distinct customers\n截止日期结束时至少由一名成员跟进的客户数。',
    ],
    relation_count_eod: ['b.relations', '跟进关系数 | Relations\n截止日期结束时的跟进关系数。'],
    employee_count_eod: ['b.employees', '有客户的成员数 | Employees with customers\n截止日期结束时。'],
  },
  // Two arms and no grouping sets, which before PostgreSQL 18 keep a filter by month from reaching the join.
  with: `${periodOf('customers')}, months AS (
  SELECT r.corp_id, g.month::date AS month_start_date,
    least((g.month + interval '1 month - 1 day')::date, r.last_date) AS as_of_date
  FROM period r CROSS JOIN LATERAL generate_series(date_trunc('month', r.first_date), r.last_date, interval '1 month') g(month)
)`,
  from: `FROM (
  SELECT m.corp_id, m.month_start_date, m.as_of_date, true AS is_whole_corp, NULL::bigint AS department_id, ${FIGURES}
  FROM ${ALIVE}
  GROUP BY m.corp_id, m.month_start_date, m.as_of_date
  UNION ALL
  SELECT m.corp_id, m.month_start_date, m.as_of_date, false, a.ancestor_department_id, ${FIGURES}
  FROM ${ALIVE}
  LEFT JOIN analytics.dim_employee_department p ON p.corp_id = f.corp_id AND p.userid = f.userid
    AND p.from_date <= m.as_of_date AND m.as_of_date < p.until_date
  LEFT JOIN analytics.bridge_department_ancestor a ON a.corp_id = p.corp_id AND a.department_id = p.department_id
  GROUP BY m.corp_id, m.month_start_date, m.as_of_date, a.ancestor_department_id
) b`,
});
