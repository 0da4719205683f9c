import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, type HoldInput } from '../../src/engine/holds.ts';
import type { Absence } from '../../src/engine/warehouse.ts';

const absence = (more: Partial<Absence>): Absence => ({
  table: 'follows',
  unit: 'li',
  absent: 0,
  shown: 1,
  heldBefore: 0,
  emptied: 0,
  ...more,
});

/** One table with `live` rows, and the usual rule: more than 20 % and at least 50 rows. */
function decided(absences: readonly Absence[], live: number, more: Partial<HoldInput> = {}) {
  const rule = { share: 0.2, least: 50 };
  return decide({
    absences,
    live: new Map([['follows', live]]),
    sets: new Set(),
    rule,
    accept: false,
    ...more,
  });
}

const spread = (absent: number) =>
  Array.from({ length: absent }, (_, i) => absence({ unit: `member-${i}`, absent: 1 }));

describe('invariant 3: a stream that would lose too much is held', () => {
  test('fifty rows and more than a fifth are held; either bound alone is not', () => {
    expect(decided(spread(50), 249).hold).toHaveLength(1);
    expect(decided(spread(50), 250).hold).toEqual([]); // exactly 20 %
    expect(decided(spread(49), 100).hold).toEqual([]); // fewer than fifty
    expect(decided(spread(51), 250).hold).toHaveLength(1);
  });

  test('the reason says how many of how many, and what the bounds are', () => {
    expect(decided(spread(60), 240).hold[0]).toEqual({
      selection: { table: 'follows' },
      reason: '60 of 240 rows would end as absent, more than 20 % and at least 50',
    });
  });

  test('what is held ends in no other way', () => {
    expect(decided(spread(60), 240).end).toEqual([]);
  });

  test('the losses of all tables of the stream count together', () => {
    const absences = [
      absence({ table: 'groups', unit: '*', absent: 30 }),
      absence({ table: 'tags', unit: '*', absent: 30 }),
    ];
    const live = new Map([
      ['groups', 100],
      ['tags', 100],
    ]);
    const both = decide({
      absences,
      live,
      sets: new Set(),
      rule: { share: 0.2, least: 50 },
      accept: false,
    });
    expect(both.hold.map(({ selection }) => selection.table)).toEqual(['groups', 'tags']);
  });
});

describe('invariant 3: a list that answers empty ends nothing', () => {
  test.each([1, 7, 50, 5000])('%i live rows', (rows) => {
    const { end, hold } = decided([absence({ unit: '*', absent: rows, shown: 0 })], rows);
    expect(end).toEqual([]);
    expect(hold).toEqual([
      { selection: { table: 'follows' }, reason: `the list is empty, but ${rows} rows of follows are live` },
    ]);
  });

  test('one row that stays makes it an ordinary loss: a resignation among eight is not held', () => {
    expect(decided([absence({ unit: '*', absent: 1, shown: 7 })], 8)).toEqual({
      end: [{ table: 'follows', units: ['*'] }],
      hold: [],
    });
  });

  test('the unassigned list empties itself: it is never held', () => {
    expect(decided([absence({ unit: '*', absent: 500, shown: 0 })], 500, { rule: null })).toEqual({
      end: [{ table: 'follows' }],
      hold: [],
    });
  });
});

describe('invariant 3: a parent that has lost all of its rows in a filled table is held', () => {
  const members = (more: Partial<Absence>) => absence({ table: 'follows', shown: 1, ...more });
  const group = members({ unit: 'wr1', absent: 2, emptied: 1 });
  const hold = {
    selection: { table: 'follows', units: ['wr1'] },
    reason: 'the list of wr1 is empty, but 2 rows of follows are live',
  };

  test.each([{ share: 0.2, least: 50 }, null])('whatever their number, under the rule %j', (rule) => {
    expect(decided([group, members({ unit: 'wr2', absent: 30 })], 1000, { rule })).toEqual({
      end: [{ table: 'follows', units: ['wr2'] }],
      hold: [hold],
    });
  });

  test('many of them are one hold, which names three', () => {
    const groups = Array.from({ length: 5 }, (_, i) => members({ unit: `wr${i}`, absent: 2, emptied: 1 }));
    expect(decided(groups, 1000).hold).toEqual([
      {
        selection: { table: 'follows', units: ['wr0', 'wr1', 'wr2', 'wr3', 'wr4'] },
        reason: 'the list of wr0, wr1, wr2 and 2 others is empty, but 10 rows of follows are live',
      },
    ]);
  });

  test('accepting ends what was held, and holds what is missing since', () => {
    const accepted = decided([{ ...group, heldBefore: 2 }], 1000, { accept: true });
    expect(accepted).toEqual({ end: [{ table: 'follows', onlyHeldBefore: true }], hold: [] });
    const more = decided([{ ...group, absent: 3, heldBefore: 2 }], 1000, { accept: true });
    expect(more.hold[0]?.reason).toContain('1 rows of follows are live');
  });

  test('a part of them counts for the stream as any other loss', () => {
    expect(decided([members({ unit: 'wr1', absent: 300 })], 306).hold[0]?.reason).toContain(
      '300 of 306 rows',
    );
  });
});

describe('invariant 3: sets that may rightly be empty', () => {
  const sets = new Set(['follows']);
  const lost = (absent: number, live: number, more: Partial<Absence> = {}) =>
    decided([absence({ unit: 'li', absent, ...more })], live, { sets });

  test('the last tags of a company end', () => {
    for (const absent of [1, 49])
      expect(lost(absent, absent, { shown: 0 })).toEqual({
        end: [{ table: 'follows', units: ['li'] }],
        hold: [],
      });
  });

  test('all of many are held, and a few of many end', () => {
    expect(lost(219, 219).hold[0]?.reason).toContain('219 of 219 rows would end as absent');
    expect(lost(3_000, 20_000).hold).toEqual([]);
  });

  test('a big table beside it hides no loss', () => {
    const absences = [absence({ unit: 'li', absent: 219 }), absence({ table: 'customers', absent: 1 })];
    const live = new Map([
      ['follows', 219],
      ['customers', 100_000],
    ]);
    const { end, hold } = decided(absences, 0, { sets, live });
    expect(hold.map(({ selection }) => selection)).toEqual([{ table: 'follows' }]);
    expect(end).toEqual([{ table: 'customers', units: ['li'] }]);
  });
});

describe('invariant 3: a member still listed whose relations all vanish is held', () => {
  const vanish = (absent: number, shown = 0) =>
    decided([absence({ unit: 'li', absent, shown }), absence({ unit: 'wang', absent: 1 })], 1000);

  test('from twenty on, and only that member', () => {
    expect(vanish(20)).toEqual({
      end: [{ table: 'follows', units: ['wang'] }],
      hold: [
        {
          selection: { table: 'follows', units: ['li'] },
          reason: 'all 20 rows of li vanished although li is still listed',
        },
      ],
    });
  });

  test('nineteen, or one row that stays, are believed', () => {
    for (const { end, hold } of [vanish(19), vanish(20, 1)]) {
      expect(hold).toEqual([]);
      expect(end).toEqual([{ table: 'follows', units: ['li', 'wang'] }]);
    }
  });
});

describe('invariant 3: a follow-user list that loses more than a fifth and at least three is held', () => {
  const lost = (absent: number, live: number) =>
    decided([absence({ unit: '*', absent, shown: live - absent })], live, { rule: { share: 0.2, least: 3 } });

  test('at the edges', () => {
    expect(lost(3, 14).hold).toHaveLength(1);
    expect(lost(3, 15).hold).toEqual([]); // exactly 20 %
    expect(lost(2, 5).hold).toEqual([]);
    expect(lost(4, 15).hold).toHaveLength(1);
  });
});

describe('invariant 3: --accept-deletes releases exactly what an earlier run held', () => {
  const held = (absent: number, heldBefore: number, live: number, shown = 0) =>
    decided([absence({ unit: '*', absent, heldBefore, shown })], live, { accept: true });

  test('all of it was held: it ends, nothing is held again', () => {
    expect(held(80, 80, 100, 20)).toEqual({ end: [{ table: 'follows', onlyHeldBefore: true }], hold: [] });
    expect(held(100, 100, 100)).toEqual({ end: [{ table: 'follows', onlyHeldBefore: true }], hold: [] });
  });

  test('what is new is decided for itself', () => {
    expect(held(81, 80, 200, 119)).toEqual({
      end: [
        { table: 'follows', onlyHeldBefore: true },
        { table: 'follows', units: ['*'] },
      ],
      hold: [],
    });
    const more = held(140, 80, 200, 60);
    expect(more.end).toEqual([{ table: 'follows', onlyHeldBefore: true }]);
    expect(more.hold[0]?.reason).toBe('60 of 120 rows would end as absent, more than 20 % and at least 50');
  });

  test('the rest of a list is not released with it', () => {
    const { end, hold } = held(100, 80, 100);
    expect(end).toEqual([{ table: 'follows', onlyHeldBefore: true }]);
    expect(hold[0]?.reason).toBe('the list is empty, but 20 rows of follows are live');
  });

  test('without the flag what was held stays held', () => {
    expect(decided([absence({ unit: '*', absent: 80, heldBefore: 80, shown: 20 })], 100).end).toEqual([]);
  });
});

const anyAbsences = fc.uniqueArray(
  fc
    .record({
      table: fc.constantFrom('follows', 'groups'),
      unit: fc.constantFrom('a', 'b', 'c', 'd'),
      absent: fc.integer({ min: 1, max: 200 }),
      shown: fc.integer({ min: 0, max: 3 }),
      heldShare: fc.integer({ min: 0, max: 4 }),
      emptied: fc.integer({ min: 0, max: 1 }),
    })
    .map(({ heldShare, ...one }) => ({ ...one, heldBefore: Math.floor((one.absent * heldShare) / 4) })),
  { selector: (one) => `${one.table} ${one.unit}`, minLength: 1, maxLength: 8 },
);

describe('every absent row has exactly one fate', () => {
  test('whatever is absent', () => {
    fc.assert(
      fc.property(
        anyAbsences,
        fc.integer({ min: 0, max: 3000 }),
        fc.option(fc.record({ share: fc.constantFrom(0.2, 0.5), least: fc.constantFrom(3, 50) })),
        fc.boolean(),
        fc.subarray(['follows', 'groups']),
        (absences, spare, rule, accept, sets) => {
          const live = new Map<string, number>();
          for (const one of absences) live.set(one.table, (live.get(one.table) ?? spare) + one.absent);
          const decision = decide({ absences, live, sets: new Set(sets), rule, accept });
          const names = (list: readonly { table: string; units?: readonly string[] }[], one: Absence) =>
            list.filter(
              (s) => s.table === one.table && (s.units === undefined || s.units.includes(one.unit)),
            );
          for (const one of absences) {
            const ends = names(
              decision.end.filter((s) => !s.onlyHeldBefore),
              one,
            );
            const holds = names(
              decision.hold.map(({ selection }) => selection),
              one,
            );
            const open = one.absent - (accept ? one.heldBefore : 0);
            // What was released has ended before; a selection of the whole table may name a unit with nothing left.
            if (open > 0) expect(ends.length + holds.length).toBe(1);
            const released = decision.end.filter((s) => s.onlyHeldBefore && s.table === one.table);
            if (accept && one.heldBefore > 0) expect(released).toHaveLength(1);
            if (!accept) expect(released).toEqual([]);
          }
        },
      ),
    );
  });
});
