/** Departments and members (directory-and-oa 3). Nothing here recurses: fetch_child is gone from the current API. */
import { ApiError } from '../http/answer.ts';
import { type Call, type Endpoint, pageSize, refuse, text } from '../http/call.ts';
import { listRows } from '../http/paging.ts';
import { present } from '../world/odd.ts';
import { type Department, departmentOrder, type Member } from '../world/people.ts';

const PER_MINUTE = 10_000;

/** The visible departments at and below `id`, or all of them. */
function below(call: Call, departments: Department[]): Department[] {
  const asked = call.query.get('id');
  if (asked === null || asked === '') return departments;
  const root = departments.find((one) => one.id === Number(asked));
  if (root === undefined) throw new ApiError(60003);
  const inside = (one: Department | undefined): boolean => {
    if (one === undefined) return false;
    return one.id === root.id || inside(departments.find(({ id }) => id === one.parent));
  };
  return departments.filter(inside);
}

const departmentList: Endpoint = {
  path: 'department/list',
  method: 'GET',
  area: 'directory',
  emptied: { department: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const visible = call.company.departments.filter((one) => one.visible);
    return { department: below(call, visible).map((one) => call.company.departmentRow(one)) };
  },
};

/** Despite its name the key `department_id` holds objects; the contact-sync assistant sees all departments. */
const departmentSimplelist: Endpoint = {
  path: 'department/simplelist',
  method: 'GET',
  area: 'skeleton',
  emptied: { department_id: [] },
  perMinute: PER_MINUTE,
  handle(call) {
    const all = call.secretName === 'contactSync';
    const departments = call.company.departments.filter((one) => all || one.visible);
    const row = ({ id, parent }: Department) =>
      present({ id, parentid: parent, order: departmentOrder(call.company.traps, id) });
    return { department_id: below(call, departments).map(row) };
  },
};

/** Members listed under a visible department; one whose own department is hidden shows under the sales department. */
function membersOf(call: Call): Member[] {
  const id = Number(call.query.get('department_id') ?? Number.NaN);
  if (!Number.isInteger(id)) refuse(call, 40058, `${call.path}: department_id is missing`);
  const { company } = call;
  const department = company.departments.find((one) => one.id === id);
  if (department === undefined) throw new ApiError(60003);
  if (!department.visible) throw new ApiError(60011);
  const hidden = new Set(company.departments.filter((one) => !one.visible).map((one) => one.id));
  const shownUnder = (member: Member) =>
    member.departments.every((one) => hidden.has(one)) ? [2] : member.departments;
  return company.staff().filter((member) => shownUnder(member).includes(id));
}

const userList: Endpoint = {
  path: 'user/list',
  method: 'GET',
  area: 'directory',
  emptied: { userlist: [] },
  perMinute: PER_MINUTE,
  handle: (call) => ({ userlist: membersOf(call).map((member) => call.company.memberRow(member)) }),
};

const userSimplelist: Endpoint = {
  path: 'user/simplelist',
  method: 'GET',
  area: 'directory',
  emptied: { userlist: [] },
  perMinute: PER_MINUTE,
  handle: (call) => ({
    userlist: membersOf(call).map(({ userid, name, departments }) => ({
      userid,
      name,
      department: departments,
      open_userid: '',
    })),
  }),
};

const userGet: Endpoint = {
  path: 'user/get',
  method: 'GET',
  area: 'directory',
  emptied: {},
  perMinute: PER_MINUTE,
  handle(call) {
    const userid = call.query.get('userid') ?? '';
    if (userid === '') refuse(call, 41009, 'user/get: userid is missing');
    const member = call.company.activeMember(userid);
    if (member === undefined) throw new ApiError(60111);
    return call.company.memberRow(member);
  },
};

/** The complete roster, one row per member and department; contact-sync secret only. */
const userListId: Endpoint = {
  path: 'user/list_id',
  method: 'POST',
  area: 'roster',
  emptied: { dept_user: [], next_cursor: '' },
  perMinute: PER_MINUTE,
  handle(call) {
    const members = call.company.members.filter((member) => member.resignedAt === undefined);
    const rows = members.flatMap(({ userid, departments }) =>
      departments.map((department) => ({ userid, department })),
    );
    const limit = pageSize(call, 'limit', 10_000, 10_000);
    const page = call.walks.page(call, listRows(rows), {
      cursor: text(call, 'cursor'),
      limit,
      parameters: { limit },
    });
    return { next_cursor: page.next ?? '', dept_user: page.rows };
  },
};

export const DIRECTORY: Endpoint[] = [
  departmentList,
  departmentSimplelist,
  userList,
  userSimplelist,
  userGet,
  userListId,
];
