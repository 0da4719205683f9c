/**
 * What WeCom's codes mean (customer-contact 4.3, 5.1, 5.2; directory-and-oa 3.6, 5.2). Decoding is a CASE and not a
 * join: PostgreSQL works out a CASE only when the column is asked for, but would make the join for 3 million rows always.
 */
import { escapeLiteral } from 'pg';
import type { Columns } from './view.ts';

type Labels = readonly [zh: string, en: string];

const NODE_STATUS: Readonly<Record<number, Labels>> = {
  1: ['审批中', 'In progress'],
  2: ['已同意', 'Agreed'],
  3: ['已驳回', 'Rejected'],
  4: ['已转审', 'Transferred'],
  11: ['已退回', 'Returned'],
  12: ['已加签', 'Countersigner added'],
  13: ['已同意并加签', 'Agreed, countersigner added'],
  14: ['已办理', 'Handled'],
  15: ['已转交', 'Passed on'],
};

export const CODES = {
  add_way: {
    0: ['未知来源', 'Unknown source'],
    1: ['扫描二维码', 'QR code'],
    2: ['搜索手机号', 'Phone search'],
    3: ['名片分享', 'Name card'],
    4: ['群聊', 'Group chat'],
    5: ['手机通讯录', 'Phone contacts'],
    6: ['微信联系人', 'WeChat contacts'],
    7: ['来自微信的添加请求', 'Request from WeChat'],
    8: ['第三方应用', 'Third-party app'],
    9: ['搜索邮箱', 'E-mail search'],
    10: ['视频号', 'Channels'],
    11: ['日程参与人', 'Schedule participant'],
    12: ['会议参与人', 'Meeting participant'],
    13: ['微信好友对应的企业微信', 'WeCom account of a WeChat friend'],
    14: ['智慧硬件专属客服', 'Smart-hardware service'],
    15: ['上门服务客服', 'On-site service'],
    16: ['获客链接', 'Acquisition link'],
    17: ['定制开发', 'Custom development'],
    18: ['需求回复', 'Demand reply'],
    21: ['第三方售前客服', 'Third-party pre-sales'],
    22: ['可能的商务伙伴', 'Possible business partner'],
    24: ['接受微信账号收到的好友申请', 'Accepted a request to the WeChat account'],
    201: ['内部成员共享', 'Shared inside the corp'],
    202: ['管理员或负责人分配', 'Assigned by an admin'],
  },
  gender: { 0: ['未知', 'Unknown'], 1: ['男', 'Male'], 2: ['女', 'Female'] },
  customer_type: { 1: ['微信用户', 'WeChat user'], 2: ['企业微信用户', 'WeCom user'] },
  employee_status: {
    1: ['已激活', 'Activated'],
    2: ['已禁用', 'Disabled'],
    4: ['未激活', 'Not activated'],
    5: ['退出企业', 'Left'],
  },
  owner_status: {
    0: ['跟进人正常', 'Normal'],
    1: ['跟进人离职', 'Owner resigned'],
    2: ['离职继承中', 'Inheritance running'],
    3: ['离职继承完成', 'Inheritance done'],
  },
  join_scene: {
    1: ['直接邀请', 'Invited directly'],
    2: ['邀请链接', 'Invitation link'],
    3: ['扫描群二维码', 'Group QR code'],
  },
  approval_status: {
    1: ['审批中', 'In progress'],
    2: ['已通过', 'Approved'],
    3: ['已驳回', 'Rejected'],
    4: ['已撤销', 'Withdrawn'],
    6: ['通过后撤销', 'Revoked after approval'],
    7: ['已删除', 'Deleted'],
    10: ['已支付', 'Paid'],
  },
  node_type: { 1: ['审批人', 'Approver'], 2: ['抄送人', 'Copied'], 3: ['办理人', 'Handler'] },
  node_status: NODE_STATUS,
  approver_rule: {
    all: ['会签', 'All must agree'],
    any: ['或签', 'Any one decides'],
    in_turn: ['依次审批', 'One after the other'],
  },
  end_reason: {
    absent: ['不再出现', 'No longer shown'],
    transferred_out: ['已转给其他成员', 'Transferred to another member'],
    member_resigned: ['成员离职', 'Member resigned'],
    member_not_visible: ['成员不在可见范围', 'Member no longer visible'],
    re_added: ['删除后重新添加', 'Removed and added again'],
    group_dismissed: ['群已解散', 'Group dismissed'],
    group_not_visible: ['群不在可见范围', 'Group no longer visible'],
    not_customer_group: ['不再是客户群', 'No customer group any more'],
    corrected: ['已更正', 'Corrected'],
  },
  handover_status: {
    waiting: ['等待接替', 'Waiting'],
    taken_over: ['已被接替', 'Taken over'],
    closed: ['不再等待', 'Closed without a known successor'],
  },
  day_status: {
    complete: ['完整', 'Complete'],
    provisional: ['暂定', 'Provisional'],
    partial: ['部分', 'Partial'],
    failed: ['未成功', 'Failed'],
    missing: ['缺失', 'Missing'],
    lost: ['永久缺失', 'Lost for good'],
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string | number, Labels>>>>;

export type CodeName = keyof typeof CODES;

function decoded(name: CodeName, expression: string, language: 0 | 1): string {
  const isNumber = Object.keys(CODES[name]).every((code) => /^\d+$/.test(code));
  const cases = Object.entries(CODES[name]).map(
    ([code, labels]: [string, Labels]) =>
      `WHEN ${isNumber ? code : escapeLiteral(code)} THEN ${escapeLiteral(labels[language])}`,
  );
  const unknown =
    language === 0 ? `'未知(' || (${expression}) || ')'` : `'Unknown (' || (${expression}) || ')'`;
  return `CASE ${expression} ${cases.join(' ')} ELSE ${unknown} END`;
}

const labelColumns = (
  name: CodeName,
  prefix: string,
  expression: string,
  zh: string,
  en: string,
): Columns => ({
  [`${prefix}_zh`]: [
    decoded(name, expression, 0),
    `${zh}（中文） | ${en} (Chinese)\n取值的中文名称；未公布的取值为“未知(取值)”。NULL：没有取值。`,
  ],
  [`${prefix}_en`]: [
    decoded(name, expression, 1),
    `${zh}（英文） | ${en} (English)\n取值的英文名称；未公布的取值为“Unknown (取值)”。NULL：没有取值。`,
  ],
});

/** `<prefix>_code`, `_zh`, `_en`: the integer that WeCom sends, and what it means. */
export function coded(
  name: CodeName,
  prefix: string,
  expression: string,
  zh: string,
  en: string,
  text: string,
): Columns {
  return {
    [`${prefix}_code`]: [expression, `${zh}代码 | ${en} code\n${text}`],
    ...labelColumns(name, prefix, expression, zh, en),
  };
}

/** `<prefix>`, `<prefix>_zh`, `<prefix>_en`: a code that is a word already. */
export function worded(
  name: CodeName,
  prefix: string,
  expression: string,
  zh: string,
  en: string,
  text: string,
): Columns {
  return {
    [prefix]: [expression, `${zh} | ${en}\n${text}`],
    ...labelColumns(name, prefix, expression, zh, en),
  };
}

/** Rows of `dim_code` as VALUES. */
export function codeRows(): string {
  return Object.entries(CODES)
    .flatMap(([name, codes]) =>
      Object.entries(codes).map(
        ([code, [zh, en]]: [string, Labels]) =>
          `(${[name, code, zh, en].map((text) => escapeLiteral(text)).join(', ')})`,
      ),
    )
    .join(',\n  ');
}
