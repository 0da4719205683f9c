/** What wecom_history must hold, from the tables that were expected after each run. */
import { differences, keyOf, select, withReader } from './compare.ts';
import { type Cells, KEYS, type Tables } from './expected.ts';

/** Columns whose change opens no version, and what history does not carry (DESIGN 2.3). */
export const VOLATILE = new Set(['avatar', 'thumb_avatar', 'qr_code', 'member_version', 'payload', 'extra']);

/** The tables after one run, and the instant of that run. */
export interface Observation {
  readonly at: string;
  readonly tables: Tables;
}

const meaning = (row: Cells): Cells =>
  Object.fromEntries(Object.entries(row).filter(([column]) => !VOLATILE.has(column)));

const changed = (before: Cells, after: Cells) =>
  Object.entries(meaning(before)).some(([column, value]) => (after[column] ?? null) !== (value ?? null));

/** Another time here is not a change but another spell: the pair ended and began again. */
const SPELLS: Readonly<Record<string, string>> = {
  customer_follows: 'followed_at',
  group_chat_members: 'joined_at',
};

function howEnded(table: string, before: Cells, after: Cells | undefined): string {
  if (after === undefined) return 'gone';
  const spell = SPELLS[table];
  const [then, now] = spell === undefined ? [] : [before[spell], after[spell]];
  return then && now && then !== now ? 'gone re_added' : 'changed';
}

/** One line per version that ended between two runs: table, key, end, how. */
export function endings(before: Observation, after: Observation): string[] {
  return [...before.tables].flatMap(([table, rows]) => {
    const next = new Map((after.tables.get(table) ?? []).map((row) => [keyOf(table, row), row]));
    return rows.flatMap((row) => {
      const key = keyOf(table, row);
      const now = next.get(key);
      if (now !== undefined && !changed(row, now)) return [];
      return [`${table} ${key} ${after.at} ${howEnded(table, row, now)}`];
    });
  });
}

export interface Ended {
  readonly line: string;
  readonly table: string;
  readonly key: string;
  readonly reason: string | null;
  readonly row: Cells;
}

/** Everything in wecom_history, in the form of `endings`. */
export async function history(url: string): Promise<Ended[]> {
  return withReader(url, async (client) => {
    const all: Ended[] = [];
    for (const table of Object.keys(KEYS))
      for (const row of await select(client, `SELECT * FROM wecom_history.${table}`)) {
        const key = keyOf(table, row);
        all.push({
          line: `${table} ${key} ${row.valid_to} ${row.ended_by}${row.end_reason === 're_added' ? ' re_added' : ''}`,
          table,
          key,
          reason: row.end_reason ?? null,
          row,
        });
      }
    return all;
  });
}

/** How the analysts' versions as of an earlier run differ from what the tables were then. */
export async function compareAsOf(url: string, { at, tables }: Observation): Promise<string[]> {
  return withReader(url, async (client) => {
    const lines: string[] = [];
    for (const [table, rows] of tables) {
      const known = [...new Set(rows.flatMap((row) => Object.keys(meaning(row))))];
      if (known.length === 0) continue;
      // Tables with names, phones or json have all of their columns in analytics_pii only.
      const [view] = await select(
        client,
        `SELECT coalesce(to_regclass('analytics_pii.${table}_versions'), 'analytics.${table}_versions'::regclass)::text AS name`,
      );
      const found = await select(
        client,
        `SELECT ${known.join(', ')} FROM ${view?.name} WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)`,
        [at],
      );
      lines.push(...differences(table, rows.map(meaning), found));
    }
    return lines;
  });
}

/** Versions of one key that overlap or are empty. */
export async function overlaps(url: string): Promise<string[]> {
  return withReader(url, async (client) => {
    const lines: string[] = [];
    for (const [table, keys] of Object.entries(KEYS)) {
      const key = table === 'checkins' ? 'userid, checkin_date, punch_hash' : keys.join(', ');
      const found = await select(
        client,
        `SELECT ${key}, valid_from, valid_to FROM (
           SELECT ${key}, valid_from, valid_to, lead(valid_from) OVER (PARTITION BY corp_id, ${key} ORDER BY valid_from) AS next
           FROM (SELECT corp_id, ${key}, valid_from, valid_to FROM wecom_history.${table}
                 UNION ALL SELECT corp_id, ${key}, valid_from, 'infinity'::timestamptz AS valid_to FROM wecom.${table}) v) w
         WHERE valid_from >= valid_to OR next < valid_to`,
      );
      lines.push(...found.map((row) => `${table} ${JSON.stringify(row)}`));
    }
    return lines;
  });
}
