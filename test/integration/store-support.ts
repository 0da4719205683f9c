/** Looks at the stored facts from outside: do they equal their sources, and was anything written to them? */
import type { Pool } from 'pg';
import { storedFacts } from '../../loaders/analytics/declared.ts';

/** Facts whose table and source differ, as `name: rows only stored, rows only in the source`. */
export async function staleFacts(pool: Pool): Promise<string[]> {
  const wrong: string[] = [];
  for (const { view, source } of storedFacts) {
    const columns = Object.keys(source.columns).join(', ');
    const stored = `SELECT ${columns} FROM analytics_store.${view.name}`;
    const fresh = `SELECT ${columns} FROM analytics_store.${view.name}_source`;
    const { rows } = await pool.query<{ extra: string; missing: string }>(
      `SELECT (SELECT count(*) FROM (${stored} EXCEPT ALL ${fresh}) e) AS extra,
        (SELECT count(*) FROM (${fresh} EXCEPT ALL ${stored}) m) AS missing`,
    );
    const [{ extra, missing } = { extra: '?', missing: '?' }] = rows;
    if (extra !== '0' || missing !== '0')
      wrong.push(`${view.name}: ${extra} only stored, ${missing} only in the source`);
  }
  return wrong;
}

/** Rows that the facts hold, by name. */
export async function storedRows(pool: Pool): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { view } of storedFacts) {
    const { rows } = await pool.query<{ n: string }>(
      `SELECT count(*) AS n FROM analytics_store.${view.name}`,
    );
    counts.set(view.name, Number(rows[0]?.n));
  }
  return counts;
}

/** Rows ever inserted, updated or deleted in the tables of the facts. All other connections have ended. */
export async function rowsWritten(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: string }>(
    `SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) AS n FROM pg_stat_user_tables
     WHERE schemaname = 'analytics_store' AND relname <> 'refreshes'`,
  );
  return Number(rows[0]?.n);
}
