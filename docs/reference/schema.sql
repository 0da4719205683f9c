-- Made by test/integration/schema.test.ts (vitest -u) from a migrated database. Not to be edited.

SCHEMA analytics
  -- 分析视图 | Views for analysts
  -- 业务用语、已解码的视图，列只增不减；不含 JSON；直接标识个人的信息在 analytics_pii 中，_versions 视图里的此类列对无权读取 analytics_pii 者为 NULL。The stable surface.

SCHEMA wecom
  -- 企业微信数据 | WeCom data
  -- What WeCom shows today, and facts for ever.

TABLE wecom.approval_comments
  -- 审批评论 | Approval comments
  -- 审批单下的每条评论一行；评论时间可能早于提交时间。
  -- 来源：oa/getapprovaldetail info.comments[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  comment_id text NOT NULL
    -- 评论 ID | Comment id
    -- 评论的 id（19 位数字，按文本保存）；没有 id 时为 #序号。
    -- 来源：oa/getapprovaldetail info.comments[].commentid。
  userid text
    -- 评论人 | Commenter
    -- 评论人的 userid，关联 employees.userid。
    -- 来源：oa/getapprovaldetail info.comments[].commentUserInfo.userid。NULL：未返回。
  commented_at timestamp with time zone
    -- 评论时间 | Commented at
    -- 来源：oa/getapprovaldetail info.comments[].commenttime（Unix 秒）。NULL：未返回或为 0。
  content text
    -- 评论内容 | Content
    -- 来源：oa/getapprovaldetail info.comments[].commentcontent。NULL：没有文字（可能只有附件）。
  media_ids text[] NOT NULL DEFAULT '{}'::text[]
    -- 评论附件 | Media ids
    -- 评论中的附件 id；空列表：没有附件。
    -- 来源：oa/getapprovaldetail info.comments[].media_id[]。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX approval_comments_pkey ON wecom.approval_comments USING btree (corp_id, sp_no, comment_id)
  CREATE INDEX approval_comments_valid_from_idx ON wecom.approval_comments USING btree (valid_from)

TABLE wecom.approval_fields
  -- 表单字段 | Form fields
  -- 审批表单的每个控件一行；明细（Table）的每一行每个子控件一行，明细本身另有一行，只含合计。
  -- 来源：oa/getapprovaldetail info.apply_data.contents[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  field_id text NOT NULL
    -- 控件 ID | Field id
    -- 控件的 id，同一模板内用它识别字段（标题可能重复）；同一位置出现相同 id 时，后者记为 id#2、id#3；没有 id 时为 #序号。
    -- 来源：oa/getapprovaldetail info.apply_data.contents[].id。
  row_no integer NOT NULL
    -- 行号 | Row number
    -- 0：表单本身的控件；1 起：明细的第几行。两个明细的子控件 id 相同时，后一个明细接着前一个编号，请用 table_id 区分。
  table_id text
    -- 所属明细 | Table id
    -- 所属明细控件的 field_id。
    -- 来源：oa/getapprovaldetail info 中含该 children[] 的控件。NULL：不在明细中。
  "position" integer
    -- 位置 | Position
    -- 控件在表单中（或在明细行中）的位置，从 0 起。
    -- 来源：oa/getapprovaldetail info 中的顺序。
  control text
    -- 控件类型 | Control
    -- 如 Text、Money、Selector、Vacation；未知类型照原样保留。
    -- 来源：oa/getapprovaldetail info.apply_data.contents[].control。NULL：未返回。
  title text
    -- 标题 | Title
    -- 控件标题，优先中文，否则取第一个非空语言。
    -- 来源：oa/getapprovaldetail info.apply_data.contents[].title[].text。NULL：没有标题。
  value_text text
    -- 值（文本） | Value as text
    -- 人可读的内容：选项、成员、部门、附件等多个值以“、”连接；日期为 YYYY-MM-DD 或 YYYY-MM-DD HH:MM（表单所在时区，默认北京时间）；时长为“开始 ~ 结束”；请假为假期类型；说明文字为其正文。
    -- 来源：控件的 value。NULL：没有填写，或该类型没有可读文本（如明细）。
  value_number numeric
    -- 值（数字） | Value as number
    -- 数字、公式：原值；金额：元；时长、出差、外出、加班、请假：秒（按天计时一天不一定是 86400 秒）。
    -- 来源：new_number、new_money、formula.value、date_range.new_duration。NULL：没有填写、不是数字，或该类型没有数值。
  value_at timestamp with time zone
    -- 值（时间） | Value as time
    -- 日期控件的时间；时长、出差、请假等的开始时间；补卡时间（只补整天时为当天 0 点）；定位时间。
    -- 来源：date.s_timestamp、date_range.new_begin、punch_correction.time、location.time（Unix 秒）。NULL：没有填写，或该类型没有时间。
  value_end_at timestamp with time zone
    -- 结束时间 | End of a range
    -- 时长、出差、外出、加班、请假的结束时间。
    -- 来源：date_range.new_end（Unix 秒）。NULL：没有填写，或该类型没有结束时间。
  value jsonb
    -- 值（原样） | Value as received
    -- 控件自己的值，结构随控件类型而定；未知控件保留整个 value；明细只保留合计 stat_field、sum_field。
    -- 来源：控件的 value。NULL：没有填写，或为说明文字（Tips）。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX approval_fields_field_id_idx ON wecom.approval_fields USING btree (field_id)
  CREATE UNIQUE INDEX approval_fields_pkey ON wecom.approval_fields USING btree (corp_id, sp_no, field_id, row_no)
  CREATE INDEX approval_fields_valid_from_idx ON wecom.approval_fields USING btree (valid_from)

TABLE wecom.approval_notifyers
  -- 抄送人 | Notified members
  -- 审批单的每个抄送人一行。
  -- 来源：oa/getapprovaldetail info.notifyer[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  userid text NOT NULL
    -- 抄送人 | Notified member
    -- 抄送人的 userid，关联 employees.userid。
    -- 来源：oa/getapprovaldetail info.notifyer[].userid。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX approval_notifyers_pkey ON wecom.approval_notifyers USING btree (corp_id, sp_no, userid)
  CREATE INDEX approval_notifyers_userid_idx ON wecom.approval_notifyers USING btree (userid)

TABLE wecom.approval_step_approvers
  -- 节点处理人 | Approvers of a step
  -- 流程节点中的每个审批人、办理人或抄送人一行，含意见与处理时间。
  -- 来源：oa/getapprovaldetail info.sp_record[].details[] 与 process_list.node_list[].sub_node_list[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  source text NOT NULL
    -- 流程来源 | Source of the flow
    -- sp_record：旧版流程；process_list：新版流程，含抄送与办理节点。同一张审批单可能两者都有，审批人也可能不一致，统计时请只取一种。
  node_index integer NOT NULL
    -- 节点序号 | Node index
    -- 节点在流程中的位置，从 0 起（节点没有 id）。
    -- 来源：oa/getapprovaldetail info.sp_record[] 或 process_list.node_list[] 的顺序。
  detail_index integer NOT NULL
    -- 处理人序号 | Detail index
    -- 处理人在节点中的位置，从 0 起。
    -- 来源：oa/getapprovaldetail info 中 details[] 或 sub_node_list[] 的顺序。
  userid text
    -- 处理人 | Approver
    -- 处理人的 userid，关联 employees.userid。
    -- 来源：oa/getapprovaldetail info 的 details[].approver.userid 或 sub_node_list[].userid。NULL：未返回。
  speech text
    -- 审批意见 | Opinion
    -- 处理人填写的意见。
    -- 来源：oa/getapprovaldetail info 的 details[].speech 或 sub_node_list[].speech。NULL：没有填写。
  status integer
    -- 处理状态 | Status
    -- 1 审批中，2 已同意，3 已驳回，4 已转审，11 已退回，12 已加签，13 已同意并加签，14 已办理，15 已转交；其他值照原样保留。
    -- 来源：oa/getapprovaldetail info 的 details[].sp_status 或 sub_node_list[].sp_yj。NULL：未返回（抄送人没有状态）。
  acted_at timestamp with time zone
    -- 处理时间 | Acted at
    -- 处理人操作的时间。
    -- 来源：oa/getapprovaldetail info 的 sptime（Unix 秒）。NULL：尚未处理（接口为 0）。
  media_ids text[] NOT NULL DEFAULT '{}'::text[]
    -- 意见附件 | Media ids
    -- 意见中的附件 id，有效期未公布，请尽早下载；空列表：没有附件。
    -- 来源：oa/getapprovaldetail info 的 details[].media_id[] 或 sub_node_list[].media_ids[]。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX approval_step_approvers_pkey ON wecom.approval_step_approvers USING btree (corp_id, sp_no, source, node_index, detail_index)
  CREATE INDEX approval_step_approvers_userid_idx ON wecom.approval_step_approvers USING btree (userid)
  CREATE INDEX approval_step_approvers_valid_from_idx ON wecom.approval_step_approvers USING btree (valid_from)

TABLE wecom.approval_steps
  -- 审批节点 | Approval steps
  -- 每张审批单的每个流程节点一行，按来源分开。
  -- 来源：oa/getapprovaldetail info.sp_record[] 与 process_list.node_list[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  source text NOT NULL
    -- 流程来源 | Source of the flow
    -- sp_record：旧版流程；process_list：新版流程，含抄送与办理节点。同一张审批单可能两者都有，审批人也可能不一致，统计时请只取一种。
  node_index integer NOT NULL
    -- 节点序号 | Node index
    -- 节点在流程中的位置，从 0 起（节点没有 id）。
    -- 来源：oa/getapprovaldetail info.sp_record[] 或 process_list.node_list[] 的顺序。
  node_type integer
    -- 节点类型 | Node type
    -- 1 审批人，2 抄送人，3 办理人。
    -- 来源：oa/getapprovaldetail info.process_list.node_list[].node_type。NULL：来源为 sp_record，或未返回。
  sp_status integer
    -- 节点状态 | Step status
    -- 1 审批中，2 已同意，3 已驳回，4 已转审，11 已退回，12 已加签，13 已同意并加签，14 已办理，15 已转交；其他值照原样保留。
    -- 来源：oa/getapprovaldetail info.sp_record[].sp_status 或 process_list.node_list[].sp_status。NULL：未返回（抄送节点没有状态）。
  approverattr integer
    -- 审批方式（旧） | Approver rule of sp_record
    -- 1 或签，2 会签；与 apv_rel 的编码相反。
    -- 来源：oa/getapprovaldetail info.sp_record[].approverattr。NULL：来源为 process_list，或未返回。
  apv_rel integer
    -- 审批方式（新） | Approver rule of process_list
    -- 1 会签，2 或签，3 依次审批；与 approverattr 的编码相反。
    -- 来源：oa/getapprovaldetail info.process_list.node_list[].apv_rel。NULL：来源为 sp_record，或未返回。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX approval_steps_pkey ON wecom.approval_steps USING btree (corp_id, sp_no, source, node_index)
  CREATE INDEX approval_steps_valid_from_idx ON wecom.approval_steps USING btree (valid_from)

TABLE wecom.approval_template_fields
  -- 模板控件 | Template fields
  -- 审批模板的每个控件一行，明细中的子控件也各一行。
  -- 来源：oa/gettemplatedetail template_content.controls[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  template_id text NOT NULL
    -- 模板 ID | Template id
    -- 审批模板的 id。
    -- 来源：请求 oa/gettemplatedetail 时的 template_id，取自审批单。
  field_id text NOT NULL
    -- 控件 ID | Field id
    -- 控件的 id，与 approval_fields.field_id 对应；同一位置出现相同 id 时，后者记为 id#2；没有 id 时为 #序号。
    -- 来源：oa/gettemplatedetail controls[].property.id。
  table_no integer NOT NULL
    -- 明细层 | Table number
    -- 0：表单本身的控件；1：明细中的子控件；不同明细含相同子控件 id 时，后面的依次为 2、3。
  table_id text
    -- 所属明细 | Table id
    -- 所属明细控件的 field_id，与 approval_fields.table_id 对应。
    -- 来源：oa/gettemplatedetail 中含该 config.table.children[] 的控件。NULL：不在明细中。
  "position" integer
    -- 位置 | Position
    -- 控件在表单中（或在明细中）的位置，从 0 起。
    -- 来源：oa/gettemplatedetail controls[] 的顺序。
  control text
    -- 控件类型 | Control
    -- 如 Text、Money、Selector、Vacation；未知类型照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.control。NULL：未返回。
  title text
    -- 标题 | Title
    -- 控件标题，优先中文，否则取第一个非空语言。
    -- 来源：oa/gettemplatedetail controls[].property.title[].text。NULL：没有标题。
  placeholder text
    -- 填写提示 | Placeholder
    -- 输入框中的提示文字，优先中文。
    -- 来源：oa/gettemplatedetail controls[].property.placeholder[].text。NULL：没有提示。
  required boolean
    -- 是否必填 | Required
    -- true 必填，false 选填。
    -- 来源：oa/gettemplatedetail controls[].property.require（1/0）。NULL：未返回。
  un_print boolean
    -- 不打印 | Not printed
    -- true：打印审批单时略去该控件。
    -- 来源：oa/gettemplatedetail controls[].property.un_print（1/0）。NULL：未返回。
  inner_id text
    -- 内部 ID | Inner id
    -- 含义未公布，照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.inner_id。NULL：未返回或为空。
  un_replace integer
    -- 不可替换 | Not replaceable
    -- 含义未公布，照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.un_replace。NULL：未返回。
  display integer
    -- 是否显示 | Displayed
    -- 含义未公布，照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.display。NULL：未返回。
  config jsonb
    -- 控件配置 | Configuration
    -- 选项、单选或多选、日期类型等；明细的子控件各有自己的行，不在其中。
    -- 来源：oa/gettemplatedetail controls[].config。NULL：没有配置。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX approval_template_fields_pkey ON wecom.approval_template_fields USING btree (corp_id, template_id, field_id, table_no)

TABLE wecom.approval_templates
  -- 审批模板 | Approval templates
  -- 已入库审批单用到的每个模板一行；企业微信没有模板列表，因此不会因缺席而结束。
  -- 来源：oa/gettemplatedetail。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  template_id text NOT NULL
    -- 模板 ID | Template id
    -- 审批模板的 id。
    -- 来源：请求 oa/gettemplatedetail 时的 template_id，取自审批单。
  name text
    -- 模板名称 | Template name
    -- 优先中文，否则取第一个非空语言。
    -- 来源：oa/gettemplatedetail template_names[].text。NULL：没有名称。
  names jsonb
    -- 各语言名称 | Names by language
    -- [{text, lang}]。
    -- 来源：oa/gettemplatedetail template_names[]。NULL：没有名称。
  vacation_list jsonb
    -- 假期类型 | Kinds of leave
    -- 请假模板的假期类型 {item: [{id, name}]}。
    -- 来源：oa/gettemplatedetail vacation_list。NULL：不是请假模板，或写在控件配置中。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  payload jsonb
    -- 原始文档 | Document as received
    -- The whole API record.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX approval_templates_pkey ON wecom.approval_templates USING btree (corp_id, template_id)

TABLE wecom.approvals
  -- 审批单 | Approvals
  -- 每张审批单一行；离职成员的单据也保留，删除的单据状态为 7。窗口按提交时间，状态变化由夜间复查发现。
  -- 来源：oa/getapprovalinfo 与 oa/getapprovaldetail info。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  sp_name text
    -- 审批名称 | Approval name
    -- 提交时的模板名称。
    -- 来源：oa/getapprovaldetail info.sp_name。NULL：未返回。
  sp_status integer
    -- 审批状态 | Approval status
    -- 1 审批中，2 已通过，3 已驳回，4 已撤销，6 通过后撤销，7 已删除，10 已支付；其他值照原样保留。
    -- 来源：oa/getapprovaldetail info.sp_status。NULL：未返回。
  template_id text
    -- 模板 ID | Template id
    -- 关联 approval_templates.template_id。
    -- 来源：oa/getapprovaldetail info.template_id。NULL：未返回。
  applied_at timestamp with time zone
    -- 提交时间 | Applied at
    -- 申请人提交审批单的时间。
    -- 来源：oa/getapprovaldetail info.apply_time（Unix 秒）。NULL：未返回或为 0。
  applicant_userid text
    -- 申请人 | Applicant
    -- 申请人的 userid，关联 employees.userid；离职成员在 employees 中已不存在。
    -- 来源：oa/getapprovaldetail info.applyer.userid。NULL：未返回。
  applicant_department_id bigint
    -- 申请人部门 | Applicant's department
    -- 提交时申请人所在部门的 id，关联 departments.department_id。
    -- 来源：oa/getapprovaldetail info.applyer.partyid。NULL：未返回。
  batch_applicant_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 批量申请人 | Batch applicants
    -- 批量提交时的全部申请人 userid；空列表：不是批量提交。
    -- 来源：oa/getapprovaldetail info.batch_applyer[].userid。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  payload jsonb
    -- 原始文档 | Document as received
    -- The whole API record.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX approvals_applicant_userid_idx ON wecom.approvals USING btree (applicant_userid)
  CREATE INDEX approvals_applied_at_idx ON wecom.approvals USING btree (applied_at)
  CREATE UNIQUE INDEX approvals_pkey ON wecom.approvals USING btree (corp_id, sp_no)
  CREATE INDEX approvals_sp_status_idx ON wecom.approvals USING btree (sp_status)
  CREATE INDEX approvals_template_id_idx ON wecom.approvals USING btree (template_id)
  CREATE INDEX approvals_valid_from_idx ON wecom.approvals USING btree (valid_from)

TABLE wecom.checkins
  -- 打卡记录 | Check-ins
  -- 每次打卡一行，只含已结束的日期（到昨天）；缺卡也以“未打卡”行出现。补卡或修改后不再返回的行移入历史，原因为 corrected。
  -- 来源：checkin/getcheckindata checkindata[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员 | Member
    -- 打卡成员的 userid，关联 employees.userid；离职成员的记录保留。
    -- 来源：checkin/getcheckindata checkindata[].userid。
  checkin_date date NOT NULL
    -- 打卡日期 | Check-in date
    -- checkin_at 在北京时间的日期。
    -- 来源：checkin/getcheckindata checkindata[].checkin_time。
  punch_hash bigint NOT NULL
    -- 打卡标识 | Punch hash
    -- 企业微信不提供记录 id；由打卡类型、打卡时间、应打卡时间、规则、班次、时段计算的 64 位哈希（缺失按 0 计），仅用于区分同一天的多次打卡。
  checkin_type text
    -- 打卡类型 | Check-in type
    -- 中文文本：上班打卡、下班打卡、外出打卡、仅记录打卡时间和位置等。
    -- 来源：checkin/getcheckindata checkindata[].checkin_type。NULL：未返回。
  checkin_at timestamp with time zone
    -- 打卡时间 | Checked in at
    -- 实际打卡时间；“未打卡”行为应打卡时间。
    -- 来源：checkin/getcheckindata checkindata[].checkin_time（Unix 秒）。不为 NULL。
  sch_checkin_at timestamp with time zone
    -- 应打卡时间 | Scheduled at
    -- 规则或班次要求的打卡时间，只对固定上下班和按班次有意义。
    -- 来源：checkin/getcheckindata checkindata[].sch_checkin_time（Unix 秒）。NULL：未返回或为 0。
  exception_type text
    -- 异常类型 | Exception
    -- 时间异常、地点异常、未打卡、wifi异常、非常用设备；多个以分号（; 或 ；）连接。
    -- 来源：checkin/getcheckindata checkindata[].exception_type。NULL：正常。
  group_id bigint
    -- 规则 ID | Rule id
    -- 打卡规则的 id；0：没有规则。
    -- 来源：checkin/getcheckindata checkindata[].groupid。NULL：未返回。
  group_name text
    -- 规则名称 | Rule name
    -- 来源：checkin/getcheckindata checkindata[].groupname。NULL：没有规则。
  schedule_id bigint
    -- 班次 ID | Shift id
    -- 0：规则没有班次。
    -- 来源：checkin/getcheckindata checkindata[].schedule_id。NULL：未返回。
  timeline_id bigint
    -- 时段 ID | Shift segment id
    -- 班次中时段的 id；0：规则没有班次。
    -- 来源：checkin/getcheckindata checkindata[].timeline_id。NULL：未返回。
  location_title text
    -- 地点名称 | Location title
    -- 来源：checkin/getcheckindata checkindata[].location_title。NULL：没有位置。
  location_detail text
    -- 地点详情 | Location detail
    -- 详细地址。
    -- 来源：checkin/getcheckindata checkindata[].location_detail。NULL：没有位置。
  latitude numeric
    -- 纬度 | Latitude
    -- 单位：度，GCJ-02（火星坐标）。
    -- 来源：checkin/getcheckindata checkindata[].lat（度 × 1,000,000）。NULL：没有位置（经纬度均为 0 或未返回）。
  longitude numeric
    -- 经度 | Longitude
    -- 单位：度，GCJ-02（火星坐标）。
    -- 来源：checkin/getcheckindata checkindata[].lng（度 × 1,000,000）。NULL：没有位置（经纬度均为 0 或未返回）。
  wifi_name text
    -- Wi-Fi 名称 | Wi-Fi name
    -- 来源：checkin/getcheckindata checkindata[].wifiname。NULL：不是 Wi-Fi 打卡。
  wifi_mac text
    -- Wi-Fi 地址 | Wi-Fi MAC address
    -- 来源：checkin/getcheckindata checkindata[].wifimac。NULL：不是 Wi-Fi 打卡。
  notes text
    -- 备注 | Notes
    -- 成员打卡时填写的备注。
    -- 来源：checkin/getcheckindata checkindata[].notes。NULL：没有备注。
  media_ids text[] NOT NULL DEFAULT '{}'::text[]
    -- 打卡附件 | Media ids
    -- 打卡照片的 id，请尽早下载；空列表：没有附件。
    -- 来源：checkin/getcheckindata checkindata[].mediaids[]。
  device_id text
    -- 设备 ID | Device id
    -- 打卡设备的标识。
    -- 来源：checkin/getcheckindata checkindata[].deviceid。NULL：未返回。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX checkins_checkin_date_idx ON wecom.checkins USING btree (checkin_date)
  CREATE UNIQUE INDEX checkins_pkey ON wecom.checkins USING btree (corp_id, userid, checkin_date, punch_hash)
  CREATE INDEX checkins_valid_from_idx ON wecom.checkins USING btree (valid_from)

TABLE wecom.corp_tag_groups
  -- 企业客户标签组 | Corp tag groups
  -- 企业标签库中的标签组；不含规则组标签和成员个人标签。Groups of the tag library, without rule-group tags and personal tags. Source: externalcontact/get_corp_tag_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  group_id text NOT NULL
    -- 标签组 ID | Tag group id
    -- Source: get_corp_tag_list tag_group[].group_id.
  name text
    -- 标签组名称 | Name
    -- Source: get_corp_tag_list tag_group[].group_name. NULL：未返回。NULL: not given.
  sort_order bigint
    -- 排序值 | Sort order
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: get_corp_tag_list tag_group[].order. NULL：未返回。NULL: not given.
  created_at timestamp with time zone
    -- 创建时间 | Created at
    -- Source: get_corp_tag_list tag_group[].create_time. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX corp_tag_groups_pkey ON wecom.corp_tag_groups USING btree (corp_id, group_id)

TABLE wecom.corp_tags
  -- 企业客户标签 | Corp tags
  -- 企业标签库中的标签。客户身上的标签 ID 可能不在此表中（规则组标签）。Tags of the library; ids on customers may be missing here (rule-group tags). Source: externalcontact/get_corp_tag_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  tag_id text NOT NULL
    -- 标签 ID | Tag id
    -- Source: get_corp_tag_list tag_group[].tag[].id.
  group_id text
    -- 标签组 ID | Tag group id
    -- Source: get_corp_tag_list tag_group[].group_id.
  name text
    -- 标签名称 | Name
    -- Source: get_corp_tag_list tag_group[].tag[].name. NULL：未返回。NULL: not given.
  sort_order bigint
    -- 排序值 | Sort order
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: get_corp_tag_list tag_group[].tag[].order. NULL：未返回。NULL: not given.
  created_at timestamp with time zone
    -- 创建时间 | Created at
    -- Source: get_corp_tag_list tag_group[].tag[].create_time. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX corp_tags_group_id_idx ON wecom.corp_tags USING btree (group_id)
  CREATE UNIQUE INDEX corp_tags_pkey ON wecom.corp_tags USING btree (corp_id, tag_id)

TABLE wecom.customer_follow_tags
  -- 客户标签 | Tags of customer follows
  -- 成员给客户打的企业标签和规则组标签；不含个人标签。Corp tags and own rule-group tags that a member put on a customer, no personal tags. Source: externalcontact/batch/get_by_user follow_info.tag_id[].
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- Source: batch/get_by_user external_contact.external_userid.
  userid text NOT NULL
    -- 跟进成员 | Member
    -- userid。Source: batch/get_by_user follow_info.userid.
  tag_id text NOT NULL
    -- 标签 ID | Tag id
    -- 名称见 corp_tags；规则组标签在那里没有行。Names in corp_tags; rule-group tags have no row there. Source: follow_info.tag_id[].
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX customer_follow_tags_pkey ON wecom.customer_follow_tags USING btree (corp_id, external_userid, userid, tag_id)
  CREATE INDEX customer_follow_tags_tag_id_idx ON wecom.customer_follow_tags USING btree (tag_id)
  CREATE INDEX customer_follow_tags_userid_idx ON wecom.customer_follow_tags USING btree (userid)
  CREATE INDEX customer_follow_tags_valid_from_idx ON wecom.customer_follow_tags USING btree (valid_from)

TABLE wecom.customer_follows
  -- 客户跟进关系 | Customer follows
  -- 客户与跟进成员的关系，每对一行。客户单方面删除成员后关系仍会返回，因此此表不反映客户侧流失。One row per customer and member. A customer who deleted the member is still listed, so churn on that side is not seen. Source: externalcontact/batch/get_by_user follow_info.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- Source: batch/get_by_user external_contact.external_userid.
  userid text NOT NULL
    -- 跟进成员 | Member
    -- userid。Source: batch/get_by_user follow_info.userid.
  remark text
    -- 备注名 | Remark name
    -- 默认为添加时的昵称。By default the nickname at the time of adding. Source: follow_info.remark. NULL：为空。NULL: empty.
  description text
    -- 描述 | Description
    -- Source: follow_info.description. NULL：未填写。NULL: none.
  followed_at timestamp with time zone
    -- 添加时间 | Followed at
    -- 删除后重新添加会变化。Changes when the customer is deleted and added again. Source: follow_info.createtime. NULL：未返回或不是时间。NULL: not given, or no time.
  add_way integer
    -- 添加来源 | Source of the relation
    -- 0 未知，1 扫描二维码，2 搜索手机号，3 名片分享，4 群聊，5 手机通讯录，6 微信联系人，8 第三方应用，9 搜索邮箱，10 视频号，16 获客链接，201 内部成员共享，202 管理员或负责人分配；未列出的取值照原样保留。How the customer was added; codes not listed are kept. Source: follow_info.add_way. NULL：年代久远的数据。NULL: very old data.
  state text
    -- 渠道参数 | Channel
    -- 「联系我」、获客链接等设置的 state。State of the contact way or acquisition link. Source: follow_info.state. NULL：没有渠道。NULL: none.
  oper_userid text
    -- 发起人 | Initiator
    -- 成员 userid，或客户自己的 external_userid。A userid, or the external_userid of the customer. Source: follow_info.oper_userid. NULL：部分来源不返回。NULL: not given for some ways.
  remark_corp_name text
    -- 备注企业 | Company in the remark
    -- Source: follow_info.remark_corp_name（旧版为 remark_company）。NULL：未填写。NULL: none.
  remark_mobiles text[] NOT NULL DEFAULT '{}'::text[]
    -- 备注手机号 | Mobiles in the remark
    -- Source: follow_info.remark_mobiles. {}：没有或无权查看。{}: none, or not visible to the app.
  wechat_channels jsonb
    -- 视频号信息 | Channels account
    -- 仅来源为视频号（10）时返回：nickname、source。Only for add_way 10. Source: follow_info.wechat_channels. NULL：其他来源。NULL: other ways.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX customer_follows_pkey ON wecom.customer_follows USING btree (corp_id, external_userid, userid)
  CREATE INDEX customer_follows_userid_idx ON wecom.customer_follows USING btree (userid)
  CREATE INDEX customer_follows_valid_from_idx ON wecom.customer_follows USING btree (valid_from)

TABLE wecom.customers
  -- 客户 | Customers
  -- 至少有一名可见成员正在跟进的外部联系人，每人一行。External contacts that at least one visible member follows. Source: externalcontact/batch/get_by_user external_contact.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- wm 开头为微信用户，wo 开头为其他企业的企业微信用户。wm…: WeChat user, wo…: WeCom user of another company. Source: batch/get_by_user external_contact.external_userid.
  name text
    -- 客户名称 | Name
    -- 微信昵称；企业微信用户为对外显示的名称。WeChat nickname, or the name a WeCom user shows outside. Source: external_contact.name. NULL：名称为空。NULL: empty.
  type integer
    -- 客户类型 | Type
    -- 1 微信用户，2 企业微信用户。1 WeChat user, 2 WeCom user. Source: external_contact.type. NULL：未返回。NULL: not given.
  gender integer
    -- 性别 | Gender
    -- 0 未知，1 男，2 女。0 unknown, 1 male, 2 female. Source: external_contact.gender. NULL：无权查看。NULL: not visible to the app.
  unionid text
    -- 微信 unionid | WeChat unionid
    -- Source: external_contact.unionid. NULL：企业未绑定微信开发者 ID，或对方不是微信用户。NULL: no WeChat developer account is bound, or no WeChat user.
  "position" text
    -- 职务 | Position
    -- 仅企业微信用户。WeCom users only. Source: external_contact.position. NULL：未对外显示。NULL: not shown outside.
  corp_name text
    -- 企业简称 | Company short name
    -- 仅企业微信用户。WeCom users only. Source: external_contact.corp_name（旧版为 corpname）。NULL：微信用户。NULL: a WeChat user.
  corp_full_name text
    -- 企业全称 | Company full name
    -- 仅企业微信用户且仅自建应用返回。WeCom users, self-built apps only. Source: external_contact.corp_full_name. NULL：未返回。NULL: not given.
  external_profile jsonb
    -- 对外资料 | External profile
    -- 仅企业微信用户：企业名称、视频号、自定义展示字段。WeCom users only: company, channels account, attributes. Source: external_contact.external_profile. NULL：没有。NULL: none.
  foreign_key text
    -- 家校外部标识 | Foreign key (education)
    -- 仅教育版。Education edition only. Source: external_contact.foreign_key. NULL：非教育版。NULL: other editions.
  is_subscribe integer
    -- 是否关注学校通知 | Subscribed (education)
    -- 仅教育版。Education edition only. Source: external_contact.is_subscribe. NULL：非教育版。NULL: other editions.
  subscriber_info jsonb
    -- 关注者信息 | Subscriber info (education)
    -- 仅教育版。Education edition only. Source: external_contact.subscriber_info. NULL：非教育版。NULL: other editions.
  avatar text
    -- 头像 URL | Avatar URL
    -- 会随客户更换头像而变化或失效；变化时不产生新版本。Changes and expires; a change opens no version. Source: external_contact.avatar. NULL：没有或无权查看。NULL: none, or not visible to the app.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX customers_pkey ON wecom.customers USING btree (corp_id, external_userid)
  CREATE INDEX customers_unionid_idx ON wecom.customers USING btree (unionid)

TABLE wecom.departments
  -- 部门 | Departments
  -- 应用可见范围内的部门，每个部门一行。Departments in the visible range of the app. Source: department/list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  department_id bigint NOT NULL
    -- 部门 ID | Department id
    -- 根部门为 1。The root is 1. Source: department/list id.
  name text
    -- 部门名称 | Name
    -- Source: department/list name. NULL：未返回。NULL: not given.
  name_en text
    -- 英文名称 | English name
    -- Source: department/list name_en. NULL：未设置。NULL: none set.
  parent_department_id bigint
    -- 上级部门 ID | Parent department id
    -- 上级可能不在可见范围内，因而在本表中没有对应行；根部门为 0。The parent may be outside the visible range and then has no row here; 0 for the root. Source: department/list parentid.
  sort_order bigint
    -- 排序值 | Sort order
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: department/list order. NULL：旧版接口未返回。NULL: old answers leave it out.
  leader_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 部门负责人 | Leaders
    -- 可见范围内的负责人 userid。userids of the visible leaders. Source: department/list department_leader. {}：没有。{}: none.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX departments_parent_department_id_idx ON wecom.departments USING btree (parent_department_id)
  CREATE UNIQUE INDEX departments_pkey ON wecom.departments USING btree (corp_id, department_id)

TABLE wecom.employee_attributes
  -- 成员扩展属性 | Attributes of employees
  -- 管理员自定义的字段（工号、门店编码等），每人每个字段一行，用于关联其他系统。Fields defined by the admin, one row per member and field: the join key to other systems. Source: user/list extattr.attrs[].
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- Source: user/list userid.
  attr_name text NOT NULL
    -- 属性名称 | Attribute name
    -- Source: user/list extattr.attrs[].name.
  type integer
    -- 属性类型 | Type
    -- 0 文本，1 网页。0 text, 1 web link. Source: user/list extattr.attrs[].type. NULL：旧版接口未返回。NULL: old answers leave it out.
  value text
    -- 属性值 | Value
    -- 文本内容；网页类型为链接地址。The text, or the URL of a web link. Source: user/list extattr.attrs[].text.value, web.url（旧版为 value）。NULL：未填写。NULL: not filled in.
  title text
    -- 网页标题 | Link title
    -- Source: user/list extattr.attrs[].web.title. NULL：不是网页类型或未填写。NULL: no web link, or none set.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX employee_attributes_attr_name_value_idx ON wecom.employee_attributes USING btree (attr_name, value)
  CREATE UNIQUE INDEX employee_attributes_pkey ON wecom.employee_attributes USING btree (corp_id, userid, attr_name)

TABLE wecom.employee_departments
  -- 成员所属部门 | Departments of employees
  -- 成员与部门的对应关系，仅含应用可见的部门。Which departments a member belongs to, visible ones only. Source: user/list department, order, is_leader_in_dept.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- Source: user/list userid.
  department_id bigint NOT NULL
    -- 部门 ID | Department id
    -- Source: user/list department[].
  is_leader boolean
    -- 是否部门负责人 | Leader of the department
    -- Source: user/list is_leader_in_dept[]（旧版为 isleader）。NULL：未返回。NULL: not given.
  sort_order bigint
    -- 部门内排序值 | Order in the department
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: user/list order[]. NULL：未返回。NULL: not given.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX employee_departments_department_id_idx ON wecom.employee_departments USING btree (department_id)
  CREATE UNIQUE INDEX employee_departments_pkey ON wecom.employee_departments USING btree (corp_id, userid, department_id)

TABLE wecom.employees
  -- 成员 | Employees
  -- 应用可见范围内的成员，每人一行；手机、邮箱、头像、性别等字段对 2022-06-20 之后创建的应用不返回。One row per member in the visible range; apps created after 2022-06-20 do not get mobile, mail, pictures and gender. Source: user/list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- 企业微信不区分大小写，此处保留通讯录中的写法。WeCom compares it without case; here in the directory's spelling. Source: user/list userid.
  name text
    -- 姓名 | Name
    -- Source: user/list name. NULL：未返回。NULL: not given.
  alias text
    -- 别名 | Alias
    -- Source: user/list alias. NULL：未设置。NULL: none set.
  english_name text
    -- 英文名（旧） | English name (legacy)
    -- 已由别名取代。Replaced by alias. Source: user/list english_name. NULL：未设置。NULL: none set.
  "position" text
    -- 职务 | Position
    -- Source: user/list position. NULL：未设置。NULL: none set.
  gender integer
    -- 性别 | Gender
    -- 0 未知，1 男，2 女。0 unknown, 1 male, 2 female. Source: user/list gender. NULL：应用无权查看。NULL: the app may not see it.
  status integer
    -- 激活状态 | Status
    -- 1 已激活，2 已禁用，4 未激活，5 退出企业。1 activated, 2 disabled, 4 not activated, 5 left. Source: user/list status. NULL：未返回。NULL: not given.
  enable integer
    -- 是否启用（旧） | Enabled (legacy)
    -- 1 启用，0 禁用。1 enabled, 0 disabled. Source: user/list enable. NULL：新版接口不再返回。NULL: no longer given.
  main_department_id bigint
    -- 主部门 ID | Main department id
    -- Source: user/list main_department. NULL：应用看不到该部门。NULL: the app does not see that department.
  email text
    -- 邮箱 | E-mail
    -- Source: user/list email. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  biz_mail text
    -- 企业邮箱 | Business mail
    -- Source: user/list biz_mail. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  mobile text
    -- 手机号 | Mobile
    -- Source: user/list mobile. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  hide_mobile integer
    -- 是否隐藏手机号（旧） | Mobile hidden (legacy)
    -- 1 隐藏，0 显示。1 hidden, 0 shown. Source: user/list hide_mobile. NULL：未返回。NULL: not given.
  telephone text
    -- 座机 | Telephone
    -- Source: user/list telephone. NULL：未设置。NULL: none set.
  address text
    -- 地址 | Address
    -- Source: user/list address. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  direct_leader_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 直属上级 | Direct leaders
    -- 可见的直属上级 userid，最多 5 个。userids of up to 5 visible leaders. Source: user/list direct_leader. {}：没有。{}: none.
  external_position text
    -- 对外职务 | External position
    -- Source: user/list external_position. NULL：未设置。NULL: none set.
  external_profile jsonb
    -- 对外资料 | External profile
    -- 对外企业简称、视频号和自定义展示字段。Company short name, channels account and attributes shown outside. Source: user/list external_profile. NULL：未设置。NULL: none set.
  open_userid text
    -- 全局成员 ID | open_userid
    -- 仅第三方应用返回。Third-party apps only. Source: user/list open_userid. NULL：自建应用不返回。NULL: not given to self-built apps.
  avatar text
    -- 头像 URL | Avatar URL
    -- 变化时不产生新版本。A change opens no version. Source: user/list avatar. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  thumb_avatar text
    -- 头像缩略图 URL | Thumbnail URL
    -- 变化时不产生新版本。A change opens no version. Source: user/list thumb_avatar. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  qr_code text
    -- 个人二维码 URL | QR code URL
    -- 变化时不产生新版本。A change opens no version. Source: user/list qr_code. NULL：无权查看。NULL: not visible to the app.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX employees_main_department_id_idx ON wecom.employees USING btree (main_department_id)
  CREATE UNIQUE INDEX employees_pkey ON wecom.employees USING btree (corp_id, userid)

TABLE wecom.follow_users
  -- 客户联系成员 | Follow users
  -- 已配置客户联系功能且在应用可见范围内的成员。Members with the customer-contact function in the visible scope. Source: externalcontact/get_follow_user_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- 采用通讯录中的写法。In the directory's spelling. Source: get_follow_user_list follow_user[].
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX follow_users_pkey ON wecom.follow_users USING btree (corp_id, userid)

TABLE wecom.group_chat_members
  -- 客户群成员 | Group chat members
  -- 群内的企业成员和外部联系人，每人一行；外部联系人不一定是客户。Members and external contacts in a group; the latter need not be customers. Source: externalcontact/groupchat/get group_chat.member_list[].
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  chat_id text NOT NULL
    -- 客户群 ID | Chat id
    -- Source: groupchat/get group_chat.chat_id.
  member_id text NOT NULL
    -- 群成员 ID | Member id
    -- 按 member_type 为 userid 或 external_userid。A userid or an external_userid, by member_type. Source: member_list[].userid.
  member_type integer
    -- 成员类型 | Member type
    -- 1 企业成员，2 外部联系人。1 corp member, 2 external contact. Source: member_list[].type. NULL：未返回。NULL: not given.
  unionid text
    -- 微信 unionid | WeChat unionid
    -- Source: member_list[].unionid. NULL：企业未绑定微信开发者 ID，或不是微信用户。NULL: no WeChat developer account is bound, or no WeChat user.
  joined_at timestamp with time zone
    -- 入群时间 | Joined at
    -- 退群后再次入群会变化。Changes when a person leaves and rejoins. Source: member_list[].join_time. NULL：未返回。NULL: not given.
  join_scene integer
    -- 入群方式 | Join scene
    -- 1 直接邀请，2 邀请链接，3 扫描群二维码。1 invited, 2 invitation link, 3 group QR code. Source: member_list[].join_scene. NULL：未返回。NULL: not given.
  invitor_userid text
    -- 邀请人 | Invitor
    -- userid，仅由企业成员邀请时返回。Only when a corp member invited. Source: member_list[].invitor.userid. NULL：不是成员邀请。NULL: not invited by a member.
  group_nickname text
    -- 群昵称 | Nickname in the group
    -- Source: member_list[].group_nickname. NULL：未设置。NULL: none set.
  name text
    -- 名称 | Name
    -- 企业成员为姓名，外部联系人为昵称。Corp name or nickname. Source: member_list[].name. NULL：为空。NULL: empty.
  state text
    -- 渠道参数 | Channel
    -- 进群方式设置的 state。State of the join way. Source: member_list[].state. NULL：没有渠道。NULL: none.
  is_admin boolean
    -- 是否群管理员 | Admin
    -- 在 admin_list 中为真；群主不算。True when in admin_list; the owner is not. Source: groupchat/get group_chat.admin_list[]. NULL：不会出现。NULL: never.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  userid text GENERATED 
CASE
    WHEN (member_type = 1) THEN member_id
    ELSE NULL::text
END
    -- 成员账号 | userid
    -- 由 member_id 生成，便于关联 employees。Generated from member_id, for joins. NULL：外部联系人。NULL: an external contact.
  external_userid text GENERATED 
CASE
    WHEN (member_type = 2) THEN member_id
    ELSE NULL::text
END
    -- 外部联系人 ID | External userid
    -- 由 member_id 生成，便于关联 customers。Generated from member_id, for joins. NULL：企业成员。NULL: a corp member.
  CREATE INDEX group_chat_members_external_userid_idx ON wecom.group_chat_members USING btree (external_userid)
  CREATE UNIQUE INDEX group_chat_members_pkey ON wecom.group_chat_members USING btree (corp_id, chat_id, member_id)
  CREATE INDEX group_chat_members_userid_idx ON wecom.group_chat_members USING btree (userid)
  CREATE INDEX group_chat_members_valid_from_idx ON wecom.group_chat_members USING btree (valid_from)

TABLE wecom.group_chat_owner_daily
  -- 群聊数据统计 | Group chats per owner and day
  -- 每名群主每天一行；没有行表示未知，不等于 0。企业微信只保留 180 天，此表永久保留。One row per owner and day; no row means unknown, not 0. WeCom forgets after 180 days, this table does not. Source: externalcontact/groupchat/statistic.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  owner_userid text NOT NULL
    -- 群主 | Owner
    -- userid。Source: groupchat/statistic items[].owner.
  stat_date date NOT NULL
    -- 统计日期 | Day
    -- 北京时间自然日。Calendar day in Asia/Shanghai. Source: 请求的 day_begin_time，每次只查一天。The day asked for, one per call.
  new_chat_cnt integer
    -- 新增群数 | New groups
    -- 当天新建的群数。Groups created. Source: items[].data.new_chat_cnt. NULL：未返回。NULL: not given.
  chat_total integer
    -- 群总数 | Groups
    -- 当天结束时的群数。Groups at the end of the day. Source: items[].data.chat_total. NULL：未返回。NULL: not given.
  chat_has_msg integer
    -- 有消息的群数 | Active groups
    -- 当天有人发过消息的群数。Groups with a message. Source: items[].data.chat_has_msg. NULL：未返回。NULL: not given.
  new_member_cnt integer
    -- 新增群成员数 | New members
    -- 当天入群的人数。People who joined. Source: items[].data.new_member_cnt. NULL：未返回。NULL: not given.
  member_total integer
    -- 群成员总数 | Members
    -- 当天结束时的群成员数。Members at the end of the day. Source: items[].data.member_total. NULL：未返回。NULL: not given.
  member_has_msg integer
    -- 发过消息的群成员数 | Active members
    -- 当天发过消息的群成员数。Members who spoke. Source: items[].data.member_has_msg. NULL：未返回。NULL: not given.
  msg_total integer
    -- 群消息总数 | Messages
    -- 当天的群消息数。Messages of the day. Source: items[].data.msg_total. NULL：未返回。NULL: not given.
  migrate_trainee_chat_cnt integer
    -- 新增迁移群数 | Migrated trainee groups
    -- 仅教培行业。Education companies only. Source: items[].data.migrate_trainee_chat_cnt. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX group_chat_owner_daily_pkey ON wecom.group_chat_owner_daily USING btree (corp_id, owner_userid, stat_date)
  CREATE INDEX group_chat_owner_daily_stat_date_idx ON wecom.group_chat_owner_daily USING btree (stat_date)
  CREATE INDEX group_chat_owner_daily_valid_from_idx ON wecom.group_chat_owner_daily USING btree (valid_from)

TABLE wecom.group_chats
  -- 客户群 | Group chats
  -- 群主在可见范围内（或已离职待继承）的客户群，每群一行。Customer groups whose owner is visible or has resigned. Source: externalcontact/groupchat/list, groupchat/get.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  chat_id text NOT NULL
    -- 客户群 ID | Chat id
    -- Source: groupchat/list group_chat_list[].chat_id.
  name text
    -- 群名 | Name
    -- Source: groupchat/get group_chat.name. NULL：群未命名。NULL: never named.
  owner_userid text
    -- 群主 | Owner
    -- userid；群主不一定在成员列表中。userid; the owner need not be among the members. Source: groupchat/get group_chat.owner. NULL：未返回。NULL: not given.
  created_at timestamp with time zone
    -- 建群时间 | Created at
    -- Source: groupchat/get group_chat.create_time. NULL：未返回。NULL: not given.
  notice text
    -- 群公告 | Announcement
    -- Source: groupchat/get group_chat.notice. NULL：没有公告。NULL: none.
  status integer
    -- 跟进状态 | Follow state
    -- 0 跟进人正常，1 跟进人离职，2 离职继承中，3 离职继承完成。0 normal, 1 owner resigned, 2 inheritance running, 3 inheritance done. Source: groupchat/list group_chat_list[].status. NULL：未返回。NULL: not given.
  admin_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 群管理员 | Admins
    -- userid；不含群主，也不一定在成员列表中。userids, without the owner; they need not be among the members. Source: groupchat/get group_chat.admin_list[].userid. {}：没有。{}: none.
  member_version text
    -- 成员版本号 | Member version
    -- 成员列表的哈希；变化时不产生新版本。Hash of the member list; a change opens no version. Source: groupchat/get group_chat.member_version. NULL：旧数据未返回。NULL: absent in old data.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX group_chats_owner_userid_idx ON wecom.group_chats USING btree (owner_userid)
  CREATE UNIQUE INDEX group_chats_pkey ON wecom.group_chats USING btree (corp_id, chat_id)

TABLE wecom.unassigned_customers
  -- 待分配客户 | Unassigned customers
  -- 已离职成员名下尚未分配给他人的客户；分配后即从此表移除。Customers of resigned members that nobody has taken over yet. Source: externalcontact/get_unassigned_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  handover_userid text NOT NULL
    -- 离职成员 | Resigned member
    -- userid。Source: get_unassigned_list info[].handover_userid.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- Source: get_unassigned_list info[].external_userid.
  dimission_at timestamp with time zone
    -- 离职时间 | Resigned at
    -- Source: get_unassigned_list info[].dimission_time. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE INDEX unassigned_customers_external_userid_idx ON wecom.unassigned_customers USING btree (external_userid)
  CREATE UNIQUE INDEX unassigned_customers_pkey ON wecom.unassigned_customers USING btree (corp_id, handover_userid, external_userid)

TABLE wecom.user_behavior_daily
  -- 联系客户统计 | User behaviour per day
  -- 每名成员每天一行；企业微信只保留 180 天，此表永久保留。最近三天的数值仍可能变化。One row per member and day; WeCom forgets after 180 days, this table does not. Figures of the last days may still move. Source: externalcontact/get_user_behavior_data.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- 请求中的成员；接口每次只查一人。The member asked for, one per call. Source: request userid.
  stat_date date NOT NULL
    -- 统计日期 | Day
    -- 北京时间自然日。Calendar day in Asia/Shanghai. Source: get_user_behavior_data behavior_data[].stat_time.
  new_apply_cnt integer
    -- 发起申请数 | Friend requests sent
    -- 成员当天主动发起的好友申请数。Requests that the member sent. Source: behavior_data[].new_apply_cnt. NULL：未返回。NULL: not given.
  new_contact_cnt integer
    -- 新增客户数 | New customers
    -- 当天新增的客户数。Customers added. Source: behavior_data[].new_contact_cnt. NULL：未返回。NULL: not given.
  chat_cnt integer
    -- 聊天总数 | Chats
    -- 成员当天发过消息的单聊数。One-to-one chats in which the member sent a message. Source: behavior_data[].chat_cnt. NULL：未返回。NULL: not given.
  message_cnt integer
    -- 发送消息数 | Messages sent
    -- 成员在单聊中发送的消息数，不含群聊。Messages in one-to-one chats. Source: behavior_data[].message_cnt. NULL：未返回。NULL: not given.
  reply_percentage numeric
    -- 已回复聊天占比 | Reply percentage
    -- 单位：百分比，0 至 100。客户主动发起的聊天中成员已回复的比例；不可直接相加或平均。Percent; share of customer-opened chats that were answered; do not add or average. Source: behavior_data[].reply_percentage. NULL：当天没有客户主动发起聊天。NULL: no customer opened a chat.
  avg_reply_time integer
    -- 平均首次回复时长 | Average first reply time
    -- 单位：分钟。Minutes; do not add or average. Source: behavior_data[].avg_reply_time. NULL：当天没有客户主动发起聊天。NULL: no customer opened a chat.
  negative_feedback_cnt integer
    -- 删除/拉黑成员的客户数 | Customers lost
    -- 当天删除或拉黑成员的客户数。Customers who deleted or blocked the member. Source: behavior_data[].negative_feedback_cnt. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  CREATE UNIQUE INDEX user_behavior_daily_pkey ON wecom.user_behavior_daily USING btree (corp_id, userid, stat_date)
  CREATE INDEX user_behavior_daily_stat_date_idx ON wecom.user_behavior_daily USING btree (stat_date)
  CREATE INDEX user_behavior_daily_valid_from_idx ON wecom.user_behavior_daily USING btree (valid_from)

SCHEMA wecom_history
  -- 历史版本 | Ended versions
  -- Every version that has ended.

TABLE wecom_history.approval_comments
  -- 审批评论（历史版本） | Approval comments (ended versions)
  -- 审批单下的每条评论一行；评论时间可能早于提交时间。
  -- 来源：oa/getapprovaldetail info.comments[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  comment_id text NOT NULL
    -- 评论 ID | Comment id
    -- 评论的 id（19 位数字，按文本保存）；没有 id 时为 #序号。
    -- 来源：oa/getapprovaldetail info.comments[].commentid。
  userid text
    -- 评论人 | Commenter
    -- 评论人的 userid，关联 employees.userid。
    -- 来源：oa/getapprovaldetail info.comments[].commentUserInfo.userid。NULL：未返回。
  commented_at timestamp with time zone
    -- 评论时间 | Commented at
    -- 来源：oa/getapprovaldetail info.comments[].commenttime（Unix 秒）。NULL：未返回或为 0。
  content text
    -- 评论内容 | Content
    -- 来源：oa/getapprovaldetail info.comments[].commentcontent。NULL：没有文字（可能只有附件）。
  media_ids text[] NOT NULL DEFAULT '{}'::text[]
    -- 评论附件 | Media ids
    -- 评论中的附件 id；空列表：没有附件。
    -- 来源：oa/getapprovaldetail info.comments[].media_id[]。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_comments_pkey ON wecom_history.approval_comments USING btree (corp_id, sp_no, comment_id, valid_from)
  CREATE INDEX approval_comments_valid_to_idx ON wecom_history.approval_comments USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.approval_fields
  -- 表单字段（历史版本） | Form fields (ended versions)
  -- 审批表单的每个控件一行；明细（Table）的每一行每个子控件一行，明细本身另有一行，只含合计。
  -- 来源：oa/getapprovaldetail info.apply_data.contents[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  field_id text NOT NULL
    -- 控件 ID | Field id
    -- 控件的 id，同一模板内用它识别字段（标题可能重复）；同一位置出现相同 id 时，后者记为 id#2、id#3；没有 id 时为 #序号。
    -- 来源：oa/getapprovaldetail info.apply_data.contents[].id。
  row_no integer NOT NULL
    -- 行号 | Row number
    -- 0：表单本身的控件；1 起：明细的第几行。两个明细的子控件 id 相同时，后一个明细接着前一个编号，请用 table_id 区分。
  table_id text
    -- 所属明细 | Table id
    -- 所属明细控件的 field_id。
    -- 来源：oa/getapprovaldetail info 中含该 children[] 的控件。NULL：不在明细中。
  "position" integer
    -- 位置 | Position
    -- 控件在表单中（或在明细行中）的位置，从 0 起。
    -- 来源：oa/getapprovaldetail info 中的顺序。
  control text
    -- 控件类型 | Control
    -- 如 Text、Money、Selector、Vacation；未知类型照原样保留。
    -- 来源：oa/getapprovaldetail info.apply_data.contents[].control。NULL：未返回。
  title text
    -- 标题 | Title
    -- 控件标题，优先中文，否则取第一个非空语言。
    -- 来源：oa/getapprovaldetail info.apply_data.contents[].title[].text。NULL：没有标题。
  value_text text
    -- 值（文本） | Value as text
    -- 人可读的内容：选项、成员、部门、附件等多个值以“、”连接；日期为 YYYY-MM-DD 或 YYYY-MM-DD HH:MM（表单所在时区，默认北京时间）；时长为“开始 ~ 结束”；请假为假期类型；说明文字为其正文。
    -- 来源：控件的 value。NULL：没有填写，或该类型没有可读文本（如明细）。
  value_number numeric
    -- 值（数字） | Value as number
    -- 数字、公式：原值；金额：元；时长、出差、外出、加班、请假：秒（按天计时一天不一定是 86400 秒）。
    -- 来源：new_number、new_money、formula.value、date_range.new_duration。NULL：没有填写、不是数字，或该类型没有数值。
  value_at timestamp with time zone
    -- 值（时间） | Value as time
    -- 日期控件的时间；时长、出差、请假等的开始时间；补卡时间（只补整天时为当天 0 点）；定位时间。
    -- 来源：date.s_timestamp、date_range.new_begin、punch_correction.time、location.time（Unix 秒）。NULL：没有填写，或该类型没有时间。
  value_end_at timestamp with time zone
    -- 结束时间 | End of a range
    -- 时长、出差、外出、加班、请假的结束时间。
    -- 来源：date_range.new_end（Unix 秒）。NULL：没有填写，或该类型没有结束时间。
  value jsonb
    -- 值（原样） | Value as received
    -- 控件自己的值，结构随控件类型而定；未知控件保留整个 value；明细只保留合计 stat_field、sum_field。
    -- 来源：控件的 value。NULL：没有填写，或为说明文字（Tips）。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_fields_pkey ON wecom_history.approval_fields USING btree (corp_id, sp_no, field_id, row_no, valid_from)
  CREATE INDEX approval_fields_valid_to_idx ON wecom_history.approval_fields USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.approval_notifyers
  -- 抄送人（历史版本） | Notified members (ended versions)
  -- 审批单的每个抄送人一行。
  -- 来源：oa/getapprovaldetail info.notifyer[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  userid text NOT NULL
    -- 抄送人 | Notified member
    -- 抄送人的 userid，关联 employees.userid。
    -- 来源：oa/getapprovaldetail info.notifyer[].userid。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_notifyers_pkey ON wecom_history.approval_notifyers USING btree (corp_id, sp_no, userid, valid_from)

TABLE wecom_history.approval_step_approvers
  -- 节点处理人（历史版本） | Approvers of a step (ended versions)
  -- 流程节点中的每个审批人、办理人或抄送人一行，含意见与处理时间。
  -- 来源：oa/getapprovaldetail info.sp_record[].details[] 与 process_list.node_list[].sub_node_list[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  source text NOT NULL
    -- 流程来源 | Source of the flow
    -- sp_record：旧版流程；process_list：新版流程，含抄送与办理节点。同一张审批单可能两者都有，审批人也可能不一致，统计时请只取一种。
  node_index integer NOT NULL
    -- 节点序号 | Node index
    -- 节点在流程中的位置，从 0 起（节点没有 id）。
    -- 来源：oa/getapprovaldetail info.sp_record[] 或 process_list.node_list[] 的顺序。
  detail_index integer NOT NULL
    -- 处理人序号 | Detail index
    -- 处理人在节点中的位置，从 0 起。
    -- 来源：oa/getapprovaldetail info 中 details[] 或 sub_node_list[] 的顺序。
  userid text
    -- 处理人 | Approver
    -- 处理人的 userid，关联 employees.userid。
    -- 来源：oa/getapprovaldetail info 的 details[].approver.userid 或 sub_node_list[].userid。NULL：未返回。
  speech text
    -- 审批意见 | Opinion
    -- 处理人填写的意见。
    -- 来源：oa/getapprovaldetail info 的 details[].speech 或 sub_node_list[].speech。NULL：没有填写。
  status integer
    -- 处理状态 | Status
    -- 1 审批中，2 已同意，3 已驳回，4 已转审，11 已退回，12 已加签，13 已同意并加签，14 已办理，15 已转交；其他值照原样保留。
    -- 来源：oa/getapprovaldetail info 的 details[].sp_status 或 sub_node_list[].sp_yj。NULL：未返回（抄送人没有状态）。
  acted_at timestamp with time zone
    -- 处理时间 | Acted at
    -- 处理人操作的时间。
    -- 来源：oa/getapprovaldetail info 的 sptime（Unix 秒）。NULL：尚未处理（接口为 0）。
  media_ids text[] NOT NULL DEFAULT '{}'::text[]
    -- 意见附件 | Media ids
    -- 意见中的附件 id，有效期未公布，请尽早下载；空列表：没有附件。
    -- 来源：oa/getapprovaldetail info 的 details[].media_id[] 或 sub_node_list[].media_ids[]。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_step_approvers_pkey ON wecom_history.approval_step_approvers USING btree (corp_id, sp_no, source, node_index, detail_index, valid_from)
  CREATE INDEX approval_step_approvers_valid_to_idx ON wecom_history.approval_step_approvers USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.approval_steps
  -- 审批节点（历史版本） | Approval steps (ended versions)
  -- 每张审批单的每个流程节点一行，按来源分开。
  -- 来源：oa/getapprovaldetail info.sp_record[] 与 process_list.node_list[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  source text NOT NULL
    -- 流程来源 | Source of the flow
    -- sp_record：旧版流程；process_list：新版流程，含抄送与办理节点。同一张审批单可能两者都有，审批人也可能不一致，统计时请只取一种。
  node_index integer NOT NULL
    -- 节点序号 | Node index
    -- 节点在流程中的位置，从 0 起（节点没有 id）。
    -- 来源：oa/getapprovaldetail info.sp_record[] 或 process_list.node_list[] 的顺序。
  node_type integer
    -- 节点类型 | Node type
    -- 1 审批人，2 抄送人，3 办理人。
    -- 来源：oa/getapprovaldetail info.process_list.node_list[].node_type。NULL：来源为 sp_record，或未返回。
  sp_status integer
    -- 节点状态 | Step status
    -- 1 审批中，2 已同意，3 已驳回，4 已转审，11 已退回，12 已加签，13 已同意并加签，14 已办理，15 已转交；其他值照原样保留。
    -- 来源：oa/getapprovaldetail info.sp_record[].sp_status 或 process_list.node_list[].sp_status。NULL：未返回（抄送节点没有状态）。
  approverattr integer
    -- 审批方式（旧） | Approver rule of sp_record
    -- 1 或签，2 会签；与 apv_rel 的编码相反。
    -- 来源：oa/getapprovaldetail info.sp_record[].approverattr。NULL：来源为 process_list，或未返回。
  apv_rel integer
    -- 审批方式（新） | Approver rule of process_list
    -- 1 会签，2 或签，3 依次审批；与 approverattr 的编码相反。
    -- 来源：oa/getapprovaldetail info.process_list.node_list[].apv_rel。NULL：来源为 sp_record，或未返回。
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_steps_pkey ON wecom_history.approval_steps USING btree (corp_id, sp_no, source, node_index, valid_from)
  CREATE INDEX approval_steps_valid_to_idx ON wecom_history.approval_steps USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.approval_template_fields
  -- 模板控件（历史版本） | Template fields (ended versions)
  -- 审批模板的每个控件一行，明细中的子控件也各一行。
  -- 来源：oa/gettemplatedetail template_content.controls[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  template_id text NOT NULL
    -- 模板 ID | Template id
    -- 审批模板的 id。
    -- 来源：请求 oa/gettemplatedetail 时的 template_id，取自审批单。
  field_id text NOT NULL
    -- 控件 ID | Field id
    -- 控件的 id，与 approval_fields.field_id 对应；同一位置出现相同 id 时，后者记为 id#2；没有 id 时为 #序号。
    -- 来源：oa/gettemplatedetail controls[].property.id。
  table_no integer NOT NULL
    -- 明细层 | Table number
    -- 0：表单本身的控件；1：明细中的子控件；不同明细含相同子控件 id 时，后面的依次为 2、3。
  table_id text
    -- 所属明细 | Table id
    -- 所属明细控件的 field_id，与 approval_fields.table_id 对应。
    -- 来源：oa/gettemplatedetail 中含该 config.table.children[] 的控件。NULL：不在明细中。
  "position" integer
    -- 位置 | Position
    -- 控件在表单中（或在明细中）的位置，从 0 起。
    -- 来源：oa/gettemplatedetail controls[] 的顺序。
  control text
    -- 控件类型 | Control
    -- 如 Text、Money、Selector、Vacation；未知类型照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.control。NULL：未返回。
  title text
    -- 标题 | Title
    -- 控件标题，优先中文，否则取第一个非空语言。
    -- 来源：oa/gettemplatedetail controls[].property.title[].text。NULL：没有标题。
  placeholder text
    -- 填写提示 | Placeholder
    -- 输入框中的提示文字，优先中文。
    -- 来源：oa/gettemplatedetail controls[].property.placeholder[].text。NULL：没有提示。
  required boolean
    -- 是否必填 | Required
    -- true 必填，false 选填。
    -- 来源：oa/gettemplatedetail controls[].property.require（1/0）。NULL：未返回。
  un_print boolean
    -- 不打印 | Not printed
    -- true：打印审批单时略去该控件。
    -- 来源：oa/gettemplatedetail controls[].property.un_print（1/0）。NULL：未返回。
  inner_id text
    -- 内部 ID | Inner id
    -- 含义未公布，照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.inner_id。NULL：未返回或为空。
  un_replace integer
    -- 不可替换 | Not replaceable
    -- 含义未公布，照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.un_replace。NULL：未返回。
  display integer
    -- 是否显示 | Displayed
    -- 含义未公布，照原样保留。
    -- 来源：oa/gettemplatedetail controls[].property.display。NULL：未返回。
  config jsonb
    -- 控件配置 | Configuration
    -- 选项、单选或多选、日期类型等；明细的子控件各有自己的行，不在其中。
    -- 来源：oa/gettemplatedetail controls[].config。NULL：没有配置。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_template_fields_pkey ON wecom_history.approval_template_fields USING btree (corp_id, template_id, field_id, table_no, valid_from)

TABLE wecom_history.approval_templates
  -- 审批模板（历史版本） | Approval templates (ended versions)
  -- 已入库审批单用到的每个模板一行；企业微信没有模板列表，因此不会因缺席而结束。
  -- 来源：oa/gettemplatedetail。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  template_id text NOT NULL
    -- 模板 ID | Template id
    -- 审批模板的 id。
    -- 来源：请求 oa/gettemplatedetail 时的 template_id，取自审批单。
  name text
    -- 模板名称 | Template name
    -- 优先中文，否则取第一个非空语言。
    -- 来源：oa/gettemplatedetail template_names[].text。NULL：没有名称。
  names jsonb
    -- 各语言名称 | Names by language
    -- [{text, lang}]。
    -- 来源：oa/gettemplatedetail template_names[]。NULL：没有名称。
  vacation_list jsonb
    -- 假期类型 | Kinds of leave
    -- 请假模板的假期类型 {item: [{id, name}]}。
    -- 来源：oa/gettemplatedetail vacation_list。NULL：不是请假模板，或写在控件配置中。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approval_templates_pkey ON wecom_history.approval_templates USING btree (corp_id, template_id, valid_from)

TABLE wecom_history.approvals
  -- 审批单（历史版本） | Approvals (ended versions)
  -- 每张审批单一行；离职成员的单据也保留，删除的单据状态为 7。窗口按提交时间，状态变化由夜间复查发现。
  -- 来源：oa/getapprovalinfo 与 oa/getapprovaldetail info。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  sp_no text NOT NULL
    -- 审批单号 | Approval number
    -- 审批单的编号，12 位以上数字，按文本保存。
    -- 来源：oa/getapprovaldetail info.sp_no。
  sp_name text
    -- 审批名称 | Approval name
    -- 提交时的模板名称。
    -- 来源：oa/getapprovaldetail info.sp_name。NULL：未返回。
  sp_status integer
    -- 审批状态 | Approval status
    -- 1 审批中，2 已通过，3 已驳回，4 已撤销，6 通过后撤销，7 已删除，10 已支付；其他值照原样保留。
    -- 来源：oa/getapprovaldetail info.sp_status。NULL：未返回。
  template_id text
    -- 模板 ID | Template id
    -- 关联 approval_templates.template_id。
    -- 来源：oa/getapprovaldetail info.template_id。NULL：未返回。
  applied_at timestamp with time zone
    -- 提交时间 | Applied at
    -- 申请人提交审批单的时间。
    -- 来源：oa/getapprovaldetail info.apply_time（Unix 秒）。NULL：未返回或为 0。
  applicant_userid text
    -- 申请人 | Applicant
    -- 申请人的 userid，关联 employees.userid；离职成员在 employees 中已不存在。
    -- 来源：oa/getapprovaldetail info.applyer.userid。NULL：未返回。
  applicant_department_id bigint
    -- 申请人部门 | Applicant's department
    -- 提交时申请人所在部门的 id，关联 departments.department_id。
    -- 来源：oa/getapprovaldetail info.applyer.partyid。NULL：未返回。
  batch_applicant_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 批量申请人 | Batch applicants
    -- 批量提交时的全部申请人 userid；空列表：不是批量提交。
    -- 来源：oa/getapprovaldetail info.batch_applyer[].userid。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX approvals_pkey ON wecom_history.approvals USING btree (corp_id, sp_no, valid_from)
  CREATE INDEX approvals_valid_to_idx ON wecom_history.approvals USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.checkins
  -- 打卡记录（历史版本） | Check-ins (ended versions)
  -- 每次打卡一行，只含已结束的日期（到昨天）；缺卡也以“未打卡”行出现。补卡或修改后不再返回的行移入历史，原因为 corrected。
  -- 来源：checkin/getcheckindata checkindata[]。
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员 | Member
    -- 打卡成员的 userid，关联 employees.userid；离职成员的记录保留。
    -- 来源：checkin/getcheckindata checkindata[].userid。
  checkin_date date NOT NULL
    -- 打卡日期 | Check-in date
    -- checkin_at 在北京时间的日期。
    -- 来源：checkin/getcheckindata checkindata[].checkin_time。
  punch_hash bigint NOT NULL
    -- 打卡标识 | Punch hash
    -- 企业微信不提供记录 id；由打卡类型、打卡时间、应打卡时间、规则、班次、时段计算的 64 位哈希（缺失按 0 计），仅用于区分同一天的多次打卡。
  checkin_type text
    -- 打卡类型 | Check-in type
    -- 中文文本：上班打卡、下班打卡、外出打卡、仅记录打卡时间和位置等。
    -- 来源：checkin/getcheckindata checkindata[].checkin_type。NULL：未返回。
  checkin_at timestamp with time zone
    -- 打卡时间 | Checked in at
    -- 实际打卡时间；“未打卡”行为应打卡时间。
    -- 来源：checkin/getcheckindata checkindata[].checkin_time（Unix 秒）。不为 NULL。
  sch_checkin_at timestamp with time zone
    -- 应打卡时间 | Scheduled at
    -- 规则或班次要求的打卡时间，只对固定上下班和按班次有意义。
    -- 来源：checkin/getcheckindata checkindata[].sch_checkin_time（Unix 秒）。NULL：未返回或为 0。
  exception_type text
    -- 异常类型 | Exception
    -- 时间异常、地点异常、未打卡、wifi异常、非常用设备；多个以分号（; 或 ；）连接。
    -- 来源：checkin/getcheckindata checkindata[].exception_type。NULL：正常。
  group_id bigint
    -- 规则 ID | Rule id
    -- 打卡规则的 id；0：没有规则。
    -- 来源：checkin/getcheckindata checkindata[].groupid。NULL：未返回。
  group_name text
    -- 规则名称 | Rule name
    -- 来源：checkin/getcheckindata checkindata[].groupname。NULL：没有规则。
  schedule_id bigint
    -- 班次 ID | Shift id
    -- 0：规则没有班次。
    -- 来源：checkin/getcheckindata checkindata[].schedule_id。NULL：未返回。
  timeline_id bigint
    -- 时段 ID | Shift segment id
    -- 班次中时段的 id；0：规则没有班次。
    -- 来源：checkin/getcheckindata checkindata[].timeline_id。NULL：未返回。
  location_title text
    -- 地点名称 | Location title
    -- 来源：checkin/getcheckindata checkindata[].location_title。NULL：没有位置。
  location_detail text
    -- 地点详情 | Location detail
    -- 详细地址。
    -- 来源：checkin/getcheckindata checkindata[].location_detail。NULL：没有位置。
  latitude numeric
    -- 纬度 | Latitude
    -- 单位：度，GCJ-02（火星坐标）。
    -- 来源：checkin/getcheckindata checkindata[].lat（度 × 1,000,000）。NULL：没有位置（经纬度均为 0 或未返回）。
  longitude numeric
    -- 经度 | Longitude
    -- 单位：度，GCJ-02（火星坐标）。
    -- 来源：checkin/getcheckindata checkindata[].lng（度 × 1,000,000）。NULL：没有位置（经纬度均为 0 或未返回）。
  wifi_name text
    -- Wi-Fi 名称 | Wi-Fi name
    -- 来源：checkin/getcheckindata checkindata[].wifiname。NULL：不是 Wi-Fi 打卡。
  wifi_mac text
    -- Wi-Fi 地址 | Wi-Fi MAC address
    -- 来源：checkin/getcheckindata checkindata[].wifimac。NULL：不是 Wi-Fi 打卡。
  notes text
    -- 备注 | Notes
    -- 成员打卡时填写的备注。
    -- 来源：checkin/getcheckindata checkindata[].notes。NULL：没有备注。
  media_ids text[] NOT NULL DEFAULT '{}'::text[]
    -- 打卡附件 | Media ids
    -- 打卡照片的 id，请尽早下载；空列表：没有附件。
    -- 来源：checkin/getcheckindata checkindata[].mediaids[]。
  device_id text
    -- 设备 ID | Device id
    -- 打卡设备的标识。
    -- 来源：checkin/getcheckindata checkindata[].deviceid。NULL：未返回。
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX checkins_pkey ON wecom_history.checkins USING btree (corp_id, userid, checkin_date, punch_hash, valid_from)
  CREATE INDEX checkins_valid_to_idx ON wecom_history.checkins USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.corp_tag_groups
  -- 企业客户标签组（历史版本） | Corp tag groups (ended versions)
  -- 企业标签库中的标签组；不含规则组标签和成员个人标签。Groups of the tag library, without rule-group tags and personal tags. Source: externalcontact/get_corp_tag_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  group_id text NOT NULL
    -- 标签组 ID | Tag group id
    -- Source: get_corp_tag_list tag_group[].group_id.
  name text
    -- 标签组名称 | Name
    -- Source: get_corp_tag_list tag_group[].group_name. NULL：未返回。NULL: not given.
  sort_order bigint
    -- 排序值 | Sort order
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: get_corp_tag_list tag_group[].order. NULL：未返回。NULL: not given.
  created_at timestamp with time zone
    -- 创建时间 | Created at
    -- Source: get_corp_tag_list tag_group[].create_time. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX corp_tag_groups_pkey ON wecom_history.corp_tag_groups USING btree (corp_id, group_id, valid_from)

TABLE wecom_history.corp_tags
  -- 企业客户标签（历史版本） | Corp tags (ended versions)
  -- 企业标签库中的标签。客户身上的标签 ID 可能不在此表中（规则组标签）。Tags of the library; ids on customers may be missing here (rule-group tags). Source: externalcontact/get_corp_tag_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  tag_id text NOT NULL
    -- 标签 ID | Tag id
    -- Source: get_corp_tag_list tag_group[].tag[].id.
  group_id text
    -- 标签组 ID | Tag group id
    -- Source: get_corp_tag_list tag_group[].group_id.
  name text
    -- 标签名称 | Name
    -- Source: get_corp_tag_list tag_group[].tag[].name. NULL：未返回。NULL: not given.
  sort_order bigint
    -- 排序值 | Sort order
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: get_corp_tag_list tag_group[].tag[].order. NULL：未返回。NULL: not given.
  created_at timestamp with time zone
    -- 创建时间 | Created at
    -- Source: get_corp_tag_list tag_group[].tag[].create_time. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX corp_tags_pkey ON wecom_history.corp_tags USING btree (corp_id, tag_id, valid_from)

TABLE wecom_history.customer_follow_tags
  -- 客户标签（历史版本） | Tags of customer follows (ended versions)
  -- 成员给客户打的企业标签和规则组标签；不含个人标签。Corp tags and own rule-group tags that a member put on a customer, no personal tags. Source: externalcontact/batch/get_by_user follow_info.tag_id[].
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- Source: batch/get_by_user external_contact.external_userid.
  userid text NOT NULL
    -- 跟进成员 | Member
    -- userid。Source: batch/get_by_user follow_info.userid.
  tag_id text NOT NULL
    -- 标签 ID | Tag id
    -- 名称见 corp_tags；规则组标签在那里没有行。Names in corp_tags; rule-group tags have no row there. Source: follow_info.tag_id[].
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX customer_follow_tags_pkey ON wecom_history.customer_follow_tags USING btree (corp_id, external_userid, userid, tag_id, valid_from)
  CREATE INDEX customer_follow_tags_valid_to_idx ON wecom_history.customer_follow_tags USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.customer_follows
  -- 客户跟进关系（历史版本） | Customer follows (ended versions)
  -- 客户与跟进成员的关系，每对一行。客户单方面删除成员后关系仍会返回，因此此表不反映客户侧流失。One row per customer and member. A customer who deleted the member is still listed, so churn on that side is not seen. Source: externalcontact/batch/get_by_user follow_info.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- Source: batch/get_by_user external_contact.external_userid.
  userid text NOT NULL
    -- 跟进成员 | Member
    -- userid。Source: batch/get_by_user follow_info.userid.
  remark text
    -- 备注名 | Remark name
    -- 默认为添加时的昵称。By default the nickname at the time of adding. Source: follow_info.remark. NULL：为空。NULL: empty.
  description text
    -- 描述 | Description
    -- Source: follow_info.description. NULL：未填写。NULL: none.
  followed_at timestamp with time zone
    -- 添加时间 | Followed at
    -- 删除后重新添加会变化。Changes when the customer is deleted and added again. Source: follow_info.createtime. NULL：未返回或不是时间。NULL: not given, or no time.
  add_way integer
    -- 添加来源 | Source of the relation
    -- 0 未知，1 扫描二维码，2 搜索手机号，3 名片分享，4 群聊，5 手机通讯录，6 微信联系人，8 第三方应用，9 搜索邮箱，10 视频号，16 获客链接，201 内部成员共享，202 管理员或负责人分配；未列出的取值照原样保留。How the customer was added; codes not listed are kept. Source: follow_info.add_way. NULL：年代久远的数据。NULL: very old data.
  state text
    -- 渠道参数 | Channel
    -- 「联系我」、获客链接等设置的 state。State of the contact way or acquisition link. Source: follow_info.state. NULL：没有渠道。NULL: none.
  oper_userid text
    -- 发起人 | Initiator
    -- 成员 userid，或客户自己的 external_userid。A userid, or the external_userid of the customer. Source: follow_info.oper_userid. NULL：部分来源不返回。NULL: not given for some ways.
  remark_corp_name text
    -- 备注企业 | Company in the remark
    -- Source: follow_info.remark_corp_name（旧版为 remark_company）。NULL：未填写。NULL: none.
  remark_mobiles text[] NOT NULL DEFAULT '{}'::text[]
    -- 备注手机号 | Mobiles in the remark
    -- Source: follow_info.remark_mobiles. {}：没有或无权查看。{}: none, or not visible to the app.
  wechat_channels jsonb
    -- 视频号信息 | Channels account
    -- 仅来源为视频号（10）时返回：nickname、source。Only for add_way 10. Source: follow_info.wechat_channels. NULL：其他来源。NULL: other ways.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX customer_follows_pkey ON wecom_history.customer_follows USING btree (corp_id, external_userid, userid, valid_from)
  CREATE INDEX customer_follows_valid_to_idx ON wecom_history.customer_follows USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.customers
  -- 客户（历史版本） | Customers (ended versions)
  -- 至少有一名可见成员正在跟进的外部联系人，每人一行。External contacts that at least one visible member follows. Source: externalcontact/batch/get_by_user external_contact.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- wm 开头为微信用户，wo 开头为其他企业的企业微信用户。wm…: WeChat user, wo…: WeCom user of another company. Source: batch/get_by_user external_contact.external_userid.
  name text
    -- 客户名称 | Name
    -- 微信昵称；企业微信用户为对外显示的名称。WeChat nickname, or the name a WeCom user shows outside. Source: external_contact.name. NULL：名称为空。NULL: empty.
  type integer
    -- 客户类型 | Type
    -- 1 微信用户，2 企业微信用户。1 WeChat user, 2 WeCom user. Source: external_contact.type. NULL：未返回。NULL: not given.
  gender integer
    -- 性别 | Gender
    -- 0 未知，1 男，2 女。0 unknown, 1 male, 2 female. Source: external_contact.gender. NULL：无权查看。NULL: not visible to the app.
  unionid text
    -- 微信 unionid | WeChat unionid
    -- Source: external_contact.unionid. NULL：企业未绑定微信开发者 ID，或对方不是微信用户。NULL: no WeChat developer account is bound, or no WeChat user.
  "position" text
    -- 职务 | Position
    -- 仅企业微信用户。WeCom users only. Source: external_contact.position. NULL：未对外显示。NULL: not shown outside.
  corp_name text
    -- 企业简称 | Company short name
    -- 仅企业微信用户。WeCom users only. Source: external_contact.corp_name（旧版为 corpname）。NULL：微信用户。NULL: a WeChat user.
  corp_full_name text
    -- 企业全称 | Company full name
    -- 仅企业微信用户且仅自建应用返回。WeCom users, self-built apps only. Source: external_contact.corp_full_name. NULL：未返回。NULL: not given.
  external_profile jsonb
    -- 对外资料 | External profile
    -- 仅企业微信用户：企业名称、视频号、自定义展示字段。WeCom users only: company, channels account, attributes. Source: external_contact.external_profile. NULL：没有。NULL: none.
  foreign_key text
    -- 家校外部标识 | Foreign key (education)
    -- 仅教育版。Education edition only. Source: external_contact.foreign_key. NULL：非教育版。NULL: other editions.
  is_subscribe integer
    -- 是否关注学校通知 | Subscribed (education)
    -- 仅教育版。Education edition only. Source: external_contact.is_subscribe. NULL：非教育版。NULL: other editions.
  subscriber_info jsonb
    -- 关注者信息 | Subscriber info (education)
    -- 仅教育版。Education edition only. Source: external_contact.subscriber_info. NULL：非教育版。NULL: other editions.
  avatar text
    -- 头像 URL | Avatar URL
    -- 会随客户更换头像而变化或失效；变化时不产生新版本。Changes and expires; a change opens no version. Source: external_contact.avatar. NULL：没有或无权查看。NULL: none, or not visible to the app.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX customers_pkey ON wecom_history.customers USING btree (corp_id, external_userid, valid_from)
  CREATE INDEX customers_valid_to_idx ON wecom_history.customers USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.departments
  -- 部门（历史版本） | Departments (ended versions)
  -- 应用可见范围内的部门，每个部门一行。Departments in the visible range of the app. Source: department/list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  department_id bigint NOT NULL
    -- 部门 ID | Department id
    -- 根部门为 1。The root is 1. Source: department/list id.
  name text
    -- 部门名称 | Name
    -- Source: department/list name. NULL：未返回。NULL: not given.
  name_en text
    -- 英文名称 | English name
    -- Source: department/list name_en. NULL：未设置。NULL: none set.
  parent_department_id bigint
    -- 上级部门 ID | Parent department id
    -- 上级可能不在可见范围内，因而在本表中没有对应行；根部门为 0。The parent may be outside the visible range and then has no row here; 0 for the root. Source: department/list parentid.
  sort_order bigint
    -- 排序值 | Sort order
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: department/list order. NULL：旧版接口未返回。NULL: old answers leave it out.
  leader_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 部门负责人 | Leaders
    -- 可见范围内的负责人 userid。userids of the visible leaders. Source: department/list department_leader. {}：没有。{}: none.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX departments_pkey ON wecom_history.departments USING btree (corp_id, department_id, valid_from)

TABLE wecom_history.employee_attributes
  -- 成员扩展属性（历史版本） | Attributes of employees (ended versions)
  -- 管理员自定义的字段（工号、门店编码等），每人每个字段一行，用于关联其他系统。Fields defined by the admin, one row per member and field: the join key to other systems. Source: user/list extattr.attrs[].
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- Source: user/list userid.
  attr_name text NOT NULL
    -- 属性名称 | Attribute name
    -- Source: user/list extattr.attrs[].name.
  type integer
    -- 属性类型 | Type
    -- 0 文本，1 网页。0 text, 1 web link. Source: user/list extattr.attrs[].type. NULL：旧版接口未返回。NULL: old answers leave it out.
  value text
    -- 属性值 | Value
    -- 文本内容；网页类型为链接地址。The text, or the URL of a web link. Source: user/list extattr.attrs[].text.value, web.url（旧版为 value）。NULL：未填写。NULL: not filled in.
  title text
    -- 网页标题 | Link title
    -- Source: user/list extattr.attrs[].web.title. NULL：不是网页类型或未填写。NULL: no web link, or none set.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX employee_attributes_pkey ON wecom_history.employee_attributes USING btree (corp_id, userid, attr_name, valid_from)

TABLE wecom_history.employee_departments
  -- 成员所属部门（历史版本） | Departments of employees (ended versions)
  -- 成员与部门的对应关系，仅含应用可见的部门。Which departments a member belongs to, visible ones only. Source: user/list department, order, is_leader_in_dept.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- Source: user/list userid.
  department_id bigint NOT NULL
    -- 部门 ID | Department id
    -- Source: user/list department[].
  is_leader boolean
    -- 是否部门负责人 | Leader of the department
    -- Source: user/list is_leader_in_dept[]（旧版为 isleader）。NULL：未返回。NULL: not given.
  sort_order bigint
    -- 部门内排序值 | Order in the department
    -- 数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: user/list order[]. NULL：未返回。NULL: not given.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX employee_departments_pkey ON wecom_history.employee_departments USING btree (corp_id, userid, department_id, valid_from)

TABLE wecom_history.employees
  -- 成员（历史版本） | Employees (ended versions)
  -- 应用可见范围内的成员，每人一行；手机、邮箱、头像、性别等字段对 2022-06-20 之后创建的应用不返回。One row per member in the visible range; apps created after 2022-06-20 do not get mobile, mail, pictures and gender. Source: user/list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- 企业微信不区分大小写，此处保留通讯录中的写法。WeCom compares it without case; here in the directory's spelling. Source: user/list userid.
  name text
    -- 姓名 | Name
    -- Source: user/list name. NULL：未返回。NULL: not given.
  alias text
    -- 别名 | Alias
    -- Source: user/list alias. NULL：未设置。NULL: none set.
  english_name text
    -- 英文名（旧） | English name (legacy)
    -- 已由别名取代。Replaced by alias. Source: user/list english_name. NULL：未设置。NULL: none set.
  "position" text
    -- 职务 | Position
    -- Source: user/list position. NULL：未设置。NULL: none set.
  gender integer
    -- 性别 | Gender
    -- 0 未知，1 男，2 女。0 unknown, 1 male, 2 female. Source: user/list gender. NULL：应用无权查看。NULL: the app may not see it.
  status integer
    -- 激活状态 | Status
    -- 1 已激活，2 已禁用，4 未激活，5 退出企业。1 activated, 2 disabled, 4 not activated, 5 left. Source: user/list status. NULL：未返回。NULL: not given.
  enable integer
    -- 是否启用（旧） | Enabled (legacy)
    -- 1 启用，0 禁用。1 enabled, 0 disabled. Source: user/list enable. NULL：新版接口不再返回。NULL: no longer given.
  main_department_id bigint
    -- 主部门 ID | Main department id
    -- Source: user/list main_department. NULL：应用看不到该部门。NULL: the app does not see that department.
  email text
    -- 邮箱 | E-mail
    -- Source: user/list email. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  biz_mail text
    -- 企业邮箱 | Business mail
    -- Source: user/list biz_mail. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  mobile text
    -- 手机号 | Mobile
    -- Source: user/list mobile. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  hide_mobile integer
    -- 是否隐藏手机号（旧） | Mobile hidden (legacy)
    -- 1 隐藏，0 显示。1 hidden, 0 shown. Source: user/list hide_mobile. NULL：未返回。NULL: not given.
  telephone text
    -- 座机 | Telephone
    -- Source: user/list telephone. NULL：未设置。NULL: none set.
  address text
    -- 地址 | Address
    -- Source: user/list address. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  direct_leader_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 直属上级 | Direct leaders
    -- 可见的直属上级 userid，最多 5 个。userids of up to 5 visible leaders. Source: user/list direct_leader. {}：没有。{}: none.
  external_position text
    -- 对外职务 | External position
    -- Source: user/list external_position. NULL：未设置。NULL: none set.
  external_profile jsonb
    -- 对外资料 | External profile
    -- 对外企业简称、视频号和自定义展示字段。Company short name, channels account and attributes shown outside. Source: user/list external_profile. NULL：未设置。NULL: none set.
  open_userid text
    -- 全局成员 ID | open_userid
    -- 仅第三方应用返回。Third-party apps only. Source: user/list open_userid. NULL：自建应用不返回。NULL: not given to self-built apps.
  avatar text
    -- 头像 URL | Avatar URL
    -- 变化时不产生新版本。A change opens no version. Source: user/list avatar. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  thumb_avatar text
    -- 头像缩略图 URL | Thumbnail URL
    -- 变化时不产生新版本。A change opens no version. Source: user/list thumb_avatar. NULL：未设置或无权查看。NULL: none, or not visible to the app.
  qr_code text
    -- 个人二维码 URL | QR code URL
    -- 变化时不产生新版本。A change opens no version. Source: user/list qr_code. NULL：无权查看。NULL: not visible to the app.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX employees_pkey ON wecom_history.employees USING btree (corp_id, userid, valid_from)

TABLE wecom_history.follow_users
  -- 客户联系成员（历史版本） | Follow users (ended versions)
  -- 已配置客户联系功能且在应用可见范围内的成员。Members with the customer-contact function in the visible scope. Source: externalcontact/get_follow_user_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- 采用通讯录中的写法。In the directory's spelling. Source: get_follow_user_list follow_user[].
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX follow_users_pkey ON wecom_history.follow_users USING btree (corp_id, userid, valid_from)

TABLE wecom_history.group_chat_members
  -- 客户群成员（历史版本） | Group chat members (ended versions)
  -- 群内的企业成员和外部联系人，每人一行；外部联系人不一定是客户。Members and external contacts in a group; the latter need not be customers. Source: externalcontact/groupchat/get group_chat.member_list[].
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  chat_id text NOT NULL
    -- 客户群 ID | Chat id
    -- Source: groupchat/get group_chat.chat_id.
  member_id text NOT NULL
    -- 群成员 ID | Member id
    -- 按 member_type 为 userid 或 external_userid。A userid or an external_userid, by member_type. Source: member_list[].userid.
  member_type integer
    -- 成员类型 | Member type
    -- 1 企业成员，2 外部联系人。1 corp member, 2 external contact. Source: member_list[].type. NULL：未返回。NULL: not given.
  unionid text
    -- 微信 unionid | WeChat unionid
    -- Source: member_list[].unionid. NULL：企业未绑定微信开发者 ID，或不是微信用户。NULL: no WeChat developer account is bound, or no WeChat user.
  joined_at timestamp with time zone
    -- 入群时间 | Joined at
    -- 退群后再次入群会变化。Changes when a person leaves and rejoins. Source: member_list[].join_time. NULL：未返回。NULL: not given.
  join_scene integer
    -- 入群方式 | Join scene
    -- 1 直接邀请，2 邀请链接，3 扫描群二维码。1 invited, 2 invitation link, 3 group QR code. Source: member_list[].join_scene. NULL：未返回。NULL: not given.
  invitor_userid text
    -- 邀请人 | Invitor
    -- userid，仅由企业成员邀请时返回。Only when a corp member invited. Source: member_list[].invitor.userid. NULL：不是成员邀请。NULL: not invited by a member.
  group_nickname text
    -- 群昵称 | Nickname in the group
    -- Source: member_list[].group_nickname. NULL：未设置。NULL: none set.
  name text
    -- 名称 | Name
    -- 企业成员为姓名，外部联系人为昵称。Corp name or nickname. Source: member_list[].name. NULL：为空。NULL: empty.
  state text
    -- 渠道参数 | Channel
    -- 进群方式设置的 state。State of the join way. Source: member_list[].state. NULL：没有渠道。NULL: none.
  is_admin boolean
    -- 是否群管理员 | Admin
    -- 在 admin_list 中为真；群主不算。True when in admin_list; the owner is not. Source: groupchat/get group_chat.admin_list[]. NULL：不会出现。NULL: never.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  userid text GENERATED 
CASE
    WHEN (member_type = 1) THEN member_id
    ELSE NULL::text
END
    -- 成员账号 | userid
    -- 由 member_id 生成，便于关联 employees。Generated from member_id, for joins. NULL：外部联系人。NULL: an external contact.
  external_userid text GENERATED 
CASE
    WHEN (member_type = 2) THEN member_id
    ELSE NULL::text
END
    -- 外部联系人 ID | External userid
    -- 由 member_id 生成，便于关联 customers。Generated from member_id, for joins. NULL：企业成员。NULL: a corp member.
  CREATE UNIQUE INDEX group_chat_members_pkey ON wecom_history.group_chat_members USING btree (corp_id, chat_id, member_id, valid_from)
  CREATE INDEX group_chat_members_valid_to_idx ON wecom_history.group_chat_members USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.group_chat_owner_daily
  -- 群聊数据统计（历史版本） | Group chats per owner and day (ended versions)
  -- 每名群主每天一行；没有行表示未知，不等于 0。企业微信只保留 180 天，此表永久保留。One row per owner and day; no row means unknown, not 0. WeCom forgets after 180 days, this table does not. Source: externalcontact/groupchat/statistic.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  owner_userid text NOT NULL
    -- 群主 | Owner
    -- userid。Source: groupchat/statistic items[].owner.
  stat_date date NOT NULL
    -- 统计日期 | Day
    -- 北京时间自然日。Calendar day in Asia/Shanghai. Source: 请求的 day_begin_time，每次只查一天。The day asked for, one per call.
  new_chat_cnt integer
    -- 新增群数 | New groups
    -- 当天新建的群数。Groups created. Source: items[].data.new_chat_cnt. NULL：未返回。NULL: not given.
  chat_total integer
    -- 群总数 | Groups
    -- 当天结束时的群数。Groups at the end of the day. Source: items[].data.chat_total. NULL：未返回。NULL: not given.
  chat_has_msg integer
    -- 有消息的群数 | Active groups
    -- 当天有人发过消息的群数。Groups with a message. Source: items[].data.chat_has_msg. NULL：未返回。NULL: not given.
  new_member_cnt integer
    -- 新增群成员数 | New members
    -- 当天入群的人数。People who joined. Source: items[].data.new_member_cnt. NULL：未返回。NULL: not given.
  member_total integer
    -- 群成员总数 | Members
    -- 当天结束时的群成员数。Members at the end of the day. Source: items[].data.member_total. NULL：未返回。NULL: not given.
  member_has_msg integer
    -- 发过消息的群成员数 | Active members
    -- 当天发过消息的群成员数。Members who spoke. Source: items[].data.member_has_msg. NULL：未返回。NULL: not given.
  msg_total integer
    -- 群消息总数 | Messages
    -- 当天的群消息数。Messages of the day. Source: items[].data.msg_total. NULL：未返回。NULL: not given.
  migrate_trainee_chat_cnt integer
    -- 新增迁移群数 | Migrated trainee groups
    -- 仅教培行业。Education companies only. Source: items[].data.migrate_trainee_chat_cnt. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX group_chat_owner_daily_pkey ON wecom_history.group_chat_owner_daily USING btree (corp_id, owner_userid, stat_date, valid_from)
  CREATE INDEX group_chat_owner_daily_valid_to_idx ON wecom_history.group_chat_owner_daily USING brin (valid_to) WITH (pages_per_range='32')

TABLE wecom_history.group_chats
  -- 客户群（历史版本） | Group chats (ended versions)
  -- 群主在可见范围内（或已离职待继承）的客户群，每群一行。Customer groups whose owner is visible or has resigned. Source: externalcontact/groupchat/list, groupchat/get.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  chat_id text NOT NULL
    -- 客户群 ID | Chat id
    -- Source: groupchat/list group_chat_list[].chat_id.
  name text
    -- 群名 | Name
    -- Source: groupchat/get group_chat.name. NULL：群未命名。NULL: never named.
  owner_userid text
    -- 群主 | Owner
    -- userid；群主不一定在成员列表中。userid; the owner need not be among the members. Source: groupchat/get group_chat.owner. NULL：未返回。NULL: not given.
  created_at timestamp with time zone
    -- 建群时间 | Created at
    -- Source: groupchat/get group_chat.create_time. NULL：未返回。NULL: not given.
  notice text
    -- 群公告 | Announcement
    -- Source: groupchat/get group_chat.notice. NULL：没有公告。NULL: none.
  status integer
    -- 跟进状态 | Follow state
    -- 0 跟进人正常，1 跟进人离职，2 离职继承中，3 离职继承完成。0 normal, 1 owner resigned, 2 inheritance running, 3 inheritance done. Source: groupchat/list group_chat_list[].status. NULL：未返回。NULL: not given.
  admin_userids text[] NOT NULL DEFAULT '{}'::text[]
    -- 群管理员 | Admins
    -- userid；不含群主，也不一定在成员列表中。userids, without the owner; they need not be among the members. Source: groupchat/get group_chat.admin_list[].userid. {}：没有。{}: none.
  member_version text
    -- 成员版本号 | Member version
    -- 成员列表的哈希；变化时不产生新版本。Hash of the member list; a change opens no version. Source: groupchat/get group_chat.member_version. NULL：旧数据未返回。NULL: absent in old data.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX group_chats_pkey ON wecom_history.group_chats USING btree (corp_id, chat_id, valid_from)

TABLE wecom_history.unassigned_customers
  -- 待分配客户（历史版本） | Unassigned customers (ended versions)
  -- 已离职成员名下尚未分配给他人的客户；分配后即从此表移除。Customers of resigned members that nobody has taken over yet. Source: externalcontact/get_unassigned_list.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  handover_userid text NOT NULL
    -- 离职成员 | Resigned member
    -- userid。Source: get_unassigned_list info[].handover_userid.
  external_userid text NOT NULL
    -- 外部联系人 ID | External userid
    -- Source: get_unassigned_list info[].external_userid.
  dimission_at timestamp with time zone
    -- 离职时间 | Resigned at
    -- Source: get_unassigned_list info[].dimission_time. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX unassigned_customers_pkey ON wecom_history.unassigned_customers USING btree (corp_id, handover_userid, external_userid, valid_from)

TABLE wecom_history.user_behavior_daily
  -- 联系客户统计（历史版本） | User behaviour per day (ended versions)
  -- 每名成员每天一行；企业微信只保留 180 天，此表永久保留。最近三天的数值仍可能变化。One row per member and day; WeCom forgets after 180 days, this table does not. Figures of the last days may still move. Source: externalcontact/get_user_behavior_data.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
    -- The WeCom corp (ww…) that the row belongs to.
  userid text NOT NULL
    -- 成员账号 | userid
    -- 请求中的成员；接口每次只查一人。The member asked for, one per call. Source: request userid.
  stat_date date NOT NULL
    -- 统计日期 | Day
    -- 北京时间自然日。Calendar day in Asia/Shanghai. Source: get_user_behavior_data behavior_data[].stat_time.
  new_apply_cnt integer
    -- 发起申请数 | Friend requests sent
    -- 成员当天主动发起的好友申请数。Requests that the member sent. Source: behavior_data[].new_apply_cnt. NULL：未返回。NULL: not given.
  new_contact_cnt integer
    -- 新增客户数 | New customers
    -- 当天新增的客户数。Customers added. Source: behavior_data[].new_contact_cnt. NULL：未返回。NULL: not given.
  chat_cnt integer
    -- 聊天总数 | Chats
    -- 成员当天发过消息的单聊数。One-to-one chats in which the member sent a message. Source: behavior_data[].chat_cnt. NULL：未返回。NULL: not given.
  message_cnt integer
    -- 发送消息数 | Messages sent
    -- 成员在单聊中发送的消息数，不含群聊。Messages in one-to-one chats. Source: behavior_data[].message_cnt. NULL：未返回。NULL: not given.
  reply_percentage numeric
    -- 已回复聊天占比 | Reply percentage
    -- 单位：百分比，0 至 100。客户主动发起的聊天中成员已回复的比例；不可直接相加或平均。Percent; share of customer-opened chats that were answered; do not add or average. Source: behavior_data[].reply_percentage. NULL：当天没有客户主动发起聊天。NULL: no customer opened a chat.
  avg_reply_time integer
    -- 平均首次回复时长 | Average first reply time
    -- 单位：分钟。Minutes; do not add or average. Source: behavior_data[].avg_reply_time. NULL：当天没有客户主动发起聊天。NULL: no customer opened a chat.
  negative_feedback_cnt integer
    -- 删除/拉黑成员的客户数 | Customers lost
    -- 当天删除或拉黑成员的客户数。Customers who deleted or blocked the member. Source: behavior_data[].negative_feedback_cnt. NULL：未返回。NULL: not given.
  extra jsonb
    -- 其余字段 | Other keys
    -- Keys of the API record that have no column of their own, or whose value does not convert to it. NULL: nothing is left over.
  valid_from timestamp with time zone NOT NULL
    -- 版本开始 | Valid from
    -- Start of the run that first saw this version.
  valid_to timestamp with time zone NOT NULL
    -- 版本结束 | Valid to
    -- Start of the run that changed or ended this version (exclusive).
  ended_by text NOT NULL
    -- 结束方式 | Ended by
    -- changed: another version follows; gone: the row ended.
  end_reason text
    -- 结束原因 | End reason
    -- absent, member_resigned, member_not_visible, group_dismissed, … NULL when ended_by is changed.
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that still showed this version. NULL when unknown.
  CREATE UNIQUE INDEX user_behavior_daily_pkey ON wecom_history.user_behavior_daily USING btree (corp_id, userid, stat_date, valid_from)
  CREATE INDEX user_behavior_daily_valid_to_idx ON wecom_history.user_behavior_daily USING brin (valid_to) WITH (pages_per_range='32')

SCHEMA wecom_sync
  -- 同步状态 | Sync state
  -- Runs, progress, coverage, holds, rejects.

TABLE wecom_sync.absences
  -- 缺席与保留 | Absences and holds
  -- Keys that a complete walk did not show: waiting for the decision at the end of the run, or held until --accept-deletes.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  stream text NOT NULL
    -- 数据流 | Stream
  table_name text NOT NULL
    -- 表 | Table
  key jsonb NOT NULL
    -- 主键 | Key
    -- Key columns of the absent row.
  unit text NOT NULL
    -- 进度单元 | Unit of progress
  cycle text NOT NULL
    -- 轮次 | Cycle
    -- The cycle whose walk last found it absent.
  held_since timestamp with time zone
    -- 保留起始 | Held since
    -- Start of the run that first held it. NULL: not decided yet.
  reason text
    -- 保留原因 | Reason of the hold
  last_shown_at timestamp with time zone
    -- 最后出现 | Last shown at
    -- Start of the last complete walk that showed it. NULL when unknown.
  CREATE UNIQUE INDEX absences_pkey ON wecom_sync.absences USING btree (corp_id, stream, table_name, key)

TABLE wecom_sync.progress
  -- 进度与覆盖 | Progress and coverage
  -- One row per unit of progress of a stream (member, day list, window, group, or * for a whole list).
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  stream text NOT NULL
    -- 数据流 | Stream
  unit text NOT NULL
    -- 进度单元 | Unit of progress
  cycle text
    -- 轮次 | Cycle
    -- The cycle that finished the unit last. NULL: never finished.
  completed_at timestamp with time zone
    -- 最近完整遍历 | Last complete walk
    -- Start of the run that finished it last.
  rows bigint NOT NULL
    -- 行数 | Rows
    -- Rows shown by the last complete walk.
  covered datemultirange NOT NULL
    -- 已覆盖日期 | Covered days
  provisional datemultirange NOT NULL
    -- 暂定日期 | Provisional days
    -- Covered, but the figures may still move.
  lost datemultirange NOT NULL
    -- 永久缺失 | Lost days
    -- Days that WeCom no longer gives.
  lost_reasons jsonb NOT NULL
    -- 缺失原因 | Why days were lost
    -- reason → datemultirange text.
  cycle_days datemultirange NOT NULL
    -- 本轮已读日期 | Days read in this cycle
  closed text
    -- 不再请求的原因 | Closed
    -- Why the unit is not asked for any more. NULL: open.
  CREATE UNIQUE INDEX progress_pkey ON wecom_sync.progress USING btree (corp_id, stream, unit)

TABLE wecom_sync.quotas
  -- 配额状态 | Quota state
  -- Theoretical arrival time of each rate limit, so that quotas hold across restarts.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  path text NOT NULL
    -- 接口 | API path
  state jsonb NOT NULL
    -- 状态 | State
  CREATE UNIQUE INDEX quotas_pkey ON wecom_sync.quotas USING btree (corp_id, path)

TABLE wecom_sync.rejects
  -- 拒收记录 | Rejected records
  -- Records that could not become rows, with the payload as received.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  stream text NOT NULL
    -- 数据流 | Stream
  reject_id text NOT NULL
    -- 拒收 ID | Reject id
    -- md5 of the key of its rows, or of the payload where no key can be read: the same object is kept once.
  run_id text NOT NULL
    -- 运行 ID | Run id
    -- The last run that saw it.
  unit text
    -- 进度单元 | Unit of progress
  reason text NOT NULL
    -- 原因 | Reason
  payload jsonb NOT NULL
    -- 原始记录 | Record as received
  first_seen_at timestamp with time zone NOT NULL
    -- 首次出现 | First seen at
  last_seen_at timestamp with time zone NOT NULL
    -- 最近出现 | Last seen at
  days datemultirange
    -- 可能日期 | Possible days
    -- Days that the record may be of. NULL: its stream has no days.
  CREATE UNIQUE INDEX rejects_pkey ON wecom_sync.rejects USING btree (corp_id, stream, reject_id)

TABLE wecom_sync.run_streams
  -- 运行中的数据流 | Streams of a run
  -- Result of each stream in each run.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  run_id text NOT NULL
    -- 运行 ID | Run id
  stream text NOT NULL
    -- 数据流 | Stream
  status text NOT NULL
    -- 状态 | Status
    -- succeeded, partial, held, failed, skipped, not_permitted.
  started_at timestamp with time zone NOT NULL
    -- 开始时间 | Started at
  finished_at timestamp with time zone NOT NULL
    -- 结束时间 | Finished at
  api_calls bigint NOT NULL
    -- 接口调用数 | API calls
  pages bigint NOT NULL
    -- 页数 | Pages
  records bigint NOT NULL
    -- 记录数 | API records received
  inserted bigint NOT NULL
    -- 新增行 | Rows inserted
  updated bigint NOT NULL
    -- 变更行 | Rows updated
  unchanged bigint NOT NULL
    -- 未变行 | Rows unchanged
  deleted bigint NOT NULL
    -- 结束行 | Rows ended
  rejected bigint NOT NULL
    -- 拒收记录 | Records rejected
  expected bigint NOT NULL
    -- 应有单元 | Units expected
  received bigint NOT NULL
    -- 完成单元 | Units finished
  explained bigint NOT NULL
    -- 有解释单元 | Units explained
    -- Units that WeCom says cannot be had (resigned, unlicensed, not visible).
  error jsonb
    -- 错误 | Error
    -- code, errcode, message, remedy. NULL: none.
  notes jsonb
    -- 说明 | Notes
    -- What the operator should know. NULL: nothing.
  counts jsonb
    -- 完整性 | Completeness
    -- List of {what, expected, received, explained} for each number that WeCom named: groups listed, rows of a total. Something is missing where expected exceeds received + explained. NULL: it named none.
  CREATE UNIQUE INDEX run_streams_pkey ON wecom_sync.run_streams USING btree (corp_id, run_id, stream)

TABLE wecom_sync.runs
  -- 运行 | Runs
  -- One row per run. started_at is the valid_from and valid_to of everything that the run changed.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  run_id text NOT NULL
    -- 运行 ID | Run id
    -- Sorts by time.
  cycle text NOT NULL
    -- 轮次 | Cycle
    -- run_id of the first run of a chain in which each run continues a killed one.
  started_at timestamp with time zone NOT NULL
    -- 开始时间 | Started at
    -- The as-of point of this run.
  finished_at timestamp with time zone
    -- 结束时间 | Finished at
    -- NULL: running, or killed.
  status text NOT NULL
    -- 状态 | Status
    -- running, succeeded, partial, failed, or interrupted (killed or stopped; the next run continues it).
  options jsonb NOT NULL
    -- 选项 | Options
    -- Streams and switches the run was started with.
  version text NOT NULL
    -- 软件版本 | Version
    -- wecom-warehouse version.
  CREATE INDEX runs_corp_id_started_at_idx ON wecom_sync.runs USING btree (corp_id, started_at)
  CREATE UNIQUE INDEX runs_pkey ON wecom_sync.runs USING btree (corp_id, run_id)

TABLE wecom_sync.tombstone_salts
  -- 墓碑密钥 | Salts of tombstones
  -- The random key of the hashes in tombstones, one per corp, made by the first forget. Without it they recognise nobody; with it a guessed id can be tested, so neither table is for analysts.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  salt text NOT NULL
    -- 密钥 | Salt
    -- 32 random bytes as hexadecimal digits.
  CREATE UNIQUE INDEX tombstone_salts_pkey ON wecom_sync.tombstone_salts USING btree (corp_id)

TABLE wecom_sync.tombstones
  -- 墓碑 | Tombstones
  -- One row per value by which a forgotten person is recognised in what WeCom sends.
  corp_id text NOT NULL
    -- 企业 ID | Corp id
  hash text NOT NULL
    -- 哈希 | Hash
    -- HMAC-SHA256 of the trimmed, lower-cased value with the salt of the corp, as hexadecimal digits.
  person text NOT NULL
    -- 占位符 | Placeholder
    -- forgotten- and 12 hexadecimal digits: stands wherever the person was mentioned.
  kind text NOT NULL
    -- 类别 | Kind
    -- customer, employee.
  part text NOT NULL
    -- 部分 | Part
    -- id; contact (phone, mail, unionid), which belongs to nobody else; name, which may be another person’s too.
  length integer NOT NULL
    -- 长度 | Length
    -- UTF-16 units of the value: only texts of that length are hashed.
  forgotten_at timestamp with time zone NOT NULL
    -- 遗忘时间 | Forgotten at
    -- The first forget that found the value.
  CREATE UNIQUE INDEX tombstones_pkey ON wecom_sync.tombstones USING btree (corp_id, person, hash)
