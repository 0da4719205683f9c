import type { Kysely } from 'kysely';
import {
  type ColumnDefinition,
  createVersionedTable,
  dropVersionedTable,
  type TableDefinition,
} from './support.ts';

/** Customer contact: members, tags, customers, groups, resigned members' customers, daily figures. */

const count = (title: string, text: string, source: string): ColumnDefinition => [
  'integer',
  `${title}\n${text} Source: ${source}. NULL：未返回。NULL: not given.`,
];

const tagColumns = (source: string): Readonly<Record<string, ColumnDefinition>> => ({
  sort_order: [
    'bigint',
    `排序值 | Sort order\n数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: ${source}.order. NULL：未返回。NULL: not given.`,
  ],
  created_at: [
    'timestamptz',
    `创建时间 | Created at\nSource: ${source}.create_time. NULL：未返回。NULL: not given.`,
  ],
});

const lists: readonly TableDefinition[] = [
  {
    name: 'follow_users',
    comment:
      '客户联系成员 | Follow users\n已配置客户联系功能且在应用可见范围内的成员。Members with the customer-contact function in the visible scope. Source: externalcontact/get_follow_user_list.',
    key: {
      userid: [
        'text',
        "成员账号 | userid\n采用通讯录中的写法。In the directory's spelling. Source: get_follow_user_list follow_user[].",
      ],
    },
    extra: true,
  },
  {
    name: 'corp_tag_groups',
    comment:
      '企业客户标签组 | Corp tag groups\n企业标签库中的标签组；不含规则组标签和成员个人标签。Groups of the tag library, without rule-group tags and personal tags. Source: externalcontact/get_corp_tag_list.',
    key: { group_id: ['text', '标签组 ID | Tag group id\nSource: get_corp_tag_list tag_group[].group_id.'] },
    columns: {
      name: [
        'text',
        '标签组名称 | Name\nSource: get_corp_tag_list tag_group[].group_name. NULL：未返回。NULL: not given.',
      ],
      ...tagColumns('get_corp_tag_list tag_group[]'),
    },
    extra: true,
  },
  {
    name: 'corp_tags',
    comment:
      '企业客户标签 | Corp tags\n企业标签库中的标签。客户身上的标签 ID 可能不在此表中（规则组标签）。Tags of the library; ids on customers may be missing here (rule-group tags). Source: externalcontact/get_corp_tag_list.',
    key: { tag_id: ['text', '标签 ID | Tag id\nSource: get_corp_tag_list tag_group[].tag[].id.'] },
    columns: {
      group_id: ['text', '标签组 ID | Tag group id\nSource: get_corp_tag_list tag_group[].group_id.'],
      name: [
        'text',
        '标签名称 | Name\nSource: get_corp_tag_list tag_group[].tag[].name. NULL：未返回。NULL: not given.',
      ],
      ...tagColumns('get_corp_tag_list tag_group[].tag[]'),
    },
    extra: true,
    indexes: [['group_id']],
  },
  {
    name: 'unassigned_customers',
    comment:
      '待分配客户 | Unassigned customers\n已离职成员名下尚未分配给他人的客户；分配后即从此表移除。Customers of resigned members that nobody has taken over yet. Source: externalcontact/get_unassigned_list.',
    key: {
      handover_userid: [
        'text',
        '离职成员 | Resigned member\nuserid。Source: get_unassigned_list info[].handover_userid.',
      ],
      external_userid: [
        'text',
        '外部联系人 ID | External userid\nSource: get_unassigned_list info[].external_userid.',
      ],
    },
    columns: {
      dimission_at: [
        'timestamptz',
        '离职时间 | Resigned at\nSource: get_unassigned_list info[].dimission_time. NULL：未返回。NULL: not given.',
      ],
    },
    extra: true,
    indexes: [['external_userid']],
  },
];

const customers: readonly TableDefinition[] = [
  {
    name: 'customers',
    comment:
      '客户 | Customers\n至少有一名可见成员正在跟进的外部联系人，每人一行。External contacts that at least one visible member follows. Source: externalcontact/batch/get_by_user external_contact.',
    key: {
      external_userid: [
        'text',
        '外部联系人 ID | External userid\nwm 开头为微信用户，wo 开头为其他企业的企业微信用户。wm…: WeChat user, wo…: WeCom user of another company. Source: batch/get_by_user external_contact.external_userid.',
      ],
    },
    columns: {
      name: [
        'text',
        '客户名称 | Name\n微信昵称；企业微信用户为对外显示的名称。WeChat nickname, or the name a WeCom user shows outside. Source: external_contact.name. NULL：名称为空。NULL: empty.',
      ],
      type: [
        'integer',
        '客户类型 | Type\n1 微信用户，2 企业微信用户。1 WeChat user, 2 WeCom user. Source: external_contact.type. NULL：未返回。NULL: not given.',
      ],
      gender: [
        'integer',
        '性别 | Gender\n0 未知，1 男，2 女。0 unknown, 1 male, 2 female. Source: external_contact.gender. NULL：无权查看。NULL: not visible to the app.',
      ],
      unionid: [
        'text',
        '微信 unionid | WeChat unionid\nSource: external_contact.unionid. NULL：企业未绑定微信开发者 ID，或对方不是微信用户。NULL: no WeChat developer account is bound, or no WeChat user.',
      ],
      position: [
        'text',
        '职务 | Position\n仅企业微信用户。WeCom users only. Source: external_contact.position. NULL：未对外显示。NULL: not shown outside.',
      ],
      corp_name: [
        'text',
        '企业简称 | Company short name\n仅企业微信用户。WeCom users only. Source: external_contact.corp_name（旧版为 corpname）。NULL：微信用户。NULL: a WeChat user.',
      ],
      corp_full_name: [
        'text',
        '企业全称 | Company full name\n仅企业微信用户且仅自建应用返回。WeCom users, self-built apps only. Source: external_contact.corp_full_name. NULL：未返回。NULL: not given.',
      ],
      external_profile: [
        'jsonb',
        '对外资料 | External profile\n仅企业微信用户：企业名称、视频号、自定义展示字段。WeCom users only: company, channels account, attributes. Source: external_contact.external_profile. NULL：没有。NULL: none.',
      ],
      foreign_key: [
        'text',
        '家校外部标识 | Foreign key (education)\n仅教育版。Education edition only. Source: external_contact.foreign_key. NULL：非教育版。NULL: other editions.',
      ],
      is_subscribe: [
        'integer',
        '是否关注学校通知 | Subscribed (education)\n仅教育版。Education edition only. Source: external_contact.is_subscribe. NULL：非教育版。NULL: other editions.',
      ],
      subscriber_info: [
        'jsonb',
        '关注者信息 | Subscriber info (education)\n仅教育版。Education edition only. Source: external_contact.subscriber_info. NULL：非教育版。NULL: other editions.',
      ],
      avatar: [
        'text',
        '头像 URL | Avatar URL\n会随客户更换头像而变化或失效；变化时不产生新版本。Changes and expires; a change opens no version. Source: external_contact.avatar. NULL：没有或无权查看。NULL: none, or not visible to the app.',
      ],
    },
    extra: true,
    indexes: [['unionid']],
  },
  {
    name: 'customer_follows',
    comment:
      '客户跟进关系 | Customer follows\n客户与跟进成员的关系，每对一行。客户单方面删除成员后关系仍会返回，因此此表不反映客户侧流失。One row per customer and member. A customer who deleted the member is still listed, so churn on that side is not seen. Source: externalcontact/batch/get_by_user follow_info.',
    key: {
      external_userid: [
        'text',
        '外部联系人 ID | External userid\nSource: batch/get_by_user external_contact.external_userid.',
      ],
      userid: ['text', '跟进成员 | Member\nuserid。Source: batch/get_by_user follow_info.userid.'],
    },
    columns: {
      remark: [
        'text',
        '备注名 | Remark name\n默认为添加时的昵称。By default the nickname at the time of adding. Source: follow_info.remark. NULL：为空。NULL: empty.',
      ],
      description: ['text', '描述 | Description\nSource: follow_info.description. NULL：未填写。NULL: none.'],
      followed_at: [
        'timestamptz',
        '添加时间 | Followed at\n删除后重新添加会变化。Changes when the customer is deleted and added again. Source: follow_info.createtime. NULL：未返回或不是时间。NULL: not given, or no time.',
      ],
      add_way: [
        'integer',
        '添加来源 | Source of the relation\n0 未知，1 扫描二维码，2 搜索手机号，3 名片分享，4 群聊，5 手机通讯录，6 微信联系人，8 第三方应用，9 搜索邮箱，10 视频号，16 获客链接，201 内部成员共享，202 管理员或负责人分配；未列出的取值照原样保留。How the customer was added; codes not listed are kept. Source: follow_info.add_way. NULL：年代久远的数据。NULL: very old data.',
      ],
      state: [
        'text',
        '渠道参数 | Channel\n「联系我」、获客链接等设置的 state。State of the contact way or acquisition link. Source: follow_info.state. NULL：没有渠道。NULL: none.',
      ],
      oper_userid: [
        'text',
        '发起人 | Initiator\n成员 userid，或客户自己的 external_userid。A userid, or the external_userid of the customer. Source: follow_info.oper_userid. NULL：部分来源不返回。NULL: not given for some ways.',
      ],
      remark_corp_name: [
        'text',
        '备注企业 | Company in the remark\nSource: follow_info.remark_corp_name（旧版为 remark_company）。NULL：未填写。NULL: none.',
      ],
      remark_mobiles: [
        'text[]',
        '备注手机号 | Mobiles in the remark\nSource: follow_info.remark_mobiles. {}：没有或无权查看。{}: none, or not visible to the app.',
      ],
      wechat_channels: [
        'jsonb',
        '视频号信息 | Channels account\n仅来源为视频号（10）时返回：nickname、source。Only for add_way 10. Source: follow_info.wechat_channels. NULL：其他来源。NULL: other ways.',
      ],
    },
    extra: true,
    indexes: [['userid']],
  },
  {
    name: 'customer_follow_tags',
    comment:
      '客户标签 | Tags of customer follows\n成员给客户打的企业标签和规则组标签；不含个人标签。Corp tags and own rule-group tags that a member put on a customer, no personal tags. Source: externalcontact/batch/get_by_user follow_info.tag_id[].',
    key: {
      external_userid: [
        'text',
        '外部联系人 ID | External userid\nSource: batch/get_by_user external_contact.external_userid.',
      ],
      userid: ['text', '跟进成员 | Member\nuserid。Source: batch/get_by_user follow_info.userid.'],
      tag_id: [
        'text',
        '标签 ID | Tag id\n名称见 corp_tags；规则组标签在那里没有行。Names in corp_tags; rule-group tags have no row there. Source: follow_info.tag_id[].',
      ],
    },
    indexes: [['tag_id'], ['userid']],
  },
];

const groups: readonly TableDefinition[] = [
  {
    name: 'group_chats',
    comment:
      '客户群 | Group chats\n群主在可见范围内（或已离职待继承）的客户群，每群一行。Customer groups whose owner is visible or has resigned. Source: externalcontact/groupchat/list, groupchat/get.',
    key: { chat_id: ['text', '客户群 ID | Chat id\nSource: groupchat/list group_chat_list[].chat_id.'] },
    columns: {
      name: [
        'text',
        '群名 | Name\nSource: groupchat/get group_chat.name. NULL：群未命名。NULL: never named.',
      ],
      owner_userid: [
        'text',
        '群主 | Owner\nuserid；群主不一定在成员列表中。userid; the owner need not be among the members. Source: groupchat/get group_chat.owner. NULL：未返回。NULL: not given.',
      ],
      created_at: [
        'timestamptz',
        '建群时间 | Created at\nSource: groupchat/get group_chat.create_time. NULL：未返回。NULL: not given.',
      ],
      notice: [
        'text',
        '群公告 | Announcement\nSource: groupchat/get group_chat.notice. NULL：没有公告。NULL: none.',
      ],
      status: [
        'integer',
        '跟进状态 | Follow state\n0 跟进人正常，1 跟进人离职，2 离职继承中，3 离职继承完成。0 normal, 1 owner resigned, 2 inheritance running, 3 inheritance done. Source: groupchat/list group_chat_list[].status. NULL：未返回。NULL: not given.',
      ],
      admin_userids: [
        'text[]',
        '群管理员 | Admins\nuserid；不含群主，也不一定在成员列表中。userids, without the owner; they need not be among the members. Source: groupchat/get group_chat.admin_list[].userid. {}：没有。{}: none.',
      ],
      member_version: [
        'text',
        '成员版本号 | Member version\n成员列表的哈希；变化时不产生新版本。Hash of the member list; a change opens no version. Source: groupchat/get group_chat.member_version. NULL：旧数据未返回。NULL: absent in old data.',
      ],
    },
    extra: true,
    indexes: [['owner_userid']],
  },
  {
    name: 'group_chat_members',
    comment:
      '客户群成员 | Group chat members\n群内的企业成员和外部联系人，每人一行；外部联系人不一定是客户。Members and external contacts in a group; the latter need not be customers. Source: externalcontact/groupchat/get group_chat.member_list[].',
    key: {
      chat_id: ['text', '客户群 ID | Chat id\nSource: groupchat/get group_chat.chat_id.'],
      member_id: [
        'text',
        '群成员 ID | Member id\n按 member_type 为 userid 或 external_userid。A userid or an external_userid, by member_type. Source: member_list[].userid.',
      ],
    },
    columns: {
      member_type: [
        'integer',
        '成员类型 | Member type\n1 企业成员，2 外部联系人。1 corp member, 2 external contact. Source: member_list[].type. NULL：未返回。NULL: not given.',
      ],
      unionid: [
        'text',
        '微信 unionid | WeChat unionid\nSource: member_list[].unionid. NULL：企业未绑定微信开发者 ID，或不是微信用户。NULL: no WeChat developer account is bound, or no WeChat user.',
      ],
      joined_at: [
        'timestamptz',
        '入群时间 | Joined at\n退群后再次入群会变化。Changes when a person leaves and rejoins. Source: member_list[].join_time. NULL：未返回。NULL: not given.',
      ],
      join_scene: [
        'integer',
        '入群方式 | Join scene\n1 直接邀请，2 邀请链接，3 扫描群二维码。1 invited, 2 invitation link, 3 group QR code. Source: member_list[].join_scene. NULL：未返回。NULL: not given.',
      ],
      invitor_userid: [
        'text',
        '邀请人 | Invitor\nuserid，仅由企业成员邀请时返回。Only when a corp member invited. Source: member_list[].invitor.userid. NULL：不是成员邀请。NULL: not invited by a member.',
      ],
      group_nickname: [
        'text',
        '群昵称 | Nickname in the group\nSource: member_list[].group_nickname. NULL：未设置。NULL: none set.',
      ],
      name: [
        'text',
        '名称 | Name\n企业成员为姓名，外部联系人为昵称。Corp name or nickname. Source: member_list[].name. NULL：为空。NULL: empty.',
      ],
      state: [
        'text',
        '渠道参数 | Channel\n进群方式设置的 state。State of the join way. Source: member_list[].state. NULL：没有渠道。NULL: none.',
      ],
      is_admin: [
        'boolean',
        '是否群管理员 | Admin\n在 admin_list 中为真；群主不算。True when in admin_list; the owner is not. Source: groupchat/get group_chat.admin_list[]. NULL：不会出现。NULL: never.',
      ],
    },
    generated: {
      userid: [
        'text',
        '成员账号 | userid\n由 member_id 生成，便于关联 employees。Generated from member_id, for joins. NULL：外部联系人。NULL: an external contact.',
        'CASE WHEN member_type = 1 THEN member_id END',
      ],
      external_userid: [
        'text',
        '外部联系人 ID | External userid\n由 member_id 生成，便于关联 customers。Generated from member_id, for joins. NULL：企业成员。NULL: a corp member.',
        'CASE WHEN member_type = 2 THEN member_id END',
      ],
    },
    extra: true,
    indexes: [['userid'], ['external_userid']],
  },
];

const statDate: ColumnDefinition = ['date', '统计日期 | Day\n北京时间自然日。Calendar day in Asia/Shanghai.'];

const statistics: readonly TableDefinition[] = [
  {
    name: 'user_behavior_daily',
    comment:
      '联系客户统计 | User behaviour per day\n每名成员每天一行；企业微信只保留 180 天，此表永久保留。最近三天的数值仍可能变化。One row per member and day; WeCom forgets after 180 days, this table does not. Figures of the last days may still move. Source: externalcontact/get_user_behavior_data.',
    key: {
      userid: [
        'text',
        '成员账号 | userid\n请求中的成员；接口每次只查一人。The member asked for, one per call. Source: request userid.',
      ],
      stat_date: [statDate[0], `${statDate[1]} Source: get_user_behavior_data behavior_data[].stat_time.`],
    },
    columns: {
      new_apply_cnt: count(
        '发起申请数 | Friend requests sent',
        '成员当天主动发起的好友申请数。Requests that the member sent.',
        'behavior_data[].new_apply_cnt',
      ),
      new_contact_cnt: count(
        '新增客户数 | New customers',
        '当天新增的客户数。Customers added.',
        'behavior_data[].new_contact_cnt',
      ),
      chat_cnt: count(
        '聊天总数 | Chats',
        '成员当天发过消息的单聊数。One-to-one chats in which the member sent a message.',
        'behavior_data[].chat_cnt',
      ),
      message_cnt: count(
        '发送消息数 | Messages sent',
        '成员在单聊中发送的消息数，不含群聊。Messages in one-to-one chats.',
        'behavior_data[].message_cnt',
      ),
      reply_percentage: [
        'numeric',
        '已回复聊天占比 | Reply percentage\n单位：百分比，0 至 100。客户主动发起的聊天中成员已回复的比例；不可直接相加或平均。Percent; share of customer-opened chats that were answered; do not add or average. Source: behavior_data[].reply_percentage. NULL：当天没有客户主动发起聊天。NULL: no customer opened a chat.',
      ],
      avg_reply_time: [
        'integer',
        '平均首次回复时长 | Average first reply time\n单位：分钟。Minutes; do not add or average. Source: behavior_data[].avg_reply_time. NULL：当天没有客户主动发起聊天。NULL: no customer opened a chat.',
      ],
      negative_feedback_cnt: count(
        '删除/拉黑成员的客户数 | Customers lost',
        '当天删除或拉黑成员的客户数。Customers who deleted or blocked the member.',
        'behavior_data[].negative_feedback_cnt',
      ),
    },
    extra: true,
    indexes: [['stat_date']],
  },
  {
    name: 'group_chat_owner_daily',
    comment:
      '群聊数据统计 | Group chats per owner and day\n每名群主每天一行；没有行表示未知，不等于 0。企业微信只保留 180 天，此表永久保留。One row per owner and day; no row means unknown, not 0. WeCom forgets after 180 days, this table does not. Source: externalcontact/groupchat/statistic.',
    key: {
      owner_userid: ['text', '群主 | Owner\nuserid。Source: groupchat/statistic items[].owner.'],
      stat_date: [
        statDate[0],
        `${statDate[1]} Source: 请求的 day_begin_time，每次只查一天。The day asked for, one per call.`,
      ],
    },
    columns: {
      new_chat_cnt: count(
        '新增群数 | New groups',
        '当天新建的群数。Groups created.',
        'items[].data.new_chat_cnt',
      ),
      chat_total: count(
        '群总数 | Groups',
        '当天结束时的群数。Groups at the end of the day.',
        'items[].data.chat_total',
      ),
      chat_has_msg: count(
        '有消息的群数 | Active groups',
        '当天有人发过消息的群数。Groups with a message.',
        'items[].data.chat_has_msg',
      ),
      new_member_cnt: count(
        '新增群成员数 | New members',
        '当天入群的人数。People who joined.',
        'items[].data.new_member_cnt',
      ),
      member_total: count(
        '群成员总数 | Members',
        '当天结束时的群成员数。Members at the end of the day.',
        'items[].data.member_total',
      ),
      member_has_msg: count(
        '发过消息的群成员数 | Active members',
        '当天发过消息的群成员数。Members who spoke.',
        'items[].data.member_has_msg',
      ),
      msg_total: count(
        '群消息总数 | Messages',
        '当天的群消息数。Messages of the day.',
        'items[].data.msg_total',
      ),
      migrate_trainee_chat_cnt: count(
        '新增迁移群数 | Migrated trainee groups',
        '仅教培行业。Education companies only.',
        'items[].data.migrate_trainee_chat_cnt',
      ),
    },
    extra: true,
    indexes: [['stat_date']],
  },
];

const tables = [...lists, ...customers, ...groups, ...statistics];

export async function up(db: Kysely<any>): Promise<void> {
  for (const table of tables) await createVersionedTable(db, table);
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const { name } of tables.toReversed()) await dropVersionedTable(db, name);
}
