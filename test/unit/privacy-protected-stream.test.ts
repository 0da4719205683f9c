import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import type { Stream, StreamContext } from '../../src/engine/stream.ts';
import { Forgotten, placeholderOf, tombstone } from '../../src/privacy/forgotten.ts';
import { protectedStream, protectRecord } from '../../src/privacy/protected-stream.ts';
import type { JsonObject } from '../../src/wecom/json.ts';

const SALT = 'salt';
const person = placeholderOf(SALT, 'employee', 'ZhangSan');
const forgotten = new Forgotten(SALT, [tombstone(SALT, person, 'id', 'ZhangSan')]);
const protection = { policy: {}, key: '', forgotten };
const streamOf = (name: string): Stream =>
  catalogue.find((stream) => stream.name === name) ?? expect.fail(name);
const names = { spelling: (userid: string) => userid.trim() };

describe('which records are dropped', () => {
  test.each<[string, string, JsonObject, boolean]>([
    ['employees', 'the person', { userid: 'zhangsan' }, true],
    ['employees', 'who reports to the person', { userid: 'LiSi', direct_leader: ['ZhangSan'] }, false],
    ['follow_users', 'the person', { userid: 'ZhangSan' }, true],
    [
      'customers',
      'a relation of the person',
      { external_contact: { external_userid: 'wm1' }, follow_info: { userid: 'ZhangSan' } },
      true,
    ],
    [
      'customers',
      'a relation that the person has made',
      {
        external_contact: { external_userid: 'wm1' },
        follow_info: { userid: 'LiSi', oper_userid: 'ZhangSan' },
      },
      false,
    ],
    ['customers', 'whose it is cannot be read', { follow_info: { userid: 'ZhangSan' } }, true],
    ['group_chats', 'a group of the person', { chat_id: 'wr1', owner: 'ZhangSan' }, false],
    ['approvals', 'a request of the person', { sp_no: '1', applyer: { userid: 'ZhangSan' } }, false],
    ['checkins', 'a punch', { userid: 'ZhangSan', checkin_time: 1_750_000_000 }, true],
  ])('%s: %s', (name, _what, record, dropped) => {
    const kept = protectRecord(streamOf(name), protection)(record, names);
    expect(kept === null).toBe(dropped);
    expect(JSON.stringify(kept).toLowerCase()).not.toContain('zhangsan');
  });
});

test('a member of a group becomes no row; mentions in the rows of others are placeholders', () => {
  const stream = protectedStream(streamOf('group_chats'), protection);
  const record = {
    chat_id: 'wr1',
    admin_list: [{ userid: 'ZhangSan', level: 1 }],
    member_list: [
      { userid: 'ZhangSan', type: 1, name: '张三' },
      { userid: 'LiSi', type: 1, invitor: { userid: 'zhangsan' } },
    ],
  };
  const clean = protectRecord(streamOf('group_chats'), protection)(record, names);
  const rows = stream.normalise(clean ?? {}, names);
  expect(rows.group_chat_members).toMatchObject([{ member_id: 'LiSi', invitor_userid: person }]);
  expect(rows.group_chats).toMatchObject([
    { admin_userids: [person], extra: '{"admin_list":[{"level":1}]}' },
  ]);
});

test('nobody forgotten and nothing dropped: the stream itself', () => {
  const stream = streamOf('customers');
  const keep = { policy: { 'customers.name': 'keep' }, key: '', forgotten: new Forgotten('', []) } as const;
  expect(protectedStream(stream, keep)).toBe(stream);
});

test('a stream is never told a placeholder, because WeCom knows nobody of that name', async () => {
  const asked: unknown[] = [];
  const stream: Stream = {
    ...streamOf('group_chats'),
    async blocks(context) {
      asked.push(await context.stored('group_chats', ['owner_userid']));
      return [];
    },
  };
  const stored = async () => [{ owner_userid: person }, { owner_userid: 'LiSi' }];
  const context: Partial<StreamContext> = { ...names, stored };
  await protectedStream(stream, protection).blocks(context as StreamContext);
  expect(asked).toEqual([[{ owner_userid: null }, { owner_userid: 'LiSi' }]]);
});
