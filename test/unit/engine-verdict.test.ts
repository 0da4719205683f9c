import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import { Completeness } from '../../src/engine/completeness.ts';
import { freshProgress } from '../../src/engine/plan.ts';
import type { StreamMode } from '../../src/engine/stream.ts';
import { type Ended, readBefore, verdict } from '../../src/engine/verdict.ts';

const streamOf = (mode: StreamMode) => {
  const stream = catalogue.find((one) => one.mode === mode);
  if (!stream) throw new Error(`no ${mode} stream`);
  return stream;
};

interface Walked {
  readonly mode?: StreamMode;
  readonly records?: number;
  readonly rejected?: number;
  /** Units of a list: done, or the reason for which they were skipped. */
  readonly units?: Readonly<Record<string, string>>;
  /** Objects of a list that are no units, all explained. */
  readonly refused?: readonly [explained: number, refused: number];
  readonly ended?: Partial<Ended>;
}

/** What a stream ends as whose list was done and whose units ended like this. */
function judged({ mode = 'snapshot', records = 0, rejected = 0, units = {}, refused, ended }: Walked) {
  const completeness = new Completeness();
  const names = Object.keys(units);
  completeness.expect([{ listed: 'groups', units: names }]);
  if (refused) {
    const [explained, notVisible] = refused;
    completeness.add({ what: 'requests', expected: explained, received: 0, explained }, notVisible);
  }
  const ends = {
    done: new Set(['list', ...names.filter((name) => units[name] === 'done')]),
    skipped: new Map(Object.entries(units).filter(([, reason]) => reason !== 'done')),
    failed: new Map<string, Error>(),
  };
  const run = {
    ...ends,
    records,
    rejectedRecords: rejected,
    announced: () => completeness.all(ends),
    refusedList: (least: number) => completeness.refusedList(least, ends),
  };
  const { status, error } = verdict(streamOf(mode), run, {
    held: [],
    planned: names.length + 1,
    continued: false,
    ...ended,
  });
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return { status, code, error };
}

describe('invariant 6: a walk of nothing but rejects is no success', () => {
  test('one good record is enough; without records nothing is wrong', () => {
    expect(judged({ records: 5, rejected: 5 })).toMatchObject({ status: 'failed', code: 'ALL_REJECTED' });
    expect(judged({ records: 5, rejected: 4 }).status).toBe('succeeded');
    expect(judged({ records: 0 }).status).toBe('succeeded');
  });

  test('the only record of a list is all of it; the only new one of a night is one bad record', () => {
    expect(judged({ records: 1, rejected: 1 }).status).toBe('failed');
    expect(judged({ mode: 'window', records: 1, rejected: 1 }).status).toBe('succeeded');
    expect(judged({ mode: 'window', records: 2, rejected: 2 }).status).toBe('failed');
  });
});

describe('invariant 6: objects that are all refused are a lost permission', () => {
  test('whatever else was read; one that is visible, or gone, explains the others', () => {
    expect(judged({ units: { a: 'not_visible', b: 'not_visible' } })).toMatchObject({
      status: 'failed',
      code: 'ALL_REFUSED',
      error: { message: expect.stringContaining('refused all 2 groups as not visible') },
    });
    expect(judged({ units: { a: 'not_visible', b: 'done' } }).status).toBe('succeeded');
    expect(judged({ units: { a: 'not_visible', b: 'group_dismissed' } }).status).toBe('succeeded');
  });

  test('also objects that are no units: from two on where a night shows only what is new', () => {
    expect(judged({ refused: [1, 1] }).status).toBe('failed');
    expect(judged({ mode: 'window', refused: [1, 1] }).status).toBe('succeeded');
    expect(judged({ mode: 'window', refused: [2, 2] }).status).toBe('failed');
    expect(judged({ mode: 'window', refused: [2, 1] }).status).toBe('succeeded');
  });

  test('not in a run that continues one which has read some of them', () => {
    const units = { a: 'not_visible' };
    expect(judged({ units, ended: { continued: true } }).status).toBe('succeeded');
    expect(judged({ units }).status).toBe('failed');
  });
});

test('what this cycle has read before: finished since the last success, and not only refused', () => {
  const unit = (cycle: string | null, completedAt: string | null) =>
    new Map([['a', { ...freshProgress('a'), cycle, completedAt }]]);
  const [yesterday, today] = ['2026-11-01T18:30:00.000Z', '2026-11-02T18:30:00.000Z'];
  expect(readBefore(unit('c', today), 'c', yesterday)).toBe(true);
  expect(readBefore(unit('c', today), 'c', null)).toBe(true);
  // Refused in this cycle: it keeps the time of its last walk.
  expect(readBefore(unit('c', yesterday), 'c', yesterday)).toBe(false);
  expect(readBefore(unit('c', null), 'c', null)).toBe(false);
  expect(readBefore(unit('b', today), 'c', yesterday)).toBe(false);
});
