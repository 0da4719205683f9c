import { describe, expect, test } from 'vitest';
import { corpTagsStream } from '../../extractors/corp_tags.ts';
import { daySet } from '../../src/days.ts';
import { BatchBuilder, type FinishedUnit, isProvisional } from '../../src/engine/batch.ts';
import { BlockWalk } from '../../src/engine/block-walk.ts';
import type { Rows, Stream } from '../../src/engine/stream.ts';
import { type Row, table } from '../../src/engine/table.ts';

const documents = table('documents', { key: { doc_id: 'text' }, columns: { title: 'text' } });
const steps = table('steps', { key: { doc_id: 'text', step_no: 'integer' }, parent: 'documents' });
const people = table('people', {
  key: { doc_id: 'text', step_no: 'integer', userid: 'text' },
  parent: 'steps',
});
const tables = [documents, steps, people];

/** A document with, per step, the people who decide it. */
function rowsOf(doc_id: string, title: string, ...decided: readonly (readonly string[])[]): Rows {
  return {
    documents: [{ doc_id, title }],
    steps: decided.map((_, step_no) => ({ doc_id, step_no })),
    people: decided.flatMap((userids, step_no) => userids.map((userid) => ({ doc_id, step_no, userid }))),
  };
}

const never = () => false;
const staged = (batch: BatchBuilder, name: string) =>
  (batch.stagedRows().get(name) ?? []).map(({ row }) => row);

describe('invariant 5: the same key twice is merged', () => {
  test('the last record wins, with all that hangs on it', () => {
    const batch = new BatchBuilder({ tables });
    batch.add('*', { title: 'old' }, rowsOf('d1', 'old', ['li', 'wang'], ['zhao']), never);
    batch.add('*', { title: 'other' }, rowsOf('d2', 'other', ['li']), never);
    batch.add('*', { title: 'new' }, rowsOf('d1', 'new', ['wang', 'qian']), never);
    expect(staged(batch, 'documents')).toEqual([
      { doc_id: 'd1', title: 'new' },
      { doc_id: 'd2', title: 'other' },
    ]);
    expect(staged(batch, 'steps')).toEqual([
      { doc_id: 'd2', step_no: 0 },
      { doc_id: 'd1', step_no: 0 },
    ]);
    expect(staged(batch, 'people')).toEqual([
      { doc_id: 'd2', step_no: 0, userid: 'li' },
      { doc_id: 'd1', step_no: 0, userid: 'wang' },
      { doc_id: 'd1', step_no: 0, userid: 'qian' },
    ]);
  });

  test('every row points to the record that brought it', () => {
    const batch = new BatchBuilder({ tables });
    const [first, second] = [{ n: 1 }, { n: 2 }];
    batch.add('a', first, rowsOf('d1', 'x', ['li']), never);
    batch.add('b', second, rowsOf('d1', 'x', ['li']), never);
    for (const rows of batch.stagedRows().values())
      for (const row of rows) expect(row).toMatchObject({ unit: 'b', record: second });
  });

  test('keys that only look alike when glued together stay apart', () => {
    const pairs = table('pairs', { key: { a: 'text', b: 'text' } });
    const batch = new BatchBuilder({ tables: [pairs] });
    for (const [a, b] of [
      ['x', 'yz'],
      ['xy', 'z'],
      ['', 'xyz'],
    ])
      batch.add('*', {}, { pairs: [{ a, b }] }, never);
    expect(staged(batch, 'pairs')).toHaveLength(3);
  });

  test('a child keeps the order in which the merge locks rows out of it: one entry per key', () => {
    const batch = new BatchBuilder({ tables });
    batch.add('*', {}, rowsOf('d1', 'x', ['li', 'li', 'li']), never);
    expect(staged(batch, 'people')).toHaveLength(1);
  });
});

describe('BatchBuilder', () => {
  test('is empty only without rows, endings, rejects and finished units', () => {
    const fresh = () => new BatchBuilder({ tables });
    expect(fresh().empty).toBe(true);
    const fills: ((batch: BatchBuilder) => void)[] = [
      (batch) => batch.add('*', {}, rowsOf('d1', 'x'), never),
      (batch) => batch.endings.push({ unit: '*', scope: { table: 'documents', where: {} }, reason: 'r' }),
      (batch) => batch.rejects.push({ unit: '*', reason: 'r', payload: {} }),
      (batch) => batch.finish(finished('u')),
    ];
    for (const fill of fills) {
      const batch = fresh();
      fill(batch);
      expect(batch.empty).toBe(false);
    }
  });

  test('two blocks that read different days of one unit finish it together', () => {
    const batch = new BatchBuilder({ tables });
    const keys = (id: string) => new Map<string, Row[]>([['documents', [{ doc_id: id }]]]);
    batch.finish(finished('u', { read: daySet('2026-01-01', '2026-01-02'), shown: keys('d1') }));
    batch.finish(
      finished('u', { read: daySet('2026-01-05', '2026-01-06'), shown: keys('d2'), closed: 'left' }),
    );
    expect(batch.finished.get('u')).toEqual({
      ...finished('u'),
      read: [
        { from: '2026-01-01', to: '2026-01-02' },
        { from: '2026-01-05', to: '2026-01-06' },
      ],
      closed: 'left',
      shown: new Map([['documents', [{ doc_id: 'd1' }, { doc_id: 'd2' }]]]),
    });
  });

  test('invariant 3: one part without proof leaves the whole unit without proof', () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      const batch = new BatchBuilder({ tables });
      for (const proved of order) batch.finish(finished('u', { proved: proved === true }));
      expect(batch.finished.get('u')?.proved).toBe(false);
    }
  });

  test('a part that was read and one that was explained: read', () => {
    for (const parts of [
      [null, []],
      [[], null],
    ]) {
      const batch = new BatchBuilder({ tables });
      for (const read of parts) batch.finish(finished('u', { read: read ?? null }));
      expect(batch.finished.get('u')?.read).toEqual([]);
    }
  });
});

function finished(unit: string, more: Partial<FinishedUnit> = {}): FinishedUnit {
  return {
    unit,
    read: [],
    doubtful: [],
    lost: [],
    refused: null,
    closed: null,
    proved: true,
    shown: new Map(),
    ...more,
  };
}

describe('BlockWalk', () => {
  test('proves the keys of every table that is nobody’s child, once per unit', () => {
    const walk = new BlockWalk(tables);
    walk.note('u', rowsOf('d1', 'x', ['li']));
    walk.note('u', rowsOf('d2', 'x'));
    walk.note('v', rowsOf('d3', 'x'));
    walk.note(undefined, rowsOf('d4', 'x'));
    expect(walk.finish('u')).toEqual({
      shown: new Map([['documents', [{ doc_id: 'd1' }, { doc_id: 'd2' }]]]),
      proved: true,
    });
    expect(walk.finish('u').shown).toEqual(new Map());
    expect(walk.finish('v').shown.get('documents')).toEqual([{ doc_id: 'd3' }]);
  });

  test('keys that a list showed without rows count as shown', () => {
    const walk = new BlockWalk(tables);
    walk.note('u', rowsOf('d1', 'x'));
    const { shown } = walk.finish('u', { documents: [{ doc_id: 'd9' }] });
    expect(shown.get('documents')).toEqual([{ doc_id: 'd1' }, { doc_id: 'd9' }]);
  });

  test('invariant 3: a record without a readable key takes the proof from its unit', () => {
    const walk = new BlockWalk(tables);
    walk.doubt('u');
    expect([walk.finish('u').proved, walk.finish('v').proved]).toEqual([false, true]);
  });

  test('invariant 3: a record of nobody knows whom takes the proof from all', () => {
    const walk = new BlockWalk(tables);
    walk.doubt(undefined);
    expect(walk.finish('u').proved).toBe(false);
  });
});

describe('isProvisional', () => {
  const stream = (mode: Stream['mode']): Stream => ({
    ...corpTagsStream,
    mode,
    days: { retention: 180, tail: 3, until: 'yesterday', forgets: true, column: 'stat_date' },
  });
  const open = daySet('2026-01-05', '2026-01-06');

  test('only the open days of daily figures', () => {
    expect(isProvisional(stream('daily'), open, { stat_date: '2026-01-05' })).toBe(true);
    expect(isProvisional(stream('daily'), open, { stat_date: '2026-01-07' })).toBe(false);
    expect(isProvisional(stream('daily'), open, {})).toBe(false);
    expect(isProvisional(stream('window'), open, { stat_date: '2026-01-05' })).toBe(false);
  });
});
