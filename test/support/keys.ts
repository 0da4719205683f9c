/** Keys of every kind for the key columns of a table: ordinary ones, those at the edge of the type, and impossible ones. */
import fc from 'fast-check';
import { addDays } from '../../src/days.ts';
import type { ColumnType, Row, Table, Value } from '../../src/engine/table.ts';

const texts = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  fc.constantFrom('', ' ', 'NULL', '{}', '"', '\\', "'; --", 'abc', '1.5', '12345678901234567890', '0'),
  // Far from compressible, so an index entry holds no more of it than its bytes.
  fc.string({ unit: 'binary', minLength: 300, maxLength: 1200, size: 'max' }),
);
const ARBITRARY: Partial<Record<ColumnType, fc.Arbitrary<Value>>> = {
  integer: fc.oneof(
    fc.integer(),
    fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
    fc.constantFrom(0, 1, 1.5, 'abc'),
  ),
  bigint: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.constantFrom('abc', '1.5', '12345678901234567890', '05', '', '1e3'),
  ),
  date: fc.oneof(
    fc.integer({ min: -700_000, max: 2_900_000 }).map((days) => addDays('2026-11-20', days)),
    fc.constantFrom('0001-01-01', '0000-01-01', '2026-02-30', '9999-12-31', 'today', ''),
  ),
};

/** Without U+0000 and lone surrogates, which no answer holds any more behind its border. */
const clean = (value: Value): Value =>
  typeof value === 'string' ? value.replaceAll('\0', '').toWellFormed() : value;

export const anyKey = ({ key }: Table): fc.Arbitrary<Row> =>
  fc.record(
    Object.fromEntries(
      Object.entries(key).map(([column, type]) => [
        column,
        fc.oneof(
          { weight: 30, arbitrary: (ARBITRARY[type] ?? texts).map(clean) },
          { weight: 1, arbitrary: fc.constant(null) },
        ),
      ]),
    ),
  );
