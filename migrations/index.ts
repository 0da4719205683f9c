import type { Migration } from 'kysely/migration';
import * as m0001 from './0001_sync.ts';
import * as m0002 from './0002_directory.ts';
import * as m0003 from './0003_customer_contact.ts';
import * as m0004 from './0004_approvals.ts';
import * as m0005 from './0005_checkins.ts';
import * as m0006 from './0006_completeness.ts';
import * as m0007 from './0007_tombstones.ts';
import * as m0008 from './0008_changes.ts';

/** Every migration by name, in order. A new one is added here; a landed one is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001_sync': m0001,
  '0002_directory': m0002,
  '0003_customer_contact': m0003,
  '0004_approvals': m0004,
  '0005_checkins': m0005,
  '0006_completeness': m0006,
  '0007_tombstones': m0007,
  '0008_changes': m0008,
};
