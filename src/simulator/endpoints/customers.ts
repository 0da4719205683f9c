/** Follow users, customers, tags, unassigned customers (customer-contact 4, 7.1, 11.1). */
import { ApiError } from '../http/answer.ts';
import { type Call, type Endpoint, idList, integer, pageSize, refuse, text } from '../http/call.ts';
import { listRows, type Page, type Rows } from '../http/paging.ts';
import { at } from '../random.ts';
import { unassignedRows } from '../truth.ts';
import { blankId, present, type Row } from '../world/odd.ts';
import { type Member, spelling } from '../world/people.ts';
import { tagGroupRow } from '../world/tags.ts';

const PER_MINUTE = 10_000;
const FOLLOWERS_PER_PAGE = 500;

/** `next_cursor` as the page says it: a cursor, `""`, or absent. */
export function nextCursor(page: Page<unknown>): Row {
  return present({ next_cursor: page.next ?? page.finalCursor });
}

const followUserList: Endpoint = {
  path: 'externalcontact/get_follow_user_list',
  method: 'GET',
  area: 'customer',
  emptied: { follow_user: [] },
  perMinute: PER_MINUTE,
  handle: ({ company }) => ({
    follow_user: company.followUsers().map((member) => spelling(company.traps, member)),
  }),
};

/** The member, or 60111 when he is unknown, invisible or gone, or 84061 without the customer-contact function. */
function follower(call: Call, userid: string): Member {
  const member = call.company.activeMember(userid);
  if (member === undefined) throw new ApiError(60111);
  if (!member.customerContact) throw new ApiError(84061);
  return member;
}

function hasCustomers(call: Call, member: Member): boolean {
  return call.company.relations.of(member.index).next().done !== true;
}

const list: Endpoint = {
  path: 'externalcontact/list',
  method: 'GET',
  area: 'customer',
  emptied: { external_userid: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const userid = call.query.get('userid') ?? '';
    if (userid === '') refuse(call, 41009, 'externalcontact/list: userid is missing');
    const member = follower(call, userid);
    if (!hasCustomers(call, member)) throw new ApiError(84061);
    const ids = [...call.company.relations.of(member.index)].map((customer) =>
      blankId(call.company.traps, call.company.externalUserid(customer)),
    );
    return { external_userid: ids };
  },
};

const get: Endpoint = {
  path: 'externalcontact/get',
  method: 'GET',
  area: 'customer',
  emptied: { follow_user: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const { company } = call;
    const id = call.query.get('external_userid') ?? '';
    if (id === '') refuse(call, 41035, 'externalcontact/get: external_userid is missing');
    const customer = company.customer(id);
    if (customer === undefined) throw new ApiError(40096);
    const followers = company.relations.followers(customer).filter((index) => {
      const member = at(company.members, index);
      return company.activeMember(member.userid) !== undefined && member.customerContact;
    });
    if (followers.length === 0) throw new ApiError(84061);
    const options = { cursor: call.query.get('cursor') ?? '', limit: FOLLOWERS_PER_PAGE, parameters: { id } };
    const paged = followers.length > FOLLOWERS_PER_PAGE;
    const page = paged
      ? call.walks.page(call, listRows(followers), options)
      : { rows: followers, next: undefined, finalCursor: undefined };
    const follow_user = page.rows.map((member) => company.followUser(member, customer));
    return { external_contact: company.customerRow(customer), follow_user, ...nextCursor(page) };
  },
};

/** Rows of (customer, member) pairs of several members, one after the other. */
function relationRows(call: Call, members: Member[]): Rows<Row> {
  const { company } = call;
  const ends: number[] = [];
  let places = 0;
  for (const member of members) {
    places += company.relations.slots(member.index);
    ends.push(places);
  }
  return {
    places,
    at(place) {
      const k = ends.findIndex((end) => place < end);
      const member = at(members, k);
      const customer = company.relations.customerAt(member.index, place - (ends[k - 1] ?? 0));
      if (customer === undefined) return undefined;
      return {
        external_contact: company.customerRow(customer),
        follow_info: company.followInfo(member.index, customer),
      };
    },
  };
}

/** The main bulk endpoint (4.4). Above the maximum, `limit` counts as 100 (and is a violation). */
const getByUser: Endpoint = {
  path: 'externalcontact/batch/get_by_user',
  method: 'POST',
  area: 'customer',
  emptied: { external_contact_list: [], next_cursor: '' },
  perMinute: PER_MINUTE,
  handle(call) {
    const userids = idList(call, call.body.userid_list, 'userid_list', 100);
    if (userids.length === 0) refuse(call, 40063, 'batch/get_by_user: userid_list is empty');
    const limit = pageSize(call, 'limit', 50, 100);
    const members = userids.map((userid) => follower(call, userid));
    const licensed = members.filter((member) => member.licensed);
    const unlicensed = members.filter((member) => !member.licensed);
    if (licensed.length === 0) throw new ApiError(701008);
    const empty = licensed.filter((member) => !hasCustomers(call, member));
    if (empty.length > 0 && (members.length === 1 || call.company.traps.mixedList84061))
      throw new ApiError(84061);
    const options = { cursor: text(call, 'cursor'), limit, parameters: { userids, limit } };
    const page = call.walks.page(call, relationRows(call, licensed), options);
    const unlicensedIds = unlicensed.map((member) => spelling(call.company.traps, member));
    const failInfo = unlicensed.length > 0 ? { fail_info: { unlicensed_userid_list: unlicensedIds } } : {};
    return { external_contact_list: page.rows, ...nextCursor(page), ...failInfo };
  },
};

/** Everything, or the asked ids; `deleted` and deleted tags come only on queries by id (7.1). */
const corpTagList: Endpoint = {
  path: 'externalcontact/get_corp_tag_list',
  method: 'POST',
  area: 'customer',
  emptied: { tag_group: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const { tagGroups, traps } = call.company;
    const tagIds = idList(call, call.body.tag_id, 'tag_id', 10_000).map((id) => id.trim());
    const groupIds = idList(call, call.body.group_id, 'group_id', 10_000).map((id) => id.trim());
    const known = new Set(tagGroups.flatMap((group) => [group.id, ...group.tags.map((tag) => tag.id)]));
    if ([...tagIds, ...groupIds].some((id) => !known.has(id))) throw new ApiError(40068);
    const byId = tagIds.length + groupIds.length > 0;
    const rows = tagGroups.flatMap((group) => {
      const asked = groupIds.length > 0 ? groupIds.includes(group.id) : true;
      const tags = group.tags.filter((tag) =>
        byId ? groupIds.length > 0 || tagIds.includes(tag.id) : !tag.deleted,
      );
      return asked && (tags.length > 0 || !byId) ? [tagGroupRow(traps, group, tags, byId)] : [];
    });
    return { tag_group: rows };
  },
};

/** Customers of members who left (11.1). */
const unassignedList: Endpoint = {
  path: 'externalcontact/get_unassigned_list',
  method: 'POST',
  area: 'customer',
  emptied: { info: [], is_last: false, next_cursor: '' },
  perMinute: PER_MINUTE,
  handle(call) {
    const rows = unassignedRows(call.company);
    const limit = pageSize(call, 'page_size', 1000, 1000);
    if (call.company.traps.unassignedByPage) return oldUnassigned(call, rows, limit);
    const options = { cursor: text(call, 'cursor'), limit, parameters: { limit } };
    const page = call.walks.page(call, listRows(rows), options);
    const atEnd = call.company.traps.lastWithCursor ? 'after-the-last-page' : '';
    return { info: page.rows, is_last: page.next === undefined, next_cursor: page.next ?? atEnd };
  },
};

/** The old form: page_id from 0, `is_last` alone tells the end; the pages here are small so that there are several. */
function oldUnassigned(call: Call, rows: Row[], limit: number): Row {
  const size = Math.min(limit, 5);
  const page = integer(call, 'page_id') ?? 0;
  if (page > 0 && page * size >= rows.length)
    call.violation('get_unassigned_list: a page was asked for after the last one');
  return { info: rows.slice(page * size, (page + 1) * size), is_last: (page + 1) * size >= rows.length };
}

export const CUSTOMERS: Endpoint[] = [followUserList, list, get, getByUser, corpTagList, unassignedList];
