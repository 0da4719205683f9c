/**
 * The simulated company: what WeCom knows now (company-state.ts), and here everything that may happen to it. Tests and
 * `nextDay()` change it through these methods.
 */

import { CompanyState } from './company-state.ts';
import { at, idText } from './random.ts';
import { type Truth, truthOf } from './truth.ts';
import { type Approval, newApproval } from './world/approvals.ts';
import { avatar, type CustomerPatch, type FollowPatch } from './world/customers.ts';
import { type Group, type GroupPerson, generateGroup } from './world/groups.ts';
import { generateMember, type Member } from './world/people.ts';
import { hasMissing } from './world/punches.ts';
import { newTag, type Tag, tagId } from './world/tags.ts';

export class Company extends CompanyState {
  /** pictures changed so far */
  #avatars = 0;

  /** Everything that a correct client should have received by now, as it would have received it. */
  truth(): Truth {
    return truthOf(this);
  }

  // --- what may happen ---

  /** A member adds a customer; without `externalId` one whom nobody knew. Returns the external_userid. */
  addRelation(userid: string, externalId?: string): string {
    const member = this.#must(userid);
    const customer = externalId === undefined ? this.relations.newCustomer() : this.#mustCustomer(externalId);
    this.relations.add(member.index, customer);
    this.#patchFollow(member, customer, { createtime: this.now() - 60 });
    return this.externalUserid(customer);
  }

  removeRelation(userid: string, externalId: string): void {
    this.relations.remove(this.#must(userid).index, this.#mustCustomer(externalId));
  }

  changeRelation(userid: string, externalId: string, patch: FollowPatch): void {
    this.#patchFollow(this.#must(userid), this.#mustCustomer(externalId), patch);
  }

  changeCustomer(externalId: string, patch: CustomerPatch): void {
    const customer = this.#mustCustomer(externalId);
    this.customerPatches.set(customer, { ...this.customerPatches.get(customer), ...patch });
  }

  changeAvatar(externalId: string): void {
    this.changeCustomer(externalId, {
      avatar: avatar(this.seed, this.#mustCustomer(externalId), ++this.#avatars),
    });
  }

  /** The member leaves: his customers become unassigned, his groups wait for a new owner. */
  resign(userid: string): void {
    const member = this.#must(userid);
    member.resignedAt = this.now();
    for (const group of this.groups) if (group.owner === member.index) group.status = 1;
  }

  /** A new member of a store, with customer contact and without customers. */
  hire(departmentId: number): Member {
    const made = generateMember(this.seed, this.size, this.traps, this.members.length);
    const member: Member = {
      ...made,
      departments: [departmentId],
      leads: false,
      position: '导购',
      hiredAt: this.now(),
      customerContact: true,
    };
    this.members.push(member);
    this.byUserid.set(member.userid.toLowerCase(), member);
    return member;
  }

  /** The member leaves the visible range of the app: missing everywhere, without an error. */
  hide(userid: string): void {
    this.#must(userid).visible = false;
  }

  show(userid: string): void {
    this.#must(userid).visible = true;
  }

  /** An unassigned customer goes to a colleague; the row leaves get_unassigned_list. */
  assign(externalId: string, handover: string, takeover: string): void {
    this.removeRelation(handover, externalId);
    const member = this.#must(takeover);
    const customer = this.#mustCustomer(externalId);
    this.relations.add(member.index, customer);
    this.#patchFollow(member, customer, { createtime: this.now() - 60, add_way: 202 });
  }

  addGroup(ownerUserid: string): Group {
    const group = generateGroup(
      this.seed,
      this.traps,
      this.groups.length,
      this.#must(ownerUserid).index,
      this.now(),
    );
    group.detailErrcode = 0;
    group.createTime = this.now() - 600;
    group.people = [
      {
        member: group.owner,
        id: at(this.members, group.owner).userid,
        joinTime: group.createTime,
        joinScene: 1,
      },
    ];
    this.groups.push(group);
    this.byChatId.set(group.chatId, group);
    return group;
  }

  /** The group vanishes from the list and its detail answers 49008. */
  dismissGroup(chatId: string): void {
    const group = this.#mustGroup(chatId);
    group.dismissed = true;
    group.detailErrcode = 49008;
  }

  renameGroup(chatId: string, name: string): void {
    this.#mustGroup(chatId).name = name;
  }

  /** A resigned owner's group gets a new one (status 3). */
  inheritGroup(chatId: string, ownerUserid: string): void {
    const group = this.#mustGroup(chatId);
    group.people = this.people(group);
    group.owner = this.#must(ownerUserid).index;
    group.status = 3;
  }

  joinGroup(chatId: string, externalId: string): void {
    this.#changePeople(chatId, (people) => [
      ...people,
      { id: externalId, joinTime: this.now() - 30, joinScene: 3, state: 'qr_door_1' },
    ]);
  }

  leaveGroup(chatId: string, id: string): void {
    this.#changePeople(chatId, (people) => people.filter((person) => person.id !== id));
  }

  #changePeople(chatId: string, change: (people: GroupPerson[]) => GroupPerson[]): void {
    const group = this.#mustGroup(chatId);
    group.people = change(this.people(group));
    group.version += 1;
  }

  renameDepartment(id: number, name: string): void {
    const department = this.departments.find((one) => one.id === id);
    if (department === undefined) throw new Error(`No department ${id} in the simulated company.`);
    department.name = name;
  }

  addTag(groupName: string, name: string): Tag {
    const group = this.tagGroups.find((one) => one.name === groupName) ?? at(this.tagGroups, 0);
    const tag = newTag(tagId(this.seed, `${group.name}/new`, group.tags.length), name, this.now() - 60, 0);
    group.tags.push(tag);
    return tag;
  }

  renameTag(id: string, name: string): void {
    this.#mustTag(id).name = name;
  }

  /** The tag leaves the list and every relation. */
  deleteTag(id: string): void {
    const tag = this.#mustTag(id);
    tag.deleted = true;
    this.deletedTags.add(tag.id);
  }

  submitApproval(): Approval {
    const approval = newApproval(
      this.seed,
      this.traps,
      this.approvals,
      this.staff(),
      this.now() - 1,
      this.now(),
    );
    this.approvals.push(approval);
    this.bySpNo.set(approval.spNo, approval);
    return approval;
  }

  /** Any change of sp_status: 2 approved, 3 rejected, 4 withdrawn, 6 revoked, 7 deleted, 10 paid. */
  decideApproval(spNo: string, status: number): void {
    const approval = this.#mustApproval(spNo);
    approval.status = status;
    approval.decidedAt = this.now() - 30;
  }

  commentApproval(spNo: string, text: string): void {
    this.#mustApproval(spNo).comments.push({ userid: 'caiwu02', time: this.now() - 20, text });
  }

  /** The missing punches of that day have been approved: `未打卡` rows become ordinary ones. */
  correctPunches(userid: string, day: number): void {
    this.corrected.add(`${this.#must(userid).index}:${day}`);
  }

  /** WeCom corrects a figure of a past day: some more messages. */
  restateBehaviour(userid: string, day: number): void {
    const key = `${this.#must(userid).index}:${day}`;
    this.restatements.set(key, (this.restatements.get(key) ?? 0) + 7);
  }

  hasMissingPunch(member: Member, day: number): boolean {
    return hasMissing(this.punches(member, day));
  }

  /** A userid of nobody. */
  strangerUserid(): string {
    return idText(10, this.seed, 'nobody');
  }

  #patchFollow(member: Member, customer: number, patch: FollowPatch): void {
    const key = `${member.index}:${customer}`;
    this.followPatches.set(key, { ...this.followPatches.get(key), ...patch });
  }

  #must(userid: string): Member {
    const member = this.member(userid);
    if (member === undefined) throw new Error(`No member "${userid}" in the simulated company.`);
    return member;
  }

  #mustCustomer(externalId: string): number {
    const customer = this.customer(externalId);
    if (customer === undefined) throw new Error(`No customer "${externalId}" in the simulated company.`);
    return customer;
  }

  #mustGroup(chatId: string): Group {
    const group = this.group(chatId);
    if (group === undefined) throw new Error(`No group "${chatId}" in the simulated company.`);
    return group;
  }

  #mustTag(id: string): Tag {
    const tag = this.tagGroups.flatMap((group) => group.tags).find((one) => one.id === id.trim());
    if (tag === undefined) throw new Error(`No tag "${id}" in the simulated company.`);
    return tag;
  }

  #mustApproval(spNo: string): Approval {
    const approval = this.approval(spNo);
    if (approval === undefined) throw new Error(`No approval "${spNo}" in the simulated company.`);
    return approval;
  }
}
