/** Fields that the admin has defined (工号, 门店编码 …) as columns of `analytics.dim_employee`, by configuration. */

import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { applyAnalytics, employeeColumns } from '../loaders/analytics/index.ts';
import { asOwner } from '../loaders/roles.ts';
import type { SyncDatabase } from '../loaders/schema.ts';
import { type Config, ConfigError } from './config/load.ts';
import { redact } from './wecom/index.ts';

/** @throws ConfigError when a name is already taken by a column that every dim_employee has. */
export function assertAttributeNames({ employeeAttributes = {} }: Config): void {
  const taken = Object.keys(employeeAttributes).filter((name) => employeeColumns.includes(name));
  if (taken.length > 0)
    throw new ConfigError(
      taken.map(
        (name) =>
          `employeeAttributes.${name} is a column that analytics.dim_employee has already: choose another name`,
      ),
    );
}

/** At the start of a run: a changed configuration changes the view. */
export async function refreshAttributes(
  db: Kysely<SyncDatabase>,
  { employeeAttributes = {} }: Config,
  logger: Logger,
): Promise<void> {
  if (Object.keys(employeeAttributes).length === 0) return;
  try {
    await asOwner(db, (owner) => applyAnalytics(owner, { employeeAttributes }));
  } catch (error) {
    // The loader's role may not write views: then `migrate`, run by the owner, does it.
    logger.warn(
      { error: redact(error instanceof Error ? error.message : String(error)) },
      'the configured employeeAttributes were not applied to analytics.dim_employee; run migrate with the owner of the schemas',
    );
  }
}
