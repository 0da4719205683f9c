/**
 * What is promised (DESIGN section 4), what goes wrong elsewhere, and which tests prove our answer. docs/reliability.md is
 * made of it by scripts/reliability.ts, which refuses a test that does not exist.
 */

/** A test: its file below test/, and a part of its name. */
export type Proof = readonly [file: string, name: string];

export interface Promise_ {
  readonly title: string;
  readonly proofs: readonly Proof[];
}

const KILL: Proof = ['e2e/kill.test.ts', 'invariant 1: kill -9 at any moment'];
const NIGHTS: Proof = ['e2e/soak.test.ts', 'faults, changes and stops over many nights'];
const FAULTS: Proof = ['e2e/faults.test.ts', 'on every path in one run'];
const TRUTH: Proof = ['e2e/truth.test.ts', 'one run makes the tables equal the source'];
const DAYS: Proof = ['e2e/days.test.ts', 'tables, history and as-of views'];
const HELD: Proof = ['e2e/holds.test.ts', 'invariant 3: a list that vanishes with errcode 0'];
const RULES: Proof = ['e2e/holds.test.ts', 'invariant 3: what is held and what is not'];
const TWICE: Proof = [
  'e2e/second-run.test.ts',
  'invariant 2: a second run over an unchanged source writes nothing',
];
const SPELLING: Proof = ['e2e/spelling.test.ts', 'in another letter case than the directory'];
const LOCK: Proof = ['e2e/command.test.ts', 'invariant 13: a second sync at the same time exits 4'];
const SECRET_ONCE: Proof = [
  'e2e/command.test.ts',
  'invariant 7: a wrong secret is tried once per run and area',
];
const PAGES: Proof = ['unit/wecom-paging.test.ts', 'and not on an empty page'];
const peers = (name: string): Proof => ['e2e/peers.test.ts', name];
const database = (name: string): Proof => ['integration/database-faults.test.ts', name];

/** Invariants 1 to 14. */
export const INVARIANTS: readonly Promise_[] = [
  {
    title:
      'Atomic progress: rows, history and progress commit together; after any kill the next run ends as if nothing had happened, and finished units are not fetched again',
    proofs: [
      KILL,
      ['e2e/command.test.ts', 'exit 3 within seconds, progress kept, continued'],
      database('invariant 1: connections cut in the middle of a run'),
      database('invariant 1: PostgreSQL refuses a write'),
      ['property/engine-plan.test.ts', 'invariant 1: what this cycle has read is not read again'],
      NIGHTS,
    ],
  },
  {
    title: 'Idempotence for free: a second run over an unchanged source writes nothing but bookkeeping',
    proofs: [
      TWICE,
      SPELLING,
      ['integration/loader-merge.test.ts', 'a second run neither writes nor locks a row'],
    ],
  },
  {
    title:
      'No ending without proof: failed, partial and suspicious walks end nothing; what is suspicious is held',
    proofs: [
      HELD,
      RULES,
      ['unit/engine-holds.test.ts', 'invariant 3: a stream that would lose too much is held'],
      ['integration/loader-missing.test.ts', 'invariant 3: rows that a filled parent no longer shows'],
      ['e2e/lost-keys.test.ts', 'a key that not one record has any more'],
      FAULTS,
      NIGHTS,
    ],
  },
  {
    title:
      'Empty is not error, error is not empty: errcode first, empty pages are no end, a cursor is never used twice',
    proofs: [
      PAGES,
      ['property/engine-plan.test.ts', 'invariant 4: days that were empty for everybody'],
      ['integration/run-days.test.ts', 'is read once more behind the tail, and then never again'],
      ['unit/wecom-paging.test.ts', 'the same cursor twice is an error'],
      FAULTS,
    ],
  },
  {
    title: 'One bad record stops nothing: it is kept with its reason and can be retried',
    proofs: [
      ['integration/rejects.test.ts', 'leaves the other records alone when PostgreSQL refuses one'],
      [
        'integration/rejects-healed.test.ts',
        'is forgotten when a later finished walk of its unit does not reject it',
      ],
      ['integration/keys.test.ts', 'a department whose id is no bigint'],
      ['integration/keys.test.ts', 'a department nested thousands of levels deep is stored'],
      ['integration/loader-merge.test.ts', 'invariant 5: 19-digit numbers keep every digit'],
      TRUTH,
    ],
  },
  {
    title:
      'One failed stream stops no other, and the run then says partial; a half-done run is never a success: succeeded means expected = received + explained',
    proofs: [
      ['integration/completeness.test.ts', 'invariant 6: expected = received + explained, in the engine'],
      ['integration/completeness.test.ts', 'invariant 6: the numbers that WeCom names'],
      ['unit/engine-verdict.test.ts', 'invariant 6: a walk of nothing but rejects is no success'],
      ['e2e/command.test.ts', 'a stream that fails: exit 3, partial, and the others are there'],
      peers('is not green'),
      FAULTS,
    ],
  },
  {
    title: 'Tokens: one per secret, refreshed once; a wrong secret is never retried',
    proofs: [
      SECRET_ONCE,
      ['unit/wecom-client.test.ts', '50 concurrent calls fetch one token'],
      peers('3: all tokens expire'),
    ],
  },
  {
    title: 'Quota: at most 4 calls in flight per path, documented limits kept in advance and across restarts',
    proofs: [
      [
        'property/wecom-quota.test.ts',
        'never allows more than the limit in any stretch, restarts and kills included',
      ],
      ['unit/wecom-client.test.ts', '45009 blocks its path for a minute while others go on'],
      peers('13: never more than 4 calls at once on a path'),
    ],
  },
  {
    title:
      'Every errcode has a fate and a remedy in one table; an unknown one fails its stream with the hint number',
    proofs: [['unit/wecom-errors.test.ts', 'holds every code of the references'], FAULTS],
  },
  {
    title: 'Nothing that WeCom has forgotten is ever removed; gaps that can no longer be filled are reported',
    proofs: [
      [
        'property/engine-plan.test.ts',
        'invariant 10: what WeCom forgets is never asked for beyond its memory',
      ],
      ['unit/coverage.test.ts', 'every recorded loss is reported'],
      ['e2e/two-hundred-days.test.ts', '200 days with nightly runs, some missed and some stopped'],
      ['e2e/two-hundred-days.test.ts', 'away for 200 days: exactly the days that expired meanwhile are lost'],
      ['integration/retention-coverage.test.ts', 'says of every day what the coverage of `status` says'],
      DAYS,
    ],
  },
  {
    title: 'Secrets and tokens never appear in output, logs, pages, exported files or the database',
    proofs: [
      ['e2e/secrets.test.ts', 'invariant 11: secrets and tokens never appear'],
      ['e2e/proxy.test.ts', 'every call goes through an'],
    ],
  },
  {
    title: 'Memory is bounded: `npm run bench` measures it; at most two batches wait while a third is read',
    proofs: [['unit/engine-lane.test.ts', 'batch']],
  },
  {
    title: 'One run at a time per corp (exit 4); a database newer than the code is refused (exit 5)',
    proofs: [
      LOCK,
      database('invariant 13: the lock is'),
      ['e2e/cli-bad-input.test.ts', 'a newer one: exit 5'],
    ],
  },
  {
    title: 'Works where it is unpacked, also as root and in folders that others cannot enter',
    proofs: [
      ['integration/embedded.test.ts', 'the server runs in a user namespace'],
      ['integration/embedded.test.ts', 'programs that the other account cannot reach are copied'],
      ['integration/embedded.test.ts', 'unclean stops heal'],
    ],
  },
];

export interface Outcome {
  readonly fault: string;
  readonly outcome: string;
  readonly proof: Proof;
}

/** Faults that are no answer of an API path. */
export const OTHER_FAULTS: readonly Outcome[] = [
  {
    fault: 'group figures: `total` counts rows that no page brings, errcode 0',
    outcome: 'partial, with how many are missing; the day is read again',
    proof: ['e2e/completeness.test.ts', 'rows that total counts and no page brings'],
  },
  {
    fault: 'a listed group or request whose detail fails',
    outcome: 'partial, with how many are missing; dismissed or unreadable ones are explained',
    proof: ['integration/completeness.test.ts', 'groups: one whose detail fails is missing'],
  },
  {
    fault: 'a commit whose answer is lost',
    outcome: 'done again without effect; provisional figures stay provisional',
    proof: ['integration/loader-lost-answer.test.ts', 'a commit that lost its answer'],
  },
  {
    fault: 'groupchat/get: the list of one group is empty',
    outcome: 'held with all of its members; the other groups go on',
    proof: ['e2e/holds.test.ts', 'one group whose list is empty is held'],
  },
  {
    fault: 'groupchat/get: more than 20 % of all members, and at least 50, are gone',
    outcome: 'held; nothing ends',
    proof: ['e2e/holds.test.ts', 'more than 20 % and at least 50 of all members'],
  },
  {
    fault: 'a stop between the record of missing members and the decision',
    outcome: 'the run that continues it decides; a fresh one forgets what has come back',
    proof: ['integration/loader-missing.test.ts', 'the run that continues it decides'],
  },
  {
    fault: 'nobody is visible, leavers neither',
    outcome: 'failed; leavers are asked for again, and none of their days is lost',
    proof: ['integration/run-days.test.ts', 'stays as it was when WeCom shows nobody'],
  },
  { fault: 'fail_info: a member without licence', outcome: 'explained; his customers stay', proof: TRUTH },
  {
    fault: 'some members leave the visible range',
    outcome: 'their relations end as `member_not_visible`',
    proof: RULES,
  },
  {
    fault: 'the follow-user list loses three of ten',
    outcome: 'held, and with it their customers',
    proof: RULES,
  },
  {
    fault: 'every list vanishes at once',
    outcome: 'nothing ends; exit 3 names streams, counts and the flag',
    proof: HELD,
  },
  { fault: 'accepted after the lists are back', outcome: 'nothing ends', proof: HELD },
  {
    fault: 'all tokens expire in the middle of a run',
    outcome: 'one new token, no row missing',
    proof: peers('3: all tokens expire'),
  },
  { fault: 'all cursors expire (50100)', outcome: 'walks start again at their first page', proof: NIGHTS },
  {
    fault: 'SIGTERM, SIGINT',
    outcome: 'exit 3 within seconds, continued by the next run',
    proof: ['e2e/command.test.ts', 'exit 3 within seconds, progress kept, continued'],
  },
  {
    fault: 'SIGKILL at any moment',
    outcome: 'the next run equals the source and repeats no finished unit',
    proof: KILL,
  },
  {
    fault: 'every database connection cut, also the lock’s',
    outcome: 'the run heals or names SQLSTATE; the next one equals the source',
    proof: database('all of them, at call'),
  },
  {
    fault: 'connections cut again and again',
    outcome: 'exit 5 or partial; the next run equals the source',
    proof: database('again and again, as long as the run lasts'),
  },
  {
    fault: 'the lock was taken by somebody else meanwhile',
    outcome: 'the run stops and says so; the next one continues it',
    proof: database('invariant 13: the lock is'),
  },
  {
    fault: 'disk full, out of memory, deadlock, serialisation failure, lock and statement time-out, twice',
    outcome: 'the same run heals',
    proof: database('twice: the same run heals'),
  },
  {
    fault: 'disk full that stays',
    outcome: 'the stream names 53100; the others go on; nothing is half ended',
    proof: database('a full disk that stays full'),
  },
  {
    fault: 'an analyst reads for long',
    outcome: 'no effect',
    proof: database('a long read changes nothing'),
  },
  {
    fault: 'an analyst locks a table',
    outcome: 'the run waits; beyond `lock_timeout` its stream names 55P03',
    proof: database('a table locked longer than lock_timeout'),
  },
  {
    fault: 'the server crashes and comes back',
    outcome: 'the run goes on or is partial; the next one equals the source',
    proof: database('crashes and comes back during a run'),
  },
  {
    fault: 'the server crashes and stays away',
    outcome: 'exit 5 with a remedy; sync continues when it is back',
    proof: database('crashes and stays away'),
  },
  {
    fault: 'the proxy refuses (407)',
    outcome: 'said with what to set; no call goes past it',
    proof: ['e2e/proxy.test.ts', 'a proxy that refuses'],
  },
  {
    fault: 'somebody opens the TLS of the calls',
    outcome: 'refused before a secret is sent',
    proof: ['e2e/proxy.test.ts', 'a certificate that nobody vouches for'],
  },
  {
    fault: 'a secret, an address or a visible range is not as it should be',
    outcome: '`check` says which streams are concerned and what an admin clicks',
    proof: ['e2e/check.test.ts', 'check'],
  },
];

export interface Peer {
  readonly defect: string;
  readonly answer: string;
  readonly proof: Proof;
}

/** The defects found in other tools, then the complaints of their users. */
export const PEERS: readonly Peer[] = [
  {
    defect: 'LinkWeChat 1: the old cursor is sent for the second page of unassigned customers',
    answer: 'each answer’s own cursor; the same one twice is an error',
    proof: peers('1: the second page of unassigned customers arrives'),
  },
  {
    defect: 'LinkWeChat 2: any errcode ends the walk as done',
    answer: 'partial, and the rest comes later',
    proof: peers('is not green, and the rest comes later'),
  },
  {
    defect: 'LinkWeChat 3: retries what is not retryable, never refreshes the token',
    answer: 'one table of fates; one refresh',
    proof: peers('3: all tokens expire'),
  },
  {
    defect: 'LinkWeChat 4: a second run doubles statistics, a missed night is lost',
    answer: 'keys; missing days are fetched',
    proof: peers('4: statistics'),
  },
  {
    defect: 'LinkWeChat 5: group figures exchanged, summed, silently lower',
    answer: 'one row per owner and day; a failed day is missing',
    proof: peers('5: group figures'),
  },
  {
    defect: 'LinkWeChat 6: lost customers live for ever; keys without corp',
    answer: 'proved endings; corp_id first in every key',
    proof: peers('6: a customer who vanished'),
  },
  {
    defect: 'LinkWeChat 7: messages acknowledged before the work',
    answer: 'no queue; progress commits with its rows',
    proof: KILL,
  },
  {
    defect: 'MoChat 8: only 100 groups, the rest deleted; a failed detail deletes its group',
    answer: 'all pages; only WeCom’s word ends a group',
    proof: peers('8: more than 100 groups'),
  },
  {
    defect: 'MoChat 9: days marked as done before the call; late figures; NULL as 0',
    answer: 'days count with their rows; re-read until final',
    proof: peers('9: figures read at 00:30'),
  },
  {
    defect: 'MoChat 10: no natural keys',
    answer: 'primary keys; one run at a time',
    proof: peers('10: every table has a primary key'),
  },
  { defect: 'MoChat 11: 84061 wipes all relations of a member', answer: '20 or more are held', proof: RULES },
  {
    defect: 'OpenSCRM 12: results after 2 s are dropped',
    answer: 'waits 30 s, repeats, then says so',
    proof: peers('12: an API that takes 2.5 s'),
  },
  {
    defect: 'OpenSCRM 13: one call per customer without a bound: 45033',
    answer: 'bulk calls, 4 in flight, halved on 45033',
    proof: peers('13: never more than 4 calls'),
  },
  {
    defect: 'OpenSCRM 14: 100 groups per owner; one bad group ends everything',
    answer: 'all pages; refusals are explained one by one',
    proof: peers('14: the groups of one owner'),
  },
  {
    defect: 'OpenSCRM 15: counters drift with each lost callback',
    answer: 'no counters: every night compares with the source',
    proof: DAYS,
  },
  {
    defect: 'Venus 16: a failed list counts as empty and deletes; an empty page ends the walk',
    answer: 'an unfinished walk proves nothing',
    proof: peers('16: one member whose list fails'),
  },
  {
    defect: 'Venus 17: group members deleted and inserted anew',
    answer: 'row by row, in one transaction',
    proof: peers('17: no reader ever sees an empty group'),
  },
  {
    defect: '45033 from parallel calls gives empty lists',
    answer: 'errcode is read before any list',
    proof: FAULTS,
  },
  {
    defect: 'Repeated syncs give 200, 4,000, 3,000 people',
    answer: 'the same number each time',
    proof: peers('repeated runs give the same number of people'),
  },
  {
    defect: '“Success” shown, nothing synced',
    answer: 'succeeded only when expected = received + explained',
    proof: peers('is never shown when nothing could be read'),
  },
  {
    defect: 'Duplicates of one member in two letter cases',
    answer: "the directory's spelling everywhere, also for what was stored before it could be read",
    proof: SPELLING,
  },
  { defect: 'Duplicate people', answer: 'one row per member, departments apart', proof: TRUTH },
  {
    defect: '60020: the address is not trusted',
    answer: 'the report names the address that WeCom saw',
    proof: FAULTS,
  },
  {
    defect: '48009: contact sync no longer lists members',
    answer: 'not permitted, with the remedy',
    proof: peers('48009: the contact-sync secret alone'),
  },
  { defect: 'Cursor missing in an SDK: first page only', answer: 'one walker for all lists', proof: PAGES },
  {
    defect: 'Approvals: `new_next_cursor` is text; at most 31 days',
    answer: 'passed on unchanged; windows of at most 30 days',
    proof: ['property/extract-oa-windows.test.ts', 'window'],
  },
  {
    defect: 'Check-ins after midnight at the end of a month',
    answer: 'closed days, compared for 35 days',
    proof: peers('punches after midnight on the last day of a month'),
  },
  {
    defect: '84061 taken for an error',
    answer: 'no customers, found by halving',
    proof: ['unit/extract-customers.test.ts', 'finds the member without customers'],
  },
  {
    defect: 'An expired token answers 40014',
    answer: 'refreshed like 42001',
    proof: peers('3: all tokens expire'),
  },
  {
    defect: 'Refresh loops burn the quota; old tokens overwrite new ones',
    answer: 'one fetch for all who wait; a late refusal renews nothing',
    proof: ['unit/wecom-token.test.ts', 'renews nothing'],
  },
  {
    defect: 'unionid absent',
    answer: 'NULL; a field that vanishes for everybody keeps its values',
    proof: ['integration/loader-merge.test.ts', 'keep what they hold, with a warning'],
  },
  {
    defect: 'No licence: lists without a word',
    answer: 'fail_info is read; unlicensed members are explained',
    proof: ['unit/extract-customers.test.ts', 'skips who has no licence'],
  },
  {
    defect: 'Group statistics: 180 days, 100 owners, 81017',
    answer: 'one day and 100 owners per call',
    proof: ['unit/extract-group_chat_owner_daily.test.ts', 'reads all blocks of 100 owners'],
  },
];
