import { worded } from '../codes.ts';
import { spellsOf } from '../spells.ts';
import { CORP_ID, moment, view } from '../view.ts';

/** Groups whose owner has resigned (1) or whose inheritance is running (2). */
const waits = (alias: string): string => `coalesce(${alias}.status IN (1, 2), false)`;

export const handoverBacklog = view('handover_backlog', {
  comment:
    '离职交接 | Handover backlog\n离职成员名下等待接替的每名客户、每个客户群一行，含已解决的。客户取自待分配客户列表，群取自群的跟进状态。',
  columns: {
    corp_id: ['h.corp_id', CORP_ID],
    object_type: ['h.object_type', '对象类型 | Object type\ncustomer：客户；group_chat：客户群。'],
    object_id: ['h.object_id', '对象 ID | Object id\n客户的 external_userid，或客户群的 chat_id。'],
    handover_userid: [
      'h.handover_userid',
      '离职成员 | Resigned employee\n关联 dim_employee.userid。NULL：群主未知。',
    ],
    ...moment(
      'resigned',
      'h.resigned_at',
      '离职',
      'Resigned',
      '取自待分配客户列表。NULL：未返回，或群主没有待分配的客户。',
    ),
    ...moment(
      'first_seen',
      'h.first_seen_at',
      '首次看到',
      'First seen waiting',
      '首次看到它等待接替的运行的开始时间。',
    ),
    ...worded(
      'handover_status',
      'handover_status',
      `CASE WHEN h.ended_at IS NULL THEN 'waiting' WHEN h.successor_userid IS NOT NULL THEN 'taken_over' ELSE 'closed' END`,
      '交接状态',
      'Handover status',
      'waiting：等待接替；taken_over：已有接替成员；closed：不再等待，但没有看到接替成员（客户流失、群解散等）。不为 NULL。',
    ),
    successor_userid: [
      'h.successor_userid',
      '接替成员 | Successor\n客户：离职后首个以 201/202 获得该客户的其他成员；群：新群主。NULL：没有。',
    ],
    ...moment(
      'solved',
      'coalesce(h.taken_over_at, h.ended_at)',
      '解决',
      'Solved',
      '接替时间；不知道时为发现其不再等待的运行的开始时间。NULL：仍在等待。',
    ),
    days_waiting: [
      `greatest(0, extract(epoch FROM coalesce(h.taken_over_at, h.ended_at, now()) - coalesce(h.resigned_at, h.first_seen_at)) / 86400)::int`,
      '等待天数 | Days waiting\n单位：天，从离职（不知道时为首次看到）到解决或现在。',
    ],
  },
  with: `${spellsOf('unassigned_customers', ['handover_userid', 'external_userid'], 'dimission_at')}, group_versions AS (
  SELECT v.*, lead(v.owner_userid) OVER k AS next_owner_userid,
    NOT coalesce(lag(${waits('v')}) OVER k AND lag(v.ended_by) OVER k = 'changed', false) AS starts,
    NOT coalesce(lead(${waits('v')}) OVER k AND v.ended_by = 'changed', false) AS ends
  FROM analytics.group_chats_versions v WINDOW k AS (PARTITION BY v.corp_id, v.chat_id ORDER BY v.valid_from)
), group_waits AS (
  SELECT v.*, max(v.valid_from) FILTER (WHERE v.starts) OVER (PARTITION BY v.corp_id, v.chat_id ORDER BY v.valid_from) AS first_seen_at
  FROM group_versions v WHERE ${waits('v')}
), handovers AS (
  SELECT s.corp_id, 'customer' AS object_type, s.external_userid AS object_id, s.handover_userid, s.dimission_at AS resigned_at,
    s.first_seen_at, s.ended_at, g.userid AS successor_userid, g.followed_at AS taken_over_at
  FROM spells s LEFT JOIN LATERAL (
    SELECT f.userid, f.followed_at FROM analytics.customer_follows_versions f
    WHERE f.corp_id = s.corp_id AND f.external_userid = s.external_userid AND f.userid <> s.handover_userid
      AND f.add_way IN (201, 202) AND f.followed_at >= coalesce(s.dimission_at, s.first_seen_at)
    ORDER BY f.followed_at, f.userid LIMIT 1
  ) g ON s.ended_at IS NOT NULL
  UNION ALL
  SELECT w.corp_id, 'group_chat', w.chat_id, w.owner_userid,
    (SELECT max(u.dimission_at) FROM analytics.unassigned_customers_versions u
      WHERE u.corp_id = w.corp_id AND u.handover_userid = w.owner_userid),
    w.first_seen_at, w.valid_to, CASE WHEN w.ended_by = 'changed' THEN nullif(w.next_owner_userid, w.owner_userid) END, NULL
  FROM group_waits w WHERE w.ends
)`,
  from: 'FROM handovers h',
});
