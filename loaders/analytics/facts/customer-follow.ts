import { coded, worded } from '../codes.ts';
import { spellsOf, walksOf } from '../spells.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, type Columns, moment, shanghaiDay, view } from '../view.ts';

/** `followed_at`, and its day as it is stored: reports group 8 million relations by it. */
const storedFollowed = (text: string): Columns => {
  const columns = moment('followed', 's.followed_at', '添加', 'Followed', text);
  return { ...columns, followed_date: ['s.followed_date', columns.followed_date?.[1] ?? ''] };
};

const fctCustomerFollow = view('fct_customer_follow', {
  comment:
    '客户跟进关系 | Customer relations\n客户与成员的每一段跟进关系一行：从添加到结束；删除后重新添加为新的一段，修改备注不是。客户单方面删除成员看不到，关系仍在。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    external_userid: ['s.external_userid', '外部联系人 ID | External userid\n关联 dim_customer。'],
    userid: ['s.userid', '跟进成员 | Employee\n关联 dim_employee。'],
    ...storedFollowed(
      '企业微信给出的添加时间，可早于首次同步。来源：customer_follows.followed_at。NULL：未返回。',
    ),
    ...coded('add_way', 'add_way', 's.add_way_code', '添加来源', 'Source', 'NULL：年代久远的数据。'),
    is_assigned: [
      'coalesce(s.add_way_code IN (201, 202), false)',
      '是否分配所得 | Is assigned\n来源为内部共享（201）或管理员分配（202）；否则为自然新增。',
    ],
    channel_code: [
      's.channel_code',
      '渠道参数 | Channel code\n「联系我」、获客链接等设置的 state。NULL：没有渠道。',
    ],
    initiator_id: [
      's.initiator_id',
      '发起人 | Initiator\n成员 userid，或客户自己的 external_userid。NULL：部分来源不返回。',
    ],
    is_first_in_corp: [
      's.is_first_in_corp',
      '是否企业首次 | Is the first in the corp\n该客户在企业内已知的最早一段关系。首次同步前已结束的关系不可知。',
    ],
    ...moment(
      'first_seen',
      's.first_seen_at',
      '首次看到',
      'First seen',
      '首次看到这段关系的运行的开始时间。',
    ),
    is_current: ['s.ended_at IS NULL', '是否仍在跟进 | Is current\n最近一次完整遍历仍能看到。'],
    ...moment(
      'ended',
      's.ended_at',
      '结束发现',
      'End seen',
      '发现关系结束的那次运行的开始时间；业务日期见 counted_until_date。NULL：仍在跟进。',
    ),
    ...moment(
      'last_shown',
      's.last_shown_at',
      '最后出现',
      'Last shown',
      '仍能看到这段关系的最后一次完整遍历的开始时间。NULL：仍在跟进。',
    ),
    ...worded(
      'end_reason',
      'end_reason',
      's.end_reason',
      '结束原因',
      'End reason',
      'absent：成员删除了客户等；transferred_out：推断，另一成员在 7 天内以 201/202 获得该客户；member_resigned：成员离职；member_not_visible：成员不再可见；re_added：重新添加。NULL：仍在跟进。',
    ),
    transferred_to_userid: [
      's.transferred_to_userid',
      '转给 | Transferred to\n推断的接替成员 userid。NULL：仍在跟进，或不是转移。',
    ],
    came_into_view: [
      's.came_into_view',
      '是否因可见而出现 | Came into view\n首次看到时添加已超过上一次完整遍历 7 天：成员进入可见范围等，不是新增客户。',
    ],
    counted_from_date: [
      's.counted_from_date',
      '计入日期 | Counted from\n从该日起（含）计入存量；一般为添加日期，came_into_view 时为上一次遍历的日期。',
    ],
    counted_until_date: [
      's.counted_until_date',
      '退出日期 | Counted until\n从该日起（含）不再计入存量，即结束的业务日期：最后一次仍能看到它的完整遍历的日期。NULL：仍在跟进。',
    ],
    is_end_date_exact: [
      `CASE WHEN s.ended_at IS NOT NULL THEN ${shanghaiDay('s.ended_at')} - ${shanghaiDay('s.last_shown_at')} <= 1 END`,
      '退出日期是否准确 | Is the end date exact\nfalse：其间有夜晚没有完整遍历，结束可能晚于该日。NULL：仍在跟进，或最后出现时间未知。',
    ],
  },
  from: 'FROM analytics_store.fct_customer_follow s',
});

/**
 * Another member gained the customer by sharing (201) or assignment (202) around the time of the loss: up to 7 days
 * after the run that noticed it, and a day before the last walk that still showed it (takeovers are not simultaneous).
 */
const TRANSFER = `LATERAL (
    SELECT g.userid AS transferred_to_userid FROM analytics.customer_follows_versions g
    WHERE g.corp_id = s.corp_id AND g.external_userid = s.external_userid AND g.userid <> s.userid AND g.add_way IN (201, 202)
      AND g.followed_at >= s.last_shown_at - interval '1 day' AND g.followed_at < s.valid_to + interval '7 days'
    ORDER BY g.followed_at, g.userid LIMIT 1
  ) t ON s.end_reason = 'absent'`;

/** Everything about a relation follows from the versions of its customer. */
export const customerFollow: Stored = {
  view: fctCustomerFollow,
  key: ['external_userid', 'userid', 'first_seen_at'],
  source: {
    columns: {
      corp_id: 'c.corp_id',
      external_userid: 'c.external_userid',
      userid: 'c.userid',
      followed_at: 'c.followed_at',
      first_seen_at: 'c.first_seen_at',
      ended_at: 'c.ended_at',
      last_shown_at: 'c.last_shown_at',
      followed_date: shanghaiDay('c.followed_at'),
      counted_from_date: 'c.counted_from_date',
      counted_until_date: `CASE WHEN c.ended_at IS NOT NULL
    THEN greatest(c.counted_from_date, ${shanghaiDay('coalesce(c.last_shown_at, c.ended_at)')}) END`,
      add_way_code: 'c.add_way',
      // No window: it would keep a filter by employee from reaching the tables.
      is_first_in_corp: `NOT EXISTS (SELECT FROM analytics.customer_follows_versions f
    WHERE f.corp_id = c.corp_id AND f.external_userid = c.external_userid
      AND (coalesce(f.followed_at, '-infinity'), f.userid, f.valid_from)
        < (coalesce(c.followed_at, '-infinity'), c.userid, c.first_seen_at))`,
      came_into_view: 'c.came_into_view',
      channel_code: 'c.state',
      initiator_id: 'c.oper_userid',
      end_reason: `CASE WHEN c.transferred_to_userid IS NOT NULL THEN 'transferred_out' ELSE c.spell_end_reason END`,
      transferred_to_userid: 'c.transferred_to_userid',
    },
    with: `${walksOf('customers')}, ${spellsOf('customer_follows', ['external_userid', 'userid'], 'followed_at')}, dated AS (
  SELECT s.*, t.transferred_to_userid, w.previous_at,
    coalesce(s.followed_at < w.previous_at - interval '7 days', false) AS came_into_view
  FROM spells s LEFT JOIN walks w ON w.corp_id = s.corp_id AND w.started_at = s.first_seen_at
  LEFT JOIN ${TRANSFER}
), counted AS (
  SELECT d.*, greatest(${shanghaiDay('CASE WHEN d.came_into_view THEN d.previous_at ELSE coalesce(d.followed_at, d.first_seen_at) END')},
    ${shanghaiDay('d.before_shown_at')}) AS counted_from_date
  FROM dated d
)`,
    from: 'FROM counted c',
  },
  indexes: ['(userid)', '(counted_from_date)', '(counted_until_date) WHERE counted_until_date IS NOT NULL'],
  scope: {
    column: 'external_userid',
    type: 'text',
    chunk: 100_000,
    changed: changedSince('customer_follows', 'external_userid'),
  },
  touches: [
    { day: 'r.counted_from_date', by: ['counted_from_date', 'add_way_code', 'came_into_view'] },
    { day: 'r.counted_until_date', by: ['counted_until_date', 'end_reason'] },
  ],
};
