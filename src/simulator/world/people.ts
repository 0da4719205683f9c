/** Departments and members of a retailer: head office, regions, stores (directory-and-oa section 3). */
import { DAY, startOf } from '../days.ts';
import { at, hash, idText, random } from '../random.ts';
import type { Size } from '../size.ts';
import type { Traps } from '../traps.ts';
import { oddName, present, type Row, small, withUnknownKey } from './odd.ts';

export interface Department {
  id: number;
  name: string;
  nameEn: string;
  parent: number;
  leaders: string[];
  /** false: only the contact-sync assistant knows it */
  visible: boolean;
}

export interface Member {
  index: number;
  userid: string;
  name: string;
  departments: number[];
  position: string;
  leads: boolean;
  /** 1 activated, 2 disabled, 4 not activated, 5 left */
  status: number;
  /** has the customer-contact function */
  customerContact: boolean;
  /** false: outside the visible range of the app */
  visible: boolean;
  licensed: boolean;
  /** Unix seconds; absent for those of the first day */
  hiredAt?: number;
  /** Unix seconds; absent while the member works here */
  resignedAt?: number;
}

const SURNAMES = '林 lin,赵 zhao,王 wang,李 li,陈 chen,周 zhou,吴 wu,徐 xu,孙 sun,马 ma,朱 zhu,胡 hu'.split(
  ',',
);
const GIVEN =
  '越 yue,凯 kai,芳 fang,明 ming,静 jing,磊 lei,洋 yang,艳 yan,娜 na,涛 tao,婷 ting,波 bo,思远 siyuan'.split(
    ',',
  );
const REGIONS = ['华东大区', '华南大区', '华北大区'];
const PLACES = [
  '滨江',
  '西湖',
  '人民广场',
  '陆家嘴',
  '天河',
  '福田',
  '三里屯',
  '中关村',
  '徐家汇',
  '五角场',
  '钱江',
];
const ROOT = 1;
const SALES = 2;
const OFFICE = 3;
const FIRST_STORE = 101;

export function generateDepartments(size: Size, traps: Traps): Department[] {
  const make = (id: number, name: string, parent: number, nameEn = ''): Department => ({
    id,
    name,
    nameEn,
    parent,
    leaders: [],
    visible: true,
  });
  const departments = [
    make(ROOT, '星河咖啡有限公司', 0),
    make(SALES, '销售中心', ROOT, 'Sales'),
    make(OFFICE, '总部职能', ROOT),
    ...REGIONS.map((name, i) => make(11 + i, name, SALES)),
  ];
  for (let i = 0; i < size.stores; i++) {
    const place = `${at(PLACES, i)}${i < PLACES.length ? '' : Math.floor(i / PLACES.length) + 1}`;
    departments.push(make(FIRST_STORE + i, `${place}店`, 11 + (i % REGIONS.length), `Store ${i + 1}`));
  }
  if (traps.hiddenParents) {
    departments.push({ ...make(898, '共享服务', ROOT), visible: false }, make(899, '联营门店', 898));
    departments.push({ ...make(950, '外派', ROOT), visible: false });
  }
  return departments;
}

/** Member `index` of the company; the last ones work in stores, the first in the head office. */
export function generateMember(seed: number, size: Size, traps: Traps, index: number): Member {
  const r = random(seed, 'member', index);
  const [surname = '', surnamePinyin = ''] = r.pick(SURNAMES).split(' ');
  const [given = '', givenPinyin = ''] = r.pick(GIVEN).split(' ');
  const office = index < Math.max(2, Math.floor(size.members * 0.15));
  const store = FIRST_STORE + (index % size.stores);
  const leads = index < size.stores + Math.max(2, Math.floor(size.members * 0.15)) && !office;
  return {
    index,
    userid: userid(surnamePinyin, givenPinyin, index),
    name: oddName(traps, `${surname}${given}`, seed, 'member', index),
    departments: office ? [OFFICE] : index % 9 === 0 ? [SALES, store] : [store],
    position: office ? at(['总经理', '财务', '人事', '数据'], index) : leads ? '店长' : '导购',
    leads,
    status: index % 29 === 28 ? 4 : 1,
    customerContact: !office || index === 1,
    visible: true,
    licensed: true,
  };
}

/** Userids as different years made them: `lin.yue07`, `LinYue8`, `service_09`. */
function userid(surname: string, given: string, index: number): string {
  const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
  const number = String(index).padStart(2, '0');
  if (index % 3 === 0) return `${surname}.${given}${number}`;
  return index % 3 === 1 ? `${capital(surname)}${capital(given)}${index}` : `service_${number}`;
}

/** The members at the start, with two that have resigned, two that are invisible and one without licence. */
export function generateMembers(seed: number, size: Size, traps: Traps, baseDay: number): Member[] {
  const members = Array.from({ length: size.members }, (_, i) => generateMember(seed, size, traps, i));
  const staff = members.filter((member) => member.customerContact && !member.leads);
  const [first, second, third, unlicensed] = [at(staff, -1), at(staff, -2), at(staff, -3), at(staff, -4)];
  first.resignedAt = startOf(baseDay - 20) + 36_000;
  second.resignedAt = startOf(baseDay - 5) + 64_800;
  third.visible = false;
  unlicensed.licensed = !traps.unlicensedMember;
  if (traps.hiddenParents) at(staff, -5).departments = [950];
  return members;
}

/** A row of department/list (3.1). */
export function departmentRow(traps: Traps, department: Department, leaders: string[]): Row {
  const { id } = department;
  const row = {
    id,
    name: department.name,
    name_en: traps.nothings && id % 2 === 0 ? undefined : department.nameEn,
    department_leader: traps.nothings && id % 3 === 0 ? undefined : leaders,
    parentid: department.parent,
    order: departmentOrder(traps, id),
  };
  return present(withUnknownKey(traps, row, 'department'));
}

/** Order of a department: bigger sorts first; beyond int4 under the trap, absent in very old answers. */
export function departmentOrder(traps: Traps, id: number): number | undefined {
  if (traps.nothings && id === 12) return undefined;
  return traps.hugeOrder && id % 5 === 1 ? 4_294_967_295 : 100_000_000 - id * 1000;
}

/** A row of user/list, and the body of user/get (3.6). `privateFields`: what apps created before 2022-06-20 may see. */
export function memberRow(
  seed: number,
  traps: Traps,
  member: Member,
  leader: string[],
  privateFields: boolean,
): Row {
  const { index, departments } = member;
  const h = hash(seed, 'user', index);
  const row: Row = {
    userid: member.userid,
    name: member.name,
    department: departments,
    order: departments.map((_, i) => (traps.hugeOrder && h % 4 === 0 ? 4_294_967_295 : i * 10)),
    position: member.position,
    is_leader_in_dept: departments.map(() => Number(member.leads)),
    direct_leader: leader,
    telephone: h % 3 === 0 ? '0571-88880000' : '',
    alias: h % 4 === 0 ? `A${index}` : '',
    english_name: '',
    main_department: departments[0],
    status: small(traps, member.status),
    enable: 1,
    hide_mobile: 0,
    extattr: { attrs: attributes(traps, member) },
    external_position: h % 5 === 0 ? '会员顾问' : '',
    external_profile: h % 2 === 0 ? { external_corp_name: '星河咖啡', external_attr: [] } : undefined,
    ...(privateFields ? privatePart(seed, member, h) : {}),
  };
  return present(withUnknownKey(traps, row, 'user'));
}

function attributes(traps: Traps, member: Member): Row[] {
  const text = (name: string, value: string) =>
    withUnknownKey(traps, { type: 0, name, text: { value } }, 'attr');
  const page = { url: `https://example.com/u/${member.index}`, title: '个人页' };
  return [
    text('工号', `A${String(member.index).padStart(4, '0')}`),
    text('门店编码', `S${member.departments.at(-1)}`),
    { type: 1, name: '主页', web: page },
  ];
}

function privatePart(seed: number, member: Member, h: number): Row {
  const { index } = member;
  return {
    gender: at(['0', '1', '2'], h),
    mobile: `1380000${String(index).padStart(4, '0')}`,
    email: h % 3 === 0 ? '' : `u${index}@example.com`,
    biz_mail: `u${index}@xinghe.example`,
    avatar: `https://wework.qpic.cn/wwpic/${idText(8, seed, 'face', index)}/0`,
    thumb_avatar: `https://wework.qpic.cn/wwpic/${idText(8, seed, 'face', index)}/100`,
    qr_code: `https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc${index}`,
    address: '',
  };
}

/** The userid as the other products spell it: WeCom compares without case (1.3). */
export function spelling(traps: Traps, member: Member): string {
  if (!traps.otherCase || member.index % 4 !== 2) return member.userid;
  return member.index % 8 === 2 ? member.userid.toUpperCase() : member.userid.toLowerCase();
}

/** Whether a date of resignation lies more than two days back, when OA stops resolving the member. */
export function longGone(member: Member, now: number): boolean {
  return member.resignedAt !== undefined && now - member.resignedAt > 2 * DAY;
}
