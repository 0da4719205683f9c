/** What a run had finished when it was stopped, which calls ask for that again, and how many the next run may make. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggedRequest } from '../../src/simulator/index.ts';
import type { Target } from './command.ts';
import { select, withReader } from './compare.ts';

interface Finished {
  readonly stream: string;
  readonly unit: string;
  /** Days read in this cycle, as a multirange. */
  readonly days: string;
}

export interface Stopped {
  readonly finished: readonly Finished[];
  /** Calls that had been made. */
  readonly calls: number;
}

/** What was finished when the process and its statements had ended. */
export function stopped({ url, sim }: Target): Promise<Stopped> {
  return withReader(url, async (client) => {
    const others = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
    while ((await client.query(others)).rowCount !== 0) await sleep(20);
    const rows = await select(
      client,
      `SELECT stream, unit, cycle_days::text AS days FROM wecom_sync.progress p
       WHERE cycle = (SELECT cycle FROM wecom_sync.runs ORDER BY started_at DESC LIMIT 1)`,
    );
    const finished = rows.map((row) => ({
      stream: row.stream ?? '',
      unit: row.unit ?? '',
      days: row.days ?? '',
    }));
    return { finished, calls: sim.requests.length };
  });
}

const dayOf = (seconds: unknown) => new Date((Number(seconds) + 8 * 3600) * 1000).toISOString().slice(0, 10);
const ids = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const reads = (days: string, day: string) =>
  [...days.matchAll(/\[([-\d]+),([-\d]+)\)/g)].some(([, from = '', to = '']) => from <= day && day < to);

const LISTS: Readonly<Record<string, string>> = {
  'department/list': 'departments',
  'externalcontact/get_follow_user_list': 'follow_users',
  'externalcontact/get_corp_tag_list': 'corp_tags',
  'externalcontact/get_unassigned_list': 'unassigned_customers',
  'user/list': 'employees',
};

/** Windows of requests begin ten minutes before their first day. */
const OVERLAP_SECONDS = 600;

interface Part {
  readonly stream: string;
  readonly unit: string;
  /** The first of the days asked for; undefined: the unit has none. */
  readonly day?: string;
}

/** The units, with their days, that a call is about; empty: it is made by every run, and finishes nothing by itself. */
function partsOf({ path, body }: LoggedRequest): Part[] {
  const list = LISTS[path];
  if (list !== undefined) return [{ stream: list, unit: '*' }];
  switch (path) {
    case 'externalcontact/batch/get_by_user':
      return ids(body.userid_list).map((unit) => ({ stream: 'customers', unit }));
    case 'externalcontact/groupchat/get':
      return [{ stream: 'group_chats', unit: String(body.chat_id) }];
    case 'externalcontact/get_user_behavior_data':
      return ids(body.userid).map((unit) => ({
        stream: 'user_behavior_daily',
        unit,
        day: dayOf(body.start_time),
      }));
    case 'externalcontact/groupchat/statistic':
      return [{ stream: 'group_chat_owner_daily', unit: '*', day: dayOf(body.day_begin_time) }];
    case 'checkin/getcheckindata':
      return ids(body.useridlist).map((unit) => ({ stream: 'checkins', unit, day: dayOf(body.starttime) }));
    case 'oa/gettemplatedetail':
      return [{ stream: 'approval_templates', unit: String(body.template_id) }];
    case 'oa/getapprovalinfo':
      if (body.filters !== undefined) return [];
      return [{ stream: 'approvals', unit: '*', day: dayOf(Number(body.starttime) + OVERLAP_SECONDS) }];
    case 'oa/getapprovaldetail': {
      // A number begins with the day on which it was submitted.
      const [, ...date] = /^(\d{4})(\d\d)(\d\d)/.exec(String(body.sp_no)) ?? [];
      return [{ stream: 'approvals', unit: '*', day: date.join('-') }];
    }
    default:
      return [];
  }
}

/** Every run that has requests stored looks at lists by status, and at those that are open or whose night it is. */
export const asksForStored = ({ path, body }: LoggedRequest): boolean =>
  path === 'oa/getapprovaldetail' || (path === 'oa/getapprovalinfo' && body.filters !== undefined);

const has = (finished: readonly Finished[], { stream, unit, day }: Part) =>
  finished.some(
    (one) => one.stream === stream && one.unit === unit && (day === undefined || reads(one.days, day)),
  );

/** What the calls ask for although it had been finished. */
export function repeated(finished: readonly Finished[], requests: readonly LoggedRequest[]): string[] {
  return requests.flatMap((request) =>
    (asksForStored(request) ? [] : partsOf(request))
      .filter((part) => has(finished, part))
      .map(({ unit, day }) => `${request.path} ${unit} ${day ?? ''}`),
  );
}

/** Calls of a run that nobody stopped, and of the one after it, for which nothing had changed. */
export interface Undisturbed {
  readonly calls: readonly LoggedRequest[];
  readonly again: readonly LoggedRequest[];
}

/** The most calls that the next run may make: those of unfinished units, and what every run asks about stored requests. */
export function callsOfUnfinished(finished: readonly Finished[], { calls, again }: Undisturbed): number {
  const stored = finished.some(({ stream }) => stream === 'approvals');
  const unfinished = calls.filter((request) => {
    const parts = partsOf(request);
    if (stored && parts.length === 0 && asksForStored(request)) return false;
    return parts.length === 0 || !parts.every((part) => has(finished, part));
  });
  return unfinished.length + (stored ? again.filter(asksForStored).length : 0);
}
