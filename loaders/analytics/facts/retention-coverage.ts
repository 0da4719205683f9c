import { worded } from '../codes.ts';
import { everyDay } from '../spells.ts';
import { CORP_ID, shanghaiDay, TODAY, view } from '../view.ts';

/** WeCom gives the day that lies 180 days back, and nothing older (customer-contact 6); first runs go back as far. */
const OLDEST = `(${TODAY} - 180)`;
const FORGETS = `('user_behavior_daily', 'group_chat_owner_daily')`;
const EXPIRES = `CASE WHEN c.stream IN ${FORGETS} THEN c.stat_date + 180 END`;

/**
 * The ledger of each unit, each of its days in one state; src/engine/coverage.ts says the same to `status`, and a test
 * compares the two. Expected is a unit from its first covered day on (who was hired later was never expected before),
 * or as far back as WeCom still gives days; nothing is expected of a leaver after the last day that he delivered, whose
 * reading stands, nor of a unit of which WeCom has said that there is nothing to have (asked in a cycle, never a day: no
 * licence). A day that nobody confirmed before WeCom forgot it stays provisional: it is there, but may be too low.
 */
const UNITS = `units AS (
  SELECT p.corp_id, p.stream, p.covered, p.lost - p.covered AS lost, u.forgets, u.is_open,
    CASE WHEN p.closed IS NULL THEN p.provisional * p.covered ELSE '{}' END AS provisional,
    CASE WHEN u.is_open THEN datemultirange(daterange(CASE WHEN u.forgets THEN ${OLDEST} ELSE least(lower(p.covered), ${OLDEST}) END, ${TODAY}))
      ELSE '{}' END - p.covered - p.lost AS missing,
    CASE WHEN u.forgets AND lower(p.covered) < ${OLDEST} THEN datemultirange(daterange(lower(p.covered),
      CASE WHEN p.closed IS NULL THEN ${OLDEST} ELSE least(upper(p.covered), ${OLDEST}) END)) ELSE '{}' END - p.covered - p.lost AS expired
  FROM wecom_sync.progress p CROSS JOIN LATERAL (
    SELECT p.stream IN ${FORGETS} AS forgets,
      p.closed IS NULL AND NOT (p.cycle IS NOT NULL AND isempty(p.covered) AND isempty(p.lost)) AS is_open
  ) u
  WHERE EXISTS (SELECT FROM wecom_sync.progress q WHERE q.corp_id = p.corp_id AND q.stream = p.stream
    AND NOT (isempty(q.covered) AND isempty(q.lost)))
)`;

/** Counted at the edges of ranges and summed up over the days: 2,000 members times 1,000 days need no pair of each. */
const COUNTED = `spans AS (
  SELECT corp_id, stream, 0 AS state, unnest(covered - provisional) AS days FROM units
  UNION ALL SELECT corp_id, stream, 1, unnest(provisional) FROM units
  UNION ALL SELECT corp_id, stream, 2, unnest(missing) FROM units
  UNION ALL SELECT corp_id, stream, 3, unnest(lost + expired) FROM units
), edges AS (
  SELECT s.corp_id, s.stream, e.stat_date, s.state, sum(e.step) AS step
  FROM spans s CROSS JOIN LATERAL (VALUES (lower(s.days), 1), (upper(s.days), -1)) e(stat_date, step)
  GROUP BY s.corp_id, s.stream, e.stat_date, s.state
), tried AS (
  SELECT s.corp_id, s.stream, max(${shanghaiDay('r.started_at')}) AS last_date
  FROM wecom_sync.run_streams s JOIN wecom_sync.runs r ON r.corp_id = s.corp_id AND r.run_id = s.run_id
  WHERE s.api_calls > 0 GROUP BY s.corp_id, s.stream
), calendar AS (
  SELECT f.corp_id, f.stream, d.stat_date, t.last_date
  FROM (SELECT corp_id, stream, min(stat_date) AS first_date FROM edges GROUP BY corp_id, stream) f
  LEFT JOIN tried t ON t.corp_id = f.corp_id AND t.stream = f.stream
  ${everyDay('f.first_date', `${TODAY} - 1`)}
), counted AS (
  SELECT k.corp_id, k.stream, k.stat_date, k.last_date,
    ${['complete', 'provisional', 'missing', 'lost']
      .map(
        (name, state) =>
          `(sum(coalesce(sum(e.step) FILTER (WHERE e.state = ${state}), 0)) OVER days)::int AS ${name}_unit_count`,
      )
      .join(',\n    ')}
  FROM calendar k LEFT JOIN edges e ON e.corp_id = k.corp_id AND e.stream = k.stream AND e.stat_date = k.stat_date
  GROUP BY k.corp_id, k.stream, k.stat_date, k.last_date
  WINDOW days AS (PARTITION BY k.corp_id, k.stream ORDER BY k.stat_date)
)`;

const UNITS_EXPECTED = `(c.complete_unit_count + c.provisional_unit_count + c.missing_unit_count + c.lost_unit_count)`;

export const retentionCoverage = view('retention_coverage', {
  comment:
    '保留期覆盖 | Retention coverage\n按天的数据流每天一行：取得了多少，还差多少，哪些快要过期，哪些已永久缺失。进度单元：沟通统计与打卡为成员，群统计为整天，审批为时间窗。',
  columns: {
    corp_id: ['c.corp_id', CORP_ID],
    stream: ['c.stream', '数据流 | Stream\n如 user_behavior_daily、checkins。'],
    stat_date: ['c.stat_date', '统计日期 | Day\n北京时间自然日。'],
    ...worded(
      'day_status',
      'day_status',
      `CASE WHEN c.lost_unit_count > 0 AND c.lost_unit_count = ${UNITS_EXPECTED} THEN 'lost'
    WHEN c.complete_unit_count + c.provisional_unit_count = 0 THEN CASE WHEN c.stat_date < c.last_date THEN 'failed' ELSE 'missing' END
    WHEN c.complete_unit_count = ${UNITS_EXPECTED} THEN 'complete'
    WHEN c.complete_unit_count + c.provisional_unit_count = ${UNITS_EXPECTED} THEN 'provisional'
    ELSE 'partial' END`,
      '数据状态',
      'Day status',
      'complete：全部已定；provisional：全部取得但数值仍可能变化；partial：只有一部分单元，见各单元数；failed：该日结束后运行过，但没有取得；missing：该日结束后尚未运行过；lost：永久缺失。不为 NULL。',
    ),
    unit_count: [
      UNITS_EXPECTED,
      '应有单元数 | Units expected\n自首个取得之日起计入；离职等不再请求的单元只计已取得或已缺失的日期。',
    ],
    complete_unit_count: ['c.complete_unit_count', '已定单元数 | Units complete\n数值不再变化。'],
    provisional_unit_count: [
      'c.provisional_unit_count',
      '暂定单元数 | Units provisional\n已取得，数值仍可能变化。',
    ],
    lost_unit_count: ['c.lost_unit_count', '永久缺失单元数 | Units lost\n企业微信已不再提供。'],
    expires_date: [
      EXPIRES,
      '到期日期 | Expires on\n最后还能取得的日期（统计日期 + 180）。NULL：该数据流不过期。',
    ],
    days_left: [
      `${EXPIRES} - ${TODAY}`,
      '剩余天数 | Days left\n单位：天；负数：已过期。NULL：该数据流不过期。',
    ],
    is_at_risk: [
      `coalesce(c.missing_unit_count > 0 AND ${EXPIRES} - ${TODAY} BETWEEN 0 AND 14, false)`,
      '是否有缺失风险 | Is at risk\n还没有全部取得，且 14 天内过期。',
    ],
    is_lost: [
      'c.lost_unit_count > 0',
      '是否有永久缺失 | Has lost units\n有单元已永久缺失，或过期时仍未取得。',
    ],
    missing_unit_count: [
      'c.missing_unit_count',
      '待取单元数 | Units missing\n企业微信仍能提供，下次运行会取。',
    ],
  },
  with: `${UNITS}, ${COUNTED}`,
  from: `FROM counted c WHERE ${UNITS_EXPECTED} > 0`,
});
