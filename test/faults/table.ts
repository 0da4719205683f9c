/**
 * The fault suite as data: what goes wrong, where, and what must come of it. test/e2e/faults.test.ts proves each line,
 * docs/reliability.md prints it.
 */
import { catalogue } from '../../extractors/index.ts';
import type { StreamStatus } from '../../src/engine/warehouse.ts';
import type { Fault, FaultKind } from '../../src/simulator/index.ts';

/** Every path that a run calls, with the streams that read it. */
export const PATHS: ReadonlyMap<string, string> = new Map(
  catalogue.flatMap((stream) => stream.endpoints.map((path) => [path, stream.name] as const)),
);

/** Paths that answer one object: no list, no cursor. */
const DETAILS = ['externalcontact/groupchat/get', 'oa/getapprovaldetail', 'oa/gettemplatedetail'];
/** Paths asked for one member, department or object after the other: a refusal is about that one. */
const ONE_BY_ONE = [
  'user/list',
  'externalcontact/batch/get_by_user',
  'externalcontact/get_user_behavior_data',
  'checkin/getcheckindata',
  ...DETAILS,
];
const LISTS = [...PATHS.keys()].filter((path) => !DETAILS.includes(path));

type Expected = StreamStatus | readonly StreamStatus[];

export interface FaultLine {
  /** Also the name of its tests. */
  readonly fault: string;
  readonly kind: FaultKind;
  /** How often it hits; absent: once. */
  readonly times?: number;
  /** First call of the path that is hit; absent: the first one. */
  readonly nth?: number;
  readonly match?: Fault['match'];
  /** Where; absent: every path. `together`: all paths in one run. */
  readonly at?: readonly string[];
  readonly together?: true;
  /** What the stream of the path ends as. */
  readonly stream: Expected;
  /** Paths where it is otherwise, and why. */
  readonly except?: Readonly<Record<string, Expected>>;
  /** What the stream's report says when it has not succeeded. */
  readonly says?: RegExp;
  /** Every walk must have several pages, whatever else happens. */
  readonly manyPages?: true;
  /** Other streams may fail with it: they share the secret. */
  readonly spreads?: true;
  /** In words, for the docs. */
  readonly outcome: string;
}

const ALWAYS = Number.POSITIVE_INFINITY;

/** errcode 0, but some keys of inner objects are others; undefined: absent. */
const inner = (changes: Readonly<Record<string, object>>): FaultKind => ({
  change: (body) =>
    Object.fromEntries(
      Object.entries(body).map(([key, value]) => [
        key,
        changes[key] && typeof value === 'object' ? { ...value, ...changes[key] } : value,
      ]),
    ),
});
/** errcode 0, but no element of the lists is one. */
const JUNK: FaultKind = {
  change: (body) =>
    Object.fromEntries(
      Object.entries(body).map(([key, value]) => [key, Array.isArray(value) ? [{ junk: 1 }, [1]] : value]),
    ),
};
const EMPTY_PARTS: readonly [string, unknown][] = [
  ['empty', []],
  ['null', null],
  ['absent', undefined],
];
const carriesCursor = (parameters: Readonly<Record<string, unknown>>) =>
  [parameters.cursor, parameters.new_cursor].some((cursor) => typeof cursor === 'string' && cursor !== '');

/** A unit or two may be read before the fault begins, and then the stream is partial and not failed. */
const BROKEN: Expected = ['failed', 'partial'];

/** Errors of one moment: the client repeats the call. */
const PASSING: readonly [fault: string, kind: FaultKind, times?: number][] = [
  ['-1 once', { errcode: -1 }],
  ['-1 three times', { errcode: -1 }, 3],
  ['45009 once (blocked for 60 s)', { errcode: 45009 }],
  ['45033 twice', { errcode: 45033 }, 2],
  ['40014 once', { errcode: 40014 }],
  ['42001 once', { errcode: 42001 }],
  ['connection reset once', 'reset'],
  ['no answer within the time-out, once', 'hang'],
  ['HTTP 502 with HTML once', 'html'],
  ['half of the JSON once', 'truncated'],
];

/** Errors that stay: the stream says so and the others go on. */
const LASTING: readonly [string, FaultKind, RegExp][] = [
  ['-1 for ever', { errcode: -1 }, /errcode -1/],
  ['45009 for ever', { errcode: 45009 }, /errcode 45009/],
  ['45033 for ever', { errcode: 45033 }, /errcode 45033/],
  ['42001 for ever', { errcode: 42001 }, /errcode 42001/],
  ['an errcode nobody knows (99999)', { errcode: 99_999 }, /errcode 99999.*not in the table.*hint \d+/],
  ['connection reset for ever', 'reset', /no usable answer/],
  ['HTTP 502 with HTML for ever', 'html', /HTTP status 502/],
  ['half of the JSON for ever', 'truncated', /no JSON object/],
];

export const FAULTS: readonly FaultLine[] = [
  ...PASSING.map(
    ([fault, kind, times]): FaultLine => ({
      fault,
      kind,
      ...(times !== undefined && { times }),
      together: true,
      stream: 'succeeded',
      outcome: 'the same run repeats the call and equals the source',
    }),
  ),
  ...(
    [
      ['the list of another type once', 'wrong_types'],
      ['the list absent once', 'missing_list'],
    ] as const
  ).map(
    ([fault, kind]): FaultLine => ({
      fault,
      kind,
      together: true,
      stream: 'succeeded',
      except: { 'externalcontact/groupchat/statistic': BROKEN },
      says: /is no list|without total/,
      outcome:
        'the same run repeats the call and equals the source; group statistics: that day comes with the next run',
    }),
  ),
  ...LASTING.map(
    ([fault, kind, says]): FaultLine => ({
      fault,
      kind,
      times: ALWAYS,
      stream: BROKEN,
      says,
      outcome: 'the stream is failed (partial if units were read), the run partial; the others are read',
    }),
  ),
  {
    fault: 'no answer within the time-out, for ever',
    kind: 'hang',
    times: ALWAYS,
    at: ['externalcontact/get_corp_tag_list', 'externalcontact/batch/get_by_user', 'oa/getapprovalinfo'],
    stream: BROKEN,
    says: /no answer within/,
    outcome: 'the stream is failed, the run partial; the others are read',
  },
  {
    fault: '50100 in the middle of a walk, once',
    kind: { errcode: 50_100 },
    match: carriesCursor,
    manyPages: true,
    at: ['externalcontact/batch/get_by_user'],
    stream: 'succeeded',
    outcome: 'the walk starts again at its first page; nothing ends, nothing is doubled',
  },
  {
    fault: '50100 in the middle of a walk, for ever',
    kind: { errcode: 50_100 },
    times: ALWAYS,
    match: carriesCursor,
    manyPages: true,
    at: ['externalcontact/batch/get_by_user'],
    stream: BROKEN,
    says: /errcode 50100/,
    outcome: 'three restarts, then the stream is failed or partial',
  },
  {
    fault: '45009 in the middle of a walk, for ever',
    kind: { errcode: 45_009 },
    times: ALWAYS,
    match: carriesCursor,
    manyPages: true,
    at: ['externalcontact/batch/get_by_user'],
    stream: BROKEN,
    says: /errcode 45009/,
    outcome: 'what was read is kept, but an unfinished walk ends nothing',
  },
  {
    fault: 'the same cursor again',
    kind: 'cursor_loop',
    times: ALWAYS,
    manyPages: true,
    at: ['externalcontact/batch/get_by_user'],
    stream: BROKEN,
    says: /same cursor came twice/,
    outcome: 'an error and no loop: the stream is failed or partial',
  },
  {
    fault: '48002, the app may not call it',
    kind: { errcode: 48_002 },
    times: ALWAYS,
    stream: 'not_permitted',
    says: /errcode 48002/,
    outcome: 'the stream is not permitted and says where to allow it; the rest is not affected',
  },
  {
    fault: '60020, the address is not trusted',
    kind: { errcode: 60_020 },
    times: ALWAYS,
    stream: BROKEN,
    says: /errcode 60020.*from IP [\d.]+/,
    spreads: true,
    outcome: 'the secret makes no further call; the report names the address that WeCom saw',
  },
  {
    fault: 'no token: -1, twice',
    kind: { errcode: -1 },
    times: 2,
    at: ['gettoken'],
    stream: 'succeeded',
    outcome: 'the same run repeats the call and equals the source',
  },
  {
    fault: 'no token: 40001, the secret is wrong',
    kind: { errcode: 40_001 },
    times: ALWAYS,
    at: ['gettoken'],
    stream: 'failed',
    spreads: true,
    outcome: 'tried once; every stream of that secret is failed with where to find the right one',
  },
  {
    fault: '60011, nobody is visible',
    kind: { errcode: 60_011 },
    times: ALWAYS,
    at: LISTS.filter((path) => !ONE_BY_ONE.includes(path)),
    stream: [...BROKEN, 'held'],
    says: /errcode 60011|list is empty/,
    outcome: 'the stream is failed or held',
  },
  {
    fault: '60011 for every member, department or object, one by one',
    kind: { errcode: 60_011 },
    times: ALWAYS,
    at: ONE_BY_ONE,
    stream: 'failed',
    // The whole directory is one unit.
    says: /refused (all \d+ [\w ]+|its only unit) as not visible/,
    outcome: 'one is explained, all of them are a lost permission: the stream is failed; nothing ends',
  },
  {
    fault: '301055 for every request or template',
    kind: { errcode: 301_055 },
    times: ALWAYS,
    at: ['oa/getapprovaldetail', 'oa/gettemplatedetail'],
    stream: 'failed',
    says: /refused all \d+ [\w ]+ as not visible/,
    outcome: 'one is explained, all of them are a lost permission: the stream is failed; nothing ends',
  },
  {
    fault: '301021, a userid that is gone',
    kind: { errcode: 301_021 },
    at: ['checkin/getcheckindata'],
    stream: 'succeeded',
    outcome: 'the block is halved until the member stands alone; the others are read',
  },
  {
    fault: 'the list of another type for ever',
    kind: 'wrong_types',
    times: ALWAYS,
    at: LISTS,
    stream: BROKEN,
    says: /is no list/,
    outcome: 'the stream is failed; nothing counts as empty',
  },
  {
    fault: 'the list absent for ever',
    kind: 'missing_list',
    times: ALWAYS,
    at: LISTS,
    stream: BROKEN,
    // An answer without list and cursor is also how WeCom says that a window has no requests.
    except: { 'oa/getapprovalinfo': 'succeeded' },
    says: /without/,
    outcome:
      'the stream is failed; nothing counts as empty. Approvals: a window without requests, listed again',
  },
  ...EMPTY_PARTS.map(
    ([how, nothing]): FaultLine => ({
      fault: `the members of every group, the controls of every form ${how}, for ever`,
      kind: inner({ group_chat: { member_list: nothing }, template_content: { controls: nothing } }),
      times: ALWAYS,
      at: ['externalcontact/groupchat/get', 'oa/gettemplatedetail'],
      stream: 'held',
      says: /is empty, but \d+ rows|rows would end as absent/,
      outcome: 'held, whatever their number: a group has its owner, a form its controls',
    }),
  ),
  {
    fault: 'what a detail holds of another type, for ever',
    kind: inner({
      group_chat: { member_list: 'oops' },
      template_content: { controls: 'oops' },
      info: { apply_data: 'oops' },
    }),
    times: ALWAYS,
    at: DETAILS,
    stream: BROKEN,
    says: /is no (list|object)/,
    outcome: 'malformed: the group, form or request fails, and nothing of its answer is written',
  },
  {
    fault: 'details without their own id, for ever',
    kind: inner({ group_chat: { chat_id: undefined }, info: { sp_no: undefined } }),
    times: ALWAYS,
    at: ['externalcontact/groupchat/get', 'oa/getapprovaldetail'],
    stream: BROKEN,
    says: /not the one asked for|has no sp_no/,
    outcome: 'malformed: the group or request fails, and nothing of its answer is written',
  },
  {
    fault: 'figures that `total` announces, without `items`, for ever',
    kind: { change: ({ items, ...body }) => body },
    times: ALWAYS,
    at: ['externalcontact/groupchat/statistic'],
    stream: BROKEN,
    says: /announced \d+ group owners|next_offset/,
    outcome: 'no empty day: the day is missing, and is asked for again',
  },
  {
    fault: 'no element of the list is a record, for ever',
    kind: JUNK,
    times: ALWAYS,
    at: LISTS,
    stream: 'failed',
    except: {
      // Fewer come than `total` says.
      'externalcontact/groupchat/statistic': BROKEN,
      // Stored requests are read again without the list.
      'oa/getapprovalinfo': ['succeeded', 'failed'],
    },
    says: /records? received could not become rows|announced/,
    outcome: 'each becomes a reject; nothing but rejects is no success; nothing ends',
  },
  {
    fault: 'everything vanishes (empty lists, errcode 0)',
    kind: 'empty',
    times: ALWAYS,
    stream: 'held',
    except: {
      'externalcontact/groupchat/get': BROKEN,
      'oa/getapprovaldetail': BROKEN,
      'oa/gettemplatedetail': BROKEN,
      // Days are facts: an empty answer ends nothing, and is asked for again.
      'externalcontact/get_user_behavior_data': 'succeeded',
      'externalcontact/groupchat/statistic': 'succeeded',
      'oa/getapprovalinfo': 'succeeded',
      'checkin/getcheckindata': 'succeeded',
      'externalcontact/get_unassigned_list': 'succeeded',
    },
    says: /list is empty|without/,
    outcome:
      'held; details failed; statistics, approvals and punches keep what they have and are asked again',
  },
];
