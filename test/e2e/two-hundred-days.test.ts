import { afterEach, describe, expect, test } from 'vitest';
import { daySet, listDays } from '../../src/days.ts';
import { back, type Calendar, openCalendar, STATISTICS, TODAY } from '../oracle/calendar.ts';
import { compare, select, withReader } from '../oracle/compare.ts';
import { Oracle, type Tables } from '../oracle/expected.ts';
import { emptyFolder, startCli } from './cli-support.ts';

/** WeCom answers for 180 days; the warehouse has them all, as long as it was not away for longer. */

const BEHAVIOUR = 'externalcontact/get_user_behavior_data';
const SIZE = {
  stores: 1,
  members: 9,
  customersPerMember: 1,
  groups: 4,
  groupMembers: 3,
  approvals: 0,
  historyDays: 1,
};
const TRAPS = { lateStatistics: true, revisedStatistics: true };

const open: Calendar[] = [];
afterEach(async () => {
  for (const { warehouse } of open.splice(0)) await warehouse.close();
});

async function opened(firstDaysBack: number): Promise<Calendar> {
  const calendar = await openCalendar(back(firstDaysBack), { seed: 11, size: SIZE, traps: TRAPS });
  open.push(calendar);
  return calendar;
}

const query = ({ warehouse }: Calendar, text: string) =>
  withReader(warehouse.url, (client) => select(client, text));

const statistics = (tables: Tables): Tables =>
  new Map([...tables].filter(([name]) => STATISTICS.some((one) => one === name)));

interface Coverage {
  from: string;
  to: string;
  missingDays: string[];
  lostDays: { date: string; reason: string }[];
  atRiskDays: string[];
}

/** What `status --json` says, by stream. */
async function status({ warehouse: { url, sim } }: Calendar): Promise<Map<string, Coverage>> {
  const env = {
    DATABASE_URL: url,
    WECOM_API_BASE: sim.url,
    WECOM_CORP_ID: sim.corpId,
    WECOM_SECRET: sim.secret,
  };
  const { stdout } = await startCli(await emptyFolder(), ['status', '--json'], env).done;
  const states: { stream: string; coverage: Coverage }[] = JSON.parse(stdout);
  return new Map(states.map(({ stream, coverage }) => [stream, coverage]));
}

/** Days of the ledger that are not complete, as `stream day status units/expected lost`. */
const incomplete = async (calendar: Calendar) =>
  (
    await query(
      calendar,
      `SELECT stream || ' ' || stat_date || ' ' || day_status || ' ' || lost_unit_count || '/' || unit_count AS line
       FROM analytics.retention_coverage WHERE day_status <> 'complete' OR is_lost OR is_at_risk ORDER BY 1`,
    )
  ).map(({ line }) => line);

/** Simulated day number of a calendar day. */
const number = (day: string) => Math.round(Date.parse(day) / 86_400_000);

describe('invariant 10: nothing that WeCom has forgotten is lost', () => {
  test('200 days with nightly runs, some missed and some stopped', { timeout: 600_000 }, async () => {
    const calendar = await opened(200);
    const { sim, url } = calendar.warehouse;
    const { company } = sim;
    const oracle = new Oracle();
    const missed = new Set([
      ...listDays(daySet(back(170), back(168))),
      ...listDays(daySet(back(110), back(91))),
    ]);
    const stopped = new Map([190, 150, 149, 90, 30].map((ago, i) => [back(ago), 1 + (i % 3)]));
    const [leaver = ''] = company.followUsers().map((one) => one.userid);
    const late = number(back(61));
    const holiday = number(back(45));
    company.uncomputedDays.add(holiday);
    for (let ago = 200; ago >= 0; ago--) {
      const today = back(ago);
      if (ago === 60) company.uncomputedDays.add(late);
      if (ago === 57) company.uncomputedDays.delete(late);
      if (missed.has(today)) continue;
      const calls = stopped.get(today);
      const result = calls ? calendar.stopped(today, calls) : calendar.night(today);
      expect((await result).status, today).toBe(calls ? 'partial' : 'succeeded');
      if (ago === 140) company.hire(101);
      if (ago === 80 || ago === 0) await calendar.morning(today);
      if (ago % 40 === 0 || ago === 139) oracle.observe(company);
      if (ago === 80) company.resign(leaver);
    }
    expect(sim.violations).toEqual([]);
    expect(await compare(url, statistics(oracle.observe(company)))).toEqual([]);
    const perMember = await query(
      calendar,
      `SELECT count(DISTINCT stat_date) AS days, min(stat_date) AS first, max(stat_date) AS last, count(*) AS members
       FROM (SELECT userid, stat_date FROM wecom.user_behavior_daily) d GROUP BY userid`,
    );
    const spans = perMember.map(({ days, first, last }) => `${days} ${first} ${last}`);
    expect(new Set(spans)).toEqual(
      new Set([
        `380 ${back(380)} ${back(1)}`,
        // Hired after the run of 140 days ago: 180 days of his own.
        `319 ${back(319)} ${back(1)}`,
        // Left 80 days ago: what he did that day WeCom does not say any more.
        `300 ${back(380)} ${back(81)}`,
      ]),
    );
    const states = await status(calendar);
    expect(states.get('user_behavior_daily')).toEqual({
      from: back(380),
      to: back(1),
      missingDays: [],
      lostDays: [{ date: back(80), reason: 'not_visible' }],
      atRiskDays: [],
    });
    expect(states.get('group_chat_owner_daily')).toEqual({
      from: back(380),
      to: back(1),
      missingDays: [],
      lostDays: [],
      atRiskDays: [],
    });
    const here = company.followUsers().length;
    expect(await incomplete(calendar)).toEqual([`user_behavior_daily ${back(80)} partial 1/${here + 1}`]);
    // Zeros of three nights, figures in the fourth: never final in between, so no version says what was never true. One
    // day was final after its morning, and WeCom revised it: that is told.
    const restated = await query(
      calendar,
      `SELECT DISTINCT stat_date FROM (SELECT stat_date FROM wecom_history.user_behavior_daily
       UNION ALL SELECT stat_date FROM wecom_history.group_chat_owner_daily) v`,
    );
    expect(restated).toEqual([{ stat_date: back(81) }]);
    const refused = sim.requests.filter(
      ({ path, body, errcode }) => path === BEHAVIOUR && errcode === 60111 && String(body.userid) === leaver,
    );
    expect(refused).toHaveLength(1);
  });
  test('away for 200 days: exactly the days that expired meanwhile are lost, and all others are there', {
    timeout: 600_000,
  }, async () => {
    const calendar = await opened(205);
    const { sim, url } = calendar.warehouse;
    const oracle = new Oracle();
    for (const ago of [205, 204, 203, 202, 201]) {
      await calendar.night(back(ago));
      oracle.observe(sim.company);
    }
    await calendar.morning(back(201));
    oracle.observe(sim.company);
    await calendar.morning(TODAY);
    expect(sim.violations).toEqual([]);
    expect(await compare(url, statistics(oracle.observe(sim.company)))).toEqual([]);
    const expired = listDays(daySet(back(201), back(181)));
    const states = await status(calendar);
    for (const stream of STATISTICS)
      expect(states.get(stream), stream).toEqual({
        from: back(385),
        to: back(1),
        missingDays: [],
        lostDays: expired.map((date) => ({ date, reason: 'expired' })),
        atRiskDays: [],
      });
    const members = sim.company.followUsers().length;
    const lost = (stream: string, units: number) =>
      expired.map((date) => `${stream} ${date} lost ${units}/${units}`);
    expect(await incomplete(calendar)).toEqual([
      ...lost('group_chat_owner_daily', 1),
      ...lost('user_behavior_daily', members),
    ]);
  });
});
