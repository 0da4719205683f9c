import { type Kysely, sql } from 'kysely';

/**
 * Finds what a run has changed by its start, for the refresh of the stored facts. History is only ever appended to, so
 * block ranges (a few kB) find a run's endings. New current rows fill the gaps of ended ones all over the table, which
 * leaves block ranges nothing to skip; equal values share a B-tree entry, which makes it 7 bytes per row.
 */
const tables = [
  'customer_follows',
  'customer_follow_tags',
  'group_chat_members',
  'user_behavior_daily',
  'group_chat_owner_daily',
  'approvals',
  'approval_steps',
  'approval_step_approvers',
  'approval_fields',
  'approval_comments',
  'checkins',
];

/** Customers are held under 400 bytes: reading the table once a night costs less than 20 MB of index. */
const HISTORY_ONLY = 'customers';

export async function up(db: Kysely<any>): Promise<void> {
  for (const name of tables)
    await sql`CREATE INDEX ON ${sql.table(`wecom.${name}`)} (valid_from)`.execute(db);
  for (const name of [...tables, HISTORY_ONLY])
    await sql`CREATE INDEX ON ${sql.table(`wecom_history.${name}`)} USING brin (valid_to) WITH (pages_per_range = 32)`.execute(
      db,
    );
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const name of tables) await sql`DROP INDEX wecom.${sql.ref(`${name}_valid_from_idx`)}`.execute(db);
  for (const name of [...tables, HISTORY_ONLY])
    await sql`DROP INDEX wecom_history.${sql.ref(`${name}_valid_to_idx`)}`.execute(db);
}
