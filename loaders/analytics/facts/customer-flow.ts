import { periodOf } from '../spells.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, type Column, type Columns, view } from '../view.ts';

const STAT_DATE = '统计日期 | Day\n北京时间自然日；关联 dim_date.calendar_date。';
const USERID = '成员 | Employee\n关联 dim_employee。';
const DEPARTMENT: Column = [
  'p.department_id',
  '部门 ID | Department id\n成员当日的主部门；关联 dim_department。NULL：成员不在通讯录可见范围，或没有主部门。',
];

/** The department of the employee on a day of the row, as `p`. */
export const departmentOn = (
  alias: string,
  day: string,
): string => `LEFT JOIN analytics_store.dim_employee_department p
  ON p.corp_id = ${alias}.corp_id AND p.userid = ${alias}.userid AND p.from_date <= ${alias}.${day} AND ${alias}.${day} < p.until_date`;

const ASSIGNED = 'coalesce(e.add_way_code IN (201, 202), false)';
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
    `NOT ${ASSIGNED} AND NOT e.came_into_view`,
    '自然新增 | Won\n当日添加的客户，不含内部共享和分配；当天内又删除的也计入。',
  ),
  won_assigned_count: won(
    `${ASSIGNED} AND NOT e.came_into_view`,
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

const fctCustomerFlowDaily = view('fct_customer_flow_daily', {
  comment:
    '客户流量日报 | Customer flow per day\n每名成员每天一行，只含有变化的日期，自首次同步之日起；各种得失分列，不可合称“流失”。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    stat_date: ['s.stat_date', STAT_DATE],
    userid: ['s.userid', USERID],
    department_id: DEPARTMENT,
    ...Object.fromEntries(
      Object.entries(kinds).map(([name, [, comment]]): [string, Column] => [name, [`s.${name}`, comment]]),
    ),
    deleted_by_customer_count: [
      's.deleted_by_customer_count',
      '客户侧删除或拉黑 | Deleted or blocked by customers\n当日删除或拉黑该成员的客户数；企业微信只给人数，不说是谁，这些关系仍计入存量。来源：user_behavior_daily.negative_feedback_cnt。NULL：没有数据。',
    ],
  },
  from: `FROM analytics_store.fct_customer_flow_daily s\n${departmentOn('s', 'stat_date')}
WHERE s.in_count + s.out_count > 0 OR s.deleted_by_customer_count > 0`,
});

/**
 * Comings and goings from the first walk on, and on its day the stock that it found. Arms and no VALUES: a condition on
 * the day then reaches the index of the stored relations.
 */
const EVENTS = `events AS (
  SELECT f.corp_id, f.userid, f.counted_from_date AS stat_date, true AS is_in, f.add_way_code, f.came_into_view, f.end_reason,
    0 AS opening, NULL::int AS by_customers
  FROM analytics_store.fct_customer_follow f JOIN period r ON r.corp_id = f.corp_id AND f.counted_from_date >= r.first_date
  UNION ALL
  SELECT f.corp_id, f.userid, f.counted_until_date, false, NULL, NULL, f.end_reason, 0, NULL
  FROM analytics_store.fct_customer_follow f JOIN period r ON r.corp_id = f.corp_id AND f.counted_until_date >= r.first_date
  UNION ALL
  SELECT f.corp_id, f.userid, r.first_date, NULL, NULL, NULL, NULL,
    CASE WHEN f.counted_until_date < r.first_date THEN 0 ELSE 1 END, NULL
  FROM period r JOIN analytics_store.fct_customer_follow f ON f.corp_id = r.corp_id AND f.counted_from_date < r.first_date
  UNION ALL
  SELECT b.corp_id, b.userid, b.stat_date, NULL, NULL, NULL, NULL, 0, b.negative_feedback_cnt
  FROM wecom.user_behavior_daily b JOIN period r ON r.corp_id = b.corp_id AND b.stat_date >= r.first_date
)`;

export const customerFlowDaily: Stored = {
  view: fctCustomerFlowDaily,
  key: ['userid', 'stat_date'],
  source: {
    columns: {
      corp_id: 'e.corp_id',
      userid: 'e.userid',
      stat_date: 'e.stat_date',
      in_count: 'count(*) FILTER (WHERE e.is_in)::int',
      out_count: 'count(*) FILTER (WHERE NOT e.is_in)::int',
      opening_count: 'sum(e.opening)::int',
      ...Object.fromEntries(Object.entries(kinds).map(([name, [expression]]) => [name, expression])),
      deleted_by_customer_count: 'sum(e.by_customers)::int',
    },
    with: `${periodOf('customers')}, ${EVENTS}`,
    from: `FROM events e
GROUP BY e.corp_id, e.userid, e.stat_date
HAVING count(e.is_in) > 0 OR sum(e.opening) > 0 OR sum(e.by_customers) > 0`,
  },
  internal: {
    in_count: '当日计入 | Counted in\n当日开始计入的关系数。',
    out_count: '当日退出 | Counted out\n当日退出的关系数。',
    opening_count: '期初存量 | Opening stock\n首次同步时已有的关系数，只在首日。',
  },
  indexes: ['(stat_date)'],
  after: ['fct_customer_follow'],
  scope: {
    column: 'stat_date',
    type: 'date',
    chunk: 500,
    // What lies before the first day is counted on it. Without a finished walk no day could be told yet.
    changed: `WITH ${periodOf('customers')}, touched AS (
  SELECT unnest($3) AS day
  UNION ${changedSince('user_behavior_daily', 'stat_date')}
)
SELECT greatest(t.day, r.first_date) AS v FROM touched t JOIN period r ON r.corp_id = $1
UNION SELECT e.day FROM (
  SELECT counted_from_date AS day FROM analytics_store.fct_customer_follow WHERE corp_id = $1
  UNION SELECT counted_until_date FROM analytics_store.fct_customer_follow WHERE corp_id = $1
  UNION SELECT first_date FROM period WHERE corp_id = $1
) e JOIN period r ON r.corp_id = $1 AND e.day >= r.first_date
WHERE $3 IS NULL OR NOT EXISTS (SELECT FROM analytics_store.fct_customer_flow_daily WHERE corp_id = $1)`,
  },
  touches: [{ day: 'r.stat_date', by: ['in_count', 'out_count', 'opening_count', ...Object.keys(kinds)] }],
};

/** The day of the last walk of the customers, per corp. */
const LAST_WALK = `WITH ${periodOf('customers')} SELECT corp_id, last_date FROM period`;

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
      's.stat_date = l.last_date',
      '是否暂定 | Is provisional\n最近一次遍历当天：该日尚未结束，或其变化要到下一次运行才能看全。',
    ],
  },
  from: `FROM analytics_store.fct_employee_day s
LEFT JOIN (${LAST_WALK}) l ON l.corp_id = s.corp_id\n${departmentOn('s', 'stat_date')}
WHERE s.customer_count_eod IS NOT NULL`,
});
