import { type NormaliseContext, type Rows, type Stream, WHOLE } from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import type { JsonObject } from '../src/wecom/json.ts';
import { Fields, firstId, listOf } from './fields.ts';
import { rowsOf } from './members.ts';

const PATH = 'department/list';

const departments = table('departments', {
  key: { department_id: 'bigint' },
  columns: {
    name: 'text',
    name_en: 'text',
    parent_department_id: 'bigint',
    sort_order: 'bigint',
    leader_userids: 'text[]',
  },
  userids: { leader_userids: {} },
  guarded: ['name', 'name_en', 'parent_department_id', 'sort_order', 'leader_userids'],
  extra: true,
});

/** Departments of the app's visible range; the parent of the topmost ones may not be among them (directory-and-oa 3.1). */
export const departmentsStream: Stream = {
  name: 'departments',
  label: { zh: '部门', en: 'Departments' },
  area: 'app',
  mode: 'snapshot',
  endpoints: [PATH],
  // The root often has no members of its own, and what is listed last is seldom the root.
  probes: [
    {
      call: () => ({ path: PATH, list: 'department' }),
      finds: ({ department }) => ({ department: firstId(listOf(department).toReversed(), 'id') }),
    },
  ],
  after: [],
  needs: [],
  tables: [departments],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    return context.pending([WHOLE]).map((unit) => ({ units: [unit] }));
  },

  async *read(_block, context) {
    const answer = await context.call({ path: PATH, list: 'department' });
    yield { type: 'records', unit: WHOLE, records: rowsOf(answer, 'department', PATH) };
    yield { type: 'done', unit: WHOLE };
  },

  proof: () => [{ table: 'departments', where: {} }],

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    return {
      departments: [
        {
          // In one spelling; what is no number the engine rejects.
          department_id: f.bigint('id') ?? f.id('id'),
          name: f.text('name'),
          name_en: f.text('name_en'),
          parent_department_id: f.bigint('parentid'),
          sort_order: f.bigint('order'),
          leader_userids: f.texts('department_leader', context.spelling),
          extra: f.rest(),
        },
      ],
    };
  },
};
