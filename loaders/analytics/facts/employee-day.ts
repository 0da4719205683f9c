import { worded } from '../codes.ts';
import { everyDay } from '../spells.ts';
import { CORP_ID, type Columns, view } from '../view.ts';

const STAT_DATE = '统计日期 | Day\n北京时间自然日；关联 dim_date.calendar_date。';
const NO_DATA = 'NULL：没有数据，不等于 0。';

/** What the ledger of progress says about a day of a unit of a daily stream. */
const dayStatus = (progress: string, day: string): string =>
  `CASE WHEN ${progress}.provisional @> ${day} THEN 'provisional' WHEN ${progress}.covered @> ${day} THEN 'complete'
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

const UNSYNCED = 'NULL：首次同步之前，或该成员没有过客户。';

export const fctEmployeeDay = view('fct_employee_day', {
  comment:
    '成员日报 | Employees per day\n每名成员从最早有数据之日到最近一日每天一行，无空缺；把沟通、客户和客户群的数字放在一起。没有数据为 NULL，不等于 0。',
  columns: {
    corp_id: ['g.corp_id', CORP_ID],
    stat_date: ['g.stat_date', STAT_DATE],
    userid: ['g.userid', '成员 | Employee\n关联 dim_employee。'],
    department_id: [
      'd.department_id',
      '部门 ID | Department id\n成员当日的主部门；关联 dim_department。NULL：成员不在通讯录可见范围，或没有主部门。',
    ],
    ...worded(
      'day_status',
      'behaviour_status',
      dayStatus('p', 'g.stat_date'),
      '沟通数据状态',
      'Status of the behaviour figures',
      'complete：已定；provisional：数值仍可能变化；missing：尚未取得；lost：企业微信已不再提供。不为 NULL。',
    ),
    friend_request_count: [
      'b.new_apply_cnt',
      `发起申请数 | Friend requests sent\n成员当日主动发起的好友申请数。${NO_DATA}`,
    ],
    new_customer_count: [
      'b.new_contact_cnt',
      `新增客户数（企业微信统计） | New customers as WeCom counts\n与 won_ 各列口径不同，不必相等。${NO_DATA}`,
    ],
    chat_count: ['b.chat_cnt', `单聊数 | Chats\n成员当日发过消息的单聊数。${NO_DATA}`],
    message_count: [
      'b.message_cnt',
      `发送消息数 | Messages sent\n成员在单聊中发送的消息数，不含群聊。${NO_DATA}`,
    ],
    reply_percentage: [
      'b.reply_percentage',
      `已回复聊天占比 | Reply percentage\n单位：百分比。只在本行有意义，不可相加或平均（没有分母）。NULL：没有数据，或当日没有客户主动发起聊天。`,
    ],
    avg_first_reply_minutes: [
      'b.avg_reply_time',
      `平均首次回复时长 | Average first reply time\n单位：分钟。只在本行有意义，不可相加或平均。NULL：同 reply_percentage。`,
    ],
    deleted_by_customer_count: [
      'b.negative_feedback_cnt',
      `客户侧删除或拉黑 | Deleted or blocked by customers\n只有人数，不知道是谁。${NO_DATA}`,
    ],
    customer_count_eod: [
      's.customer_count_eod',
      `日末客户数 | Customers at the end of the day\n不可跨日相加。${UNSYNCED}`,
    ],
    won_organic_count: [
      'CASE WHEN s.userid IS NOT NULL THEN coalesce(f.won_organic_count, 0) END',
      `自然新增 | Won\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    won_assigned_count: [
      'CASE WHEN s.userid IS NOT NULL THEN coalesce(f.won_assigned_count, 0) END',
      `分配所得 | Gained by assignment\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    deleted_by_employee_count: [
      'CASE WHEN s.userid IS NOT NULL THEN coalesce(f.deleted_by_employee_count, 0) END',
      `成员侧删除 | Deleted by the employee\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    transferred_out_count: [
      'CASE WHEN s.userid IS NOT NULL THEN coalesce(f.transferred_out_count, 0) END',
      `转出 | Transferred out\n见 fct_customer_flow_daily。${UNSYNCED}`,
    ],
    ...groupFigures('o'),
  },
  with: `spans AS (
  SELECT x.corp_id, x.userid, min(x.stat_date) AS first_date, max(x.stat_date) AS last_date FROM (
    SELECT corp_id, userid, stat_date FROM wecom.user_behavior_daily
    UNION ALL SELECT corp_id, owner_userid, stat_date FROM wecom.group_chat_owner_daily
    UNION ALL SELECT corp_id, userid, stat_date FROM analytics.fct_customer_base_daily
  ) x GROUP BY x.corp_id, x.userid
), grid AS (
  SELECT s.corp_id, s.userid, d.stat_date FROM spans s ${everyDay('s.first_date', 's.last_date')}
)`,
  from: `FROM grid g
LEFT JOIN wecom.user_behavior_daily b ON b.corp_id = g.corp_id AND b.userid = g.userid AND b.stat_date = g.stat_date
LEFT JOIN wecom.group_chat_owner_daily o ON o.corp_id = g.corp_id AND o.owner_userid = g.userid AND o.stat_date = g.stat_date
LEFT JOIN analytics.fct_customer_base_daily s ON s.corp_id = g.corp_id AND s.userid = g.userid AND s.stat_date = g.stat_date
LEFT JOIN analytics.fct_customer_flow_daily f ON f.corp_id = g.corp_id AND f.userid = g.userid AND f.stat_date = g.stat_date
LEFT JOIN wecom_sync.progress p ON p.corp_id = g.corp_id AND p.stream = 'user_behavior_daily' AND p.unit = g.userid
LEFT JOIN analytics.dim_employee_department d ON d.corp_id = g.corp_id AND d.userid = g.userid
  AND d.from_date <= g.stat_date AND g.stat_date < d.until_date`,
});
