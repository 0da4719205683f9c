/** Every endpoint by its path below /cgi-bin/. */
import type { Endpoint } from '../http/call.ts';
import { APPROVALS } from './approvals.ts';
import { AUTH } from './auth.ts';
import { CHECKINS } from './checkins.ts';
import { CUSTOMERS } from './customers.ts';
import { DIRECTORY } from './directory.ts';
import { GROUPS } from './groups.ts';
import { STATISTICS } from './statistics.ts';

const ALL = [...AUTH, ...DIRECTORY, ...CUSTOMERS, ...GROUPS, ...STATISTICS, ...APPROVALS, ...CHECKINS];

export const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map(
  ALL.map((endpoint) => [endpoint.path, endpoint]),
);
