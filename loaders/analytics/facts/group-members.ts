import { coded, worded } from '../codes.ts';
import { periodOf, spellsOf } from '../spells.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, type Column, type Columns, moment, shanghaiDay, view } from '../view.ts';

const fctGroupMember = view('fct_group_member', {
  comment:
    '客户群外部成员 | External people in groups\n每名外部联系人在每个客户群的每次停留一行；退群后再次入群为新的一行。不含企业成员。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    chat_id: ['s.chat_id', '客户群 ID | Chat id\n关联 dim_group_chat。'],
    external_userid: ['s.external_userid', '外部联系人 ID | External userid\n不一定是客户。'],
    is_customer: [
      'EXISTS (SELECT FROM wecom.customers c WHERE c.corp_id = s.corp_id AND c.external_userid = s.external_userid)',
      '是否客户 | Is a customer\n目前至少有一名成员跟进该联系人。',
    ],
    ...moment(
      'joined',
      's.joined_at',
      '入群',
      'Joined',
      '企业微信给出的入群时间，可早于首次同步。NULL：未返回。',
    ),
    ...coded('join_scene', 'join_scene', 's.join_scene_code', '入群方式', 'Join scene', 'NULL：未返回。'),
    channel_code: ['s.channel_code', '渠道参数 | Channel code\n进群方式设置的 state。NULL：没有渠道。'],
    inviter_userid: ['s.inviter_userid', '邀请人 | Inviter\n企业成员 userid。NULL：不是成员邀请。'],
    ...moment(
      'first_seen',
      's.first_seen_at',
      '首次看到',
      'First seen',
      '首次看到这次停留的运行的开始时间。',
    ),
    is_current: ['s.ended_at IS NULL', '是否在群 | Is current\n最近一次读取群成员时仍在，且群仍存在。'],
    ...moment('ended', 's.ended_at', '结束发现', 'End seen', '发现其不在群的运行的开始时间。NULL：仍在群。'),
    left_date: ['s.left_date', '离开日期 | Left on\n业务日期：最后一次仍能看到其在群的日期。NULL：仍在群。'],
    ...worded(
      'end_reason',
      'end_reason',
      's.end_reason',
      '结束原因',
      'End reason',
      'absent：退群或被移出；group_dismissed：群解散，不算退群；group_not_visible：群不再可见；re_added：退群后再次入群。NULL：仍在群。',
    ),
  },
  from: 'FROM analytics_store.fct_group_member s',
});

export const groupMember: Stored = {
  view: fctGroupMember,
  key: ['chat_id', 'external_userid', 'first_seen_at'],
  source: {
    columns: {
      corp_id: 's.corp_id',
      chat_id: 's.chat_id',
      external_userid: 's.external_userid',
      joined_at: 's.joined_at',
      first_seen_at: 's.first_seen_at',
      ended_at: 's.ended_at',
      counted_from_date: shanghaiDay('coalesce(s.joined_at, s.first_seen_at)'),
      left_date: `CASE WHEN s.ended_at IS NOT NULL THEN greatest(${shanghaiDay('coalesce(s.joined_at, s.first_seen_at)')}, ${shanghaiDay('coalesce(s.last_shown_at, s.ended_at)')}) END`,
      join_scene_code: 's.join_scene',
      channel_code: 's.state',
      inviter_userid: 's.invitor_userid',
      end_reason: 's.spell_end_reason',
    },
    with: spellsOf('group_chat_members', ['chat_id', 'member_id'], 'joined_at'),
    from: 'FROM spells s WHERE s.member_type = 2',
  },
  internal: { counted_from_date: '计入日期 | Counted from\n入群日期，没有时为首次看到的日期。' },
  indexes: ['(external_userid)', '(counted_from_date)', '(left_date) WHERE left_date IS NOT NULL'],
  scope: {
    column: 'chat_id',
    type: 'text',
    chunk: 2_000,
    changed: changedSince('group_chat_members', 'chat_id'),
  },
  touches: [
    { day: 'r.counted_from_date', by: ['counted_from_date'] },
    { day: 'r.left_date', by: ['left_date', 'end_reason'] },
  ],
};

const joined: Column = [
  'count(*) FILTER (WHERE e.is_in)::int',
  '入群人数 | Joined\n按企业微信给出的入群时间；首次同步前入群又离开的不可知。',
];
const gone = (condition: string, comment: string): Column => [
  `count(*) FILTER (WHERE NOT e.is_in AND ${condition})::int`,
  comment,
];

/** What the flow counts: expression over `e`, comment. */
const kinds: Columns = {
  joined_count: joined,
  left_count: gone(`e.end_reason IN ('absent', 're_added')`, '退群人数 | Left\n主动退群或被移出，群仍存在。'),
  dismissed_count: gone(
    `e.end_reason = 'group_dismissed'`,
    '因解散离开人数 | Gone by dismissal\n群解散时在群的人数。',
  ),
  out_of_view_count: gone(
    `e.end_reason NOT IN ('absent', 're_added', 'group_dismissed')`,
    '离开可见范围人数 | Out of view\n群不再可见等，人未必离开。',
  ),
};

const fctGroupMemberFlowDaily = view('fct_group_member_flow_daily', {
  comment:
    '客户群人员流动日报 | Group member flow per day\n每个客户群每天一行，只含有变化的日期，自首次同步之日起；只计外部联系人。群解散不算退群。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    stat_date: ['s.stat_date', '统计日期 | Day\n北京时间自然日；关联 dim_date.calendar_date。'],
    chat_id: ['s.chat_id', '客户群 ID | Chat id\n关联 dim_group_chat。'],
    ...Object.fromEntries(
      Object.entries(kinds).map(([name, [, comment]]): [string, Column] => [name, [`s.${name}`, comment]]),
    ),
  },
  from: 'FROM analytics_store.fct_group_member_flow_daily s',
});

/** Arms and no VALUES: a condition on the day then reaches the indexes of the stored members. */
export const groupMemberFlowDaily: Stored = {
  view: fctGroupMemberFlowDaily,
  key: ['chat_id', 'stat_date'],
  source: {
    columns: {
      corp_id: 'e.corp_id',
      chat_id: 'e.chat_id',
      stat_date: 'e.stat_date',
      ...Object.fromEntries(Object.entries(kinds).map(([name, [expression]]) => [name, expression])),
    },
    with: `${periodOf('group_chats')}, events AS (
  SELECT f.corp_id, f.chat_id, f.counted_from_date AS stat_date, true AS is_in, NULL::text AS end_reason
  FROM analytics_store.fct_group_member f JOIN period r ON r.corp_id = f.corp_id AND f.counted_from_date >= r.first_date
  UNION ALL
  SELECT f.corp_id, f.chat_id, f.left_date, false, f.end_reason
  FROM analytics_store.fct_group_member f JOIN period r ON r.corp_id = f.corp_id AND f.left_date >= r.first_date
)`,
    from: `FROM events e GROUP BY e.corp_id, e.chat_id, e.stat_date`,
  },
  indexes: ['(stat_date)'],
  after: ['fct_group_member'],
  scope: {
    column: 'stat_date',
    type: 'date',
    chunk: 500,
    // Without a finished walk no day could be told yet.
    changed: `SELECT unnest($3) AS v
UNION SELECT e.day FROM (
  SELECT counted_from_date AS day FROM analytics_store.fct_group_member WHERE corp_id = $1
  UNION SELECT left_date FROM analytics_store.fct_group_member WHERE corp_id = $1
) e WHERE $2 = '-infinity' OR NOT EXISTS (SELECT FROM analytics_store.fct_group_member_flow_daily WHERE corp_id = $1)`,
  },
};
