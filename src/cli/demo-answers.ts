/** Questions that an analyst asks, with the SQL that answers them: the report of `demo`. */

export interface Answer {
  readonly question: string;
  readonly sql: string;
}

export const ANSWERS: readonly Answer[] = [
  {
    question: 'Customers won and lost per employee in the last 30 days',
    sql: `
SELECT e.name AS employee, d.name AS department, sum(b.new_contact_cnt) AS won,
       sum(b.negative_feedback_cnt) AS lost, sum(b.new_contact_cnt - b.negative_feedback_cnt) AS net
FROM wecom.user_behavior_daily b
JOIN wecom.employees e USING (corp_id, userid)
LEFT JOIN wecom.departments d ON (d.corp_id, d.department_id) = (e.corp_id, e.main_department_id)
WHERE b.stat_date > (SELECT max(stat_date) - 30 FROM wecom.user_behavior_daily)
GROUP BY e.corp_id, e.userid, e.name, d.name
ORDER BY net DESC LIMIT 6`,
  },
  {
    question: 'Approval turnaround by template, in hours from request to decision',
    sql: `
SELECT a.sp_name AS template, count(*) AS decided,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY p.hours)::numeric, 1) AS median_hours,
       round(max(p.hours), 1) AS longest_hours, count(*) FILTER (WHERE a.sp_status = 3) AS refused
FROM wecom.approvals a
CROSS JOIN LATERAL (
  SELECT extract(epoch FROM max(acted_at) - a.applied_at) / 3600 AS hours
  FROM wecom.approval_step_approvers s
  WHERE (s.corp_id, s.sp_no) = (a.corp_id, a.sp_no)) p
WHERE a.sp_status IN (2, 3)
GROUP BY a.sp_name ORDER BY median_hours DESC`,
  },
  {
    question: 'Owners whose groups go quiet: messages per day, the last week against the four weeks before',
    sql: `
WITH w AS (
  SELECT corp_id, owner_userid, max(chat_total) AS groups,
         avg(msg_total) FILTER (WHERE stat_date > last.day - 7) AS last_week,
         avg(msg_total) FILTER (WHERE stat_date <= last.day - 7) AS weeks_before
  FROM wecom.group_chat_owner_daily, (SELECT max(stat_date) AS day FROM wecom.group_chat_owner_daily) last
  WHERE stat_date > last.day - 35
  GROUP BY corp_id, owner_userid)
SELECT coalesce(e.name, w.owner_userid) AS owner, groups, round(last_week, 1) AS last_week,
       round(weeks_before, 1) AS weeks_before, round(100 * last_week / weeks_before - 100) AS percent
FROM w LEFT JOIN wecom.employees e ON (e.corp_id, e.userid) = (w.corp_id, w.owner_userid)
WHERE last_week < weeks_before
ORDER BY percent LIMIT 6`,
  },
];
