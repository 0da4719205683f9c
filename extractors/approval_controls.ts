import { isJsonObject, type JsonObject, type JsonValue } from '../src/wecom/json.ts';
import { Fields, idOf, isNothing, objectsOf, scalarText } from './fields.ts';
import { fieldsOf } from './leftovers.ts';

/** What a person reads in a form's control, and what can be counted or compared (directory-and-oa 5.3). */
export interface Reading {
  /** Several choices, members or files are joined by 、. */
  readonly text?: string | null | undefined;
  /** Decimal text; durations in seconds. */
  readonly number?: string | null | undefined;
  /** ISO text. */
  readonly at?: string | null | undefined;
  readonly endAt?: string | null | undefined;
}

export interface ControlValue extends Reading {
  /** JSON text of what the control holds, as received. */
  readonly value: string | null;
}

type Reader = (value: JsonValue, spelling: (userid: string) => string) => Reading;

const SHANGHAI_HOURS = 8;
const MOST_ZONE_HOURS = 14;
const SEPARATOR = '、';

const joined = (parts: readonly (string | null | undefined)[], separator: string): string | null =>
  parts.filter((part) => !isNothing(part)).join(separator) || null;

/** The zh_CN text of `[{text, lang}]`, else the first one that is not empty: a text can be empty in one language. */
export function pickText(value: JsonValue | undefined): string | null {
  if (typeof value === 'string') return value || null;
  const texts = objectsOf(value).filter((item) => !isNothing(item.text));
  return scalarText((texts.find((item) => item.lang === 'zh_CN') ?? texts[0])?.text) ?? null;
}

/** `zone_offset` has its sign turned: "-9" stands beside "UTC+9" (published-samples). Absent: Shanghai. */
function zoneHours(zone: JsonValue | undefined): number {
  const hours = -Number(fieldsOf(zone).numeric('zone_offset') ?? -SHANGHAI_HOURS);
  return Math.abs(hours) <= MOST_ZONE_HOURS ? hours : SHANGHAI_HOURS;
}

/** `YYYY-MM-DD HH:MM` on the wall clock of the form. */
function wallClock(iso: string | null | undefined, hours: number): string | null {
  if (!iso) return null;
  return new Date(Date.parse(iso) + hours * 3_600_000).toISOString().slice(0, 16).replace('T', ' ');
}

/** Unix seconds, or the `{timestamp, time_type}` that one SDK has. */
function moment(range: Fields, key: string): string | null | undefined {
  return range.inner(key).time('timestamp') ?? range.time(key);
}

const plain: Reader = (value) => ({ text: scalarText(value) ?? null });

const amount: Reader = (value) => {
  const text = scalarText(value) ?? null;
  return { text, number: new Fields({ text }).numeric('text') };
};

const date: Reader = (value) => {
  const f = fieldsOf(value);
  const at = f.time('s_timestamp');
  const text = wallClock(at, zoneHours(f.raw('timezone_info')));
  return { text: f.raw('type') === 'day' ? text?.slice(0, 10) : text, at };
};

const dateRange: Reader = (value) => {
  const f = fieldsOf(value);
  const hours = zoneHours(f.raw('timezone_info'));
  const [at, endAt] = [moment(f, 'new_begin'), moment(f, 'new_end')];
  const text = joined([wallClock(at, hours), wallClock(endAt, hours)], ' ~ ');
  return { text, number: f.numeric('new_duration'), at, endAt };
};

const selector: Reader = (value) => {
  const options = objectsOf(fieldsOf(value).raw('options'));
  return {
    text: joined(
      options.map((option) => pickText(option.value) ?? idOf(option.key)),
      SEPARATOR,
    ),
  };
};

const attendance: Reader = (value, spelling) => {
  const f = fieldsOf(value);
  const range = dateRange(f.raw('date_range') ?? null, spelling);
  return { ...range, number: range.number ?? f.inner('slice_info').numeric('duration') };
};

/** The kind of leave is the text; begin, end and duration are those of its attendance part. */
const vacation: Reader = (value, spelling) => {
  const f = fieldsOf(value);
  const { text } = selector(f.raw('selector') ?? null, spelling);
  return { ...attendance(f.raw('attendance') ?? null, spelling), text };
};

/** Without a time the correction is for a whole day: `daymonthyear` is its 00:00. */
const punchCorrection: Reader = (value) => {
  const f = fieldsOf(value);
  return { text: f.text('state'), at: f.time('time') ?? f.time('daymonthyear') };
};

const location: Reader = (value) => {
  const f = fieldsOf(value);
  return { text: joined([f.text('title'), f.text('address')], ' '), at: f.time('time') };
};

const formula: Reader = (value, spelling) => amount(fieldsOf(value).raw('value') ?? null, spelling);

const phoneNumber: Reader = (value) => {
  const f = fieldsOf(value);
  return { text: joined([f.text('area'), f.text('number')], ' ') };
};

const bankAccount: Reader = (value) => {
  const f = fieldsOf(value);
  const bank = f.inner('bank');
  const parts = [f.text('account_name'), bank.text('bank_alias'), bank.text('bank_branch_name')];
  return { text: joined([...parts, f.text('account_number')], ' ') };
};

/** Each item of a list by the first of these fields that it has. */
const listed =
  (...keys: readonly string[]): Reader =>
  (value) => {
    const texts = objectsOf(value).map((item) => {
      const f = new Fields(item);
      return keys.map((key) => f.text(key)).find((text) => text);
    });
    return { text: joined(texts, SEPARATOR) };
  };

const members: Reader = (value, spelling) => {
  const texts = objectsOf(value).map((member) => {
    const f = new Fields(member);
    const userid = f.optionalId('userid');
    return f.text('name') || (userid && spelling(userid));
  });
  return { text: joined(texts, SEPARATOR) };
};

const relatedApproval: Reader = (value) => {
  const texts = objectsOf(value).map((item) =>
    joined([pickText(item.template_names), idOf(item.sp_no)], ' '),
  );
  return { text: joined(texts, SEPARATOR) };
};

/** The words of the form's author; links by title and address. */
const tips: Reader = (value) => {
  const contents = objectsOf(fieldsOf(value).raw('tips_content'));
  const content = contents.find((item) => item.lang === 'zh_CN') ?? contents[0];
  const parts = objectsOf(fieldsOf(content?.text).raw('sub_text')).map((part) => {
    const f = fieldsOf(part.content);
    const link = f.inner('link');
    return f.inner('plain_text').text('content') ?? joined([link.text('title'), link.text('url')], ' ');
  });
  return { text: joined(parts, '') };
};

/** By the key of `value` that the control uses. */
const READERS: Readonly<Record<string, Reader>> = {
  text: plain,
  new_number: amount,
  new_money: amount,
  date,
  selector,
  members,
  departments: listed('name', 'openapi_id'),
  new_tips: tips,
  files: listed('file_name', 'file_id'),
  children: () => ({}),
  date_range: dateRange,
  attendance,
  vacation,
  punch_correction: punchCorrection,
  location,
  related_approval: relatedApproval,
  formula,
  phonenumber: phoneNumber,
  bank_account: bankAccount,
  wedrive_files: listed('file_name', 'file_id', 'fileid'),
};

const KEYS: Readonly<Record<string, readonly string[]>> = {
  Text: ['text'],
  Textarea: ['text'],
  Number: ['new_number'],
  Money: ['new_money'],
  Date: ['date'],
  Selector: ['selector'],
  Contact: ['members', 'departments'],
  Tips: ['new_tips'],
  File: ['files'],
  Table: ['children'],
  DateRange: ['date_range'],
  Attendance: ['attendance'],
  Vacation: ['vacation'],
  PunchCorrection: ['punch_correction'],
  Location: ['location'],
  RelatedApproval: ['related_approval'],
  Formula: ['formula'],
  PhoneNumber: ['phonenumber'],
  BankAccount: ['bank_account'],
  WedriveFile: ['wedrive_files'],
};

/** JSON text of an object without its nothings, NULL when nothing is left. */
export function compact(object: JsonObject): string | null {
  const kept = Object.entries(object).filter(([, value]) => !isNothing(value));
  return kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept));
}

/** Nothing, or an object or list of nothings. */
const isHollow = (value: JsonValue | undefined): boolean =>
  isNothing(value) || (typeof value === 'object' && Object.values(value ?? {}).every(isHollow));

/**
 * What a control holds. A known control is read by its own key, since every `value` also carries the empty keys of the
 * others; an unknown one, or one that lacks its key, keeps the whole `value` without its nothings.
 */
export function readControl(
  control: string | null,
  value: JsonValue | undefined,
  spelling: (userid: string) => string,
): ControlValue {
  if (!isJsonObject(value)) return { value: isNothing(value) ? null : JSON.stringify(value) };
  const keys = Object.hasOwn(KEYS, control ?? '') ? (KEYS[control ?? ''] ?? []) : [];
  const filled = keys.filter((key) => !isHollow(value[key]));
  const key = filled[0];
  if (key === undefined) return { value: compact(value) };
  const reading = READERS[key]?.(value[key] ?? null, spelling) ?? {};
  if (control === 'Tips') return { ...reading, value: null };
  const raw = filled.length === 1 ? value[key] : Object.fromEntries(filled.map((k) => [k, value[k] ?? null]));
  return { ...reading, value: JSON.stringify(raw) };
}

/** The rows of a table control, each a list of content items; empty for every other control. */
export function tableRows(value: JsonValue | undefined): JsonObject[][] {
  return isJsonObject(value) ? objectsOf(value.children).map((row) => objectsOf(row.list)) : [];
}
