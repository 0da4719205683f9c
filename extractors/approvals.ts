import { addDays, type DaySet, daySet, shanghaiDay, startOfDay, union } from '../src/days.ts';
import { type Block, type Step, type Stream, type StreamContext, WHOLE } from '../src/engine/stream.ts';
import { malformedError } from '../src/wecom/errors.ts';
import { type Cursor, isJsonObject, type JsonObject, WecomError, walkCursor } from '../src/wecom/index.ts';
import { checkShape, mainList } from './answers.ts';
import { planDetails, type TimeWindow, windowsOf } from './approval_plan.ts';
import { ASKED_SP_NO, approvalRows, approvalTables } from './approval_rows.ts';
import { firstId, idOf, objectsOf } from './fields.ts';
import { callOf, isNotVisible, newcomers, slices } from './members.ts';

const LIST = 'oa/getapprovalinfo';
const DETAIL = 'oa/getapprovaldetail';
const PAGE_SIZE = 100;
/** Details asked for at the same time; the limiter keeps 4 of them in flight. */
const CHUNK = 20;
const OPEN = 1;
/** An approved request may still become revoked (6), deleted (7) or paid (10): watched for 90 days (5.1). */
const LATE_STATUSES = [6, 7, 10];
const LATE_DAYS = 90;
/** What rows are made of. */
const SHAPE = {
  applyer: 'object',
  apply_data: 'object',
  'apply_data.contents': 'list',
  sp_record: 'list',
  process_list: 'object',
  'process_list.node_list': 'list',
  notifyer: 'list',
  comments: 'list',
  batch_applyer: 'list',
} as const;
/** An unknown number, or one outside the visible range: which of them WeCom answers is unconfirmed (5.2). */
const UNREADABLE: readonly (number | undefined)[] = [301025, 301026, 301055];

/**
 * `failure`: a list of the block broke off; what it showed is read all the same, but not recorded as finished.
 * `unreadable`: entries of its list that are no number.
 */
type ApprovalBlock = Block & { readonly failure?: Error; readonly unreadable?: readonly JsonObject[] };

/** Approval requests with their flow, form, cc and comments (directory-and-oa 5.1 to 5.3). */
export const approvalsStream: Stream = {
  name: 'approvals',
  label: { zh: '审批单', en: 'Approvals' },
  area: 'approval',
  mode: 'window',
  endpoints: [LIST, DETAIL],
  probes: [
    {
      call: (_, today) => ({
        path: LIST,
        body: listBody(startOfDay(addDays(today, -30)), startOfDay(today)),
      }),
      finds: ({ sp_no_list }) => ({ approval: firstId(sp_no_list) }),
    },
    {
      needs: 'approval',
      call: (sp_no) => ({ path: DETAIL, body: { sp_no } }),
      finds: ({ info }) => ({ 'approval template': isJsonObject(info) ? idOf(info.template_id) : null }),
    },
  ],
  after: ['employees'],
  needs: [],
  tables: approvalTables,
  days: { retention: 180, tail: 31, until: 'today', forgets: false },
  hold: null,

  async blocks(context): Promise<ApprovalBlock[]> {
    const stored = new Map<string, number | null>();
    for (const row of await context.stored('approvals', ['sp_no', 'sp_status']))
      stored.set(String(row.sp_no), typeof row.sp_status === 'number' ? row.sp_status : null);

    // The requests of somebody who has just come into the visible range are as old as those of the others.
    const grown = (await newcomers(context, 'employees')).length > 0;
    const days = union(context.needed(WHOLE), grown ? context.covered(WHOLE) : []);
    const windows = windowsOf(days, context.startedAt);
    const [listed, shown] = await Promise.all([
      Promise.all(windows.map((window) => listNumbers(window, context))),
      stored.size === 0 ? [] : listStatuses(context),
    ]);
    const plan = planDetails(
      listed.map(({ numbers }) => numbers),
      shown,
      stored,
      context,
    );
    const read = new Set([...plan.windows.flat(), ...plan.recheck]);
    const spared = sparedOf([...stored.keys()].filter((spNo) => !read.has(spNo)).length);
    const blocks = windows.map(({ days }, i) => {
      const unreadable = listed[i]?.unreadable ?? [];
      return block(plan.windows[i], listed[i]?.failure, { days, unreadable, ...(i === 0 && spared) });
    });
    const failure = shown.find((list) => list.failure)?.failure;
    return plan.recheck.length > 0 || failure ? [...blocks, block(plan.recheck, failure)] : blocks;
  },

  async *read(block, context): AsyncGenerator<Step> {
    const tally: Tally = { read: 0, refused: [], failed: [] };
    // They cannot become rows: the engine rejects them.
    const unreadable = unreadableOf(block);
    if (unreadable.length > 0) yield { type: 'records', unit: WHOLE, records: unreadable };
    for (const numbers of slices(block.ids ?? [], CHUNK)) {
      const records = await readChunk(numbers, tally, context);
      if (records.length > 0) yield { type: 'records', unit: WHOLE, records };
    }
    const counted = {
      expected: (block.ids ?? []).length,
      received: tally.read,
      explained: tally.refused.length,
      refused: tally.refused.filter(({ error }) => isNotVisible(error)).length,
    };
    yield { type: 'count', unit: WHOLE, what: 'listed requests', ...counted };
    const suspicious = !block.days || context.covered(WHOLE).length === 0;
    noteRefusals(tally, suspicious, context);
    const error = tally.failed[0] ?? failureOf(block);
    if (error) yield { type: 'failed', unit: WHOLE, error };
    else yield { type: 'done', unit: WHOLE, days: block.days ? [block.days] : [] };
  },

  normalise: approvalRows,
};

function block(
  ids: readonly string[] = [],
  failure?: Error,
  more: Partial<ApprovalBlock> = {},
): ApprovalBlock {
  return { units: [WHOLE], ids, ...more, ...(failure && { failure }) };
}

const sparedOf = (count: number): Pick<Block, 'spared'> =>
  count === 0
    ? {}
    : {
        spared: {
          count,
          what: 'requests: decided, and no list shows another state; each is read again once in 30 nights',
        },
      };

const failureOf = (block: Block): Error | undefined =>
  'failure' in block && block.failure instanceof Error ? block.failure : undefined;

function unreadableOf(block: Block): readonly JsonObject[] {
  return 'unreadable' in block && Array.isArray(block.unreadable) ? objectsOf(block.unreadable) : [];
}

interface Listed {
  readonly numbers: readonly string[];
  readonly unreadable: readonly JsonObject[];
  readonly failure?: Error;
}

function listBody(start: number, end: number, cursor?: Cursor) {
  return { starttime: String(start), endtime: String(end), new_cursor: cursor ?? '', size: PAGE_SIZE };
}

/** The numbers of requests submitted in the window, of one status or of all. Throws when listing is not permitted. */
async function listNumbers(window: TimeWindow, context: StreamContext, status?: number): Promise<Listed> {
  const numbers = new Set<string>();
  const unreadable: JsonObject[] = [];
  const pages = walkCursor({
    request: (cursor) => ({
      path: LIST,
      area: 'approval',
      list: 'sp_no_list',
      body: {
        ...listBody(window.start, window.end, cursor),
        // A filter value that is no string answers 301025.
        ...(status !== undefined && { filters: [{ key: 'sp_status', value: String(status) }] }),
      },
    }),
    call: (request) => callOf(context)(request).catch(emptyWindow),
    cursorOf: (answer) => answer.new_next_cursor,
  });
  try {
    for await (const { answer } of pages)
      for (const entry of mainList(answer, 'sp_no_list', LIST)) {
        const number = idOf(entry);
        if (number) numbers.add(number);
        else unreadable.push({ entry });
      }
  } catch (error) {
    if (!(error instanceof WecomError) || error.permission || error.stopsSecret) throw error;
    return { numbers: [...numbers], unreadable, failure: error };
  }
  return { numbers: [...numbers], unreadable };
}

/** errcode 0 without list and cursor, also after the client's repeats: a window without requests. */
function emptyWindow(error: unknown): JsonObject {
  // Only the list's own answer: a malformed gettoken says nothing about requests.
  if (error instanceof WecomError && error.code === 'WECOM_MALFORMED' && error.endpoint === LIST) return {};
  throw error;
}

/** What WeCom says today about the status of stored requests, without reading each of them. */
async function listStatuses(context: StreamContext): Promise<(Listed & { readonly status: number })[]> {
  const open = await openDays(context);
  const late = daySet(addDays(context.today, -LATE_DAYS), context.today);
  const wanted = [
    ...windowsOf(open, context.startedAt).map((window) => ({ window, status: OPEN })),
    ...LATE_STATUSES.flatMap((status) =>
      windowsOf(late, context.startedAt).map((window) => ({ window, status })),
    ),
  ];
  return Promise.all(
    wanted.map(async ({ window, status }) => ({ ...(await listNumbers(window, context, status)), status })),
  );
}

/** From the day of the oldest open request on; empty when none is open. */
async function openDays(context: StreamContext): Promise<DaySet> {
  const open = await context.stored('approvals', ['applied_at'], { sp_status: OPEN });
  const times = open.map((row) => Date.parse(String(row.applied_at))).filter((ms) => !Number.isNaN(ms));
  const oldest = times.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return Number.isFinite(oldest) ? daySet(shanghaiDay(oldest), context.today) : [];
}

interface Tally {
  read: number;
  readonly refused: { readonly spNo: string; readonly error: WecomError }[];
  readonly failed: Error[];
}

/** Records of the numbers that could be read. Throws when nothing could: then something is wrong with more than one. */
async function readChunk(
  numbers: readonly string[],
  tally: Tally,
  context: StreamContext,
): Promise<JsonObject[]> {
  const records: JsonObject[] = [];
  const failures: Error[] = [];
  await Promise.all(
    numbers.map(async (spNo) => {
      try {
        records.push(await readDetail(spNo, context));
      } catch (error) {
        if (!(error instanceof WecomError) || error.stopsSecret) throw error;
        if (error.fate === 'skip' || UNREADABLE.includes(error.errcode)) tally.refused.push({ spNo, error });
        else if (error.permission) throw error;
        else failures.push(error);
      }
    }),
  );
  if (failures[0] && failures.length === numbers.length) throw failures[0];
  tally.read += records.length;
  tally.failed.push(...failures);
  return records;
}

async function readDetail(spNo: string, context: StreamContext): Promise<JsonObject> {
  const { info } = await context.call({ path: DETAIL, body: { sp_no: spNo } });
  if (!isJsonObject(info)) throw malformedError(DETAIL, 'without info', 'fail');
  if (idOf(info.sp_no) === null) throw malformedError(DETAIL, 'its info has no sp_no', 'fail');
  checkShape(info, SHAPE, DETAIL);
  return { ...info, [ASKED_SP_NO]: spNo };
}

/**
 * Single numbers may be unreadable. When nothing but refusals comes, a chunk of them or more, on the first run or for
 * requests that were readable before, then it is not the numbers: throws the error.
 */
function noteRefusals({ read, refused }: Tally, suspicious: boolean, context: StreamContext): void {
  const [first] = refused;
  if (!first) return;
  if (suspicious && read === 0 && refused.length >= CHUNK) throw first.error;
  const example = `${first.spNo} (errcode ${first.error.errcode})`;
  context.note(`${refused.length} listed approvals cannot be read and are skipped, such as ${example}.`);
}
