import type { Section } from './question.ts';

export const customers: Section = {
  title: { en: 'Customers', zh: '客户' },
  questions: [
    {
      id: 'won-and-lost-per-employee',
      title: {
        en: 'Customers won and lost per employee in a week',
        zh: '一周内每名成员得到与失去的客户',
      },
      note: {
        en: 'Each kind of loss stands apart. `deleted_us` is a count of WeCom: nobody knows which customers, and their relations still count as stock.',
        zh: '各种失去分列。`deleted_us` 是企业微信给的人数：不知道是谁，这些关系仍计入存量。',
      },
      sql: `
SELECT userid, sum(won_organic_count) AS won, sum(won_assigned_count) AS assigned,
       sum(deleted_by_employee_count) AS deleted_by_employee, sum(transferred_out_count) AS handed_over,
       sum(deleted_by_customer_count) AS deleted_us
FROM analytics.fct_customer_flow_daily
WHERE stat_date >= DATE '2025-09-28' AND stat_date < DATE '2025-10-05'
GROUP BY corp_id, userid
ORDER BY won DESC, userid`,
    },
    {
      id: 'won-and-lost-per-department',
      title: {
        en: 'The same per department, sub-departments included',
        zh: '按部门汇总（含下级部门）',
      },
      note: {
        en: 'The bridge brings every row once to each department above it, so never add up the rows of this answer. The department is the one of the day, not today’s.',
        zh: '桥表让每一行在各级上级部门各出现一次，因此结果各行不可再相加。部门为当日所属，不是现在的。',
      },
      sql: `
SELECT d.path AS department, sum(f.won_organic_count) AS won, sum(f.won_assigned_count) AS assigned,
       sum(f.deleted_by_employee_count) AS deleted_by_employee, sum(f.resigned_count) AS left_with_employee
FROM analytics.fct_customer_flow_daily f
JOIN analytics.bridge_department_ancestor a USING (corp_id, department_id)
JOIN analytics.dim_department d ON d.corp_id = a.corp_id AND d.department_id = a.ancestor_department_id
WHERE f.stat_date >= DATE '2025-09-28' AND f.stat_date < DATE '2025-10-05' AND d.level <= 3
GROUP BY d.corp_id, d.department_id, d.path, d.level
ORDER BY d.level, d.department_id`,
    },
    {
      id: 'why-relations-ended',
      title: {
        en: 'Churn, handover or out of scope: why relations ended, by month',
        zh: '流失、交接还是离开范围：每月跟进关系结束的原因',
      },
      note: {
        en: 'Only `absent` is churn on our side. `member_resigned` waits for a successor, `transferred_out` has one, `member_not_visible` says nothing about the customer.',
        zh: '只有 `absent` 是我方流失。`member_resigned` 等待接替，`transferred_out` 已有人接替，`member_not_visible` 与客户无关。',
      },
      sql: `
SELECT to_char(counted_until_date, 'YYYY-MM') AS month, end_reason, end_reason_zh,
       count(*) AS relations, count(DISTINCT external_userid) AS customers
FROM analytics.fct_customer_follow
WHERE NOT is_current
GROUP BY month, end_reason, end_reason_zh
ORDER BY month, end_reason`,
    },
    {
      id: 'customers-lost-to-the-company',
      title: {
        en: 'Customers whom nobody follows any more',
        zh: '已无任何成员跟进的客户',
      },
      note: {
        en: 'A customer is lost to the company only when the last relation has ended. The reason is that of the last one.',
        zh: '最后一段关系结束，企业才失去该客户；原因取最后一段关系的。',
      },
      sql: `
SELECT end_reason, end_reason_zh, count(*) AS customers
FROM analytics.dim_customer
WHERE NOT is_current
GROUP BY end_reason, end_reason_zh
ORDER BY customers DESC, end_reason`,
    },
    {
      id: 'customers-who-deleted-us',
      title: {
        en: 'New customers and customers who deleted us, per month',
        zh: '每月新增客户与删除我方的客户',
      },
      note: {
        en: 'WeCom’s own statistics, which also cover the 180 days before the first sync. They are not the same count as `won_…`. A month with days without data is marked.',
        zh: '企业微信自己的统计，可覆盖首次同步前 180 天，与 `won_` 各列口径不同。`days_without_data` 为没有数据的人天数。',
      },
      sql: `
SELECT to_char(stat_date, 'YYYY-MM') AS month, sum(new_customer_count) AS new_customers,
       sum(deleted_by_customer_count) AS deleted_us,
       count(*) FILTER (WHERE deleted_by_customer_count IS NULL) AS days_without_data
FROM analytics.fct_employee_day
WHERE stat_date >= DATE '2025-07-01' AND stat_date < DATE '2025-10-05'
GROUP BY month
ORDER BY month`,
    },
    {
      id: 'customers-per-department-at-month-end',
      title: {
        en: 'Distinct customers per department at the end of the month',
        zh: '月末各部门去重客户数',
      },
      note: {
        en: 'A customer whom two members follow counts once per department, and once in the company. Sub-departments are included; do not add up.',
        zh: '被两名成员跟进的客户在每个部门计一次，在全企业计一次。含下级部门，不可相加。',
      },
      sql: `
SELECT b.month_start_date, coalesce(d.path, '(whole company)') AS department,
       b.distinct_customer_count_eod AS customers, b.relation_count_eod AS relations
FROM analytics.fct_customer_base_monthly b
LEFT JOIN analytics.dim_department d USING (corp_id, department_id)
WHERE b.month_start_date = DATE '2025-09-01' AND (b.is_whole_corp OR d.level = 4)
ORDER BY b.is_whole_corp DESC, d.department_id`,
    },
    {
      id: 'stock-and-flow-per-day',
      title: {
        en: 'Customer relations of the company day by day',
        zh: '全企业跟进关系逐日变化',
      },
      note: {
        en: 'stock = stock of the day before + in − out. The stock of several days is never summed; the newest day is provisional, because it is not over.',
        zh: '存量 = 前一日存量 + 计入 − 退出。存量不可跨日相加；最近一日尚未结束，为暂定。',
      },
      sql: `
SELECT stat_date, sum(in_count) AS came, sum(out_count) AS went, sum(customer_count_eod) AS relations_eod
FROM analytics.fct_customer_base_daily
WHERE NOT is_provisional
GROUP BY stat_date
ORDER BY stat_date`,
    },
    {
      id: 'channels',
      title: {
        en: 'What each channel (state) brought, and what is left of it',
        zh: '各渠道（state）带来的客户与留存',
      },
      note: {
        en: 'Assigned relations are left out. What ended before the first sync is unknown, so compare channels over the same months only.',
        zh: '不含分配所得。首次同步前已结束的关系不可知，因此只比较相同月份的渠道。',
      },
      sql: `
SELECT channel_code, count(*) AS relations, count(DISTINCT external_userid) AS customers,
       count(*) FILTER (WHERE is_first_in_corp) AS new_to_the_company,
       count(*) FILTER (WHERE is_current) AS still_followed
FROM analytics.fct_customer_follow
WHERE channel_code IS NOT NULL AND NOT is_assigned
  AND followed_date >= DATE '2025-07-01' AND followed_date < DATE '2025-10-05'
GROUP BY channel_code
ORDER BY relations DESC, channel_code`,
    },
    {
      id: 'shared-customers',
      title: {
        en: 'How many customers are followed by several employees',
        zh: '被多名成员跟进的客户有多少',
      },
      note: {
        en: 'Today’s state. Who they are: the same table without GROUP BY, joined to `fct_customer_follow`.',
        zh: '当前状态。想知道是谁：不分组，再关联 `fct_customer_follow`。',
      },
      sql: `
SELECT follower_count AS employees, count(*) AS customers
FROM analytics.dim_customer
WHERE is_current
GROUP BY follower_count
ORDER BY follower_count`,
    },
    {
      id: 'who-followed-the-customer-on-a-day',
      title: {
        en: 'As of a day: who followed this customer?',
        zh: '某日谁在跟进这名客户？',
      },
      note: {
        en: 'Intervals are half-open: counted from the first date on, no longer on the second. For an instant instead of a day use `customer_follows_versions` with `valid_from` and `valid_to`.',
        zh: '区间左闭右开。若按时刻查询，用 `customer_follows_versions` 的 `valid_from` 与 `valid_to`。',
      },
      sql: `
SELECT f.userid, f.followed_date, f.counted_until_date, f.end_reason, f.transferred_to_userid
FROM analytics.fct_customer_follow f
WHERE f.external_userid = 'wmSimQBwAABHywCXPoT6fliSZ00000dz'
  AND f.counted_from_date <= DATE '2025-09-30'
  AND (f.counted_until_date IS NULL OR f.counted_until_date > DATE '2025-09-30')
ORDER BY f.userid`,
    },
  ],
};

export const tags: Section = {
  title: { en: 'Tags', zh: '标签' },
  questions: [
    {
      id: 'tag-distribution',
      title: { en: 'Customers per tag', zh: '各标签的客户数' },
      note: {
        en: 'A customer counts once per tag, however many members set it. Tags of rule groups (规则组) are not in the corp’s tag list and have no name here.',
        zh: '同一标签被多名成员打上时客户只计一次。规则组标签不在企业标签库中，没有名称。',
      },
      sql: `
SELECT tag_group_name, tag_name, count(DISTINCT external_userid) AS customers
FROM analytics.fct_customer_tag
WHERE is_current
GROUP BY corp_id, tag_id, tag_group_name, tag_name
ORDER BY customers DESC, tag_group_name, tag_name`,
    },
    {
      id: 'relations-without-tags',
      title: { en: 'Who does not tag their customers', zh: '哪些成员没有给客户打标签' },
      note: {
        en: 'Tags belong to the relation: what a colleague has tagged does not count here.',
        zh: '标签属于跟进关系：同事打的标签不算。',
      },
      sql: `
SELECT f.userid, count(*) AS customers, count(*) FILTER (WHERE t.external_userid IS NULL) AS untagged,
       round(100.0 * count(*) FILTER (WHERE t.external_userid IS NULL) / count(*)) AS untagged_percent
FROM analytics.fct_customer_follow f
LEFT JOIN (SELECT DISTINCT corp_id, external_userid, userid FROM analytics.fct_customer_tag WHERE is_current) t
  USING (corp_id, external_userid, userid)
WHERE f.is_current
GROUP BY f.corp_id, f.userid
ORDER BY untagged DESC, f.userid`,
    },
  ],
};
