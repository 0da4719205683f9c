/** What the warehouse knows of a person: the values by which `forget` and later runs recognise mentions. */
import { type Kysely, sql } from 'kysely';
import { PERSON_OF, PERSONAL_COLUMNS } from '../../src/privacy/columns.ts';
import { isDistinct, type Tombstone, tombstone } from '../../src/privacy/forgotten.ts';
import type { SyncDatabase } from '../schema.ts';

/** Shorter names are letters and signs that stand everywhere. */
const LEAST_NAME = 2;

export interface Person {
  readonly corpId: string;
  readonly kind: 'customer' | 'employee';
  readonly id: string;
}

export interface KnownValue {
  readonly part: Tombstone['part'];
  readonly value: string;
}

/** The id, and all names and contacts that current rows and history hold of the person. */
export async function knownValues(db: Kysely<SyncDatabase>, person: Person): Promise<KnownValue[]> {
  const known = new Map<string, KnownValue>([[person.id.toLowerCase(), { part: 'id', value: person.id }]]);
  for (const [table, idColumn] of Object.entries(PERSON_OF))
    for (const [column, { part }] of Object.entries(PERSONAL_COLUMNS[table] ?? {})) {
      if (part === undefined) continue;
      for (const text of await valuesOf(db, person, { table, idColumn, column })) {
        const value = text.trim();
        // What is several words is found as a name is, letter by letter.
        const found: KnownValue = { part: part === 'contact' && isWord(value) ? 'contact' : 'name', value };
        if (value.length >= LEAST_NAME && !known.has(value.toLowerCase()))
          known.set(value.toLowerCase(), found);
      }
    }
  const shared = await sharedContacts(db, person, [...known.values()]);
  return [...known.values()].map((one) =>
    one.part === 'contact' && shared.has(one.value) ? { ...one, part: 'name' } : one,
  );
}

/**
 * Contacts that other people have as their own: a number that stands in a hundred remarks (a hotline, 13800000000) says no
 * more about a person than a name does.
 */
async function sharedContacts(
  db: Kysely<SyncDatabase>,
  person: Person,
  known: readonly KnownValue[],
): Promise<Set<string>> {
  const contacts = known.filter(({ part }) => part === 'contact').map(({ value }) => value);
  const shared = new Set<string>();
  if (contacts.length === 0) return shared;
  for (const [table, idColumn] of Object.entries(PERSON_OF))
    for (const [column, { part }] of Object.entries(PERSONAL_COLUMNS[table] ?? {})) {
      if (part !== 'contact') continue;
      const { rows } = await sql<{ value: string }>`
        SELECT DISTINCT v.value FROM ${sql.table(`wecom.${table}`)} t CROSS JOIN LATERAL ${elements(column)}
        WHERE t.corp_id = ${person.corpId} AND lower(t.${sql.ref(idColumn)}) <> lower(${person.id})
          AND v.value = ANY(${contacts}::text[])`.execute(db);
      for (const { value } of rows) shared.add(value);
    }
  return shared;
}

const isWord = (value: string) => isDistinct(value) && /^[A-Za-z0-9][\w.@+-]*$/.test(value);

async function valuesOf(
  db: Kysely<SyncDatabase>,
  { corpId, id }: Person,
  { table, idColumn, column }: { table: string; idColumn: string; column: string },
): Promise<string[]> {
  const from = (schema: string) => sql`
    SELECT v.value FROM ${sql.table(`${schema}.${table}`)} t CROSS JOIN LATERAL ${elements(column)}
    WHERE t.corp_id = ${corpId} AND lower(t.${sql.ref(idColumn)}) = lower(${id})`;
  const { rows } = await sql<{ value: string }>`
    ${from('wecom')} UNION ${from('wecom_history')}`.execute(db);
  return rows.flatMap(({ value }) => value ?? []);
}

/** `v.value`: the text of a column, or each of its elements where it is a list. */
const elements = (column: string) => {
  const json = sql`to_jsonb(t.${sql.ref(column)})`;
  return sql`jsonb_array_elements_text(CASE jsonb_typeof(${json}) WHEN 'array' THEN ${json}
    ELSE jsonb_build_array(${json}) END) AS v(value)`;
};

export const tombstonesOf = (salt: string, person: string, values: readonly KnownValue[]): Tombstone[] =>
  values.map(({ part, value }) => tombstone(salt, person, part, value));

/** LIKE patterns, in lower case, that every row with one of these values matches. */
export function patterns(values: readonly KnownValue[], part: 'name' | 'other'): string[] {
  return values
    .filter((value) => (value.part === 'name') === (part === 'name'))
    .map(
      ({ value }) =>
        `%${value
          .trim()
          .toLowerCase()
          .replace(/[\\%_]/g, '\\$&')}%`,
    );
}
