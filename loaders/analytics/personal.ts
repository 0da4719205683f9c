import { PERSONAL_COLUMNS } from '../../src/privacy/columns.ts';

/** Personal columns are in `analytics_pii` only; so is all json, whose content no declaration knows. */
export function isPersonal(table: string, column: string, type: string): boolean {
  return type === 'json' || type === 'jsonb' || PERSONAL_COLUMNS[table]?.[column] !== undefined;
}
