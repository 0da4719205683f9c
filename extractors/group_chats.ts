import type { Block, NormaliseContext, Rows, Step, Stream, StreamContext } from '../src/engine/stream.ts';
import { type Row, table } from '../src/engine/table.ts';
import { malformedError } from '../src/wecom/errors.ts';
import { halvePages, WecomError } from '../src/wecom/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseAnswer } from '../src/wecom/json.ts';
import { Fields, idOf } from './fields.ts';
import { extraOf, fieldsOf, takeIds, takeList } from './leftovers.ts';
import {
  cursorPages,
  distinctUserids,
  followUsers,
  rowsOf,
  skipReason,
  slices,
  storedTexts,
  userid,
} from './members.ts';

const LIST = 'externalcontact/groupchat/list';
const GET = 'externalcontact/groupchat/get';
/** customer-contact 5.1. */
const MOST_OWNERS = 100;
const PAGE_ROWS = 1000;
const CHATS_PER_BLOCK = 20;
/** The unit that proves which groups there are; a chat_id begins with `wr`. */
const LISTING = 'list';
/** Under this key a group's entry of the list travels with its details: only the list tells the status (5.1). */
const LIST_ENTRY = 'groupchat/list';

/** Why a group that was listed, or that was once, cannot be read (5.2). */
const ENDINGS: Readonly<Record<number, string>> = {
  40050: 'group_not_visible',
  49008: 'group_dismissed',
  90501: 'not_customer_group',
};

const groupChats = table('group_chats', {
  key: { chat_id: 'text' },
  columns: {
    name: 'text',
    owner_userid: 'text',
    created_at: 'timestamptz',
    notice: 'text',
    status: 'integer',
    admin_userids: 'text[]',
  },
  volatile: { member_version: 'text' },
  extra: true,
});

const members = table('group_chat_members', {
  key: { chat_id: 'text', member_id: 'text' },
  columns: {
    member_type: 'integer',
    unionid: 'text',
    joined_at: 'timestamptz',
    join_scene: 'integer',
    invitor_userid: 'text',
    group_nickname: 'text',
    name: 'text',
    state: 'text',
    is_admin: 'boolean',
  },
  parent: 'group_chats',
  spell: 'joined_at',
  extra: true,
});

/**
 * Customer groups with their members. Listed by owner, because a scope of more than 1,000 members refuses a list
 * without owners (81017), and groups of resigned owners come only when the owner is named (customer-contact 5.1).
 */
export const groupChatsStream: Stream = {
  name: 'group_chats',
  label: { zh: '客户群', en: 'Group chats' },
  area: 'customer',
  mode: 'snapshot',
  endpoints: [LIST, GET],
  after: ['follow_users', 'unassigned_customers', 'employees'],
  needs: ['follow_users'],
  tables: [groupChats, members],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    const { entries, unreadable, failure } = await listGroups(context);
    const chats = slices(context.pending([...entries.keys()]), CHATS_PER_BLOCK).map((ids): Block => {
      return { units: ids, hints: Object.fromEntries(ids.map((id) => [id, entries.get(id) ?? '{}'])) };
    });
    const listing = context.pending([LISTING]).map((unit): Block => {
      if (failure !== undefined) return { units: [unit], hints: { failure } };
      return { units: [unit], ids: [...entries.keys()], ...(unreadable && { hints: { unreadable } }) };
    });
    return [...listing, ...chats];
  },

  async *read(block, context): AsyncGenerator<Step> {
    if (block.units[0] === LISTING) yield* listed(block);
    else {
      const chats = block.units.map((chatId) => readChat(chatId, block.hints?.[chatId] ?? '{}', context));
      for (const steps of await Promise.all(chats)) yield* steps;
    }
  },

  proof: (unit) => (unit === LISTING ? [{ table: 'group_chats', where: {} }] : []),

  /** A group that is no longer listed may have passed to an owner whom nobody named: then it lives on. */
  async explain(key, context) {
    try {
      const chat = await details(String(key.chat_id), context);
      const [stored] = await context.stored('group_chats', ['status'], key);
      return { ...chat, [LIST_ENTRY]: { status: stored?.status ?? null } };
    } catch (error) {
      if (!(error instanceof WecomError) || error.fate !== 'skip') throw error;
      return endingOf(error) ?? 'absent';
    }
  },

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    const chat_id = f.id('chat_id');
    const entry = f.inner(LIST_ENTRY);
    entry.optionalId('chat_id');
    const admins = takeIds(f, 'admin_list', 'userid');
    const admin_userids = admins.ids.map((id) => context.spelling(id));
    const people = memberRows(f, chat_id, admin_userids, context);
    return {
      group_chats: [
        {
          chat_id,
          name: f.text('name'),
          owner_userid: userid(f, 'owner', context),
          created_at: f.time('create_time'),
          notice: f.text('notice'),
          status: entry.int('status'),
          admin_userids,
          member_version: f.text('member_version'),
          extra: extraOf({ ...f.leftover(), member_list: people.left, admin_list: admins.rest }),
        },
      ],
      group_chat_members: people.rows,
    };
  },
};

/** Members by id; an entry without an id stays with its group. */
function memberRows(chat: Fields, chat_id: string, admins: readonly string[], context: NormaliseContext) {
  const adminIds = new Set(admins.map((id) => id.toLowerCase()));
  const rows: Row[] = [];
  const left: JsonValue[] = [];
  for (const item of takeList(chat, 'member_list')) {
    const f = fieldsOf(item);
    const id = f.optionalId('userid');
    if (!id) {
      left.push(item);
      continue;
    }
    const member_type = f.int('type');
    rows.push({
      chat_id,
      member_id: member_type === 2 ? id : context.spelling(id),
      member_type,
      unionid: f.optionalId('unionid'),
      joined_at: f.time('join_time'),
      join_scene: f.int('join_scene'),
      invitor_userid: userid(f.inner('invitor'), 'userid', context),
      group_nickname: f.text('group_nickname'),
      name: f.text('name'),
      state: f.text('state'),
      is_admin: adminIds.has(id.toLowerCase()),
      extra: f.rest(),
    });
  }
  return { rows, left };
}

interface Groups {
  /** The list's entry of each group as JSON text, by chat_id. */
  readonly entries: Map<string, string>;
  /** An entry without a chat_id. */
  unreadable?: string;
  /** Why some owners' groups could not be listed: then nothing is proved. */
  failure?: string;
}

/** Walks the groups of all owners. Throws what concerns all of them, and when no owner's groups could be listed. */
async function listGroups(context: StreamContext): Promise<Groups> {
  const groups: Groups = { entries: new Map() };
  const owners = slices(await groupOwners(context), MOST_OWNERS);
  const walks = await Promise.allSettled(owners.map((block) => listOwners(block, groups, context)));
  const failures = walks.flatMap((walk): unknown[] => (walk.status === 'rejected' ? [walk.reason] : []));
  for (const error of failures) {
    if (!(error instanceof WecomError) || error.permission || error.stopsSecret) throw error;
    if (failures.length === walks.length) throw error;
    groups.failure = error.message;
  }
  return groups;
}

/** Follow users, resigned members with customers to hand over, and the owners of all groups known. */
async function groupOwners(context: StreamContext): Promise<string[]> {
  const resigned = await storedTexts(context, 'unassigned_customers', 'handover_userid');
  const known = await storedTexts(context, 'group_chats', 'owner_userid');
  return distinctUserids([...(await followUsers(context)), ...resigned, ...known], context);
}

/** One owner whom WeCom no longer knows fails the whole block with 60111; alone, that owner has no groups to show. */
async function listOwners(owners: readonly string[], groups: Groups, context: StreamContext): Promise<void> {
  const pages = (block: readonly string[]) =>
    cursorPages(context, LIST, 'group_chat_list', {
      status_filter: 0,
      owner_filter: { userid_list: [...block] },
      limit: PAGE_ROWS,
    });
  for await (const event of halvePages(owners, pages)) {
    if ('skipped' in event)
      context.note('WeCom does not know some group owners any more; their groups are not listed.', {
        owner: event.skipped,
        reason: skipReason(event.error),
      });
    else if ('page' in event)
      for (const entry of rowsOf(event.page.answer, 'group_chat_list', LIST)) {
        const chatId = idOf(entry.chat_id);
        if (chatId) groups.entries.set(chatId, JSON.stringify(entry));
        else groups.unreadable = JSON.stringify(entry);
      }
  }
}

function* listed(block: Block): Generator<Step> {
  const { failure, unreadable } = block.hints ?? {};
  if (failure !== undefined) {
    yield { type: 'failed', unit: LISTING, error: new Error(failure) };
    return;
  }
  // It cannot become a row: the engine rejects it, and lets the list prove nothing.
  if (unreadable !== undefined)
    yield { type: 'records', unit: LISTING, records: [parseAnswer(unreadable).answer] };
  const shown = (block.ids ?? []).map((chat_id) => ({ chat_id }));
  yield { type: 'done', unit: LISTING, shown: { group_chats: shown } };
}

/** A group's record, or why there is none. Other groups go on; a permission that is missing fails them all. */
async function readChat(chatId: string, entry: string, context: StreamContext): Promise<Step[]> {
  try {
    const record = { ...(await details(chatId, context)), [LIST_ENTRY]: parseAnswer(entry).answer };
    return [
      { type: 'records', unit: chatId, records: [record] },
      { type: 'done', unit: chatId },
    ];
  } catch (error) {
    if (!(error instanceof WecomError) || error.permission || error.stopsSecret) throw error;
    if (error.fate !== 'skip') return [{ type: 'failed', unit: chatId, error }];
    const reason = endingOf(error);
    if (reason === undefined) return [{ type: 'skipped', unit: chatId, reason: skipReason(error) }];
    return [
      { type: 'ended', unit: chatId, table: 'group_chats', key: { chat_id: chatId }, reason },
      { type: 'skipped', unit: chatId, reason },
    ];
  }
}

async function details(chatId: string, context: StreamContext): Promise<JsonObject> {
  const answer = await context.call({
    path: GET,
    body: { chat_id: chatId, need_name: 1 },
    list: 'group_chat',
  });
  const chat = answer.group_chat;
  if (!isJsonObject(chat)) throw malformedError(GET, 'group_chat is no object', 'fail');
  // The id that was asked for: the list's proof and the row must agree on it.
  return { ...chat, chat_id: chatId };
}

function endingOf(error: WecomError): string | undefined {
  return error.errcode === undefined ? undefined : ENDINGS[error.errcode];
}
