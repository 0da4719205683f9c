/** Approvals and their templates as tables (DESIGN 2.3, directory-and-oa 5.2 to 5.4), independent of extractors/. */
import type { Cells, Spell, Tables } from './expected.ts';
import { isRow, Record_, type Row, rowsOf, timeCell } from './record.ts';
import { clean, decimal, jsonText, toJson } from './values.ts';

export function approvalTables(info: Row, spell: Spell): Tables {
  const r = new Record_(info);
  const sp_no = r.id('sp_no') ?? '';
  const applicant = isRow(info.applyer) ? new Record_(info.applyer) : new Record_({});
  for (const key of ['applyer', 'sp_record', 'process_list', 'notifyer', 'comments', 'apply_data'])
    r.raw(key);
  const batch = rowsOf(r.raw('batch_applyer')).map((one) => spell(String(one.userid)));
  const approval: Cells = {
    sp_no,
    sp_name: r.text('sp_name'),
    sp_status: r.integer('sp_status'),
    template_id: r.text('template_id'),
    applied_at: r.time('apply_time'),
    applicant_userid: spell(applicant.id('userid') ?? ''),
    applicant_department_id: applicant.integer('partyid'),
    batch_applicant_userids: JSON.stringify(batch),
    extra: r.extra(),
    payload: jsonText(toJson(info)),
  };
  const { steps, approvers } = flow(sp_no, info, spell);
  const contents = isRow(info.apply_data) ? rowsOf(info.apply_data.contents) : [];
  const notified = new Set(rowsOf(info.notifyer).map((one) => spell(String(one.userid))));
  return new Map([
    ['approvals', [approval]],
    ['approval_steps', steps],
    ['approval_step_approvers', approvers],
    ['approval_fields', contents.flatMap((item, position) => fieldRows(sp_no, item, position))],
    ['approval_notifyers', [...notified].map((userid) => ({ sp_no, userid }))],
    ['approval_comments', rowsOf(info.comments).map((one) => commentCells(sp_no, one, spell))],
  ]);
}

function flow(sp_no: string, info: Row, spell: Spell): { steps: Cells[]; approvers: Cells[] } {
  const steps: Cells[] = [];
  const approvers: Cells[] = [];
  const add = (source: string, node: Row, i: number, details: Row[]) => {
    const r = new Record_(node);
    const at = { sp_no, source, node_index: String(i) };
    steps.push({
      ...at,
      node_type: r.integer('node_type'),
      sp_status: r.integer('sp_status'),
      approverattr: r.integer('approverattr'),
      apv_rel: r.integer('apv_rel'),
    });
    details.forEach((detail, j) => {
      const d = new Record_(detail);
      const approver = isRow(detail.approver) ? detail.approver.userid : detail.userid;
      approvers.push({
        ...at,
        detail_index: String(j),
        userid: spell(String(approver)),
        speech: d.text('speech'),
        status: source === 'sp_record' ? d.integer('sp_status') : d.integer('sp_yj'),
        acted_at: d.time('sptime'),
        media_ids: source === 'sp_record' ? d.list('media_id') : d.list('media_ids'),
      });
    });
  };
  rowsOf(info.sp_record).forEach((node, i) => {
    add('sp_record', node, i, rowsOf(node.details));
  });
  const nodes = isRow(info.process_list) ? rowsOf(info.process_list.node_list) : [];
  nodes.forEach((node, i) => {
    add('process_list', node, i, rowsOf(node.sub_node_list));
  });
  return { steps, approvers };
}

function commentCells(sp_no: string, comment: Row, spell: Spell): Cells {
  const r = new Record_(comment);
  const author = isRow(comment.commentUserInfo) ? comment.commentUserInfo.userid : '';
  return {
    sp_no,
    comment_id: r.id('commentid'),
    userid: spell(String(author)),
    commented_at: r.time('commenttime'),
    content: r.text('commentcontent'),
    media_ids: r.list('media_id'),
  };
}

/** The field itself, and for a table every child of every row. */
function fieldRows(sp_no: string, item: Row, position: number, table?: { id: string; row: number }): Cells[] {
  const value = isRow(item.value) ? item.value : {};
  const field_id = String(item.id);
  const own: Cells = {
    sp_no,
    field_id,
    row_no: String(table?.row ?? 0),
    table_id: table?.id ?? null,
    position: String(position),
    control: String(item.control),
    title: titleOf(item.title),
    ...fieldValues(String(item.control), value),
  };
  if (item.control !== 'Table') return [own];
  const children = rowsOf(value.children).flatMap((row, i) =>
    rowsOf(row.list).flatMap((child, j) => fieldRows(sp_no, child, j, { id: field_id, row: i + 1 })),
  );
  return [own, ...children];
}

function titleOf(title: unknown): string | null {
  const texts = rowsOf(title);
  const chosen =
    texts.find((one) => one.lang === 'zh_CN' && one.text !== '') ?? texts.find((one) => one.text !== '');
  return chosen === undefined ? null : clean(String(chosen.text));
}

const NO_VALUES = { value_text: null, value_number: null, value_at: null, value_end_at: null };
const json = (value: unknown) => jsonText(toJson(value));
const number = (text: unknown) => (text === '' || text === undefined ? null : decimal(String(text)));
const names = (list: unknown) =>
  rowsOf(list)
    .map((one) => clean(String(one.name)))
    .join('、') || null;

/** Only what the contract fixes; columns whose content is the builder's choice are left out. */
function fieldValues(control: string, value: Row): Cells {
  const part = (key: string): Row => (isRow(value[key]) ? value[key] : {});
  switch (control) {
    case 'Text':
    case 'Textarea':
      return { ...NO_VALUES, value_text: clean(String(value.text)) || null };
    case 'Number':
      return numeric(number(value.new_number));
    case 'Money':
      return numeric(number(value.new_money));
    case 'Formula':
      return numeric(number(part('formula').value));
    case 'Date':
      return { ...NO_VALUES, ...date(part('date')), value: json(value.date) };
    case 'Selector':
      return { ...NO_VALUES, value_text: optionTexts(value.selector) };
    case 'Contact':
      return { ...NO_VALUES, value_text: names(value.members) ?? names(value.departments) };
    case 'DateRange':
      return range(part('date_range'));
    case 'Attendance':
      return range(dateRangeOf(value.attendance));
    case 'Vacation': {
      const { attendance, selector } = part('vacation');
      return { ...range(dateRangeOf(attendance)), value_text: optionTexts(selector) };
    }
    case 'PunchCorrection':
      return { value_at: timeCell(part('punch_correction').time), value_end_at: null };
    case 'Location':
      return { value_number: null, value_at: timeCell(part('location').time), value: json(value.location) };
    case 'Table':
      return NO_VALUES;
    case 'Tips':
      return { value: null, value_number: null, value_at: null };
    default:
      return { value_number: null, value_at: null, value_end_at: null };
  }
}

function numeric(value_number: string | null): Cells {
  return { value_number, value_at: null, value_end_at: null };
}

function dateRangeOf(attendance: unknown): Row {
  return isRow(attendance) && isRow(attendance.date_range) ? attendance.date_range : {};
}

function range(one: Row): Cells {
  return {
    value_number: String(one.new_duration),
    value_at: timeCell(one.new_begin),
    value_end_at: timeCell(one.new_end),
  };
}

function optionTexts(selector: unknown): string | null {
  const options = isRow(selector) ? rowsOf(selector.options) : [];
  return options.map((option) => titleOf(option.value) ?? '').join('、') || null;
}

/** The sign of zone_offset is turned: "-9" is UTC+9 (published-samples). */
function date(one: Row): Cells {
  const zone = isRow(one.timezone_info) ? -Number(one.timezone_info.zone_offset) : 8;
  const local = new Date((Number(one.s_timestamp) + zone * 3600) * 1000).toISOString();
  const value_text = one.type === 'day' ? local.slice(0, 10) : local.slice(0, 16).replace('T', ' ');
  return { value_at: timeCell(one.s_timestamp), value_text };
}

export function templateTables(template_id: string, template: Row, unknownKeys: boolean): Tables {
  const body = unknownKeys ? { ...template, sim_new_top_key: 1 } : template;
  const r = new Record_(body);
  const content = isRow(body.template_content) ? body.template_content : {};
  const row: Cells = {
    template_id,
    name: titleOf(body.template_names),
    names: r.json('template_names'),
    vacation_list: r.json('vacation_list'),
    payload: jsonText(toJson(body)),
  };
  const fields = rowsOf(content.controls).flatMap((control, i) => templateFields(template_id, control, i));
  return new Map([
    ['approval_templates', [row]],
    ['approval_template_fields', fields],
  ]);
}

function templateFields(template_id: string, control: Row, position: number, table?: string): Cells[] {
  const property = isRow(control.property) ? control.property : {};
  const r = new Record_(property);
  const field_id = String(r.id('id'));
  const flag = (key: string) => {
    const value = r.integer(key);
    return value === null ? null : String(value === '1');
  };
  const own: Cells = {
    template_id,
    field_id,
    table_no: table === undefined ? '0' : '1',
    table_id: table ?? null,
    position: String(position),
    control: r.text('control'),
    title: titleOf(property.title),
    placeholder: titleOf(property.placeholder),
    required: flag('require'),
    un_print: flag('un_print'),
    inner_id: r.text('inner_id'),
    un_replace: r.integer('un_replace'),
    display: r.integer('display'),
    ...(property.control === 'Table'
      ? {}
      : { config: control.config === undefined ? null : json(control.config) }),
  };
  const inside =
    isRow(control.config) && isRow(control.config.table) ? rowsOf(control.config.table.children) : [];
  return [own, ...inside.flatMap((child, i) => templateFields(template_id, child, i, field_id))];
}
