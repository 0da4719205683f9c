/**
 * What makes WeCom hard, one switch each (customer-contact sections 4 to 11 and 21, directory-and-oa 13,
 * published-samples). A company without traps is plain and well-behaved; a correct client copies it equally well with
 * all of them on. What the reference documents as ordinary behaviour is always on (see the docstrings of the endpoints).
 */
export const TRAPS = {
  emptyPages: 'pages without rows in the middle of a walk, with a cursor; sometimes an empty last page',
  shortPages: 'pages with fewer rows than the limit',
  absentFinalCursor: 'every second walk ends with an absent next_cursor in place of ""',
  duplicateRows: 'a page begins with the last row of the page before',
  movedRows: 'each walk cuts its pages elsewhere, so rows move between pages',
  manyFollowers: 'one customer is followed by every member (pages of 500 in externalcontact/get)',
  unlicensedMember: 'a member without licence: fail_info, or 701008 when nobody asked has one',
  mixedList84061: 'one member without customers makes batch/get_by_user answer 84061 for the whole list',
  bigScope: 'more than 1,000 members in scope: 81017 for group calls without owner_filter',
  unreadableGroups: 'groups that are listed but whose detail answers 40050, 49008 or 90501',
  ownersNotListed: 'neither the owner nor the admins of a group stand in its member_list',
  unassignedByPage: 'get_unassigned_list in its old form: page_id, is_last, no cursor key',
  lastWithCursor: 'get_unassigned_list says is_last true beside a next_cursor',
  ruleGroupTags: 'tag ids (st…) that no tag list shows',
  type2Unionid: 'unionid and remark_corp_name on WeCom (type 2) customers too',
  oddNames: 'empty, emoji, right-to-left and very long names',
  dirtyText: 'U+0000 and lone surrogates in names and remarks, as \\u escapes',
  nothings: 'absent, null, "" and [] used for "nothing" in turn',
  genderAsString: 'gender and other small integers as text',
  unknownCodes: 'add_way 99, join_scene 9, sp_status 99, control types nobody knows',
  hugeOrder: 'order 4294967295 in tags, departments and members',
  blankIds: 'external_userids, tag ids and userids with a trailing blank',
  otherCase: 'userids spelt in another letter case than in the directory',
  longIntegers: '19-digit integers as JSON numbers',
  unknownKeys: 'an unknown extra key at every level of every answer',
  textTimes: 'the text "xxxx" where a time belongs',
  lateStatistics: 'the figures of yesterday are zero or missing before 06:00',
  revisedStatistics: 'the figures of yesterday change until the day after tomorrow',
  oldApprovals: 'old requests with sp_record only, newer ones with process_list as well',
  repeatedFieldIds: "a table's child fields carry the same id as a top field",
  looseCheckinWindow: 'check-in rows outside the asked window',
  oldPunches:
    'old punches without groupid, sch_checkin_time, schedule_id and timeline_id; no or zero lat and lng',
  expiredAs40014: 'an expired token is answered with 40014 in place of 42001',
  hiddenParents: 'a department whose parent is not visible, a member whose only department is not listed',
} as const;

export type Trap = keyof typeof TRAPS;
export type Traps = Record<Trap, boolean>;
export type TrapChoice = Partial<Traps> | 'all' | 'none';

export const TRAP_NAMES = Object.keys(TRAPS).filter((name): name is Trap => name in TRAPS);

/** Every trap set; what is not chosen is off. */
export function chooseTraps(choice: TrapChoice): Traps {
  const all = choice === 'all';
  const some: Partial<Traps> = typeof choice === 'string' ? {} : choice;
  const entries = TRAP_NAMES.map((name) => [name, all || some[name] === true] as const);
  return Object.fromEntries(entries) as Traps;
}
