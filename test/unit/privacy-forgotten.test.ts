import { describe, expect, test } from 'vitest';
import {
  Forgotten,
  isDistinct,
  type NameScope,
  placeholderOf,
  type Tombstone,
  tombstone,
} from '../../src/privacy/forgotten.ts';
import { redactRow } from '../../src/privacy/rows.ts';
import { type JsonObject, parseAnswer } from '../../src/wecom/json.ts';

const SALT = 'salt';
const ID = 'wmEAlECwAAHrbWYDetiu3IaTk4q1Gb-_';
const customer = placeholderOf(SALT, 'customer', ID);
const employee = placeholderOf(SALT, 'employee', 'ZhangSan');
const short = placeholderOf(SALT, 'employee', '1001');

const known: [string, Tombstone['part'], string][] = [
  [customer, 'id', ID],
  [customer, 'contact', '13800001111'],
  [customer, 'name', '李明'],
  [employee, 'id', 'ZhangSan'],
  [employee, 'contact', 'zhang.san+x@corp.example'],
  [employee, 'name', '张三'],
  [employee, 'name', 'San'],
  [short, 'id', '1001'],
  [short, 'name', '李明'],
];
const forgotten = new Forgotten(
  SALT,
  known.map(([person, part, value]) => tombstone(SALT, person, part, value)),
);
const clean = (record: JsonObject, scope: NameScope = 'none') => forgotten.record(record, scope);
const words = (text: string) => forgotten.text(text, () => undefined);

describe('words', () => {
  test.each([
    ['an id in a sentence', `ask ${ID}.`, `ask ${customer}.`],
    ['between Chinese characters', '请找zhangsan处理', `请找${employee}处理`],
    ['in an address', '/contact?userid=ZHANGSAN&a=1', `/contact?userid=${employee}&a=1`],
    ['a phone', '电话13800001111，', `电话${customer}，`],
    ['a mail address, in other case', 'Zhang.San+X@corp.example;', `${employee};`],
    ['twice', 'ZhangSan/ZhangSan', `${employee}/${employee}`],
    ['a longer word is somebody else', 'ZhangSan2, aZhangSan', 'ZhangSan2, aZhangSan'],
    ['a number inside a longer one', '2138000011119', '2138000011119'],
    ['a short id is a number too', 'shop 1001', 'shop 1001'],
    ['names are no words', '李明', '李明'],
  ])('%s', (_name, text, expected) => {
    expect(words(text)).toBe(expected);
  });

  test.each([
    ['ZhangSan', true],
    ['LiSi', true],
    ['13800001111', true],
    ['abc', false],
    ['1001', false],
    ['100123', false],
  ])('%s is distinct: %s', (id, distinct) => {
    expect(isDistinct(id)).toBe(distinct);
  });
});

describe('records', () => {
  test('a record that mentions nobody is the same object', () => {
    const record = { userid: 'LiSi', name: '李明', mobile: 13800002222, order: [1] };
    expect(clean(record, 'document')).toBe(record);
  });

  test('ids stand under keys of ids, whatever they look like', () => {
    expect(clean({ userid: ' 1001 ', direct_leader: ['1001', 'LiSi'], shop: '1001', owner: 1001 })).toEqual({
      userid: short,
      direct_leader: [short, 'LiSi'],
      shop: '1001',
      owner: short,
    });
  });

  test('a phone as a number becomes the placeholder; long numbers keep their digits', () => {
    const { answer } = parseAnswer('{"phone":13800001111,"id":1380000111113800001,"at":1750000000}');
    expect(JSON.stringify(clean(answer))).toBe(
      `{"phone":"${customer}","id":1380000111113800001,"at":1750000000}`,
    );
  });

  test('a group: the name goes from its own texts and from the member, not from other members', () => {
    const group = {
      chat_id: 'wr1',
      owner: 'ZhangSan',
      name: '李明和张三的群',
      member_list: [
        { userid: ID, type: 2, name: '李明', unionid: 'o1' },
        { userid: 'wmOther', type: 2, name: '李明', invitor: { userid: 'zhangsan' } },
      ],
      admin_list: [{ userid: 'ZhangSan' }],
    };
    expect(clean(group, 'own')).toEqual({
      chat_id: 'wr1',
      owner: employee,
      name: `${customer}和${employee}的群`,
      member_list: [
        { userid: customer, type: 2, name: customer, unionid: 'o1' },
        { userid: 'wmOther', type: 2, name: '李明', invitor: { userid: employee } },
      ],
      admin_list: [{ userid: employee }],
    });
  });

  test('a document: everything stays in its place, and the name goes everywhere', () => {
    const approval = {
      applyer: { userid: 'ZhangSan' },
      notifyer: [{ userid: 'ZhangSan', x: 1 }, { userid: 'LiSi' }],
      comments: [{ commentUserInfo: { userid: 'LiSi' }, commentcontent: '同意张三，San 与 Sandy' }],
      contents: [{ value: { members: [{ userid: 'ZhangSan', name: '张三' }], text: '李明' } }],
    };
    expect(clean(approval, 'document')).toEqual({
      applyer: { userid: employee },
      notifyer: [{ userid: employee, x: 1 }, { userid: 'LiSi' }],
      comments: [
        { commentUserInfo: { userid: 'LiSi' }, commentcontent: `同意${employee}，${employee} 与 Sandy` },
      ],
      // 李明 is not mentioned by id: it is another person of that name.
      contents: [{ value: { members: [{ userid: employee, name: employee }], text: '李明' } }],
    });
  });

  test('the record of another person keeps its names', () => {
    const record = { userid: 'LiSi', name: '张三', direct_leader: ['ZhangSan'] };
    expect(clean(record, 'none')).toEqual({ userid: 'LiSi', name: '张三', direct_leader: [employee] });
  });

  test('of two people with one name, the one who is mentioned', () => {
    expect(clean({ userid: '1001', text: '李明' }, 'document')).toEqual({ userid: short, text: short });
    expect(clean({ external_userid: ID, text: '李明' }, 'document')).toEqual({
      external_userid: customer,
      text: customer,
    });
  });
});

test('a stored row is cleaned by the same rules', () => {
  const column = (name: string, kind: 'text' | 'list' | 'json', isId = false, isKey = false) => ({
    name,
    kind,
    isId,
    isKey,
  });
  const columns = [
    column('userid', 'text', true, true),
    column('leader_userids', 'list', true),
    column('title', 'text'),
    column('extra', 'json'),
  ];
  const rules = { isDocument: false, namesOf: new Set([employee]) };
  const row = redactRow(
    forgotten,
    columns,
    ['LiSi', ['1001', 'X'], '张三 13800001111', '{"n": 12345678901234567890, "by": "zhangsan"}'],
    rules,
  );
  expect(row).toMatchObject({ isAbout: false, isChanged: true });
  expect(row.cells).toEqual([
    'LiSi',
    [short, 'X'],
    `${employee} ${customer}`,
    `{"n":12345678901234567890,"by":"${employee}"}`,
  ]);
  expect(redactRow(forgotten, columns, ['1001', [], null, null], rules).isAbout).toBe(true);
  const untouched = ['LiSi', ['X'], '李明', '{"n": 1}'] as const;
  expect(redactRow(forgotten, columns, untouched, rules)).toMatchObject({
    isChanged: false,
    cells: untouched,
  });
});
