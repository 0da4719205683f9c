import type { Section } from './question.ts';

export const trust: Section = {
  title: { en: 'History and trust', zh: '历史与可信度' },
  questions: [
    {
      id: 'what-changed-in-a-night',
      title: { en: 'What changed between two nights', zh: '两个夜晚之间变了什么' },
      note: {
        en: 'One run is one instant: what ended or changed in it has that `valid_to`, what is new or changed has that `valid_from`. The same works for every `…_versions` view.',
        zh: '一次运行是一个时刻：其中结束或改变的行以它为 `valid_to`，新的或改变后的行以它为 `valid_from`。每个 `_versions` 视图都适用。',
      },
      sql: `
SELECT v.of, count(*) FILTER (WHERE v.valid_from = r.at) AS begun,
       count(*) FILTER (WHERE v.valid_to = r.at AND v.ended_by = 'changed') AS changed,
       count(*) FILTER (WHERE v.valid_to = r.at AND v.ended_by = 'gone') AS gone
FROM (VALUES (TIMESTAMPTZ '2025-10-02 02:30 Asia/Shanghai')) AS r(at)
CROSS JOIN (
  SELECT 'customer_follows' AS of, valid_from, valid_to, ended_by FROM analytics.customer_follows_versions
  UNION ALL SELECT 'employees', valid_from, valid_to, ended_by FROM analytics.employees_versions
  UNION ALL SELECT 'group_chats', valid_from, valid_to, ended_by FROM analytics.group_chats_versions
  UNION ALL SELECT 'departments', valid_from, valid_to, ended_by FROM analytics.departments_versions) v
GROUP BY v.of
ORDER BY v.of`,
    },
    {
      id: 'customers-as-of-a-night',
      title: { en: 'The customer list of an employee as of a past night', zh: '某个夜晚时某成员的客户数' },
      note: {
        en: '`valid_from <= t AND (valid_to IS NULL OR valid_to > t)` is the world as a run at `t` saw it. Nothing is known before the first run.',
        zh: '`valid_from <= t AND (valid_to IS NULL OR valid_to > t)` 即运行时刻 `t` 所见。首次运行之前不可知。',
      },
      sql: `
SELECT v.userid, count(*) AS customers
FROM analytics.customer_follows_versions v
WHERE v.valid_from <= TIMESTAMPTZ '2025-09-30 02:30 Asia/Shanghai'
  AND (v.valid_to IS NULL OR v.valid_to > TIMESTAMPTZ '2025-09-30 02:30 Asia/Shanghai')
GROUP BY v.corp_id, v.userid
ORDER BY customers DESC, v.userid`,
    },
    {
      id: 'restated-figures',
      title: { en: 'Which figures of past days WeCom has changed', zh: '企业微信改过哪些往日数字' },
      note: {
        en: 'Ended versions of a day are what WeCom said before. Missed punches that were approved later look the same in `checkins_versions` (`corrected`).',
        zh: '某日的已结束版本即企业微信之前的说法。事后补卡在 `checkins_versions` 中为 `corrected`。',
      },
      sql: `
SELECT 'punches corrected' AS what, count(*) AS versions, count(DISTINCT userid) AS employees
FROM analytics.checkins_versions WHERE end_reason = 'corrected'
UNION ALL
SELECT 'behaviour figures restated', count(*), count(DISTINCT userid)
FROM analytics.user_behavior_daily_versions WHERE ended_by = 'changed'
ORDER BY what`,
    },
    {
      id: 'freshness',
      title: { en: 'How fresh the data are', zh: '数据有多新' },
      note: {
        en: 'Put this on every dashboard. `hours_since_success` and `is_run_in_progress` say the same as of now.',
        zh: '建议放在每个看板上。`hours_since_success` 与 `is_run_in_progress` 以现在为准。',
      },
      sql: `
SELECT stream, last_success_at, last_status
FROM analytics.sync_freshness
ORDER BY last_success_at, stream`,
    },
    {
      id: 'coverage',
      title: { en: 'Which days are complete', zh: '哪些日期的数据完整' },
      note: {
        en: 'Look before a figure of the last days is used. `is_at_risk` and `is_lost` show days that expire within 14 days, or are lost for good.',
        zh: '使用最近几天的数字之前先看一眼。`is_at_risk`、`is_lost` 为即将过期或永久缺失的日期。',
      },
      sql: `
SELECT stream, stat_date, day_status, unit_count, complete_unit_count, provisional_unit_count
FROM analytics.retention_coverage
WHERE stream IN ('user_behavior_daily', 'group_chat_owner_daily')
  AND stat_date >= DATE '2025-10-02' AND stat_date < DATE '2025-10-05'
ORDER BY stream, stat_date`,
    },
  ],
};
