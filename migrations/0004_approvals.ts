import type { Kysely } from 'kysely';
import {
  type ColumnDefinition,
  createVersionedTable,
  dropVersionedTable,
  type TableDefinition,
} from './support.ts';

/** Approval requests (oa/getapprovaldetail) and their templates (oa/gettemplatedetail). */

const DETAIL = 'oa/getapprovaldetail info';
const TEMPLATE = 'oa/gettemplatedetail';

const SP_NO: ColumnDefinition = [
  'text',
  `审批单号 | Approval number\n审批单的编号，12 位以上数字，按文本保存。\n来源：${DETAIL}.sp_no。`,
];
const SOURCE: ColumnDefinition = [
  'text',
  '流程来源 | Source of the flow\nsp_record：旧版流程；process_list：新版流程，含抄送与办理节点。同一张审批单可能两者都有，审批人也可能不一致，统计时请只取一种。',
];
const NODE_INDEX: ColumnDefinition = [
  'integer',
  `节点序号 | Node index\n节点在流程中的位置，从 0 起（节点没有 id）。\n来源：${DETAIL}.sp_record[] 或 process_list.node_list[] 的顺序。`,
];
const TEMPLATE_ID: ColumnDefinition = [
  'text',
  `模板 ID | Template id\n审批模板的 id。\n来源：请求 ${TEMPLATE} 时的 template_id，取自审批单。`,
];
const NODE_STATUS =
  '1 审批中，2 已同意，3 已驳回，4 已转审，11 已退回，12 已加签，13 已同意并加签，14 已办理，15 已转交；其他值照原样保留。';

const tables: readonly TableDefinition[] = [
  {
    name: 'approvals',
    comment: `审批单 | Approvals\n每张审批单一行；离职成员的单据也保留，删除的单据状态为 7。窗口按提交时间，状态变化由夜间复查发现。\n来源：oa/getapprovalinfo 与 ${DETAIL}。`,
    key: { sp_no: SP_NO },
    columns: {
      sp_name: [
        'text',
        `审批名称 | Approval name\n提交时的模板名称。\n来源：${DETAIL}.sp_name。NULL：未返回。`,
      ],
      sp_status: [
        'integer',
        `审批状态 | Approval status\n1 审批中，2 已通过，3 已驳回，4 已撤销，6 通过后撤销，7 已删除，10 已支付；其他值照原样保留。\n来源：${DETAIL}.sp_status。NULL：未返回。`,
      ],
      template_id: [
        'text',
        `模板 ID | Template id\n关联 approval_templates.template_id。\n来源：${DETAIL}.template_id。NULL：未返回。`,
      ],
      applied_at: [
        'timestamptz',
        `提交时间 | Applied at\n申请人提交审批单的时间。\n来源：${DETAIL}.apply_time（Unix 秒）。NULL：未返回或为 0。`,
      ],
      applicant_userid: [
        'text',
        `申请人 | Applicant\n申请人的 userid，关联 employees.userid；离职成员在 employees 中已不存在。\n来源：${DETAIL}.applyer.userid。NULL：未返回。`,
      ],
      applicant_department_id: [
        'bigint',
        `申请人部门 | Applicant's department\n提交时申请人所在部门的 id，关联 departments.department_id。\n来源：${DETAIL}.applyer.partyid。NULL：未返回。`,
      ],
      batch_applicant_userids: [
        'text[]',
        `批量申请人 | Batch applicants\n批量提交时的全部申请人 userid；空列表：不是批量提交。\n来源：${DETAIL}.batch_applyer[].userid。`,
      ],
    },
    extra: true,
    payload: true,
    indexes: [['applied_at'], ['sp_status'], ['template_id'], ['applicant_userid']],
  },
  {
    name: 'approval_steps',
    comment: `审批节点 | Approval steps\n每张审批单的每个流程节点一行，按来源分开。\n来源：${DETAIL}.sp_record[] 与 process_list.node_list[]。`,
    key: { sp_no: SP_NO, source: SOURCE, node_index: NODE_INDEX },
    columns: {
      node_type: [
        'integer',
        `节点类型 | Node type\n1 审批人，2 抄送人，3 办理人。\n来源：${DETAIL}.process_list.node_list[].node_type。NULL：来源为 sp_record，或未返回。`,
      ],
      sp_status: [
        'integer',
        `节点状态 | Step status\n${NODE_STATUS}\n来源：${DETAIL}.sp_record[].sp_status 或 process_list.node_list[].sp_status。NULL：未返回（抄送节点没有状态）。`,
      ],
      approverattr: [
        'integer',
        `审批方式（旧） | Approver rule of sp_record\n1 或签，2 会签；与 apv_rel 的编码相反。\n来源：${DETAIL}.sp_record[].approverattr。NULL：来源为 process_list，或未返回。`,
      ],
      apv_rel: [
        'integer',
        `审批方式（新） | Approver rule of process_list\n1 会签，2 或签，3 依次审批；与 approverattr 的编码相反。\n来源：${DETAIL}.process_list.node_list[].apv_rel。NULL：来源为 sp_record，或未返回。`,
      ],
    },
  },
  {
    name: 'approval_step_approvers',
    comment: `节点处理人 | Approvers of a step\n流程节点中的每个审批人、办理人或抄送人一行，含意见与处理时间。\n来源：${DETAIL}.sp_record[].details[] 与 process_list.node_list[].sub_node_list[]。`,
    key: {
      sp_no: SP_NO,
      source: SOURCE,
      node_index: NODE_INDEX,
      detail_index: [
        'integer',
        `处理人序号 | Detail index\n处理人在节点中的位置，从 0 起。\n来源：${DETAIL} 中 details[] 或 sub_node_list[] 的顺序。`,
      ],
    },
    columns: {
      userid: [
        'text',
        `处理人 | Approver\n处理人的 userid，关联 employees.userid。\n来源：${DETAIL} 的 details[].approver.userid 或 sub_node_list[].userid。NULL：未返回。`,
      ],
      speech: [
        'text',
        `审批意见 | Opinion\n处理人填写的意见。\n来源：${DETAIL} 的 details[].speech 或 sub_node_list[].speech。NULL：没有填写。`,
      ],
      status: [
        'integer',
        `处理状态 | Status\n${NODE_STATUS}\n来源：${DETAIL} 的 details[].sp_status 或 sub_node_list[].sp_yj。NULL：未返回（抄送人没有状态）。`,
      ],
      acted_at: [
        'timestamptz',
        `处理时间 | Acted at\n处理人操作的时间。\n来源：${DETAIL} 的 sptime（Unix 秒）。NULL：尚未处理（接口为 0）。`,
      ],
      media_ids: [
        'text[]',
        `意见附件 | Media ids\n意见中的附件 id，有效期未公布，请尽早下载；空列表：没有附件。\n来源：${DETAIL} 的 details[].media_id[] 或 sub_node_list[].media_ids[]。`,
      ],
    },
    indexes: [['userid']],
  },
  {
    name: 'approval_fields',
    comment: `表单字段 | Form fields\n审批表单的每个控件一行；明细（Table）的每一行每个子控件一行，明细本身另有一行，只含合计。\n来源：${DETAIL}.apply_data.contents[]。`,
    key: {
      sp_no: SP_NO,
      field_id: [
        'text',
        `控件 ID | Field id\n控件的 id，同一模板内用它识别字段（标题可能重复）；同一位置出现相同 id 时，后者记为 id#2、id#3；没有 id 时为 #序号。\n来源：${DETAIL}.apply_data.contents[].id。`,
      ],
      row_no: [
        'integer',
        `行号 | Row number\n0：表单本身的控件；1 起：明细的第几行。两个明细的子控件 id 相同时，后一个明细接着前一个编号，请用 table_id 区分。`,
      ],
    },
    columns: {
      table_id: [
        'text',
        `所属明细 | Table id\n所属明细控件的 field_id。\n来源：${DETAIL} 中含该 children[] 的控件。NULL：不在明细中。`,
      ],
      position: [
        'integer',
        `位置 | Position\n控件在表单中（或在明细行中）的位置，从 0 起。\n来源：${DETAIL} 中的顺序。`,
      ],
      control: [
        'text',
        `控件类型 | Control\n如 Text、Money、Selector、Vacation；未知类型照原样保留。\n来源：${DETAIL}.apply_data.contents[].control。NULL：未返回。`,
      ],
      title: [
        'text',
        `标题 | Title\n控件标题，优先中文，否则取第一个非空语言。\n来源：${DETAIL}.apply_data.contents[].title[].text。NULL：没有标题。`,
      ],
      value_text: [
        'text',
        '值（文本） | Value as text\n人可读的内容：选项、成员、部门、附件等多个值以“、”连接；日期为 YYYY-MM-DD 或 YYYY-MM-DD HH:MM（表单所在时区，默认北京时间）；时长为“开始 ~ 结束”；请假为假期类型；说明文字为其正文。\n来源：控件的 value。NULL：没有填写，或该类型没有可读文本（如明细）。',
      ],
      value_number: [
        'numeric',
        '值（数字） | Value as number\n数字、公式：原值；金额：元；时长、出差、外出、加班、请假：秒（按天计时一天不一定是 86400 秒）。\n来源：new_number、new_money、formula.value、date_range.new_duration。NULL：没有填写、不是数字，或该类型没有数值。',
      ],
      value_at: [
        'timestamptz',
        '值（时间） | Value as time\n日期控件的时间；时长、出差、请假等的开始时间；补卡时间（只补整天时为当天 0 点）；定位时间。\n来源：date.s_timestamp、date_range.new_begin、punch_correction.time、location.time（Unix 秒）。NULL：没有填写，或该类型没有时间。',
      ],
      value_end_at: [
        'timestamptz',
        '结束时间 | End of a range\n时长、出差、外出、加班、请假的结束时间。\n来源：date_range.new_end（Unix 秒）。NULL：没有填写，或该类型没有结束时间。',
      ],
      value: [
        'jsonb',
        '值（原样） | Value as received\n控件自己的值，结构随控件类型而定；未知控件保留整个 value；明细只保留合计 stat_field、sum_field。\n来源：控件的 value。NULL：没有填写，或为说明文字（Tips）。',
      ],
    },
    indexes: [['field_id']],
  },
  {
    name: 'approval_notifyers',
    comment: `抄送人 | Notified members\n审批单的每个抄送人一行。\n来源：${DETAIL}.notifyer[]。`,
    key: {
      sp_no: SP_NO,
      userid: [
        'text',
        `抄送人 | Notified member\n抄送人的 userid，关联 employees.userid。\n来源：${DETAIL}.notifyer[].userid。`,
      ],
    },
    indexes: [['userid']],
  },
  {
    name: 'approval_comments',
    comment: `审批评论 | Approval comments\n审批单下的每条评论一行；评论时间可能早于提交时间。\n来源：${DETAIL}.comments[]。`,
    key: {
      sp_no: SP_NO,
      comment_id: [
        'text',
        `评论 ID | Comment id\n评论的 id（19 位数字，按文本保存）；没有 id 时为 #序号。\n来源：${DETAIL}.comments[].commentid。`,
      ],
    },
    columns: {
      userid: [
        'text',
        `评论人 | Commenter\n评论人的 userid，关联 employees.userid。\n来源：${DETAIL}.comments[].commentUserInfo.userid。NULL：未返回。`,
      ],
      commented_at: [
        'timestamptz',
        `评论时间 | Commented at\n来源：${DETAIL}.comments[].commenttime（Unix 秒）。NULL：未返回或为 0。`,
      ],
      content: [
        'text',
        `评论内容 | Content\n来源：${DETAIL}.comments[].commentcontent。NULL：没有文字（可能只有附件）。`,
      ],
      media_ids: [
        'text[]',
        `评论附件 | Media ids\n评论中的附件 id；空列表：没有附件。\n来源：${DETAIL}.comments[].media_id[]。`,
      ],
    },
  },
  {
    name: 'approval_templates',
    comment: `审批模板 | Approval templates\n已入库审批单用到的每个模板一行；企业微信没有模板列表，因此不会因缺席而结束。\n来源：${TEMPLATE}。`,
    key: { template_id: TEMPLATE_ID },
    columns: {
      name: [
        'text',
        `模板名称 | Template name\n优先中文，否则取第一个非空语言。\n来源：${TEMPLATE} template_names[].text。NULL：没有名称。`,
      ],
      names: [
        'jsonb',
        `各语言名称 | Names by language\n[{text, lang}]。\n来源：${TEMPLATE} template_names[]。NULL：没有名称。`,
      ],
      vacation_list: [
        'jsonb',
        `假期类型 | Kinds of leave\n请假模板的假期类型 {item: [{id, name}]}。\n来源：${TEMPLATE} vacation_list。NULL：不是请假模板，或写在控件配置中。`,
      ],
    },
    extra: true,
    payload: true,
  },
  {
    name: 'approval_template_fields',
    comment: `模板控件 | Template fields\n审批模板的每个控件一行，明细中的子控件也各一行。\n来源：${TEMPLATE} template_content.controls[]。`,
    key: {
      template_id: TEMPLATE_ID,
      field_id: [
        'text',
        `控件 ID | Field id\n控件的 id，与 approval_fields.field_id 对应；同一位置出现相同 id 时，后者记为 id#2；没有 id 时为 #序号。\n来源：${TEMPLATE} controls[].property.id。`,
      ],
      table_no: [
        'integer',
        '明细层 | Table number\n0：表单本身的控件；1：明细中的子控件；不同明细含相同子控件 id 时，后面的依次为 2、3。',
      ],
    },
    columns: {
      table_id: [
        'text',
        `所属明细 | Table id\n所属明细控件的 field_id，与 approval_fields.table_id 对应。\n来源：${TEMPLATE} 中含该 config.table.children[] 的控件。NULL：不在明细中。`,
      ],
      position: [
        'integer',
        `位置 | Position\n控件在表单中（或在明细中）的位置，从 0 起。\n来源：${TEMPLATE} controls[] 的顺序。`,
      ],
      control: [
        'text',
        `控件类型 | Control\n如 Text、Money、Selector、Vacation；未知类型照原样保留。\n来源：${TEMPLATE} controls[].property.control。NULL：未返回。`,
      ],
      title: [
        'text',
        `标题 | Title\n控件标题，优先中文，否则取第一个非空语言。\n来源：${TEMPLATE} controls[].property.title[].text。NULL：没有标题。`,
      ],
      placeholder: [
        'text',
        `填写提示 | Placeholder\n输入框中的提示文字，优先中文。\n来源：${TEMPLATE} controls[].property.placeholder[].text。NULL：没有提示。`,
      ],
      required: [
        'boolean',
        `是否必填 | Required\ntrue 必填，false 选填。\n来源：${TEMPLATE} controls[].property.require（1/0）。NULL：未返回。`,
      ],
      un_print: [
        'boolean',
        `不打印 | Not printed\ntrue：打印审批单时略去该控件。\n来源：${TEMPLATE} controls[].property.un_print（1/0）。NULL：未返回。`,
      ],
      inner_id: [
        'text',
        `内部 ID | Inner id\n含义未公布，照原样保留。\n来源：${TEMPLATE} controls[].property.inner_id。NULL：未返回或为空。`,
      ],
      un_replace: [
        'integer',
        `不可替换 | Not replaceable\n含义未公布，照原样保留。\n来源：${TEMPLATE} controls[].property.un_replace。NULL：未返回。`,
      ],
      display: [
        'integer',
        `是否显示 | Displayed\n含义未公布，照原样保留。\n来源：${TEMPLATE} controls[].property.display。NULL：未返回。`,
      ],
      config: [
        'jsonb',
        `控件配置 | Configuration\n选项、单选或多选、日期类型等；明细的子控件各有自己的行，不在其中。\n来源：${TEMPLATE} controls[].config。NULL：没有配置。`,
      ],
    },
    extra: true,
  },
];

export async function up(db: Kysely<any>): Promise<void> {
  for (const table of tables) await createVersionedTable(db, table);
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const { name } of tables) await dropVersionedTable(db, name);
}
