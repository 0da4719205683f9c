/** Corp tags (customer-contact 7.1). */
import { idText } from '../random.ts';
import type { Traps } from '../traps.ts';
import { blankId, type Row, withUnknownKey } from './odd.ts';

export interface Tag {
  id: string;
  name: string;
  createTime: number;
  order: number;
  deleted: boolean;
}

export interface TagGroup {
  id: string;
  name: string;
  createTime: number;
  order: number;
  tags: Tag[];
}

const GROUPS: Record<string, string[]> = {
  会员等级: ['银卡', '金卡', '黑卡'],
  购买偏好: ['冷萃', '拿铁', '手冲', '甜品', '豆子'],
  来源渠道: ['门店扫码', '外卖卡片', '视频号', '员工分享'],
  活跃度: ['高频', '低频', '沉睡'],
  企业客户: ['团购', '年会', '下午茶'],
};

/** An id of a rule-group tag that get_corp_tag_list does not show (7.1, gotchas). */
export const RULE_GROUP_TAG = 'stSimQBwAArule0group1tag2only3x';

export function generateTags(seed: number, traps: Traps): TagGroup[] {
  const created = 1_640_966_400;
  return Object.entries(GROUPS).map(([name, names], g) => ({
    id: tagId(seed, 'group', g),
    name,
    createTime: created + g,
    order: traps.hugeOrder && g === 0 ? 4_294_967_295 : 10 - g,
    tags: names.map((tag, i) => newTag(tagId(seed, name, i), tag, created + i, names.length - i)),
  }));
}

export function newTag(id: string, name: string, createTime: number, order: number): Tag {
  return { id, name, createTime, order, deleted: false };
}

export function tagId(seed: number, what: string, index: number): string {
  return `etSimQBwAA${idText(22, seed, 'tag', what, index)}`;
}

/** A row of `tag_group`; `deleted` comes only on queries by id, and deleted tags only there. */
export function tagGroupRow(traps: Traps, group: TagGroup, tags: Tag[], byId: boolean): Row {
  const deleted = byId ? { deleted: false } : {};
  const row = {
    group_id: group.id,
    group_name: group.name,
    create_time: group.createTime,
    order: group.order,
    ...deleted,
    tag: tags.map((tag) => tagRow(traps, tag, byId)),
  };
  return withUnknownKey(traps, row, 'tag_group');
}

function tagRow(traps: Traps, tag: Tag, byId: boolean): Row {
  const deleted = byId ? { deleted: tag.deleted } : {};
  const { id, name, createTime: create_time, order } = tag;
  return withUnknownKey(traps, { id: blankId(traps, id), name, create_time, order, ...deleted }, 'tag');
}
