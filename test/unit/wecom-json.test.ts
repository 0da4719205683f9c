import { describe, expect, test } from 'vitest';
import { isRawNumber, parseAnswer, toInteger } from '../../src/wecom/json.ts';

describe('parseAnswer', () => {
  test('keeps every digit of a 19-digit integer, and writes it back as the number it was', () => {
    const text =
      '{"errcode":0,"comments":[{"commentid":6907340000000000001},{"commentid":-6907340000000000003}]}';
    const { answer } = parseAnswer(text);
    expect(JSON.stringify(answer)).toBe(text);
  });

  test('leaves numbers alone that survive: 16 digits below 2^53, decimals, and digits inside strings', () => {
    const { answer } = parseAnswer('{"a":9007199254740991,"b":31.12345678901234,"c":"6907340000000000001"}');
    expect(answer).toEqual({ a: 9007199254740991, b: 31.12345678901234, c: '6907340000000000001' });
  });

  test('a long number is recognised as such, an object of the same shape is not', () => {
    const { answer } = parseAnswer('{"id":6907340000000000001,"fake":{"rawJSON":"1"}}');
    expect(isRawNumber(answer.id)).toBe(true);
    expect(isRawNumber(answer.fake)).toBe(false);
  });

  test('removes U+0000, replaces lone surrogates in strings and keys, and counts them', () => {
    const { answer, cleaned } = parseAnswer(
      '{"name":"a\\u0000b","list":["\\ud83d","\\ud83d\\ude00","\\udE00x"],"k\\ud800":1,"id":6907340000000000001}',
    );
    expect(answer.name).toBe('ab');
    expect(answer.list).toEqual(['\ufffd', '😀', '\ufffdx']);
    expect(answer['k\ufffd']).toBe(1);
    expect(JSON.stringify(answer.id)).toBe('6907340000000000001');
    expect(cleaned).toBe(4);
  });

  test('keeps what is nested deeper than 100 levels as its text, and counts no bracket inside a string', () => {
    const nested = (levels: number, inner: string) => `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`;
    const brackets = JSON.stringify(`${'[{'.repeat(99)}\\"\\`);
    const fine = `{"text":${brackets},"list":${nested(98, '[{"id":6907340000000000001}]'.slice(1, -1))}}`;
    expect(JSON.stringify(parseAnswer(fine).answer)).toBe(fine);
    const text = nested(50_000, '6907340000000000001');
    const { answer } = parseAnswer(`{"first":"\\u0000","deep":${text},"last":[2]}`);
    expect(answer.last).toEqual([2]);
    // 99 lists in the answer's object stay lists.
    expect(JSON.stringify(answer.deep)).toBe(nested(99, JSON.stringify(text.slice(99, -99))));
  });

  test('an escaped backslash before u0000 is ordinary text', () => {
    expect(parseAnswer('{"name":"\\\\u0000"}')).toEqual({ answer: { name: '\\u0000' }, cleaned: 0 });
  });

  test('a key called __proto__ stays data', () => {
    const { answer } = parseAnswer('{"__proto__":{"x":1},"name":"\\u0000"}');
    expect(Object.keys(answer)).toEqual(['__proto__', 'name']);
    expect(Reflect.get(answer, 'x')).toBeUndefined();
  });

  test.each([
    '',
    '  ',
    '<html>502</html>',
    '{"errcode":0,"list":[',
    '[1]',
    '1',
    'null',
    '6907340000000000001',
  ])('refuses %j', (text) => {
    expect(() => parseAnswer(text)).toThrow(SyntaxError);
  });
});

test('toInteger reads numbers and numeric strings, and nothing else', () => {
  const values = [5, '5', ' -1 ', 1.5, 'xxxx', '', null, undefined, true];
  expect(values.map(toInteger)).toEqual([5, 5, -1, ...Array(6).fill(undefined)]);
});
