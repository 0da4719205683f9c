import { describe, expect, it } from 'vitest';
import { followUsersStream } from '../../extractors/follow_users.ts';
import type { JsonValue } from '../../src/wecom/json.ts';
import { contextOf, endsOf, names, readAll, recordsOf, script } from './extract-contact-support.ts';

async function rowsOf(follow_user: JsonValue) {
  const wecom = script({ 'externalcontact/get_follow_user_list': () => ({ follow_user }) });
  const { steps } = await readAll(followUsersStream, contextOf(wecom.call));
  expect(endsOf(steps)).toEqual({ '*': 'done' });
  return recordsOf(steps).flatMap((record) => followUsersStream.normalise(record, names).follow_users ?? []);
}

describe('follow_users', () => {
  it.each<[string, JsonValue, string[]]>([
    ['bare userids', ['lin.yue', 'service_03'], ['lin.yue', 'service_03']],
    ['trailing blanks and another case', ['zhaokai ', 'x'], ['ZhaoKai', 'x']],
    ['the same member twice', ['a', 'A', ' a'], ['a']],
    ['numbers', [1001], ['1001']],
    ['objects', [{ userid: 'a' }], ['a']],
    ['nothings among them', ['a', null, ''], ['a']],
    ['an empty list', [], []],
    ['null', null, []],
  ])('%s', async (_title, list, userids) => {
    expect((await rowsOf(list)).map(({ userid }) => userid)).toEqual(userids);
  });

  it('keeps unknown keys of objects, and rejects one without userid', async () => {
    expect((await rowsOf([{ userid: 'a', x: 1 }]))[0]?.extra).toBe('{"x":1}');
    expect(() => followUsersStream.normalise({ x: 1 }, names)).toThrow('userid');
  });

  it('does not take a text for an empty list', async () => {
    await expect(rowsOf('none')).rejects.toThrow('no list');
  });

  it('is held when it loses more than a fifth and at least three members', () => {
    expect(followUsersStream.hold).toEqual({ share: 0.2, least: 3 });
  });
});
