/**
 * What every table of DESIGN 2.3 must hold after a healthy run, computed from the simulator's truth by the conventions
 * of DESIGN 2.3 alone. It never looks at extractors/: two independent readings of the contract have to agree.
 */
import type { Company } from '../../src/simulator/index.ts';
import { approvalTables, templateTables } from './approvals.ts';
import { dayCell, isRow, Record_, type Row, rowsOf, timeCell } from './record.ts';
import type { Cell } from './values.ts';

export type Cells = Record<string, Cell>;
export type Tables = Map<string, Cells[]>;

/** Key columns after corp_id. punch_hash is left out: only its inputs are part of the contract. */
export const KEYS: Readonly<Record<string, readonly string[]>> = {
  departments: ['department_id'],
  employees: ['userid'],
  employee_departments: ['userid', 'department_id'],
  employee_attributes: ['userid', 'attr_name'],
  follow_users: ['userid'],
  corp_tag_groups: ['group_id'],
  corp_tags: ['tag_id'],
  customers: ['external_userid'],
  customer_follows: ['external_userid', 'userid'],
  customer_follow_tags: ['external_userid', 'userid', 'tag_id'],
  group_chats: ['chat_id'],
  group_chat_members: ['chat_id', 'member_id'],
  unassigned_customers: ['handover_userid', 'external_userid'],
  user_behavior_daily: ['userid', 'stat_date'],
  group_chat_owner_daily: ['owner_userid', 'stat_date'],
  approvals: ['sp_no'],
  approval_steps: ['sp_no', 'source', 'node_index'],
  approval_step_approvers: ['sp_no', 'source', 'node_index', 'detail_index'],
  approval_fields: ['sp_no', 'field_id', 'row_no'],
  approval_notifyers: ['sp_no', 'userid'],
  approval_comments: ['sp_no', 'comment_id'],
  approval_templates: ['template_id'],
  approval_template_fields: ['template_id', 'field_id', 'table_no'],
  checkins: [
    'userid',
    'checkin_date',
    'checkin_type',
    'checkin_at',
    'sch_checkin_at',
    'group_id',
    'schedule_id',
    'timeline_id',
  ],
};

/** Tables that show today and nothing else; the others keep what WeCom has forgotten. */
export const SNAPSHOTS = Object.keys(KEYS).slice(0, 13);

export type Spell = (userid: string) => string;

/** Remembers what a warehouse keeps: spellings, figures, approvals and punches of those who have left. */
export class Oracle {
  readonly #spellings = new Map<string, string>();
  #behaviour = new Map<string, Cells>();
  #owners = new Map<string, Cells>();
  readonly #approvals = new Map<string, Tables>();
  readonly #templates = new Set<string>();
  /** by member and day */
  #punches = new Map<string, Cells[]>();

  /** The tables after a healthy run at this moment. */
  observe(company: Company): Tables {
    const truth = company.truth();
    for (const user of truth.users)
      this.#spellings.set(String(user.userid).trim().toLowerCase(), String(user.userid).trim());
    const spell: Spell = (userid) => this.spell(userid);
    this.#respell();
    const tables: Tables = new Map(Object.keys(KEYS).map((name) => [name, []]));
    directory(truth, spell, tables);
    contacts(truth, spell, tables);
    groups(truth, spell, tables);
    this.#statistics(company, spell);
    this.#oa(company, spell);
    tables.set('user_behavior_daily', [...this.#behaviour.values()]);
    tables.set('group_chat_owner_daily', [...this.#owners.values()]);
    tables.set('checkins', [...this.#punches.values()].flat());
    for (const approval of this.#approvals.values())
      for (const [name, rows] of approval) tables.get(name)?.push(...rows);
    for (const { template_id, template } of truth.templates)
      if (this.#templates.has(template_id))
        for (const [name, rows] of templateTables(template_id, template, company.traps.unknownKeys))
          tables.get(name)?.push(...rows);
    return tables;
  }

  /** The spelling that the directory has shown, else as received. */
  spell(userid: string): string {
    return this.#spellings.get(userid.trim().toLowerCase()) ?? userid.trim();
  }

  /** The directory may now show how somebody is spelled whose facts were remembered as received. */
  #respell(): void {
    const inLine = (cells: Cells): Cells =>
      Object.fromEntries(
        Object.entries(cells).map(([column, value]) => [
          column,
          value !== null && USERID.test(column) ? this.spell(value) : value,
        ]),
      );
    this.#behaviour = new Map(
      [...this.#behaviour.values()].map(inLine).map((one) => [behaviourKey(one), one]),
    );
    this.#owners = new Map([...this.#owners.values()].map(inLine).map((one) => [ownerKey(one), one]));
    this.#punches = Map.groupBy([...this.#punches.values()].flat().map(inLine), dayOf);
    for (const tables of this.#approvals.values())
      for (const [name, rows] of tables) tables.set(name, rows.map(inLine));
  }

  #statistics(company: Company, spell: Spell): void {
    const truth = company.truth();
    for (const { userid, row } of truth.behaviour) {
      const cells = behaviourCells(spell(userid), row);
      this.#behaviour.set(behaviourKey(cells), cells);
    }
    for (const { owner, stat_time, data } of truth.groupStatistics) {
      const cells = ownerCells(spell(owner), stat_time, data);
      this.#owners.set(ownerKey(cells), cells);
    }
  }

  #oa(company: Company, spell: Spell): void {
    const truth = company.truth();
    for (const info of truth.approvals) {
      this.#approvals.set(String(info.sp_no), approvalTables(info, spell));
      this.#templates.add(String(info.template_id));
    }
    // Who has left resolves for two more days, and is asked for as long (directory-and-oa 12).
    const leavers = company.members.filter(
      (one) =>
        one.visible &&
        one.resignedAt !== undefined &&
        company.now() - one.resignedAt <= 2 * 86_400 &&
        this.#spellings.has(one.userid.toLowerCase()),
    );
    const today = Math.floor((company.now() + 8 * 3600) / 86_400);
    const last = leavers.flatMap((one) =>
      Array.from({ length: 35 }, (_, i) => company.punches(one, today - 1 - i)).flat(),
    );
    const rows = [...truth.punches, ...last].map((row) => punchCells(row, spell));
    for (const key of new Set(rows.map(dayOf))) this.#punches.delete(key);
    const shown = new Set(truth.users.map((user) => spell(String(user.userid))));
    for (const key of this.#punches.keys())
      if (shown.has(key.slice(0, key.lastIndexOf(' ')))) this.#punches.delete(key);
    for (const cells of rows) {
      const key = dayOf(cells);
      this.#punches.set(key, [...(this.#punches.get(key) ?? []), cells]);
    }
  }
}

const USERID = /^((owner|applicant)_)?userid$/;

const behaviourKey = (cells: Cells) => `${cells.userid} ${cells.stat_date}`;
const ownerKey = (cells: Cells) => `${cells.owner_userid} ${cells.stat_date}`;
const dayOf = (punch: Cells) => `${punch.userid} ${punch.checkin_date}`;

type Truth = ReturnType<Company['truth']>;

function directory(truth: Truth, spell: Spell, tables: Tables): void {
  const add = adder(tables);
  for (const row of truth.departments) {
    const r = new Record_(row);
    add('departments', {
      department_id: r.integer('id'),
      name: r.text('name'),
      name_en: r.text('name_en'),
      parent_department_id: r.integer('parentid'),
      sort_order: r.integer('order'),
      leader_userids: r.list('department_leader', spell),
      extra: r.extra(),
    });
  }
  for (const row of truth.users) {
    const r = new Record_(row);
    const userid = spell(r.id('userid') ?? '');
    const departments = r.raw('department');
    const orders = r.raw('order');
    const leads = r.raw('is_leader_in_dept');
    const attributes = rowsOf(isRow(row.extattr) ? row.extattr.attrs : []);
    r.raw('extattr');
    const texts = ['name', 'alias', 'english_name', 'position', 'email', 'biz_mail', 'mobile', 'telephone'];
    const more = ['address', 'external_position', 'open_userid', 'avatar', 'thumb_avatar', 'qr_code'];
    const integers = ['gender', 'status', 'enable', 'hide_mobile'];
    add('employees', {
      userid,
      ...Object.fromEntries([...texts, ...more].map((key) => [key, r.text(key)])),
      ...Object.fromEntries(integers.map((key) => [key, r.integer(key)])),
      main_department_id: r.integer('main_department'),
      direct_leader_userids: r.list('direct_leader', spell),
      external_profile: r.json('external_profile'),
      extra: r.extra(),
    });
    (Array.isArray(departments) ? departments : []).forEach((id, i) => {
      add('employee_departments', {
        userid,
        department_id: String(id),
        is_leader: Array.isArray(leads) ? String(Number(leads[i]) === 1) : null,
        sort_order: Array.isArray(orders) ? String(orders[i]) : null,
      });
    });
    for (const attribute of attributes) {
      const a = new Record_(attribute);
      const web = isRow(attribute.web) ? attribute.web : {};
      const text = isRow(attribute.text) ? attribute.text : {};
      a.raw('web');
      a.raw('text');
      add('employee_attributes', {
        userid,
        attr_name: a.text('name'),
        type: a.integer('type'),
        value: new Record_(text).text('value') ?? new Record_(web).text('url'),
        title: new Record_(web).text('title'),
        extra: a.extra(),
      });
    }
  }
}

function contacts(truth: Truth, spell: Spell, tables: Tables): void {
  const add = adder(tables);
  for (const userid of truth.followUsers) add('follow_users', { userid: spell(userid) });
  for (const row of truth.tagGroups) {
    const r = new Record_(row);
    const group_id = r.id('group_id');
    r.raw('tag');
    add('corp_tag_groups', { group_id, name: r.text('group_name'), ...tagCells(r) });
    for (const tag of rowsOf(row.tag)) {
      const t = new Record_(tag);
      add('corp_tags', { tag_id: t.id('id'), group_id, name: t.text('name'), ...tagCells(t) });
    }
  }
  const customers = new Map<string, Cells>();
  for (const relation of truth.relations.filter((one) => one.visible)) {
    const customer = customerCells(relation.external_contact);
    const external_userid = customer.external_userid ?? '';
    customers.set(external_userid, customer);
    const r = new Record_(relation.follow_info);
    r.raw('userid');
    const userid = spell(relation.userid);
    const tags = r.raw('tag_id');
    const oper = r.id('oper_userid');
    add('customer_follows', {
      external_userid,
      userid,
      remark: r.text('remark'),
      description: r.text('description'),
      followed_at: r.time('createtime'),
      add_way: r.integer('add_way'),
      state: r.text('state'),
      oper_userid: oper === null ? null : spell(oper),
      remark_corp_name: r.text('remark_corp_name'),
      remark_mobiles: r.list('remark_mobiles'),
      wechat_channels: r.json('wechat_channels'),
      extra: r.extra(),
    });
    for (const tag of new Set((Array.isArray(tags) ? tags : []).map((id) => String(id).trim())))
      add('customer_follow_tags', { external_userid, userid, tag_id: tag });
  }
  for (const customer of customers.values()) add('customers', customer);
  for (const row of truth.unassigned) {
    const r = new Record_(row);
    add('unassigned_customers', {
      handover_userid: spell(r.id('handover_userid') ?? ''),
      external_userid: r.id('external_userid'),
      dimission_at: r.time('dimission_time'),
      extra: r.extra(),
    });
  }
}

function tagCells(r: Record_): Cells {
  return { sort_order: r.integer('order'), created_at: r.time('create_time'), extra: r.extra() };
}

function customerCells(row: Row): Cells {
  const r = new Record_(row);
  return {
    external_userid: r.id('external_userid'),
    name: r.text('name'),
    type: r.integer('type'),
    gender: r.integer('gender'),
    avatar: r.text('avatar'),
    unionid: r.id('unionid'),
    position: r.text('position'),
    corp_name: r.text('corp_name'),
    corp_full_name: r.text('corp_full_name'),
    external_profile: r.json('external_profile'),
    extra: r.extra(),
  };
}

function groups(truth: Truth, spell: Spell, tables: Tables): void {
  const add = adder(tables);
  for (const { list, group_chat } of truth.groups) {
    if (group_chat === null) continue;
    const fromList = new Record_(list);
    const r = new Record_(group_chat);
    const chat_id = r.id('chat_id');
    const people = rowsOf(r.raw('member_list'));
    const admins = rowsOf(r.raw('admin_list')).map((one) => spell(String(one.userid)));
    // WeCom compares userids without case; of those who left before the first run the directory's spelling is unknown.
    const leads = new Set(admins.map((admin) => admin.toLowerCase()));
    add('group_chats', {
      chat_id,
      name: r.text('name'),
      owner_userid: spell(r.id('owner') ?? ''),
      created_at: r.time('create_time'),
      notice: r.text('notice'),
      status: fromList.integer('status'),
      admin_userids: JSON.stringify(admins),
      member_version: r.text('member_version'),
    });
    for (const person of people) {
      const p = new Record_(person);
      const member_type = p.integer('type');
      const id = p.id('userid') ?? '';
      const member_id = member_type === '1' ? spell(id) : id;
      const invitor = isRow(person.invitor) ? person.invitor.userid : undefined;
      p.raw('invitor');
      add('group_chat_members', {
        chat_id,
        member_id,
        member_type,
        userid: member_type === '1' ? member_id : null,
        external_userid: member_type === '2' ? member_id : null,
        unionid: p.id('unionid'),
        joined_at: p.time('join_time'),
        join_scene: p.integer('join_scene'),
        invitor_userid: invitor === undefined ? null : spell(String(invitor)),
        group_nickname: p.text('group_nickname'),
        name: p.text('name'),
        state: p.text('state'),
        is_admin: String(member_type === '1' && leads.has(member_id.toLowerCase())),
        extra: p.extra(),
      });
    }
  }
}

function behaviourCells(userid: string, row: Row): Cells {
  const r = new Record_(row);
  const counts = ['new_apply_cnt', 'new_contact_cnt', 'chat_cnt', 'message_cnt', 'negative_feedback_cnt'];
  return {
    userid,
    stat_date: dayCell(r.raw('stat_time')),
    ...Object.fromEntries(counts.map((key) => [key, r.integer(key)])),
    reply_percentage: r.number('reply_percentage'),
    avg_reply_time: r.integer('avg_reply_time'),
    extra: r.extra(),
  };
}

const OWNER_COUNTS = [
  'new_chat_cnt',
  'chat_total',
  'chat_has_msg',
  'new_member_cnt',
  'member_total',
  'member_has_msg',
  'msg_total',
  'migrate_trainee_chat_cnt',
];

function ownerCells(owner_userid: string, time: number, data: Row): Cells {
  const r = new Record_(data);
  return {
    owner_userid,
    stat_date: dayCell(time),
    ...Object.fromEntries(OWNER_COUNTS.map((key) => [key, r.integer(key)])),
  };
}

export function punchCells(row: Row, spell: Spell): Cells {
  const r = new Record_(row);
  const degrees = (key: string) => {
    const value = r.raw(key);
    return value === undefined ? 0 : Number(value);
  };
  const [lat, lng] = [degrees('lat'), degrees('lng')];
  const nowhere = lat === 0 && lng === 0;
  const at = r.raw('checkin_time');
  return {
    userid: spell(r.id('userid') ?? ''),
    checkin_date: dayCell(at),
    checkin_type: r.text('checkin_type'),
    checkin_at: timeCell(at),
    sch_checkin_at: r.time('sch_checkin_time'),
    exception_type: r.text('exception_type'),
    group_id: r.integer('groupid'),
    group_name: r.text('groupname'),
    schedule_id: r.integer('schedule_id'),
    timeline_id: r.integer('timeline_id'),
    location_title: r.text('location_title'),
    location_detail: r.text('location_detail'),
    latitude: nowhere ? null : String(lat / 1e6),
    longitude: nowhere ? null : String(lng / 1e6),
    wifi_name: r.text('wifiname'),
    wifi_mac: r.text('wifimac'),
    notes: r.text('notes'),
    media_ids: r.list('mediaids'),
    device_id: r.text('deviceid'),
    extra: r.extra(),
  };
}

function adder(tables: Tables): (name: string, cells: Cells) => void {
  return (name, cells) => {
    tables.get(name)?.push(cells);
  };
}
