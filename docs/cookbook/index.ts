import { customers, tags } from './customers.ts';
import { groups, service } from './groups-and-service.ts';
import { approvals, attendance } from './office.ts';
import type { Section } from './question.ts';
import { trust } from './trust.ts';

export const SECTIONS: readonly Section[] = [customers, tags, groups, service, approvals, attendance, trust];
