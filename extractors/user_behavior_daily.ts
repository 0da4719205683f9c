import { addDays, type DayRange, daySet, shanghaiDay, splitDays, startOfDay, subtract } from '../src/days.ts';
import {
  type Block,
  type NormaliseContext,
  RecordRejected,
  type Rows,
  type Step,
  type Stream,
  type StreamContext,
} from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import { WecomError } from '../src/wecom/index.ts';
import type { JsonObject } from '../src/wecom/json.ts';
import { Fields } from './fields.ts';
import { followUsers, isExpired, isNotVisible, RETENTION_DAYS, rowsOf, skipReason } from './members.ts';

const PATH = 'externalcontact/get_user_behavior_data';
/** Whether 31 rows pass is not known (customer-contact 6). */
const MOST_DAYS = 30;

const userBehaviorDaily = table('user_behavior_daily', {
  key: { userid: 'text', stat_date: 'date' },
  columns: {
    new_apply_cnt: 'integer',
    new_contact_cnt: 'integer',
    chat_cnt: 'integer',
    message_cnt: 'integer',
    reply_percentage: 'numeric',
    avg_reply_time: 'integer',
    negative_feedback_cnt: 'integer',
  },
  userids: { userid: {} },
  extra: true,
});

/**
 * Daily customer-contact figures of each member (customer-contact 6.1). Exactly one userid per call: for several ones
 * WeCom answers one summed series in which no row tells whose it is.
 */
export const userBehaviorDailyStream: Stream = {
  name: 'user_behavior_daily',
  label: { zh: '联系客户统计', en: 'User behaviour per day' },
  area: 'customer',
  mode: 'daily',
  endpoints: [PATH],
  probes: [
    {
      needs: 'follow user',
      call(userid, today) {
        const yesterday = startOfDay(addDays(today, -1));
        const body = { userid: [userid], start_time: yesterday, end_time: yesterday };
        return { path: PATH, body, list: 'behavior_data' };
      },
    },
  ],
  after: ['follow_users', 'employees'],
  needs: ['follow_users'],
  tables: [userBehaviorDaily],
  days: {
    retention: RETENTION_DAYS,
    tail: 3,
    until: 'yesterday',
    forgets: true,
    column: 'stat_date',
    figures: ['new_apply_cnt', 'new_contact_cnt', 'chat_cnt', 'message_cnt', 'negative_feedback_cnt'],
  },
  hold: null,

  async blocks(context) {
    const listed = await followUsers(context);
    const names = new Set(listed.map((member) => member.toLowerCase()));
    const left = context.knownUnits().filter((unit) => !names.has(unit.toLowerCase()));
    // Only a complete list tells who left; who is asked once more in vain is not asked again.
    const hints = context.complete('follow_users') ? { left: 'true' } : undefined;
    const own = spans(listed, undefined, context).map((block) => ({ ...block, listed: 'follow users' }));
    const blocks = [...own, ...spans(left, hints, context)];
    return blocks.sort((a, b) => (a.days.from < b.days.from ? -1 : a.days.from > b.days.from ? 1 : 0));
  },

  async *read(block, context): AsyncGenerator<Step> {
    const [unit] = block.units;
    const { days } = block;
    if (unit === undefined || days === undefined) return;
    try {
      yield* readSpan(unit, days, context);
    } catch (error) {
      if (!(error instanceof WecomError)) throw error;
      if (isExpired(error, days, context)) yield* withoutOldest(unit, days, context);
      else yield skipped(unit, days, error, block.hints?.left !== undefined, context);
    }
  },

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    const at = f.time('stat_time');
    if (!at) throw new RecordRejected('key field "stat_time" is absent or no time');
    return {
      user_behavior_daily: [
        {
          userid: context.spelling(f.id('userid')),
          stat_date: shanghaiDay(Date.parse(at)),
          new_apply_cnt: f.int('new_apply_cnt'),
          new_contact_cnt: f.int('new_contact_cnt'),
          chat_cnt: f.int('chat_cnt'),
          message_cnt: f.int('message_cnt'),
          reply_percentage: f.numeric('reply_percentage'),
          avg_reply_time: f.int('avg_reply_time'),
          negative_feedback_cnt: f.int('negative_feedback_cnt'),
          extra: f.rest(),
        },
      ],
    };
  },
};

/** One call each: a member and at most 30 days. */
function spans(members: readonly string[], hints: Block['hints'], context: StreamContext) {
  return members.flatMap((unit) =>
    splitDays(context.needed(unit), MOST_DAYS).map((days) => {
      return { units: [unit], days, ...(hints === undefined ? {} : { hints }) };
    }),
  );
}

async function* readSpan(unit: string, days: DayRange, context: StreamContext): AsyncGenerator<Step> {
  const records = await figures(unit, days, context);
  yield { type: 'records', unit, records };
  yield { type: 'done', unit, days: [days], ...(records.length === 0 && { doubtful: [days] }) };
}

/** The rows of the asked days, each with the member that it does not name itself. */
async function figures(unit: string, days: DayRange, context: StreamContext): Promise<JsonObject[]> {
  const answer = await context.call({
    path: PATH,
    body: { userid: [unit], start_time: startOfDay(days.from), end_time: startOfDay(days.to) },
    list: 'behavior_data',
  });
  const rows = rowsOf(answer, 'behavior_data', PATH).filter((row) => !isOutside(row, days));
  return rows.map((row) => ({ ...row, userid: unit }));
}

/** A row without a readable day is not outside: it goes on and is rejected with its payload. */
function isOutside(row: JsonObject, days: DayRange): boolean {
  const at = new Fields(row).time('stat_time');
  if (!at) return false;
  const day = shanghaiDay(Date.parse(at));
  return day < days.from || day > days.to;
}

/** The oldest day expires while a run crosses midnight; the other days of its span can still be had. */
async function* withoutOldest(unit: string, days: DayRange, context: StreamContext): AsyncGenerator<Step> {
  const lost = { days: subtract(daySet(days.from, days.from), context.covered(unit)), reason: 'expired' };
  const rest = daySet(addDays(days.from, 1), days.to);
  for (const range of rest) yield { type: 'records', unit, records: await figures(unit, range, context) };
  yield { type: 'done', unit, days: rest, lost };
}

/** A leaver whom WeCom does not show any more: what was never delivered never will be. A listed member is asked again. */
function skipped(
  unit: string,
  days: DayRange,
  error: WecomError,
  left: boolean,
  context: StreamContext,
): Step {
  if (error.fate !== 'skip') throw error;
  const reason = skipReason(error);
  if (!left || !isNotVisible(error)) return { type: 'skipped', unit, reason };
  return { type: 'skipped', unit, reason, lost: subtract([days], context.covered(unit)), closed: true };
}
