import { describe, expect, it } from 'vitest';
import { readControl } from '../../extractors/approval_controls.ts';
import { ASKED_SP_NO } from '../../extractors/approval_rows.ts';
import { approvalsStream } from '../../extractors/approvals.ts';
import { RecordRejected } from '../../src/engine/stream.ts';
import type { JsonObject, JsonValue } from '../../src/wecom/json.ts';
import { parseAnswer } from '../../src/wecom/json.ts';
import { names, only } from './extract-oa-support.ts';

const zh = (text: string) => [{ text, lang: 'zh_CN' }];
const normalise = (record: JsonObject) => approvalsStream.normalise(record, names);

const form = (...contents: JsonObject[]): JsonObject => ({ sp_no: '1', apply_data: { contents } });
const fieldsOf = (...contents: JsonObject[]) => normalise(form(...contents)).approval_fields ?? [];
const text = (id: string, value: string): JsonObject => ({
  control: 'Text',
  id,
  title: zh(id),
  value: { text: value },
});
const table = (id: string, ...rows: JsonObject[][]): JsonObject => ({
  control: 'Table',
  id,
  title: zh(id),
  value: { children: rows.map((list) => ({ list })), stat_field: [] },
});

describe('readControl', () => {
  const range = { type: 'hour', new_begin: 1762131600, new_end: 1762138800, new_duration: 7200 };
  const cases: [control: string, value: JsonObject, expected: object][] = [
    ['Text', { text: '双十一备货' }, { text: '双十一备货', value: '"双十一备货"' }],
    ['Textarea', { text: '' }, { value: null }],
    ['Number', { new_number: '24' }, { text: '24', number: '24' }],
    ['Number', { new_number: '' }, { value: null }],
    ['Number', { new_number: 24 }, { text: '24', number: '24', value: '24' }],
    ['Number', { new_number: '约二十' }, { text: '约二十', number: null }],
    ['Money', { new_money: '12800.50' }, { text: '12800.50', number: '12800.50' }],
    [
      'Date',
      { date: { type: 'hour', s_timestamp: '1762131600' } },
      { text: '2025-11-03 09:00', at: '2025-11-03T01:00:00.000Z' },
    ],
    ['Date', { date: { type: 'day', s_timestamp: 1762099200 } }, { text: '2025-11-03' }],
    [
      'Date', // 00:00 in UTC+9 is still the day before in Shanghai
      {
        date: {
          type: 'day',
          s_timestamp: '1762095600',
          timezone_info: { zone_offset: '-9', zone_desc: 'UTC+9' },
        },
      },
      { text: '2025-11-03', at: '2025-11-02T15:00:00.000Z' },
    ],
    [
      'Date', // an absurd zone must not break the record
      { date: { type: 'day', s_timestamp: '1762099200', timezone_info: { zone_offset: '99999999999999' } } },
      { text: '2025-11-03' },
    ],
    ['Date', { date: { type: 'day', s_timestamp: 'xxxx' } }, { at: null }],
    [
      'Selector',
      {
        selector: {
          type: 'multi',
          options: [
            { key: 'option-1', value: zh('饮料') },
            { key: 'option-2', value: [] },
          ],
        },
      },
      { text: '饮料、option-2' },
    ],
    ['Selector', { selector: { type: 'single', options: [] } }, { text: null }],
    [
      'Selector',
      {
        selector: {
          options: [
            {
              key: 'a',
              value: [
                { text: '', lang: 'zh_CN' },
                { text: 'Drinks', lang: 'en' },
              ],
            },
          ],
        },
      },
      { text: 'Drinks' },
    ],
    [
      'Contact',
      { members: [{ userid: 'LiMing', name: '李明' }, { userid: 'wang' }] },
      { text: '李明、wang' },
    ],
    [
      'Contact',
      { members: [], departments: [{ openapi_id: '17', name: '华东大区' }] },
      { text: '华东大区', value: '[{"openapi_id":"17","name":"华东大区"}]' },
    ],
    [
      'File',
      { files: [{ file_id: 'F1' }, { file_id: 'F2', file_name: '合同.pdf' }] },
      { text: 'F1、合同.pdf' },
    ],
    [
      'DateRange',
      { date_range: range },
      {
        text: '2025-11-03 09:00 ~ 2025-11-03 11:00',
        number: '7200',
        at: '2025-11-03T01:00:00.000Z',
        endAt: '2025-11-03T03:00:00.000Z',
      },
    ],
    [
      'DateRange',
      {
        date_range: {
          new_begin: { timestamp: 1762131600, time_type: 1 },
          new_end: { timestamp: '1762138800' },
        },
      },
      { at: '2025-11-03T01:00:00.000Z', endAt: '2025-11-03T03:00:00.000Z' },
    ],
    [
      'Attendance',
      { attendance: { date_range: { ...range, new_duration: '' }, type: 3, slice_info: { duration: 3600 } } },
      { number: '3600', at: '2025-11-03T01:00:00.000Z' },
    ],
    [
      'Vacation',
      {
        vacation: {
          selector: { type: 'single', options: [{ key: '1', value: zh('年假') }] },
          attendance: { date_range: range, type: 1 },
        },
      },
      { text: '年假', number: '7200', at: '2025-11-03T01:00:00.000Z', endAt: '2025-11-03T03:00:00.000Z' },
    ],
    [
      'PunchCorrection',
      { punch_correction: { state: '上班缺卡', time: 1762131600, version: 1, daymonthyear: 1762099200 } },
      { text: '上班缺卡', at: '2025-11-03T01:00:00.000Z' },
    ],
    [
      'PunchCorrection',
      { punch_correction: { state: '旷工', time: 0, version: 1, daymonthyear: 1762099200 } },
      { at: '2025-11-02T16:00:00.000Z' },
    ],
    [
      'Location',
      {
        location: {
          latitude: '31.230416',
          longitude: '121.473701',
          title: '人民广场店',
          address: '',
          time: 1762131700,
        },
      },
      { text: '人民广场店', at: '2025-11-03T01:01:40.000Z' },
    ],
    [
      'RelatedApproval',
      {
        related_approval: [
          { template_names: [...zh('采购'), { text: '', lang: 'en' }], sp_no: 202510310004 },
          { sp_no: '2' },
        ],
      },
      { text: '采购 202510310004、2' },
    ],
    ['Formula', { formula: { value: '12800.5' } }, { text: '12800.5', number: '12800.5' }],
    ['PhoneNumber', { phonenumber: { area: '+86', number: 13800000001 } }, { text: '+86 13800000001' }],
    [
      'BankAccount',
      {
        bank_account: {
          account_name: '王芳',
          account_number: '6214',
          remark: '',
          bank: { bank_alias: '招商银行' },
        },
      },
      { text: '王芳 招商银行 6214' },
    ],
    ['WedriveFile', { wedrive_files: [{ fileid: 'F1' }] }, { text: 'F1' }],
    [
      'Tips',
      {
        new_tips: {
          tips_content: [
            { lang: 'en', text: { sub_text: [] } },
            {
              lang: 'zh_CN',
              text: {
                sub_text: [
                  { type: 1, content: { plain_text: { content: '超过一万元' } } },
                  { type: 2, content: { link: { title: '制度', url: 'https://example.com' } } },
                ],
              },
            },
          ],
        },
      },
      { text: '超过一万元制度 https://example.com', value: null },
    ],
    ['Hologram', { hologram: { depth: 3 }, tips: [] }, { value: '{"hologram":{"depth":3}}' }],
    ['constructor', { text: 'x' }, { value: '{"text":"x"}' }],
    ['Number', { number: '3' }, { value: '{"number":"3"}' }],
  ];

  it.each(cases)('%s %j', (control, value, expected) => {
    const empty = { tips: [], members: [], departments: [], files: [], children: [], stat_field: [] };
    const reading = readControl(control, { ...empty, ...value }, (userid) => userid);
    expect(reading).toMatchObject(expected);
  });

  it.each<[JsonValue | undefined, string | null]>([
    [undefined, null],
    [null, null],
    [[], null],
    ['plain', '"plain"'],
    [[1], '[1]'],
  ])('keeps a value that is no object: %j', (value, expected) => {
    expect(readControl('Text', value, (userid) => userid)).toEqual({ value: expected });
  });
});

describe('the form as rows', () => {
  const keys = (contents: JsonObject[]) =>
    fieldsOf(...contents).map((row) => [row.field_id, row.row_no, row.table_id, row.value_text]);

  it('numbers the rows of a table and leaves its totals with the table', () => {
    const withTotals = table('T', [text('c', 'a')], [text('c', 'b')]);
    const value = { ...(withTotals.value as JsonObject), sum_field: [{ id: 'c', value: '2' }] };
    const rows = fieldsOf({ ...withTotals, value });
    expect(rows.map((row) => [row.field_id, row.row_no, row.table_id, row.value_text, row.value])).toEqual([
      ['T', 0, null, null, '{"sum_field":[{"id":"c","value":"2"}]}'],
      ['c', 1, 'T', 'a', '"a"'],
      ['c', 2, 'T', 'b', '"b"'],
    ]);
  });

  it('keeps a top field and a child of the same id apart', () => {
    expect(keys([text('x', 'top'), table('T', [text('x', 'child')])])).toEqual([
      ['x', 0, null, 'top'],
      ['T', 0, null, null],
      ['x', 1, 'T', 'child'],
    ]);
  });

  it('goes on counting in a second table with the same child id, and only there', () => {
    const contents = [
      table('A', [text('c', 'a1')], [text('c', 'a2')]),
      table('B', [text('c', 'b1'), text('d', 'b1d')]),
      table('C', [text('e', 'c1')]),
    ];
    expect(keys(contents).filter(([, rowNo]) => rowNo !== 0)).toEqual([
      ['c', 1, 'A', 'a1'],
      ['c', 2, 'A', 'a2'],
      ['c', 3, 'B', 'b1'],
      ['d', 3, 'B', 'b1d'],
      ['e', 1, 'C', 'c1'],
    ]);
  });

  it('keeps both of two fields with one id, and fields without any', () => {
    const nameless = { control: 'Text', value: { text: '?' } };
    expect(keys([text('x', '1'), text('x', '2'), nameless])).toEqual([
      ['x', 0, null, '1'],
      ['x#2', 0, null, '2'],
      ['#2', 0, null, '?'],
    ]);
    expect(keys([table('T', [text('c', '1'), text('c', '2')])]).slice(1)).toEqual([
      ['c', 1, 'T', '1'],
      ['c#2', 1, 'T', '2'],
    ]);
  });

  it('takes ids that are numbers, and keeps a table inside of a table whole', () => {
    const inner = { ...table('inner', [text('deep', 'v')]) };
    const rows = fieldsOf({ ...text('x', 'v'), id: 17 }, table('T', [inner]));
    expect(rows.map((row) => row.field_id)).toEqual(['17', 'T', 'inner']);
    expect(rows.at(-1)?.value).toContain('"deep"');
  });
});

describe('approvals.normalise', () => {
  const detail: JsonObject = {
    sp_no: 202511030001,
    sp_name: '门店采购申请',
    sp_status: '99',
    template_id: '3TmALk ',
    apply_time: '1762137128',
    applyer: { userid: 'WANG.FANG', partyid: '17', new_key: 'n1' },
    batch_applyer: [{ userid: 'a' }, {}],
    sp_record: [
      {
        sp_status: 2,
        approverattr: 1,
        details: [{ approver: { userid: 'LiMing ' }, speech: '', sp_status: 4, sptime: 0, media_id: ['M1'] }],
      },
    ],
    notifyer: [{ userid: 'zong' }],
    comments: [
      { commentUserInfo: { userid: 'caiwu' }, commenttime: 1762150000, commentcontent: '补交', media_id: [] },
    ],
    process_list: {
      node_list: [
        {
          node_type: 1,
          sp_status: 2,
          apv_rel: 2,
          sub_node_list: [{ userid: 'Other', sp_yj: 15, sptime: 1762140011 }],
        },
        { node_type: 2, sub_node_list: [{ userid: 'zong' }] },
      ],
      new_key: 'n2',
    },
    unknown: { a: 1 },
    [ASKED_SP_NO]: ' 202511030001',
  };
  const rows = approvalsStream.normalise(detail, {
    spelling: (userid) => (userid === 'WANG.FANG' ? 'wang.fang' : userid),
  });

  it('reads the request, with drifted types, and keeps the rest', () => {
    expect(only(rows, 'approvals')).toMatchObject({
      sp_no: '202511030001',
      sp_status: 99,
      template_id: '3TmALk',
      applied_at: '2025-11-03T02:32:08.000Z',
      applicant_userid: 'wang.fang',
      applicant_department_id: '17',
      batch_applicant_userids: ['a'],
      extra: JSON.stringify({
        applyer: { new_key: 'n1' },
        process_list: { new_key: 'n2' },
        unknown: { a: 1 },
      }),
    });
    const { [ASKED_SP_NO]: _asked, ...info } = detail;
    expect(only(rows, 'approvals').payload).toBe(JSON.stringify(info));
  });

  it('keeps both sources of the flow apart', () => {
    expect(rows.approval_steps).toEqual([
      { sp_no: '202511030001', source: 'sp_record', node_index: 0, sp_status: 2, approverattr: 1 },
      {
        sp_no: '202511030001',
        source: 'process_list',
        node_index: 0,
        node_type: 1,
        sp_status: 2,
        apv_rel: 2,
      },
      expect.objectContaining({ source: 'process_list', node_index: 1, node_type: 2 }),
    ]);
    expect(rows.approval_step_approvers).toMatchObject([
      {
        source: 'sp_record',
        detail_index: 0,
        userid: 'LiMing',
        speech: null,
        status: 4,
        acted_at: null,
        media_ids: ['M1'],
      },
      { source: 'process_list', userid: 'Other', status: 15, acted_at: '2025-11-03T03:20:11.000Z' },
      { source: 'process_list', node_index: 1, userid: 'zong' },
    ]);
    expect(rows.approval_notifyers).toEqual([{ sp_no: '202511030001', userid: 'zong' }]);
  });

  it('keeps every digit of a comment id, and a comment without one', () => {
    const { answer } = parseAnswer(
      '{"sp_no":"1","comments":[{"commentid":7567890123456789013},{"commentcontent":"x"}]}',
    );
    expect(normalise(answer).approval_comments).toMatchObject([
      { comment_id: '7567890123456789013' },
      { comment_id: '#1', content: 'x' },
    ]);
  });

  it.each([
    [{ sp_no: '2', [ASKED_SP_NO]: '1' }],
    [{ [ASKED_SP_NO]: '1' }],
    [{ sp_no: '' }],
    [{ sp_no: { odd: true } }],
  ])('rejects the record %j', (record) => {
    expect(() => normalise(record)).toThrow(RecordRejected);
  });

  it('accepts every nothing in place of lists and objects', () => {
    for (const nothing of [null, '', [], {}, 'xxxx']) {
      const record = Object.fromEntries(Object.keys(detail).map((key) => [key, nothing]));
      const { approvals, ...children } = normalise({ ...record, sp_no: '1', [ASKED_SP_NO]: '1' });
      expect(approvals).toHaveLength(1);
      expect(Object.values(children).flat()).toEqual([]);
    }
  });
});
