/** Erases a person from every table of the warehouse, in the transaction of the caller. */
import { CompiledQuery, type Kysely } from 'kysely';
import { Forgotten, placeholderOf } from '../../src/privacy/forgotten.ts';
import { type RedactedRow, type RowRules, redactRow } from '../../src/privacy/rows.ts';
import type { SyncDatabase } from '../schema.ts';
import { ensureSalt, readTombstones, writeTombstones } from '../tombstones.ts';
import { placeOf, type TableFamily } from './families.ts';
import { orphanEndings } from './orphans.ts';
import { knownValues, type Person, patterns, tombstonesOf } from './person.ts';
import { type StoredTable, storedTables } from './tables.ts';
import { candidates, deleteRows, matches, nameOf, rewriteRows, type StoredRow } from './walk.ts';

export type { Person } from './person.ts';

type Trx = Kysely<SyncDatabase>;

export interface ForgetInput {
  readonly person: Person;
  /** ISO; when rows end that cannot be without the person. */
  readonly at: string;
  readonly families: readonly TableFamily[];
  /** A rejected record of a stream without the person; null when it is about the person. */
  readonly cleanReject: (stream: string, payload: string, forgotten: Forgotten) => string | null;
}

export interface TableChange {
  readonly table: string;
  readonly deleted: number;
  readonly redacted: number;
}

export interface Erased {
  /** What stands wherever the person was mentioned. */
  readonly placeholder: string;
  /** The person had been forgotten before. */
  readonly again: boolean;
  readonly tables: readonly TableChange[];
  /** Customers who have nobody left who follows them: ended, as a sync ends them. */
  readonly ended: number;
  /** Rows that still hold one of the names, and do not mention the person otherwise: other people, or free text. */
  readonly namesakes: readonly { readonly table: string; readonly rows: number }[];
}

/** `null`: neither the warehouse nor its tombstones know the person, and nothing was written. */
export async function erase(trx: Trx, input: ForgetInput): Promise<Erased | null> {
  const { person } = input;
  const before = await readTombstones(trx, person.corpId);
  const values = await knownValues(trx, person);
  const salt = await ensureSalt(trx, person.corpId);
  const placeholder = placeholderOf(salt, person.kind, person.id);
  const tombstones = tombstonesOf(salt, placeholder, values);
  const earlier = before.tombstones.filter((one) => one.person === placeholder);
  const eraser = new Eraser(trx, input, {
    placeholder,
    forgotten: new Forgotten(salt, [...earlier, ...tombstones]),
    ids: patterns(values, 'other'),
    names: patterns(values, 'name'),
  });
  const tables = await storedTables(trx);
  const erased = await eraser.all(tables);
  if (earlier.length === 0 && erased.tables.length === 0) return null;
  await writeTombstones(trx, person.corpId, person.kind, input.at, tombstones);
  return { placeholder, again: earlier.length > 0, ...erased };
}

/** Whom to look for, and how. */
interface Sought {
  readonly placeholder: string;
  readonly forgotten: Forgotten;
  /** LIKE patterns. */
  readonly ids: readonly string[];
  readonly names: readonly string[];
}

class Eraser {
  private readonly mentioning = new Map<string, Set<string>>();
  private readonly trx: Trx;
  private readonly input: ForgetInput;
  private readonly sought: Sought;

  constructor(trx: Trx, input: ForgetInput, sought: Sought) {
    this.trx = trx;
    this.input = input;
    this.sought = sought;
  }

  async all(tables: readonly StoredTable[]): Promise<Pick<Erased, 'tables' | 'ended' | 'namesakes'>> {
    if (this.sought.names.length > 0) for (const table of tables) await this.findMentions(table);
    const { person, at, families } = this.input;
    const endOrphans = await orphanEndings(this.trx, person, at, families);
    const changes: TableChange[] = [];
    for (const table of tables) {
      const change = await this.clean(table);
      if (change.deleted + change.redacted > 0) changes.push(change);
    }
    return { tables: changes, ended: await endOrphans(), namesakes: await this.namesakes(tables) };
  }

  private search(rootColumn: string | undefined, keys: Iterable<string>) {
    const root = rootColumn === undefined ? undefined : { column: rootColumn, keys: [...keys] };
    return { corpId: this.input.person.corpId, patterns: this.sought.ids, root };
  }

  /** Which approvals, groups and departments mention the person in any of their tables. */
  private async findMentions(table: StoredTable): Promise<void> {
    const { root, isDocument } = placeOf(table, this.input.families);
    if (root === undefined) return;
    const rules = { isDocument, namesOf: new Set<string>() };
    for await (const rows of candidates(this.trx, table, this.search(root.column, [])))
      for (const row of rows) {
        if (row.root === null || this.redact(table, row, rules).people.size === 0) continue;
        this.mentions(table.schema, root.table).add(row.root);
        if (table.schema === 'wecom') this.mentions('wecom_history', root.table).add(row.root);
      }
  }

  /** Keys of the objects that mention the person; an ended version may mention whom the current one does not. */
  private mentions(schema: string, root: string): Set<string> {
    const name = `${schema}.${root}`;
    const keys = this.mentioning.get(name) ?? new Set<string>();
    this.mentioning.set(name, keys);
    return keys;
  }

  private redact(table: StoredTable, row: StoredRow, rules: RowRules): RedactedRow {
    return redactRow(this.sought.forgotten, table.columns, row.cells, rules);
  }

  private async clean(table: StoredTable): Promise<TableChange> {
    const { root, isDocument, hasNames } = placeOf(table, this.input.families);
    const keys = root && hasNames ? this.mentions(table.schema, root.table) : new Set<string>();
    const search = this.search(keys.size > 0 ? root?.column : undefined, keys);
    const person = new Set([this.sought.placeholder]);
    let deleted = 0;
    let redacted = 0;
    for await (const rows of candidates(this.trx, table, search)) {
      const gone: string[] = [];
      const rewritten: { ctid: string; redacted: RedactedRow }[] = [];
      for (const row of rows) {
        const namesOf = keys.has(row.root ?? '') ? person : new Set<string>();
        const clean = this.rejected(table, row, this.redact(table, row, { isDocument, namesOf }));
        if (clean === null || (clean.isAbout && !isDocument)) gone.push(row.ctid);
        else if (clean.isChanged) rewritten.push({ ctid: row.ctid, redacted: clean });
      }
      await deleteRows(this.trx, table, gone);
      await rewriteRows(this.trx, table, rewritten);
      deleted += gone.length;
      redacted += rewritten.length;
    }
    return { table: `${table.schema}.${table.name}`, deleted, redacted };
  }

  /** A rejected record is cleaned as its stream cleans it; null when it is about the person. */
  private rejected(table: StoredTable, row: StoredRow, redacted: RedactedRow): RedactedRow | null {
    if (table.schema !== 'wecom_sync' || table.name !== 'rejects') return redacted;
    const at = (column: string) => table.columns.findIndex(({ name }) => name === column);
    const { cleanReject } = this.input;
    const [stream, unit, payload] = [at('stream'), at('unit'), at('payload')];
    const clean = cleanReject(String(row.cells[stream]), String(row.cells[payload]), this.sought.forgotten);
    if (clean === null || redacted.cells[unit] !== row.cells[unit]) return null;
    const cells = redacted.cells.map((cell, i) => (i === payload ? clean : cell));
    return { ...redacted, cells, isChanged: redacted.isChanged || clean !== row.cells[payload] };
  }

  private async namesakes(tables: readonly StoredTable[]): Promise<{ table: string; rows: number }[]> {
    const { names } = this.sought;
    if (names.length === 0) return [];
    const found: { table: string; rows: number }[] = [];
    for (const table of tables) {
      const { rows } = await this.trx.executeQuery<{ n: string }>(
        CompiledQuery.raw(
          `SELECT count(*) AS n FROM ${nameOf(table)} t
          WHERE ${table.hasCorp ? 't.corp_id = $1' : '$1::text IS NOT NULL'} AND ${matches('$2')}`,
          [this.input.person.corpId, names],
        ),
      );
      const count = Number(rows[0]?.n ?? 0);
      if (count > 0) found.push({ table: `${table.schema}.${table.name}`, rows: count });
    }
    return found;
  }
}
