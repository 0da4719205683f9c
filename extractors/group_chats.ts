import { misfit } from '../src/engine/keys.ts';
import type { Block, NormaliseContext, Rows, Step, Stream, StreamContext } from '../src/engine/stream.ts';
import { type Row, table } from '../src/engine/table.ts';
import { malformedError } from '../src/wecom/errors.ts';
import { halvePages, WecomError } from '../src/wecom/index.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseAnswer } from '../src/wecom/json.ts';
import { checkShape } from './answers.ts';
import { Fields, firstId, idOf, objectsOf } from './fields.ts';
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
import { readAhead } from './read-ahead.ts';

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

const chatColumns = {
  name: 'text',
  owner_userid: 'text',
  created_at: 'timestamptz',
  notice: 'text',
  status: 'integer',
  admin_userids: 'text[]',
} as const;

const groupChats = table('group_chats', {
  key: { chat_id: 'text' },
  columns: chatColumns,
  volatile: { member_version: 'text' },
  userids: { owner_userid: {}, admin_userids: {} },
  guarded: [...Object.keys(chatColumns), 'member_version'],
  extra: true,
});

const memberColumns = {
  member_type: 'integer',
  unionid: 'text',
  joined_at: 'timestamptz',
  join_scene: 'integer',
  invitor_userid: 'text',
  group_nickname: 'text',
  name: 'text',
  state: 'text',
  is_admin: 'boolean',
} as const;

const members = table('group_chat_members', {
  key: { chat_id: 'text', member_id: 'text' },
  columns: memberColumns,
  parent: 'group_chats',
  // The owner at least.
  missing: 'filled',
  spell: 'joined_at',
  userids: { member_id: { member_type: 1 }, invitor_userid: {} },
  guarded: Object.keys(memberColumns),
  // A group without admins may come without the list of them.
  empty: { is_admin: false },
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
  probes: [
    {
      needs: 'follow user',
      call: (userid) => ({
        path: LIST,
        body: { owner_filter: { userid_list: [userid] }, limit: 1 },
        list: 'group_chat_list',
      }),
      finds: ({ group_chat_list }) => ({ 'group chat': firstId(group_chat_list, 'chat_id') }),
    },
    { needs: 'group chat', call: (chat_id) => ({ path: GET, body: { chat_id }, list: 'group_chat' }) },
  ],
  after: ['follow_users', 'unassigned_customers', 'employees'],
  needs: ['follow_users'],
  tables: [groupChats, members],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    const { entries, unreadable, failure } = await listGroups(context);
    const chats = slices(context.pending([...entries.keys()]), CHATS_PER_BLOCK).map((ids): Block => {
      return {
        units: ids,
        listed: 'groups',
        hints: Object.fromEntries(ids.map((id) => [id, entries.get(id) ?? '{}'])),
      };
    });
    const listing = context.pending([LISTING]).map((unit): Block => {
      if (failure !== undefined) return { units: [unit], hints: { failure } };
      const hints = { unreadable: JSON.stringify({ entries: unreadable }) };
      return { units: [unit], ids: [...entries.keys()], hints };
    });
    return [...listing, ...chats];
  },

  async *read(block, context): AsyncGenerator<Step> {
    if (block.units[0] === LISTING) yield* listed(block);
    else {
      const read = (chatId: string) => readChat(chatId, block.hints?.[chatId] ?? '{}', context);
      for await (const steps of readAhead(block.units, read)) yield* steps;
    }
  },

  proof: (unit) => (unit === LISTING ? [{ table: 'group_chats', where: {} }] : []),

  /** Groups of other nights that are neither listed nor stored: what is known of their reading is forgotten. */
  async departures(context) {
    const unlisted = context.pending(context.knownUnits());
    if (unlisted.length === 0 || context.pending([LISTING]).length > 0) return [];
    const stored = new Set(await storedTexts(context, 'group_chats', 'chat_id'));
    return unlisted
      .filter((unit) => !stored.has(unit))
      .map((unit) => ({ unit, scope: { table: 'group_chats', where: { chat_id: unit } }, reason: 'absent' }));
  },

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
    const admin_userids = f.has('admin_list') ? admins.ids.map((id) => context.spelling(id)) : undefined;
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
function memberRows(
  chat: Fields,
  chat_id: string,
  admins: readonly string[] | undefined,
  context: NormaliseContext,
) {
  const adminIds = admins && new Set(admins.map((id) => id.toLowerCase()));
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
      is_admin: adminIds?.has(id.toLowerCase()),
      extra: f.rest(),
    });
  }
  return { rows, left };
}

interface Groups {
  /** The list's entry of each group as JSON text, by chat_id. */
  readonly entries: Map<string, string>;
  /** Whether the list sends the status of some group. */
  sendsStatus: boolean;
  /** Entries without a chat_id. */
  readonly unreadable: JsonObject[];
  /** Why some owners' groups could not be listed: then nothing is proved. */
  failure?: string;
}

/** Walks the groups of all owners. Throws what concerns all of them, and when no owner's groups could be listed. */
async function listGroups(context: StreamContext): Promise<Groups> {
  const groups: Groups = { entries: new Map(), unreadable: [], sendsStatus: false };
  const owners = slices(await groupOwners(context), MOST_OWNERS);
  const walks = await Promise.allSettled(owners.map((block) => listOwners(block, groups, context)));
  const failures = walks.flatMap((walk): unknown[] => (walk.status === 'rejected' ? [walk.reason] : []));
  for (const error of failures) {
    if (!(error instanceof WecomError) || error.permission || error.stopsSecret) throw error;
    if (failures.length === walks.length) throw error;
    groups.failure = error.message;
  }
  for (const entry of await ownerless(groups, context))
    if (!groups.entries.has(entry.chat_id)) groups.entries.set(entry.chat_id, JSON.stringify(entry));
  return groups;
}

/**
 * Groups whose owner was forgotten stand in nobody's list: each is asked for by itself, with the status it had, which must
 * not pass for one that the list sends; keys of the list that have no column are no longer known.
 */
async function ownerless(
  { sendsStatus }: Groups,
  context: StreamContext,
): Promise<{ chat_id: string; status?: number | null }[]> {
  const rows = await context.stored('group_chats', ['chat_id', 'owner_userid', 'status']);
  return rows.flatMap(({ chat_id, owner_userid, status }) =>
    typeof chat_id === 'string' && owner_userid === null
      ? [{ chat_id, ...(sendsStatus && { status: typeof status === 'number' ? status : null }) }]
      : [],
  );
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
        groups.sendsStatus ||= entry.status !== undefined;
        // What no key can be is no unit either: as an unreadable entry it becomes a reject.
        if (chatId && misfit(groupChats, { chat_id: chatId }) === undefined)
          groups.entries.set(chatId, JSON.stringify(entry));
        else groups.unreadable.push(entry);
      }
  }
}

function* listed(block: Block): Generator<Step> {
  const { failure, unreadable = '{}' } = block.hints ?? {};
  if (failure !== undefined) {
    yield { type: 'failed', unit: LISTING, error: new Error(failure) };
    return;
  }
  // They cannot become rows: the engine rejects them, and lets the list prove nothing.
  const records = objectsOf(parseAnswer(unreadable).answer.entries);
  if (records.length > 0) yield { type: 'records', unit: LISTING, records };
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
  const id = idOf(chat.chat_id);
  if (id !== chatId)
    throw malformedError(GET, `its group_chat is ${id ?? 'without id'} and not the one asked for`, 'fail');
  checkShape(chat, { member_list: 'list' }, GET);
  // Without trailing blanks: the list's proof and the row must agree on it.
  return { ...chat, chat_id: chatId };
}

function endingOf(error: WecomError): string | undefined {
  return error.errcode === undefined ? undefined : ENDINGS[error.errcode];
}
