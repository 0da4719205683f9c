import type { Ending, NormaliseContext, Rows, Step, Stream, StreamContext } from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import { malformedError } from '../src/wecom/errors.ts';
import { halvePages, WecomError } from '../src/wecom/index.ts';
import { isJsonObject, type JsonObject } from '../src/wecom/json.ts';
import { requireList } from './answers.ts';
import { Fields, idOf, isNothing, listOf } from './fields.ts';
import { extraOf, fieldsOf, takeIds, textOf } from './leftovers.ts';
import { cursorPages, followUsers, rowsOf, skipReason, storedTexts, userid } from './members.ts';

const PATH = 'externalcontact/batch/get_by_user';
const LIST = 'external_contact_list';
/** customer-contact 4.4. */
const PAGE_ROWS = 100;
const MOST_MEMBERS = 100;
/** A walk of about 200 calls: little is lost when 50100 or a kill sends it back to its first page. */
const BLOCK_ROWS = 20_000;
/** What a member counts who was never walked: so that blocks of a first run have about 100 members. */
const UNKNOWN_ROWS = 200;
/** The engine reads so many blocks at once; fewer would leave some of the 4 calls in flight unused. */
const LEAST_BLOCKS = 8;

const customerColumns = {
  name: 'text',
  type: 'integer',
  gender: 'integer',
  unionid: 'text',
  position: 'text',
  corp_name: 'text',
  corp_full_name: 'text',
  external_profile: 'jsonb',
  foreign_key: 'text',
  is_subscribe: 'integer',
  subscriber_info: 'jsonb',
} as const;

const customers = table('customers', {
  key: { external_userid: 'text' },
  columns: customerColumns,
  volatile: { avatar: 'text' },
  endsWith: 'customer_follows',
  guarded: [...Object.keys(customerColumns), 'avatar'],
  extra: true,
});

const followColumns = {
  remark: 'text',
  description: 'text',
  followed_at: 'timestamptz',
  add_way: 'integer',
  state: 'text',
  oper_userid: 'text',
  remark_corp_name: 'text',
  remark_mobiles: 'text[]',
  wechat_channels: 'jsonb',
} as const;

const follows = table('customer_follows', {
  key: { external_userid: 'text', userid: 'text' },
  columns: followColumns,
  spell: 'followed_at',
  userids: { userid: {}, oper_userid: {} },
  guarded: Object.keys(followColumns),
  extra: true,
});

const followTags = table('customer_follow_tags', {
  key: { external_userid: 'text', userid: 'text', tag_id: 'text' },
  parent: 'customer_follows',
  missing: 'decided',
  userids: { userid: {} },
});

/**
 * Customers and who follows them (customer-contact 4.4). The member is the unit; a row is one customer of one member.
 * Customers who deleted the member are still listed, so their loss is not seen here (4.2).
 */
export const customersStream: Stream = {
  name: 'customers',
  label: { zh: '客户', en: 'Customers' },
  area: 'customer',
  mode: 'snapshot',
  endpoints: [PATH],
  probes: [
    {
      needs: 'follow user',
      call: (userid) => ({ path: PATH, body: { userid_list: [userid], limit: 1 }, list: LIST }),
    },
  ],
  after: ['follow_users', 'unassigned_customers', 'employees'],
  needs: ['follow_users'],
  tables: [customers, follows, followTags],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    const pending = context.pending(await followUsers(context));
    return memberBlocks(pending, (member) => context.lastRows(member)).map((units) => ({
      units,
      listed: 'follow users',
    }));
  },

  async *read(block, context): AsyncGenerator<Step> {
    const unlicensed = new Set<string>();
    // A follow-user list that is held or half read: who is missing in it answers 84061 or an empty list (4.1, 4.2).
    const listed = context.complete('follow_users');
    for await (const event of halvePages(block.units, (members) => memberPages(members, context))) {
      if ('skipped' in event) yield emptyOrSkipped(event.skipped, event.error, listed);
      else if ('page' in event) {
        for (const member of event.page.unlicensed) unlicensed.add(member);
        yield* byMember(event.page.rows, event.ids, context);
      } else {
        for (const unit of event.ids)
          yield unlicensed.has(unit.toLowerCase())
            ? { type: 'skipped', unit, reason: 'unlicensed' }
            : { type: 'done', unit, ...(!listed && { unproved: true }) };
      }
    }
  },

  proof: (unit) => [{ table: 'customer_follows', where: { userid: unit } }],

  async departures(context): Promise<Ending[]> {
    if (!context.complete('follow_users')) return [];
    const listed = new Set(await followUsers(context));
    const gone = context.knownUnits().filter((unit) => !listed.has(unit));
    const resigned = gone.length > 0 ? await resignedMembers(context) : new Set();
    return gone.map((unit) => ({
      unit,
      scope: { table: 'customer_follows', where: { userid: unit } },
      reason: resigned.has(unit.toLowerCase()) ? 'member_resigned' : 'member_not_visible',
    }));
  },

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    const contact = fieldsOf(f.raw('external_contact'));
    const follow = fieldsOf(f.raw('follow_info'));
    const key = {
      external_userid: contact.id('external_userid'),
      userid: context.spelling(follow.id('userid')),
    };
    for (const key of ['tag_id', 'tags']) requireList(follow, key);
    // `tag_id` here, `tags` as of externalcontact/get in old answers: personal tags there have no id and stay in extra.
    const ids = takeIds(follow, 'tag_id', 'tag_id');
    const objects = takeIds(follow, 'tags', 'tag_id');
    const tagIds = new Set([...ids.ids, ...objects.ids]);
    const tagged = follow.has('tag_id') || follow.has('tags');
    return {
      customers: [
        {
          external_userid: key.external_userid,
          name: contact.text('name'),
          type: contact.int('type'),
          gender: contact.int('gender'),
          unionid: contact.optionalId('unionid'),
          position: contact.text('position'),
          corp_name: textOf(contact, 'corp_name', 'corpname'),
          corp_full_name: contact.text('corp_full_name'),
          external_profile: contact.json('external_profile'),
          foreign_key: contact.text('foreign_key'),
          is_subscribe: contact.int('is_subscribe'),
          subscriber_info: contact.json('subscriber_info'),
          avatar: contact.text('avatar'),
          extra: contact.rest(),
        },
      ],
      customer_follows: [
        {
          ...key,
          remark: follow.text('remark'),
          description: follow.text('description'),
          followed_at: follow.time('createtime'),
          add_way: follow.int('add_way'),
          state: follow.text('state'),
          oper_userid: userid(follow, 'oper_userid', context),
          remark_corp_name: textOf(follow, 'remark_corp_name', 'remark_company'),
          remark_mobiles: follow.texts('remark_mobiles'),
          wechat_channels: follow.json('wechat_channels'),
          extra: extraOf({ ...follow.leftover(), tag_id: ids.rest, tags: objects.rest }, f.leftover()),
        },
      ],
      customer_follow_tags: tagged ? [...tagIds].map((tag_id) => ({ ...key, tag_id })) : undefined,
    };
  },
};

/** Members in blocks of about 20,000 rows and at most 100 members, the biggest first. */
export function memberBlocks(members: readonly string[], lastRows: (member: string) => number): string[][] {
  const rowsOf = new Map(members.map((member) => [member, lastRows(member) || UNKNOWN_ROWS]));
  const rows = (member: string) => rowsOf.get(member) ?? UNKNOWN_ROWS;
  const total = members.reduce((sum, member) => sum + rows(member), 0);
  const most = Math.min(BLOCK_ROWS, total / LEAST_BLOCKS);
  const blocks: string[][] = [];
  let room = 0;
  for (const member of members.toSorted((a, b) => rows(b) - rows(a))) {
    const last = blocks.at(-1);
    if (last && last.length < MOST_MEMBERS && rows(member) <= room) last.push(member);
    else {
      blocks.push([member]);
      room = most;
    }
    room -= rows(member);
  }
  return blocks;
}

interface Answer {
  rows: readonly JsonObject[];
  /** Members whose customers were left out although errcode is 0, in lower case. */
  unlicensed: readonly string[];
}

/** The answers for a block. A row that names no member (old answers) can only be placed when one member was asked. */
async function* memberPages(members: readonly string[], context: StreamContext): AsyncGenerator<Answer> {
  const body = { userid_list: [...members], limit: PAGE_ROWS };
  try {
    for await (const { answer } of cursorPages(context, PATH, LIST, body)) {
      const rows = rowsOf(answer, LIST, PATH);
      if (members.length > 1 && rows.some((row) => memberOf(row) === null))
        throw malformedError(PATH, 'a row does not name its member', 'skip');
      yield { rows, unlicensed: unlicensedIn(answer) };
    }
  } catch (error) {
    // None of the members has a licence: to ask for each of them again would say the same.
    if (!(error instanceof WecomError) || error.errcode !== 701008) throw error;
    yield { rows: [], unlicensed: members.map((member) => member.toLowerCase()) };
  }
}

function memberOf(row: JsonObject): string | null {
  return isJsonObject(row.follow_info) ? idOf(row.follow_info.userid) : null;
}

function unlicensedIn(answer: JsonObject): string[] {
  const info = answer.fail_info;
  const list = isJsonObject(info) ? listOf(info.unlicensed_userid_list) : [];
  return list.flatMap((id) => idOf(id)?.toLowerCase() ?? []);
}

/** 84061 for one member is an empty list and proves it (4.2); any other code says that WeCom does not show the member. */
function emptyOrSkipped(unit: string, error: WecomError, listed: boolean): Step {
  if (error.errcode === 84061) return { type: 'done', unit, ...(!listed && { unproved: true }) };
  return { type: 'skipped', unit, reason: skipReason(error) };
}

/**
 * The rows of a page, member by member. A row of a member that was not asked is stored, but belongs to no unit here:
 * it says nothing about what that member's own walk shows.
 */
function* byMember(
  rows: readonly JsonObject[],
  members: readonly string[],
  context: StreamContext,
): Generator<Step> {
  const asked = new Map(members.map((member) => [member.toLowerCase(), member]));
  const [only] = members;
  const units = new Map<string | undefined, JsonObject[]>();
  for (const row of rows) {
    const named = memberOf(row);
    const unit = named === null ? only : asked.get(context.spelling(named).toLowerCase());
    const record = named === null ? withMember(row, only) : row;
    const records = units.get(unit);
    if (records) records.push(record);
    else units.set(unit, [record]);
  }
  for (const [unit, records] of units) yield { type: 'records', unit, records };
}

function withMember(row: JsonObject, member: string | undefined): JsonObject {
  const info = row.follow_info;
  if (member === undefined || !(isJsonObject(info) || isNothing(info))) return row;
  return { ...row, follow_info: { ...(isJsonObject(info) ? info : {}), userid: member } };
}

/** Members whom the complete list of this run names as resigned, in lower case. */
async function resignedMembers(context: StreamContext): Promise<Set<string>> {
  if (!context.complete('unassigned_customers')) return new Set();
  const members = await storedTexts(context, 'unassigned_customers', 'handover_userid');
  return new Set(members.map((member) => member.toLowerCase()));
}
