import type { Kysely } from 'kysely';
import { createVersionedTable, dropVersionedTable, type TableDefinition } from './support.ts';

/** Departments and members of the app's visible range. */

const tables: readonly TableDefinition[] = [
  {
    name: 'departments',
    comment:
      '部门 | Departments\n应用可见范围内的部门，每个部门一行。Departments in the visible range of the app. Source: department/list.',
    key: {
      department_id: [
        'bigint',
        '部门 ID | Department id\n根部门为 1。The root is 1. Source: department/list id.',
      ],
    },
    columns: {
      name: ['text', '部门名称 | Name\nSource: department/list name. NULL：未返回。NULL: not given.'],
      name_en: [
        'text',
        '英文名称 | English name\nSource: department/list name_en. NULL：未设置。NULL: none set.',
      ],
      parent_department_id: [
        'bigint',
        '上级部门 ID | Parent department id\n上级可能不在可见范围内，因而在本表中没有对应行；根部门为 0。The parent may be outside the visible range and then has no row here; 0 for the root. Source: department/list parentid.',
      ],
      sort_order: [
        'bigint',
        '排序值 | Sort order\n数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: department/list order. NULL：旧版接口未返回。NULL: old answers leave it out.',
      ],
      leader_userids: [
        'text[]',
        '部门负责人 | Leaders\n可见范围内的负责人 userid。userids of the visible leaders. Source: department/list department_leader. {}：没有。{}: none.',
      ],
    },
    extra: true,
    indexes: [['parent_department_id']],
  },
  {
    name: 'employees',
    comment:
      '成员 | Employees\n应用可见范围内的成员，每人一行；手机、邮箱、头像、性别等字段对 2022-06-20 之后创建的应用不返回。One row per member in the visible range; apps created after 2022-06-20 do not get mobile, mail, pictures and gender. Source: user/list.',
    key: {
      userid: [
        'text',
        "成员账号 | userid\n企业微信不区分大小写，此处保留通讯录中的写法。WeCom compares it without case; here in the directory's spelling. Source: user/list userid.",
      ],
    },
    columns: {
      name: ['text', '姓名 | Name\nSource: user/list name. NULL：未返回。NULL: not given.'],
      alias: ['text', '别名 | Alias\nSource: user/list alias. NULL：未设置。NULL: none set.'],
      english_name: [
        'text',
        '英文名（旧） | English name (legacy)\n已由别名取代。Replaced by alias. Source: user/list english_name. NULL：未设置。NULL: none set.',
      ],
      position: ['text', '职务 | Position\nSource: user/list position. NULL：未设置。NULL: none set.'],
      gender: [
        'integer',
        '性别 | Gender\n0 未知，1 男，2 女。0 unknown, 1 male, 2 female. Source: user/list gender. NULL：应用无权查看。NULL: the app may not see it.',
      ],
      status: [
        'integer',
        '激活状态 | Status\n1 已激活，2 已禁用，4 未激活，5 退出企业。1 activated, 2 disabled, 4 not activated, 5 left. Source: user/list status. NULL：未返回。NULL: not given.',
      ],
      enable: [
        'integer',
        '是否启用（旧） | Enabled (legacy)\n1 启用，0 禁用。1 enabled, 0 disabled. Source: user/list enable. NULL：新版接口不再返回。NULL: no longer given.',
      ],
      main_department_id: [
        'bigint',
        '主部门 ID | Main department id\nSource: user/list main_department. NULL：应用看不到该部门。NULL: the app does not see that department.',
      ],
      email: [
        'text',
        '邮箱 | E-mail\nSource: user/list email. NULL：未设置或无权查看。NULL: none, or not visible to the app.',
      ],
      biz_mail: [
        'text',
        '企业邮箱 | Business mail\nSource: user/list biz_mail. NULL：未设置或无权查看。NULL: none, or not visible to the app.',
      ],
      mobile: [
        'text',
        '手机号 | Mobile\nSource: user/list mobile. NULL：未设置或无权查看。NULL: none, or not visible to the app.',
      ],
      hide_mobile: [
        'integer',
        '是否隐藏手机号（旧） | Mobile hidden (legacy)\n1 隐藏，0 显示。1 hidden, 0 shown. Source: user/list hide_mobile. NULL：未返回。NULL: not given.',
      ],
      telephone: ['text', '座机 | Telephone\nSource: user/list telephone. NULL：未设置。NULL: none set.'],
      address: [
        'text',
        '地址 | Address\nSource: user/list address. NULL：未设置或无权查看。NULL: none, or not visible to the app.',
      ],
      direct_leader_userids: [
        'text[]',
        '直属上级 | Direct leaders\n可见的直属上级 userid，最多 5 个。userids of up to 5 visible leaders. Source: user/list direct_leader. {}：没有。{}: none.',
      ],
      external_position: [
        'text',
        '对外职务 | External position\nSource: user/list external_position. NULL：未设置。NULL: none set.',
      ],
      external_profile: [
        'jsonb',
        '对外资料 | External profile\n对外企业简称、视频号和自定义展示字段。Company short name, channels account and attributes shown outside. Source: user/list external_profile. NULL：未设置。NULL: none set.',
      ],
      open_userid: [
        'text',
        '全局成员 ID | open_userid\n仅第三方应用返回。Third-party apps only. Source: user/list open_userid. NULL：自建应用不返回。NULL: not given to self-built apps.',
      ],
      avatar: [
        'text',
        '头像 URL | Avatar URL\n变化时不产生新版本。A change opens no version. Source: user/list avatar. NULL：未设置或无权查看。NULL: none, or not visible to the app.',
      ],
      thumb_avatar: [
        'text',
        '头像缩略图 URL | Thumbnail URL\n变化时不产生新版本。A change opens no version. Source: user/list thumb_avatar. NULL：未设置或无权查看。NULL: none, or not visible to the app.',
      ],
      qr_code: [
        'text',
        '个人二维码 URL | QR code URL\n变化时不产生新版本。A change opens no version. Source: user/list qr_code. NULL：无权查看。NULL: not visible to the app.',
      ],
    },
    extra: true,
    indexes: [['main_department_id']],
  },
  {
    name: 'employee_departments',
    comment:
      '成员所属部门 | Departments of employees\n成员与部门的对应关系，仅含应用可见的部门。Which departments a member belongs to, visible ones only. Source: user/list department, order, is_leader_in_dept.',
    key: {
      userid: ['text', '成员账号 | userid\nSource: user/list userid.'],
      department_id: ['bigint', '部门 ID | Department id\nSource: user/list department[].'],
    },
    columns: {
      is_leader: [
        'boolean',
        '是否部门负责人 | Leader of the department\nSource: user/list is_leader_in_dept[]（旧版为 isleader）。NULL：未返回。NULL: not given.',
      ],
      sort_order: [
        'bigint',
        '部门内排序值 | Order in the department\n数值越大越靠前，取值 0 至 4294967295。Larger comes first. Source: user/list order[]. NULL：未返回。NULL: not given.',
      ],
    },
    indexes: [['department_id']],
  },
  {
    name: 'employee_attributes',
    comment:
      '成员扩展属性 | Attributes of employees\n管理员自定义的字段（工号、门店编码等），每人每个字段一行，用于关联其他系统。Fields defined by the admin, one row per member and field: the join key to other systems. Source: user/list extattr.attrs[].',
    key: {
      userid: ['text', '成员账号 | userid\nSource: user/list userid.'],
      attr_name: ['text', '属性名称 | Attribute name\nSource: user/list extattr.attrs[].name.'],
    },
    columns: {
      type: [
        'integer',
        '属性类型 | Type\n0 文本，1 网页。0 text, 1 web link. Source: user/list extattr.attrs[].type. NULL：旧版接口未返回。NULL: old answers leave it out.',
      ],
      value: [
        'text',
        '属性值 | Value\n文本内容；网页类型为链接地址。The text, or the URL of a web link. Source: user/list extattr.attrs[].text.value, web.url（旧版为 value）。NULL：未填写。NULL: not filled in.',
      ],
      title: [
        'text',
        '网页标题 | Link title\nSource: user/list extattr.attrs[].web.title. NULL：不是网页类型或未填写。NULL: no web link, or none set.',
      ],
    },
    extra: true,
    indexes: [['attr_name', 'value']],
  },
];

export async function up(db: Kysely<any>): Promise<void> {
  for (const table of tables) await createVersionedTable(db, table);
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const { name } of tables.toReversed()) await dropVersionedTable(db, name);
}
