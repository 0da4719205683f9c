import pino from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { respell } from '../../loaders/respell.ts';
import { streamLoader } from '../../loaders/stream-loader.ts';
import { type Database, openDatabase } from '../../src/database.ts';
import { migrated } from '../oracle/warehouse.ts';
import { createTestDatabase, type TestDatabase, withClient } from '../support/database.ts';

/** What is stored under a wrong spelling, and what happens where two rows turn out to be the same object. */

const tables = catalogue.flatMap((stream) => stream.tables);
const at = (day: number) => `2026-06-0${day}T00:00:00.000Z`;

let made: TestDatabase;
let database: Database;

beforeEach(async () => {
  made = await createTestDatabase(migrated);
  database = await openDatabase({ databaseUrl: made.url }, pino({ level: 'silent' }));
  await insert('wecom.employees', { userid: 'ZhaoKai', valid_from: at(5) });
});
afterEach(async () => {
  await database.close();
  await made.drop();
});

type Row = Readonly<Record<string, unknown>>;

const insert = (table: string, row: Row, corpId = 'ww1') =>
  withClient(made.url, (client) => {
    const all = { corp_id: corpId, ...row };
    const places = Object.keys(all).map((_, i) => `$${i + 1}`);
    return client.query(
      `INSERT INTO ${table} (${Object.keys(all).join(', ')}) VALUES (${places.join(', ')})`,
      Object.values(all),
    );
  });

const rowsOf = (query: string) =>
  withClient(made.url, async (client) => (await client.query({ text: query, rowMode: 'array' })).rows);

/** Numbers of days in June 2026 for the instants of versions. */
const day = (column: string) => `extract(day FROM ${column} AT TIME ZONE 'UTC')::int`;
const follows = () =>
  rowsOf(
    `SELECT external_userid, userid, remark, ${day('valid_from')} FROM wecom.customer_follows ORDER BY 1, 2`,
  );
const versions = () =>
  rowsOf(
    `SELECT external_userid, userid, remark, ${day('valid_from')}, ${day('valid_to')}, ended_by, end_reason
     FROM wecom_history.customer_follows ORDER BY 1, 4`,
  );

const run = (since: string | null = null) => respell(database.db, 'ww1', tables, since);
const follow = (external_userid: string, userid: string, from: number, more: Row = {}) =>
  insert('wecom.customer_follows', {
    external_userid,
    userid,
    remark: userid,
    valid_from: at(from),
    ...more,
  });
const ended = (external_userid: string, userid: string, from: number, to: number, by = 'changed') =>
  insert('wecom_history.customer_follows', {
    external_userid,
    userid,
    remark: userid,
    valid_from: at(from),
    valid_to: at(to),
    ended_by: by,
    end_reason: by === 'gone' ? 'absent' : null,
  });

test('spellings: of who is in the directory, else of who was, else of the follow users', async () => {
  const [stream] = catalogue;
  const run = { corpId: 'ww1', runId: 'r', cycle: 'r', startedAt: at(6) };
  const former = { valid_from: at(1), ended_by: 'changed' };
  await insert('wecom_history.employees', { ...former, userid: 'ZHAOKAI', valid_to: at(2) });
  await insert('wecom_history.employees', { ...former, userid: 'Lin.Yue', valid_to: at(3) });
  await insert('wecom_history.employees', { ...former, userid: 'LIN.YUE', valid_to: at(2) });
  for (const userid of ['zhaokai', 'lin.yue', 'Sun'])
    await insert('wecom.follow_users', { userid, valid_from: at(4) });
  await insert('wecom.follow_users', { userid: 'elsewhere', valid_from: at(4) }, 'ww2');
  if (!stream) throw new Error('The catalogue is empty.');
  expect(await streamLoader(database.db, stream, run).spellings()).toEqual(
    new Map([
      ['zhaokai', 'ZhaoKai'],
      ['lin.yue', 'Lin.Yue'],
      ['sun', 'Sun'],
    ]),
  );
});

describe('respell', () => {
  test('every kind of column, of this corp only, and a second time nothing', async () => {
    await follow('wm1', 'zhaokai', 1, { oper_userid: 'ZHAOKAI' });
    await follow('wm2', 'lin.yue', 1, { oper_userid: 'wmZhaoKAI' });
    await insert('wecom.group_chats', {
      chat_id: 'wr1',
      owner_userid: 'ZHAOKAI',
      admin_userids: ['b', 'zhaoKAI', 'a'],
      valid_from: at(1),
    });
    const member = { chat_id: 'wr1', valid_from: at(1) };
    await insert('wecom.group_chat_members', { ...member, member_id: 'zhaokai', member_type: 1 });
    await insert('wecom.group_chat_members', { ...member, member_id: 'ZHAOKAI', member_type: 2 });
    await insert('wecom.departments', { department_id: 1, leader_userids: ['zhaokai'], valid_from: at(1) });
    const other = { external_userid: 'wm1', userid: 'zhaokai', valid_from: at(1) };
    await insert('wecom.customer_follows', other, 'ww2');
    expect(await run()).toBe(4);
    expect(
      await rowsOf(
        'SELECT corp_id, external_userid, userid, oper_userid FROM wecom.customer_follows ORDER BY 1, 2',
      ),
    ).toEqual([
      ['ww1', 'wm1', 'ZhaoKai', 'ZhaoKai'],
      ['ww1', 'wm2', 'lin.yue', 'wmZhaoKAI'],
      ['ww2', 'wm1', 'zhaokai', null],
    ]);
    expect(await rowsOf('SELECT owner_userid, admin_userids FROM wecom.group_chats')).toEqual([
      ['ZhaoKai', ['b', 'ZhaoKai', 'a']],
    ]);
    expect(
      await rowsOf(
        'SELECT member_id, userid, external_userid FROM wecom.group_chat_members ORDER BY member_type',
      ),
    ).toEqual([
      ['ZhaoKai', 'ZhaoKai', null],
      ['ZHAOKAI', null, 'ZHAOKAI'],
    ]);
    expect(await rowsOf('SELECT leader_userids FROM wecom.departments')).toEqual([[['ZhaoKai']]]);
    expect(await versions()).toEqual([]);
    expect(await run()).toBe(0);
  });

  test('twins: the row under the right spelling stays, else the newest; what the other held before is a version', async () => {
    await follow('wm1', 'zhaokai', 1);
    await follow('wm1', 'ZhaoKai', 3);
    await follow('wm2', 'zhaoKAI', 2);
    await follow('wm2', 'ZHAOKAI', 3);
    await follow('wm2', 'zhaokai', 2);
    await follow('wm3', 'zhaokai', 4);
    await follow('wm3', 'ZhaoKai', 3);
    await run();
    expect(await follows()).toEqual([
      ['wm1', 'ZhaoKai', 'ZhaoKai', 3],
      ['wm2', 'ZhaoKai', 'ZHAOKAI', 3],
      ['wm3', 'ZhaoKai', 'ZhaoKai', 3],
    ]);
    expect((await versions()).map((row) => row.toSpliced(2, 1))).toEqual([
      ['wm1', 'ZhaoKai', 1, 3, 'changed', null],
      ['wm2', 'ZhaoKai', 2, 3, 'changed', null],
    ]);
    expect(await run()).toBe(0);
  });

  test('ended versions: of an instant there is one only', async () => {
    await ended('wm1', 'zhaokai', 1, 2);
    await ended('wm1', 'ZhaoKai', 2, 3);
    await ended('wm2', 'zhaokai', 1, 4, 'gone');
    await follow('wm2', 'ZhaoKai', 3);
    await ended('wm3', 'zhaokai', 2, 3);
    await ended('wm3', 'ZhaoKai', 1, 4);
    await ended('wm4', 'zhaokai', 1, 3, 'gone');
    await ended('wm4', 'ZHAOKAI', 1, 2, 'gone');
    await ended('wm4', 'zhaoKAI', 2, 4, 'gone');
    expect(await run()).toBeGreaterThan(0);
    expect(await versions()).toEqual([
      ['wm1', 'ZhaoKai', 'zhaokai', 1, 2, 'changed', null],
      ['wm1', 'ZhaoKai', 'ZhaoKai', 2, 3, 'changed', null],
      ['wm2', 'ZhaoKai', 'zhaokai', 1, 3, 'changed', null],
      ['wm3', 'ZhaoKai', 'ZhaoKai', 1, 4, 'changed', null],
      ['wm4', 'ZhaoKai', 'zhaokai', 1, 2, 'changed', null],
      ['wm4', 'ZhaoKai', 'zhaoKAI', 2, 4, 'gone', 'absent'],
    ]);
    expect(await run()).toBe(0);
  });

  test('units, absences and rejects; what two units covered is covered', async () => {
    const progress = (unit: string, covered: string, lost: string) =>
      insert('wecom_sync.progress', {
        stream: 'user_behavior_daily',
        unit,
        rows: 1,
        covered,
        provisional: '{}',
        lost,
        lost_reasons: '{}',
        cycle_days: '{}',
      });
    await progress('zhaokai', '{[2026-06-01,2026-06-03)}', '{}');
    await progress('ZhaoKai', '{[2026-06-03,2026-06-05)}', '{[2026-05-31,2026-06-03)}');
    await progress('wrGroup', '{}', '{}');
    const absence = (unit: string, userid: string) =>
      insert('wecom_sync.absences', {
        stream: 'customers',
        table_name: 'customer_follows',
        key: { userid, external_userid: 'wm1' },
        unit,
        cycle: 'c',
        held_since: at(1),
      });
    await absence('zhaokai', 'zhaokai');
    await absence('zhaokai', 'ZHAOKAI');
    await insert('wecom_sync.rejects', {
      stream: 'customers',
      reject_id: 'r',
      run_id: 'x',
      unit: 'ZHAOKAI',
      reason: 'no key',
      payload: {},
      first_seen_at: at(1),
      last_seen_at: at(1),
    });
    await run();
    expect(
      await rowsOf(
        'SELECT unit, covered::text, lost::text FROM wecom_sync.progress ORDER BY unit COLLATE "C"',
      ),
    ).toEqual([
      ['ZhaoKai', '{[2026-06-01,2026-06-05)}', '{[2026-05-31,2026-06-01)}'],
      ['wrGroup', '{}', '{}'],
    ]);
    expect(await rowsOf('SELECT unit, key, held_since IS NOT NULL FROM wecom_sync.absences')).toEqual([
      ['ZhaoKai', { userid: 'ZhaoKai', external_userid: 'wm1' }, true],
    ]);
    expect(await rowsOf('SELECT unit FROM wecom_sync.rejects')).toEqual([['ZhaoKai']]);
    expect(await run()).toBe(0);
  });

  test('only who is new since the last success, and who was spelled otherwise then; the newest spelling counts', async () => {
    await follow('wm1', 'zhaokai', 1);
    expect(await run(at(5))).toBe(0);
    expect(await follows()).toEqual([['wm1', 'zhaokai', 'zhaokai', 1]]);
    // Another version of an employee who was known: nothing was stored otherwise since.
    await insert('wecom_history.employees', {
      userid: 'ZhaoKai',
      valid_from: at(2),
      valid_to: at(5),
      ended_by: 'changed',
    });
    expect(await run(at(3))).toBe(0);
    await insert('wecom.employees', { userid: 'zhaoKai', valid_from: at(7) });
    expect(await run(at(6))).toBeGreaterThan(0);
    expect(await follows()).toEqual([['wm1', 'zhaoKai', 'zhaokai', 1]]);
    expect(await rowsOf(`SELECT userid, ${day('valid_from')} FROM wecom.employees`)).toEqual([
      ['zhaoKai', 7],
    ]);
  });

  test('the stored facts of the corp are compared as a whole only when something was changed', async () => {
    const included = () => rowsOf('SELECT corp_id FROM analytics_store.refreshes ORDER BY 1');
    const refresh = { run_id: 'r', refreshed_at: at(1), provisional: '{}' };
    await insert('analytics_store.refreshes', refresh);
    await insert('analytics_store.refreshes', refresh, 'ww2');
    await run();
    expect(await included()).toEqual([['ww1'], ['ww2']]);
    await follow('wm1', 'zhaokai', 1);
    await run();
    expect(await included()).toEqual([['ww2']]);
  });
});
