import { CORP_ID, moment, view } from '../view.ts';

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
    ...moment(
      'facts_refreshed',
      '(SELECT max(x.refreshed_at) FROM analytics_store.refreshes x WHERE x.corp_id = s.corp_id)',
      '分析数据刷新',
      'Facts refreshed',
      '各 fct_ 与 dim_ 视图最近一次刷新的时间；早于最近运行时，它们还没有反映该次运行。NULL：从未刷新。',
    ),
  },
  from: `FROM wecom_sync.run_streams s JOIN wecom_sync.runs r ON r.corp_id = s.corp_id AND r.run_id = s.run_id
GROUP BY s.corp_id, s.stream`,
});
