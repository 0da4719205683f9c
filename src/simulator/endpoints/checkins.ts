/** Punches (directory-and-oa 7.1). */
import { DAY, dayOf } from '../days.ts';
import { ApiError } from '../http/answer.ts';
import { type Endpoint, idList, integer, refuse, time } from '../http/call.ts';
import { longGone } from '../world/people.ts';

const MAX_SPAN = 30 * DAY;

/** One unknown userid fails the whole block with 301021; somebody who left resolves for two more days. */
const getCheckinData: Endpoint = {
  path: 'checkin/getcheckindata',
  method: 'POST',
  area: 'checkin',
  emptied: { checkindata: [] },
  perMinute: 600,
  handle(call) {
    const { company } = call;
    const type = integer(call, 'opencheckindatatype') ?? 0;
    if (type < 1 || type > 3) refuse(call, 40058, `getcheckindata: opencheckindatatype ${type}`);
    const start =
      time(call, 'starttime', 600018) ?? refuse(call, 301024, 'getcheckindata: starttime is missing');
    const end = time(call, 'endtime', 600018) ?? refuse(call, 301024, 'getcheckindata: endtime is missing');
    if (end < start) refuse(call, 301024, 'getcheckindata: the window ends before it begins');
    if (end - start > MAX_SPAN) refuse(call, 301024, 'getcheckindata: a window of more than 30 days');
    const userids = idList(call, call.body.useridlist, 'useridlist', 100, 301023);
    if (userids.length === 0) refuse(call, 301023, 'getcheckindata: useridlist is empty');
    const members = userids.map((userid) => {
      const member = company.member(userid);
      if (member === undefined || !member.visible || longGone(member, call.now)) throw new ApiError(301021);
      return member;
    });
    const loose = company.traps.looseCheckinWindow;
    const [first, last] = [dayOf(start) - Number(loose), dayOf(end) + Number(loose)];
    const rows = members.flatMap((member) => {
      const days = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      return days.flatMap((day) => company.punches(member, day));
    });
    const asked = rows.filter((row) => {
      const at = Number(row.checkin_time);
      return (
        (loose || (at >= start && at <= end)) &&
        (type === 3 || (type === 2) === (row.checkin_type === '外出打卡'))
      );
    });
    return { checkindata: asked };
  },
};

export const CHECKINS: Endpoint[] = [getCheckinData];
