/**
 * What a correct, all-seeing client should have received by now: the raw objects as the endpoints render them, for tests
 * that normalise them independently and compare the result with tables. Long lists are computed when they are read.
 */
import type { Company } from './company.ts';
import { dayOf, startOf } from './days.ts';
import { at } from './random.ts';
import { type Group, groupListRow } from './world/groups.ts';
import type { Row } from './world/odd.ts';
import { spelling } from './world/people.ts';
import { behaviourRow } from './world/statistics.ts';
import { tagGroupRow } from './world/tags.ts';
import { templateRow } from './world/templates.ts';

export interface Truth {
  /** rows of department/list */
  departments: Row[];
  /** rows of user/list, each member once */
  users: Row[];
  /** userids of get_follow_user_list */
  followUsers: string[];
  /** of those, the ones whose customers are left out for want of a licence */
  unlicensed: string[];
  /** rows of get_corp_tag_list */
  tagGroups: Row[];
  /** rows of batch/get_by_user with the asked member; not visible = member without licence */
  relations: { userid: string; visible: boolean; external_contact: Row; follow_info: Row }[];
  /** every group that some list shows: list row, and the detail (need_name 1) or why there is none */
  groups: { chat_id: string; list: Row; errcode: number; group_chat: Row | null }[];
  /** rows of get_unassigned_list */
  unassigned: Row[];
  /** figures of one member and day, for the 180 days up to yesterday */
  behaviour: { userid: string; row: Row }[];
  groupStatistics: { owner: string; stat_time: number; data: Row }[];
  /** `info` of every request of a visible applicant */
  approvals: Row[];
  /** bodies of gettemplatedetail */
  templates: { template_id: string; template: Row }[];
  /** punches of the members of today, for the days of the history up to yesterday */
  punches: Row[];
}

/** Days that the statistics reach back. */
export const STATISTICS_DAYS = 180;

export function truthOf(company: Company): Truth {
  return {
    get departments() {
      return company.departments.filter((one) => one.visible).map((one) => company.departmentRow(one));
    },
    get users() {
      return company.staff().map((member) => company.memberRow(member));
    },
    get followUsers() {
      return company.followUsers().map((member) => spelling(company.traps, member));
    },
    get unlicensed() {
      return company
        .followUsers()
        .filter((member) => !member.licensed)
        .map((member) => spelling(company.traps, member));
    },
    get tagGroups() {
      return company.tagGroups.map((group) =>
        tagGroupRow(
          company.traps,
          group,
          group.tags.filter((tag) => !tag.deleted),
          false,
        ),
      );
    },
    get relations() {
      return relations(company);
    },
    get groups() {
      return listedGroups(company).map((group) => ({
        chat_id: group.chatId,
        list: groupListRow(company.traps, group),
        errcode: group.detailErrcode,
        group_chat: group.detailErrcode === 0 ? company.groupRow(group, true) : null,
      }));
    },
    get unassigned() {
      return unassignedRows(company);
    },
    get behaviour() {
      return behaviourRows(company);
    },
    get groupStatistics() {
      return groupStatistics(company);
    },
    get approvals() {
      return company.approvals
        .filter((one) => at(company.members, one.applicant).visible)
        .map((one) => company.approvalRow(one));
    },
    get templates() {
      return company.templates.map((one) => ({
        template_id: one.id,
        template: templateRow(company.traps, one),
      }));
    },
    get punches() {
      const today = dayOf(company.now());
      const first = company.baseDay - company.size.historyDays;
      return company
        .staff()
        .flatMap((member) => days(first, today - 1).flatMap((day) => company.punches(member, day)));
    },
  };
}

function days(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Groups in scope: owners who are visible, at work or resigned. */
export function listedGroups(company: Company): Group[] {
  return company.groups.filter((group) => !group.dismissed && at(company.members, group.owner).visible);
}

function relations(company: Company): Truth['relations'] {
  return company.followUsers().flatMap((member) =>
    [...company.relations.of(member.index)].map((customer) => ({
      userid: spelling(company.traps, member),
      visible: member.licensed,
      external_contact: company.customerRow(customer),
      follow_info: company.followInfo(member.index, customer),
    })),
  );
}

/** Newest resignation first (11.1). */
export function unassignedRows(company: Company): Row[] {
  const resigned = company.members.filter(
    (member) => member.resignedAt !== undefined && member.visible && member.customerContact,
  );
  resigned.sort((a, b) => (b.resignedAt ?? 0) - (a.resignedAt ?? 0));
  return resigned.flatMap((member) =>
    [...company.relations.of(member.index)].map((customer) => company.unassignedRow(member, customer)),
  );
}

function statisticDays(company: Company): number[] {
  const today = dayOf(company.now());
  return days(today - STATISTICS_DAYS, today - 1);
}

function behaviourRows(company: Company): Truth['behaviour'] {
  return company.followUsers().flatMap((member) =>
    statisticDays(company).flatMap((day) => {
      const figures = company.behaviour(member, day);
      if (figures === undefined) return [];
      return [{ userid: spelling(company.traps, member), row: behaviourRow(company.traps, day, [figures]) }];
    }),
  );
}

function groupStatistics(company: Company): Truth['groupStatistics'] {
  return company.followUsers().flatMap((owner) =>
    statisticDays(company).flatMap((day) => {
      const data = company.groupFiguresRow(owner, [day]);
      return data === undefined
        ? []
        : [{ owner: spelling(company.traps, owner), stat_time: startOf(day), data }];
    }),
  );
}
