import { describe, expect, it } from 'vitest';
import { corpTagsStream } from '../../extractors/corp_tags.ts';
import type { JsonObject, JsonValue } from '../../src/wecom/json.ts';
import { contextOf, extraIn, names, onlyRow, readAll, script } from './extract-contact-support.ts';

const normalise = (record: JsonObject) => corpTagsStream.normalise({ group_id: 'g1', ...record }, names);
const group = (record: JsonObject) => onlyRow(normalise(record), 'corp_tag_groups');
const tag = (record: JsonObject) => onlyRow(normalise({ tag: [{ id: 't1', ...record }] }), 'corp_tags');

describe('corp_tags', () => {
  it('makes a row of the group and of each tag, with orders beyond int4', () => {
    const record = { group_name: '会员等级', create_time: '1640966400', order: 4294967295 };
    expect(group(record)).toEqual({
      group_id: 'g1',
      name: '会员等级',
      sort_order: '4294967295',
      created_at: '2021-12-31T16:00:00.000Z',
      extra: null,
    });
    expect(tag({ name: '银卡', order: '2', create_time: 0 })).toEqual({
      tag_id: 't1',
      group_id: 'g1',
      name: '银卡',
      sort_order: '2',
      created_at: null,
      extra: null,
    });
  });

  it('trims ids', () => {
    const rows = normalise({ group_id: ' g1 ', tag: [{ id: 't1 ' }] });
    expect(onlyRow(rows, 'corp_tags')).toMatchObject({ tag_id: 't1', group_id: 'g1' });
  });

  it('does not store what is deleted', () => {
    expect(
      normalise({
        tag: [
          { id: 't1', deleted: true },
          { id: 't2', deleted: false },
        ],
      }).corp_tags,
    ).toMatchObject([{ tag_id: 't2' }]);
    expect(normalise({ deleted: true, tag: [{ id: 't1' }] })).toEqual({ corp_tag_groups: [], corp_tags: [] });
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['""', ''],
    ['[]', []],
  ])('has no tags in %s', (_title, nothing) => {
    expect(normalise({ tag: nothing }).corp_tags).toEqual([]);
    expect(group({ tag: nothing }).extra).toBeNull();
  });

  it('keeps unknown keys at each level, and a tag without id with its group', () => {
    const tags = [{ id: 't1', x: 2 }, { name: 'nameless' }, 'text'];
    expect(extraIn(group({ x: 1, tag: tags }))).toEqual({ x: 1, tag: [{ name: 'nameless' }, 'text'] });
    expect(extraIn(tag({ x: 2 }))).toEqual({ x: 2 });
  });

  it('rejects a group with a text in place of its tags: they would end', () => {
    expect(() => normalise({ tag: 'oops' })).toThrow('"tag" is no list');
  });

  it('rejects a group without id', () => {
    expect(() => corpTagsStream.normalise({ group_name: 'x' }, names)).toThrow('group_id');
  });

  it('asks once for everything, and proves groups and tags', async () => {
    const wecom = script({
      'externalcontact/get_corp_tag_list': () => ({ tag_group: [{ group_id: 'g1' }] }),
    });
    const { steps } = await readAll(corpTagsStream, contextOf(wecom.call));
    expect(wecom.sent.map(({ body }) => body)).toEqual([{}]);
    expect(steps.map(({ type }) => type)).toEqual(['records', 'done']);
    expect(corpTagsStream.proof?.('*', []).map(({ table }) => table)).toEqual([
      'corp_tag_groups',
      'corp_tags',
    ]);
  });
});
