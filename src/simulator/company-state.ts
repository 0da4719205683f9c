/**
 * The state of the simulated company and how it looks in answers. The endpoints and `truth()` read the same rendering
 * functions, so they cannot disagree.
 */
import { dayOf, HOUR, startOf } from './days.ts';
import { at, hash } from './random.ts';
import type { Size } from './size.ts';
import type { Traps } from './traps.ts';
import { type Approval, approvalRow, generateApprovals } from './world/approvals.ts';
import {
  type CustomerPatch,
  customerNumber,
  customerRow,
  externalUserid,
  type FollowPatch,
  followInfo,
  followUser,
  type Relation,
} from './world/customers.ts';
import { type Group, type GroupPerson, generateGroup, groupRow, peopleOf } from './world/groups.ts';
import { blankId, type Row, withUnknownKey } from './world/odd.ts';
import {
  type Department,
  departmentRow,
  generateDepartments,
  generateMembers,
  type Member,
  memberRow,
  spelling,
} from './world/people.ts';
import { punchesOf } from './world/punches.ts';
import { Relations } from './world/relations.ts';
import {
  type Behaviour,
  behaviour,
  collapse,
  type GroupFigures,
  groupFigures,
  NO_BEHAVIOUR,
  NO_GROUP_FIGURES,
} from './world/statistics.ts';
import { generateTags, type TagGroup } from './world/tags.ts';
import { type Template, templates } from './world/templates.ts';

export interface CompanyOptions {
  seed: number;
  size: Size;
  traps: Traps;
  /** Unix seconds of the simulator's clock */
  now: () => number;
}

export class CompanyState {
  readonly seed: number;
  readonly size: Size;
  readonly traps: Traps;
  readonly now: () => number;
  /** the day on which the company was made; all dates hang on it */
  readonly baseDay: number;
  readonly departments: Department[];
  readonly members: Member[];
  readonly tagGroups: TagGroup[];
  readonly groups: Group[];
  readonly approvals: Approval[];
  readonly templates: Template[];
  readonly relations: Relations;
  /** whether the app was created before 2022-06-20 and sees gender, mobile, e-mail and avatar (directory-and-oa 3.0) */
  privateFields = true;
  protected readonly customerPatches = new Map<number, CustomerPatch>();
  protected readonly followPatches = new Map<string, FollowPatch>();
  protected readonly corrected = new Set<string>();
  /** days whose figures WeCom has not computed yet, whatever the hour: zero for everybody (customer-contact 6) */
  readonly uncomputedDays = new Set<number>();
  /** `member:day` → messages that WeCom has added to the figures since */
  protected readonly restatements = new Map<string, number>();
  protected readonly byUserid = new Map<string, Member>();
  protected readonly byChatId = new Map<string, Group>();
  /** groups per owner on the first day */
  readonly #firstOwned = new Map<number, number>();
  readonly #firstCustomers: number;
  readonly #firstTags: string[];
  protected readonly deletedTags = new Set<string>();
  protected readonly bySpNo = new Map<string, Approval>();

  constructor({ seed, size, traps, now }: CompanyOptions) {
    this.seed = seed;
    this.size = size;
    this.traps = traps;
    this.now = now;
    this.baseDay = dayOf(now());
    this.departments = generateDepartments(size, traps);
    this.members = generateMembers(seed, size, traps, this.baseDay);
    for (const member of this.members) this.byUserid.set(member.userid.toLowerCase(), member);
    this.tagGroups = generateTags(seed, traps);
    const staff = this.members.filter((member) => member.customerContact && member.visible);
    this.relations = new Relations(
      seed,
      this.#emptyLast(staff),
      size.customersPerMember,
      traps.manyFollowers,
    );
    const start = startOf(this.baseDay);
    this.groups = Array.from({ length: size.groups }, (_, i) =>
      generateGroup(seed, traps, i, this.#groupOwner(staff, i), start),
    );
    for (const group of this.groups) {
      if (at(this.members, group.owner).resignedAt !== undefined) group.status = 1 + (group.index % 2);
      this.byChatId.set(group.chatId, group);
      this.#firstOwned.set(group.owner, (this.#firstOwned.get(group.owner) ?? 0) + 1);
    }
    this.#firstCustomers = this.relations.customers;
    this.#firstTags = this.tagGroups.flatMap((group) => group.tags.map((tag) => tag.id));
    this.templates = templates(traps);
    this.approvals = generateApprovals(seed, traps, size.approvals, size.historyDays, this.members, start);
    for (const approval of this.approvals) this.bySpNo.set(approval.spNo, approval);
    this.#appointLeaders();
  }

  /** The last follower has no customers at all (84061). */
  #emptyLast(staff: Member[]): Member[] {
    const lonely = staff.find(
      (member) => member.resignedAt === undefined && member.licensed && !member.leads,
    );
    return lonely === undefined ? staff : [...staff.filter((member) => member !== lonely), lonely];
  }

  /** Two thirds of the staff own groups. */
  #groupOwner(staff: Member[], index: number): number {
    const owners = staff.filter((member, i) => i % 3 !== 2 || member.resignedAt !== undefined);
    return at(owners, hash(this.seed, 'owner', index)).index;
  }

  #appointLeaders(): void {
    const head = at(this.members, 0).userid;
    for (const department of this.departments) {
      if (department.parent <= 1) department.leaders = [head];
      const leader = this.members.find(
        (member) => member.leads && member.departments.includes(department.id),
      );
      if (leader !== undefined) department.leaders = [leader.userid];
    }
  }

  // --- who is who ---

  /** Compared without case and without blanks (1.3). */
  member(userid: string): Member | undefined {
    return this.byUserid.get(userid.trim().toLowerCase());
  }

  /** A member that the app can see and that still works here; everybody else answers 60111. */
  activeMember(userid: string): Member | undefined {
    const member = this.member(userid);
    return member?.visible && member.resignedAt === undefined ? member : undefined;
  }

  group(chatId: string): Group | undefined {
    return this.byChatId.get(chatId.trim());
  }

  approval(spNo: string): Approval | undefined {
    return this.bySpNo.get(spNo);
  }

  staff(): Member[] {
    return this.members.filter((member) => member.visible && member.resignedAt === undefined);
  }

  /** Members of get_follow_user_list. */
  followUsers(): Member[] {
    return this.staff().filter((member) => member.customerContact);
  }

  customer(id: string): number | undefined {
    return customerNumber(this.seed, id, this.relations.customers);
  }

  externalUserid(customer: number): string {
    return externalUserid(this.seed, customer);
  }

  // --- rendering ---

  departmentRow(department: Department): Row {
    return departmentRow(this.traps, department, this.#spelled(this.#leaders(department)));
  }

  /** Only those whom the app can see. */
  #leaders(department: Department): Member[] {
    return department.leaders.flatMap((userid) => this.activeMember(userid) ?? []);
  }

  #spelled(members: readonly Member[]): string[] {
    return members.map((member) => spelling(this.traps, member));
  }

  memberRow(member: Member): Row {
    const department = this.departments.find(({ id }) => id === member.departments.at(-1));
    const leaders = department === undefined ? [] : this.#leaders(department);
    return memberRow(
      this.seed,
      this.traps,
      member,
      this.#spelled(leaders.filter((leader) => leader !== member)),
      this.privateFields,
    );
  }

  customerRow(customer: number): Row {
    return customerRow(this.seed, this.traps, customer, this.customerPatches.get(customer));
  }

  #relation(member: number, customer: number): Relation {
    return {
      member,
      customer,
      userid: spelling(this.traps, at(this.members, member)),
      baseTime: startOf(this.baseDay) - 3 * HOUR,
      patch: this.followPatches.get(`${member}:${customer}`) ?? {},
      tagGroups: this.tagGroups,
      firstTags: this.#firstTags,
      deletedTags: this.deletedTags,
    };
  }

  followInfo(member: number, customer: number): Row {
    return followInfo(this.seed, this.traps, this.#relation(member, customer));
  }

  followUser(member: number, customer: number): Row {
    return followUser(this.seed, this.traps, this.#relation(member, customer));
  }

  people(group: Group): GroupPerson[] {
    return peopleOf(this.seed, group, this.members, this.#firstCustomers, this.size);
  }

  groupRow(group: Group, withNames: boolean): Row {
    const owner = at(this.members, group.owner);
    return groupRow(this.seed, this.traps, group, this.people(group), owner, withNames, this.members);
  }

  approvalRow(approval: Approval): Row {
    const applicant = at(this.members, approval.applicant);
    const context = {
      seed: this.seed,
      traps: this.traps,
      applicant,
      approvers: [
        at(this.members, (approval.index + 3) % this.size.members),
        at(this.members, 0),
        at(this.members, 1),
      ],
      template: at(this.templates, approval.template),
      oldBefore: this.baseDay - Math.floor(this.size.historyDays / 2),
    };
    return approvalRow(context, approval);
  }

  /** The rows of one day; none before the history begins, none later than tomorrow. */
  punches(member: Member, day: number): Row[] {
    if (day < this.baseDay - this.size.historyDays || day > dayOf(this.now()) + 1) return [];
    const context = { seed: this.seed, traps: this.traps, now: this.now(), oldBefore: this.baseDay - 25 };
    return punchesOf(context, member, day, this.corrected.has(`${member.index}:${day}`));
  }

  /**
   * The figures of a day, or undefined when WeCom has none: today and later, and yesterday before 06:00 under the trap
   * `lateStatistics` (missing for every second member, zero for the others).
   */
  behaviour(member: Member, day: number): Behaviour | undefined {
    const age = dayOf(this.now()) - day;
    if (age < 1) return undefined;
    if (this.#notReady(age)) return member.index % 2 === 0 ? undefined : NO_BEHAVIOUR;
    if (beforeHire(member, day) || this.uncomputedDays.has(day)) return NO_BEHAVIOUR;
    const figures = behaviour(this.seed, this.traps, member.index, day, age);
    const more = this.restatements.get(`${member.index}:${day}`) ?? 0;
    return { ...figures, message_cnt: figures.message_cnt + more };
  }

  #notReady(age: number): boolean {
    return this.traps.lateStatistics && age === 1 && this.now() < startOf(dayOf(this.now())) + 6 * HOUR;
  }

  /**
   * The figures of an owner's groups; undefined for every second owner without groups. They hang on the groups of the
   * first day only, so that closed days never change; the groups of some owners grow silent over the last 40 days.
   */
  groupFigures(owner: Member, day: number): GroupFigures | undefined {
    if (beforeHire(owner, day)) return undefined;
    const owned = this.#firstOwned.get(owner.index) ?? 0;
    const age = dayOf(this.now()) - day;
    if ((owned === 0 || this.#notReady(age)) && owner.index % 2 === 0) return undefined;
    const quiet = owner.index % 6 === 1;
    const life = quiet ? Math.min(1, Math.max(0, (this.baseDay - day - 5) / 40)) : 1;
    const figures = {
      count: owned,
      people: owned * this.size.groupMembers,
      life: this.#notReady(age) ? 0 : life,
    };
    const computed = groupFigures(this.seed, this.traps, owner.index, day, age, figures);
    if (!this.uncomputedDays.has(day)) return computed;
    return { ...NO_GROUP_FIGURES, chat_total: computed.chat_total, member_total: computed.member_total };
  }

  /** The `data` of one owner over some days, collapsed as the API does it (6.2). */
  groupFiguresRow(owner: Member, days: number[]): Row | undefined {
    const figures = days.map((day) => this.groupFigures(owner, day)).filter((one) => one !== undefined);
    if (figures.length === 0) return undefined;
    const trainee = owner.index % 4 === 0 ? { migrate_trainee_chat_cnt: 0 } : {};
    return withUnknownKey(this.traps, { ...collapse(figures), ...trainee }, 'data');
  }

  /** A row of get_unassigned_list (11.1). */
  unassignedRow(member: Member, customer: number): Row {
    const row = {
      handover_userid: spelling(this.traps, member),
      external_userid: blankId(this.traps, this.externalUserid(customer)),
      dimission_time: member.resignedAt,
    };
    return withUnknownKey(this.traps, row, 'unassigned');
  }
}

function beforeHire(member: Member, day: number): boolean {
  return member.hiredAt !== undefined && day < dayOf(member.hiredAt);
}
