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
  noCounts,
  type StagedRow,
  type StreamLoader,
  type UnitResult,
} from '../src/engine/warehouse.ts';
import {
  absentKeys,
  forgetAbsent,
  hold,
  readAbsences,
  recordAbsences,
  selected,
  unshown,
} from './absences.ts';
import { endSql, keysRelation, orphansSql, sameKey } from './endings.ts';
import { arrayLiteral, columnLiteral } from './literals.ts';
import { current, quote } from './merge.ts';
import { readLastSuccess, readProgress, type StreamKey, writeProgress } from './progress.ts';
import { removeRejects, writeRejects } from './rejects.ts';
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

  const mergeTable = tableMerger({ stream, run, tableOf, lastShown, endKeys });

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

  async function finishUnit(trx: Trx, result: UnitResult): Promise<number> {
    const shownAt = lastShown.get(result.unit) ?? null;
    let deleted = 0;
    for (const proof of result.proofs) {
      const table = tableOf(proof.scope.table);
      if (result.absent === 'end') {
        const { rows } = await unshown(run.corpId, table, proof).execute(trx);
        const absent = rows.map((key) => ({ key: plain(asRecord(key)), shownAt }));
        deleted += await endKeys(trx, table, stream.absenceReason ?? 'absent', absent);
      } else {
        const unit = { unit: result.unit, cycle: run.cycle, lastShownAt: shownAt };
        await recordAbsences(trx, key, table, unit, proof);
      }
    }
    return deleted;
  }

  async function commitOnce(batch: Batch): Promise<Committed> {
    return db.transaction().execute(async (trx) => {
      const sum: Committed = { ...noCounts(), movedDays: [], kept: [] };
      for (const table of tables) await mergeTable(trx, table, batch, sum);
      for (const ending of batch.endings) sum.deleted += await endScope(trx, ending);
      for (const result of batch.units) sum.deleted += await finishUnit(trx, result);
      await removeRejects(trx, key, batch.resolved ?? []);
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
  async function commit(batch: Batch): Promise<Committed> {
    try {
      return await retryTransient(() => commitOnce(batch));
    } catch (error) {
      const staged = [...batch.tables.values()].flat();
      const records = [...new Set(staged.map((row) => row.record))].filter((record) => record !== undefined);
      if (!isBadData(error) || records.length === 0) throw error;
      const only = records[0];
      if (records.length === 1 && only) {
        const reason = `PostgreSQL refused the record: ${error instanceof Error ? error.message : String(error)}`;
        const unit = [...batch.tables.values()].flat()[0]?.unit;
        return commit({
          ...batch,
          tables: new Map(),
          rejects: [...batch.rejects, { unit, reason, payload: only }],
        });
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
      const head = await commit({
        ...batch,
        tables: part(true),
        endings: [],
        units: [],
        rejects: [],
        resolved: [],
      });
      const tail = await commit({ ...batch, tables: part(false) });
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
      const { rows } = await retryTransient(() =>
        sql<{ userid: string }>`
          SELECT userid FROM (
            SELECT userid, valid_to AS until FROM wecom_history.employees WHERE corp_id = ${run.corpId}
            UNION ALL SELECT userid, 'infinity' FROM wecom.employees WHERE corp_id = ${run.corpId}
          ) AS seen ORDER BY until`.execute(db),
      );
      return new Map(rows.map(({ userid }) => [userid.toLowerCase(), userid]));
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

    absences: () => retryTransient(() => readAbsences(db, key, run.cycle)),
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
