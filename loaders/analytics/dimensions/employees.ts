import { sql } from 'kysely';
import { escapeLiteral } from 'pg';
import type { AnyDatabase } from '../../any-database.ts';
import { coded, worded } from '../codes.ts';
import { everSeen, firstSeen, storedLifetime } from '../ever-seen.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, type Columns, moment, type View, view } from '../view.ts';

/** Column name of `dim_employee` → name of the admin's field: `{employee_no: '工号', store_code: '门店编码'}`. */
export type EmployeeAttributes = Readonly<Record<string, string>>;

const KEY = ['userid'];
const USERID = '成员账号 | userid\n通讯录中的写法。';

const CONFIGURED = /^通讯录扩展属性“(.*)”，由配置指定/m;

/** The attributes of the view as it is in the database: its comments name them. */
export async function storedAttributes(db: AnyDatabase): Promise<EmployeeAttributes> {
  const { rows } = await sql<{ name: string; comment: string }>`
    SELECT attname AS name, coalesce(col_description(attrelid, attnum), '') AS comment FROM pg_attribute
    WHERE attrelid = to_regclass('analytics.dim_employee') AND attnum > 0 ORDER BY attnum`.execute(db);
  return Object.fromEntries(
    rows.flatMap(({ name, comment }) => {
      const attribute = CONFIGURED.exec(comment)?.[1];
      return attribute === undefined ? [] : [[name, attribute]];
    }),
  );
}

function employees(attributes: EmployeeAttributes): View {
  return view('dim_employee', {
    comment:
      '成员维度 | Employees\n见过的每名成员一行，含已离职的；每人一个部门；姓名等见 analytics_pii.employee。仅在客户联系成员列表中出现、通讯录不可见的成员也在内。',
    columns: {
      corp_id: ['s.corp_id', CORP_ID],
      userid: ['s.userid', USERID],
      department_id: [
        's.department_id',
        '部门 ID | Department id\n主部门；没有主部门时为所属部门中 ID 最小者。NULL：应用看不到其部门。',
      ],
      department_name: [
        'd.department_name',
        '部门名称 | Department name\n最后所见。NULL：同部门 ID，或无权查看名称。',
      ],
      department_path: ['d.path', '部门路径 | Department path\n最后所见，以“ / ”连接。NULL：同部门 ID。'],
      position: ['s.position', '职务 | Position\nNULL：未设置。'],
      ...coded('gender', 'gender', 's.gender_code', '性别', 'Gender', 'NULL：无权查看。'),
      ...coded(
        'employee_status',
        'employee_status',
        's.employee_status_code',
        '激活状态',
        'Employee status',
        'NULL：未返回。',
      ),
      direct_leader_userids: [
        's.direct_leader_userids',
        '直属上级 | Direct leaders\nuserid。{}：没有或不可见。NULL：通讯录不可见。',
      ],
      is_in_directory: [
        's.is_in_directory',
        '通讯录是否可见 | Is in the directory\nfalse：仅在客户联系成员列表中出现过。',
      ],
      is_follow_user: ['s.is_follow_user', '是否客户联系成员 | Is follow user\n目前配置了客户联系功能。'],
      ...moment(
        'resigned',
        's.resigned_at',
        '离职',
        'Resigned',
        '取自待分配客户列表。NULL：仍在职，或离职时没有待分配的客户（此时以 ended_at 为准）。',
      ),
      ...storedLifetime('s'),
      ...worded('end_reason', 'end_reason', 's.end_reason', '结束原因', 'End reason', 'NULL：仍存在。'),
      ...attributeColumns(attributes),
    },
    from: `FROM analytics_store.dim_employee s LEFT JOIN analytics.dim_department d
  ON d.corp_id = s.corp_id AND d.department_id = s.department_id`,
  });
}

/**
 * Stored for the planner: reports join it to millions of rows, and without statistics of it those were guessed to be a few
 * thousand and sorted on disk.
 */
export const dimEmployee = (attributes: EmployeeAttributes): Stored => ({
  view: employees(attributes),
  key: KEY,
  source: {
    columns: {
      corp_id: 'e.corp_id',
      userid: 'e.userid',
      department_id: 'coalesce(e.main_department_id, e.any_department_id)',
      position: 'e.position',
      gender_code: 'e.gender',
      employee_status_code: 'e.status',
      direct_leader_userids: 'e.direct_leader_userids',
      is_in_directory: 'e.in_directory',
      is_follow_user:
        'EXISTS (SELECT FROM wecom.follow_users f WHERE f.corp_id = e.corp_id AND f.userid = e.userid)',
      resigned_at: `CASE WHEN e.ended_at IS NOT NULL THEN (SELECT max(u.dimission_at) FROM analytics.unassigned_customers_versions u
    WHERE u.corp_id = e.corp_id AND u.handover_userid = e.userid) END`,
      first_seen_at: firstSeen('employees', KEY, 'e'),
      ended_at: 'e.ended_at',
      end_reason: 'e.end_reason',
    },
    with: `known AS ${everSeen('employees', KEY, ['position', 'gender', 'status', 'main_department_id', 'direct_leader_userids'])}, people AS (
  SELECT k.*, true AS in_directory, (SELECT min(m.department_id) FROM wecom.employee_departments m
    WHERE m.corp_id = k.corp_id AND m.userid = k.userid) AS any_department_id
  FROM known k
  UNION ALL
  SELECT f.corp_id, f.userid, NULL, NULL, NULL, NULL, NULL, f.valid_from, f.ended_at, f.end_reason, false, NULL
  FROM ${everSeen('follow_users', KEY, [])} f
  WHERE NOT EXISTS (SELECT FROM known k WHERE k.corp_id = f.corp_id AND k.userid = f.userid)
)`,
    from: 'FROM people e',
  },
  scope: {
    column: 'userid',
    type: 'text',
    chunk: 5_000,
    changed: `${['employees', 'employee_departments', 'follow_users'].map((table) => changedSince(table, 'userid')).join('\n  UNION ')}
  UNION ${changedSince('unassigned_customers', 'handover_userid')}`,
  },
});

function attributeColumns(attributes: EmployeeAttributes): Columns {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, attribute]) => [
      name,
      [
        `(SELECT a.value FROM analytics_pii.employee_attributes_versions a
    WHERE a.corp_id = s.corp_id AND a.userid = s.userid AND a.attr_name = ${escapeLiteral(attribute)}
      AND (a.valid_to IS NULL OR s.ended_at IS NOT NULL)
    ORDER BY a.valid_from DESC LIMIT 1)`,
        `${attribute} | ${name}\n通讯录扩展属性“${attribute}”，由配置指定；已离职成员为最后所见。NULL：未填写。`,
      ],
    ]),
  );
}

export const employee: View = {
  schema: 'analytics_pii',
  name: 'employee',
  comment:
    '成员个人信息 | Employees, personal data\n见过的每名成员一行，最后所见；与 analytics.dim_employee 以 corp_id、userid 关联。',
  columns: {
    corp_id: ['e.corp_id', CORP_ID],
    userid: ['e.userid', USERID],
    employee_name: ['e.name', '姓名 | Employee name\nNULL：应用无权查看。'],
    employee_alias: ['e.alias', '别名 | Alias\nNULL：未设置。'],
    mobile: ['e.mobile', '手机号 | Mobile\nNULL：未设置或无权查看。'],
    telephone: ['e.telephone', '座机 | Telephone\nNULL：未设置。'],
    email: ['e.email', '邮箱 | E-mail\nNULL：未设置或无权查看。'],
    biz_mail: ['e.biz_mail', '企业邮箱 | Business mail\nNULL：未设置或无权查看。'],
    is_current: ['e.ended_at IS NULL', '是否仍存在 | Is current\n最近一次完整遍历仍能看到。'],
  },
  from: `FROM ${everSeen('employees', KEY, ['name', 'alias', 'mobile', 'telephone', 'email', 'biz_mail'])} e`,
};

const employeeDepartment = view('dim_employee_department', {
  comment:
    '成员部门沿革 | Departments of employees over time\n每名成员的主部门每个时期一行；某日 d 的部门：from_date <= d AND d < until_date。同一成员的时期首尾相接。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    userid: ['s.userid', USERID],
    department_id: ['s.department_id', '部门 ID | Department id\n当时的主部门。NULL：应用看不到其部门。'],
    from_date: [
      's.from_date',
      '开始日期 | From date\n含。最早的时期为 2000-01-01（首次同步之前的部门无从得知，视为相同）。',
    ],
    until_date: [
      's.until_date',
      '结束日期 | Until date\n不含。9999-12-31：至今，或成员已离开（保留最后的部门）。',
    ],
  },
  from: 'FROM analytics_store.dim_employee_department s',
});

/**
 * A period touches no day before the first one with a customer: a new employee's begins in 2000. OFFSET 0, because for a
 * plain min() PostgreSQL walks the index of all days until it meets the employee.
 */
const sinceFirstCustomer = (day: string): string => `greatest(${day}, (SELECT min(o.day) FROM (
    SELECT f.counted_from_date AS day FROM analytics_store.fct_customer_follow f
    WHERE f.corp_id = r.corp_id AND f.userid = r.userid OFFSET 0) o))`;

/**
 * The business day of a change is the day of the last walk that still showed the old version: a run at 02:30 sees what
 * happened yesterday.
 */
export const dimEmployeeDepartment: Stored = {
  view: employeeDepartment,
  key: ['userid', 'from_date'],
  source: {
    columns: {
      corp_id: 'd.corp_id',
      userid: 'd.userid',
      department_id: 'd.main_department_id',
      from_date: 'd.from_date',
      until_date: 'd.until_date',
    },
    with: `ends AS (
  SELECT v.corp_id, v.userid, v.main_department_id, v.valid_from,
    CASE WHEN v.valid_to IS NULL THEN DATE '9999-12-31'
      ELSE (coalesce(v.last_shown_at, v.valid_to) AT TIME ZONE 'Asia/Shanghai')::date END AS end_date,
    lead(v.main_department_id) OVER k IS NOT DISTINCT FROM v.main_department_id AND lead(v.valid_from) OVER k IS NOT NULL AS goes_on
  FROM analytics.employees_versions v
  WINDOW k AS (PARTITION BY v.corp_id, v.userid ORDER BY v.valid_from)
), periods AS (
  SELECT p.*, coalesce(lag(p.end_date) OVER w, DATE '2000-01-01') AS from_date,
    CASE WHEN lead(p.end_date) OVER w IS NULL THEN DATE '9999-12-31' ELSE p.end_date END AS until_date
  FROM ends p WHERE NOT p.goes_on WINDOW w AS (PARTITION BY p.corp_id, p.userid ORDER BY p.valid_from)
)`,
    // Two moves on one day leave a period without a day.
    from: 'FROM periods d WHERE d.from_date < d.until_date',
  },
  scope: { column: 'userid', type: 'text', chunk: 5_000, changed: changedSince('employees', 'userid') },
  touches: [
    { day: sinceFirstCustomer('r.from_date'), by: ['department_id'] },
    { day: sinceFirstCustomer('r.until_date'), by: ['department_id', 'until_date'] },
  ],
};
