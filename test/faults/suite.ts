import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StreamStatus } from '../../src/engine/warehouse.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { FaultyDays } from './days.ts';
import { FAULTS, type FaultLine, PATHS } from './table.ts';

/**
 * Each fault on each path, on a day on which the source changes too: the run ends as the table says and names what is
 * missing; nothing ends wrongly; the next healthy run equals the source, history included.
 */

const allowed = (expected: StreamStatus | readonly StreamStatus[]) => [expected].flat();

/** What `everything vanishes` may end: being assigned is what unassigned customers are for (DESIGN 4.3). */
const mayEnd = (path: string) =>
  path === 'externalcontact/get_unassigned_list' ? /^unassigned_customers / : /^$/;

async function proves(days: FaultyDays, line: FaultLine, paths: readonly string[]): Promise<void> {
  const inject = (sim: Simulator) => {
    for (const path of paths) {
      const { kind, times, nth, match } = line;
      sim.faults.inject({ path, kind, times, nth, match });
    }
  };
  const day = await days.pass(inject);
  const ignored = mayEnd(paths.length === 1 ? (paths[0] ?? '') : '');
  const kept = (lines: readonly string[]) => lines.filter((one) => !ignored.test(one));
  expect(kept(day.wronglyEnded), 'ended wrongly').toEqual([]);
  const read = new Map(paths.map((path) => [PATHS.get(path), allowed(line.except?.[path] ?? line.stream)]));
  for (const { stream, status, error } of day.faulty.streams) {
    const expected = read.get(stream) ?? (line.spreads ? ['succeeded', 'failed', 'partial'] : ['succeeded']);
    expect(expected, `${stream}: ${status} ${error?.message}`).toContain(status);
    if (read.has(stream) && status !== 'succeeded') expect(error?.message).toMatch(line.says ?? /never/);
    if (status !== 'succeeded') expect(error?.remedy).not.toBe('');
  }
  const bad = day.faulty.streams.filter((one) => !['succeeded', 'not_permitted'].includes(one.status));
  const all = bad.length === day.faulty.streams.length;
  expect(day.faulty.status).toBe(bad.length === 0 ? 'succeeded' : all ? 'failed' : 'partial');
  expect(day.healthy.streams.filter((one) => one.status !== 'succeeded')).toEqual([]);
  expect(day.differences, 'after a healthy run').toEqual([]);
  expect(kept(day.history), 'history of both runs').toEqual([]);
  expect(days.violations).toEqual([]);
}

function suite(name: string, lines: readonly (readonly [string, FaultLine, readonly string[]])[]): void {
  describe(name, () => {
    let days: FaultyDays;
    beforeAll(async () => {
      days = await FaultyDays.open(lines.some(([, line]) => line.manyPages) ? 300 : 30);
    });
    afterAll(() => days.close());
    test.each(lines)('%s', (_name, line, paths) => proves(days, line, paths));
  });
}

export function togetherSuite(name: string): void {
  const together = FAULTS.filter((line) => line.together);
  suite(
    name,
    together.map((line) => [line.fault, line, [...PATHS.keys()]]),
  );
}

/** The lines that are tested path by path, one part of several: the parts run side by side. */
export function apartSuites(part: number, parts: number): void {
  const apart = FAULTS.filter((one) => !one.together);
  for (const line of apart.filter((_, i) => i % parts === part))
    suite(
      line.fault,
      (line.at ?? [...PATHS.keys()]).map((path) => [path, line, [path]]),
    );
}
