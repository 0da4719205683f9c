/** Random nights for the property test: what changes at the source, and what goes wrong while a run reads it. */
import fc from 'fast-check';
import type { Company, Fault, FaultKind, Simulator } from '../../src/simulator/index.ts';

export interface Night {
  readonly passes: boolean;
  readonly changes: readonly { readonly what: keyof typeof CHANGES; readonly pick: number }[];
  readonly faults: readonly Fault[];
  readonly expireCursors: boolean;
  /** The run is stopped after so many events. */
  readonly abortAfter: number | null;
}

const WALKS = [
  'department/list',
  'user/list',
  'externalcontact/get_follow_user_list',
  'externalcontact/get_corp_tag_list',
  'externalcontact/batch/get_by_user',
  'externalcontact/groupchat/list',
  'externalcontact/groupchat/get',
  'externalcontact/get_unassigned_list',
  'externalcontact/get_user_behavior_data',
  'externalcontact/groupchat/statistic',
  'oa/getapprovalinfo',
  'oa/getapprovaldetail',
  'oa/gettemplatedetail',
  'checkin/getcheckindata',
  '*',
] as const;

/** Answers that lie about everything must end nothing; one that lies about a single object cannot be told from truth. */
const VANISHING = ['user/list', 'department/list', 'externalcontact/get_follow_user_list'] as const;
const VANISHING_MORE = ['externalcontact/get_corp_tag_list', 'externalcontact/batch/get_by_user'] as const;
const ERRCODES = [-1, 6000, 45009, 45033, 40014, 42001, 50100, 48002, 60020, 60011, 301022, 301057, 987_654];

const kind: fc.Arbitrary<FaultKind> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ERRCODES).map((errcode) => ({ errcode })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<FaultKind[]>(
      'reset',
      'html',
      'truncated',
      'wrong_types',
      'missing_list',
      'cursor_loop',
    ),
  },
);

const spoilt: fc.Arbitrary<Fault> = fc.record({
  path: fc.constantFrom(...WALKS),
  kind,
  nth: fc.integer({ min: 1, max: 12 }),
  times: fc.constantFrom(1, 2, 6, Number.POSITIVE_INFINITY),
});

const vanished: fc.Arbitrary<Fault> = fc
  .constantFrom(...VANISHING, ...VANISHING_MORE, 'externalcontact/groupchat/list')
  .map((path) => ({ path, kind: 'empty', times: Number.POSITIVE_INFINITY }));

function at<T>(list: readonly T[], pick: number): T | undefined {
  return list[pick % Math.max(1, list.length)];
}

function relation(company: Company, pick: number): { userid: string; id: string } | undefined {
  const pairs = company.followUsers().flatMap((member) =>
    [...company.relations.of(member.index)].map((one) => ({
      userid: member.userid,
      id: company.externalUserid(one),
    })),
  );
  return at(pairs, pick);
}

const someone = (company: Company, pick: number) => at(company.followUsers(), pick)?.userid ?? '';
const groupOf = (company: Company, pick: number) =>
  at(
    company.groups.filter((one) => !one.dismissed && one.detailErrcode === 0),
    pick,
  )?.chatId ?? '';

const CHANGES = {
  unfollow: (company, pick) => {
    const one = relation(company, pick);
    if (one) company.removeRelation(one.userid, one.id);
  },
  follow: (company, pick) => {
    company.addRelation(someone(company, pick));
  },
  remark: (company, pick) => {
    const one = relation(company, pick);
    if (one) company.changeRelation(one.userid, one.id, { remark: `备注${pick}` });
  },
  face: (company, pick) => {
    const one = relation(company, pick);
    if (one) company.changeAvatar(one.id);
  },
  hire: (company) => {
    company.addRelation(company.hire(101).userid);
  },
  resign: (company, pick) => {
    if (company.followUsers().length > 6) company.resign(someone(company, pick));
  },
  hide: (company, pick) => {
    if (company.followUsers().length > 6) company.hide(someone(company, pick));
  },
  show: (company, pick) => {
    const hidden = company.members.filter((one) => !one.visible && one.resignedAt === undefined);
    const member = at(hidden, pick);
    if (member) company.show(member.userid);
  },
  dismiss: (company, pick) => {
    company.dismissGroup(groupOf(company, pick));
  },
  group: (company, pick) => {
    company.addGroup(someone(company, pick));
  },
  join: (company, pick) => {
    company.joinGroup(groupOf(company, pick), company.externalUserid(company.relations.newCustomer()));
  },
  leave: (company, pick) => {
    const group = company.group(groupOf(company, pick));
    const person = group && company.people(group).findLast((one) => one.member === undefined);
    if (group && person) company.leaveGroup(group.chatId, person.id);
  },
  submit: (company) => {
    company.submitApproval();
  },
  decide: (company, pick) => {
    const open = company.approvals.filter((one) => one.status === 1);
    const one = at(open, pick);
    if (one) company.decideApproval(one.spNo, [2, 3, 4][pick % 3] ?? 2);
  },
} satisfies Record<string, (company: Company, pick: number) => void>;

const change = fc.record({
  what: fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[])),
  pick: fc.nat(10_000),
});

export const night: fc.Arbitrary<Night> = fc.record({
  passes: fc.boolean(),
  changes: fc.array(change, { maxLength: 5 }),
  faults: fc.oneof(fc.constant([]), fc.array(spoilt, { maxLength: 3 }), fc.array(vanished, { maxLength: 2 })),
  expireCursors: fc.boolean(),
  abortAfter: fc.option(fc.integer({ min: 1, max: 60 }), { freq: 3 }),
});

export function happens(sim: Simulator, { passes, changes }: Night): void {
  if (passes) sim.nextDay();
  for (const { what, pick } of changes) CHANGES[what](sim.company, pick);
}
