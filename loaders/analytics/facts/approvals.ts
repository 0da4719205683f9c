import { coded, worded } from '../codes.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, moment, view } from '../view.ts';

/** A request `a` has its flow in one source or in both, and they may differ: the newer one counts where it exists. */
const FLOW_SOURCE = `CASE WHEN EXISTS (SELECT FROM wecom.approval_steps z WHERE z.corp_id = a.corp_id AND z.sp_no = a.sp_no
    AND z.source = 'process_list') THEN 'process_list' ELSE 'sp_record' END`;

const FINISHED_AT = `CASE WHEN a.sp_status IN (2, 3, 6, 10) THEN (
    SELECT max(p.acted_at) FROM wecom.approval_step_approvers p
    WHERE p.corp_id = a.corp_id AND p.sp_no = a.sp_no AND p.source = ${FLOW_SOURCE}) END`;

const minutesBetween = (from: string, to: string): string =>
  `round(extract(epoch FROM ${to} - ${from}) / 60)::bigint`;

const fctApproval = view('fct_approval', {
  comment: '审批单 | Approvals\n每张审批单一行，含已撤销和已删除的。表单内容见 schema approval_forms。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    approval_no: ['s.approval_no', '审批单号 | Approval number\n按文本保存。来源：approvals.sp_no。'],
    approval_name: ['s.approval_name', '审批名称 | Approval name\n提交时的模板名称。NULL：未返回。'],
    template_id: ['s.template_id', '模板 ID | Template id\nNULL：未返回。'],
    template_name: ['t.name', '模板名称 | Template name\n模板现在的名称。NULL：模板不可读或没有名称。'],
    ...coded(
      'approval_status',
      'approval_status',
      's.approval_status_code',
      '审批状态',
      'Approval status',
      'NULL：未返回。',
    ),
    is_open: ['coalesce(s.approval_status_code = 1, false)', '是否审批中 | Is open\n状态为 1。'],
    ...moment('applied', 's.applied_at', '提交', 'Applied', 'NULL：未返回。'),
    applicant_userid: ['s.applicant_userid', '申请人 | Applicant\n关联 dim_employee.userid。NULL：未返回。'],
    applicant_department_id: [
      's.applicant_department_id',
      "申请人部门 ID | Applicant's department id\n提交时所在部门；关联 dim_department。NULL：未返回。",
    ],
    ...moment(
      'finished',
      's.finished_at',
      '办结',
      'Finished',
      '最后一名处理人操作的时间，仅状态为已通过、已驳回、通过后撤销、已支付时。NULL：未办结，或已撤销、已删除（企业微信不给时间）。',
    ),
    turnaround_minutes: [
      minutesBetween('s.applied_at', 's.finished_at'),
      '办结时长 | Turnaround\n单位：分钟，从提交到办结的自然时间。NULL：同 finished_at。',
    ],
    amount: [
      's.amount',
      '金额 | Amount\n单位：元。仅当表单上恰好有一个金额控件（不含明细内）时。NULL：没有或不止一个金额控件，或未填写。',
    ],
    step_count: ['s.step_count', '节点数 | Steps\n审批与办理节点，不含抄送。'],
    comment_count: ['s.comment_count', '评论数 | Comments\n审批单下的评论条数。'],
  },
  from: `FROM analytics_store.fct_approval s
LEFT JOIN wecom.approval_templates t ON t.corp_id = s.corp_id AND t.template_id = s.template_id`,
});

const CHANGED = ['approvals', 'approval_steps', 'approval_step_approvers']
  .map((table) => changedSince(table, 'sp_no'))
  .join('\n  UNION ');

export const approval: Stored = {
  view: fctApproval,
  key: ['approval_no'],
  source: {
    columns: {
      corp_id: 'a.corp_id',
      approval_no: 'a.sp_no',
      applied_at: 'a.applied_at',
      finished_at: FINISHED_AT,
      applicant_department_id: 'a.applicant_department_id',
      approval_status_code: 'a.sp_status',
      step_count: `(SELECT count(*) FROM wecom.approval_steps n WHERE n.corp_id = a.corp_id AND n.sp_no = a.sp_no
    AND n.source = ${FLOW_SOURCE} AND n.node_type IS DISTINCT FROM 2)::int`,
      comment_count:
        '(SELECT count(*) FROM wecom.approval_comments c WHERE c.corp_id = a.corp_id AND c.sp_no = a.sp_no)::int',
      template_id: 'a.template_id',
      approval_name: 'a.sp_name',
      applicant_userid: 'a.applicant_userid',
      amount: `(SELECT CASE WHEN count(*) = 1 THEN min(f.value_number) END FROM wecom.approval_fields f
    WHERE f.corp_id = a.corp_id AND f.sp_no = a.sp_no AND f.control = 'Money' AND f.row_no = 0)`,
    },
    from: 'FROM wecom.approvals a',
  },
  scope: {
    column: 'approval_no',
    type: 'text',
    chunk: 50_000,
    changed: [
      CHANGED,
      ...['approval_fields', 'approval_comments'].map((table) => changedSince(table, 'sp_no')),
    ].join('\n  UNION '),
  },
};

const fctApprovalStep = view('fct_approval_step', {
  comment:
    '审批节点 | Approval steps\n每张审批单的每个节点一行；每张单只取一种流程来源：有新版流程时取新版，否则取旧版。等谁、等了多久见 waiting_ 各列。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    approval_no: ['s.approval_no', '审批单号 | Approval number\n关联 fct_approval。'],
    step_no: ['s.step_no', '节点序号 | Step number\n从 1 起。'],
    flow_source: [
      's.flow_source',
      '流程来源 | Source of the flow\nprocess_list：新版流程，含抄送节点；sp_record：旧版流程。',
    ],
    ...coded(
      'node_type',
      'node_type',
      's.node_type_code',
      '节点类型',
      'Node type',
      'NULL：旧版流程，均为审批节点。',
    ),
    ...coded(
      'node_status',
      'step_status',
      's.step_status_code',
      '节点状态',
      'Step status',
      'NULL：抄送节点没有状态。',
    ),
    ...worded(
      'approver_rule',
      'approver_rule',
      's.approver_rule',
      '审批方式',
      'Approver rule',
      '两种来源的编码相反，这里已统一：all 会签、any 或签、in_turn 依次审批。NULL：未返回。',
    ),
    approver_userids: [
      's.approver_userids',
      '处理人 | Approvers\n节点的全部处理人 userid，按顺序。{}：没有。',
    ],
    ...moment(
      'last_acted',
      's.last_acted_at',
      '最后处理',
      'Last acted',
      '该节点最后一次有人操作的时间。NULL：尚无人处理。',
    ),
    is_waiting: ['s.is_waiting', '是否正在等待 | Is waiting\n审批单审批中，且流程停在该节点。'],
    waiting_for_userids: [
      's.waiting_for_userids',
      '等待处理人 | Waiting for\n尚未处理的成员 userid；依次审批时只有轮到的一人。NULL：不在等待。',
    ],
    ...moment(
      'waiting_since',
      's.waiting_since_at',
      '等待起始',
      'Waiting since',
      '前面节点最后一次处理的时间，第一个节点为提交时间。NULL：不在等待。',
    ),
    step_minutes: [
      's.step_minutes',
      '节点用时 | Time of the step\n单位：分钟，从到达该节点到其最后一次处理。NULL：尚无人处理。',
    ],
  },
  from: 'FROM analytics_store.fct_approval_step s',
});

export const approvalStep: Stored = {
  view: fctApprovalStep,
  key: ['approval_no', 'step_no'],
  source: {
    columns: {
      corp_id: 's.corp_id',
      approval_no: 's.sp_no',
      last_acted_at: 's.last_acted_at',
      waiting_since_at: 'CASE WHEN s.is_waiting THEN coalesce(s.before_acted_at, s.applied_at) END',
      step_minutes: minutesBetween('coalesce(s.before_acted_at, s.applied_at)', 's.last_acted_at'),
      step_no: 's.node_index + 1',
      node_type_code: 's.node_type',
      step_status_code: 's.sp_status',
      is_waiting: 's.is_waiting',
      flow_source: 's.source',
      approver_rule: `CASE WHEN s.source = 'sp_record'
    THEN CASE s.approverattr WHEN 1 THEN 'any' WHEN 2 THEN 'all' ELSE s.approverattr::text END
    ELSE CASE s.apv_rel WHEN 1 THEN 'all' WHEN 2 THEN 'any' WHEN 3 THEN 'in_turn' ELSE s.apv_rel::text END END`,
      approver_userids: 's.userids',
      waiting_for_userids: `CASE WHEN s.is_waiting THEN CASE WHEN s.source = 'process_list' AND s.apv_rel = 3 THEN s.open_userids[1:1] ELSE s.open_userids END END`,
    },
    with: `flow AS (
  SELECT n.*, a.applied_at, coalesce(p.userids, '{}') AS userids, coalesce(p.open_userids, '{}') AS open_userids, p.last_acted_at,
    max(p.last_acted_at) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_acted_at,
    min(n.node_index) FILTER (WHERE a.sp_status = 1 AND n.sp_status = 1 AND n.node_type IS DISTINCT FROM 2)
      OVER (PARTITION BY n.corp_id, n.sp_no) AS waiting_index
  FROM wecom.approval_steps n
  JOIN wecom.approvals a ON a.corp_id = n.corp_id AND a.sp_no = n.sp_no
  CROSS JOIN LATERAL (
    SELECT max(p.acted_at) AS last_acted_at,
      array_agg(p.userid ORDER BY p.detail_index) FILTER (WHERE p.userid IS NOT NULL) AS userids,
      array_agg(p.userid ORDER BY p.detail_index) FILTER (WHERE p.userid IS NOT NULL AND p.status = 1) AS open_userids
    FROM wecom.approval_step_approvers p
    WHERE p.corp_id = n.corp_id AND p.sp_no = n.sp_no AND p.source = n.source AND p.node_index = n.node_index
  ) p
  WHERE n.source = ${FLOW_SOURCE}
  WINDOW w AS (PARTITION BY n.corp_id, n.sp_no ORDER BY n.node_index)
), steps AS (
  SELECT f.*, coalesce(f.node_index = f.waiting_index, false) AS is_waiting FROM flow f
)`,
    from: 'FROM steps s',
  },
  scope: { column: 'approval_no', type: 'text', chunk: 50_000, changed: CHANGED },
};
