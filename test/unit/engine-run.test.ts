import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { runStatus, withDependencies } from '../../src/engine/run.ts';
import { noCounts, type StreamReport, type StreamStatus } from '../../src/engine/warehouse.ts';

const report = (status: StreamStatus): StreamReport => ({
  ...noCounts(),
  stream: 'customers',
  status,
  apiCalls: 0,
  pages: 0,
  records: 0,
  durationMs: 0,
  error: null,
});

describe('runStatus', () => {
  test.each<[string, StreamStatus[]]>([
    ['succeeded', ['succeeded', 'succeeded']],
    ['succeeded', ['succeeded', 'not_permitted']], // explained (invariant 6)
    ['partial', ['succeeded', 'failed']],
    ['partial', ['succeeded', 'held']],
    ['partial', ['held']],
    ['partial', ['partial', 'failed', 'skipped']],
    ['partial', ['succeeded', 'skipped']],
    ['failed', ['failed', 'skipped']],
    ['failed', ['failed', 'not_permitted']],
    ['failed', ['not_permitted', 'not_permitted']], // nothing at all was read
    ['failed', []],
  ])('invariant 6: %s when the streams are %j', (expected, statuses) => {
    expect(runStatus(statuses.map(report))).toBe(expected);
  });
});

describe('withDependencies', () => {
  const names = (...asked: string[]) => withDependencies(catalogue, asked).map(({ name }) => name);

  test('brings what a stream comes after, and what that comes after, in the order of the catalogue', () => {
    const asked = names('customers');
    expect(asked.at(-1)).toBe('customers');
    for (const stream of catalogue.filter(({ name }) => asked.includes(name)))
      for (const before of stream.after) {
        expect(asked).toContain(before);
        expect(asked.indexOf(before)).toBeLessThan(asked.indexOf(stream.name));
      }
  });

  test('asked for in any order, twice or unknown: each stream once', () => {
    expect(names('corp_tags', 'departments', 'corp_tags', 'no_such_stream')).toEqual([
      'departments',
      'corp_tags',
    ]);
    expect(names()).toEqual([]);
  });

  test('the catalogue lists every stream after those it depends on, and needs only what it comes after', () => {
    const seen: string[] = [];
    for (const { name, after, needs } of catalogue) {
      for (const before of after) expect(seen).toContain(before);
      for (const need of needs) expect(after).toContain(need);
      seen.push(name);
    }
  });
});
