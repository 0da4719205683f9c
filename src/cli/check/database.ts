/** The database for `check`: reachable, new enough, and what its user may do there. */
import type { Logger } from 'pino';
import { schemaState } from '../../../loaders/migrator.ts';
import { type Privileges, readPrivileges } from '../../../loaders/privileges.ts';
import type { Config } from '../../config/load.ts';
import { openDatabase } from '../../database.ts';
import type { Finding } from './finding.ts';

/** ✗: `sync` would end with exit 5. */
export async function checkDatabase(config: Config, logger: Logger): Promise<Finding> {
  try {
    const database = await openDatabase(config, logger);
    try {
      const privileges = await readPrivileges(database.db);
      const at = `${database.place}, PostgreSQL ${database.version}, user ${privileges.user}`;
      const problem = hindrance(privileges);
      if (problem) return { ...problem, mark: '✗', text: `${at}: ${problem.text}` };
      const { mark, text, advice } = schemaFinding(await schemaState(database.db), privileges.create);
      return { mark, text: `${at}: ${text}`, ...(advice && { advice }) };
    } finally {
      await database.close();
    }
  } catch (error) {
    const advice = error instanceof Error && 'remedy' in error ? [String(error.remedy)] : [];
    return { mark: '✗', text: error instanceof Error ? error.message : String(error), advice };
  }
}

function hindrance({ user, readOnly, closed }: Privileges): Omit<Finding, 'mark'> | null {
  if (readOnly)
    return {
      text: 'it is read only (a standby server, or default_transaction_read_only)',
      advice: ['Let DATABASE_URL name the primary server, and a user who may write.'],
    };
  if (closed.length === 0) return null;
  return {
    text: `may not write ${closed.length} tables of the warehouse, such as ${closed[0]}`,
    advice: [
      `Use the user that loads, or let the owner run: GRANT wecom_loader TO "${user}" (docs/roles.md; migrate --with-roles makes the role).`,
    ],
  };
}

type Schema = Awaited<ReturnType<typeof schemaState>>;

function schemaFinding({ applied, pending, unknown }: Schema, mayCreate: boolean): Finding {
  if (unknown.length > 0)
    return {
      mark: '✗',
      text: `its schema is newer than this version (${unknown.join(', ')})`,
      advice: ['Install the version of wecom-warehouse that made it, or a newer one.'],
    };
  if (applied.length > 0 && pending.length > 0)
    return {
      mark: '✗',
      text: `its schema is older than this version: ${pending.length} migrations are pending`,
      advice: ['Run: wecom-warehouse migrate'],
    };
  if (applied.length > 0) return { mark: '✓', text: 'may load, the schema is current' };
  if (mayCreate) return { mark: '✓', text: 'may create schemas, empty (the first sync fills it)' };
  return {
    mark: '✗',
    text: 'it is empty, and the user may not create schemas',
    advice: ['Let an administrator run migrate there, or GRANT CREATE ON DATABASE … to this user.'],
  };
}
