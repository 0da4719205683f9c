import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, type Column, type Columns, moment, view } from '../view.ts';
import { departmentOn } from './customer-flow.ts';

/** A row 未打卡 is a missed punch: its time is the one at which the punch was due. */
const PUNCHED = `coalesce(c.exception_type NOT LIKE '%未打卡%', true)`;
const count = (condition: string, comment: string): Column => [
  `count(*) FILTER (WHERE ${condition})::int`,
  comment,
];
const exception = (word: string): string => `c.exception_type ILIKE '%${word}%'`;
const FIRST_IN = `min(c.checkin_at) FILTER (WHERE ${PUNCHED} AND c.checkin_type = '上班打卡')`;
const LAST_OUT = `max(c.checkin_at) FILTER (WHERE ${PUNCHED} AND c.checkin_type = '下班打卡')`;

/** What is stored as it is shown: expression over `c`, comment. */
const figures: Columns = {
  punch_count: count(PUNCHED, '打卡次数 | Punches\n实际打卡次数，含外出打卡。'),
  outing_count: count(
    `${PUNCHED} AND c.checkin_type = '外出打卡'`,
    '外出打卡次数 | Outings\n实际外出打卡次数。',
  ),
  missed_in_count: count(
    `NOT ${PUNCHED} AND c.checkin_type = '上班打卡'`,
    '上班缺卡 | Missed punches in\n应打未打的上班卡数。',
  ),
  missed_out_count: count(
    `NOT ${PUNCHED} AND c.checkin_type = '下班打卡'`,
    '下班缺卡 | Missed punches out\n应打未打的下班卡数。',
  ),
  time_exception_count: count(exception('时间异常'), '时间异常次数 | Time exceptions\n迟到、早退等。'),
  place_exception_count: count(exception('地点异常'), '地点异常次数 | Place exceptions\n不在打卡范围。'),
  wifi_exception_count: count(exception('wifi异常'), 'Wi-Fi 异常次数 | Wi-Fi exceptions\n不是规定的 Wi-Fi。'),
  device_exception_count: count(
    exception('非常用设备'),
    '非常用设备次数 | Unusual devices\n用非常用设备打卡。',
  ),
  rule_names: [
    `coalesce(array_agg(DISTINCT c.group_name ORDER BY c.group_name) FILTER (WHERE c.group_name IS NOT NULL), '{}')`,
    '打卡规则 | Rules\n当日记录所属的打卡规则名称。{}：没有规则。',
  ],
};

const fctCheckinDay = view('fct_checkin_day', {
  comment:
    '打卡日报 | Check-ins per day\n每名成员每天一行，有打卡记录的日期。按打卡时刻所在的日期，跨零点的下班打卡计入次日；请假、工时以考勤系统为准。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    checkin_date: [
      's.checkin_date',
      '打卡日期 | Check-in date\n北京时间自然日；关联 dim_date.calendar_date。',
    ],
    userid: ['s.userid', '成员 | Employee\n关联 dim_employee。'],
    department_id: [
      'p.department_id',
      '部门 ID | Department id\n成员当日的主部门；关联 dim_department。NULL：成员不在通讯录可见范围，或没有主部门。',
    ],
    ...moment(
      'first_in',
      's.first_in_at',
      '首次上班打卡',
      'First in',
      '未打卡不算。NULL：当日没有上班打卡。',
    ),
    ...moment(
      'last_out',
      's.last_out_at',
      '最后下班打卡',
      'Last out',
      '未打卡不算。NULL：当日没有下班打卡。',
    ),
    presence_minutes: [
      `CASE WHEN s.last_out_at >= s.first_in_at THEN round(extract(epoch FROM s.last_out_at - s.first_in_at) / 60)::int END`,
      '在岗时长 | Presence\n单位：分钟，从首次上班打卡到最后下班打卡，含休息。NULL：缺其中之一，或跨零点。',
    ],
    ...Object.fromEntries(
      Object.entries(figures).map(([name, [, comment]]): [string, Column] => [name, [`s.${name}`, comment]]),
    ),
  },
  from: `FROM analytics_store.fct_checkin_day s\n${departmentOn('s', 'checkin_date')}`,
});

export const checkinDay: Stored = {
  view: fctCheckinDay,
  key: ['userid', 'checkin_date'],
  source: {
    columns: {
      corp_id: 'c.corp_id',
      userid: 'c.userid',
      checkin_date: 'c.checkin_date',
      first_in_at: FIRST_IN,
      last_out_at: LAST_OUT,
      ...Object.fromEntries(Object.entries(figures).map(([name, [expression]]) => [name, expression])),
    },
    from: 'FROM wecom.checkins c GROUP BY c.corp_id, c.checkin_date, c.userid',
  },
  indexes: ['(checkin_date)'],
  scope: {
    column: 'checkin_date',
    type: 'date',
    chunk: 60,
    changed: changedSince('checkins', 'checkin_date'),
  },
};
