import { periodOf } from '../spells.ts';
import type { Stored } from '../store/stored.ts';
import { CORP_ID, view } from '../view.ts';

const fctCustomerBaseMonthly = view('fct_customer_base_monthly', {
  comment:
    '客户存量月报 | Customer base per month\n每个部门（含下级部门）每月一行，另有全企业一行；去重客户数不可跨部门或跨月相加。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    month_start_date: ['s.month_start_date', '月份 | Month\n当月 1 日。'],
    as_of_date: ['s.as_of_date', '截止日期 | As of\n当月最后一天；本月为最近一次遍历的日期。'],
    is_whole_corp: [
      's.is_whole_corp',
      '是否全企业 | Is the whole corp\ntrue：全企业合计，含没有部门的成员的客户。',
    ],
    department_id: [
      's.department_id',
      '部门 ID | Department id\n含其全部下级部门；成员按截止日期的主部门，上下级按现有关系。NULL：全企业，或没有部门的成员。',
    ],
    distinct_customer_count_eod: [
      's.distinct_customer_count_eod',
      '去重客户数 | Distinct customers\n截止日期结束时至少由一名成员跟进的客户数。',
    ],
    relation_count_eod: ['s.relation_count_eod', '跟进关系数 | Relations\n截止日期结束时的跟进关系数。'],
    employee_count_eod: [
      's.employee_count_eod',
      '有客户的成员数 | Employees with customers\n截止日期结束时。',
    ],
  },
  from: 'FROM analytics_store.fct_customer_base_monthly s',
});

const MONTHS = `months AS (
  SELECT r.corp_id, g.month::date AS month_start_date,
    least((g.month + interval '1 month - 1 day')::date, r.last_date) AS as_of_date
  FROM period r CROSS JOIN LATERAL generate_series(date_trunc('month', r.first_date::timestamp), r.last_date::timestamp, interval '1 month') g(month)
)`;

/**
 * A customer counts once wherever he is followed. Customers with the same departments are counted together first, and only
 * the few hundred sets of departments meet their ancestors: 3 million customers times 4 levels would have to be sorted.
 */
export const customerBaseMonthly: Stored = {
  view: fctCustomerBaseMonthly,
  key: ['month_start_date', 'department_key'],
  source: {
    columns: {
      corp_id: 'm.corp_id',
      month_start_date: 'm.month_start_date',
      as_of_date: 'm.as_of_date',
      is_whole_corp: 'b.is_whole_corp',
      department_id: 'b.department_id',
      department_key: `CASE WHEN b.is_whole_corp THEN '*' ELSE coalesce(b.department_id::text, '') END`,
      distinct_customer_count_eod: 'b.customers::int',
      relation_count_eod: 'b.relations::int',
      employee_count_eod: 'b.employees::int',
    },
    with: `${periodOf('customers')}, ${MONTHS}`,
    // Lateral, so that one month can be asked for: a condition does not reach what is read twice.
    from: `FROM months m CROSS JOIN LATERAL (
  WITH alive AS (
    SELECT f.external_userid, f.userid, p.department_id
    FROM analytics_store.fct_customer_follow f
    LEFT JOIN analytics_store.dim_employee_department p ON p.corp_id = f.corp_id AND p.userid = f.userid
      AND p.from_date <= m.as_of_date AND m.as_of_date < p.until_date
    WHERE f.corp_id = m.corp_id AND f.counted_from_date <= m.as_of_date
      AND (f.counted_until_date IS NULL OR f.counted_until_date > m.as_of_date)
  ), sets AS (
    SELECT c.departments, count(*) AS customers FROM (
      SELECT array_agg(DISTINCT a.department_id) AS departments FROM alive a GROUP BY a.external_userid
    ) c GROUP BY c.departments
  ), staff AS (
    SELECT a.userid, a.department_id, count(*) AS relations FROM alive a GROUP BY a.userid, a.department_id
  ), by_customer AS (
    SELECT d.ancestor_id, sum(s.customers) AS customers FROM sets s CROSS JOIN LATERAL (
      SELECT DISTINCT a.ancestor_department_id AS ancestor_id FROM unnest(s.departments) u(department_id)
      LEFT JOIN analytics_store.bridge_department_ancestor a ON a.corp_id = m.corp_id AND a.department_id = u.department_id
    ) d GROUP BY d.ancestor_id
  ), by_staff AS (
    SELECT a.ancestor_department_id AS ancestor_id, sum(s.relations) AS relations, count(*) AS employees
    FROM staff s LEFT JOIN analytics_store.bridge_department_ancestor a ON a.corp_id = m.corp_id AND a.department_id = s.department_id
    GROUP BY a.ancestor_department_id
  )
  SELECT true AS is_whole_corp, NULL::bigint AS department_id, (SELECT sum(customers) FROM sets) AS customers,
    sum(relations) AS relations, count(*) AS employees FROM staff HAVING count(*) > 0
  UNION ALL
  SELECT false, s.ancestor_id, c.customers, s.relations, s.employees
  FROM by_staff s JOIN by_customer c ON c.ancestor_id IS NOT DISTINCT FROM s.ancestor_id
) b`,
  },
  internal: { department_key: '部门键 | Department key\n*：全企业；空：没有部门；否则为部门 ID。' },
  after: ['bridge_department_ancestor', 'dim_employee_department', 'fct_customer_follow'],
  scope: {
    column: 'month_start_date',
    type: 'date',
    chunk: 1,
    // The last stored month ended with the last walk: it goes on with every walk.
    changed: `WITH ${periodOf('customers')}, ${MONTHS}
SELECT m.month_start_date AS v FROM months m WHERE m.corp_id = $1 AND (
  $2 = '-infinity' OR m.as_of_date >= (SELECT min(day) FROM unnest($3) day)
  OR m.as_of_date IS DISTINCT FROM (SELECT max(x.as_of_date) FROM analytics_store.fct_customer_base_monthly x
    WHERE x.corp_id = m.corp_id AND x.month_start_date = m.month_start_date))`,
  },
};
