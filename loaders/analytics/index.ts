/** The analysts' surface: a repeatable step after the migrations, so that the tables of `wecom` stay free to change. */
import type { AnyDatabase } from '../any-database.ts';
import { applyViews } from './apply.ts';
import { declaredViews } from './declared.ts';
import { dimEmployee, type EmployeeAttributes, storedAttributes } from './dimensions/employees.ts';
import { historyTables, versionViews } from './versions.ts';

export { AnalyticsError } from './apply.ts';
export { applyApprovalForms } from './approval-forms.ts';
export { refreshStore, StoreError } from './store/refresh.ts';
export { forgetRefreshes } from './store/tables.ts';

export interface AnalyticsOptions {
  readonly employeeAttributes?: EmployeeAttributes;
}

/** Columns that every `analytics.dim_employee` has: no attribute can be called so. */
export const employeeColumns: readonly string[] = Object.keys(dimEmployee({}).view.columns);

/**
 * Creates or replaces the views of `analytics` and `analytics_pii` that have changed, and the tables of stored facts, in
 * one transaction. The tables are filled by `refreshStore`.
 * Returns their names, empty when nothing changed.
 * @throws AnalyticsError when a view cannot be replaced in place; nothing was changed.
 */
export async function applyAnalytics(db: AnyDatabase, options: AnalyticsOptions = {}): Promise<string[]> {
  return applyViews(db, ['analytics', 'analytics_pii', 'analytics_store'], async (trx) => [
    ...(await historyTables(trx)).flatMap(versionViews),
    // A column that was once appended stays, also when the configuration no longer names it.
    ...declaredViews({ ...(await storedAttributes(trx)), ...options.employeeAttributes }),
  ]);
}
