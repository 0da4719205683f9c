import { CompiledQuery, type Kysely, sql } from 'kysely';
import type { Table } from '../../src/engine/table.ts';
import { endSql, keysRelation, sameKey } from '../endings.ts';
import { arrayLiteral, columnLiteral } from '../literals.ts';
import { current, quote } from '../merge.ts';
import type { SyncDatabase } from '../schema.ts';
import type { TableFamily } from './families.ts';
import type { Person } from './person.ts';

type Trx = Kysely<SyncDatabase>;

/**
 * Rows that live only as long as rows of the employee (customers whom nobody else follows). They are found before those
 * rows go; the function returned ends them afterwards, as a sync does when a member is no longer visible.
 */
export async function orphanEndings(
  trx: Trx,
  person: Person,
  at: string,
  families: readonly TableFamily[],
): Promise<() => Promise<number>> {
  const queries: CompiledQuery[] = [];
  if (person.kind === 'employee')
    for (const { tables } of families)
      for (const table of tables) {
        const anchor = tables.find(({ name }) => name === table.endsWith);
        if (anchor) queries.push(await ending(trx, person, at, { table, tables, anchor }));
      }
  return async () => {
    let ended = 0;
    for (const query of queries) {
      const { rows } = await trx.executeQuery<{ deleted: string }>(query);
      ended += Number(rows[0]?.deleted ?? 0);
    }
    return ended;
  };
}

async function ending(
  trx: Trx,
  { corpId, id }: Person,
  at: string,
  { table, tables, anchor }: { table: Table; tables: readonly Table[]; anchor: Table },
): Promise<CompiledQuery> {
  const key = Object.entries(table.key);
  const { rows } = await sql<Record<string, string>>`
    SELECT ${sql.join(key.map(([name]) => sql.ref(name)))} FROM ${sql.raw(current(anchor))}
    WHERE corp_id = ${corpId} AND lower(userid) = lower(${id})`.execute(trx);
  const held = key.map(([name]) => `a.${quote(name)} = c.${quote(name)}`).join(' AND ');
  const text = endSql(table, tables, {
    using: keysRelation(table),
    condition: `${sameKey(table)} AND NOT EXISTS (SELECT FROM ${current(anchor)} a WHERE a.corp_id = $1 AND ${held})`,
    shownAt: 'x.shown_at',
  });
  const arrays = key.map(([name, type]) =>
    columnLiteral(
      type,
      rows.map((row) => row[name]),
    ),
  );
  const shownAt = arrayLiteral(rows.map(() => null));
  return CompiledQuery.raw(text, [corpId, at, 'member_not_visible', ...arrays, shownAt]);
}
