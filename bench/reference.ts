/**
 * The reference company (2,000 sales staff, 3 million current and 5 million ended relations after three years), written
 * into the tables by the server itself: through the pipeline it would take hours. Everything scales with the relations.
 */
import type { Pool } from 'pg';

export const CORP = 'ww_reference';
/** Nights, the last one of today. */
export const NIGHTS = 1_095;

export interface Reference {
  readonly relations: number;
  readonly ended: number;
  readonly staff: number;
  readonly stores: number;
  readonly groups: number;
  readonly approvals: number;
}

export function referenceOf(relations: number): Reference {
  const staff = Math.max(40, Math.round(relations / 1_500));
  return {
    relations,
    ended: Math.round((relations * 5) / 3),
    staff,
    stores: Math.max(8, Math.round(staff / 10)),
    groups: Math.round(relations / 150),
    approvals: Math.round(relations / 3),
  };
}

const MEMBERS = 100;

/** Ids as long as WeCom's, numbers that look random and are the same each time, and the instants of the runs. */
const HELPERS = `
CREATE SCHEMA bench;
CREATE FUNCTION bench.pick(n bigint, salt int, below bigint) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT (hashint8extended(n, salt) & 9223372036854775807) % below $$;
CREATE FUNCTION bench.customer(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT 'wm' || left(md5(n::text), 30) $$;
CREATE FUNCTION bench.member(n bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 'Member' || lpad(n::text, 5, '0') $$;
CREATE FUNCTION bench.day(n bigint) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date - ${NIGHTS - 1} + n::int $$;
CREATE FUNCTION bench.night(n bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT (bench.day(greatest(n, 0)) + time '02:30') AT TIME ZONE 'Asia/Shanghai' $$;
CREATE FUNCTION bench.noon(n bigint, minutes bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT (bench.day(n) + time '09:00') AT TIME ZONE 'Asia/Shanghai' + minutes * interval '1 minute' $$`;

/** One finished run of all streams in the night `n`, and its bookkeeping. */
export const runSql = (n: string): string => `
INSERT INTO wecom_sync.runs (corp_id, run_id, cycle, started_at, finished_at, status, options, version)
  SELECT '${CORP}', 'run' || lpad(n::text, 6, '0'), 'run' || lpad(n::text, 6, '0'), bench.night(n), bench.night(n) + interval '1 hour', 'succeeded', '{}', '1'
  FROM ${n} n;
INSERT INTO wecom_sync.run_streams (corp_id, run_id, stream, status, started_at, finished_at, api_calls, pages, records, inserted, updated, unchanged, deleted, rejected, expected, received, explained)
  SELECT '${CORP}', 'run' || lpad(n::text, 6, '0'), s, 'succeeded', bench.night(n), bench.night(n), 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0
  FROM ${n} n, unnest(ARRAY['departments', 'employees', 'follow_users', 'customers', 'group_chats', 'user_behavior_daily', 'group_chat_owner_daily', 'approvals', 'checkins']) s`;

/** A store below a city below a region below the company. */
const staffSql = ({ staff, stores }: Reference): string => `
INSERT INTO wecom.departments (corp_id, department_id, name, parent_department_id, valid_from)
  SELECT '${CORP}', 1, '总部', 0, bench.night(0)
  UNION ALL SELECT '${CORP}', 10 + n, '大区' || n, 1, bench.night(0) FROM generate_series(1, 5) n
  UNION ALL SELECT '${CORP}', 100 + n, '城市' || n, 11 + n % 5, bench.night(0) FROM generate_series(1, 20) n
  UNION ALL SELECT '${CORP}', 1000 + n, '门店' || n, 101 + n % 20, bench.night(0) FROM generate_series(1, ${stores}) n;
INSERT INTO wecom.employees (corp_id, userid, name, status, main_department_id, valid_from)
  SELECT '${CORP}', bench.member(n), '员工' || n, 1, 1001 + n % ${stores}, bench.night(CASE WHEN n % 7 = 0 THEN bench.pick(n, 1, ${NIGHTS}) ELSE 0 END)
  FROM generate_series(1, ${staff}) n;
INSERT INTO wecom_history.employees (corp_id, userid, name, status, main_department_id, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT '${CORP}', bench.member(n), '员工' || n, 1, 1001 + (n + 3) % ${stores}, bench.night(0), bench.night(bench.pick(n, 1, ${NIGHTS})), 'changed', NULL,
    bench.night(bench.pick(n, 1, ${NIGHTS}) - 1) FROM generate_series(1, ${staff}) n WHERE n % 7 = 0 AND bench.pick(n, 1, ${NIGHTS}) > 0
  UNION ALL
  SELECT '${CORP}', bench.member(n), '员工' || n, 1, 1001 + n % ${stores}, bench.night(0), bench.night(1 + bench.pick(n, 2, ${NIGHTS - 1})), 'gone', 'absent',
    bench.night(bench.pick(n, 2, ${NIGHTS - 1})) FROM generate_series(${staff + 1}, ${2 * staff}) n;
INSERT INTO wecom.follow_users (corp_id, userid, valid_from) SELECT corp_id, userid, bench.night(0) FROM wecom.employees`;

/** In the order in which runs would have written them: current rows by their first run, history by its ending. */
const relationsSql = ({ relations, ended, staff }: Reference): string => `
INSERT INTO wecom.customer_follows (corp_id, external_userid, userid, remark, followed_at, add_way, state, oper_userid, valid_from)
  SELECT '${CORP}', bench.customer(CASE WHEN n % 100 < 85 THEN n ELSE bench.pick(n, 3, ${relations}) END), bench.member(1 + bench.pick(n, 4, ${staff})),
    '客户' || n, bench.noon(d - 1, bench.pick(n, 5, 600)), CASE WHEN n % 12 = 0 THEN 202 ELSE 1 + (n % 6) END, CASE WHEN n % 3 = 0 THEN 'store-' || n % 200 END,
    bench.member(1 + bench.pick(n, 4, ${staff})), bench.night(d)
  FROM (SELECT n, bench.pick(n, 6, ${NIGHTS + 400}) - 400 AS d FROM generate_series(1::bigint, ${relations}) n) r ORDER BY d, bench.pick(n, 4, ${staff})
  ON CONFLICT DO NOTHING;
INSERT INTO wecom_history.customer_follows (corp_id, external_userid, userid, remark, followed_at, add_way, state, oper_userid, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT '${CORP}', bench.customer(CASE WHEN n % 10 < 7 THEN ${relations} + n ELSE bench.pick(n, 3, ${relations}) END), bench.member(m), '客户' || n,
    bench.noon(d - 1, bench.pick(n, 5, 600)), CASE WHEN n % 12 = 0 THEN 202 ELSE 1 + (n % 6) END, CASE WHEN n % 3 = 0 THEN 'store-' || n % 200 END,
    bench.member(m), bench.night(d), bench.night(u), 'gone', CASE WHEN m > ${staff} AND n % 3 > 0 THEN 'member_resigned' ELSE 'absent' END, bench.night(u - 1)
  FROM (SELECT n, m, d, greatest(d, 0) + 1 + bench.pick(n, 7, ${NIGHTS - 1} - greatest(d, 0)) AS u FROM (
    SELECT n, CASE WHEN n % 10 < 7 THEN 1 + bench.pick(n, 4, ${2 * staff}) ELSE ${staff} + 1 + bench.pick(n, 4, ${staff}) END AS m, bench.pick(n, 6, ${NIGHTS + 390}) - 400 AS d FROM generate_series(1::bigint, ${ended}) n) s) r ORDER BY u
  ON CONFLICT DO NOTHING;
INSERT INTO wecom.customers (corp_id, external_userid, name, type, gender, unionid, avatar, valid_from)
  SELECT '${CORP}', external_userid, '客户' || left(external_userid, 8), 1, 1 + abs(hashtext(external_userid)::bigint) % 2, 'o' || left(md5(external_userid), 27),
    'http://wx.qlogo.cn/mmhead/' || md5(external_userid) || md5('a' || external_userid) || '/0', min(valid_from)
  FROM wecom.customer_follows GROUP BY external_userid ORDER BY min(valid_from);
INSERT INTO wecom_history.customers (corp_id, external_userid, name, type, gender, unionid, avatar, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT '${CORP}', external_userid, '客户' || left(external_userid, 8), 1, 1 + abs(hashtext(external_userid)::bigint) % 2, 'o' || left(md5(external_userid), 27),
    'http://wx.qlogo.cn/mmhead/' || md5(external_userid) || md5('a' || external_userid) || '/0', min(valid_from), max(valid_to), 'gone', 'absent', max(last_shown_at)
  FROM wecom_history.customer_follows h WHERE NOT EXISTS (SELECT FROM wecom.customer_follows f WHERE f.external_userid = h.external_userid)
  GROUP BY external_userid ORDER BY max(valid_to);
INSERT INTO wecom.corp_tag_groups (corp_id, group_id, name, valid_from) SELECT '${CORP}', 'etg' || n, '标签组' || n, bench.night(0) FROM generate_series(1, 10) n;
INSERT INTO wecom.corp_tags (corp_id, tag_id, group_id, name, valid_from)
  SELECT '${CORP}', 'et' || left(md5(n::text), 30), 'etg' || 1 + n % 10, '标签' || n, bench.night(0) FROM generate_series(0, 99) n;
INSERT INTO wecom.customer_follow_tags (corp_id, external_userid, userid, tag_id, valid_from)
  SELECT corp_id, external_userid, userid, 'et' || left(md5((abs(hashtext(external_userid)::bigint) % 100)::text), 30), valid_from FROM wecom.customer_follows ORDER BY valid_from;
INSERT INTO wecom_history.customer_follow_tags (corp_id, external_userid, userid, tag_id, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT corp_id, external_userid, userid, 'et' || left(md5((abs(hashtext(external_userid)::bigint) % 100)::text), 30), valid_from, valid_to, 'gone', end_reason, last_shown_at
  FROM wecom_history.customer_follows ORDER BY valid_to`;

/** Figures of every member and day, punches in and out. `days`: a query of `d`, the number of a day. */
export const daysSql = ({ staff }: Reference, days: string): string => `
INSERT INTO wecom.user_behavior_daily (corp_id, userid, stat_date, new_apply_cnt, new_contact_cnt, chat_cnt, message_cnt, reply_percentage, avg_reply_time, negative_feedback_cnt, valid_from)
  SELECT '${CORP}', bench.member(m), bench.day(d), 3, 2, 20, 60, 95.5, 12, CASE WHEN bench.pick(m * 2000 + d, 8, 8) = 0 THEN 1 ELSE 0 END, bench.night(d + 1)
  FROM (${days}) d, generate_series(1, ${staff}) m;
INSERT INTO wecom.group_chat_owner_daily (corp_id, owner_userid, stat_date, new_chat_cnt, chat_total, chat_has_msg, new_member_cnt, member_total, member_has_msg, msg_total, valid_from)
  SELECT '${CORP}', bench.member(m), bench.day(d), 0, 12, 6, 5, 900, 60, 300, bench.night(d + 1) FROM (${days}) d, generate_series(1, ${staff}, 2) m;
INSERT INTO wecom.checkins (corp_id, userid, checkin_date, punch_hash, checkin_type, checkin_at, sch_checkin_at, exception_type, group_id, group_name, location_title, location_detail, latitude, longitude, valid_from)
  SELECT '${CORP}', bench.member(m), bench.day(d), hashint8extended(m * 10000 + d, p), CASE p WHEN 0 THEN '上班打卡' ELSE '下班打卡' END, bench.noon(d, p * 540 + bench.pick(m + d, p, 20)),
    bench.noon(d, p * 540), CASE WHEN bench.pick(m * 3000 + d, p, 20) = 0 THEN '时间异常' ELSE '' END, 1, '门店班次', '门店' || m % 200, '某市某区某路' || m % 200 || '号', 31.2, 121.4, bench.night(d + 1)
  FROM (${days}) d, generate_series(1, ${staff}) m, generate_series(0, 1) p`;

const progressSql = ({ staff }: Reference): string => `
INSERT INTO wecom_sync.progress (corp_id, stream, unit, cycle, completed_at, rows, covered, provisional, lost, lost_reasons, cycle_days, closed)
  SELECT '${CORP}', 'user_behavior_daily', bench.member(m), 'run', bench.night(${NIGHTS - 1}), 1, datemultirange(daterange(bench.day(0), bench.day(${NIGHTS - 1}))),
    datemultirange(daterange(bench.day(${NIGHTS - 2}), bench.day(${NIGHTS - 1}))), '{}'::datemultirange, '{}'::jsonb, '{}'::datemultirange, NULL FROM generate_series(1, ${staff}) m
  UNION ALL SELECT '${CORP}', 'group_chat_owner_daily', '*', 'run', bench.night(${NIGHTS - 1}), 1, datemultirange(daterange(bench.day(0), bench.day(${NIGHTS - 1}))), '{}', '{}', '{}', '{}', NULL`;

const groupsSql = ({ groups, relations, staff }: Reference): string => `
INSERT INTO wecom.group_chats (corp_id, chat_id, name, owner_userid, created_at, status, valid_from)
  SELECT '${CORP}', 'wr' || left(md5(g::text), 30), '客户群' || g, bench.member(1 + 2 * bench.pick(g, 9, ${staff / 2})), bench.noon(d - 1, 60), 0, bench.night(d)
  FROM (SELECT g, bench.pick(g, 10, ${NIGHTS + 300}) - 300 AS d FROM generate_series(1::bigint, ${groups}) g) r;
INSERT INTO wecom.group_chat_members (corp_id, chat_id, member_id, member_type, unionid, joined_at, join_scene, name, valid_from)
  SELECT '${CORP}', 'wr' || left(md5(g::text), 30), CASE WHEN m < 3 THEN bench.member(1 + bench.pick(g, m::int, ${staff})) ELSE bench.customer(1 + bench.pick(g * ${MEMBERS} + m, 11, ${relations})) END,
    CASE WHEN m < 3 THEN 1 ELSE 2 END, 'o' || left(md5(m::text), 27), bench.noon(d - 1, 100), 3, '群成员', bench.night(d)
  FROM (SELECT g, m, bench.pick(g * ${MEMBERS} + m, 12, ${NIGHTS + 300}) - 300 AS d FROM generate_series(1::bigint, ${groups}) g, generate_series(1, ${MEMBERS}) m) r ORDER BY d
  ON CONFLICT DO NOTHING;
INSERT INTO wecom_history.group_chat_members (corp_id, chat_id, member_id, member_type, unionid, joined_at, join_scene, name, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT '${CORP}', 'wr' || left(md5(g::text), 30), bench.customer(${relations} + bench.pick(g * 1000 + m, 13, ${relations})), 2, 'o' || left(md5(m::text), 27), bench.noon(d - 1, 100), 3, '群成员',
    bench.night(d), bench.night(u), 'gone', 'absent', bench.night(u - 1)
  FROM (SELECT g, m, d, greatest(d, 0) + 1 + bench.pick(m, 7, ${NIGHTS - 1} - greatest(d, 0)) AS u FROM (
    SELECT g, m, bench.pick(g * 1000 + m, 14, ${NIGHTS + 290}) - 300 AS d FROM generate_series(1::bigint, ${groups}) g, generate_series(1, ${MEMBERS * 1.5}) m) s) r ORDER BY u
  ON CONFLICT DO NOTHING`;

/** Approvals `ids` (a query of `n`) with two steps of one approver, four fields and a document of some 2 kB. */
export const approvalsSql = ({ approvals, staff, stores }: Reference, ids: string): string => `
INSERT INTO wecom.approvals (corp_id, sp_no, sp_name, sp_status, template_id, applied_at, applicant_userid, applicant_department_id, payload, valid_from)
  SELECT '${CORP}', '20' || lpad(n::text, 12, '0'), '费用报销', CASE WHEN n % 50 = 0 THEN 1 ELSE 2 END, 'tpl' || n % 20, bench.noon(d, 30), bench.member(1 + n % ${staff}), 1001 + n % ${stores},
    jsonb_build_object('sp_no', n, 'text', (SELECT string_agg(md5((n * 100 + i)::text), '') FROM generate_series(1, 50) i)), bench.night(d + 1)
  FROM (SELECT n, n * ${NIGHTS - 1} / ${approvals + 1} AS d FROM (${ids}) i) r;
INSERT INTO wecom.approval_steps (corp_id, sp_no, source, node_index, node_type, sp_status, apv_rel, valid_from)
  SELECT a.corp_id, a.sp_no, 'process_list', s, 1, a.sp_status, 1, a.valid_from FROM wecom.approvals a JOIN (${ids}) i ON a.sp_no = '20' || lpad(i.n::text, 12, '0'), generate_series(0, 1) s;
INSERT INTO wecom.approval_step_approvers (corp_id, sp_no, source, node_index, detail_index, userid, status, acted_at, valid_from)
  SELECT s.corp_id, s.sp_no, s.source, s.node_index, 0, bench.member(1 + i.n % ${staff}), s.sp_status, s.valid_from + (s.node_index + 5) * interval '1 hour', s.valid_from
  FROM wecom.approval_steps s JOIN (${ids}) i ON s.sp_no = '20' || lpad(i.n::text, 12, '0');
INSERT INTO wecom.approval_fields (corp_id, sp_no, field_id, row_no, "position", control, title, value_text, value_number, valid_from)
  SELECT a.corp_id, a.sp_no, 'Field-' || f, 0, f, CASE f WHEN 0 THEN 'Money' ELSE 'Text' END, '控件' || f, CASE WHEN f > 0 THEN '内容' || f END, CASE f WHEN 0 THEN 120 END, a.valid_from
  FROM wecom.approvals a JOIN (${ids}) i ON a.sp_no = '20' || lpad(i.n::text, 12, '0'), generate_series(0, 3) f`;

/** Fills an empty warehouse, told about each part. */
export async function makeReference(
  pool: Pool,
  size: Reference,
  onPart: (part: string) => void,
): Promise<void> {
  const parts: Readonly<Record<string, string>> = {
    helpers: HELPERS,
    runs: runSql(`generate_series(0, ${NIGHTS - 1})`),
    staff: staffSql(size),
    relations: relationsSql(size),
    days: daysSql(size, `SELECT generate_series(0, ${NIGHTS - 2}) AS d`),
    progress: progressSql(size),
    groups: groupsSql(size),
    approvals: approvalsSql(size, `SELECT generate_series(1::bigint, ${size.approvals}) AS n`),
  };
  for (const [part, text] of Object.entries(parts)) {
    onPart(part);
    await pool.query(
      `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '256MB'; ${text}; COMMIT`,
    );
  }
  onPart('vacuum');
  await pool.query('VACUUM (ANALYZE)');
}

/**
 * A night in which 1 % of the relations change: 0.3 % end, 0.4 % are new, 0.3 % get another remark; and a day's figures,
 * punches and requests.
 */
export function nightSql(size: Reference, n: number): string {
  const share = (part: number, of: number) =>
    `abs(hashtext(external_userid || ${n})::bigint) % ${of} < ${part}`;
  const newest = Math.round((size.approvals / NIGHTS) * (n - NIGHTS));
  return `${runSql(`generate_series(${n}, ${n})`)};
WITH gone AS (DELETE FROM wecom.customer_follows WHERE ${share(3, 1000)} RETURNING *)
  INSERT INTO wecom_history.customer_follows (corp_id, external_userid, userid, remark, followed_at, add_way, state, oper_userid, valid_from, valid_to, ended_by, end_reason, last_shown_at)
  SELECT corp_id, external_userid, userid, remark, followed_at, add_way, state, oper_userid, valid_from, bench.night(${n}), 'gone', 'absent', bench.night(${n - 1}) FROM gone;
WITH old AS (SELECT * FROM wecom.customer_follows WHERE ${share(6, 1000)}),
  ended AS (INSERT INTO wecom_history.customer_follows (corp_id, external_userid, userid, remark, followed_at, add_way, state, oper_userid, valid_from, valid_to, ended_by, last_shown_at)
    SELECT corp_id, external_userid, userid, remark, followed_at, add_way, state, oper_userid, valid_from, bench.night(${n}), 'changed', bench.night(${n - 1}) FROM old)
  UPDATE wecom.customer_follows f SET remark = f.remark || '改', valid_from = bench.night(${n}) FROM old o WHERE o.external_userid = f.external_userid AND o.userid = f.userid;
INSERT INTO wecom.customer_follows (corp_id, external_userid, userid, remark, followed_at, add_way, valid_from)
  SELECT '${CORP}', bench.customer(c), bench.member(1 + bench.pick(c, 4, ${size.staff})), '新客户', bench.noon(${n - 1}, 60), 1, bench.night(${n})
  FROM generate_series(${(n + 10) * 1_000_000_000}::bigint, ${(n + 10) * 1_000_000_000 + Math.round(size.relations * 0.004)}) c;
INSERT INTO wecom.customers (corp_id, external_userid, name, type, valid_from)
  SELECT corp_id, external_userid, '新客户', 1, valid_from FROM wecom.customer_follows WHERE valid_from = bench.night(${n}) ON CONFLICT DO NOTHING;
${daysSql(size, `SELECT ${n - 1} AS d`)};
${approvalsSql(size, `SELECT generate_series(${size.approvals + newest + 1}::bigint, ${size.approvals + newest + Math.round(size.approvals / NIGHTS)}) AS n`)}`;
}
