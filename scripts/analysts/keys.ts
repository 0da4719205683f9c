/**
 * What makes a row of each view of `analytics` and `analytics_pii` one, beside corp_id: a view has no declared key. The
 * cookbook's test proves each of them over the simulated company.
 */
export const VIEW_KEYS: Readonly<Record<string, readonly string[]>> = {
  'analytics.dim_date': ['calendar_date'],
  'analytics.dim_code': ['code_name', 'code'],
  'analytics.bridge_department_ancestor': ['department_id', 'ancestor_department_id'],
  'analytics.dim_department': ['department_id'],
  'analytics.dim_employee': ['userid'],
  'analytics.dim_employee_department': ['userid', 'from_date'],
  'analytics.dim_tag': ['tag_id'],
  'analytics.dim_customer': ['external_userid'],
  'analytics.dim_group_chat': ['chat_id'],
  'analytics.fct_customer_follow': ['external_userid', 'userid', 'first_seen_at'],
  'analytics.fct_customer_flow_daily': ['userid', 'stat_date'],
  'analytics.fct_customer_base_daily': ['userid', 'stat_date'],
  'analytics.fct_customer_base_monthly': ['month_start_date', 'department_id', 'is_whole_corp'],
  'analytics.fct_customer_tag': ['external_userid', 'userid', 'tag_id', 'first_seen_at'],
  'analytics.fct_group_member': ['chat_id', 'external_userid', 'first_seen_at'],
  'analytics.fct_group_member_flow_daily': ['chat_id', 'stat_date'],
  'analytics.fct_group_owner_day': ['owner_userid', 'stat_date'],
  'analytics.fct_employee_day': ['userid', 'stat_date'],
  'analytics.fct_approval': ['approval_no'],
  'analytics.fct_approval_step': ['approval_no', 'step_no'],
  'analytics.fct_checkin_day': ['userid', 'checkin_date'],
  'analytics.handover_backlog': ['object_type', 'object_id', 'handover_userid', 'first_seen_at'],
  'analytics.sync_freshness': ['stream'],
  'analytics.retention_coverage': ['stream', 'stat_date'],
  'analytics_pii.employee': ['userid'],
  'analytics_pii.customer': ['external_userid'],
};

/** These views describe the calendar and the codes, which are the same for every corp. */
export const WITHOUT_CORP: readonly string[] = ['analytics.dim_date', 'analytics.dim_code'];
