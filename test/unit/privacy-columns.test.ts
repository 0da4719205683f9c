import { expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { columnsOf } from '../../src/engine/table.ts';
import {
  configurableColumns,
  PERSON_ID_COLUMN,
  PERSON_OF,
  PERSONAL_COLUMNS,
  personalColumns,
} from '../../src/privacy/columns.ts';

const tables = new Map(catalogue.flatMap((stream) => stream.tables).map((table) => [table.name, table]));

test('every personal column is a column of a table, and no key', () => {
  for (const [name, columns] of Object.entries(PERSONAL_COLUMNS))
    for (const column of Object.keys(columns)) {
      const table = tables.get(name);
      const stored = { ...table?.columns, ...table?.volatile };
      expect(stored, name).toHaveProperty(column);
      expect(Object.keys(table?.key ?? {}), name).not.toContain(column);
    }
});

test('only text can be hashed', () => {
  const hashable = [...personalColumns].filter(([, { dropOnly, paths }]) => !dropOnly && paths.length > 0);
  for (const [name] of hashable) {
    const [table = '', column = ''] = name.split('.');
    const types = new Map(columnsOf(tables.get(table) ?? expect.fail(table)));
    expect(['text', 'text[]'], name).toContain(types.get(column));
  }
  expect(configurableColumns).not.toContain('approval_fields.value_text');
});

/** `forget` and its later runs find people by the names of columns: a table that calls them otherwise would keep them. */
test('columns that hold ids of people are called so', () => {
  const people = [...tables.values()].flatMap((table) =>
    columnsOf(table)
      .filter(([column, type]) => PERSON_ID_COLUMN.test(column) && type.startsWith('text'))
      .map(([column]) => `${table.name}.${column}`),
  );
  expect(people).toEqual(
    expect.arrayContaining([
      'departments.leader_userids',
      'employees.direct_leader_userids',
      'unassigned_customers.handover_userid',
      'group_chats.owner_userid',
      'group_chats.admin_userids',
      'group_chat_members.member_id',
      'group_chat_members.invitor_userid',
      'approvals.applicant_userid',
      'approvals.batch_applicant_userids',
    ]),
  );
  for (const [table, column] of Object.entries(PERSON_OF))
    expect([...Object.keys(tables.get(table)?.key ?? {})], table).toContain(column);
});
