import { type Rows, type Stream, WHOLE } from '../src/engine/stream.ts';
import { type Row, table } from '../src/engine/table.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/wecom/json.ts';
import { requireList } from './answers.ts';
import { Fields } from './fields.ts';
import { extraOf, takeList } from './leftovers.ts';
import { rowsOf } from './members.ts';

const PATH = 'externalcontact/get_corp_tag_list';

const groups = table('corp_tag_groups', {
  key: { group_id: 'text' },
  columns: { name: 'text', sort_order: 'bigint', created_at: 'timestamptz' },
  guarded: ['name', 'sort_order', 'created_at'],
  extra: true,
});

const tags = table('corp_tags', {
  key: { tag_id: 'text' },
  columns: { group_id: 'text', name: 'text', sort_order: 'bigint', created_at: 'timestamptz' },
  guarded: ['name', 'sort_order', 'created_at'],
  extra: true,
});

/** The company's tag library in one answer (customer-contact 7.1). Personal and rule-group tags are not in it. */
export const corpTagsStream: Stream = {
  name: 'corp_tags',
  label: { zh: '企业客户标签', en: 'Corp tags' },
  area: 'customer',
  mode: 'snapshot',
  endpoints: [PATH],
  probes: [{ call: () => ({ path: PATH, body: {}, list: 'tag_group' }) }],
  after: [],
  needs: [],
  tables: [groups, tags],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    return context.pending([WHOLE]).map((unit) => ({ units: [unit] }));
  },

  async *read(_block, context) {
    const answer = await context.call({
      path: PATH,
      body: {},
      list: 'tag_group',
    });
    yield { type: 'records', unit: WHOLE, records: rowsOf(answer, 'tag_group', PATH) };
    yield { type: 'done', unit: WHOLE };
  },

  proof: () => [
    { table: 'corp_tag_groups', where: {} },
    { table: 'corp_tags', where: {} },
  ],

  normalise(record: JsonObject): Rows {
    const f = new Fields(record);
    const group_id = f.id('group_id');
    requireList(f, 'tag');
    const members = tagRows(f, group_id);
    // Old answers show what was deleted; it has gone, so it is not stored.
    if (f.flag('deleted') === true) return { corp_tag_groups: [], corp_tags: [] };
    return {
      corp_tag_groups: [
        {
          group_id,
          name: f.text('group_name'),
          sort_order: f.bigint('order'),
          created_at: f.time('create_time'),
          extra: extraOf({ ...f.leftover(), tag: members.left }),
        },
      ],
      corp_tags: members.rows,
    };
  },
};

/** The tags of a group; an entry without an id stays with its group, so that it does not cost the other ones. */
function tagRows(group: Fields, group_id: string): { rows: Row[]; left: JsonValue[] } {
  const rows: Row[] = [];
  const left: JsonValue[] = [];
  for (const item of takeList(group, 'tag')) {
    const f = new Fields(isJsonObject(item) ? item : {});
    const tag_id = f.optionalId('id');
    if (!tag_id) left.push(item);
    else if (f.flag('deleted') !== true) {
      rows.push({
        tag_id,
        group_id,
        name: f.text('name'),
        sort_order: f.bigint('order'),
        created_at: f.time('create_time'),
        extra: f.rest(),
      });
    }
  }
  return { rows, left };
}
