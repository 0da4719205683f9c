/**
 * What happens to the company in one day, the same for every run with the same seed. A little of everything, so that one
 * `nextDay()` exercises every kind of change that a warehouse has to follow.
 */
import type { Company } from './company.ts';
import { dayOf } from './days.ts';
import { type Random, random } from './random.ts';
import { listedGroups } from './truth.ts';
import type { Member } from './world/people.ts';

/** Applies the changes of the day that `company.now()` is in. */
export function applyDay(company: Company): void {
  const day = dayOf(company.now());
  const r = random(company.seed, 'changes', day);
  assignCustomers(company, r);
  resignations(company, r, day);
  relations(company, r);
  groups(company, r, day);
  tags(company, day);
  company.renameDepartment(101, `滨江店（第${day - company.baseDay}次改名）`);
  approvals(company, r);
  corrections(company, r, day);
}

/** Members that have customers. */
function followed(company: Company): Member[] {
  return company
    .followUsers()
    .filter((member) => member.licensed && !company.relations.of(member.index).next().done);
}

/** Some customers of those who left get a new member, some of their groups a new owner. */
function assignCustomers(company: Company, r: Random): void {
  const heirs = followed(company);
  for (const member of company.members.filter((one) => one.resignedAt !== undefined)) {
    const waiting = [...company.relations.of(member.index)].slice(0, 3);
    for (const customer of waiting) {
      const heir = r.pick(heirs);
      if (company.relations.has(heir.index, customer)) continue;
      company.assign(company.externalUserid(customer), member.userid, heir.userid);
    }
    const group = company.groups.find((one) => one.owner === member.index && !one.dismissed);
    if (group !== undefined) company.inheritGroup(group.chatId, r.pick(heirs).userid);
  }
}

/** One leaves, as long as most are still there; every second day a new one comes. */
function resignations(company: Company, r: Random, day: number): void {
  const staff = followed(company).filter((member) => !member.leads);
  const here = company.followUsers().length;
  if (staff.length > 1 && here > company.size.members * 0.4) company.resign(r.pick(staff).userid);
  if (day % 2 === 0) {
    const hired = company.hire(r.pick(company.departments.filter((one) => one.visible && one.id > 100)).id);
    company.addRelation(hired.userid);
  }
}

function relations(company: Company, r: Random): void {
  const members = followed(company);
  const count = Math.max(2, Math.round(members.length * company.size.customersPerMember * 0.002));
  const any = (): { userid: string; id: string; customer: number } | undefined => {
    const member = r.pick(members);
    const customer = company.relations.customerAt(member.index, r.int(company.relations.slots(member.index)));
    return customer === undefined
      ? undefined
      : { userid: member.userid, id: company.externalUserid(customer), customer };
  };
  const times = (change: (one: { userid: string; id: string; customer: number }) => void) => {
    for (let i = 0; i < count; i++) {
      const one = any();
      if (one !== undefined) change(one);
    }
  };
  times(({ userid, id }) => company.removeRelation(userid, id));
  for (let i = 0; i < count; i++) company.addRelation(r.pick(members).userid);
  times(({ id }) => {
    const other = r.pick(members);
    const customer = company.customer(id);
    if (customer !== undefined && !company.relations.has(other.index, customer))
      company.addRelation(other.userid, id);
  });
  times(({ userid, id }) => company.changeRelation(userid, id, { remark: `回访${r.int(1000)}` }));
  const tagIds = company.tagGroups.flatMap((group) =>
    group.tags.filter((tag) => !tag.deleted).map((tag) => tag.id),
  );
  times(({ userid, id }) => company.changeRelation(userid, id, { tags: r.sample(tagIds, 2) }));
  times(({ id }) => company.changeAvatar(id));
  times(({ id }) => company.changeCustomer(id, { name: `改名${r.int(1000)}` }));
  comeBack(company, any());
}

/** Deleted and added again: the same pair with a new createtime. */
function comeBack(company: Company, one: { userid: string; id: string } | undefined): void {
  if (one === undefined) return;
  company.removeRelation(one.userid, one.id);
  company.addRelation(one.userid, one.id);
}

function groups(company: Company, r: Random, day: number): void {
  const readable = () => listedGroups(company).filter((group) => group.detailErrcode === 0);
  if (readable().length > 3) company.dismissGroup(r.pick(readable()).chatId);
  const owner = r.pick(followed(company));
  company.addGroup(owner.userid);
  const joined = r.pick(readable());
  company.joinGroup(joined.chatId, company.externalUserid(company.relations.newCustomer()));
  const left = r.pick(readable());
  const person = company.people(left).findLast((one) => one.member === undefined);
  if (person !== undefined) company.leaveGroup(left.chatId, person.id);
  company.renameGroup(r.pick(readable()).chatId, `改名群${day}`);
}

function tags(company: Company, day: number): void {
  const tag = company.addTag('活跃度', `活动${day}`);
  if (day % 3 === 0) company.deleteTag(tag.id);
  const first = company.tagGroups[0]?.tags[0];
  if (first !== undefined) company.renameTag(first.id, `银卡${day % 100}`);
}

function approvals(company: Company, r: Random): void {
  const open = company.approvals.filter((one) => one.status === 1);
  for (const [i, one] of open.slice(0, 3).entries()) company.decideApproval(one.spNo, [2, 3, 4][i] ?? 2);
  const recent = company.approvals.slice(-60).filter((one) => one.status === 2);
  [6, 7, 10].forEach((status, i) => {
    const one = recent[i];
    if (one !== undefined) company.decideApproval(one.spNo, status);
  });
  for (const one of [open[0], open.at(-1)])
    if (one !== undefined) company.commentApproval(one.spNo, '已知悉');
  for (let i = 0; i < 2 + r.int(3); i++) company.submitApproval();
}

/** Missing punches of the last days are approved. */
function corrections(company: Company, r: Random, day: number): void {
  for (const member of company.staff()) {
    for (let back = 1; back <= 10; back++) {
      if (company.hasMissingPunch(member, day - back) && r.chance(0.4))
        company.correctPunches(member.userid, day - back);
    }
  }
}
