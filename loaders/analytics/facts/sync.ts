import { worded } from '../codes.ts';
import { everyDay } from '../spells.ts';
import { CORP_ID, moment, TODAY, view } from '../view.ts';

const STREAM = '数据流 | Stream\n如 customers、user_behavior_daily。';

export const syncFreshness = view('sync_freshness', {
  comment: '同步新鲜度 | Sync freshness\n每个数据流一行：最近一次成功是什么时候，现在是否有运行正在进行。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    stream: ['s.stream', STREAM],
    ...moment(
      'last_success',
      `max(r.started_at) FILTER (WHERE s.status = 'succeeded')`,
      '最近成功',
      'Last success',
      '最近一次成功运行的开始时间，即数据所反映的时刻。NULL：从未成功。',
    ),
    hours_since_success: [
      `round(extract(epoch FROM now() - max(r.started_at) FILTER (WHERE s.status = 'succeeded')) / 3600, 1)`,
      '距最近成功 | Hours since the last success\n单位：小时。NULL：从未成功。',
    ],
    ...moment(
      'last_run',
      'max(r.started_at)',
      '最近运行',
      'Last run',
      '最近一次包含该数据流的运行的开始时间。',
    ),
    last_status: [
      '(array_agg(s.status ORDER BY r.started_at DESC))[1]',
      '最近状态 | Last status\nsucceeded、partial、held、failed、skipped、not_permitted。',
    ],
    is_run_in_progress: [
      `EXISTS (SELECT FROM wecom_sync.runs x WHERE x.corp_id = s.corp_id AND x.status = 'running')`,
      '是否正在运行 | Is a run in progress\n为 true 时数字可能还在变化。被强行终止的运行在下一次运行开始前仍为 true。',
    ],
  },
  from: `FROM wecom_sync.run_streams s JOIN wecom_sync.runs r ON r.corp_id = s.corp_id AND r.run_id = s.run_id
GROUP BY s.corp_id, s.stream`,
});

/** WeCom gives the day that lies 180 days back, and nothing older (customer-contact 6). */
const FORGETS = `('user_behavior_daily', 'group_chat_owner_daily')`;
const EXPIRES = `CASE WHEN c.stream IN ${FORGETS} THEN c.stat_date + 180 END`;
const NOT_FINAL = `c.unit_count > c.complete_unit_count + c.lost_unit_count`;

export const retentionCoverage = view('retention_coverage', {
  comment:
    '保留期覆盖 | Retention coverage\n按天的数据流每天一行：取得了多少，还差多少，哪些快要过期，哪些已永久缺失。进度单元：沟通统计与打卡为成员，群统计为整天，审批为时间窗。',
  columns: {
    corp_id: ['c.corp_id', CORP_ID],
    stream: ['c.stream', STREAM],
    stat_date: ['c.stat_date', '统计日期 | Day\n北京时间自然日。'],
    ...worded(
      'day_status',
      'day_status',
      `CASE WHEN c.unit_count > 0 AND c.lost_unit_count = c.unit_count THEN 'lost'
    WHEN c.complete_unit_count + c.provisional_unit_count = 0 THEN 'missing'
    WHEN c.complete_unit_count = c.unit_count THEN 'complete'
    WHEN c.complete_unit_count + c.provisional_unit_count = c.unit_count THEN 'provisional'
    ELSE 'partial' END`,
      '数据状态',
      'Day status',
      'complete：全部已定；provisional：全部取得但数值仍可能变化；partial：只有一部分单元；missing：尚未取得；lost：永久缺失。不为 NULL。',
    ),
    unit_count: ['c.unit_count', '应有单元数 | Units expected\n不再请求且该日没有数据的单元不计。'],
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
      `coalesce(${NOT_FINAL} AND ${EXPIRES} - ${TODAY} BETWEEN 0 AND 14, false)`,
      '是否有缺失风险 | Is at risk\n还没有全部取得，且 14 天内过期。',
    ],
    is_lost: [
      `c.lost_unit_count > 0 OR coalesce(${NOT_FINAL} AND ${EXPIRES} < ${TODAY}, false)`,
      '是否有永久缺失 | Has lost units\n有单元已永久缺失，或过期时仍未取得。',
    ],
  },
  with: `streams AS (
  SELECT p.corp_id, p.stream,
    least(min(lower(p.covered)), min(lower(p.lost)), CASE WHEN p.stream IN ${FORGETS} THEN ${TODAY} - 180 END) AS first_date
  FROM wecom_sync.progress p
  GROUP BY p.corp_id, p.stream HAVING count(lower(p.covered)) + count(lower(p.lost)) > 0
), counted AS (
  SELECT s.corp_id, s.stream, d.stat_date,
    count(*) FILTER (WHERE p.covered @> d.stat_date OR p.lost @> d.stat_date OR p.closed IS NULL)::int AS unit_count,
    count(*) FILTER (WHERE p.covered @> d.stat_date AND NOT p.provisional @> d.stat_date)::int AS complete_unit_count,
    count(*) FILTER (WHERE p.provisional @> d.stat_date)::int AS provisional_unit_count,
    count(*) FILTER (WHERE p.lost @> d.stat_date AND NOT p.covered @> d.stat_date)::int AS lost_unit_count
  FROM streams s ${everyDay('s.first_date', `${TODAY} - 1`)}
  JOIN wecom_sync.progress p ON p.corp_id = s.corp_id AND p.stream = s.stream
  GROUP BY s.corp_id, s.stream, d.stat_date
)`,
  from: 'FROM counted c',
});
