/** What the connected user may do with the warehouse, for `check`. Reads only. */
import { type Kysely, sql } from 'kysely';
import type { SyncDatabase } from './schema.ts';

export interface Privileges {
  readonly user: string;
  /** May create schemas: needed to migrate an empty database. */
  readonly create: boolean;
  /** A standby, or a session that is set to read only. */
  readonly readOnly: boolean;
  /** Tables that a run writes and this user may not. */
  readonly closed: readonly string[];
}

export async function readPrivileges(db: Kysely<SyncDatabase>): Promise<Privileges> {
  const { rows } = await sql<Privileges>`
    SELECT current_user AS "user",
      has_database_privilege(current_database(), 'CREATE') AS "create",
      current_setting('transaction_read_only')::boolean AS "readOnly",
      ARRAY(
        SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('wecom', 'wecom_history', 'wecom_sync') AND c.relkind IN ('r', 'p')
          -- Which migrations were applied is read, and written by their owner only.
          AND c.relname NOT LIKE 'kysely\\_migration%'
          AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
            AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
            AND has_table_privilege(c.oid, 'DELETE'))
        ORDER BY 1) AS closed`.execute(db);
  const [privileges] = rows;
  if (!privileges) throw new Error('PostgreSQL did not say what its user may do.');
  return privileges;
}
