/**
 * Punches (directory-and-oa 7.1), a function of seed, member and day. Store staff work in shifts (rule 69), the head
 * office in fixed hours (rule 70), and some people make outings. A missing punch is a synthetic `未打卡` row at the
 * scheduled time, also while that time is still to come; an approved correction replaces it.
 */
import { HOUR, startOf, weekday } from '../days.ts';
import { at, random } from '../random.ts';
import type { Traps } from '../traps.ts';
import { nothing, present, type Row, withUnknownKey } from './odd.ts';
import { type Member, spelling } from './people.ts';

interface Shift {
  schedule: number;
  timeline: number;
  on: number;
  off: number;
}

const SHIFTS: Shift[] = [
  { schedule: 229, timeline: 1, on: 9, off: 18 },
  { schedule: 230, timeline: 1, on: 13, off: 22 },
];
const OFFICE_HOURS: Shift = { schedule: 0, timeline: 0, on: 9, off: 18 };

export interface PunchContext {
  seed: number;
  traps: Traps;
  /** Unix seconds */
  now: number;
  /** days before this one have the old shape, under the trap `oldPunches` */
  oldBefore: number;
}

/** The rows of one member's day as WeCom shows them now; `corrected`: missing punches have been approved. */
export function punchesOf(context: PunchContext, member: Member, day: number, corrected: boolean): Row[] {
  const { seed, traps, now } = context;
  const r = random(seed, 'punch', member.index, day);
  const office = member.position !== '店长' && member.position !== '导购';
  const rest = office ? weekday(day) === 0 || weekday(day) === 6 : (day + member.index) % 7 < 2;
  if (member.resignedAt !== undefined && startOf(day) > member.resignedAt) return [];
  if (member.hiredAt !== undefined && startOf(day) < member.hiredAt) return [];
  if (rest) return r.chance(0.05) ? [outing(traps, member, startOf(day) + 11 * HOUR + r.int(5 * HOUR))] : [];
  const shift = office ? OFFICE_HOURS : at(SHIFTS, day + member.index);
  const old = traps.oldPunches && day < context.oldBefore;
  const both = (['上班打卡', '下班打卡'] as const).map((type) => {
    const scheduled = startOf(day) + (type === '上班打卡' ? shift.on : shift.off) * HOUR;
    const delta = type === '上班打卡' ? r.int(1500) - 1200 : r.int(1800) - 100;
    const missed = r.chance(0.06) && !corrected;
    const unpunched = missed || scheduled + delta > now;
    return punch(traps, member, {
      type,
      scheduled,
      at: unpunched ? scheduled : scheduled + delta,
      unpunched,
      shift,
      old,
      wifi: r.chance(0.3),
    });
  });
  if (r.chance(0.03)) both.push(outing(traps, member, startOf(day) + 14 * HOUR + r.int(3 * HOUR)));
  return both.filter((row) => !(row.checkin_type === '外出打卡' && Number(row.checkin_time) > now));
}

/** Whether the day has a missing punch that a correction would replace. */
export function hasMissing(rows: Row[]): boolean {
  return rows.some((row) => row.exception_type === '未打卡');
}

interface Punch {
  type: string;
  scheduled: number;
  at: number;
  unpunched: boolean;
  shift: Shift;
  old: boolean;
  wifi: boolean;
}

function punch(traps: Traps, member: Member, one: Punch): Row {
  const office = one.shift === OFFICE_HOURS;
  const late = one.type === '上班打卡' ? one.at > one.scheduled : one.at < one.scheduled;
  const rule = {
    sch_checkin_time: one.scheduled,
    groupid: office ? 70 : 69,
    schedule_id: one.shift.schedule,
    timeline_id: one.shift.timeline,
  };
  const row: Row = {
    userid: spelling(traps, member),
    groupname: office ? '总部固定班' : '门店早晚班',
    checkin_type: one.type,
    exception_type: one.unpunched ? '未打卡' : late ? (one.wifi ? '时间异常;wifi异常' : '时间异常') : '',
    checkin_time: one.at,
    location_title: one.unpunched || one.wifi ? '' : '人民广场店',
    location_detail: one.unpunched || one.wifi ? '' : '上海市黄浦区西藏中路268号',
    wifiname: one.wifi && !one.unpunched ? 'XH-Store' : '',
    notes: '',
    wifimac: one.wifi && !one.unpunched ? '3c:46:d8:0c:7a:70' : '',
    mediaids: nothing(traps, [], one.at),
    ...coordinates(one),
    deviceid: one.unpunched ? '' : `E5FA89F6-${member.index}`,
    ...(one.old ? {} : rule),
  };
  return present(withUnknownKey(traps, row, 'checkindata'));
}

/** Degrees times a million; 0 without a location, absent in old answers. */
function coordinates(one: Punch): Row {
  if (one.unpunched || one.wifi) return one.old ? {} : { lat: 0, lng: 0 };
  return { lat: 31_230_416, lng: 121_473_701 };
}

function outing(traps: Traps, member: Member, time: number): Row {
  const row: Row = {
    userid: spelling(traps, member),
    groupname: '',
    checkin_type: '外出打卡',
    exception_type: '',
    checkin_time: time,
    location_title: '客户公司',
    location_detail: '苏州市工业园区',
    wifiname: '',
    notes: '拜访',
    wifimac: '',
    mediaids: ['WWCISP_G8PYgRaOVHjXWUWFqchpBqqqUpGj0OyR'],
    lat: 31_298_974,
    lng: 120_585_289,
    sch_checkin_time: 0,
    groupid: 0,
    schedule_id: 0,
    timeline_id: 0,
  };
  return withUnknownKey(traps, row, 'checkindata');
}
