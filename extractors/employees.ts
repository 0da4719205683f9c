import {
  type NormaliseContext,
  type Rows,
  type Step,
  type Stream,
  type StreamContext,
  WHOLE,
} from '../src/engine/stream.ts';
import { type Row, table } from '../src/engine/table.ts';
import { WecomError } from '../src/wecom/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/wecom/json.ts';
import { requireList } from './answers.ts';
import { Fields, firstId } from './fields.ts';
import { extraOf, takeList } from './leftovers.ts';
import { rowsOf, skipReason, storedTexts } from './members.ts';
import { readAhead } from './read-ahead.ts';

/** Names of attributes are keys: far longer ones are no names, and no index entry would hold them. */
const MOST_NAME_CHARACTERS = 128;

const columns = {
  name: 'text',
  alias: 'text',
  english_name: 'text',
  position: 'text',
  gender: 'integer',
  status: 'integer',
  enable: 'integer',
  main_department_id: 'bigint',
  email: 'text',
  biz_mail: 'text',
  mobile: 'text',
  hide_mobile: 'integer',
  telephone: 'text',
  address: 'text',
  direct_leader_userids: 'text[]',
  external_position: 'text',
  external_profile: 'jsonb',
  open_userid: 'text',
} as const;
const pictures = { avatar: 'text', thumb_avatar: 'text', qr_code: 'text' } as const;

const employees = table('employees', {
  key: { userid: 'text' },
  columns,
  volatile: pictures,
  userids: { userid: {}, direct_leader_userids: {} },
  guarded: [...Object.keys(columns), ...Object.keys(pictures)],
  extra: true,
});

const employeeDepartments = table('employee_departments', {
  key: { userid: 'text', department_id: 'bigint' },
  columns: { is_leader: 'boolean', sort_order: 'bigint' },
  parent: 'employees',
  missing: 'decided',
  userids: { userid: {} },
  guarded: ['is_leader', 'sort_order'],
});

const employeeAttributes = table('employee_attributes', {
  key: { userid: 'text', attr_name: 'text' },
  columns: { type: 'integer', value: 'text', title: 'text' },
  parent: 'employees',
  missing: 'decided',
  userids: { userid: {} },
  extra: true,
});

/**
 * Members of the app's visible range, read department by department: `fetch_child` has left the docs
 * (directory-and-oa 3.4). A member of several departments comes several times, each time the same.
 */
export const employeesStream: Stream = {
  name: 'employees',
  label: { zh: '成员', en: 'Employees' },
  area: 'app',
  mode: 'snapshot',
  endpoints: ['user/list'],
  probes: [
    {
      needs: 'department',
      call: (department_id) => ({ path: 'user/list', query: { department_id }, list: 'userlist' }),
      finds: ({ userlist }) => ({ member: firstId(userlist, 'userid') }),
    },
  ],
  after: ['departments'],
  needs: ['departments'],
  tables: [employees, employeeDepartments, employeeAttributes],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    return context.pending([WHOLE]).map((unit) => ({ units: [unit] }));
  },

  async *read(_block, context): AsyncGenerator<Step> {
    // Yesterday's departments do not show who moved to a new one today: such a walk ends nobody.
    let unproved = context.complete('departments') ? undefined : 'departments_incomplete';
    let refusal: string | undefined;
    let answered = 0;
    let refused = 0;
    const departments = await storedTexts(context, 'departments', 'department_id');
    for await (const answer of readAhead(departments, (id) => membersOf(id, context))) {
      if (typeof answer === 'string') {
        refused += 1;
        refusal ??= answer;
      } else {
        answered += 1;
        yield { type: 'records', unit: WHOLE, records: answer };
      }
    }
    const expected = departments.length;
    yield {
      type: 'count',
      unit: WHOLE,
      what: 'departments',
      expected,
      received: answered,
      explained: refused,
    };
    // Refused by every department: then it is not the departments, and the engine calls it a failure.
    if (refusal !== undefined) unproved = answered === 0 ? refusal : `department_${refusal}`;
    yield unproved === undefined
      ? { type: 'done', unit: WHOLE }
      : { type: 'skipped', unit: WHOLE, reason: unproved };
  },

  proof: () => [{ table: 'employees', where: {} }],

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    // The directory's own spelling: nothing to look up.
    const userid = f.id('userid');
    requireList(f, 'department');
    const departments = departmentRows(f, userid);
    const attributes = attributeRows(f, userid);
    return {
      employees: [
        {
          userid,
          name: f.text('name'),
          alias: f.text('alias'),
          english_name: f.text('english_name'),
          position: f.text('position'),
          gender: f.int('gender'),
          status: f.int('status'),
          enable: f.int('enable'),
          main_department_id: f.bigint('main_department'),
          email: f.text('email'),
          biz_mail: f.text('biz_mail'),
          mobile: f.text('mobile'),
          hide_mobile: f.int('hide_mobile'),
          telephone: f.text('telephone'),
          address: f.text('address'),
          direct_leader_userids: f.texts('direct_leader', (id) => context.spelling(id.trim())),
          external_position: f.text('external_position'),
          external_profile: f.json('external_profile'),
          open_userid: f.optionalId('open_userid'),
          avatar: f.text('avatar'),
          thumb_avatar: f.text('thumb_avatar'),
          qr_code: f.text('qr_code'),
          extra: extraOf({ ...f.leftover(), ...departments.left, ...attributes.left }),
        },
      ],
      employee_departments: departments.rows,
      employee_attributes: attributes.rows,
    };
  },
};

/** The members of a department, or why the department does not show them (deleted meanwhile, no right). */
async function membersOf(departmentId: string, context: StreamContext): Promise<JsonObject[] | string> {
  const query = { department_id: departmentId };
  try {
    const answer = await context.call({ path: 'user/list', query, list: 'userlist' });
    return rowsOf(answer, 'userlist', 'user/list');
  } catch (error) {
    if (!(error instanceof WecomError) || error.fate !== 'skip') throw error;
    const reason = skipReason(error);
    context.note('WeCom did not list the members of a department, so no employee ends.', {
      departmentId,
      reason,
    });
    return reason;
  }
}

interface Children {
  /** undefined: the record does not have their key. */
  rows: Row[] | undefined;
  /** What found no row, under the record's keys. */
  left: JsonObject;
}

/** The parallel lists department, order and is_leader_in_dept (3.6); old answers have one isleader for all. */
function departmentRows(f: Fields, userid: string): Children {
  const departments = positions(f, 'department', (item) => new Fields({ item }).bigint('item'));
  const orders = positions(f, 'order', (item) => new Fields({ item }).bigint('item'));
  const leaders = positions(f, 'is_leader_in_dept', (item) => new Fields({ item }).flag('item'));
  const leader = f.flag('isleader');
  const rows = new Map<string, Row>();
  departments.values.forEach((department_id, i) => {
    if (department_id === null || rows.has(department_id)) return;
    const is_leader = leaders.values[i] ?? leader ?? nothingIn(leaders.raw);
    const sort_order = orders.values[i] ?? nothingIn(orders.raw);
    rows.set(department_id, { userid, department_id, is_leader, sort_order });
  });
  const left: JsonObject = {};
  for (const { key, raw, values, unread } of [departments, orders, leaders]) {
    if (raw !== undefined && (unread || values.length > rows.size)) left[key] = raw;
  }
  return { rows: departments.raw === undefined ? undefined : [...rows.values()], left };
}

/** What a cell without a value says: the record has the key (null), or it has not. */
const nothingIn = (raw: JsonValue | undefined): null | undefined => (raw === undefined ? undefined : null);

/** A list whose positions count: nothings and what does not convert become null. */
function positions<T>(f: Fields, key: string, read: (item: JsonValue) => T | null | undefined) {
  const raw = f.raw(key);
  const items = Array.isArray(raw) ? raw : raw === undefined || raw === null || raw === '' ? [] : [raw];
  const values = items.map((item) => read(item) ?? null);
  const unread = items.some((item, i) => values[i] === null && item !== null && item !== '');
  return { key, raw, values, unread };
}

/** `extattr.attrs`: type 0 is text, type 1 a web link with a title; old answers hold `{name, value}`. */
function attributeRows(f: Fields, userid: string): Children {
  const extattr = f.raw('extattr');
  if (extattr === undefined) return { rows: undefined, left: {} };
  if (!isJsonObject(extattr)) return { rows: [], left: { extattr } };
  const outer = new Fields(extattr);
  const rows = new Map<string, Row>();
  const left: JsonValue[] = [];
  for (const item of takeList(outer, 'attrs')) {
    const row = isJsonObject(item) ? attributeRow(item, userid) : undefined;
    if (row && !rows.has(row.attr_name)) rows.set(row.attr_name, row);
    else left.push(item);
  }
  const rest = { ...outer.leftover(), ...(left.length > 0 ? { attrs: left } : {}) };
  return { rows: [...rows.values()], left: { extattr: rest } };
}

function attributeRow(item: JsonObject, userid: string) {
  const f = new Fields(item);
  const attr_name = f.text('name');
  if (!attr_name || attr_name.length > MOST_NAME_CHARACTERS) return undefined;
  const web = f.inner('web');
  return {
    userid,
    attr_name,
    type: f.int('type') ?? null,
    value: f.inner('text').text('value') ?? web.text('url') ?? f.text('value') ?? null,
    title: web.text('title') ?? null,
    extra: f.rest(),
  };
}
