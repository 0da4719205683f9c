/** Approvals (directory-and-oa 5). */
import { DAY } from '../days.ts';
import { ApiError } from '../http/answer.ts';
import { type Call, type Endpoint, integer, refuse, text, time } from '../http/call.ts';
import type { Rows } from '../http/paging.ts';
import { at } from '../random.ts';
import type { Approval } from '../world/approvals.ts';
import type { Row } from '../world/odd.ts';
import { templateRow } from '../world/templates.ts';

const PER_MINUTE = 600;
const MAX_SPAN = 31 * DAY;
const MAX_SIZE = 100;
/** record_type of the templates that have one */
const RECORD_TYPES: Record<string, string> = { 请假: '1', 打卡补卡: '2', 出差: '3' };

type Filter = (approval: Approval) => boolean;

/** Different keys are joined by AND; only `department` may come more than once (OR). Values are texts. */
function filters(call: Call): Filter {
  const given = call.body.filters ?? [];
  if (!Array.isArray(given)) refuse(call, 301025, 'getapprovalinfo: filters is not a list');
  const byKey = new Map<string, string[]>();
  for (const one of given) {
    const { key, value } = one as { key?: unknown; value?: unknown };
    if (typeof key !== 'string' || !(key in KEYS))
      refuse(call, 301025, `getapprovalinfo: filter key ${String(key)}`);
    if (typeof value !== 'string')
      refuse(call, 301025, `getapprovalinfo: the filter value of ${key} is not text`);
    const values = byKey.get(key) ?? [];
    if (values.length > 0 && key !== 'department')
      refuse(call, 301025, `getapprovalinfo: filter ${key} twice`);
    byKey.set(key, [...values, value]);
  }
  return (approval) =>
    [...byKey].every(([key, values]) => values.includes(KEYS[key]?.(call, approval) ?? ''));
}

const KEYS: Record<string, (call: Call, approval: Approval) => string> = {
  template_id: (call, approval) => at(call.company.templates, approval.template).id,
  creator: (call, approval) => at(call.company.members, approval.applicant).userid,
  department: (call, approval) => String(at(at(call.company.members, approval.applicant).departments, -1)),
  sp_status: (_, approval) => String(approval.status),
  record_type: (call, approval) => RECORD_TYPES[at(call.company.templates, approval.template).name] ?? '',
};

/** The scope filter works after paging, so pages are short, or empty with a cursor, by themselves (5.1). */
const getApprovalInfo: Endpoint = {
  path: 'oa/getapprovalinfo',
  method: 'POST',
  area: 'approval',
  emptied: { sp_no_list: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const { company } = call;
    const start =
      time(call, 'starttime', 301025) ?? refuse(call, 301025, 'getapprovalinfo: starttime is missing');
    const end = time(call, 'endtime', 301025) ?? refuse(call, 301025, 'getapprovalinfo: endtime is missing');
    if (end <= start) refuse(call, 301025, 'getapprovalinfo: the window ends before it begins');
    if (end - start > MAX_SPAN) refuse(call, 301025, 'getapprovalinfo: a window of more than 31 days');
    if (typeof call.body.new_cursor !== 'string')
      refuse(call, 301025, 'getapprovalinfo: new_cursor is missing');
    const size = integer(call, 'size') ?? refuse(call, 301025, 'getapprovalinfo: size is missing');
    if (size < 1 || size > MAX_SIZE)
      refuse(call, 301025, `getapprovalinfo: size ${size}, the limit is ${MAX_SIZE}`);
    const asked = filters(call);
    const inWindow = company.approvals.filter(
      (one) => one.applyTime >= start && one.applyTime <= end && asked(one),
    );
    const rows: Rows<string> = {
      places: inWindow.length,
      at(place) {
        const approval = at(inWindow, place);
        return at(company.members, approval.applicant).visible ? approval.spNo : undefined;
      },
    };
    const parameters = { start, end, size, filters: call.body.filters };
    const page = call.walks.page(call, rows, {
      cursor: text(call, 'new_cursor'),
      limit: size,
      parameters,
      fill: false,
    });
    return { sp_no_list: page.rows, ...(page.next === undefined ? {} : { new_next_cursor: page.next }) };
  },
};

/** One request; an unknown number and one outside the scope give 301025. */
const getApprovalDetail: Endpoint = {
  path: 'oa/getapprovaldetail',
  method: 'POST',
  area: 'approval',
  emptied: {},
  perMinute: PER_MINUTE,
  handle(call): Row {
    const { company } = call;
    const spNo = text(call, 'sp_no');
    if (spNo === '') refuse(call, 301025, 'getapprovaldetail: sp_no is missing');
    const approval = company.approval(spNo);
    if (approval === undefined || !at(company.members, approval.applicant).visible)
      throw new ApiError(301025);
    return { info: company.approvalRow(approval) };
  },
};

const getTemplateDetail: Endpoint = {
  path: 'oa/gettemplatedetail',
  method: 'POST',
  area: 'approval',
  emptied: {},
  perMinute: PER_MINUTE,
  handle(call) {
    const id = text(call, 'template_id');
    const template = call.company.templates.find((one) => one.id === id);
    if (template === undefined) throw new ApiError(301026);
    return templateRow(call.company.traps, template);
  },
};

export const APPROVALS: Endpoint[] = [getApprovalInfo, getApprovalDetail, getTemplateDetail];
