import { worded } from '../codes.ts';
import { CORP_ID, moment, shanghaiDay, view } from '../view.ts';

export const fctCustomerTag = view('fct_customer_tag', {
  comment:
    '客户标签区间 | Customer tags over time\n成员给客户打的每个标签，每个存续区间一行。企业微信不给打标签的时间，只知道哪次运行首次看到。',
  columns: {
    corp_id: ['v.corp_id', CORP_ID],
    external_userid: ['v.external_userid', '外部联系人 ID | External userid\n关联 dim_customer。'],
    userid: ['v.userid', '打标签的成员 | Employee\n关联 dim_employee。'],
    tag_id: ['v.tag_id', '标签 ID | Tag id\n关联 dim_tag；规则组标签在那里没有行。'],
    tag_name: ['t.tag_name', '标签名称 | Tag name\n最后所见的名称。NULL：不在企业标签库中。'],
    tag_group_name: [
      't.tag_group_name',
      '标签组名称 | Tag group name\n最后所见的名称。NULL：不在企业标签库中。',
    ],
    ...moment(
      'first_seen',
      'v.valid_from',
      '首次看到',
      'First seen',
      '首次看到该标签的运行的开始时间；首次同步前已有的为首次同步时间。',
    ),
    is_current: ['v.valid_to IS NULL', '是否仍有 | Is current\n最近一次完整遍历仍能看到。'],
    ...moment(
      'ended',
      'v.valid_to',
      '结束发现',
      'End seen',
      '发现标签不再存在的运行的开始时间。NULL：仍有。',
    ),
    removed_date: [
      shanghaiDay('coalesce(v.last_shown_at, v.valid_to)'),
      '移除日期 | Removed on\n业务日期：最后一次仍能看到它的完整遍历的日期。NULL：仍有。',
    ],
    ...worded(
      'end_reason',
      'end_reason',
      'v.end_reason',
      '结束原因',
      'End reason',
      'absent：标签被移除；其他：随跟进关系一同结束。NULL：仍有。',
    ),
  },
  from: `FROM analytics.customer_follow_tags_versions v
LEFT JOIN analytics.dim_tag t ON t.corp_id = v.corp_id AND t.tag_id = v.tag_id`,
});
