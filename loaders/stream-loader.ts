/** The loader of one stream in one run: PostgreSQL only. */
import { CompiledQuery, type Kysely, type RawBuilder, sql, type Transaction } from 'kysely';
import { toMultirange } from '../src/days.ts';
import type { Ending, Scope, StoredRow, Stream } from '../src/engine/stream.ts';
import type { Table } from '../src/engine/table.ts';
import {
  type AbsenceSelection,
  addCounts,
  type Batch,
  type Committed,
  type Counts,
  noCounts,
  type StagedRow,
  type StreamLoader,
  type UnitResult,
} from '../src/engine/warehouse.ts';
import {
  absentKeys,
  alike,
  forgetAbsent,
  hold,
  type ProvedUnit,
  readAbsences,
  recordAbsences,
  selected,
  unshown,
} from './absences.ts';
import { blankSql } from './compare.ts';
import { endSql, keysRelation, orphansSql, sameKey } from './endings.ts';
import { arrayLiteral, columnLiteral } from './literals.ts';
import { current, quote } from './merge.ts';
import { missingRows } from './missing.ts';
import { readLastSuccess, readProgress, type StreamKey, writeProgress } from './progress.ts';
import { forgetHealed, readRejectIds, recordIds, removeRejects, writeRejects } from './rejects.ts';
import type { SyncDatabase } from './schema.ts';
import { type KeyRow, tableMerger } from './table-merger.ts';
import { isBadData, retryTransient } from './transient.ts';

export interface LoaderRun {
  readonly corpId: string;
  readonly runId: string;
  readonly cycle: string;
  /** ISO; the valid_from and valid_to of everything that the run changes. */
  readonly startedAt: string;
}

type Trx = Transaction<SyncDatabase>;
type RawCondition = RawBuilder<unknown>;

export function streamLoader(db: Kysely<SyncDatabase>, stream: Stream, run: LoaderRun): StreamLoader {
  const key: StreamKey = { corpId: run.corpId, stream: stream.name };
  const tables = stream.tables;
  const tableOf = (name: string): Table => {
    const table = tables.find((candidate) => candidate.name === name);
    if (!table) throw new Error(`Stream ${stream.name} has no table ${name}.`);
    return table;
  };
  /** Start of the last complete walk of each unit before this run: what `last_shown_at` in history says. */
  const lastShown = new Map<string, string | null>();

  /** Rejects of earlier runs. */
  const rejected = new Set<string>();
  /** Those of them that are rows of this batch now. */
  function storedAgain(batch: Batch): string[] {
    if (rejected.size === 0) return [];
    return [...recordIds(tables, batch.tables).values()].filter((id) => rejected.has(id));
  }

  const missing = missingRows(tables, key, run.cycle);
  const mergeTable = tableMerger({ stream, run, tableOf, lastShown, endKeys, recordMissing: missing.record });

  /**
   * Tables without a row of this corp when the run first wrote: all that they hold is what this run has brought, so a
   * first load has nothing to compare with. One run per corp at a time (lock.ts) keeps that true until its end.
   */
  let blank: Promise<ReadonlySet<string>> | undefined;
  function blankTables(): Promise<ReadonlySet<string>> {
    blank ??= retryTransient(() =>
      db.executeQuery<{ blank: string[] }>(CompiledQuery.raw(blankSql(tables), [run.corpId])),
    ).then(({ rows }) => new Set(rows[0]?.blank));
    return blank;
  }

  /** Ends rows by key; `shownAt` of each is what history will say. */
  async function endKeys(trx: Kysely<SyncDatabase>, table: Table, reason: string, rows: readonly KeyRow[]) {
    if (rows.length === 0) return 0;
    const text = endSql(table, tables, {
      using: keysRelation(table),
      condition: sameKey(table),
      shownAt: 'x.shown_at',
    });
    const arrays = Object.entries(table.key).map(([name, type]) =>
      columnLiteral(
        type,
        rows.map((row) => row.key[name]),
      ),
    );
    const shownAt = arrayLiteral(rows.map((row) => row.shownAt));
    const { rows: counts } = await trx.executeQuery<{ deleted: string }>(
      CompiledQuery.raw(text, [run.corpId, run.startedAt, reason, ...arrays, shownAt]),
    );
    return Number(counts[0]?.deleted ?? 0);
  }

  /** Ends rows `c` of a table by a condition built with the `sql` tag. */
  async function end(
    trx: Kysely<SyncDatabase>,
    table: Table,
    reason: string,
    parts: { condition: RawCondition; using?: string; shownAt?: string },
  ): Promise<number> {
    const compiled = sql`${parts.condition}`.compile(trx);
    // The condition's own parameters come after the three shared ones.
    const condition = compiled.sql.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + 3}`);
    const text = endSql(table, tables, { ...parts, condition });
    const { rows } = await trx.executeQuery<{ deleted: string }>(
      CompiledQuery.raw(text, [run.corpId, run.startedAt, reason, ...compiled.parameters]),
    );
    return Number(rows[0]?.deleted ?? 0);
  }

  function inScope(scope: Scope): RawCondition {
    const conditions = Object.entries(scope.where).map(
      ([column, value]) => sql`c.${sql.ref(column)} = ${value}`,
    );
    if (scope.days)
      conditions.push(
        sql`c.${sql.ref(scope.days.column)} <@ ${toMultirange(scope.days.set)}::datemultirange`,
      );
    return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` AND `);
  }

  function endScope(trx: Kysely<SyncDatabase>, { unit, scope, reason }: Ending): Promise<number> {
    const shownAt = lastShown.get(unit);
    const literal = shownAt ? `'${new Date(shownAt).toISOString()}'::timestamptz` : 'NULL::timestamptz';
    return end(trx, tableOf(scope.table), reason, { condition: inScope(scope), shownAt: literal });
  }

  /** Ends or records what the finished walks no longer showed. */
  async function finishUnits(trx: Trx, results: readonly UnitResult[]): Promise<number> {
    const proofs = (absent: UnitResult['absent']) =>
      results
        .filter((result) => result.absent === absent)
        .flatMap(({ unit, proofs }) =>
          proofs.map((proof) => ({ unit, lastShownAt: lastShown.get(unit) ?? null, proof })),
        );
    for (const [table, units] of byTable(proofs('record')))
      await recordAbsences(trx, key, run.cycle, table, units);
    let deleted = 0;
    for (const [table, units] of byTable(proofs('end'))) {
      const { rows } = await unshown(run.corpId, table, units).execute(trx);
      const absent = rows.map((row) => {
        const { unit_no, ...values } = plain(asRecord(row));
        return { key: values, shownAt: units[Number(unit_no)]?.lastShownAt ?? null };
      });
      deleted += await endKeys(trx, table, stream.absenceReason ?? 'absent', absent);
    }
    return deleted;
  }

  const byTable = (units: readonly ProvedUnit[]) =>
    alike(units).flatMap((some): [Table, ProvedUnit[]][] =>
      some[0] ? [[tableOf(some[0].proof.scope.table), some]] : [],
    );

  /** `again`: the try before met a row that this run had written already (23505), or was cut off while it committed. */
  async function commitOnce(batch: Batch, again: boolean): Promise<Committed> {
    const how = { blank: await blankTables(), again };
    return db.transaction().execute(async (trx) => {
      const sum: Committed = { ...noCounts(), movedDays: [], kept: [] };
      for (const table of tables) await mergeTable(trx, table, batch, sum, how);
      for (const ending of batch.endings) sum.deleted += await endScope(trx, ending);
      if (batch.endings.length > 0) await missing.forgetEnded(trx);
      sum.deleted += await finishUnits(trx, batch.units);
      await removeRejects(trx, key, [...(batch.resolved ?? []), ...storedAgain(batch)]);
      await writeRejects(trx, key, run, batch.rejects);
      sum.rejected += batch.rejects.length;
      const moved = new Set(sum.movedDays);
      await writeProgress(
        trx,
        key,
        batch.units.map((result) => result.progress(moved)),
      );
      return sum;
    });
  }

  /** One bad row stops nothing: the batch is halved until the record that PostgreSQL refuses stands alone. */
  async function commit(batch: Batch, counts: Counts = noCounts()): Promise<Committed> {
    try {
      const committed = await retryTransient((attempt) => commitOnce(batch, attempt > 1));
      addCounts(counts, committed);
      return committed;
    } catch (error) {
      const staged = [...batch.tables.values()].flat();
      const records = [...new Set(staged.map((row) => row.record))].filter((record) => record !== undefined);
      if (!isBadData(error) || records.length === 0) throw error;
      const only = records[0];
      if (records.length === 1 && only) {
        const id = recordIds(tables, batch.tables).get(only);
        const reason = `PostgreSQL refused the record: ${error instanceof Error ? error.message : String(error)}`;
        const unit = [...batch.tables.values()].flat()[0]?.unit;
        const rejects = [...batch.rejects, { id, unit, reason, payload: only }];
        return commit({ ...batch, tables: new Map(), rejects }, counts);
      }
      const first = new Set<StagedRow['record']>(records.slice(0, Math.ceil(records.length / 2)));
      const part = (inFirst: boolean) =>
        new Map(
          [...batch.tables].map(([name, rows]) => [
            name,
            rows.filter((row) => (row.record !== undefined && first.has(row.record)) === inFirst),
          ]),
        );
      // What the rows prove is committed with the last of them.
      const nothing = { endings: [], units: [], rejects: [], resolved: [] };
      const head = await commit({ ...batch, ...nothing, tables: part(true) }, counts);
      const tail = await commit({ ...batch, tables: part(false) }, counts);
      addCounts(head, tail);
      head.movedDays.push(...tail.movedDays);
      head.kept.push(...tail.kept);
      return head;
    }
  }

  return {
    commit,

    async progress() {
      const units = await retryTransient(() => readProgress(db, key));
      for (const unit of units) lastShown.set(unit.unit, unit.completedAt);
      await retryTransient(() => missing.load(db));
      for (const id of await retryTransient(() => readRejectIds(db, key))) rejected.add(id);
      return units;
    },

    lastSuccess: () => retryTransient(() => readLastSuccess(db, key)),

    async stored(table, columns, where = {}) {
      const conditions = Object.entries(where).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
      const { rows } = await retryTransient(() =>
        sql<StoredRow>`SELECT ${sql.join(columns.map((column) => sql.ref(column)))} FROM ${sql.table(`wecom.${table}`)}
          WHERE ${sql.join([sql`corp_id = ${run.corpId}`, ...conditions], sql` AND `)}
          ORDER BY ${sql.join(columns.map((_, i) => sql.lit(i + 1)))}`.execute(db),
      );
      return rows.map(plain);
    },

    async spellings() {
      // The last one counts: as in respell.ts, the one that the directory showed last.
      const { rows } = await retryTransient(() =>
        sql<{ userid: string }>`
          SELECT userid FROM (
            SELECT userid, valid_from, '-infinity'::timestamptz AS until FROM wecom_history.follow_users WHERE corp_id = ${run.corpId}
            UNION ALL SELECT userid, valid_from, '-infinity' FROM wecom.follow_users WHERE corp_id = ${run.corpId}
            UNION ALL SELECT userid, valid_from, valid_to FROM wecom_history.employees WHERE corp_id = ${run.corpId}
            UNION ALL SELECT userid, valid_from, 'infinity' FROM wecom.employees WHERE corp_id = ${run.corpId}
          ) AS seen ORDER BY until, valid_from, userid DESC`.execute(db),
      );
      return new Map(rows.map(({ userid }) => [userid.toLowerCase(), userid]));
    },

    async livelyDays(days) {
      const { column, figures = [] } = stream.days ?? {};
      const [table] = tables;
      if (column === undefined || table === undefined) return [];
      const day = sql.ref(`c.${column}`);
      const lively = figures.map((figure) => sql`c.${sql.ref(figure)} <> 0`);
      const { rows } = await retryTransient(() =>
        sql<{ day: string }>`
          SELECT DISTINCT ${day}::text AS day FROM ${sql.raw(current(table))} c
          WHERE c.corp_id = ${run.corpId} AND ${day} <@ ${toMultirange(days)}::datemultirange
            AND (${sql.join(lively, sql` OR `)})`.execute(db),
      );
      return rows.map((row) => row.day);
    },

    async countRows(table) {
      const { rows } = await retryTransient(() =>
        sql<{ n: string }>`
          SELECT count(*) AS n FROM ${sql.raw(current(tableOf(table)))} WHERE corp_id = ${run.corpId}`.execute(
          db,
        ),
      );
      return Number(rows[0]?.n ?? 0);
    },

    absences: () => retryTransient(() => readAbsences(db, key, run.cycle, missing)),
    absentKeys: (selection) => retryTransient(() => absentKeys(db, key, run.cycle, selection)),
    forgetAbsent: (selection) => retryTransient(() => forgetAbsent(db, key, run.cycle, selection)),
    hold: (selection, reason) =>
      retryTransient(() => hold(db, key, run.cycle, run.startedAt, selection, reason)),

    endAbsent: (selection: AbsenceSelection, reason: string) =>
      retryTransient(() =>
        db.transaction().execute(async (trx) => {
          const table = tableOf(selection.table);
          const match = Object.entries(table.key)
            .map(([column, type]) => `(x.key->>'${column}')::${type} = c.${quote(column)}`)
            .join(' AND ');
          const absent = sql`(SELECT a.key, a.last_shown_at AS shown_at FROM wecom_sync.absences a WHERE ${selected(key, run.cycle, selection)}) x`;
          const compiled = sql`${absent}`.compile(trx);
          const using = compiled.sql.replace(/\$(\d+)/g, (_, n: string) => `$${Number(n) + 3}`);
          const { rows } = await trx.executeQuery<{ deleted: string }>(
            CompiledQuery.raw(endSql(table, tables, { using, condition: match, shownAt: 'x.shown_at' }), [
              run.corpId,
              run.startedAt,
              reason,
              ...compiled.parameters,
            ]),
          );
          await forgetAbsent(trx, key, run.cycle, selection);
          await missing.forgetEnded(trx);
          return Number(rows[0]?.deleted ?? 0);
        }),
      ),

    async endOrphans() {
      let deleted = 0;
      for (const table of tables) {
        if (table.endsWith === null) continue;
        const text = orphansSql(table, tables, tableOf(table.endsWith));
        const { rows } = await retryTransient(() =>
          db.executeQuery<{ deleted: string }>(
            CompiledQuery.raw(text, [run.corpId, run.startedAt, 'absent']),
          ),
        );
        deleted += Number(rows[0]?.deleted ?? 0);
      }
      return deleted;
    },

    forgetHealed: (whole) =>
      retryTransient(() => forgetHealed(db, key, run, { whole, dated: stream.days !== undefined })),

    depart: (ending: Ending) =>
      retryTransient(() =>
        db.transaction().execute(async (trx) => {
          const deleted = await endScope(trx, ending);
          for (const table of ['wecom_sync.absences', 'wecom_sync.progress'] as const)
            await trx
              .deleteFrom(table)
              .where('corp_id', '=', key.corpId)
              .where('stream', '=', key.stream)
              .where('unit', '=', ending.unit)
              .execute();
          return deleted;
        }),
      ),
  };
}

/** Dates from the driver as ISO text, so that extractors see plain values only. */
function plain(row: Readonly<Record<string, unknown>>): StoredRow {
  const entries = Object.entries(row).map(([name, value]): [string, StoredRow[string]] => {
    if (value instanceof Date) return [name, value.toISOString()];
    if (Array.isArray(value)) return [name, value.map(String)];
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return [name, value];
    return [name, value === null || value === undefined ? null : JSON.stringify(value)];
  });
  return Object.fromEntries(entries);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
