/** Everything that `analytics` and `analytics_pii` declare, apart from the versions that follow from the catalogue. */
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
import { approval, approvalStep } from './facts/approvals.ts';
import { checkinDay } from './facts/checkin-day.ts';
import { customerBaseMonthly } from './facts/customer-base-monthly.ts';
import { customerFlowDaily, fctCustomerBaseDaily } from './facts/customer-flow.ts';
import { customerFollow } from './facts/customer-follow.ts';
import { fctCustomerTag } from './facts/customer-tag.ts';
import { employeeDay, fctGroupOwnerDay } from './facts/employee-day.ts';
import { groupMember, groupMemberFlowDaily } from './facts/group-members.ts';
import { handoverBacklog } from './facts/handover.ts';
import { retentionCoverage } from './facts/retention-coverage.ts';
import { syncFreshness } from './facts/sync.ts';
import { isStored, type Stored } from './store/stored.ts';
import type { View } from './view.ts';

/** Each stands behind those that it reads. */
export function declaredViews(attributes: EmployeeAttributes): (View | Stored)[] {
  return [
    dimDate,
    dimCode,
    bridgeDepartmentAncestor,
    dimDepartment,
    dimEmployee(attributes),
    customerFollow,
    dimEmployeeDepartment,
    employee,
    dimTag,
    dimCustomer,
    customer,
    dimGroupChat,
    customerFlowDaily,
    employeeDay,
    fctCustomerBaseDaily,
    customerBaseMonthly,
    fctCustomerTag,
    groupMember,
    groupMemberFlowDaily,
    fctGroupOwnerDay,
    approval,
    approvalStep,
    checkinDay,
    handoverBacklog,
    syncFreshness,
    retentionCoverage,
  ];
}

/** In the order of their refresh. */
export const storedFacts: readonly Stored[] = declaredViews({}).filter(isStored);
