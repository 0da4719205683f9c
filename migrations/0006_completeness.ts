import { type Kysely, sql } from 'kysely';

/** Expected against received in each run, and which days a rejected record may be of. */

const columns = [
  {
    table: 'run_streams',
    column: 'counts',
    type: 'jsonb',
    comment:
      '完整性 | Completeness\nList of {what, expected, received, explained} for each number that WeCom named: groups listed, rows of a total. Something is missing where expected exceeds received + explained. NULL: it named none.',
  },
  {
    table: 'rejects',
    column: 'days',
    type: 'datemultirange',
    comment: '可能日期 | Possible days\nDays that the record may be of. NULL: its stream has no days.',
  },
] as const;

const REJECT_ID =
  '拒收 ID | Reject id\nmd5 of the key of its rows, or of the payload where no key can be read:';

export async function up(db: Kysely<any>): Promise<void> {
  for (const { table, column, type, comment } of columns) {
    await sql`ALTER TABLE ${sql.table(`wecom_sync.${table}`)} ADD COLUMN ${sql.ref(column)} ${sql.raw(type)}`.execute(
      db,
    );
    await sql`COMMENT ON COLUMN ${sql.ref(`wecom_sync.${table}.${column}`)} IS ${sql.lit(comment)}`.execute(
      db,
    );
  }
  await sql`COMMENT ON COLUMN wecom_sync.rejects.reject_id IS ${sql.lit(`${REJECT_ID} the same object is kept once.`)}`.execute(
    db,
  );
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const { table, column } of columns)
    await sql`ALTER TABLE ${sql.table(`wecom_sync.${table}`)} DROP COLUMN ${sql.ref(column)}`.execute(db);
}
