import { describe, expect, test } from 'vitest';
import { Guarded } from '../../src/engine/guarded.ts';
import { table } from '../../src/engine/table.ts';

const people = table('people', { key: { id: 'text' }, columns: { name: 'text' }, guarded: ['name'] });
const tags = table('tags', { key: { id: 'text', tag: 'text' }, parent: 'people', missing: 'decided' });
const steps = table('steps', { key: { id: 'text', step: 'text' }, parent: 'people' });
const person = { id: 'li' };

function noting(...records: Parameters<Guarded['note']>[0][]): Guarded {
  const guarded = new Guarded([people, tags, steps]);
  for (const record of records) guarded.note(record);
  return guarded;
}

describe('DESIGN 2.3: child tables whose key WeCom sends for nobody', () => {
  test('are those that no record of the walk had', () => {
    expect(noting({ people: [person] }, { people: [person] }).unsent()).toEqual(['tags']);
    expect(noting({ people: [person] }, { people: [person], tags: [] }).unsent()).toEqual([]);
    expect(noting({ people: [person], tags: [] }, { people: [person] }).unsent()).toEqual([]);
  });

  test('do not include those that nobody could have had: a walk without records, parts that end at once', () => {
    expect(noting().unsent()).toEqual([]);
    expect(noting({ people: [] }).unsent()).toEqual([]);
    expect(noting({ people: [person], tags: [] }).unsent()).not.toContain('steps');
  });
});

describe('DESIGN 2.3: columns whose key WeCom sends for nobody', () => {
  test('are kept until a record has the key, even an empty one', () => {
    expect(noting({ people: [person] }).keep()).toEqual(new Map([['people', new Set(['name'])]]));
    expect(noting({ people: [person] }, { people: [{ ...person, name: null }] }).keep()).toEqual(new Map());
  });
});
