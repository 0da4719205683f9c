import { describe, expect, it } from 'vitest';
import { ASKED_TEMPLATE_ID, approvalTemplatesStream } from '../../extractors/approval_templates.ts';
import { RecordRejected } from '../../src/engine/stream.ts';
import type { JsonObject, JsonValue } from '../../src/wecom/json.ts';
import { names, only } from './extract-oa-support.ts';

const zh = (text: string) => [{ text, lang: 'zh_CN' }];
const template = (...controls: JsonValue[]): JsonObject => ({
  template_names: zh('门店采购申请'),
  template_content: { controls },
  [ASKED_TEMPLATE_ID]: 'T1',
});
const control = (id: string, more: JsonObject = {}): JsonObject => ({
  property: { control: 'Text', id, title: zh(id), placeholder: [], require: 1, un_print: '0' },
  ...more,
});
const table = (id: string, ...children: JsonObject[]): JsonObject => ({
  property: { control: 'Table', id },
  config: { table: { children, stat_field: [1] } },
});
const normalise = (record: JsonObject) => approvalTemplatesStream.normalise(record, names);
const fields = (...controls: JsonValue[]) => normalise(template(...controls)).approval_template_fields ?? [];

describe('approval_templates.normalise', () => {
  it('names the template as it was asked for, and keeps the document without that private key', () => {
    const record: JsonObject = {
      ...template(),
      template_names: [
        { text: '', lang: 'zh_CN' },
        { text: 'Purchase', lang: 'en' },
      ],
      vacation_list: { item: [{ id: 1, name: zh('年假') }] },
      unknown: 1,
    };
    const { [ASKED_TEMPLATE_ID]: _asked, ...document } = record;
    expect(only(normalise(record), 'approval_templates')).toEqual({
      template_id: 'T1',
      name: 'Purchase',
      names: JSON.stringify(record.template_names),
      vacation_list: JSON.stringify(record.vacation_list),
      extra: '{"unknown":1}',
      payload: JSON.stringify(document),
    });
  });

  it('gives each control a row, with its settings and what has no column', () => {
    const selector = { selector: { type: 'multi', options: [] } };
    const property = {
      control: 'Selector',
      id: 7,
      title: zh('类别'),
      require: 'x',
      display: 1,
      inner_id: '',
      colour: 'red',
    };
    expect(fields({ property, config: selector, more: 2 })).toEqual([
      {
        template_id: 'T1',
        field_id: '7',
        table_no: 0,
        table_id: null,
        position: 0,
        control: 'Selector',
        title: '类别',
        placeholder: null,
        required: null,
        un_print: undefined,
        inner_id: null,
        un_replace: undefined,
        display: 1,
        config: JSON.stringify(selector),
        extra: JSON.stringify({ property: { require: 'x', colour: 'red' }, more: 2 }),
      },
    ]);
    expect(fields(control('a'))).toMatchObject([
      { required: true, un_print: false, config: null, extra: null },
    ]);
  });

  it('gives the children of tables rows of their own, with distinct keys', () => {
    const rows = fields(
      control('x'),
      table('A', control('x'), control('c')),
      table('B', control('c'), control('c')),
      control('x'),
      { config: [] },
    );
    expect(rows.map((row) => [row.field_id, row.table_no, row.table_id, row.position])).toEqual([
      ['x', 0, null, 0],
      ['A', 0, null, 1],
      ['x', 1, 'A', 0],
      ['c', 1, 'A', 1],
      ['B', 0, null, 2],
      ['c', 2, 'B', 0],
      ['c#2', 2, 'B', 1],
      ['x#2', 0, null, 3],
      ['#4', 0, null, 4],
    ]);
    expect(rows[1]?.config).toBe('{"table":{"stat_field":[1]}}');
  });

  it('accepts every nothing, and rejects a record that nobody asked for', () => {
    for (const nothing of [null, '', [], {}]) {
      expect(normalise({ ...template(), template_names: nothing, template_content: nothing })).toMatchObject({
        approval_templates: [{ name: null, names: null }],
        approval_template_fields: [],
      });
    }
    expect(() => normalise({ template_names: [] })).toThrow(RecordRejected);
  });
});
