import { describe, expect, test } from 'vitest';
import { catalogue } from '../../extractors/index.ts';
import {
  isMissed,
  type Job,
  JobQueue,
  jobsOf,
  lastScheduled,
  scheduleProblems,
} from '../../src/scheduler.ts';

const SCHEDULES = { default: '30 2 * * *', statistics: '30 8 * * *', streams: {} };
const at = (text: string) => Date.parse(`${text}+08:00`);

describe('lastScheduled', () => {
  test.each([
    ['30 2 * * *', '2026-11-20T02:29:59', '2026-11-19T02:30:00'],
    ['30 2 * * *', '2026-11-20T02:30:00', '2026-11-20T02:30:00'],
    ['*/15 9-17 * * *', '2026-11-20T12:59:00', '2026-11-20T12:45:00'],
    ['0 6 * * 1', '2026-11-20T12:00:00', '2026-11-16T06:00:00'],
    ['0 6 1 * *', '2026-11-20T12:00:00', '2026-11-01T06:00:00'],
  ])('%s before %s', (cron, now, expected) => {
    expect(lastScheduled(cron, at(now))).toBe(at(expected));
  });

  test('nothing within a month', () => {
    expect(lastScheduled('0 6 1 1 *', at('2026-11-20T12:00:00'))).toBeNull();
  });
});

describe('isMissed', () => {
  const [night, statistics] = jobsOf(SCHEDULES, catalogue);
  const now = at('2026-11-20T10:00:00');
  const all = (succeededAt: number | null, permitted = true) =>
    new Map(catalogue.map((stream) => [stream.name, { succeededAt, permitted }]));

  test('a night without a success, or without any run, is missed', () => {
    expect(night && isMissed(night, all(at('2026-11-20T02:30:00')), catalogue, now)).toBe(false);
    expect(night && isMissed(night, all(at('2026-11-19T23:00:00')), catalogue, now)).toBe(true);
    expect(night && isMissed(night, new Map(), catalogue, now)).toBe(true);
  });

  test('one stream that failed makes the night missed; one that is not permitted does not', () => {
    const successes = all(at('2026-11-20T02:30:00'));
    successes.set('checkins', { succeededAt: at('2026-11-18T02:30:00'), permitted: true });
    expect(night && isMissed(night, successes, catalogue, now)).toBe(true);
    successes.set('checkins', { succeededAt: null, permitted: false });
    expect(night && isMissed(night, successes, catalogue, now)).toBe(false);
  });

  test('the statistics of the morning count by themselves', () => {
    expect(statistics?.streams).toEqual(['user_behavior_daily', 'group_chat_owner_daily']);
    expect(statistics && isMissed(statistics, all(at('2026-11-20T02:30:00')), catalogue, now)).toBe(true);
    expect(statistics && isMissed(statistics, all(at('2026-11-20T08:31:00')), catalogue, now)).toBe(false);
  });
});

describe('scheduleProblems', () => {
  test('names every wrong entry at once', () => {
    const problems = scheduleProblems(
      { default: '61 2 * * *', statistics: '30 8 * * *', streams: { nothing: '0 1 * * *', customers: 'x' } },
      catalogue,
    );
    expect(problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
      'schedules.streams.nothing',
      'schedules.default',
      'schedules.streams.customers',
    ]);
    expect(scheduleProblems(SCHEDULES, catalogue)).toEqual([]);
  });
});

describe('JobQueue', () => {
  test('runs one job after the other, and a waiting one once', async () => {
    const log: string[] = [];
    let running = 0;
    const queue = new JobQueue(async ({ name }) => {
      running += 1;
      expect(running).toBe(1);
      await Promise.resolve();
      log.push(name);
      running -= 1;
    });
    const [a, b] = jobsOf(SCHEDULES, catalogue);
    for (const job of [a, b, b, a]) if (job) queue.add(job);
    while (queue.current !== null) await new Promise(setImmediate);
    expect(log).toEqual(['default', 'statistics', 'default']);
  });

  test('close ends the current job, drops the others and takes no more', async () => {
    const log: string[] = [];
    const started = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const queue = new JobQueue(async ({ name }) => {
      started.resolve();
      await release.promise;
      log.push(name);
    });
    const job = (name: string): Job => ({ name, cron: '* * * * *', streams: [] });
    queue.add(job('first'));
    queue.add(job('second'));
    await started.promise;
    const closed = queue.close();
    queue.add(job('third'));
    release.resolve();
    await closed;
    expect(log).toEqual(['first']);
  });
});
