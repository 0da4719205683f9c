import { types } from 'pg';
import { describe, expect, test } from 'vitest';
import { dayList, span } from '../../src/cli/format.ts';
import { csv, json } from '../../src/cli/results.ts';
import { displayWidth, textTable } from '../../src/cli/table.ts';

const parse = (oid: number, text: string) => types.getTypeParser(oid)(text);
const field = (name: string, dataTypeID = 25) => ({ name, dataTypeID });

describe('csv', () => {
  test('quotes what RFC 4180 wants quoted, and tells NULL from the empty text', () => {
    const fields = [field('a,b'), field('c')];
    const rows = [
      ['say "hi"', 'two\nlines'],
      [null, ''],
      ['门店', '1'],
    ];
    expect(csv(fields, rows)).toBe('"a,b",c\r\n"say ""hi""","two\nlines"\r\n,""\r\n门店,1\r\n');
  });
});

describe('json', () => {
  test('numbers keep their digits, times are ISO, arrays and documents are what they are', () => {
    const fields = [
      field('n', 20),
      field('d', 1700),
      field('b', 16),
      field('t', 1184),
      field('l', 1009),
      field('j', 3802),
      field('x'),
    ];
    const row = [
      '9007199254740993',
      '12.50',
      't',
      '2026-11-20 10:30:00+08',
      '{a,"b \\"c\\""}',
      '{"k": [1]}',
      null,
    ];
    expect(json(fields, [row], parse)).toBe(
      '[{"n":9007199254740993,"d":12.50,"b":true,"t":"2026-11-20T10:30:00+08:00","l":["a","b \\"c\\""],"j":{"k": [1]},"x":null}]\n',
    );
  });

  test('what JSON has no number for stays text, and no rows are an empty array', () => {
    expect(json([field('n', 701)], [['NaN'], ['Infinity']], parse)).toBe(
      '[{"n":"NaN"},\n{"n":"Infinity"}]\n',
    );
    expect(json([field('n', 701)], [], parse)).toBe('[]\n');
  });
});

describe('textTable', () => {
  test('wide characters take two columns, numbers stand right', () => {
    const lines = textTable(
      ['名称', 'n'],
      [
        ['门店', '1,234'],
        ['a', '5'],
      ],
    ).split('\n');
    expect(new Set(lines.map(displayWidth))).toEqual(new Set([11]));
    expect(lines[3]).toBe('a         5');
  });
});

describe('format', () => {
  test('day lists are ranges', () => {
    expect(
      dayList(['2026-01-30', '2026-01-31', '2026-02-01', '2026-02-05', '2026-03-01', '2026-03-02']),
    ).toBe('2026-01-30 – 2026-02-01, 2026-02-05, 2026-03-01, 2026-03-02');
  });

  test('spans', () => {
    expect([5_000, 600_000, 8 * 3_600_000, 72 * 3_600_000].map(span)).toEqual([
      '5 s',
      '10 min',
      '8 h',
      '3 d',
    ]);
  });
});
