import { Kysely, PostgresDialect, sql } from 'kysely';
import { escapeLiteral, type Pool } from 'pg';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyAnalytics, applyApprovalForms } from '../../loaders/analytics/index.ts';
import { migrate } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import type { Clock } from '../../src/clock.ts';
import { addDays, shanghaiDay } from '../../src/days.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { sync } from '../../src/sync.ts';
import { SecretBook } from '../../src/wecom/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const DAYS = 5;

describe('analytics over simulated days', () => {
  let database: TestDatabase;
  let pool: Pool;
  // biome-ignore lint/suspicious/noExplicitAny: hand-written SQL on the migrated database.
  let db: Kysely<any>;
  let simulator: Simulator;
  /** The simulator's own record of each run: `userid external_userid` → createtime. */
  const truth: { startedAt: string; relations: Map<string, number> }[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = createPool({ url: database.url, max: 10 });
    db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    await migrate(db);
    await applyAnalytics(db, { employeeAttributes: { employee_no: '工号', store_code: '门店编码' } });
    // 02:30 in Shanghai, as the nightly run.
    const start = Date.parse('2026-10-20T18:30:00Z');
    simulator = await startSimulator({ quotas: false, now: () => new Date(start) });
    const clock: Clock = { now: () => simulator.now().getTime(), sleep: () => Promise.resolve() };
    for (let day = 0; day <= DAYS; day++) {
      if (day > 0) simulator.nextDay();
      const result = await sync(
        {
          databaseUrl: database.url,
          corps: [],
          apiBase: simulator.url,
          proxy: undefined,
          maxInFlight: 4,
          logLevel: 'silent',
          quotas: {},
          schedules: { default: '', statistics: '', streams: {} },
        },
        { corpId: simulator.corpId, secrets: new SecretBook(simulator.secrets) },
        { db, pool, url: database.url, place: 'test', version: '', close: async () => undefined },
        { streams: [], signal: new AbortController().signal, clock, unlimited: true },
        pino({ level: 'silent' }),
      );
      expect(result.streams.filter((stream) => stream.status === 'failed')).toEqual([]);
      truth.push({
        startedAt: result.startedAt,
        relations: new Map(
          simulator.company
            .truth()
            .relations.filter((one) => one.visible)
            .map((one) => [
              `${one.userid} ${String(one.external_contact.external_userid)}`,
              Number(one.follow_info.createtime),
            ]),
        ),
      });
    }
  }, 300_000);

  afterAll(async () => {
    await simulator?.close();
    await db?.destroy();
    await database?.drop();
  });

  const query = async <T>(text: string): Promise<T[]> => (await sql<T>`${sql.raw(text)}`.execute(db)).rows;

  it('answers from every view', async () => {
    const views = await query<{ name: string }>(
      `SELECT table_schema || '.' || table_name AS name FROM information_schema.views WHERE table_schema LIKE 'analytics%'`,
    );
    expect(views.length).toBeGreaterThan(50);
    const empty: string[] = [];
    for (const { name } of views) {
      const [row] = await query<{ n: string }>(`SELECT count(v) AS n FROM (SELECT * FROM ${name}) v`);
      if (row?.n === '0') empty.push(name);
    }
    expect(empty).toEqual([]);
  });

  it('shows the world as of every run', async () => {
    for (const { startedAt, relations } of truth) {
      const rows = await query<{ relation: string }>(`
        SELECT userid || ' ' || external_userid AS relation FROM analytics.customer_follows_versions
        WHERE valid_from <= '${startedAt}' AND (valid_to IS NULL OR valid_to > '${startedAt}')`);
      expect(rows.map((row) => row.relation).sort()).toEqual([...relations.keys()].sort());
    }
  });

  it('has no versions of one key that overlap, and no gap where a version was changed', async () => {
    const tables = await query<{ name: string; key: string[] }>(`
      SELECT c.relname AS name, json_agg(a.attname ORDER BY a.attnum) AS key
      FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'wecom'::regnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
      WHERE i.indisprimary GROUP BY c.relname`);
    expect(tables.length).toBeGreaterThan(15);
    for (const { name, key } of tables) {
      const wrong = await query(`
        SELECT * FROM (SELECT *, lead(valid_from) OVER (PARTITION BY ${key.join(', ')} ORDER BY valid_from) AS next_from
          FROM analytics.${name}_versions) v
        WHERE valid_to <= valid_from OR (next_from IS NOT NULL AND (valid_to IS NULL OR valid_to > next_from))
          OR (ended_by = 'changed' AND next_from IS DISTINCT FROM valid_to)`);
      expect(wrong, name).toEqual([]);
    }
  });

  it('counts the stock of every member and day as the simulator does', async () => {
    const rows = await query<{ userid: string; stat_date: string; customer_count_eod: number }>(
      'SELECT userid, stat_date, customer_count_eod FROM analytics.fct_customer_base_daily',
    );
    const stock = new Map(rows.map((row) => [`${row.userid} ${row.stat_date}`, row.customer_count_eod]));
    // The run in the night after a day tells what that day ended with.
    for (const { startedAt, relations } of truth.slice(1)) {
      const day = addDays(shanghaiDay(Date.parse(startedAt)), -1);
      const expected = new Map<string, number>();
      for (const [relation, followedAt] of relations) {
        const key = `${relation.split(' ')[0]} ${day}`;
        if (shanghaiDay(followedAt * 1000) <= day) expected.set(key, (expected.get(key) ?? 0) + 1);
      }
      const found = [...stock].filter(([key, count]) => key.endsWith(day) && count > 0);
      expect(new Map(found)).toEqual(expected);
    }
  });

  it('keeps the stock equation: stock(d) = stock(d−1) + in − out', async () => {
    const wrong = await query(`
      SELECT * FROM (
        SELECT *, lag(stat_date) OVER w AS day_before, lag(customer_count_eod) OVER w AS stock_before
        FROM analytics.fct_customer_base_daily WINDOW w AS (PARTITION BY corp_id, userid ORDER BY stat_date)
      ) s WHERE day_before IS NOT NULL
        AND (stat_date <> day_before + 1 OR customer_count_eod <> stock_before + in_count - out_count OR customer_count_eod < 0)`);
    expect(wrong).toEqual([]);
  });

  it('splits what came in and went out into the kinds of the flow', async () => {
    const wrong = await query(`
      SELECT * FROM analytics.fct_customer_base_daily b
      LEFT JOIN analytics.fct_customer_flow_daily f USING (corp_id, userid, stat_date)
      WHERE b.in_count <> coalesce(won_organic_count + won_assigned_count + came_into_view_count, 0)
        OR b.out_count <> coalesce(deleted_by_employee_count + transferred_out_count + resigned_count + out_of_view_count
          + re_added_count + ended_other_count, 0)`);
    expect(wrong).toEqual([]);
    const [kinds] = await query<Record<string, number>>(`
      SELECT sum(won_organic_count)::int AS won, sum(won_assigned_count)::int AS assigned, sum(resigned_count)::int AS resigned,
        sum(re_added_count)::int AS re_added, sum(deleted_by_employee_count)::int AS deleted
      FROM analytics.fct_customer_flow_daily`);
    for (const [kind, count] of Object.entries(kinds ?? {})) expect(count, kind).toBeGreaterThan(0);
  });

  it('counts a customer of two members once in the corp and once in each department', async () => {
    const [month] = await query<{
      whole: number;
      root: number;
      relations: number;
      current: number;
      current_relations: number;
    }>(`
      SELECT max(distinct_customer_count_eod) FILTER (WHERE is_whole_corp) AS whole,
        max(distinct_customer_count_eod) FILTER (WHERE department_id = 1) AS root,
        max(relation_count_eod) FILTER (WHERE is_whole_corp) AS relations,
        (SELECT count(DISTINCT external_userid)::int FROM wecom.customer_follows) AS current,
        (SELECT count(*)::int FROM wecom.customer_follows) AS current_relations
      FROM analytics.fct_customer_base_monthly`);
    expect(month?.whole).toBe(month?.current);
    expect(month?.root).toBeLessThanOrEqual(month?.whole ?? 0);
    expect(month?.relations).toBe(month?.current_relations);
    expect(month?.relations).toBeGreaterThan(month?.whole ?? 0);
  });

  it('shows an analyst neither json nor a name, phone or unionid in analytics', async () => {
    const json = await query(`
      SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = 'analytics' AND data_type IN ('json', 'jsonb')`);
    expect(json).toEqual([]);
    const persons = await query<{ word: string }>(`
      SELECT name AS word FROM wecom.employees UNION SELECT mobile FROM wecom.employees UNION SELECT email FROM wecom.employees
      UNION SELECT unionid FROM wecom.customers UNION SELECT name FROM wecom.customers UNION SELECT unnest(remark_mobiles) FROM wecom.customer_follows`);
    const words = persons.map((row) => row.word).filter((word) => word !== null && word.length > 3);
    expect(words.length).toBeGreaterThan(50);
    const views = await query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.views WHERE table_schema = 'analytics' AND table_name NOT IN ('dim_code', 'dim_date')`,
    );
    // An analyst without analytics_pii; the role goes with the transaction.
    await db.transaction().execute(async (trx) => {
      const run = (text: string) => sql.raw(text).execute(trx);
      await run(`CREATE ROLE reader_of_analytics; GRANT USAGE ON SCHEMA analytics TO reader_of_analytics;
        GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO reader_of_analytics; SET LOCAL ROLE reader_of_analytics`);
      for (const { name } of views) {
        const { rows } = await run(`
          SELECT w.word FROM (SELECT string_agg(v::text, E'\n') AS text FROM analytics.${name} v) t
          JOIN unnest(ARRAY[${words.map((word) => escapeLiteral(word)).join(', ')}]) w(word) ON t.text LIKE '%' || w.word || '%'`);
        expect(rows, name).toEqual([]);
      }
      await run('RESET ROLE; DROP OWNED BY reader_of_analytics; DROP ROLE reader_of_analytics');
    });
  });

  it('pivots the attributes that the configuration names', async () => {
    const wrong = await query(`
      SELECT e.userid FROM wecom.employees w JOIN analytics.dim_employee e USING (corp_id, userid)
      LEFT JOIN wecom.employee_attributes a ON a.userid = w.userid AND a.attr_name = '工号'
      WHERE e.employee_no IS DISTINCT FROM a.value`);
    expect(wrong).toEqual([]);
    const [known] = await query<{ n: number }>(
      'SELECT count(employee_no)::int AS n FROM analytics.dim_employee',
    );
    expect(known?.n).toBeGreaterThan(5);
  });

  it('shows every request in the view of its template, with its money', async () => {
    await applyApprovalForms(db, simulator.corpId);
    const forms = await query<{ name: string; comment: string; columns: string[] }>(`
      SELECT c.oid::regclass::text AS name, obj_description(c.oid, 'pg_class') AS comment,
        json_agg(a.attname) FILTER (WHERE col_description(c.oid, a.attnum) IS NULL) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
      WHERE c.relnamespace = 'approval_forms'::regnamespace GROUP BY c.oid`);
    expect(forms.length).toBeGreaterThan(5);
    expect(forms.filter(({ comment, columns }) => columns !== null || !/^.+ \| .+\n./.test(comment))).toEqual(
      [],
    );
    const requests = forms.filter(({ comment }) => comment.includes('| Approval form'));
    let shown = 0;
    for (const { name } of requests)
      shown += (await query<{ n: number }>(`SELECT count(*)::int AS n FROM ${name}`))[0]?.n ?? 0;
    const [stored] = await query<{ n: number }>('SELECT count(*)::int AS n FROM wecom.approvals');
    expect(shown).toBe(stored?.n);
    const [purchases] = await query<{ form: string; stored: string }>(`
      SELECT (SELECT sum("金额_3333")::text FROM approval_forms."门店采购申请_VNUx") AS form,
        (SELECT sum(value_number)::text FROM wecom.approval_fields WHERE field_id = 'Money-1569582163333' AND row_no = 0) AS stored`);
    expect(purchases?.form).toBe(purchases?.stored);
    expect(Number(purchases?.form)).toBeGreaterThan(0);
    expect(await applyApprovalForms(db, simulator.corpId)).toEqual([]);
  });
});
