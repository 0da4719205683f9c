/** For `check`: one cheap real call to the first endpoint of each stream, with parameters that change nothing. */
import { idOf } from '../../extractors/fields.ts';
import { addDays, type Day, startOfDay } from '../days.ts';
import type { Call } from '../engine/stream.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../wecom/index.ts';

/** What earlier answers taught: many endpoints want an id of something that exists. */
export interface Known {
  readonly today: Day;
  userid?: string;
  departmentId?: string;
  approvalNumber?: string;
  templateId?: string;
}

/** The call, or what must be known before it can be made. */
export type Probe = (known: Known) => Omit<Call, 'path'> | string;

const MEMBER = 'no member is known';

const withMember = (body: (userid: string, yesterday: number) => Record<string, JsonValue>): Probe => {
  return ({ userid, today }) =>
    userid === undefined ? MEMBER : { body: body(userid, startOfDay(addDays(today, -1))) };
};

/** By API path. A test asserts that the first endpoint of every stream is here. */
export const PROBES: Readonly<Record<string, Probe>> = {
  'department/list': () => ({}),
  'user/list': ({ departmentId }) =>
    departmentId === undefined ? 'no department is known' : { query: { department_id: departmentId } },
  'externalcontact/get_follow_user_list': () => ({}),
  'externalcontact/get_corp_tag_list': () => ({ body: {} }),
  'externalcontact/get_unassigned_list': () => ({ body: { cursor: '', page_size: 1 } }),
  'externalcontact/batch/get_by_user': withMember((userid) => ({
    userid_list: [userid],
    cursor: '',
    limit: 1,
  })),
  'externalcontact/groupchat/list': withMember((userid) => ({
    owner_filter: { userid_list: [userid] },
    cursor: '',
    limit: 1,
  })),
  'externalcontact/get_user_behavior_data': withMember((userid, yesterday) => ({
    userid: [userid],
    start_time: yesterday,
    end_time: yesterday,
  })),
  'externalcontact/groupchat/statistic': withMember((userid, yesterday) => ({
    day_begin_time: yesterday,
    day_end_time: yesterday,
    owner_filter: { userid_list: [userid] },
    offset: 0,
    limit: 1,
  })),
  'oa/getapprovalinfo': ({ today }) => ({
    body: {
      starttime: String(startOfDay(addDays(today, -30))),
      endtime: String(startOfDay(today)),
      new_cursor: '',
      size: 1,
    },
  }),
  'oa/getapprovaldetail': ({ approvalNumber }) =>
    approvalNumber === undefined ? 'no approval is known' : { body: { sp_no: approvalNumber } },
  'oa/gettemplatedetail': ({ templateId }) =>
    templateId === undefined
      ? 'no template is known: there was no approval in the last 30 days'
      : { body: { template_id: templateId } },
  'checkin/getcheckindata': withMember((userid, yesterday) => ({
    opencheckindatatype: 3,
    starttime: yesterday,
    endtime: yesterday + 86_399,
    useridlist: [userid],
  })),
};

/** Keeps the ids that later probes need. A member with customer contact serves more endpoints than any other one. */
export function learn(known: Known, path: string, answer: JsonObject): void {
  const found = idIn(path, answer);
  if (found === null) return;
  if (path === 'department/list') known.departmentId = found;
  else if (path === 'oa/getapprovalinfo') known.approvalNumber = found;
  else if (path === 'oa/getapprovaldetail') known.templateId = found;
  else known.userid = found;
}

function idIn(path: string, answer: JsonObject): string | null {
  if (path === 'department/list') return idAt(firstOf(answer.department), 'id');
  if (path === 'user/list') return idAt(firstOf(answer.userlist), 'userid');
  if (path === 'externalcontact/get_follow_user_list') return idOf(firstOf(answer.follow_user));
  if (path === 'oa/getapprovalinfo') return idOf(firstOf(answer.sp_no_list));
  return path === 'oa/getapprovaldetail' ? idAt(answer.info, 'template_id') : null;
}

const firstOf = (list: JsonValue | undefined) => (Array.isArray(list) ? list[0] : undefined);
const idAt = (value: JsonValue | undefined, key: string) => (isJsonObject(value) ? idOf(value[key]) : null);
