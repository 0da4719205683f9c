/** Form values of approvals: one value of every control type (directory-and-oa 5.3). */
import { DAY, dayOf, HOUR, startOf } from '../days.ts';
import { idText, type Random } from '../random.ts';
import type { Traps } from '../traps.ts';
import { type Row, withUnknownKey } from './odd.ts';
import { type Control, OPTIONS, texts, VACATIONS } from './templates.ts';

/** What the values are filled from. */
export interface FormContext {
  traps: Traps;
  r: Random;
  applyTime: number;
  userid: string;
  name: string;
  departmentId: number;
  departmentName: string;
}

const EMPTY = {
  tips: [],
  members: [],
  departments: [],
  files: [],
  children: [],
  stat_field: [],
  sum_field: [],
  related_approval: [],
  students: [],
  classes: [],
  docs: [],
  wedrive_files: [],
};

/** One element of `apply_data.contents`. */
export function formItem(context: FormContext, control: Control): Row {
  const value = formValue(context, control);
  const item = {
    control: control.control,
    id: control.id,
    title: texts(control.title),
    value: { ...EMPTY, ...value },
  };
  return withUnknownKey(context.traps, item, 'contents');
}

function formValue(context: FormContext, control: Control): Row {
  const { r, applyTime } = context;
  const makers: Record<string, () => Row> = {
    Text: () => ({
      text: r.pick(['双十一备货', '补货', '', context.traps.dirtyText ? '苏打水\u0000' : '苏打水']),
    }),
    Textarea: () => ({ text: '家中有事\n需要请假' }),
    Number: () => ({ new_number: r.chance(0.1) ? '' : String(r.between(1, 99)) }),
    Money: () => ({ new_money: r.chance(0.1) ? '' : (r.int(2_000_000) / 100).toFixed(2) }),
    Date: () => ({ date: dateValue(context, control.variant) }),
    Selector: () => ({ selector: selector(r, String(control.variant)) }),
    Contact: () => contact(context, control.variant),
    Tips: () => ({ new_tips: tips() }),
    File: () => ({ files: [{ file_id: `WWCISP_${idText(60, 'file', applyTime, r.int(1e9))}` }] }),
    Table: () => ({ children: tableRows(context, control.children ?? []) }),
    DateRange: () => ({ date_range: dateRange(applyTime, 'hour', 2 * HOUR) }),
    Attendance: () => ({ attendance: attendance(applyTime, Number(control.variant), 9 * HOUR) }),
    Vacation: () => ({ vacation: vacation(context) }),
    PunchCorrection: () => ({ punch_correction: punchCorrection(applyTime) }),
    Location: () => ({ location: location(applyTime) }),
    RelatedApproval: () => ({ related_approval: [related(context)] }),
    Formula: () => ({ formula: { value: (r.int(100_000) / 10).toFixed(1) } }),
    PhoneNumber: () => ({ phonenumber: { area: '+86', number: '13800000001' } }),
    BankAccount: () => ({ bank_account: bankAccount(context) }),
    WedriveFile: () => ({ wedrive_files: [{ file_id: 'FILEID001' }] }),
    SchoolContact: () => ({ students: [{ name: '小明' }], classes: [{ name: '一班' }] }),
    Doc: () => ({ docs: [{ docid: 'DOCID001' }] }),
    Hologram: () => ({ hologram: { depth: 3 } }),
  };
  return makers[control.control]?.() ?? {};
}

/** The timestamp is text; the zone only outside UTC+8, its sign turned (published-samples). */
function dateValue({ r, applyTime }: FormContext, type: string | number | undefined): Row {
  const time = type === 'day' ? startOf(dayOf(applyTime)) : applyTime - (applyTime % 60);
  const zone = r.chance(0.1) ? { timezone_info: { zone_offset: '-9', zone_desc: 'UTC+9' } } : {};
  return { type, s_timestamp: String(time), ...zone };
}

function selector(r: Random, type: string): Row {
  const chosen = r.sample([0, 1, 2, 3], type === 'single' ? 1 : r.int(4));
  const options = chosen.map((i) => ({ key: `option-${i + 1}`, value: texts(OPTIONS[i] ?? '') }));
  return { type, options, exp_type: 0 };
}

function contact(context: FormContext, mode: string | number | undefined): Row {
  if (mode === 'department') {
    return { departments: [{ openapi_id: String(context.departmentId), name: context.departmentName }] };
  }
  return { members: [{ userid: context.userid, name: context.name }] };
}

function tips(): Row {
  const plain = { type: 1, content: { plain_text: { content: '超过一万元需附合同' } } };
  const link = { type: 2, content: { link: { title: '制度', url: 'https://example.com/rule' } } };
  return { tips_content: [{ lang: 'zh_CN', text: { sub_text: [plain, link] } }] };
}

function tableRows(context: FormContext, children: Control[]): Row[] {
  return Array.from({ length: context.r.int(4) }, () => ({
    list: children.map((child) => formItem(context, child)),
  }));
}

function dateRange(applyTime: number, type: string, duration: number): Row {
  const begin = startOf(dayOf(applyTime) + 1) + (type === 'hour' ? 9 * HOUR : 0);
  return { type, new_begin: begin, new_end: begin + duration, new_duration: duration };
}

function attendance(applyTime: number, type: number, duration: number): Row {
  const dayItems = [{ daytime: startOf(dayOf(applyTime) + 1), duration }];
  return {
    date_range: dateRange(applyTime, 'hour', duration),
    type,
    slice_info: { duration, state: 1, day_items: dayItems },
  };
}

function vacation({ r, applyTime }: FormContext): Row {
  const kind = r.int(VACATIONS.length);
  const days = r.between(1, 3);
  const first = dayOf(applyTime) + 1;
  const range = { ...dateRange(applyTime, 'halfday', days * DAY), perday_duration: DAY };
  const dayItems = Array.from({ length: days }, (_, i) => ({ daytime: startOf(first + i), duration: DAY }));
  const option = { key: String(kind + 1), value: texts(VACATIONS[kind] ?? '') };
  return {
    selector: { type: 'single', options: [option], exp_type: 0 },
    attendance: {
      date_range: range,
      type: 1,
      slice_info: { duration: days * DAY, state: 1, day_items: dayItems },
    },
  };
}

function punchCorrection(applyTime: number): Row {
  const day = startOf(dayOf(applyTime) - 1);
  return { state: '上班缺卡', time: day + 9 * HOUR, version: 1, daymonthyear: day };
}

/** Degrees as text. */
function location(applyTime: number): Row {
  return {
    latitude: '31.230416',
    longitude: '121.473701',
    title: '人民广场店',
    address: '上海市黄浦区',
    time: applyTime,
  };
}

function related(context: FormContext): Row {
  const names = [
    { text: '采购', lang: 'zh_CN' },
    { text: '', lang: 'en' },
  ];
  return {
    template_names: names,
    sp_status: 2,
    name: context.name,
    create_time: context.applyTime - DAY,
    sp_no: '202510310004',
  };
}

function bankAccount(context: FormContext): Row {
  const bank = {
    bank_alias: '招商银行',
    bank_alias_code: '1001',
    province: '浙江省',
    province_code: 33,
    city: '杭州市',
    city_code: 3301,
    bank_branch_name: '滨江支行',
    bank_branch_id: '308331012345',
  };
  return {
    account_type: 2,
    account_name: context.name,
    account_number: '6214850000000000',
    remark: '',
    bank,
  };
}
