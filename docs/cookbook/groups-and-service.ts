import type { Section } from './question.ts';

export const groups: Section = {
  title: { en: 'Customer groups', zh: '客户群' },
  questions: [
    {
      id: 'groups-going-quiet',
      title: { en: 'Owners whose groups go quiet', zh: '哪些群主的群正在沉寂' },
      note: {
        en: 'Messages per day in the last week against the four weeks before. WeCom gives the figures per owner, not per group. A day without a row is unknown and not 0, hence the averages over the days that are there.',
        zh: '最近一周与之前四周的日均消息数。企业微信按群主而不是按群给数。没有行的日期是未知而不是 0，因此只对有数据的日期求平均。',
      },
      sql: `
SELECT owner_userid, round(avg(group_message_count) FILTER (WHERE stat_date >= DATE '2025-09-28'), 1) AS last_week,
       round(avg(group_message_count) FILTER (WHERE stat_date < DATE '2025-09-28'), 1) AS four_weeks_before
FROM analytics.fct_group_owner_day
WHERE stat_date >= DATE '2025-08-31' AND stat_date < DATE '2025-10-05'
GROUP BY corp_id, owner_userid
HAVING avg(group_message_count) FILTER (WHERE stat_date >= DATE '2025-09-28')
     < avg(group_message_count) FILTER (WHERE stat_date < DATE '2025-09-28') / 2
ORDER BY four_weeks_before DESC, owner_userid`,
    },
    {
      id: 'group-owners-activity',
      title: { en: 'What the groups of each owner did in a month', zh: '每名群主一个月的群活跃情况' },
      note: {
        en: 'Messages and joins add up over days. Groups at the end of the month are taken from its last day; active groups are an average per day, because one group is active on many days.',
        zh: '消息与入群可跨日相加；群数取当月最后一天；有消息的群数取日均，因为同一个群会在多天活跃。',
      },
      sql: `
SELECT owner_userid, max(group_count_eod) FILTER (WHERE stat_date = DATE '2025-09-30') AS groups_eod,
       sum(group_message_count) AS messages, sum(new_group_member_count) AS joined,
       round(avg(active_group_count), 1) AS active_groups_per_day
FROM analytics.fct_group_owner_day
WHERE stat_date >= DATE '2025-09-01' AND stat_date < DATE '2025-10-01'
GROUP BY corp_id, owner_userid
ORDER BY messages DESC, owner_userid`,
    },
    {
      id: 'group-joins-and-leaves',
      title: { en: 'Joins and leaves by how people came', zh: '各入群方式与渠道的入群和退群' },
      note: {
        en: 'External people only. Who joined in the last 30 days, and what became of them. A dismissed group is not leaving. Joins of people who left before the first sync are unknown.',
        zh: '仅外部联系人。最近 30 天入群者及其去向。群解散不算退群；首次同步前已退群的不可知。',
      },
      sql: `
SELECT join_scene_zh, channel_code, count(*) AS joined, count(*) FILTER (WHERE is_current) AS still_in,
       count(*) FILTER (WHERE end_reason IN ('absent', 're_added')) AS left_the_group,
       count(*) FILTER (WHERE end_reason = 'group_dismissed') AS group_dismissed
FROM analytics.fct_group_member
WHERE joined_date >= DATE '2025-09-05' AND joined_date < DATE '2025-10-05'
GROUP BY join_scene_code, join_scene_zh, channel_code
ORDER BY join_scene_code, channel_code`,
    },
  ],
};

export const service: Section = {
  title: { en: 'Employees and service', zh: '成员与服务' },
  questions: [
    {
      id: 'reply-percentage-bands',
      title: { en: 'How many chats are answered: bands of the reply percentage', zh: '已回复聊天占比的分布' },
      note: {
        en: '`reply_percentage` has no denominator, so it cannot be averaged over employees or days. Count employee-days per band instead.',
        zh: '`reply_percentage` 没有分母，不可跨成员或跨日平均。请统计落在各区间的人天数。',
      },
      sql: `
SELECT CASE WHEN reply_percentage < 50 THEN '1: under 50' WHEN reply_percentage < 80 THEN '2: 50 to 80'
            WHEN reply_percentage < 100 THEN '3: 80 to 100' ELSE '4: all' END AS reply_percentage,
       count(*) AS employee_days, count(DISTINCT userid) AS employees
FROM analytics.fct_employee_day
WHERE stat_date >= DATE '2025-09-01' AND stat_date < DATE '2025-10-01' AND reply_percentage IS NOT NULL
GROUP BY 1
ORDER BY 1`,
    },
    {
      id: 'response-time-bands',
      title: { en: 'How long customers wait for the first answer, by store', zh: '各门店首次回复时长的分布' },
      note: {
        en: 'Minutes, an average of one employee and day that cannot be averaged again: count employee-days per band.',
        zh: '单位分钟，是一名成员一天的平均值，不可再平均：统计各区间的人天数。',
      },
      sql: `
SELECT d.department_name AS store, count(*) FILTER (WHERE e.avg_first_reply_minutes <= 5) AS within_5,
       count(*) FILTER (WHERE e.avg_first_reply_minutes > 5 AND e.avg_first_reply_minutes <= 15) AS within_15,
       count(*) FILTER (WHERE e.avg_first_reply_minutes > 15) AS longer
FROM analytics.fct_employee_day e
JOIN analytics.dim_department d USING (corp_id, department_id)
WHERE e.stat_date >= DATE '2025-09-01' AND e.stat_date < DATE '2025-10-01' AND e.avg_first_reply_minutes IS NOT NULL
GROUP BY d.corp_id, d.department_id, d.department_name
ORDER BY d.department_id`,
    },
    {
      id: 'one-employee-day-by-day',
      title: { en: 'One employee, day by day', zh: '一名成员的日报' },
      note: {
        en: 'Every day has a row. An empty figure means no data, which is not 0; `behaviour_status` says why.',
        zh: '每天都有一行。空值表示没有数据，不等于 0；原因见 `behaviour_status`。',
      },
      sql: `
SELECT stat_date, behaviour_status, customer_count_eod, won_organic_count AS won, deleted_by_customer_count AS deleted_us,
       chat_count, message_count, reply_percentage, group_message_count
FROM analytics.fct_employee_day
WHERE userid = 'chen.na15' AND stat_date >= DATE '2025-09-28' AND stat_date < DATE '2025-10-05'
ORDER BY stat_date`,
    },
    {
      id: 'handover-backlog',
      title: {
        en: 'Customers and groups of employees who have left: what still waits, and for how long',
        zh: '离职成员的客户与群：还有多少等待接替，等了多久',
      },
      note: {
        en: 'Ages as of the last run; `days_waiting` gives them as of now. A case is closed without a successor when the customer is gone too.',
        zh: '以最近一次运行为准；`days_waiting` 以现在为准。`closed` 表示没有看到接替成员就不再等待。',
      },
      sql: `
SELECT h.object_type, h.handover_status, count(*) AS cases,
       count(*) FILTER (WHERE h.handover_status = 'waiting'
         AND s.last_run_date - coalesce(h.resigned_date, h.first_seen_date) > 7) AS waiting_over_a_week,
       min(coalesce(h.resigned_date, h.first_seen_date)) FILTER (WHERE h.handover_status = 'waiting') AS oldest
FROM analytics.handover_backlog h
JOIN analytics.sync_freshness s ON s.corp_id = h.corp_id AND s.stream = 'unassigned_customers'
GROUP BY h.object_type, h.handover_status
ORDER BY h.object_type, h.handover_status`,
    },
  ],
};
