/** Customer groups (customer-contact 5). */
import type { Company } from '../company.ts';
import { ApiError } from '../http/answer.ts';
import { type Call, type Endpoint, integer, ownerFilter, pageSize, refuse, text } from '../http/call.ts';
import { listRows } from '../http/paging.ts';
import { at } from '../random.ts';
import { listedGroups } from '../truth.ts';
import { groupListRow } from '../world/groups.ts';
import type { Member } from '../world/people.ts';
import { nextCursor } from './customers.ts';

const SCOPE_LIMIT = 1000;

/** Without owner_filter a scope of more than 1,000 members fails with 81017. */
export function requireSmallScope(company: Company): void {
  if (company.traps.bigScope || company.staff().length > SCOPE_LIMIT) throw new ApiError(81017);
}

/** Resigned owners count here: their groups come only when they are named. */
function namedOwners(company: Company, userids: string[]): Member[] {
  return userids.map((userid) => {
    const member = company.member(userid);
    if (member === undefined || !member.visible) throw new ApiError(60111);
    return member;
  });
}

const groupchatList: Endpoint = {
  path: 'externalcontact/groupchat/list',
  method: 'POST',
  area: 'customer',
  emptied: { group_chat_list: [], next_cursor: '' },
  perMinute: 10_000,
  handle(call: Call) {
    const { company } = call;
    const limit = pageSize(call, 'limit', 0, 1000);
    const userids = ownerFilter(call);
    if (userids === undefined) requireSmallScope(company);
    const status = integer(call, 'status_filter') ?? 0;
    if (status < 0 || status > 3) refuse(call, 40058, `groupchat/list: status_filter ${status}`);
    const owners = userids === undefined ? company.staff() : namedOwners(company, userids);
    const indexes = new Set(owners.map((owner) => owner.index));
    const groups = listedGroups(company).filter(
      (group) => indexes.has(group.owner) && (status === 0 || group.status === status),
    );
    const options = { cursor: text(call, 'cursor'), limit, parameters: { userids, status, limit } };
    const page = call.walks.page(call, listRows(groups), options);
    return {
      group_chat_list: page.rows.map((group) => groupListRow(company.traps, group)),
      ...nextCursor(page),
    };
  },
};

const groupchatGet: Endpoint = {
  path: 'externalcontact/groupchat/get',
  method: 'POST',
  area: 'customer',
  emptied: {},
  perMinute: 10_000,
  handle(call) {
    const id = text(call, 'chat_id');
    if (id === '') refuse(call, 40063, 'groupchat/get: chat_id is missing');
    const { company } = call;
    const group = company.group(id);
    if (group === undefined || !at(company.members, group.owner).visible) throw new ApiError(40050);
    const tech = group.detailErrcode === 90501 ? { tech_msg: 'not external chat' } : {};
    if (group.detailErrcode !== 0) throw new ApiError(group.detailErrcode, undefined, tech);
    return { group_chat: company.groupRow(group, integer(call, 'need_name') === 1) };
  },
};

export const GROUPS: Endpoint[] = [groupchatList, groupchatGet];
