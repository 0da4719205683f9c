import { type Kysely, sql } from 'kysely';

/** What is left of people whom `forget` erased: keyed hashes by which later runs recognise and leave them out. */

const CORP_ID = ['text NOT NULL', '企业 ID | Corp id'] as const;

const tables: Record<
  string,
  { comment: string; columns: Record<string, readonly [type: string, comment: string]>; key: string }
> = {
  tombstone_salts: {
    comment:
      '墓碑密钥 | Salts of tombstones\nThe random key of the hashes in tombstones, one per corp, made by the first forget. Without it they recognise nobody; with it a guessed id can be tested, so neither table is for analysts.',
    key: 'corp_id',
    columns: {
      corp_id: CORP_ID,
      salt: ['text NOT NULL', '密钥 | Salt\n32 random bytes as hexadecimal digits.'],
    },
  },
  tombstones: {
    comment:
      '墓碑 | Tombstones\nOne row per value by which a forgotten person is recognised in what WeCom sends.',
    key: 'corp_id, person, hash',
    columns: {
      corp_id: CORP_ID,
      hash: [
        'text NOT NULL',
        '哈希 | Hash\nHMAC-SHA256 of the trimmed, lower-cased value with the salt of the corp, as hexadecimal digits.',
      ],
      person: [
        'text NOT NULL',
        '占位符 | Placeholder\nforgotten- and 12 hexadecimal digits: stands wherever the person was mentioned.',
      ],
      kind: ['text NOT NULL', '类别 | Kind\ncustomer, employee.'],
      part: [
        'text NOT NULL',
        '部分 | Part\nid; contact (phone, mail, unionid), which belongs to nobody else; name, which may be another person’s too.',
      ],
      length: [
        'integer NOT NULL',
        '长度 | Length\nUTF-16 units of the value: only texts of that length are hashed.',
      ],
      forgotten_at: [
        'timestamptz NOT NULL',
        '遗忘时间 | Forgotten at\nThe first forget that found the value.',
      ],
    },
  },
};

export async function up(db: Kysely<any>): Promise<void> {
  for (const [name, { comment, columns, key }] of Object.entries(tables)) {
    const lines = Object.entries(columns).map(([column, [type]]) => sql`${sql.ref(column)} ${sql.raw(type)}`);
    const target = sql.table(`wecom_sync.${name}`);
    await sql`CREATE TABLE ${target} (${sql.join([...lines, sql`PRIMARY KEY (${sql.raw(key)})`])})`.execute(
      db,
    );
    await sql`COMMENT ON TABLE ${target} IS ${sql.lit(comment)}`.execute(db);
    for (const [column, [, text]] of Object.entries(columns))
      await sql`COMMENT ON COLUMN ${sql.ref(`wecom_sync.${name}.${column}`)} IS ${sql.lit(text)}`.execute(db);
  }
}

export async function down(db: Kysely<any>): Promise<void> {
  for (const name of Object.keys(tables))
    await sql`DROP TABLE ${sql.table(`wecom_sync.${name}`)}`.execute(db);
}
