/** What the cookbook's questions about customers and tags must answer, counted from the simulator's record. */
import type { Cells } from '../oracle/expected.ts';
import {
  departmentsOf,
  departmentTree,
  distinct,
  groupsOf,
  lastOf,
  type Night,
  type Relation,
  ratio,
  relations,
  rows,
  sum,
  text,
} from './cookbook-world.ts';

export type Rows = (string | null)[][];
export type Check = (nights: readonly Night[]) => Rows;

const WEEK = { from: '2025-09-28', until: '2025-10-05' };
const inside = (day: string | undefined, { from, until }: { from: string; until: string }) =>
  day !== undefined && day >= from && day < until;

interface Flow {
  readonly userid: string;
  readonly day: string;
  readonly came: readonly Relation[];
  readonly went: readonly Relation[];
  /** Customers that deleted the employee; undefined without data. */
  readonly deletedUs: number | undefined;
}

/** Every employee and day of the week with a change, or with customers that deleted the employee. */
function flows(nights: readonly Night[]): Flow[] {
  const all = relations(nights);
  const behaviour = new Map(
    rows(lastOf(nights), 'user_behavior_daily').map((row) => [
      `${row.userid} ${row.stat_date}`,
      Number(row.negative_feedback_cnt),
    ]),
  );
  const keys = new Set([
    ...all.flatMap((one) => [`${one.userid} ${one.from}`, `${one.userid} ${one.until}`]),
    ...[...behaviour].filter(([, count]) => count > 0).map(([key]) => key),
  ]);
  return [...keys].flatMap((key) => {
    const [userid = '', day = ''] = key.split(' ');
    if (!inside(day, WEEK)) return [];
    const own = all.filter((one) => one.userid === userid);
    const came = own.filter((one) => one.from === day);
    const went = own.filter((one) => one.until === day);
    return [{ userid, day, came, went, deletedUs: behaviour.get(key) }];
  });
}

const countWent = (list: readonly Flow[], reason: string) =>
  sum(list.map(({ went }) => went.filter((one) => one.inferred === reason).length));
const countCame = (list: readonly Flow[], assigned: boolean) =>
  sum(list.map(({ came }) => came.filter((one) => one.assigned === assigned).length));

function sumKnown(list: readonly (number | undefined)[]): string | null {
  const known = list.filter((one) => one !== undefined);
  return known.length === 0 ? null : String(sum(known));
}

const perEmployee: Check = (nights) =>
  groupsOf(flows(nights), ({ userid }) => userid).map(([userid, list]) => [
    userid,
    String(countCame(list, false)),
    String(countCame(list, true)),
    String(countWent(list, 'absent')),
    String(countWent(list, 'transferred_out')),
    sumKnown(list.map((one) => one.deletedUs)),
  ]);

const perDepartment: Check = (nights) => {
  const members = departmentsOf(nights);
  const tree = departmentTree(lastOf(nights));
  const above = flows(nights).flatMap((flow) =>
    (tree.get(members.get(flow.userid) ?? '')?.chain ?? []).map((id) => ({ id, flow })),
  );
  return groupsOf(above, ({ id }) => id).flatMap(([id, list]) => {
    const department = tree.get(id);
    if (department === undefined || department.chain.length > 3) return [];
    const own = list.map(({ flow }) => flow);
    const counts = [countCame(own, false), countCame(own, true), countWent(own, 'absent')];
    return [[department.path, ...counts.map(String), String(countWent(own, 'member_resigned'))]];
  });
};

const REASONS: Readonly<Record<string, string>> = {
  absent: '不再出现',
  transferred_out: '已转给其他成员',
  member_resigned: '成员离职',
  member_not_visible: '成员不在可见范围',
  re_added: '删除后重新添加',
};

const whyEnded: Check = (nights) => {
  const ended = relations(nights).filter((one) => one.until !== undefined);
  return groupsOf(ended, (one) => `${one.until?.slice(0, 7)} ${one.inferred}`).map(([key, list]) => {
    const [month = '', reason = ''] = key.split(' ');
    const customers = distinct(list.map((one) => one.customer));
    return [month, reason, REASONS[reason] ?? '', String(list.length), String(customers)];
  });
};

/** The last relation's reason; when several ended in the same night, any of them may be the last. */
const lostToTheCompany: Check = (nights) => {
  const current = new Set(rows(lastOf(nights), 'customers').map((row) => row.external_userid));
  const lost = relations(nights).filter((one) => !current.has(one.customer));
  const reasons = groupsOf(lost, (one) => one.customer).map(([, list]) => {
    const last = Math.max(...list.map((one) => one.spell.last));
    return list.filter((one) => one.spell.last === last).map((one) => one.reason ?? '');
  });
  const single = reasons.map((list) => [...new Set(list)].toSorted().join(' or '));
  return groupsOf(single, (reason) => reason).map(([reason, list]) => [
    reason,
    REASONS[reason] ?? '',
    String(list.length),
  ]);
};

const holds = (one: Relation, day: string) => one.from <= day && (one.until === undefined || one.until > day);

const atMonthEnd: Check = (nights) => {
  const members = departmentsOf(nights);
  const held = relations(nights).filter((one) => holds(one, '2025-09-30'));
  const count = (name: string, list: readonly Relation[]) => [
    '2025-09-01',
    name,
    String(distinct(list.map((one) => one.customer))),
    String(list.length),
  ];
  const stores = [...departmentTree(lastOf(nights)).values()].filter(({ chain }) => chain.length === 4);
  const perStore = stores.map(({ id, path }) => ({
    path,
    list: held.filter((one) => members.get(one.userid) === id),
  }));
  return [
    count('(whole company)', held),
    ...perStore.filter(({ list }) => list.length > 0).map(({ path, list }) => count(path, list)),
  ];
};

const perDay: Check = (nights) => {
  const all = relations(nights);
  return nights
    .slice(0, -1)
    .map(({ day }, n) => [
      day,
      String(all.filter((one) => one.from === day && (n > 0 || one.spell.first > 0)).length),
      String(all.filter((one) => one.until === day).length),
      String(all.filter((one) => holds(one, day)).length),
    ]);
};

const byTime = (a: Relation, b: Relation): number =>
  [a.followedAt, String(a.spell.first), a.userid].join(' ') <
  [b.followedAt, String(b.spell.first), b.userid].join(' ')
    ? -1
    : 1;

const channels: Check = (nights) => {
  const all = relations(nights);
  const first = new Set(groupsOf(all, (one) => one.customer).map(([, list]) => list.toSorted(byTime)[0]));
  const span = { from: '2025-07-01', until: '2025-10-05' };
  const chosen = all.filter((one) => one.row.state !== null && !one.assigned && inside(one.followed, span));
  return groupsOf(chosen, (one) => text(one.row, 'state')).map(([state, list]) => [
    state,
    String(list.length),
    String(distinct(list.map((one) => one.customer))),
    String(list.filter((one) => first.has(one)).length),
    String(list.filter((one) => one.until === undefined).length),
  ]);
};

const shared: Check = (nights) => {
  const follows = rows(lastOf(nights), 'customer_follows');
  const counts = groupsOf(follows, (row) => text(row, 'external_userid')).map(([, list]) =>
    String(list.length),
  );
  return groupsOf(counts, (count) => count).map(([count, list]) => [count, String(list.length)]);
};

const asOfDay: Check = (nights) =>
  relations(nights)
    .filter((one) => one.customer === 'wmSimQBwAABHywCXPoT6fliSZ00000dz' && holds(one, '2025-09-30'))
    .map((one) => [one.userid, one.followed, one.until ?? null, one.inferred ?? null, one.heir ?? null]);

const tagDistribution: Check = (nights) => {
  const night = lastOf(nights);
  const tags = new Map(rows(night, 'corp_tags').map((row) => [row.tag_id, row]));
  const groups = new Map(rows(night, 'corp_tag_groups').map((row) => [row.group_id, row.name]));
  return groupsOf(rows(night, 'customer_follow_tags'), (row) => text(row, 'tag_id')).map(([id, list]) => {
    const tag = tags.get(id);
    const customers = distinct(list.map((row) => text(row, 'external_userid')));
    return [groups.get(tag?.group_id ?? null) ?? null, tag?.name ?? null, String(customers)];
  });
};

const untagged: Check = (nights) => {
  const night = lastOf(nights);
  const pair = (row: Cells) => `${row.external_userid} ${row.userid}`;
  const tagged = new Set(rows(night, 'customer_follow_tags').map(pair));
  return groupsOf(rows(night, 'customer_follows'), (row) => text(row, 'userid')).map(([userid, list]) => {
    const without = list.filter((row) => !tagged.has(pair(row))).length;
    return [userid, String(list.length), String(without), ratio(100 * without, list.length, 0)];
  });
};

const asOfNight: Check = (nights) => {
  const night = nights.find(({ day }) => day === '2025-09-30');
  const follows = night === undefined ? [] : rows(night, 'customer_follows');
  return groupsOf(follows, (row) => text(row, 'userid')).map(([userid, list]) => [
    userid,
    String(list.length),
  ]);
};

export const CUSTOMER_CHECKS: Readonly<Record<string, Check>> = {
  'won-and-lost-per-employee': perEmployee,
  'won-and-lost-per-department': perDepartment,
  'why-relations-ended': whyEnded,
  'customers-lost-to-the-company': lostToTheCompany,
  'customers-per-department-at-month-end': atMonthEnd,
  'stock-and-flow-per-day': perDay,
  channels,
  'shared-customers': shared,
  'who-followed-the-customer-on-a-day': asOfDay,
  'tag-distribution': tagDistribution,
  'relations-without-tags': untagged,
  'customers-as-of-a-night': asOfNight,
};
