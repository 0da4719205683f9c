import { codeRows } from '../codes.ts';
import { TODAY, view } from '../view.ts';

/** From the year in which WeCom started to the end of next year. */
export const dimDate = view('dim_date', {
  comment: '日期维度 | Dates\n2016 年至明年年底，每天一行；不含法定节假日（每年公布，企业微信不提供）。',
  columns: {
    calendar_date: ['d.day', '日期 | Date\n北京时间自然日。'],
    year: ['extract(year FROM d.day)::int', '年 | Year\n公历年。'],
    quarter: ['extract(quarter FROM d.day)::int', '季度 | Quarter\n1 至 4。'],
    month: ['extract(month FROM d.day)::int', '月 | Month\n1 至 12。'],
    day_of_month: ['extract(day FROM d.day)::int', '日 | Day of month\n1 至 31。'],
    year_month: [`to_char(d.day, 'YYYY-MM')`, '年月 | Year and month\n如 2026-01。'],
    month_start_date: [`date_trunc('month', d.day)::date`, '月初 | First day of the month\n当月 1 日。'],
    month_end_date: [
      `(date_trunc('month', d.day) + interval '1 month - 1 day')::date`,
      '月末 | Last day of the month\n当月最后一天。',
    ],
    iso_year: ['extract(isoyear FROM d.day)::int', 'ISO 年 | ISO year\nISO 周所属的年份。'],
    iso_week: ['extract(week FROM d.day)::int', 'ISO 周 | ISO week\n1 至 53，周一为一周的第一天。'],
    week_start_date: [`date_trunc('week', d.day)::date`, '周一日期 | Monday of the week\n所在周的周一。'],
    day_of_week: ['extract(isodow FROM d.day)::int', '星期 | Day of week\n1 为周一，7 为周日。'],
    day_of_week_zh: [
      `(ARRAY['周一','周二','周三','周四','周五','周六','周日'])[extract(isodow FROM d.day)::int]`,
      '星期（中文） | Day of week (Chinese)\n周一至周日。',
    ],
    day_of_week_en: [
      `(ARRAY['Mon','Tue','Wed','Thu','Fri','Sat','Sun'])[extract(isodow FROM d.day)::int]`,
      '星期（英文） | Day of week (English)\nMon 至 Sun。',
    ],
    is_weekend: ['extract(isodow FROM d.day) >= 6', '是否周末 | Is weekend\n周六或周日，不考虑调休。'],
    is_past: [`d.day < ${TODAY}`, '是否已结束 | Is past\n该日在北京时间已经结束。'],
  },
  from: `FROM (
  SELECT DATE '2016-01-01' + n AS day
  FROM generate_series(0, (date_trunc('year', ${TODAY}) + interval '2 years - 1 day')::date - DATE '2016-01-01') n
) d`,
});

export const dimCode = view('dim_code', {
  comment: '代码表 | Codes\n视图中已解码的每种代码的每个取值一行。',
  columns: {
    code_name: ['c.code_name', '代码种类 | Code name\n如 add_way、approval_status。'],
    code: ['c.code', '取值 | Code\n企业微信的取值，按文本保存。'],
    label_zh: ['c.label_zh', '中文名称 | Chinese label\n与 _zh 列一致。'],
    label_en: ['c.label_en', '英文名称 | English label\n与 _en 列一致。'],
  },
  from: `FROM (VALUES\n  ${codeRows()}\n) c(code_name, code, label_zh, label_en)`,
});
