import { worded } from '../codes.ts';
import { everyDay, periodOf } from '../spells.ts';
import type { Stored } from '../store/stored.ts';
import { CORP_ID, type Column, type Columns, view } from '../view.ts';
import { departmentOn } from './customer-flow.ts';

const STAT_DATE = '统计日期 | Day\n北京时间自然日；关联 dim_date.calendar_date。';
const NO_DATA = 'NULL：没有数据，不等于 0。';

/** What the ledger of progress says about a day of a unit of a daily stream. Of a leaver the last reading stands. */
const dayStatus = (progress: string, day: string): string =>
  `CASE WHEN ${progress}.provisional @> ${day} AND ${progress}.closed IS NULL THEN 'provisional' WHEN ${progress}.covered @> ${day} THEN 'complete'
    WHEN ${progress}.lost @> ${day} THEN 'lost' ELSE 'missing' END`;

const groupFigures = (row: string): Columns => ({
  new_group_count: [`${row}.new_chat_cnt`, `新增群数 | New groups\n当日新建的客户群数。${NO_DATA}`],
  group_count_eod: [`${row}.chat_total`, `日末群数 | Groups at the end of the day\n不可跨日相加。${NO_DATA}`],
  active_group_count: [
    `${row}.chat_has_msg`,
    `有消息的群数 | Active groups\n当日有人发过消息的群数。${NO_DATA}`,
  ],
  new_group_member_count: [
    `${row}.new_member_cnt`,
    `新增群成员数 | New group members\n当日入群的人数。${NO_DATA}`,
  ],
  group_member_count_eod: [
    `${row}.member_total`,
    `日末群成员数 | Group members at the end of the day\n不可跨日相加。${NO_DATA}`,
  ],
  active_group_member_count: [
    `${row}.member_has_msg`,
    `发过消息的群成员数 | Active group members\n当日发过消息的群成员数。${NO_DATA}`,
  ],
  group_message_count: [`${row}.msg_total`, `群消息数 | Group messages\n当日的群消息数。${NO_DATA}`],
});

export const fctGroupOwnerDay = view('fct_group_owner_day', {
  comment:
    '群主日报 | Group owners per day\n每名群主每天一行，企业微信有数据的日期；没有行表示未知，不等于 0。来源：group_chat_owner_daily。',
  columns: {
    corp_id: ['g.corp_id', CORP_ID],
    stat_date: ['g.stat_date', STAT_DATE],
    owner_userid: ['g.owner_userid', '群主 | Owner\n关联 dim_employee.userid。'],
    ...groupFigures('g'),
    migrated_trainee_group_count: [
      'g.migrate_trainee_chat_cnt',
      '新增迁移群数 | Migrated trainee groups\n仅教培行业。NULL：其他行业。',
    ],
    ...worded(
      'day_status',
      'day_status',
      dayStatus('p', 'g.stat_date'),
      '数据状态',
      'Day status',
      'provisional：最近几天，数值仍可能变化；complete：已定。不为 NULL。',
    ),
  },
  from: `FROM wecom.group_chat_owner_daily g
LEFT JOIN wecom_sync.progress p ON p.corp_id = g.corp_id AND p.stream = 'group_chat_owner_daily' AND p.unit = '*'`,
});

/** What the day shares with fct_customer_flow_daily. */
const FLOWS = [
  'won_organic_count',
  'won_assigned_count',
  'deleted_by_employee_count',
  'transferred_out_count',
] as const;

const UNSYNCED = 'NULL：首次同步之前，或该成员没有过客户。';

const fctEmployeeDay = view('fct_employee_day', {
  comment:
    '成员日报 | Employees per day\n每名成员从最早有数据之日到最近一日每天一行，无空缺；把沟通、客户和客户群的数字放在一起。没有数据为 NULL，不等于 0。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    stat_date: ['s.stat_date', STAT_DATE],
    userid: ['s.userid', '成员 | Employee\n关联 dim_employee。'],
    department_id: [
      'p.department_id',
      '部门 ID | Department id\n成员当日的主部门；关联 dim_department。NULL：成员不在通讯录可见范围，或没有主部门。',
    ],
    ...worded(
      'day_status',
      'behaviour_status',
      dayStatus('q', 's.stat_date'),
      '沟通数据状态',
      'Status of the behaviour figures',
      'complete：已定；provisional：数值仍可能变化；missing：尚未取得；lost：企业微信已不再提供。不为 NULL。',
    ),
    friend_request_count: [
      's.friend_request_count',
      `发起申请数 | Friend requests sent\n成员当日主动发起的好友申请数。${NO_DATA}`,
    ],
    new_customer_count: [
      's.new_customer_count',
      `新增客户数（企业微信统计） | New customers as WeCom counts\n与 won_ 各列口径不同，不必相等。${NO_DATA}`,
    ],
    chat_count: ['s.chat_count', `单聊数 | Chats\n成员当日发过消息的单聊数。${NO_DATA}`],
    message_count: [
      's.message_count',
      `发送消息数 | Messages sent\n成员在单聊中发送的消息数，不含群聊。${NO_DATA}`,
    ],
    reply_percentage: [
      's.reply_percentage',
      `已回复聊天占比 | Reply percentage\n单位：百分比。只在本行有意义，不可相加或平均（没有分母）。NULL：没有数据，或当日没有客户主动发起聊天。`,
    ],
    avg_first_reply_minutes: [
      's.avg_first_reply_minutes',
      `平均首次回复时长 | Average first reply time\n单位：分钟。只在本行有意义，不可相加或平均。NULL：同 reply_percentage。`,
    ],
    deleted_by_customer_count: [
      's.deleted_by_customer_count',
      `客户侧删除或拉黑 | Deleted or blocked by customers\n只有人数，不知道是谁。${NO_DATA}`,
    ],
    customer_count_eod: [
      's.customer_count_eod',
      `日末客户数 | Customers at the end of the day\n不可跨日相加。${UNSYNCED}`,
    ],
    won_organic_count: ['s.won_organic_count', `自然新增 | Won\n见 fct_customer_flow_daily。${UNSYNCED}`],
    won_assigned_count: [
      's.won_assigned_count',
      `分配所得 | Gained by assignment\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    deleted_by_employee_count: [
      's.deleted_by_employee_count',
      `成员侧删除 | Deleted by the employee\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    transferred_out_count: [
      's.transferred_out_count',
      `转出 | Transferred out\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    ...Object.fromEntries(
      Object.entries(groupFigures('o')).map(([name, [, comment]]): [string, Column] => [
        name,
        [`s.${name}`, comment],
      ]),
    ),
  },
  from: `FROM analytics_store.fct_employee_day s
LEFT JOIN wecom_sync.progress q ON q.corp_id = s.corp_id AND q.stream = 'user_behavior_daily' AND q.unit = s.userid
${departmentOn('s', 'stat_date')}`,
});

/** Of the days that runs have changed, all days to the next stored row on either side: no employee has a gap. */
const CHANGED_DAYS = `figures AS (
  SELECT userid, stat_date FROM wecom.user_behavior_daily WHERE corp_id = $1 AND valid_from >= $2
  UNION SELECT userid, stat_date FROM wecom_history.user_behavior_daily WHERE corp_id = $1 AND valid_to >= $2
  UNION SELECT owner_userid, stat_date FROM wecom.group_chat_owner_daily WHERE corp_id = $1 AND valid_from >= $2
  UNION SELECT owner_userid, stat_date FROM wecom_history.group_chat_owner_daily WHERE corp_id = $1 AND valid_to >= $2
), bounds AS (
  SELECT f.stat_date, coalesce((SELECT max(x.stat_date) FROM analytics_store.fct_employee_day x
      WHERE x.corp_id = $1 AND x.userid = f.userid AND x.stat_date < f.stat_date) + 1, f.stat_date) AS from_date,
    coalesce((SELECT min(x.stat_date) FROM analytics_store.fct_employee_day x
      WHERE x.corp_id = $1 AND x.userid = f.userid AND x.stat_date > f.stat_date) - 1, f.stat_date) AS to_date
  FROM figures f
)`;

/** Days whose figures were changed in place since the last refresh, which leaves valid_from as it was. */
const PROVISIONAL_DAYS = `SELECT generate_series(lower(d)::timestamp, upper(d)::timestamp - interval '1 day', interval '1 day')::date
FROM (SELECT unnest(range_agg(x.provisional)) AS d FROM analytics_store.refreshes x WHERE x.corp_id = $1
  AND x.refreshed_at = (SELECT max(y.refreshed_at) FROM analytics_store.refreshes y WHERE y.corp_id = $1)) p`;

/** Dense. Holds what fct_customer_base_daily shows as well: the stock of a day stands on all days before it. */
export const employeeDay: Stored = {
  view: fctEmployeeDay,
  key: ['userid', 'stat_date'],
  source: {
    columns: {
      corp_id: 'g.corp_id',
      userid: 'g.userid',
      stat_date: 'g.stat_date',
      friend_request_count: 'b.new_apply_cnt',
      new_customer_count: 'b.new_contact_cnt',
      chat_count: 'b.chat_cnt',
      message_count: 'b.message_cnt',
      reply_percentage: 'b.reply_percentage',
      avg_first_reply_minutes: 'b.avg_reply_time',
      deleted_by_customer_count: 'b.negative_feedback_cnt',
      customer_count_eod: 'g.customer_count_eod',
      in_count: 'g.in_count',
      out_count: 'g.out_count',
      ...Object.fromEntries(
        FLOWS.map((name) => [
          name,
          `CASE WHEN g.customer_count_eod IS NOT NULL THEN coalesce(f.${name}, 0) END`,
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(groupFigures('o')).map(([name, [expression]]) => [name, expression]),
      ),
    },
    with: `${periodOf('customers')}, stock AS (
  SELECT m.corp_id, m.userid, m.stat_date, m.in_count, m.out_count, r.last_date,
    sum(m.opening_count + m.in_count - m.out_count) OVER w AS customer_count_eod,
    lead(m.stat_date) OVER w AS next_date
  FROM analytics_store.fct_customer_flow_daily m JOIN period r ON r.corp_id = m.corp_id
  WHERE m.opening_count + m.in_count + m.out_count > 0
  WINDOW w AS (PARTITION BY m.corp_id, m.userid ORDER BY m.stat_date)
), base AS (
  SELECT s.corp_id, s.userid, d.stat_date, s.customer_count_eod::int AS customer_count_eod,
    CASE WHEN d.stat_date = s.stat_date THEN s.in_count ELSE 0 END AS in_count,
    CASE WHEN d.stat_date = s.stat_date THEN s.out_count ELSE 0 END AS out_count
  FROM stock s ${everyDay('s.stat_date', 'coalesce(s.next_date - 1, s.last_date)')}
), spans AS (
  SELECT x.corp_id, x.userid, min(x.first_date) AS first_date, max(x.last_date) AS last_date FROM (
    SELECT corp_id, userid, min(stat_date) AS first_date, max(stat_date) AS last_date
    FROM wecom.user_behavior_daily GROUP BY corp_id, userid
    UNION ALL SELECT corp_id, owner_userid, min(stat_date), max(stat_date)
    FROM wecom.group_chat_owner_daily GROUP BY corp_id, owner_userid
    UNION ALL SELECT corp_id, userid, min(stat_date), max(last_date) FROM stock
    WHERE stat_date <= last_date GROUP BY corp_id, userid
  ) x GROUP BY x.corp_id, x.userid
), grid AS (
  SELECT s.corp_id, s.userid, d.stat_date FROM spans s ${everyDay('s.first_date', 's.last_date')}
), filled AS (
  SELECT g.*, b.customer_count_eod, b.in_count, b.out_count FROM grid g
  LEFT JOIN base b ON b.corp_id = g.corp_id AND b.userid = g.userid AND b.stat_date = g.stat_date
)`,
    from: `FROM filled g
LEFT JOIN wecom.user_behavior_daily b ON b.corp_id = g.corp_id AND b.userid = g.userid AND b.stat_date = g.stat_date
LEFT JOIN wecom.group_chat_owner_daily o ON o.corp_id = g.corp_id AND o.owner_userid = g.userid AND o.stat_date = g.stat_date
LEFT JOIN analytics_store.fct_customer_flow_daily f ON f.corp_id = g.corp_id AND f.userid = g.userid AND f.stat_date = g.stat_date`,
  },
  internal: {
    in_count: '当日计入 | Counted in\n见 fct_customer_base_daily。NULL：同 customer_count_eod。',
    out_count: '当日退出 | Counted out\n见 fct_customer_base_daily。NULL：同 customer_count_eod。',
  },
  indexes: ['(stat_date)'],
  after: ['fct_customer_flow_daily'],
  scope: {
    column: 'stat_date',
    type: 'date',
    // The stock of one day reads the flow of all days.
    chunk: 5_000,
    changed: `WITH ${periodOf('customers')}, ${CHANGED_DAYS}, since AS (
  SELECT least((SELECT min(day) FROM unnest($3) day), (SELECT max(x.stat_date) + 1 FROM analytics_store.fct_employee_day x
    WHERE x.corp_id = $1 AND x.customer_count_eod IS NOT NULL),
    CASE WHEN $3 IS NULL THEN (SELECT first_date FROM period WHERE corp_id = $1) END) AS day
)
SELECT d.stat_date AS v FROM since s JOIN period r ON r.corp_id = $1 ${everyDay('s.day', 'r.last_date')}
UNION SELECT d.stat_date FROM bounds b ${everyDay('b.from_date', 'b.to_date')}
UNION SELECT d.stat_date FROM (SELECT min(stat_date) AS first_date, max(stat_date) AS last_date FROM figures WHERE $3 IS NULL) a
  ${everyDay('a.first_date', 'a.last_date')}
UNION ${PROVISIONAL_DAYS}`,
  },
};
