import { describe, expect, test } from 'vitest';
import { catalogue, directoryStream, spellingStreams } from '../../extractors/index.ts';
import { columnsOf } from '../../src/engine/table.ts';

/** What `respell` knows of: a userid column that is not declared would keep the letter case in which it came. */

/** An id of a customer; an id for mini programs that holds no userid. */
const OTHERS = new Set(['external_userid', 'open_userid']);

const tables = catalogue.flatMap((stream) => stream.tables.map((table) => ({ stream, table })));

describe('columns that hold userids', () => {
  test.each(tables.map(({ table }) => [table.name, table] as const))('%s declares them', (_name, table) => {
    const named = columnsOf(table)
      .map(([column]) => column)
      .filter((column) => /(^|_)userids?$/.test(column) && !OTHERS.has(column));
    const declared = Object.keys(table.userids);
    expect(declared).toEqual(expect.arrayContaining(named));
    const types = new Map(columnsOf(table));
    for (const [column, where] of Object.entries(table.userids)) {
      expect(types.get(column)).toMatch(/^text(\[\])?$/);
      for (const condition of Object.keys(where)) expect(types.get(condition)).toBe('integer');
      // Of a list, no element could be compared as part of a key.
      if (column in table.key) expect(types.get(column)).toBe('text');
    }
  });

  test('members of groups are userids only where they are of the company', () => {
    const members = tables.find(({ table }) => table.name === 'group_chat_members');
    expect(members?.table.userids).toEqual({ member_id: { member_type: 1 }, invitor_userid: {} });
  });

  test('what holds userids waits for the directory, or is what the directory waits for', () => {
    const directory = catalogue.find(({ name }) => name === directoryStream);
    for (const { stream, table } of tables) {
      if (Object.keys(table.userids).length === 0 || stream === directory) continue;
      const waits = stream.after.includes(directoryStream);
      expect([stream.name, waits || directory?.after.includes(stream.name)]).toEqual([stream.name, true]);
    }
    expect(spellingStreams[0]).toBe(directoryStream);
  });
});
