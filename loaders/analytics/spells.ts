import { shanghaiDay } from './view.ts';

/**
 * Common table expressions that fold the versions of relations into spells: from the first version that showed the
 * relation to its ending, or to a changed start (removed and added again between two walks). The last one, `spells`,
 * has one row per spell with the columns of its last version, and
 *
 * first_seen_at   start of the run that first saw the spell
 * ended_at        start of the run that no longer saw it, NULL when current
 * end_reason      with `re_added` also where only the start tells it
 * last_shown_at   start of the last walk that showed it
 * before_shown_at last_shown_at of the spell before
 */
export function spellsOf(table: string, key: readonly string[], start: string): string {
  const window = `k AS (PARTITION BY v.corp_id, ${key.map((name) => `v.${name}`).join(', ')} ORDER BY v.valid_from)`;
  return `marked AS (
  SELECT v.*, lag(v.last_shown_at) OVER k AS shown_before,
    lag(v.ended_by) OVER k IS DISTINCT FROM 'changed' OR coalesce(lag(v.${start}) OVER k <> v.${start}, false) AS starts,
    coalesce(lead(v.${start}) OVER k <> v.${start}, false) AS starts_again
  FROM analytics.${table}_versions v WINDOW ${window}
), running AS (
  SELECT v.*, max(v.valid_from) FILTER (WHERE v.starts) OVER k AS first_seen_at,
    max(v.shown_before) FILTER (WHERE v.starts) OVER k AS before_shown_at
  FROM marked v WINDOW ${window}
), spells AS (
  SELECT r.*, r.valid_to AS ended_at, CASE WHEN r.ended_by = 'changed' THEN 're_added' ELSE r.end_reason END AS spell_end_reason
  FROM running r WHERE r.ended_by IS DISTINCT FROM 'changed' OR r.starts_again
)`;
}

/**
 * `walks`: every run with the start of the last finished walk of the stream before its own (a killed run and those that
 * continue it are one walk, their cycle). Windows and no join of cycles: PostgreSQL guessed 5 rows for the join, and
 * then compared each of 700,000 relations with each of 1,000 runs.
 */
export function walksOf(stream: string): string {
  return `cycles AS (
  SELECT r.corp_id, r.started_at, min(r.started_at) OVER (PARTITION BY r.corp_id, r.cycle) AS cycle_at,
    bool_or(s.run_id IS NOT NULL) OVER (PARTITION BY r.corp_id, r.cycle) AS is_finished
  FROM wecom_sync.runs r LEFT JOIN wecom_sync.run_streams s ON s.corp_id = r.corp_id AND s.run_id = r.run_id
    AND s.stream = '${stream}' AND s.status IN ('succeeded', 'partial', 'held')
), walks AS (
  SELECT c.corp_id, c.started_at, max(c.cycle_at) FILTER (WHERE c.is_finished)
    OVER (PARTITION BY c.corp_id ORDER BY c.cycle_at GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_at
  FROM cycles c
)`;
}

/** First and last day of which the walks of the stream tell the stock at its end, per corp; the last one is not over. */
export function periodOf(stream: string): string {
  const day = shanghaiDay('r.started_at');
  return `period AS (
  SELECT r.corp_id, min(${day}) AS first_date, max(${day}) AS last_date
  FROM wecom_sync.runs r JOIN wecom_sync.run_streams s ON s.corp_id = r.corp_id AND s.run_id = r.run_id
  WHERE s.stream = '${stream}' AND s.status IN ('succeeded', 'partial', 'held')
  GROUP BY r.corp_id
)`;
}

/** The days from `from` to `to` as `d(stat_date)`. Days plus numbers: the time zone of the session plays no part. */
export const everyDay = (from: string, to: string): string =>
  `CROSS JOIN LATERAL (SELECT ${from} + n AS stat_date FROM generate_series(0, (${to}) - (${from})) n) d`;
