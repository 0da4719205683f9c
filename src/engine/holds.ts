/**
 * Which absent rows end and which are held (DESIGN invariant 3). Pure: a half-read or suddenly empty list must never
 * empty the warehouse, and a real change must not wait for an operator.
 */

import type { Absence, AbsenceSelection } from './warehouse.ts';

/** A member still listed whose relations all vanish is held from this number on. */
const MEMBER_VANISH = 20;

export interface HoldRule {
  readonly share: number;
  readonly least: number;
}

export interface Decision {
  readonly end: AbsenceSelection[];
  readonly hold: { readonly selection: AbsenceSelection; readonly reason: string }[];
}

export interface HoldInput {
  /** Absences of this cycle, per table and unit. */
  readonly absences: readonly Absence[];
  /** Current rows by table, the absent ones included. */
  readonly live: ReadonlyMap<string, number>;
  /** Child tables in which every parent may rightly be without rows. */
  readonly sets: ReadonlySet<string>;
  /** null: absence is normal for this list (unassigned customers are assigned). */
  readonly rule: HoldRule | null;
  /** `--accept-deletes`: keys that an earlier run held, and that are still absent, end. */
  readonly accept: boolean;
}

export function decide({ absences, live, sets, rule, accept }: HoldInput): Decision {
  const decision: Decision = { end: [], hold: [] };
  const tables = [...new Set(absences.map((absence) => absence.table))];
  const waiting = absences.map((absence) => ({
    ...absence,
    absent: absence.absent - (accept ? absence.heldBefore : 0),
  }));
  if (accept) {
    for (const table of tables)
      if (absences.some((absence) => absence.table === table && absence.heldBefore > 0))
        decision.end.push({ table, onlyHeldBefore: true });
  }
  const released = sum(absences) - sum(waiting);
  const lost = sum(waiting);
  const total = tables.reduce((rows, table) => rows + (live.get(table) ?? 0), 0) - released;
  for (const table of tables) {
    const here = waiting.filter((absence) => absence.table === table && absence.absent > 0);
    const gone = sum(here);
    const rows = (live.get(table) ?? 0) - releasedOf(table, absences, accept);
    if (gone === 0) continue;
    if (rule === null && here.every((absence) => absence.emptied === 0)) decision.end.push({ table });
    else if (gone >= rows && !sets.has(table))
      decision.hold.push({
        selection: { table },
        reason: `the list is empty, but ${rows} rows of ${table} are live`,
      });
    else {
      // Also for itself: a big table beside it must not hide the loss of a small one.
      const reason = tooMuch(rule, lost, total) ?? tooMuch(rule, gone, rows);
      if (reason !== undefined) decision.hold.push({ selection: { table }, reason });
      else decideUnits(table, here, sets.has(table), decision);
    }
  }
  return decision;
}

function tooMuch(rule: HoldRule | null, lost: number, total: number): string | undefined {
  if (rule === null || lost < rule.least || lost <= rule.share * total) return undefined;
  return `${lost} of ${total} rows would end as absent, more than ${rule.share * 100} % and at least ${rule.least}`;
}

function decideUnits(table: string, here: readonly Absence[], mayBeEmpty: boolean, decision: Decision): void {
  const emptied = here.filter((absence) => absence.emptied > 0);
  const vanished = here.filter(
    ({ emptied, shown, absent }) => !mayBeEmpty && emptied === 0 && shown === 0 && absent >= MEMBER_VANISH,
  );
  const ordinary = here.filter((absence) => !vanished.includes(absence) && !emptied.includes(absence));
  if (emptied.length > 0)
    decision.hold.push({
      selection: { table, units: emptied.map((absence) => absence.unit) },
      reason: `the list of ${named(emptied)} is empty, but ${sum(emptied)} rows of ${table} are live`,
    });
  for (const { unit, absent } of vanished)
    decision.hold.push({
      selection: { table, units: [unit] },
      reason: `all ${absent} rows of ${unit} vanished although ${unit} is still listed`,
    });
  if (ordinary.length > 0) decision.end.push({ table, units: ordinary.map((absence) => absence.unit) });
}

/** The first three units, and how many there are. */
function named(absences: readonly Absence[]): string {
  const first = absences.slice(0, 3).map(({ unit }) => unit);
  return `${first.join(', ')}${absences.length > 3 ? ` and ${absences.length - 3} others` : ''}`;
}

const sum = (absences: readonly Absence[]) => absences.reduce((rows, { absent }) => rows + absent, 0);

function releasedOf(table: string, absences: readonly Absence[], accept: boolean): number {
  if (!accept) return 0;
  return absences.filter((a) => a.table === table).reduce((rows, { heldBefore }) => rows + heldBefore, 0);
}
