/** Brings what is stored in line when the directory shows how a userid is spelled. PostgreSQL only. */
import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Table } from '../src/engine/table.ts';
import { forgetRefreshes } from './analytics/store/tables.ts';
import { misspelledSql, respellSyncSql, respellTableSql } from './respell-sql.ts';
import type { SyncDatabase } from './schema.ts';
import { retryTransient } from './transient.ts';

type Db = Kysely<SyncDatabase>;

/**
 * All userids that are those of employees whom the directory has shown first since this instant (ISO; null: of all), in
 * every declared column of the tables and in what the engine keeps of itself. One transaction; without such employees one
 * query. The stored facts of the corp are then compared as a whole: their changes are found by `valid_from`, which stays.
 * Returns the rows changed.
 */
export function respell(
  db: Db,
  corpId: string,
  tables: readonly Table[],
  since: string | null,
): Promise<number> {
  const withUserids = tables.filter((table) => Object.keys(table.userids).length > 0);
  return retryTransient(() =>
    db.transaction().execute(async (trx) => {
      const names = await newNames(trx, corpId, since);
      if (names === null) return 0;
      // Compiling costs more than it saves: on a first run the tables are all but empty.
      await sql`SET LOCAL jit = off`.execute(trx);
      const ask = async <Answer>(text: string) =>
        (await trx.executeQuery<Answer>(CompiledQuery.raw(text, [corpId, names]))).rows[0];
      let rows = 0;
      const change = async (texts: readonly string[]) => {
        for (const text of texts) rows += Number((await ask<{ rows: string }>(text))?.rows ?? 0);
      };
      for (const table of withUserids)
        if ((await ask<{ found: boolean }>(misspelledSql(table)))?.found)
          await change(respellTableSql(table));
      await change(respellSyncSql(withUserids));
      if (rows > 0) await forgetRefreshes(trx, corpId);
      return rows;
    }),
  );
}

/**
 * JSON text, lower-cased userid → userid; null: none. An employee with a version that is older has been in line since
 * then. Where the directory's old spelling is still held as a row, the newer one counts.
 */
async function newNames(trx: Db, corpId: string, since: string | null): Promise<string | null> {
  const { rows } = await sql<{ names: string | null }>`
    SELECT jsonb_object_agg(lower(userid), userid)::text AS names FROM (
      SELECT DISTINCT ON (lower(e.userid)) e.userid FROM wecom.employees e
      WHERE e.corp_id = ${corpId} AND (${since}::timestamptz IS NULL OR e.valid_from > ${since}::timestamptz
        AND NOT EXISTS (SELECT FROM wecom_history.employees h
          WHERE h.corp_id = e.corp_id AND h.userid = e.userid AND h.valid_from <= ${since}::timestamptz))
      ORDER BY lower(e.userid), e.valid_from DESC, e.userid
    ) AS new`.execute(trx);
  return rows[0]?.names ?? null;
}
