import { worded } from '../codes.ts';
import { everSeen, lifetime } from '../ever-seen.ts';
import { CORP_ID, moment, view } from '../view.ts';

export const dimTag = view('dim_tag', {
  comment: '标签维度 | Tags\n企业标签库中见过的每个标签一行，含已删除的；不含规则组标签和个人标签。',
  columns: {
    corp_id: ['t.corp_id', CORP_ID],
    tag_id: ['t.tag_id', '标签 ID | Tag id\n企业内唯一。'],
    tag_name: ['t.name', '标签名称 | Tag name\n最后所见。NULL：未返回。'],
    tag_group_id: ['t.group_id', '标签组 ID | Tag group id\nNULL：未返回。'],
    tag_group_name: ['g.name', '标签组名称 | Tag group name\n最后所见。NULL：未返回。'],
    sort_order: ['t.sort_order', '排序值 | Sort order\n数值越大越靠前。NULL：未返回。'],
    tag_group_sort_order: [
      'g.sort_order',
      '标签组排序值 | Sort order of the group\n数值越大越靠前。NULL：未返回。',
    ],
    ...moment('created', 't.created_at', '创建', 'Created', '标签的创建时间。NULL：未返回。'),
    ...lifetime('corp_tags', ['tag_id'], 't'),
    ...worded('end_reason', 'end_reason', 't.end_reason', '结束原因', 'End reason', 'NULL：仍存在。'),
  },
  from: `FROM ${everSeen('corp_tags', ['tag_id'], ['name', 'group_id', 'sort_order', 'created_at'])} t
LEFT JOIN ${everSeen('corp_tag_groups', ['group_id'], ['name', 'sort_order'])} g ON g.corp_id = t.corp_id AND g.group_id = t.group_id`,
});
