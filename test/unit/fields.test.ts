import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fields, idOf, isNothing, listOf, objectsOf, scalarText } from '../../extractors/fields.ts';
import { RecordRejected } from '../../src/engine/stream.ts';
import type { JsonObject, JsonValue } from '../../src/wecom/json.ts';

const raw = (digits: string) => JSON.rawJSON(digits);
const NOTHINGS: JsonValue[] = [null, '', [], {}];

describe('nothings', () => {
  test('the four spellings and the empty object are nothing; 0, false and blanks are something', () => {
    for (const value of [undefined, ...NOTHINGS]) expect(isNothing(value)).toBe(true);
    for (const value of [0, false, ' ', [null], { a: null }, raw('9007199254740993')])
      expect(isNothing(value)).toBe(false);
  });

  test('every reader takes them for NULL or an empty list, and tells them from an absent key', () => {
    const scalars = ['text', 'int', 'bigint', 'numeric', 'flag', 'time', 'optionalId', 'json'] as const;
    for (const reader of scalars) {
      for (const value of NOTHINGS) {
        const f = new Fields({ a: value });
        expect(f[reader]('a')).toBeNull();
        expect(f.rest()).toBeNull();
      }
      expect(new Fields({})[reader]('a')).toBeUndefined();
    }
    for (const value of NOTHINGS) expect(new Fields({ a: value }).texts('a')).toEqual([]);
    expect(new Fields({}).texts('a')).toBeUndefined();
  });
});

/** [as it came, what the column gets]; `null`: it does not convert and stays in `rest` under its key. */
const table: [
  keyof Pick<Fields, 'int' | 'bigint' | 'numeric' | 'flag' | 'time' | 'text'>,
  JsonValue,
  unknown,
][] = [
  ['int', 12, 12],
  ['int', ' -12 ', -12],
  ['int', '12.0', 12],
  ['int', 0, 0],
  ['int', 2_147_483_647, 2_147_483_647],
  ['int', 2_147_483_648, null],
  ['int', '1.5', null],
  ['int', 'xxxx', null],
  ['int', true, null],
  ['int', [1], null],
  ['bigint', raw('9223372036854775807'), '9223372036854775807'],
  ['bigint', '-9223372036854775808', '-9223372036854775808'],
  ['bigint', raw('9223372036854775808'), null],
  ['bigint', '007', '7'],
  ['bigint', '1e3', null],
  ['numeric', '12.50', '12.50'],
  ['numeric', 1e-7, '1e-7'],
  ['numeric', raw('12345678901234567890'), '12345678901234567890'],
  ['numeric', '12%', null],
  ['numeric', '1e200000', null],
  ['flag', 1, true],
  ['flag', '0', false],
  ['flag', true, true],
  ['flag', ' false ', false],
  ['flag', 2, null],
  ['time', 1_760_000_000, '2025-10-09T08:53:20.000Z'],
  ['time', '1760000000', '2025-10-09T08:53:20.000Z'],
  ['time', 253_402_300_799, '9999-12-31T23:59:59.000Z'],
  ['time', 253_402_300_800, null],
  ['time', -1, null],
  ['time', 'xxxx', null],
  ['text', ' kept as it is ', ' kept as it is '],
  ['text', 7, '7'],
  ['text', raw('9007199254740993'), '9007199254740993'],
  ['text', { a: 1 }, null],
];

describe('conversion', () => {
  test.each(table)('%s of %j is %j', (reader, value, expected) => {
    const f = new Fields({ a: value, b: 'other' });
    expect(f[reader]('a')).toBe(expected);
    const rest = expected === null ? { a: value, b: 'other' } : { b: 'other' };
    expect(f.rest()).toBe(JSON.stringify(rest));
  });

  test('time 0 is no time, and nothing is left over', () => {
    for (const zero of [0, '0']) {
      const f = new Fields({ a: zero });
      expect(f.time('a')).toBeNull();
      expect(f.rest()).toBeNull();
    }
  });
});

describe('ids', () => {
  test('are trimmed; a number is an id too', () => {
    expect(new Fields({ a: ' wmAAA  ' }).id('a')).toBe('wmAAA');
    expect(new Fields({ a: raw('9007199254740993') }).id('a')).toBe('9007199254740993');
    expect(idOf('  x ')).toBe('x');
    expect([idOf('  '), idOf(null), idOf({ a: 1 }), idOf(undefined)]).toEqual([null, null, null, null]);
  });

  test.each([
    undefined,
    null,
    '',
    '   ',
    [],
    {},
    ['x'],
  ])('invariant 5: %j makes the record a reject that names the field', (value) => {
    const record: JsonObject = value === undefined ? {} : { group_id: value };
    expect(() => new Fields(record).id('group_id')).toThrow(RecordRejected);
    expect(() => new Fields(record).id('group_id')).toThrow('"group_id"');
  });
});

describe('lists', () => {
  test('of scalars become texts, a scalar is a list of one, nothings in them go', () => {
    expect(new Fields({ a: ['x', 1, '', raw('9007199254740993')] }).texts('a')).toEqual([
      'x',
      '1',
      '9007199254740993',
    ]);
    expect(new Fields({ a: 'x' }).texts('a')).toEqual(['x']);
    expect(new Fields({ a: [' x '] }).texts('a', (text) => text.trim())).toEqual(['x']);
  });

  test('with anything else in them stay in the rest as a whole', () => {
    const f = new Fields({ a: ['x', { b: 1 }] });
    expect(f.texts('a')).toEqual([]);
    expect(f.rest()).toBe('{"a":["x",{"b":1}]}');
  });

  test('listOf and objectsOf take what they are for', () => {
    expect([listOf('x'), listOf(undefined), listOf([1])]).toEqual([[], [], [1]]);
    expect(objectsOf([{ a: 1 }, 'x', null, [1], raw('9007199254740993')])).toEqual([{ a: 1 }]);
  });
});

describe('inner objects', () => {
  test('leave what nobody took under their own key', () => {
    const f = new Fields({ a: { taken: 1, left: 2, deep: { x: 1, y: 2 } } });
    f.inner('a').int('taken');
    f.inner('a').inner('deep').int('x');
    expect(f.rest()).toBe('{"a":{"left":2,"deep":{"y":2}}}');
  });

  test('of the wrong type stay whole', () => {
    const f = new Fields({ a: 'text' });
    expect(f.inner('a').int('x')).toBeUndefined();
    expect(f.rest()).toBe('{"a":"text"}');
  });
});

test('keys with blanks around them are the keys; json and raw take theirs; __proto__ is a key like any other', () => {
  const f = new Fields(JSON.parse('{" name ":"x","doc":{"a":1},"__proto__":{"b":2},"gone":5}'));
  expect([f.text('name'), f.json('doc'), f.raw('gone'), f.has('doc'), f.has('nope')]).toEqual([
    'x',
    '{"a":1}',
    5,
    true,
    false,
  ]);
  expect(f.rest()).toBe('{"__proto__":{"b":2}}');
});

describe('nothing a record says is dropped', () => {
  const value: fc.Arbitrary<JsonValue> = fc.oneof(
    fc.constantFrom<JsonValue>(
      null,
      '',
      'xxxx',
      '12',
      ' ',
      0,
      1,
      -1,
      1.5,
      true,
      1_760_000_000,
      'x'.repeat(600),
    ),
    fc.constant(null).map(() => raw('92233720368547758070')),
    fc.array(fc.constantFrom<JsonValue>('a', 1, null, { b: 1 }), { maxLength: 3 }),
    fc.constantFrom<JsonValue>({}, { a: 1 }),
  );
  const readers = ['text', 'int', 'bigint', 'numeric', 'flag', 'time', 'optionalId', 'texts'] as const;

  test('a value is in its column or in the rest, whichever reader reads it', () => {
    fc.assert(
      fc.property(value, fc.constantFrom(...readers), (given, reader) => {
        const f = new Fields({ a: given });
        const got = f[reader]('a');
        const left = f.leftover();
        const stored = Array.isArray(got) ? got.length > 0 : got !== null && got !== undefined;
        const text = scalarText(given);
        const empty =
          isNothing(given) ||
          (reader === 'time' && (text === '0' || given === 0)) ||
          (reader === 'optionalId' && text?.trim() === '') ||
          (reader === 'texts' && Array.isArray(given) && given.every((item) => item === ''));
        if (!stored && !empty) expect(left).toEqual({ a: given });
        if (stored) expect(left).toEqual({});
      }),
      { numRuns: 1000 },
    );
  });
});
