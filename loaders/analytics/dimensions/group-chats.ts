import { coded, worded } from '../codes.ts';
import { everSeen, lifetime } from '../ever-seen.ts';
import { CORP_ID, moment, view } from '../view.ts';

const members = (type: number): string =>
  `(SELECT count(*) FROM wecom.group_chat_members m WHERE m.corp_id = g.corp_id AND m.chat_id = g.chat_id AND m.member_type = ${type})::int`;

export const dimGroupChat = view('dim_group_chat', {
  comment: '客户群维度 | Group chats\n见过的每个客户群一行，含已解散的；名称与群主为最后所见。',
  columns: {
    corp_id: ['g.corp_id', CORP_ID],
    chat_id: ['g.chat_id', '客户群 ID | Chat id\n企业内唯一。'],
    group_name: ['g.name', '群名 | Group name\nNULL：群未命名。'],
    owner_userid: ['g.owner_userid', '群主 | Owner\nuserid。NULL：未返回。'],
    owner_department_id: [
      'e.main_department_id',
      "群主部门 ID | Owner's department id\n群主目前的主部门。NULL：群主已离开或不可见。",
    ],
    ...coded('owner_status', 'owner_status', 'g.status', '跟进状态', 'Owner status', 'NULL：未返回。'),
    external_member_count: [
      members(2),
      '外部成员数 | External members\n目前群内的外部联系人数；群已结束时为 0。',
    ],
    staff_member_count: [members(1), '企业成员数 | Staff members\n目前群内的企业成员数；群已结束时为 0。'],
    admin_count: ['cardinality(g.admin_userids)', '管理员数 | Admins\n不含群主。'],
    ...moment('created', 'g.created_at', '建群', 'Created', 'NULL：未返回。'),
    ...lifetime('group_chats', ['chat_id'], 'g'),
    ...worded('end_reason', 'end_reason', 'g.end_reason', '结束原因', 'End reason', 'NULL：仍存在。'),
  },
  from: `FROM ${everSeen('group_chats', ['chat_id'], ['name', 'owner_userid', 'status', 'admin_userids', 'created_at'])} g
LEFT JOIN wecom.employees e ON e.corp_id = g.corp_id AND e.userid = g.owner_userid`,
});
