import {
  addDays,
  contains,
  type Day,
  type DayRange,
  type DaySet,
  intersect,
  splitDays,
  startOfDay,
  subtract,
  toMultirange,
} from '../src/days.ts';
import type { Block, Call, Step, Stream, StreamContext } from '../src/engine/stream.ts';
import { halve, type JsonObject } from '../src/wecom/index.ts';
import { checkinRows, checkins, punchDay } from './checkin_rows.ts';
import { idOf } from './fields.ts';
import { rowsOf, slices } from './members.ts';

const PUNCHES = 'checkin/getcheckindata';
/** directory-and-oa 7: at most 100 members and 30 days in one call. */
const BLOCK_MEMBERS = 100;
const WINDOW_DAYS = 30;
/** On and off duty, and outings. */
const ALL_KINDS = 3;
/** `hints.members` of blocks of people who have left the directory. */
const LEAVERS = 'leavers';

/** Punches, 未打卡 rows included, of the members' closed days (directory-and-oa 7.1). */
export const checkinsStream: Stream = {
  name: 'checkins',
  label: { zh: '打卡', en: 'Check-ins' },
  area: 'checkin',
  mode: 'window',
  endpoints: [PUNCHES],
  probes: [
    {
      needs: 'member',
      call: (userid, today) => punchesCall([userid], { from: addDays(today, -1), to: addDays(today, -1) }),
    },
  ],
  after: ['employees'],
  needs: ['employees'],
  tables: [checkins],
  days: { retention: 180, tail: 35, until: 'yesterday', forgets: false, column: 'checkin_date' },
  hold: null,
  absenceReason: 'corrected',

  async blocks(context) {
    const employees = (await context.stored('employees', ['userid'])).map((row) => String(row.userid));
    const present = new Set(employees.map((userid) => userid.toLowerCase()));
    const leavers = context.knownUnits().filter((unit) => !present.has(unit.toLowerCase()));
    return [
      // What they miss, and no tail: WeCom may stop answering for them any day (12, ex-members).
      ...planBlocks(leavers, (unit) => subtract(context.needed(unit), context.settled(unit)), LEAVERS),
      ...planBlocks(employees, (unit) => context.needed(unit)).map((block) => ({
        ...block,
        listed: 'employees',
      })),
    ];
  },

  async *read(block, context): AsyncGenerator<Step> {
    const { units, days, hints } = block;
    if (!days) return;
    for await (const part of halve(units, (userids) => askPunches(userids, days, context))) {
      if (!('skipped' in part)) yield* settle(part.ids, days, part.result, context);
      else if (hints?.members !== LEAVERS)
        yield { type: 'skipped', unit: part.skipped, reason: 'not_visible' };
      else yield { type: 'skipped', unit: part.skipped, reason: 'not_visible', lost: [days], closed: true };
    }
  },

  proof: (unit, days) => [
    { table: 'checkins', where: { userid: unit }, days: { column: 'checkin_date', set: days } },
  ],

  normalise: checkinRows,
};

/** Members who need the same days are asked together, as many and as long as one call allows. */
export function planBlocks(
  members: readonly string[],
  needed: (userid: string) => DaySet,
  kind?: string,
): Block[] {
  const groups = new Map<string, { days: DaySet; userids: string[] }>();
  for (const userid of members) {
    const days = needed(userid);
    const group = groups.get(toMultirange(days)) ?? { days, userids: [] };
    group.userids.push(userid);
    groups.set(toMultirange(days), group);
  }
  return [...groups.values()].flatMap(({ days, userids }) =>
    splitDays(days, WINDOW_DAYS).flatMap((range) =>
      slices(userids, BLOCK_MEMBERS).map((units) => ({
        units,
        days: range,
        ...(kind !== undefined && { hints: { members: kind } }),
      })),
    ),
  );
}

function punchesCall(userids: readonly string[], days: DayRange): Call {
  return {
    path: PUNCHES,
    body: {
      opencheckindatatype: ALL_KINDS,
      starttime: startOfDay(days.from),
      endtime: startOfDay(addDays(days.to, 1)) - 1,
      useridlist: [...userids],
    },
    list: 'checkindata',
  };
}

async function askPunches(
  userids: readonly string[],
  days: DayRange,
  context: StreamContext,
): Promise<JsonObject[]> {
  const answer = await context.call(punchesCall(userids, days));
  return rowsOf(answer, 'checkindata', PUNCHES);
}

/** The steps of one answer: each asked member's punches of the asked days, and what they prove. */
async function* settle(
  units: readonly string[],
  days: DayRange,
  punches: readonly JsonObject[],
  context: StreamContext,
): AsyncGenerator<Step> {
  const byMember = new Map<string, JsonObject[]>(units.map((unit) => [unit.toLowerCase(), []]));
  const unreadable: Extract<Step, { type: 'records' }>[] = [];
  for (const punch of punches) {
    const userid = idOf(punch.userid);
    const punchesOfMember =
      userid === null ? undefined : byMember.get(context.spelling(userid).toLowerCase());
    if (userid !== null && !punchesOfMember) continue; // nobody asked for this member
    const day = punchDay(punch);
    if (!punchesOfMember || day === undefined) unreadable.push(withoutMember(punch, day));
    // The filter of WeCom is loose: rows of other days come as well (7.1).
    else if (contains([days], day)) punchesOfMember.push(punch);
  }
  yield* unreadable;

  const empty = [...byMember.values()].every((records) => records.length === 0);
  const contradicts = empty && (await holdsPunches(units, days, context));
  const unproved = unreadable.length > 0 || contradicts;
  for (const unit of units) {
    const records = byMember.get(unit.toLowerCase()) ?? [];
    if (records.length > 0) yield { type: 'records', unit, records };
    // Nobody asks again for the day of a leaver that such an answer covered.
    const read = contradicts ? intersect([days], context.covered(unit)) : [days];
    yield { type: 'done', unit, days: read, ...(unproved && { unproved }), ...(empty && { doubtful: read }) };
  }
}

/** To be rejected with its payload. */
const withoutMember = (punch: JsonObject, day: Day | undefined) => ({
  type: 'records' as const,
  unit: undefined,
  records: [punch],
  ...(day !== undefined && { days: [{ from: day, to: day }] }),
});

async function holdsPunches(
  units: readonly string[],
  days: DayRange,
  context: StreamContext,
): Promise<boolean> {
  for (const userid of units) {
    const rows = await context.stored('checkins', ['checkin_date'], { userid });
    if (rows.some((row) => contains([days], String(row.checkin_date)))) return true;
  }
  return false;
}
