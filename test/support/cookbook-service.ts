/** What the cookbook's questions about groups, service and history must answer, counted from the simulator's record. */
import type { Cells } from '../oracle/expected.ts';
import { endings } from '../oracle/history.ts';
import type { Check } from './cookbook-customers.ts';
import {
  departmentsOf,
  departmentTree,
  distinct,
  groupsOf,
  lastOf,
  type Night,
  ratio,
  relations,
  rows,
  shanghaiDay,
  spells,
  sum,
  text,
} from './cookbook-world.ts';

const between = (row: Cells, from: string, until: string) =>
  text(row, 'stat_date') >= from && text(row, 'stat_date') < until;

const mean = (list: readonly Cells[], column: string): string | null =>
  list.length === 0 ? null : ratio(sum(list.map((row) => Number(row[column]))), list.length, 1);

const goingQuiet: Check = (nights) =>
  groupsOf(rows(lastOf(nights), 'group_chat_owner_daily'), (row) => text(row, 'owner_userid')).flatMap(
    ([owner, list]) => {
      const week = list.filter((row) => between(row, '2025-09-28', '2025-10-05'));
      const before = list.filter((row) => between(row, '2025-08-31', '2025-09-28'));
      if (week.length === 0 || before.length === 0) return [];
      const messages = (days: readonly Cells[]) =>
        sum(days.map((row) => Number(row.msg_total))) / days.length;
      if (!(messages(week) < messages(before) / 2)) return [];
      return [[owner, mean(week, 'msg_total'), mean(before, 'msg_total')]];
    },
  );

const ownersActivity: Check = (nights) => {
  const month = rows(lastOf(nights), 'group_chat_owner_daily').filter((row) =>
    between(row, '2025-09-01', '2025-10-01'),
  );
  return groupsOf(month, (row) => text(row, 'owner_userid')).map(([owner, list]) => {
    const total = (column: string) => String(sum(list.map((row) => Number(row[column]))));
    const end = list.find((row) => row.stat_date === '2025-09-30');
    return [
      owner,
      end?.chat_total ?? null,
      total('msg_total'),
      total('new_member_cnt'),
      mean(list, 'chat_has_msg'),
    ];
  });
};

const SCENES: Readonly<Record<string, string>> = { 1: '直接邀请', 2: '邀请链接', 3: '扫描群二维码' };

const joinsAndLeaves: Check = (nights) => {
  const stays = spells(nights, 'group_chat_members', ['chat_id', 'member_id'], 'joined_at').filter(
    ({ row }) => {
      const day = shanghaiDay(text(row, 'joined_at'));
      return row.member_type === '2' && day >= '2025-09-05' && day < '2025-10-05';
    },
  );
  return groupsOf(stays, ({ row }) => `${row.join_scene} ${row.state ?? ''}`).map(([key, list]) => {
    const [scene = '', state = ''] = key.split(' ');
    const outcomes = list.map(({ row, last, ended }) => {
      const next = nights[last + 1];
      if (!ended || next === undefined) return 'in';
      if (next.dismissed.has(text(row, 'chat_id'))) return 'dismissed';
      return rows(next, 'group_chats').some((chat) => chat.chat_id === row.chat_id) ? 'left' : 'hidden';
    });
    const count = (outcome: string) => String(outcomes.filter((one) => one === outcome).length);
    return [
      SCENES[scene] ?? '',
      state || null,
      String(list.length),
      count('in'),
      count('left'),
      count('dismissed'),
    ];
  });
};

const september = (nights: readonly Night[], column: string) =>
  rows(lastOf(nights), 'user_behavior_daily').filter(
    (row) => between(row, '2025-09-01', '2025-10-01') && row[column] !== null,
  );

const replyBands: Check = (nights) => {
  const band = (percent: number) =>
    percent < 50 ? '1: under 50' : percent < 80 ? '2: 50 to 80' : percent < 100 ? '3: 80 to 100' : '4: all';
  const days = september(nights, 'reply_percentage');
  return groupsOf(days, (row) => band(Number(row.reply_percentage))).map(([name, list]) => [
    name,
    String(list.length),
    String(distinct(list.map((row) => text(row, 'userid')))),
  ]);
};

const responseBands: Check = (nights) => {
  const members = departmentsOf(nights);
  const tree = departmentTree(lastOf(nights));
  const known = september(nights, 'avg_reply_time').filter((row) => members.has(text(row, 'userid')));
  return groupsOf(known, (row) => members.get(text(row, 'userid')) ?? '').map(([id, list]) => {
    const minutes = list.map((row) => Number(row.avg_reply_time));
    const counts = [
      minutes.filter((one) => one <= 5),
      minutes.filter((one) => one > 5 && one <= 15),
      minutes.filter((one) => one > 15),
    ];
    return [tree.get(id)?.name ?? '', ...counts.map((one) => String(one.length))];
  });
};

/** Every member has a row from the first day with anything to the last one. */
const deletedUs: Check = (nights) => {
  const last = lastOf(nights);
  const firstDay = nights[0]?.day ?? '';
  const behaviour = rows(last, 'user_behavior_daily');
  const days = new Map<string, string[]>();
  const add = (userid: string, day: string) => days.set(userid, [...(days.get(userid) ?? []), day]);
  for (const row of behaviour) add(text(row, 'userid'), text(row, 'stat_date'));
  for (const row of rows(last, 'group_chat_owner_daily'))
    add(text(row, 'owner_userid'), text(row, 'stat_date'));
  for (const { userid, from } of relations(nights)) {
    add(userid, from > firstDay ? from : firstDay);
    add(userid, last.day);
  }
  const data = new Map(behaviour.map((row) => [`${row.userid} ${row.stat_date}`, row]));
  const grid = [...days].flatMap(([userid, list]) => {
    const [first = '', end = ''] = [list.toSorted()[0], list.toSorted().at(-1)];
    return daysBetween(first, end).map((day) => ({ day, row: data.get(`${userid} ${day}`) }));
  });
  const chosen = grid.filter(({ day }) => day >= '2025-07-01' && day < '2025-10-05');
  return groupsOf(chosen, ({ day }) => day.slice(0, 7)).map(([month, list]) => {
    const total = (column: string) => String(sum(list.map(({ row }) => Number(row?.[column] ?? 0))));
    const missing = list.filter(({ row }) => row === undefined).length;
    return [month, total('new_contact_cnt'), total('negative_feedback_cnt'), String(missing)];
  });
};

function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

const oneEmployee: Check = (nights) => {
  const userid = 'chen.na15';
  const own = relations(nights).filter((one) => one.userid === userid);
  const last = lastOf(nights);
  const find = (table: string, key: string, day: string) =>
    rows(last, table).find((row) => row[key] === userid && row.stat_date === day);
  return daysBetween('2025-09-28', '2025-10-04').map((day) => {
    const behaviour = find('user_behavior_daily', 'userid', day);
    const owner = find('group_chat_owner_daily', 'owner_userid', day);
    const held = own.filter((one) => one.from <= day && (one.until === undefined || one.until > day));
    const won = own.filter((one) => one.from === day && !one.assigned);
    const figures = ['negative_feedback_cnt', 'chat_cnt', 'message_cnt', 'reply_percentage'];
    return [
      day,
      // The run of 02:30 reads the day before for the first time: its figures may still move.
      day === '2025-10-04' ? 'provisional' : 'complete',
      String(held.length),
      String(won.length),
      ...figures.map((name) => behaviour?.[name] ?? null),
      owner?.msg_total ?? null,
    ];
  });
};

const changedInANight: Check = (nights) => {
  const n = nights.findIndex(({ day }) => day === '2025-10-02');
  const [before, after] = [nights[n - 1], nights[n]];
  if (before === undefined || after === undefined) return [];
  const lines = endings(before, after);
  return ['customer_follows', 'departments', 'employees', 'group_chats'].map((table) => {
    const own = lines.filter((line) => line.startsWith(`${table} [`));
    const gone = own.filter((line) => / gone( re_added)?$/.test(line)).length;
    const stayed = rows(before, table).length - own.length;
    return [table, String(rows(after, table).length - stayed), String(own.length - gone), String(gone)];
  });
};

const restated: Check = (nights) => {
  const lines = nights.slice(1).flatMap((night, i) => {
    const before = nights[i];
    return before === undefined ? [] : endings(before, night);
  });
  const punches = lines.filter((line) => line.startsWith('checkins '));
  const members = punches.map((line) => /^checkins \["([^"]+)"/.exec(line)?.[1] ?? '');
  const figures = lines.filter((line) => line.startsWith('user_behavior_daily '));
  return [
    ['punches corrected', String(punches.length), String(distinct(members))],
    ['behaviour figures restated', String(figures.length), String(figures.length)],
  ];
};

interface Case {
  readonly type: string;
  readonly status: string;
  /** Day of the resignation, or of the first night. */
  readonly since: string;
}

const RESIGNED = 'dimission_at';

function customerCases(nights: readonly Night[]): Case[] {
  const follows = relations(nights).filter((one) => one.assigned);
  return spells(nights, 'unassigned_customers', ['handover_userid', 'external_userid'], RESIGNED).map(
    ({ row, ended }) => {
      const isHeir = follows.some(
        (one) =>
          one.customer === row.external_userid &&
          one.userid !== row.handover_userid &&
          one.followedAt >= text(row, RESIGNED),
      );
      const status = !ended ? 'waiting' : isHeir ? 'taken_over' : 'closed';
      return { type: 'customer', status, since: shanghaiDay(text(row, RESIGNED)) };
    },
  );
}

/** A group waits while its owner has resigned (1) or its inheritance is running (2). */
function groupCases(nights: readonly Night[]): Case[] {
  const resigned = new Map(
    nights
      .flatMap((night) => rows(night, 'unassigned_customers'))
      .map((row) => [row.handover_userid, shanghaiDay(text(row, RESIGNED))]),
  );
  const isWaiting = (row: Cells | undefined) => row?.status === '1' || row?.status === '2';
  const chats = new Set(nights.flatMap((night) => rows(night, 'group_chats').map((row) => row.chat_id)));
  return [...chats].flatMap((chat) => {
    const seen = nights.map((night) => rows(night, 'group_chats').find((row) => row.chat_id === chat));
    const starts = [...seen.keys()].filter((n) => isWaiting(seen[n]) && !isWaiting(seen[n - 1]));
    return starts.map((start) => {
      const length = seen.slice(start).findIndex((row) => !isWaiting(row));
      const owner = seen[length < 0 ? seen.length - 1 : start + length - 1]?.owner_userid ?? null;
      const after = length < 0 ? undefined : seen[start + length];
      const isHeir = after !== undefined && after.owner_userid !== owner;
      const status = length < 0 ? 'waiting' : isHeir ? 'taken_over' : 'closed';
      return { type: 'group_chat', status, since: resigned.get(owner) ?? nights[start]?.day ?? '' };
    });
  });
}

const handoverCases: Check = (nights) => {
  const cases = [...customerCases(nights), ...groupCases(nights)];
  return groupsOf(cases, ({ type, status }) => `${type} ${status}`).map(([key, list]) => {
    const [type = '', status = ''] = key.split(' ');
    const waiting = list.filter((one) => one.status === 'waiting').map(({ since }) => since);
    const long = waiting.filter((since) => Date.parse('2025-10-05') - Date.parse(since) > 7 * 86_400_000);
    return [type, status, String(list.length), String(long.length), waiting.toSorted()[0] ?? null];
  });
};

const STREAMS = [
  'departments',
  'employees',
  'follow_users',
  'corp_tags',
  'unassigned_customers',
  'customers',
  'group_chats',
  'user_behavior_daily',
  'group_chat_owner_daily',
  'approvals',
  'approval_templates',
  'checkins',
];

const freshness: Check = () => STREAMS.map((stream) => [stream, '2025-10-05 02:30:00+08', 'succeeded']);

export const SERVICE_CHECKS: Readonly<Record<string, Check>> = {
  'groups-going-quiet': goingQuiet,
  'group-owners-activity': ownersActivity,
  'group-joins-and-leaves': joinsAndLeaves,
  'reply-percentage-bands': replyBands,
  'response-time-bands': responseBands,
  'customers-who-deleted-us': deletedUs,
  'one-employee-day-by-day': oneEmployee,
  'what-changed-in-a-night': changedInANight,
  'restated-figures': restated,
  'handover-backlog': handoverCases,
  freshness,
};
