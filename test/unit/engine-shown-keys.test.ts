import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShownKeys } from '../../src/engine/shown-keys.ts';
import { table } from '../../src/engine/table.ts';

const follows = table('follows', {
  key: { external_userid: 'text', userid: 'text' },
  columns: { n: 'integer' },
});
const days = table('days', { key: { day: 'date', no: 'integer' } });

test('gives back every key in its order, however many, and nothing else of the row', () => {
  // Cleaned text never holds U+0000 (src/wecom/json.ts).
  const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 250 }), (keys) => {
      const shown = new ShownKeys(follows);
      for (const [external_userid, userid] of keys) shown.add({ external_userid, userid, n: 1 });
      expect(shown.rows()).toEqual(keys.map(([external_userid, userid]) => ({ external_userid, userid })));
    }),
    { numRuns: 20 },
  );
});

test('gives numbers as the text that the loader sends', () => {
  const shown = new ShownKeys(days);
  shown.add({ day: '2026-01-01', no: 7 });
  expect(shown.rows()).toEqual([{ day: '2026-01-01', no: '7' }]);
});
