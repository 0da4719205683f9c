/** The analysts' surface: a repeatable step after the migrations, so that the tables of `wecom` stay free to change. */
import type { Kysely } from 'kysely';
import { applyViews } from './apply.ts';
import { dimCode, dimDate } from './dimensions/calendar.ts';
import { customer, dimCustomer } from './dimensions/customers.ts';
import { bridgeDepartmentAncestor, dimDepartment } from './dimensions/departments.ts';
import {
  dimEmployee,
  dimEmployeeDepartment,
  type EmployeeAttributes,
  employee,
} from './dimensions/employees.ts';
import { dimGroupChat } from './dimensions/group-chats.ts';
import { dimTag } from './dimensions/tags.ts';
import { fctApproval, fctApprovalStep } from './facts/approvals.ts';
import { fctCheckinDay } from './facts/checkin-day.ts';
import { fctCustomerBaseDaily, fctCustomerBaseMonthly, fctCustomerFlowDaily } from './facts/customer-flow.ts';
import { fctCustomerFollow } from './facts/customer-follow.ts';
import { fctCustomerTag } from './facts/customer-tag.ts';
import { fctEmployeeDay, fctGroupOwnerDay } from './facts/employee-day.ts';
import { fctGroupMember, fctGroupMemberFlowDaily } from './facts/group-members.ts';
import { handoverBacklog } from './facts/handover.ts';
import { retentionCoverage, syncFreshness } from './facts/sync.ts';
import { historyTables, versionViews } from './versions.ts';
import type { View } from './view.ts';

export { AnalyticsError } from './apply.ts';
export { applyApprovalForms } from './approval-forms.ts';

export interface AnalyticsOptions {
  readonly employeeAttributes?: EmployeeAttributes;
}

/** Views stand behind those that they read. */
function declaredViews({ employeeAttributes = {} }: AnalyticsOptions): View[] {
  return [
    dimDate,
    dimCode,
    bridgeDepartmentAncestor,
    dimDepartment,
    dimEmployee(employeeAttributes),
    dimEmployeeDepartment,
    employee,
    dimTag,
    dimCustomer,
    customer,
    dimGroupChat,
    fctCustomerFollow,
    fctCustomerFlowDaily,
    fctCustomerBaseDaily,
    fctCustomerBaseMonthly,
    fctCustomerTag,
    fctGroupMember,
    fctGroupMemberFlowDaily,
    fctGroupOwnerDay,
    fctEmployeeDay,
    fctApproval,
    fctApprovalStep,
    fctCheckinDay,
    handoverBacklog,
    syncFreshness,
    retentionCoverage,
  ];
}

/**
 * Creates or replaces the views of `analytics` and `analytics_pii` that have changed, in one transaction.
 * Returns their names, empty when nothing changed.
 * @throws AnalyticsError when a view cannot be replaced in place; nothing was changed.
 */
// biome-ignore lint/suspicious/noExplicitAny: any database of this project's migrations.
export async function applyAnalytics(db: Kysely<any>, options: AnalyticsOptions = {}): Promise<string[]> {
  return applyViews(db, ['analytics', 'analytics_pii'], async (trx) => [
    ...(await historyTables(trx)).flatMap(versionViews),
    ...declaredViews(options),
  ]);
}
