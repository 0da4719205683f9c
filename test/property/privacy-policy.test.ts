import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import type { Rows, Stream } from '../../src/engine/stream.ts';
import { configurableColumns, personalColumns } from '../../src/privacy/columns.ts';
import { type Treatment, treatmentOf } from '../../src/privacy/policy.ts';
import type { JsonObject, JsonValue } from '../../src/wecom/json.ts';

const KEY = 'a key of at least thirty-two characters';
const MARK = 'personal-value-';
const hashed = (text: string) => createHmac('sha256', KEY).update(text).digest('hex');

/** What a record needs to have a key, by the table of the column. */
const KEYS: Readonly<Record<string, JsonObject>> = {
  employees: { userid: 'ZhangSan' },
  employee_attributes: { userid: 'ZhangSan' },
  customers: { external_contact: { external_userid: 'wmA' }, follow_info: { userid: 'ZhangSan' } },
  customer_follows: { external_contact: { external_userid: 'wmA' }, follow_info: { userid: 'ZhangSan' } },
  group_chat_members: { chat_id: 'wrA' },
  approval_step_approvers: { sp_no: '202601010001' },
  approval_comments: { sp_no: '202601010001' },
  approval_fields: { sp_no: '202601010001' },
  checkins: { userid: 'ZhangSan', checkin_time: 1_750_000_000 },
};
/** What an element of a list needs to become a row. */
const ELEMENT: JsonObject = {
  userid: 'LiSi',
  name: 'x',
  control: 'Text',
  id: 'Text-1',
  commentid: '1',
  type: 0,
};

/** The record with the value at the path. */
function put(object: JsonObject, [step = '', ...rest]: readonly string[], value: JsonValue): JsonObject {
  const name = step.replace('[]', '');
  const inner = object[name];
  const base = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {};
  if (rest.length === 0) return { ...object, [name]: value };
  if (step.endsWith('[]')) return { ...object, [name]: [put(ELEMENT, rest, value)] };
  return { ...object, [name]: put('rawJSON' in base ? {} : (base as JsonObject), rest, value) };
}

const streamOf = (table: string): Stream =>
  catalogue.find(({ tables }) => tables.some(({ name }) => name === table)) ?? expect.fail(table);

const context = { spelling: (userid: string) => userid.trim() };

function rowsWith(column: string, path: string, value: JsonValue, treatment: Treatment): [JsonObject, Rows] {
  const [table = ''] = column.split('.');
  const stream = streamOf(table);
  const record = put(KEYS[table] ?? {}, path.split('.'), value);
  const treated = treatmentOf(stream.tables, { [column]: treatment }, KEY)(record);
  return [treated, stream.normalise(treated, context)];
}

const cases = configurableColumns.flatMap((column) =>
  (personalColumns.get(column)?.paths ?? []).map((path) => [column, path] as const),
);
/** Texts that survive as they are: no blanks at their edges, nothing that JSON would escape. */
const value = fc.stringMatching(/^[\w中文字.@+-]{1,20}$/).map((text) => `${MARK}${text}`);
const list = (column: string, text: string): JsonValue => (column.endsWith('mobiles') ? [text] : text);

describe.each(cases)('%s at %s', (column, path) => {
  test('dropped, it is in no row, no extra and no payload', () => {
    fc.assert(
      fc.property(value, (text) => {
        const [record, rows] = rowsWith(column, path, list(column, text), 'drop');
        expect(JSON.stringify([record, rows])).not.toContain(MARK);
      }),
      { numRuns: 20 },
    );
  });

  test('kept, its column shows it, so the path is the right one', () => {
    if (personalColumns.get(column)?.dropOnly) return;
    const [, rows] = rowsWith(column, path, list(column, `${MARK}1`), 'keep');
    const [table = '', name = ''] = column.split('.');
    expect(JSON.stringify(rows[table]?.map((row) => row[name]))).toContain(`${MARK}1`);
  });

  test('hashed, its column holds the keyed hash of the trimmed text and nothing else does', () => {
    if (personalColumns.get(column)?.dropOnly) return;
    fc.assert(
      fc.property(value, (text) => {
        const [record, rows] = rowsWith(column, path, list(column, ` ${text} `), 'hash');
        const [table = '', name = ''] = column.split('.');
        expect(JSON.stringify(rows[table]?.map((row) => row[name]))).toContain(hashed(text));
        expect(JSON.stringify([record, rows])).not.toContain(MARK);
      }),
      { numRuns: 20 },
    );
  });

  test('what is no text, or has blanks around its key, does not slip through', () => {
    for (const odd of [{ text: `${MARK}1` }, [{ text: `${MARK}1` }], [[`${MARK}1`]]] as JsonValue[])
      for (const treatment of ['drop', 'hash'] as const)
        expect(JSON.stringify(rowsWith(column, path, odd, treatment))).not.toContain(MARK);
    const last = path.split('.').at(-1) ?? '';
    const spaced = `${path.slice(0, -last.length)} ${last} `;
    expect(JSON.stringify(rowsWith(column, spaced, `${MARK}1`, 'drop'))).not.toContain(MARK);
  });
});

test('a record without a policy for its tables is the record itself', () => {
  const record = { userid: 'ZhangSan', name: '张三' };
  const treat = treatmentOf(streamOf('employees').tables, { 'customers.name': 'drop' }, KEY);
  expect(treat(record)).toBe(record);
});
