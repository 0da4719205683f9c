/** Statistics (customer-contact 6): days of Asia/Shanghai, 180 days back, at most 30 day rows per call. */
import { dayOf, secondOfDay, startOf } from '../days.ts';
import { ApiError } from '../http/answer.ts';
import {
  type Call,
  type Endpoint,
  idList,
  integer,
  ownerFilter,
  pageSize,
  refuse,
  time,
} from '../http/call.ts';
import { STATISTICS_DAYS } from '../truth.ts';
import type { Row } from '../world/odd.ts';
import { type Member, spelling } from '../world/people.ts';
import { addUp, behaviourRow } from '../world/statistics.ts';
import { requireSmallScope } from './groups.ts';

const PER_MINUTE = 10_000;
const MAX_ROWS = 30;
/** A run that crosses midnight may ask for a day that has just expired. */
const GRACE = 1800;

/** The asked days, checked; `last` is the last day that may be asked for. */
function askedDays(call: Call, begin: number, end: number, last: number): number[] {
  const today = dayOf(call.now);
  const [first, final] = [dayOf(begin), dayOf(end)];
  if (final < first) refuse(call, 600018, `${call.path}: the window ends before it begins`);
  if (final > last)
    refuse(call, 600018, `${call.path}: the window reaches beyond ${last === today ? 'today' : 'yesterday'}`);
  if (final - first >= MAX_ROWS) refuse(call, 600018, `${call.path}: a window of ${final - first + 1} days`);
  const expired = today - STATISTICS_DAYS - first;
  if (expired === 1 && secondOfDay(call.now) < GRACE) throw new ApiError(600018);
  if (expired > 0) refuse(call, 600018, `${call.path}: a day more than ${STATISTICS_DAYS} days ago`);
  return Array.from({ length: final - first + 1 }, (_, i) => first + i);
}

function required(call: Call, key: string): number {
  return time(call, key, 600018) ?? refuse(call, 600018, `${call.path}: ${key} is missing`);
}

function active(call: Call, userids: string[]): Member[] {
  return userids.map((userid) => {
    const member = call.company.activeMember(userid);
    if (member === undefined) throw new ApiError(60111);
    return member;
  });
}

/** One summed series over everybody asked: a correct client asks for exactly one member. */
const userBehaviorData: Endpoint = {
  path: 'externalcontact/get_user_behavior_data',
  method: 'POST',
  area: 'customer',
  emptied: { behavior_data: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const { company } = call;
    const userids = idList(call, call.body.userid, 'userid', 100);
    const parties = call.body.partyid;
    if (Array.isArray(parties) && parties.length > 0)
      call.violation('get_user_behavior_data: partyid sums its members');
    else if (userids.length === 0) refuse(call, 40063, 'get_user_behavior_data: neither userid nor partyid');
    if (userids.length > 1) call.violation(`get_user_behavior_data: ${userids.length} userids in one call`);
    const days = askedDays(call, required(call, 'start_time'), required(call, 'end_time'), dayOf(call.now));
    const inParties = Array.isArray(parties)
      ? company.followUsers().filter((member) => member.departments.some((id) => parties.includes(id)))
      : [];
    const members = userids.length > 0 ? active(call, userids) : inParties;
    const rows = days.flatMap((day): Row[] => {
      const figures = members
        .map((member) => company.behaviour(member, day))
        .filter((one) => one !== undefined);
      return figures.length === 0 ? [] : [behaviourRow(company.traps, day, figures)];
    });
    return { behavior_data: rows };
  },
};

interface OwnerDays {
  owners: Member[];
  days: number[];
}

/** Owners and days of both group statistics; one unknown or resigned owner fails the call with 60111. */
function ownersAndDays(call: Call): OwnerDays {
  const userids = ownerFilter(call);
  if (userids === undefined) requireSmallScope(call.company);
  const begin = required(call, 'day_begin_time');
  const days = askedDays(call, begin, time(call, 'day_end_time', 600018) ?? begin, dayOf(call.now) - 1);
  return { owners: userids === undefined ? call.company.followUsers() : active(call, userids), days };
}

const ORDER_KEYS = ['new_chat_cnt', 'chat_total', 'new_member_cnt', 'member_total'];

/** One row per owner for the whole range: a correct client asks for exactly one day. */
const groupchatStatistic: Endpoint = {
  path: 'externalcontact/groupchat/statistic',
  method: 'POST',
  area: 'customer',
  emptied: { items: [], total: 0, next_offset: 0 },
  perMinute: PER_MINUTE,
  handle(call) {
    const limit = pageSize(call, 'limit', 500, 1000);
    const offset = integer(call, 'offset', 600041) ?? 0;
    const { owners, days } = ownersAndDays(call);
    if (days.length > 1) call.violation(`groupchat/statistic: ${days.length} days in one call`);
    const items = owners.flatMap((owner) => {
      const data = call.company.groupFiguresRow(owner, days);
      return data === undefined ? [] : [{ owner: spelling(call.company.traps, owner), data }];
    });
    const key =
      ORDER_KEYS[(integer(call, 'order_by') ?? 1) - 1] ??
      refuse(call, 40058, 'groupchat/statistic: order_by');
    const sign = integer(call, 'order_asc') === 1 ? 1 : -1;
    items.sort((a, b) => sign * (Number(a.data[key]) - Number(b.data[key])));
    if (offset < 0 || offset > items.length) refuse(call, 600041, `groupchat/statistic: offset ${offset}`);
    if (offset > 0 && offset === items.length)
      call.violation('groupchat/statistic: a page was asked for after the last one');
    const size = call.company.traps.shortPages ? Math.ceil(limit / 2) : limit;
    const page = items.slice(offset, offset + size);
    return { total: items.length, next_offset: offset + page.length, items: page };
  },
};

/** One row per day, summed over all owners of the filter (6.3). */
const groupchatStatisticByDay: Endpoint = {
  path: 'externalcontact/groupchat/statistic_group_by_day',
  method: 'POST',
  area: 'customer',
  emptied: { items: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const { owners, days } = ownersAndDays(call);
    const items = days.flatMap((day) => {
      const figures = owners
        .map((owner) => call.company.groupFigures(owner, day))
        .filter((one) => one !== undefined);
      return figures.length === 0 ? [] : [{ stat_time: startOf(day), data: addUp(figures) }];
    });
    return { items };
  },
};

export const STATISTICS: Endpoint[] = [userBehaviorData, groupchatStatistic, groupchatStatisticByDay];
