/** Approvals (directory-and-oa 5.1, 5.2). What is stored is what changes; the detail is computed from the seed. */
import { DAY, dayOf, dayText, HOUR, startOf } from '../days.ts';
import { at, random } from '../random.ts';
import type { Traps } from '../traps.ts';
import { type FormContext, formItem } from './form-values.ts';
import { present, type Row, withUnknownKey } from './odd.ts';
import { type Member, spelling } from './people.ts';
import type { Template } from './templates.ts';

export interface Comment {
  userid: string;
  time: number;
  text: string;
}

export interface Approval {
  index: number;
  spNo: string;
  template: number;
  applicant: number;
  applyTime: number;
  /** 1 in progress, 2 approved, 3 rejected, 4 withdrawn, 6 revoked, 7 deleted, 10 paid */
  status: number;
  /** when the last approver acted; absent while in progress */
  decidedAt?: number;
  comments: Comment[];
}

/** `count` requests before `now`, oldest first, numbered YYYYMMDD + four digits per day. */
export function generateApprovals(
  seed: number,
  traps: Traps,
  count: number,
  days: number,
  applicants: Member[],
  now: number,
): Approval[] {
  const times = Array.from(
    { length: count },
    (_, i) => now - 1 - random(seed, 'approval', i).int(days * DAY),
  ).sort((a, b) => a - b);
  const approvals: Approval[] = [];
  for (const applyTime of times)
    approvals.push(newApproval(seed, traps, approvals, applicants, applyTime, now));
  return approvals;
}

/** The next request in order of submission. */
export function newApproval(
  seed: number,
  traps: Traps,
  before: Approval[],
  applicants: Member[],
  applyTime: number,
  now: number,
): Approval {
  const index = before.length;
  const r = random(seed, 'request', index);
  const last = before.at(-1);
  const sameDay = last !== undefined && dayOf(last.applyTime) === dayOf(applyTime);
  const sequence = sameDay ? Number(last.spNo.slice(8)) + 1 : 1;
  const open = now - applyTime < 3 * DAY ? 0.7 : now - applyTime < 20 * DAY ? 0.15 : 0.01;
  const status = r.chance(open)
    ? 1
    : at([2, 2, 2, 2, 2, 2, 3, 4, 6, 7, 10, traps.unknownCodes ? 99 : 2], r.int(12));
  return {
    index,
    spNo: `${dayText(dayOf(applyTime)).replaceAll('-', '')}${String(sequence).padStart(4, '0')}`,
    template: index % 6,
    applicant: r.pick(applicants).index,
    applyTime,
    status,
    ...(status === 1 ? {} : { decidedAt: Math.min(now - 1, applyTime + HOUR + r.int(2 * DAY)) }),
    comments: r.chance(0.2)
      ? [{ userid: 'caiwu01', time: applyTime + (r.chance(0.1) ? -60 : 600), text: '发票请补交' }]
      : [],
  };
}

/** What a detail is made of. */
export interface ApprovalContext {
  seed: number;
  traps: Traps;
  applicant: Member;
  /** approvers in the order of the flow */
  approvers: Member[];
  template: Template;
  /** requests before this day have no process_list */
  oldBefore: number;
}

/** The `info` object of oa/getapprovaldetail. */
export function approvalRow(context: ApprovalContext, approval: Approval): Row {
  const { seed, traps, applicant, template } = context;
  const department = at(applicant.departments, -1);
  const form: FormContext = {
    traps,
    r: random(seed, 'form', approval.index),
    applyTime: approval.applyTime,
    userid: applicant.userid,
    name: applicant.name,
    departmentId: department,
    departmentName: `部门${department}`,
  };
  const userids = context.approvers.map((member) => spelling(traps, member));
  const acts = flow(approval, userids);
  const old = traps.oldApprovals && approval.applyTime < startOf(context.oldBefore);
  const info: Row = {
    sp_no: approval.spNo,
    sp_name: template.name,
    sp_status: approval.status,
    template_id: template.id,
    apply_time: approval.applyTime,
    applyer: { userid: spelling(traps, applicant), partyid: String(department) },
    batch_applyer: approval.index % 25 === 3 ? [{ userid: spelling(traps, applicant) }] : undefined,
    sp_record: acts.map((node) => recordNode(node)),
    notifyer: [{ userid: userids.at(-1) }],
    apply_data: { contents: template.controls.map((control) => formItem(form, control)) },
    comments: approval.comments.map((comment, i) => commentRow(traps, approval, comment, i)),
    process_list: old ? undefined : processList(traps, acts, userids.at(-1) ?? ''),
  };
  return present(withUnknownKey(traps, info, 'info'));
}

interface Act {
  userid: string;
  state: number;
  time: number;
  speech: string;
}

interface FlowNode {
  state: number;
  /** all must agree (会签); otherwise any one (或签) */
  all: boolean;
  acts: Act[];
}

/** Two nodes: the leader, then two people of the office who must both agree. */
function flow(approval: Approval, [leader = '', second = '', third = '']: string[]): FlowNode[] {
  const { status, applyTime, decidedAt = 0 } = approval;
  const agreed = status !== 1 && status !== 3 && status !== 4;
  const firstState = status === 3 ? 3 : agreed || approval.index % 2 === 0 ? 2 : 1;
  const firstTime =
    firstState === 1 ? 0 : agreed ? applyTime + 60 + Math.floor((decidedAt - applyTime) / 3) : applyTime + 60;
  const lastState = agreed ? 2 : 1;
  const lastTime = agreed ? decidedAt : 0;
  const first: Act = {
    userid: leader,
    state: firstState,
    time: firstTime,
    speech: firstState === 2 ? '同意' : '',
  };
  const last = (userid: string, state: number): Act => ({ userid, state, time: lastTime, speech: '' });
  return [
    { state: firstState, all: false, acts: [first] },
    {
      state: lastState,
      all: true,
      acts: [last(second, lastState), last(third, agreed && approval.index % 10 === 0 ? 4 : lastState)],
    },
  ];
}

/** `approverattr` 1 any one, 2 all. */
function recordNode(node: FlowNode): Row {
  const details = node.acts.map(({ userid, speech, state, time }) => ({
    approver: { userid },
    speech,
    sp_status: state,
    sptime: time,
    media_id: [],
  }));
  return { sp_status: node.state, approverattr: node.all ? 2 : 1, details };
}

/** `apv_rel` 1 all, 2 any one: the opposite of `approverattr`. */
function processList(traps: Traps, nodes: FlowNode[], notified: string): Row {
  const approvers = nodes.map((node) => ({
    node_type: 1,
    sp_status: node.state,
    apv_rel: node.all ? 1 : 2,
    sub_node_list: node.acts.map(({ userid, speech, state, time }) => ({
      userid,
      speech,
      sp_yj: state,
      sptime: time,
      media_ids: [],
    })),
  }));
  const copied = { node_type: 2, sub_node_list: [{ userid: notified }] };
  return { node_list: [...approvers, copied].map((node) => withUnknownKey(traps, node, 'node_list')) };
}

function commentRow(traps: Traps, approval: Approval, comment: Comment, i: number): Row {
  const id = 7_567_890_123_000_000_001n + BigInt(approval.index * 100 + i);
  return {
    commentUserInfo: { userid: comment.userid },
    commenttime: comment.time,
    commentcontent: comment.text,
    commentid: traps.longIntegers && approval.index % 2 === 0 ? id : String(id),
    media_id: [],
  };
}
