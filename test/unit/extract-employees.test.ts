import { describe, expect, it } from 'vitest';
import { employeesStream } from '../../extractors/employees.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import {
  contextOf,
  endsOf,
  extraIn,
  names,
  onlyRow,
  readAll,
  recordsOf,
  script,
} from './extract-contact-support.ts';

const normalise = (record: JsonObject) => employeesStream.normalise(record, names);
const employee = (record: JsonObject) => onlyRow(normalise({ userid: 'a', ...record }), 'employees');
const departmentsOf = (record: JsonObject) =>
  normalise({ userid: 'a', ...record }).employee_departments?.map((row) => [
    row.department_id,
    row.is_leader,
    row.sort_order,
  ]);
const attributesOf = (...attrs: JsonObject[]) =>
  normalise({ userid: 'a', extattr: { attrs } }).employee_attributes?.map((row) => [
    row.attr_name,
    row.type,
    row.value,
    row.title,
  ]);

describe('employees: attributes', () => {
  it('are unknown without the key, and none in any spelling of nothing', () => {
    expect(normalise({ userid: 'a' }).employee_attributes).toBeUndefined();
    for (const extattr of [null, '', [], {}, { attrs: [] }])
      expect(normalise({ userid: 'a', extattr }).employee_attributes).toEqual([]);
  });
});

describe('employees: one member', () => {
  it('fills every column of the reference', () => {
    const row = employee({
      userid: ' LiMing ',
      name: '李明',
      gender: '1',
      status: 1,
      main_department: '4294967297',
      direct_leader: ['zhaokai ', 'boss'],
      avatar: 'https://x/0',
      external_profile: { external_corp_name: '星河', external_attr: [] },
    });
    expect(row).toMatchObject({
      userid: 'LiMing',
      name: '李明',
      gender: 1,
      status: 1,
      main_department_id: '4294967297',
      direct_leader_userids: ['ZhaoKai', 'boss'],
      avatar: 'https://x/0',
      external_profile: '{"external_corp_name":"星河","external_attr":[]}',
      extra: null,
    });
  });

  it('tells an absent key (no permission) from an empty one', () => {
    expect(employee({}).mobile).toBeUndefined();
    expect(employee({ mobile: '' }).mobile).toBeNull();
    expect(employee({}).direct_leader_userids).toBeUndefined();
    expect(employee({ direct_leader: [] }).direct_leader_userids).toEqual([]);
  });

  it('rejects a member with a text in place of the departments: they would end', () => {
    expect(() => normalise({ userid: 'a', department: 'oops' })).toThrow('"department" is no list');
  });

  it('rejects a member without userid', () => {
    expect(() => normalise({ userid: ' ', name: 'x' })).toThrow('userid');
  });

  it('keeps what it does not know, and what does not convert', () => {
    const row = employee({ positions: ['p'], gender: 'xxxx', isleader: 'maybe' });
    expect(row.gender).toBeNull();
    expect(extraIn(row)).toEqual({ positions: ['p'], gender: 'xxxx', isleader: 'maybe' });
  });
});

describe('employees: departments', () => {
  it.each<[string, JsonObject, unknown]>([
    [
      'parallel lists',
      { department: [2, 17], order: [0, 4294967295], is_leader_in_dept: [1, 0] },
      [
        ['2', true, '0'],
        ['17', false, '4294967295'],
      ],
    ],
    ['texts', { department: ['2'], order: ['10'], is_leader_in_dept: ['1'] }, [['2', true, '10']]],
    [
      'shorter lists',
      { department: [2, 17], order: [5], is_leader_in_dept: [] },
      [
        ['2', null, '5'],
        ['17', null, null],
      ],
    ],
    ['absent lists', { department: [2] }, [['2', undefined, undefined]]],
    ['no list at all', {}, undefined],
    [
      'the old scalar',
      { department: [2, 3], isleader: 1 },
      [
        ['2', true, undefined],
        ['3', true, undefined],
      ],
    ],
    [
      'a hole keeps positions',
      { department: [2, 3], order: [null, 7] },
      [
        ['2', undefined, null],
        ['3', undefined, '7'],
      ],
    ],
    ['no department', { department: [] }, []],
    ['null', { department: null }, []],
  ])('%s', (_title, record, rows) => {
    expect(departmentsOf(record)).toEqual(rows);
    expect(employee(record).extra).toBeNull();
  });

  it('keeps lists that do not fit their rows', () => {
    expect(extraIn(employee({ department: [2, 2], order: [1, 9] }))).toEqual({
      department: [2, 2],
      order: [1, 9],
    });
    expect(extraIn(employee({ department: ['x', 3] }))).toEqual({ department: ['x', 3] });
    expect(departmentsOf({ department: ['x', 3], order: [1, 2] })).toEqual([['3', undefined, '2']]);
  });
});

describe('employees: attributes', () => {
  it.each<[string, JsonObject, unknown]>([
    ['text', { type: 0, name: '工号', text: { value: 'A0132' } }, ['工号', 0, 'A0132', null]],
    [
      'web link',
      { type: 1, name: '主页', web: { url: 'https://x', title: '个人页' } },
      ['主页', 1, 'https://x', '个人页'],
    ],
    ['old form', { name: '门店', value: '0571' }, ['门店', null, '0571', null]],
    ['not filled in', { type: 0, name: '工号', text: { value: '' } }, ['工号', 0, null, null]],
    ['a number', { type: '0', name: '工号', text: { value: 132 } }, ['工号', 0, '132', null]],
  ])('%s', (_title, item, row) => {
    expect(attributesOf(item)).toEqual([row]);
  });

  it('keeps a duplicate, a nameless and an endless name with the member', () => {
    const first = { type: 0, name: '工号', text: { value: '1' } };
    const others = [
      { ...first, text: { value: '2' } },
      { type: 0, text: { value: '3' } },
      { name: 'x'.repeat(129), value: '4' },
    ];
    expect(attributesOf(first, ...others)).toEqual([['工号', 0, '1', null]]);
    expect(extraIn(employee({ extattr: { attrs: [first, ...others] } }))).toEqual({
      extattr: { attrs: others },
    });
  });

  it('keeps unknown keys of an attribute beside it, and those of extattr with the member', () => {
    const attrs = [{ name: 'n', value: 'v', text: { value: 'w', x: 1 } }];
    const [row] = normalise({ userid: 'a', extattr: { attrs } }).employee_attributes ?? [];
    expect(row?.value).toBe('w');
    expect(extraIn(row ?? {})).toEqual({ value: 'v', text: { x: 1 } });
    expect(extraIn(employee({ extattr: { attrs: [], more: 2 } }))).toEqual({ extattr: { more: 2 } });
    expect(extraIn(employee({ extattr: 'text' }))).toEqual({ extattr: 'text' });
  });
});

describe('employees: the walk', () => {
  const stored = { departments: [{ department_id: '1' }, { department_id: '2' }] };
  const members = (request: { query?: Readonly<Record<string, unknown>> }) => ({
    userlist: [{ userid: `u${String(request.query?.department_id)}` }],
  });

  it('asks every department and proves the whole list', async () => {
    const wecom = script({ 'user/list': members });
    const { steps } = await readAll(employeesStream, contextOf(wecom.call, { stored }));
    expect(recordsOf(steps)).toEqual([{ userid: 'u1' }, { userid: 'u2' }]);
    expect(endsOf(steps)).toEqual({ '*': 'done' });
    expect(wecom.sent.map(({ query }) => query)).toEqual([{ department_id: '1' }, { department_id: '2' }]);
  });

  it.each([60003, 60123])('keeps what it read and proves nothing after %i', async (errcode) => {
    const wecom = script({
      'user/list': (request) => (request.query?.department_id === '1' ? errcode : members(request)),
    });
    const { steps } = await readAll(employeesStream, contextOf(wecom.call, { stored }));
    expect(recordsOf(steps)).toEqual([{ userid: 'u2' }]);
    expect(endsOf(steps)).toEqual({ '*': `department_${errcode}` });
  });

  it('is itself not visible when every department refuses', async () => {
    const wecom = script({ 'user/list': () => 60011 });
    const { steps } = await readAll(employeesStream, contextOf(wecom.call, { stored }));
    expect(recordsOf(steps)).toEqual([]);
    expect(endsOf(steps)).toEqual({ '*': 'not_visible' });
  });

  it('proves nothing when the departments of this run are not all known', async () => {
    const given = { stored, incomplete: ['departments'] };
    const { steps } = await readAll(employeesStream, contextOf(script({ 'user/list': members }).call, given));
    expect(endsOf(steps)).toEqual({ '*': 'departments_incomplete' });
  });

  it('does not take a text for an empty list', async () => {
    const wecom = script({ 'user/list': () => ({ userlist: 'none' }) });
    await expect(readAll(employeesStream, contextOf(wecom.call, { stored }))).rejects.toThrow('no list');
  });
});
