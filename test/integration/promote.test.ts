import fc from 'fast-check';
import { sql } from 'kysely';
import { afterEach, describe, expect, test } from 'vitest';
import { Fields } from '../../extractors/fields.ts';
import { type Promotion, promoteFromExtra } from '../../migrations/promote.ts';
import { type AnalyticsDatabase, analyticsDatabase } from './analytics-support.ts';

/** When a later release gives a key a column, the rows that have it in `extra` fill it, history included. */

const open: AnalyticsDatabase[] = [];
afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
});

async function database(): Promise<AnalyticsDatabase> {
  const made = await analyticsDatabase();
  open.push(made);
  return made;
}

const FROM = '2026-01-02T02:30:00+08:00';
const TO = '2026-01-05T02:30:00+08:00';
const level: Promotion = {
  table: 'customers',
  path: ['level'],
  column: 'level',
  type: 'integer',
  comment: '等级 | Level\n来源：level。NULL：未返回。',
};

describe('promoteFromExtra', () => {
  test('fills current rows and history, takes the key out of extra, and leaves what does not convert', async () => {
    const it = await database();
    const customer = (external_userid: string, extra: string | null) => ({ external_userid, extra });
    await it.current('customers', FROM, customer('a', '{"level": 3, "other": "x"}'));
    await it.current('customers', FROM, customer('b', '{"level": "4"}'));
    await it.current('customers', FROM, customer('c', '{"level": "gold"}'));
    await it.current('customers', FROM, customer('d', null));
    await it.ended('customers', [FROM, TO, FROM], customer('a', '{"level": 2}'));
    await it.db.transaction().execute((trx) => promoteFromExtra(trx, level));
    const columns = 'external_userid, level, extra::text AS extra, valid_from::text';
    const current = await it.query(`SELECT ${columns} FROM wecom.customers ORDER BY 1`);
    const valid_from = current[0]?.valid_from;
    expect(current).toEqual([
      { external_userid: 'a', level: 3, extra: '{"other": "x"}', valid_from },
      { external_userid: 'b', level: 4, extra: null, valid_from },
      { external_userid: 'c', level: null, extra: '{"level": "gold"}', valid_from },
      { external_userid: 'd', level: null, extra: null, valid_from },
    ]);
    expect(await it.query(`SELECT ${columns} FROM wecom_history.customers`)).toEqual([
      { external_userid: 'a', level: 2, extra: null, valid_from },
    ]);
    const comments = await it.query<{ comment: string }>(
      `SELECT col_description(attrelid, attnum) AS comment FROM pg_attribute WHERE attname = 'level'
       AND attrelid IN ('wecom.customers'::regclass, 'wecom_history.customers'::regclass)`,
    );
    expect(comments.map(({ comment }) => comment)).toEqual([level.comment, level.comment]);
  });

  test('reaches into objects, and leaves no empty ones behind', async () => {
    const it = await database();
    const row = (owner_userid: string, extra: string) => ({ owner_userid, stat_date: '2026-01-01', extra });
    await it.current('group_chat_owner_daily', FROM, row('a', '{"data": {"quit_cnt": 1}}'));
    await it.current('group_chat_owner_daily', FROM, row('b', '{"data": {"quit_cnt": 2, "x": 1}, "y": 1}'));
    const path = ['data', 'quit_cnt'];
    await promoteFromExtra(it.db, { ...level, table: 'group_chat_owner_daily', path, column: 'quit_cnt' });
    expect(
      await it.query(
        'SELECT owner_userid, quit_cnt, extra::text AS extra FROM wecom.group_chat_owner_daily ORDER BY 1',
      ),
    ).toEqual([
      { owner_userid: 'a', quit_cnt: 1, extra: null },
      { owner_userid: 'b', quit_cnt: 2, extra: '{"y": 1, "data": {"x": 1}}' },
    ]);
  });

  const READERS: Readonly<Record<Exclude<Promotion['type'], 'jsonb'>, (f: Fields) => unknown>> = {
    text: (f) => f.text('k'),
    integer: (f) => f.int('k'),
    bigint: (f) => f.bigint('k'),
    numeric: (f) => f.numeric('k'),
    boolean: (f) => f.flag('k'),
    timestamptz: (f) => f.time('k'),
  };
  const value = fc.oneof(
    fc.constantFrom('0', '1', 'true', ' 12 ', '1.0', '2147483648', '9223372036854775808', '12.5', '1e5', 'x'),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
    fc.array(fc.integer(), { minLength: 1, maxLength: 2 }),
    fc.constant({ inner: 1 }),
  );

  test('accepts exactly what the reader of the new column will accept', async () => {
    const it = await database();
    const types = ['text', 'integer', 'bigint', 'numeric', 'boolean', 'timestamptz'] as const;
    const values = fc.sample(value, { numRuns: 400, seed: 7 });
    for (const [i, one] of values.entries())
      await it.current('customers', FROM, {
        external_userid: String(i),
        extra: JSON.stringify(Object.fromEntries(types.map((type) => [type, one]))),
      });
    for (const type of types)
      await promoteFromExtra(it.db, { ...level, path: [type], column: `as_${type}`, type });
    for (const type of types) {
      const column = type === 'timestamptz' ? sql`extract(epoch FROM as_timestamptz)` : sql.ref(`as_${type}`);
      const { rows } = await sql<{ id: string; cell: string | null; left: boolean }>`
        SELECT external_userid AS id, ${column}::text AS cell, coalesce(jsonb_exists(extra, ${type}), false) AS left
        FROM wecom.customers`.execute(it.db);
      const found = new Map(rows.map(({ id, cell, left }) => [id, { cell, left }]));
      for (const [i, one] of values.entries()) {
        const fields = new Fields({ k: one });
        const read = READERS[type](fields);
        const { cell = null, left } = found.get(String(i)) ?? {};
        expect({ type, one, left }).toEqual({ type, one, left: fields.rest() !== null });
        if (type === 'timestamptz')
          expect(cell === null ? null : Number(cell) * 1000).toBe(read ? Date.parse(String(read)) : null);
        else if (type === 'numeric')
          expect(cell === null ? null : Number(cell)).toBe(read === null ? null : Number(read));
        else expect({ one, cell }).toEqual({ one, cell: read === null ? null : String(read) });
      }
    }
  });
});
