import {
  addDays,
  type Day,
  type DaySet,
  daySet,
  intersect,
  listDays,
  startOfDay,
  subtract,
} from '../src/days.ts';
import {
  type NormaliseContext,
  type Rows,
  type Step,
  type Stream,
  type StreamContext,
  WHOLE,
} from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import { halvePages, toInteger, WecomError, walkOffset } from '../src/wecom/index.ts';
import type { JsonObject } from '../src/wecom/json.ts';
import { Fields, idOf } from './fields.ts';
import { callOf, followUsers, isExpired, newcomers, RETENTION_DAYS, rowsOf, slices } from './members.ts';

const PATH = 'externalcontact/groupchat/statistic';
/** customer-contact 6.2. */
const MOST_OWNERS = 100;
const PAGE_ROWS = 1000;

const groupChatOwnerDaily = table('group_chat_owner_daily', {
  key: { owner_userid: 'text', stat_date: 'date' },
  columns: {
    new_chat_cnt: 'integer',
    chat_total: 'integer',
    chat_has_msg: 'integer',
    new_member_cnt: 'integer',
    member_total: 'integer',
    member_has_msg: 'integer',
    msg_total: 'integer',
    migrate_trainee_chat_cnt: 'integer',
  },
  userids: { owner_userid: {} },
  extra: true,
});

/**
 * Daily figures of the customer groups of each owner (customer-contact 6.2). Exactly one day per call: for a longer
 * range WeCom answers one row per owner, without a day. The day is the unit of progress.
 */
export const groupChatOwnerDailyStream: Stream = {
  name: 'group_chat_owner_daily',
  label: { zh: '群聊数据统计', en: 'Group chats per owner and day' },
  area: 'customer',
  mode: 'daily',
  endpoints: [PATH],
  probes: [
    {
      needs: 'follow user',
      call(userid, today) {
        const yesterday = startOfDay(addDays(today, -1));
        const owner_filter = { userid_list: [userid] };
        return {
          path: PATH,
          body: { day_begin_time: yesterday, day_end_time: yesterday, owner_filter, offset: 0, limit: 1 },
        };
      },
    },
  ],
  after: ['follow_users', 'employees'],
  needs: ['follow_users'],
  tables: [groupChatOwnerDaily],
  days: {
    retention: RETENTION_DAYS,
    tail: 3,
    until: 'yesterday',
    forgets: true,
    column: 'stat_date',
    // Without the stocks: groups and people are there on a day on which nothing was counted, too.
    figures: ['new_chat_cnt', 'chat_has_msg', 'new_member_cnt', 'member_has_msg', 'msg_total'],
  },
  hold: null,

  async blocks(context) {
    const owners = await followUsers(context);
    // Without an owner nothing is asked, so no day may count as read.
    if (owners.length === 0) return [];
    const needed = context.needed(WHOLE);
    const oldest = addDays(context.today, -RETENTION_DAYS);
    const earlier = intersect(subtract(context.covered(WHOLE), needed), daySet(oldest, context.today));
    const late = await newcomers(context, 'follow_users');
    const blocksOf = (days: DaySet, ids: readonly string[]) =>
      listDays(days).map((day) => ({ units: [WHOLE], days: { from: day, to: day }, ids }));
    return [...blocksOf(needed, owners), ...(late.length > 0 ? blocksOf(earlier, late) : [])];
  },

  async *read(block, context): AsyncGenerator<Step> {
    if (block.days === undefined) return;
    const day = block.days.from;
    try {
      let rows = 0;
      const total = { expected: 0, received: 0, explained: 0 };
      for await (const records of readDay(day, block.ids ?? [], total, context)) {
        rows += records.length;
        yield { type: 'records', unit: WHOLE, records };
      }
      yield { type: 'count', unit: WHOLE, what: 'group owners with figures', ...total };
      const days = daySet(day, day);
      yield { type: 'done', unit: WHOLE, days, ...(rows === 0 && { doubtful: days }) };
    } catch (error) {
      if (!(error instanceof WecomError) || !isExpired(error, block.days, context)) throw error;
      const lost = { days: subtract(daySet(day, day), context.covered(WHOLE)), reason: 'expired' };
      yield { type: 'done', unit: WHOLE, days: [], lost };
    }
  },

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    const data = f.inner('data');
    return {
      group_chat_owner_daily: [
        {
          owner_userid: context.spelling(f.id('owner')),
          stat_date: f.id('stat_date'),
          new_chat_cnt: data.int('new_chat_cnt'),
          chat_total: data.int('chat_total'),
          chat_has_msg: data.int('chat_has_msg'),
          new_member_cnt: data.int('new_member_cnt'),
          member_total: data.int('member_total'),
          member_has_msg: data.int('member_has_msg'),
          msg_total: data.int('msg_total'),
          migrate_trainee_chat_cnt: data.int('migrate_trainee_chat_cnt'),
          extra: f.rest(),
        },
      ],
    };
  },
};

/**
 * The day's rows, page by page, each with the day that it does not name itself. One resigned owner fails a block with
 * 60111 and stands alone after halving; when no owner at all was answered, the day was not read. Adds to `sum` what
 * the last page of each block says in `total`, and the owners that came: a row may move between pages, and come twice.
 */
async function* readDay(
  day: Day,
  owners: readonly string[],
  sum: { expected: number; received: number },
  context: StreamContext,
): AsyncGenerator<JsonObject[]> {
  let answered = false;
  let refusal: WecomError | undefined;
  // A block that fails is read again in halves, so what it had shown counts for nothing.
  let walk = { ids: owners, total: 0, came: new Set<string>() };
  for (const block of slices(owners, MOST_OWNERS)) {
    for await (const event of halvePages(block, (ids) => pages(day, ids, context))) {
      if ('skipped' in event) refusal = event.error;
      else if ('page' in event) {
        const items = rowsOf(event.page.answer, 'items', PATH);
        if (walk.ids !== event.ids) walk = { ids: event.ids, total: 0, came: new Set() };
        walk.total = toInteger(event.page.answer.total) ?? 0;
        for (const item of items) walk.came.add(idOf(item.owner)?.toLowerCase() ?? JSON.stringify(item));
        yield items.map((item) => ({ ...item, stat_date: day }));
      } else {
        answered = true;
        sum.expected += walk.total;
        sum.received += walk.came.size;
      }
    }
  }
  if (!answered && refusal !== undefined) throw refusal;
}

function pages(day: Day, owners: readonly string[], context: StreamContext) {
  const at = startOfDay(day);
  return walkOffset({
    call: callOf(context),
    request: (offset) => ({
      path: PATH,
      area: 'customer',
      body: {
        day_begin_time: at,
        day_end_time: at,
        owner_filter: { userid_list: [...owners] },
        offset,
        limit: PAGE_ROWS,
      },
    }),
  });
}
