import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { misfit, normalised } from '../../src/engine/keys.ts';
import { RecordRejected, type Rows, type Stream } from '../../src/engine/stream.ts';
import { type ColumnType, type Row, type Table, table } from '../../src/engine/table.ts';
import { anyKey } from '../support/keys.ts';

const context = { spelling: (userid: string) => userid };
const shape = ({ tables }: Stream): fc.Arbitrary<Rows> =>
  fc.record(
    Object.fromEntries(
      tables.map((one) => [one.name, fc.array(anyKey(one), { minLength: 1, maxLength: 4 })]),
    ),
  );

function outcome(stream: Stream, rows: Rows): Rows | RecordRejected {
  try {
    return normalised({ tables: stream.tables, normalise: () => rows }, {}, context);
  } catch (error) {
    if (error instanceof RecordRejected) return error;
    throw error;
  }
}

describe.each(catalogue)('invariant 5: keys of $name', (stream) => {
  const own = stream.tables.filter(({ parent }) => parent === null);
  const hasKey = (one: Table, row: Row) =>
    Object.keys(one.key).every((column) => (row[column] ?? null) !== null);

  test('rows whose keys all fit pass as they are, any other record is a reject', () => {
    fc.assert(
      fc.property(shape(stream), (rows) => {
        const fit = stream.tables.every((one) =>
          rows[one.name]?.every((row) => misfit(one, row) === undefined),
        );
        const result = outcome(stream, rows);
        if (fit) expect(result).toBe(rows);
        else expect(result).toBeInstanceOf(RecordRejected);
      }),
    );
  });

  test('a reject shows every key that fits; without a key it shows nothing, and its walk proves nothing', () => {
    fc.assert(
      fc.property(shape(stream), (rows) => {
        const result = outcome(stream, rows);
        if (!(result instanceof RecordRejected)) return;
        const readable = own.every((one) => rows[one.name]?.every((row) => hasKey(one, row)));
        const fitting = own.map((one) => [
          one.name,
          rows[one.name]?.filter((row) => misfit(one, row) === undefined),
        ]);
        expect(result.shown).toEqual(readable ? Object.fromEntries(fitting) : undefined);
      }),
    );
  });
});

describe('a key fits its column', () => {
  const fits = (type: ColumnType, value: string | number | null) =>
    misfit(table('t', { key: { id: type } }), { id: value }) === undefined;

  test.each<[ColumnType, (string | number)[], (string | number | null)[]]>([
    ['integer', [0, -1, '7', 2147483647, '-2147483648'], [2147483648, '07', '', 'abc', '1.5', null]],
    [
      'bigint',
      [0, 42, '9223372036854775807', '-9223372036854775808'],
      ['9223372036854775808', '12345678901234567890', 'abc', 1.5, '05', '+5', '-0', ' 5', 1e21, null],
    ],
    [
      'date',
      ['0001-01-01', '2026-02-28', '9999-12-31'],
      ['0000-12-31', '2026-02-29', '2026-2-1', 'today', null],
    ],
    [
      'timestamptz',
      ['2026-11-20T00:00:00.000Z', '9999-12-31T23:59:59.000Z'],
      ['+010000-01-01T00:00:00.000Z', '0000-01-01T00:00:00.000Z', 'now', '2026-13-01T00:00:00Z', null],
    ],
    ['text', ['', 'x', 'x'.repeat(2000), '字'.repeat(666)], ['x'.repeat(2001), '字'.repeat(667), null]],
  ])('%s', (type, good, bad) => {
    expect(good.filter((value) => !fits(type, value))).toEqual([]);
    expect(bad.filter((value) => fits(type, value))).toEqual([]);
  });

  test('all columns of a key together fit an index entry', () => {
    const both = table('t', { key: { a: 'text', b: 'text' } });
    expect(misfit(both, { a: 'x'.repeat(1000), b: 'x'.repeat(1000) })).toBeUndefined();
    expect(misfit(both, { a: 'x'.repeat(1000), b: 'x'.repeat(1001) })).toContain('2001 bytes');
  });
});
