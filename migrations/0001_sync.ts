import { type Kysely, sql } from 'kysely';

/** Schemas, and what the engine keeps about itself: runs, progress, coverage, holds, rejects, quotas. */

const tables: Record<
  string,
  { comment: string; columns: Record<string, readonly [type: string, comment: string]>; key: string }
> = {
  runs: {
    comment:
      '运行 | Runs\nOne row per run. started_at is the valid_from and valid_to of everything that the run changed.',
    key: 'corp_id, run_id',
    columns: {
      corp_id: ['text NOT NULL', '企业 ID | Corp id'],
      run_id: ['text NOT NULL', '运行 ID | Run id\nSorts by time.'],
      cycle: [
        'text NOT NULL',
        '轮次 | Cycle\nrun_id of the first run of a chain in which each run continues a killed one.',
      ],
      started_at: ['timestamptz NOT NULL', '开始时间 | Started at\nThe as-of point of this run.'],
      finished_at: ['timestamptz', '结束时间 | Finished at\nNULL: running, or killed.'],
      status: [
        'text NOT NULL',
        '状态 | Status\nrunning, succeeded, partial, failed, or interrupted (killed or stopped; the next run continues it).',
      ],
      options: ['jsonb NOT NULL', '选项 | Options\nStreams and switches the run was started with.'],
      version: ['text NOT NULL', '软件版本 | Version\nwecom-warehouse version.'],
    },
  },
  run_streams: {
    comment: '运行中的数据流 | Streams of a run\nResult of each stream in each run.',
    key: 'corp_id, run_id, stream',
    columns: {
      corp_id: ['text NOT NULL', '企业 ID | Corp id'],
      run_id: ['text NOT NULL', '运行 ID | Run id'],
      stream: ['text NOT NULL', '数据流 | Stream'],
      status: ['text NOT NULL', '状态 | Status\nsucceeded, partial, held, failed, skipped, not_permitted.'],
      started_at: ['timestamptz NOT NULL', '开始时间 | Started at'],
      finished_at: ['timestamptz NOT NULL', '结束时间 | Finished at'],
      api_calls: ['bigint NOT NULL', '接口调用数 | API calls'],
      pages: ['bigint NOT NULL', '页数 | Pages'],
      records: ['bigint NOT NULL', '记录数 | API records received'],
      inserted: ['bigint NOT NULL', '新增行 | Rows inserted'],
      updated: ['bigint NOT NULL', '变更行 | Rows updated'],
      unchanged: ['bigint NOT NULL', '未变行 | Rows unchanged'],
      deleted: ['bigint NOT NULL', '结束行 | Rows ended'],
      rejected: ['bigint NOT NULL', '拒收记录 | Records rejected'],
      expected: ['bigint NOT NULL', '应有单元 | Units expected'],
      received: ['bigint NOT NULL', '完成单元 | Units finished'],
      explained: [
        'bigint NOT NULL',
        '有解释单元 | Units explained\nUnits that WeCom says cannot be had (resigned, unlicensed, not visible).',
      ],
      error: ['jsonb', '错误 | Error\ncode, errcode, message, remedy. NULL: none.'],
      notes: ['jsonb', '说明 | Notes\nWhat the operator should know. NULL: nothing.'],
    },
  },
  progress: {
    comment:
      '进度与覆盖 | Progress and coverage\nOne row per unit of progress of a stream (member, day list, window, group, or * for a whole list).',
    key: 'corp_id, stream, unit',
    columns: {
      corp_id: ['text NOT NULL', '企业 ID | Corp id'],
      stream: ['text NOT NULL', '数据流 | Stream'],
      unit: ['text NOT NULL', '进度单元 | Unit of progress'],
      cycle: ['text', '轮次 | Cycle\nThe cycle that finished the unit last. NULL: never finished.'],
      completed_at: [
        'timestamptz',
        '最近完整遍历 | Last complete walk\nStart of the run that finished it last.',
      ],
      rows: ['bigint NOT NULL', '行数 | Rows\nRows shown by the last complete walk.'],
      covered: ['datemultirange NOT NULL', '已覆盖日期 | Covered days'],
      provisional: [
        'datemultirange NOT NULL',
        '暂定日期 | Provisional days\nCovered, but the figures may still move.',
      ],
      lost: ['datemultirange NOT NULL', '永久缺失 | Lost days\nDays that WeCom no longer gives.'],
      lost_reasons: ['jsonb NOT NULL', '缺失原因 | Why days were lost\nreason → datemultirange text.'],
      cycle_days: ['datemultirange NOT NULL', '本轮已读日期 | Days read in this cycle'],
      closed: ['text', '不再请求的原因 | Closed\nWhy the unit is not asked for any more. NULL: open.'],
    },
  },
  absences: {
    comment:
      '缺席与保留 | Absences and holds\nKeys that a complete walk did not show: waiting for the decision at the end of the run, or held until --accept-deletes.',
    key: 'corp_id, stream, table_name, key',
    columns: {
      corp_id: ['text NOT NULL', '企业 ID | Corp id'],
      stream: ['text NOT NULL', '数据流 | Stream'],
      table_name: ['text NOT NULL', '表 | Table'],
      key: ['jsonb NOT NULL', '主键 | Key\nKey columns of the absent row.'],
      unit: ['text NOT NULL', '进度单元 | Unit of progress'],
      cycle: ['text NOT NULL', '轮次 | Cycle\nThe cycle whose walk last found it absent.'],
      held_since: [
        'timestamptz',
        '保留起始 | Held since\nStart of the run that first held it. NULL: not decided yet.',
      ],
      reason: ['text', '保留原因 | Reason of the hold'],
      last_shown_at: [
        'timestamptz',
        '最后出现 | Last shown at\nStart of the last complete walk that showed it. NULL when unknown.',
      ],
    },
  },
  rejects: {
    comment: '拒收记录 | Rejected records\nRecords that could not become rows, with the payload as received.',
    key: 'corp_id, stream, reject_id',
    columns: {
      corp_id: ['text NOT NULL', '企业 ID | Corp id'],
      stream: ['text NOT NULL', '数据流 | Stream'],
      reject_id: ['text NOT NULL', '拒收 ID | Reject id\nmd5 of the payload: the same record is kept once.'],
      run_id: ['text NOT NULL', '运行 ID | Run id\nThe last run that saw it.'],
      unit: ['text', '进度单元 | Unit of progress'],
      reason: ['text NOT NULL', '原因 | Reason'],
      payload: ['jsonb NOT NULL', '原始记录 | Record as received'],
      first_seen_at: ['timestamptz NOT NULL', '首次出现 | First seen at'],
      last_seen_at: ['timestamptz NOT NULL', '最近出现 | Last seen at'],
    },
  },
  quotas: {
    comment:
      '配额状态 | Quota state\nTheoretical arrival time of each rate limit, so that quotas hold across restarts.',
    key: 'corp_id, path',
    columns: {
      corp_id: ['text NOT NULL', '企业 ID | Corp id'],
      path: ['text NOT NULL', '接口 | API path'],
      state: ['jsonb NOT NULL', '状态 | State'],
    },
  },
};

const schemas = {
  wecom: '企业微信数据 | WeCom data\nWhat WeCom shows today, and facts for ever.',
  wecom_history: '历史版本 | Ended versions\nEvery version that has ended.',
  wecom_sync: '同步状态 | Sync state\nRuns, progress, coverage, holds, rejects.',
  analytics: '分析视图 | Views for analysts\nThe stable surface.',
};

export async function up(db: Kysely<any>): Promise<void> {
  for (const [schema, text] of Object.entries(schemas)) {
    // wecom_sync may exist already: Kysely keeps its own table there.
    await sql`CREATE SCHEMA IF NOT EXISTS ${sql.ref(schema)}`.execute(db);
    await sql`COMMENT ON SCHEMA ${sql.ref(schema)} IS ${sql.lit(text)}`.execute(db);
  }
  for (const [name, { comment, columns, key }] of Object.entries(tables)) {
    const lines = Object.entries(columns).map(([column, [type]]) => sql`${sql.ref(column)} ${sql.raw(type)}`);
    const target = sql.table(`wecom_sync.${name}`);
    await sql`CREATE TABLE ${target} (${sql.join([...lines, sql`PRIMARY KEY (${sql.raw(key)})`])})`.execute(
      db,
    );
    await sql`COMMENT ON TABLE ${target} IS ${sql.lit(comment)}`.execute(db);
    for (const [column, [, text]] of Object.entries(columns))
      await sql`COMMENT ON COLUMN ${sql.ref(`wecom_sync.${name}.${column}`)} IS ${sql.lit(text)}`.execute(db);
  }
  await sql`CREATE INDEX ON wecom_sync.runs (corp_id, started_at)`.execute(db);
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const name of Object.keys(tables))
    await sql`DROP TABLE ${sql.table(`wecom_sync.${name}`)}`.execute(db);
  for (const schema of ['analytics', 'wecom_history', 'wecom'])
    await sql`DROP SCHEMA ${sql.ref(schema)}`.execute(db);
}
