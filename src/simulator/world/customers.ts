/** Customers and what a member knows about one (customer-contact 4.3, 4.4). */
import { DAY } from '../days.ts';
import { at, hash, idText, random } from '../random.ts';
import type { Traps } from '../traps.ts';
import { blankId, nothing, oddName, present, type Row, small, withUnknownKey } from './odd.ts';
import { RULE_GROUP_TAG, type TagGroup } from './tags.ts';

/** What can change about a customer. */
export interface CustomerPatch {
  name?: string;
  avatar?: string;
  position?: string;
}

/** What can change about a relation. */
export interface FollowPatch {
  remark?: string;
  description?: string;
  createtime?: number;
  tags?: string[];
  remark_mobiles?: string[];
  add_way?: number;
  state?: string;
}

const NICKNAMES = [
  '青柠',
  '阿杰',
  '小鹿',
  '大海',
  'Momo',
  '一只猫',
  '星星',
  'Kevin',
  '雨天',
  '豆豆妈',
  '老张',
  'Cici',
];
const COMPANIES = ['海川设备', '云杉科技', '禾木设计', '蓝湾物业'];
const STATES = ['store_0571_a', 'store_021_b', 'qr_door_1', 'live_11', 'card_2026', 'link_autumn'];
const ADD_WAYS = [1, 1, 1, 3, 4, 16, 10, 201, 202, 0, 2, 24];

function isCompany(seed: number, customer: number): boolean {
  return hash(seed, 'type', customer) % 12 === 0;
}

/** 32 characters; `wm` WeChat user, `wo` WeCom user. The end carries the customer's number. */
export function externalUserid(seed: number, customer: number): string {
  const prefix = isCompany(seed, customer) ? 'wo' : 'wm';
  return `${prefix}SimQBwAA${idText(15, seed, 'customer', customer)}${customer.toString(36).padStart(7, '0')}`;
}

/** The customer's number, or undefined when the id is not one of this company. */
export function customerNumber(seed: number, id: string, customers: number): number | undefined {
  const customer = Number.parseInt(id.trim().slice(-7), 36);
  if (!(customer >= 0 && customer < customers)) return undefined;
  return externalUserid(seed, customer) === id.trim() ? customer : undefined;
}

/** The `external_contact` object. */
export function customerRow(seed: number, traps: Traps, customer: number, patch: CustomerPatch = {}): Row {
  const h = hash(seed, 'face', customer);
  const company = isCompany(seed, customer);
  const name = oddName(
    traps,
    `${at(NICKNAMES, h)}${customer % 7 === 0 ? '🍋' : ''}`,
    seed,
    'customer',
    customer,
  );
  const row: Row = {
    external_userid: blankId(traps, externalUserid(seed, customer)),
    name: patch.name ?? name,
    type: small(traps, company ? 2 : 1),
    avatar: patch.avatar ?? avatar(seed, customer, 0),
    gender: small(traps, h % 3),
    unionid: company && !traps.type2Unionid ? undefined : `oSim_${idText(22, seed, 'union', customer)}`,
    ...(company ? companyPart(traps, h, patch) : {}),
  };
  return present(withUnknownKey(traps, row, 'external_contact'));
}

/** The picture's URL; it changes when the person changes the picture. */
export function avatar(seed: number, customer: number, version: number): string {
  const h = hash(seed, 'avatar', customer);
  return h % 11 === 0 && version === 0 ? '' : `http://wx.qlogo.cn/mmhead/${h.toString(36)}v${version}/0`;
}

function companyPart(traps: Traps, h: number, patch: CustomerPatch): Row {
  const name = at(COMPANIES, h);
  return {
    position: patch.position ?? nothing(traps, '采购经理', h),
    corp_name: name,
    corp_full_name: `${name}有限公司`,
    external_profile: {
      external_corp_name: name,
      wechat_channels: { nickname: name, status: 1 },
      external_attr: [
        { type: 0, name: '专线', text: { value: '0571-0000000' } },
        { type: 1, name: '官网', web: { url: 'https://example.com', title: '首页' } },
        {
          type: 2,
          name: '小程序',
          miniprogram: { appid: 'wx0000000000000000', pagepath: '/index', title: '订购' },
        },
      ],
    },
  };
}

/** One relation, seen from the member. */
export interface Relation {
  member: number;
  userid: string;
  customer: number;
  baseTime: number;
  patch: FollowPatch;
  tagGroups: TagGroup[];
  /** the tags of the first day: only they are given by the seed, so that a new tag changes no old relation */
  firstTags: string[];
  deletedTags: ReadonlySet<string>;
}

/** The corp tags of the relation. */
export function relationTags(seed: number, traps: Traps, relation: Relation): string[] {
  const ids = relation.patch.tags ?? seededTags(seed, traps, relation);
  return ids.filter((id) => !relation.deletedTags.has(id));
}

function seededTags(seed: number, traps: Traps, { member, customer, firstTags }: Relation): string[] {
  const h = hash(seed, 'tags', member, customer);
  const ids = Array.from({ length: h % 4 }, (_, i) => at(firstTags, (h >>> 4) + i * 5));
  if (traps.ruleGroupTags && h % 13 === 0) ids.push(RULE_GROUP_TAG);
  return [...new Set(ids)];
}

/** What both forms of the relation have in common. */
function followPart(seed: number, traps: Traps, relation: Relation): Row {
  const { member, customer, patch } = relation;
  const r = random(seed, 'relation', member, customer);
  const h = hash(seed, 'relation', member, customer);
  const addWay = patch.add_way ?? (traps.unknownCodes && h % 31 === 0 ? 99 : r.pick(ADD_WAYS));
  const age = Math.floor(700 * r.next() ** 2) * DAY + r.int(12) * 3600 + r.int(3600);
  const company = isCompany(seed, customer);
  const remark = `${at(NICKNAMES, h >>> 3)}-${at(['滨江店', '老客', '团购', '外卖'], h >>> 5)}`;
  return {
    userid: relation.userid,
    remark: patch.remark ?? oddName(traps, remark, seed, 'remark', h),
    description: patch.description ?? (h % 3 === 0 ? '喜欢燕麦奶' : nothing(traps, '', h)),
    createtime: patch.createtime ?? (traps.textTimes && h % 211 === 0 ? 'xxxx' : relation.baseTime - age),
    remark_corp_name: company && !traps.type2Unionid ? undefined : h % 5 === 0 ? '滨江商贸' : undefined,
    remark_mobiles: patch.remark_mobiles ?? mobiles(traps, h),
    oper_userid: addWay === 0 ? undefined : operator(seed, relation, addWay),
    add_way: small(traps, addWay),
    state: patch.state ?? (addWay === 1 || addWay === 16 ? at(STATES, h) : nothing(traps, undefined, h + 1)),
    wechat_channels: addWay === 10 ? { nickname: '星河咖啡', source: 1 } : undefined,
  };
}

function mobiles(traps: Traps, h: number): unknown {
  if (h % 6 === 0) return ['13800000001', `1390000${String(h % 10_000).padStart(4, '0')}`];
  return nothing(traps, [], h);
}

function operator(seed: number, relation: Relation, addWay: number): string {
  return addWay === 1 ? externalUserid(seed, relation.customer) : relation.userid;
}

/** `follow_info` of batch/get_by_user: tags as ids. */
export function followInfo(seed: number, traps: Traps, relation: Relation): Row {
  const tags = relationTags(seed, traps, relation).map((id) => blankId(traps, id));
  const row = {
    ...followPart(seed, traps, relation),
    tag_id: tags.length > 0 ? tags : nothing(traps, [], relation.customer),
  };
  return present(withUnknownKey(traps, row, 'follow_info'));
}

/** One element of `follow_user` of externalcontact/get: tags as objects, personal ones without tag_id. */
export function followUser(seed: number, traps: Traps, relation: Relation): Row {
  const tags: Row[] = relationTags(seed, traps, relation).map((id) => tagOf(relation.tagGroups, id));
  if (relation.customer % 9 === 0) tags.push({ group_name: '', tag_name: '爱喝冷萃', type: 2 });
  return present(withUnknownKey(traps, { ...followPart(seed, traps, relation), tags }, 'follow_user'));
}

function tagOf(groups: TagGroup[], id: string): Row {
  const group = groups.find((one) => one.tags.some((tag) => tag.id === id));
  const tag = group?.tags.find((one) => one.id === id);
  return {
    group_name: group?.name ?? '门店专用',
    tag_name: tag?.name ?? '自提',
    tag_id: id,
    type: tag === undefined ? 3 : 1,
  };
}
