/**
 * Daily figures (customer-contact section 6), a function of seed, member and day. `age` is how many days ago the day
 * was; under the trap `revisedStatistics` the figures of yesterday (age 1) are a little lower than the final ones.
 */
import { startOf, weekday } from '../days.ts';
import { hash, random } from '../random.ts';
import type { Traps } from '../traps.ts';
import { type Row, withUnknownKey } from './odd.ts';

export interface Behaviour {
  chat_cnt: number;
  message_cnt: number;
  /** undefined when no customer opened a chat that day */
  reply_percentage?: number;
  avg_reply_time?: number;
  negative_feedback_cnt: number;
  new_apply_cnt: number;
  new_contact_cnt: number;
}

export interface GroupFigures {
  new_chat_cnt: number;
  chat_total: number;
  chat_has_msg: number;
  new_member_cnt: number;
  member_total: number;
  member_has_msg: number;
  msg_total: number;
}

/** Fraction of the final figure that yesterday's answer shows. */
function shown(traps: Traps, seed: number, who: number, day: number, age: number): number {
  if (!traps.revisedStatistics || age > 1) return 1;
  return hash(seed, 'revised', who, day) % 3 === 0 ? 0.8 : 1;
}

export function behaviour(seed: number, traps: Traps, member: number, day: number, age: number): Behaviour {
  const r = random(seed, 'behaviour', member, day);
  const share = shown(traps, seed, member, day, age);
  const busy = weekday(day) === 0 || weekday(day) === 6 ? 1.4 : 1;
  const count = (top: number) => Math.floor(r.int(Math.ceil(top * busy)) * share);
  const figures: Behaviour = {
    chat_cnt: count(45),
    message_cnt: count(260),
    negative_feedback_cnt: r.chance(0.2) ? 1 : 0,
    new_apply_cnt: count(9),
    new_contact_cnt: count(6),
  };
  if (r.chance(0.2)) return figures;
  const reply = r.chance(0.2) ? 100 : Math.round(r.next() * 10_000) / 100;
  return { ...figures, reply_percentage: reply, avg_reply_time: r.between(1, 40) };
}

/** One row of `behavior_data`: the sum over all asked members, without any userid (6.1, the trap). */
export function behaviourRow(traps: Traps, day: number, figures: Behaviour[]): Row {
  const sum = (
    key: 'chat_cnt' | 'message_cnt' | 'negative_feedback_cnt' | 'new_apply_cnt' | 'new_contact_cnt',
  ) => figures.reduce((total, one) => total + one[key], 0);
  const rated = figures.filter((one) => one.reply_percentage !== undefined);
  const mean = (key: 'reply_percentage' | 'avg_reply_time') =>
    rated.reduce((total, one) => total + (one[key] ?? 0), 0) / rated.length;
  const ratios =
    rated.length === 0
      ? {}
      : {
          reply_percentage: Math.round(mean('reply_percentage') * 100) / 100,
          avg_reply_time: Math.round(mean('avg_reply_time')),
        };
  const row = {
    stat_time: startOf(day),
    chat_cnt: sum('chat_cnt'),
    message_cnt: sum('message_cnt'),
    ...ratios,
    negative_feedback_cnt: sum('negative_feedback_cnt'),
    new_apply_cnt: sum('new_apply_cnt'),
    new_contact_cnt: sum('new_contact_cnt'),
  };
  return withUnknownKey(traps, row, 'behavior_data');
}

/** What the figures of an owner's groups depend on. */
export interface OwnedGroups {
  count: number;
  people: number;
  /** from 1 (lively) to 0 (silent) */
  life: number;
}

export function groupFigures(
  seed: number,
  traps: Traps,
  owner: number,
  day: number,
  age: number,
  groups: OwnedGroups,
): GroupFigures {
  const r = random(seed, 'groups', owner, day);
  const share = shown(traps, seed, owner, day, age);
  const count = (top: number) => Math.floor(r.int(top + 1) * share * groups.life);
  return {
    new_chat_cnt: r.chance(0.02) ? 1 : 0,
    chat_total: groups.count,
    chat_has_msg: count(groups.count),
    new_member_cnt: count(Math.ceil(groups.people / 40)),
    member_total: groups.people,
    member_has_msg: count(Math.ceil(groups.people / 6)),
    msg_total: count(groups.people * 2),
  };
}

/** Several days as the API collapses them: counts added, totals of the last day (6.2, the trap). */
export function collapse(days: GroupFigures[]): GroupFigures {
  const last = days.at(-1);
  const sum = (key: keyof GroupFigures) => days.reduce((total, one) => total + one[key], 0);
  return {
    new_chat_cnt: sum('new_chat_cnt'),
    chat_total: last?.chat_total ?? 0,
    chat_has_msg: Math.min(sum('chat_has_msg'), last?.chat_total ?? 0),
    new_member_cnt: sum('new_member_cnt'),
    member_total: last?.member_total ?? 0,
    member_has_msg: Math.min(sum('member_has_msg'), last?.member_total ?? 0),
    msg_total: sum('msg_total'),
  };
}

export function addUp(owners: GroupFigures[]): GroupFigures {
  const sum = (key: keyof GroupFigures) => owners.reduce((total, one) => total + one[key], 0);
  return {
    new_chat_cnt: sum('new_chat_cnt'),
    chat_total: sum('chat_total'),
    chat_has_msg: sum('chat_has_msg'),
    new_member_cnt: sum('new_member_cnt'),
    member_total: sum('member_total'),
    member_has_msg: sum('member_has_msg'),
    msg_total: sum('msg_total'),
  };
}

export const NO_GROUP_FIGURES: GroupFigures = {
  new_chat_cnt: 0,
  chat_total: 0,
  chat_has_msg: 0,
  new_member_cnt: 0,
  member_total: 0,
  member_has_msg: 0,
  msg_total: 0,
};

export const NO_BEHAVIOUR: Behaviour = {
  chat_cnt: 0,
  message_cnt: 0,
  negative_feedback_cnt: 0,
  new_apply_cnt: 0,
  new_contact_cnt: 0,
};
