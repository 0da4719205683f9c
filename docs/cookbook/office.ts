import type { Section } from './question.ts';

export const approvals: Section = {
  title: { en: 'Approvals', zh: '审批' },
  questions: [
    {
      id: 'approval-turnaround',
      title: { en: 'How long approvals take, by template', zh: '各模板的审批时长' },
      note: {
        en: 'From request to the last act, nights and weekends included, for decided requests only. Withdrawn ones have no time of decision.',
        zh: '从提交到最后一次处理的自然时间，仅已办结的。撤销的单没有办结时间。',
      },
      sql: `
SELECT template_name, count(*) AS decided,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY turnaround_minutes)::numeric / 60, 1) AS median_hours,
       round(max(turnaround_minutes) / 60.0, 1) AS longest_hours
FROM analytics.fct_approval
WHERE finished_at IS NOT NULL AND applied_date >= DATE '2025-08-01' AND applied_date < DATE '2025-10-01'
GROUP BY corp_id, template_id, template_name
ORDER BY median_hours DESC, template_name`,
    },
    {
      id: 'approval-steps',
      title: { en: 'Which step takes the time', zh: '时间花在哪个节点' },
      note: {
        en: 'Copied nodes (抄送) take no time and are left out. One source of the flow per request, so nothing counts twice.',
        zh: '不含抄送节点。每张单只取一种流程来源，不会重复计算。',
      },
      sql: `
SELECT s.step_no, s.approver_rule_zh, count(*) AS steps,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY s.step_minutes)::numeric / 60, 1) AS median_hours
FROM analytics.fct_approval_step s
JOIN analytics.fct_approval a USING (corp_id, approval_no)
WHERE a.finished_at IS NOT NULL AND s.node_type_code IS DISTINCT FROM 2 AND s.step_minutes IS NOT NULL
GROUP BY s.step_no, s.approver_rule_zh
ORDER BY s.step_no`,
    },
    {
      id: 'approvals-waiting-for',
      title: { en: 'Whom open approvals wait for, since when', zh: '未办结的审批在等谁、等了多久' },
      note: {
        en: 'When all must agree (会签), a request stands in the row of everybody who has not.',
        zh: '会签时，同一张单会出现在每名尚未处理的成员名下。',
      },
      sql: `
SELECT w.userid AS waits_for, count(*) AS requests, min(s.waiting_since_date) AS oldest,
       count(*) FILTER (WHERE s.waiting_since_date < DATE '2025-09-28') AS over_a_week
FROM analytics.fct_approval_step s
CROSS JOIN LATERAL unnest(s.waiting_for_userids) AS w(userid)
WHERE s.is_waiting
GROUP BY s.corp_id, w.userid
ORDER BY requests DESC, w.userid`,
    },
    {
      id: 'approved-amounts',
      title: { en: 'Approved amounts by template and month', zh: '各模板每月已通过的金额' },
      note: {
        en: 'Yuan. `amount` is filled only where the form has exactly one money field outside its detail tables; others are summed from `approval_forms`.',
        zh: '单位：元。仅当表单上恰好有一个金额控件（明细之外）时有 `amount`；其余从 `approval_forms` 汇总。',
      },
      sql: `
SELECT template_name, to_char(applied_date, 'YYYY-MM') AS month, count(*) AS requests, sum(amount) AS yuan
FROM analytics.fct_approval
WHERE approval_status_code IN (2, 10) AND amount IS NOT NULL
GROUP BY corp_id, template_id, template_name, month
ORDER BY template_name, month`,
    },
    {
      id: 'approval-form-fields',
      title: { en: 'What was bought: the detail rows of a form', zh: '采购了什么：表单明细' },
      note: {
        en: 'One view per template and one per detail table (明细); their names end with the last four characters of the template’s and the control’s id.',
        zh: '每个模板一个视图，每个明细一个视图；名称以模板 ID 和控件 ID 的后四位结尾。',
      },
      sql: `
SELECT "品名_t-11" AS item, count(*) AS rows, sum("数量_r-13") AS pieces, sum("小计_y-12") AS yuan
FROM approval_forms."门店采购申请_明细_VNUx_le-1"
WHERE approval_status_code IN (2, 10)
GROUP BY item
ORDER BY item NULLS LAST`,
    },
    {
      id: 'leave-days',
      title: { en: 'Approved leave by kind and month', zh: '各类已通过的请假' },
      note: {
        en: 'The length is in seconds; here leave is counted in days of 86,400 s. A template counted in hours has days of `perday_duration`.',
        zh: '时长以秒计；此处按天请假，一天为 86400 秒。按小时请假的模板，一天的秒数见 `perday_duration`。',
      },
      sql: `
SELECT "请假_3898" AS kind, to_char("请假_3898_start_at", 'YYYY-MM') AS month, count(*) AS requests,
       round(sum("请假_3898_seconds") / 86400, 1) AS days
FROM approval_forms."请假_0001"
WHERE approval_status_code = 2
GROUP BY kind, month
ORDER BY kind, month`,
    },
    {
      id: 'overtime-hours',
      title: { en: 'Approved overtime by department', zh: '各部门已通过的加班' },
      note: {
        en: 'Department at the time of the request. Requests, not punches: what was really worked is in `fct_checkin_day`.',
        zh: '提交时所在部门。这是申请而不是打卡：实际在岗见 `fct_checkin_day`。',
      },
      sql: `
SELECT d.department_name AS department, count(*) AS requests, round(sum(v."加班_ce-2_seconds") / 3600, 1) AS hours
FROM approval_forms."门店巡检_0005" v
LEFT JOIN analytics.dim_department d ON d.corp_id = v.corp_id AND d.department_id = v.applicant_department_id
WHERE v.approval_status_code IN (2, 10)
GROUP BY d.corp_id, d.department_id, d.department_name
ORDER BY hours DESC, d.department_id`,
    },
  ],
};

export const attendance: Section = {
  title: { en: 'Attendance', zh: '考勤' },
  questions: [
    {
      id: 'late-and-missing-punches',
      title: { en: 'Late, early and missing punches by store', zh: '各门店迟到早退与缺卡' },
      note: {
        en: '时间异常 is late in or early out. A missed punch that was corrected by an approval (补卡) no longer counts.',
        zh: '时间异常即迟到或早退。补卡通过后不再算缺卡。',
      },
      sql: `
SELECT d.department_name AS store, count(*) AS employee_days, sum(c.time_exception_count) AS late_or_early,
       sum(c.missed_in_count) AS missed_in, sum(c.missed_out_count) AS missed_out
FROM analytics.fct_checkin_day c
JOIN analytics.dim_department d USING (corp_id, department_id)
WHERE c.checkin_date >= DATE '2025-09-01' AND c.checkin_date < DATE '2025-10-01'
GROUP BY d.corp_id, d.department_id, d.department_name
ORDER BY d.department_id`,
    },
    {
      id: 'attendance-days',
      title: { en: 'Days present per employee in a month', zh: '每名成员当月出勤天数' },
      note: {
        en: 'A day counts with at least one real punch. Hours are from the first punch in to the last one out, breaks included; days without one of them are left out of the average.',
        zh: '至少有一次实际打卡即计一天。工时为首次上班卡到最后下班卡，含休息；缺其一的日期不进入平均。',
      },
      sql: `
SELECT userid, count(*) FILTER (WHERE punch_count > 0) AS days_present,
       round(avg(presence_minutes) / 60, 1) AS hours_per_day, sum(outing_count) AS outings
FROM analytics.fct_checkin_day
WHERE checkin_date >= DATE '2025-09-01' AND checkin_date < DATE '2025-10-01'
GROUP BY corp_id, userid
ORDER BY days_present DESC, userid`,
    },
  ],
};
