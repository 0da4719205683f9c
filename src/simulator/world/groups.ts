/** Customer groups (customer-contact section 5). */
import { DAY } from '../days.ts';
import { at, hash, idText, random } from '../random.ts';
import type { Size } from '../size.ts';
import type { Traps } from '../traps.ts';
import { externalUserid } from './customers.ts';
import { blankId, nothing, oddName, present, type Row, small, withUnknownKey } from './odd.ts';
import { type Member, spelling } from './people.ts';

export interface GroupPerson {
  /** index of the member, for type 1 */
  member?: number;
  /** userid or external_userid */
  id: string;
  joinTime: number;
  joinScene: number;
  invitor?: string;
  state?: string;
}

export interface Group {
  index: number;
  chatId: string;
  owner: number;
  name: string;
  notice: string;
  createTime: number;
  /** 0 normal, 1 owner resigned, 2 inheritance running, 3 inheritance done */
  status: number;
  /** what groupchat/get answers; 0 = the detail */
  detailErrcode: number;
  dismissed: boolean;
  /** counts every change of the member list */
  version: number;
  /** the people, once they differ from what the seed says */
  people?: GroupPerson[];
}

const GROUP_NAMES = ['福利群', '会员日群', '新品尝鲜群', '企业下午茶群', '手冲爱好者'];

export function generateGroup(seed: number, traps: Traps, index: number, owner: number, now: number): Group {
  const r = random(seed, 'group', index);
  const name = `${at(['滨江店', '西湖店', '天河店', '福田店'], index)}${at(GROUP_NAMES, index)}${index}`;
  return {
    index,
    chatId: `wrSimQBwAA${idText(15, seed, 'chat', index)}${index.toString(36).padStart(7, '0')}`,
    owner,
    name: index % 13 === 5 ? '' : oddName(traps, name, seed, 'group', index),
    notice: index % 4 === 0 ? '每周三会员日' : '',
    createTime: now - r.int(500) * DAY - r.int(DAY),
    status: 0,
    detailErrcode: traps.unreadableGroups ? ({ 1: 40050, 3: 49008, 4: 90501 }[index % 20] ?? 0) : 0,
    dismissed: false,
    version: 0,
  };
}

/** Who is in the group: the owner, a colleague or two, customers and strangers. */
export function peopleOf(
  seed: number,
  group: Group,
  members: Member[],
  customers: number,
  size: Size,
): GroupPerson[] {
  if (group.people !== undefined) return group.people;
  const r = random(seed, 'people', group.index);
  const owner = at(members, group.owner);
  const people: GroupPerson[] = [
    { member: owner.index, id: owner.userid, joinTime: group.createTime, joinScene: 1 },
  ];
  const colleague = at(members, (group.owner + 1) % size.members);
  if (colleague.resignedAt === undefined && colleague.index !== owner.index) {
    const joinTime = group.createTime + 130;
    people.push({
      member: colleague.index,
      id: colleague.userid,
      joinTime,
      joinScene: 1,
      invitor: owner.userid,
    });
  }
  const count = Math.max(1, Math.round(size.groupMembers * (0.5 + r.next())));
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    const id = r.chance(0.8)
      ? externalUserid(seed, r.int(customers))
      : `wmSimQBwAA${idText(22, seed, 'stranger', group.index, i)}`;
    const joinTime = group.createTime + 600 + r.int(60 * DAY);
    const scene = r.between(1, 3);
    if (seen.has(id)) continue;
    seen.add(id);
    people.push({
      id,
      joinTime,
      joinScene: scene,
      ...(scene === 1 ? { invitor: owner.userid } : {}),
      ...(scene === 3 ? { state: 'qr_door_1' } : {}),
    });
  }
  return people;
}

/** One element of `group_chat_list`: the only place of `status` (5.1). */
export function groupListRow(traps: Traps, group: Group): Row {
  return withUnknownKey(
    traps,
    { chat_id: group.chatId, status: small(traps, group.status) },
    'group_chat_list',
  );
}

/** The `group_chat` object (5.2). */
export function groupRow(
  seed: number,
  traps: Traps,
  group: Group,
  people: GroupPerson[],
  owner: Member,
  withNames: boolean,
  members: Member[],
): Row {
  const admins = people.filter((person) => person.member !== undefined && person.member !== owner.index);
  const alone = traps.ownersNotListed && group.index % 3 === 2;
  const listed = alone ? people.filter((person) => person.member === undefined) : people;
  const row: Row = {
    chat_id: group.chatId,
    name: group.name,
    owner: spelling(traps, owner),
    create_time: traps.textTimes && group.index === 2 ? 'xxxx' : group.createTime,
    notice: group.notice === '' ? nothing(traps, '', group.index) : group.notice,
    member_list: listed.map((person) => personRow(seed, traps, group, person, withNames, members)),
    admin_list:
      admins.length > 0 ? admins.map((person) => ({ userid: person.id })) : nothing(traps, [], group.index),
    member_version: idText(32, seed, 'version', group.index, group.version).toLowerCase(),
  };
  return present(withUnknownKey(traps, row, 'group_chat'));
}

function personRow(
  seed: number,
  traps: Traps,
  group: Group,
  person: GroupPerson,
  withNames: boolean,
  members: Member[],
): Row {
  const h = hash(seed, 'person', group.index, person.id);
  const member = person.member === undefined ? undefined : at(members, person.member);
  const nickname = h % 6 === 0 ? '店长' : '';
  const row: Row = {
    userid: blankId(traps, member === undefined ? person.id : spelling(traps, member)),
    type: small(traps, member === undefined ? 2 : 1),
    unionid:
      member === undefined && person.id.startsWith('wm')
        ? `oSim_${idText(22, seed, 'union', person.id)}`
        : undefined,
    join_time: person.joinTime,
    join_scene: traps.unknownCodes && h % 37 === 0 ? 9 : person.joinScene,
    invitor: person.invitor === undefined ? undefined : { userid: person.invitor },
    state: person.state ?? nothing(traps, undefined, h),
    group_nickname: nickname === '' ? nothing(traps, '', h) : nickname,
    name: withNames
      ? (member?.name ?? oddName(traps, at(['A', '青柠🍋', '阿杰', 'Momo'], h), seed, 'person', h))
      : undefined,
  };
  return present(withUnknownKey(traps, row, 'member_list'));
}
