/**
 * Group roles of a warehouse (docs/roles.md): who may change its structure, who may load, who may read. A role exists
 * once per PostgreSQL server; what it may do is granted per database.
 */
import { sql } from 'kysely';
import { escapeIdentifier } from 'pg';
import type { AnyDatabase, AnyTransaction } from './any-database.ts';
import { sqlState } from './transient.ts';

/** The connection's user may not do what roles need. */
export class RolesError extends Error {
  override readonly name = 'RolesError';
  readonly code = 'ROLES_FORBIDDEN';
  readonly remedy: string;
  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.remedy = remedy;
  }
}

const OWNER = 'wecom_owner';
const ROLES = [OWNER, 'wecom_loader', 'wecom_analyst', 'wecom_analyst_pii'] as const;
type Role = (typeof ROLES)[number];

interface Grant {
  readonly to: Role;
  readonly privileges: string;
}
const LOAD: Grant = { to: 'wecom_loader', privileges: 'SELECT, INSERT, UPDATE, DELETE' };
const READ: Grant = { to: 'wecom_analyst', privileges: 'SELECT' };
const READ_PERSONS: Grant = { to: 'wecom_analyst_pii', privileges: 'SELECT' };

/** Every schema of the warehouse, and who else than its owner may use it. */
const SCHEMAS: Readonly<Record<string, Grant>> = {
  wecom: LOAD,
  wecom_history: LOAD,
  wecom_sync: LOAD,
  analytics: READ,
  analytics_store: LOAD,
  approval_forms: READ,
  analytics_pii: READ_PERSONS,
};

/** Minutes after which a forgotten query of an analyst ends. */
const ANALYST_TIMEOUT = '10min';

/**
 * Creates the roles that are absent, hands the warehouse to `wecom_owner` and grants what each role needs, on later
 * objects too. One transaction; nothing changes when it is repeated.
 * @throws RolesError when the user may not do so.
 */
export async function createRoles(db: AnyDatabase): Promise<void> {
  try {
    await db.transaction().execute(async (trx) => {
      for (const role of ROLES) await createRole(trx, role);
      if (!(await may(trx, `pg_has_role('wecom_analyst_pii', 'wecom_analyst', 'MEMBER')`)))
        await run(trx, 'GRANT wecom_analyst TO wecom_analyst_pii');
      await joinOwner(trx);
      await grantDatabase(trx);
      await handOver(trx);
      await run(trx, `SET LOCAL ROLE ${OWNER}`);
      for (const [schema, grant] of Object.entries(SCHEMAS)) await grantSchema(trx, schema, grant);
    });
  } catch (error) {
    if (sqlState(error) !== '42501') throw error;
    throw new RolesError(
      `The database user may not set up roles: ${error instanceof Error ? error.message : String(error)}.`,
      'Run migrate --with-roles once as a superuser, or as the owner of the database with CREATEROLE. Without roles, migrate and sync work as before. 请用超级用户，或具有 CREATEROLE 权限的数据库所有者执行一次。',
      error,
    );
  }
}

/**
 * Runs work that makes or changes objects so that they belong to `wecom_owner`, whoever is connected: what another user
 * made would be closed to the loader and to the next migration. Without roles it just runs.
 */
export async function asOwner<T>(db: AnyDatabase, work: (db: AnyDatabase) => Promise<T>): Promise<T> {
  return db.connection().execute(async (connection) => {
    if (!(await belongsToRole(connection))) return work(connection);
    try {
      await run(connection, `SET ROLE ${OWNER}`);
    } catch (error) {
      if (sqlState(error) !== '42501') throw error;
      throw new RolesError(
        `The warehouse belongs to ${OWNER}, and the database user is no member of it.`,
        `Migrate as a member (GRANT ${OWNER} TO …). sync and status need no more than wecom_loader.`,
        error,
      );
    }
    try {
      return await work(connection);
    } finally {
      await run(connection, 'RESET ROLE');
    }
  });
}

/** The statements that give the roles to login users. Settings of a group do not reach its members: each needs its own. */
export async function grantStatements(db: AnyDatabase): Promise<string> {
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(db);
  const database = escapeIdentifier(rows[0]?.name ?? '');
  return `-- Give the roles to login users (names are examples; CREATE ROLE … LOGIN PASSWORD '…' makes one):
GRANT wecom_owner TO migrator;       -- wecom-warehouse migrate
GRANT wecom_loader TO loader;        -- wecom-warehouse sync, serve, status, replay, rejects, forget
GRANT wecom_analyst TO bi;           -- analytics and approval_forms, without names and phones
GRANT wecom_analyst_pii TO bi_hr;    -- analytics_pii as well
-- Each analyst's days are those of Shanghai, and a forgotten query ends:
ALTER ROLE bi IN DATABASE ${database} SET timezone = 'Asia/Shanghai';
ALTER ROLE bi IN DATABASE ${database} SET statement_timeout = '${ANALYST_TIMEOUT}';
`;
}

const run = (db: AnyDatabase, statement: string) => sql.raw(statement).execute(db);

async function may(trx: AnyTransaction, check: string): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`SELECT ${sql.raw(check)} AS may`.execute(trx);
  return rows[0]?.may === true;
}

/** Roles are shared by all databases of the server: another one may create them at the same moment. */
async function createRole(trx: AnyTransaction, role: Role): Promise<void> {
  if (await may(trx, `EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}')`)) return;
  await run(
    trx,
    `DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
  );
}

/** Who is no superuser can give objects only to a role that he may act as. */
async function joinOwner(trx: AnyTransaction): Promise<void> {
  if (!(await may(trx, `pg_has_role('${OWNER}', 'USAGE')`))) await run(trx, `GRANT ${OWNER} TO CURRENT_USER`);
}

async function grantDatabase(trx: AnyTransaction): Promise<void> {
  const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(trx);
  const database = escapeIdentifier(rows[0]?.name ?? '');
  const wanted = [[OWNER, 'CREATE'], ...ROLES.map((role) => [role, 'CONNECT'])];
  for (const [role, privilege] of wanted)
    if (!(await may(trx, `has_database_privilege('${role}', current_database(), '${privilege}')`)))
      await run(trx, `GRANT ${privilege} ON DATABASE ${database} TO ${role}`);
}

/**
 * What the warehouse's maker owns becomes the role's; tables that analysts keep beside the views stay theirs. Sequences
 * of a column follow their table.
 */
async function handOver(trx: AnyTransaction): Promise<void> {
  const names = Object.keys(SCHEMAS);
  const { rows: makers } = await sql<{ oid: number }>`
    SELECT nspowner AS oid FROM pg_namespace WHERE nspname = ANY(${names})
    UNION SELECT oid FROM pg_roles WHERE rolname = current_user`.execute(trx);
  for (const name of names) {
    if (!(await may(trx, `to_regnamespace('${name}') IS NOT NULL`))) await run(trx, `CREATE SCHEMA ${name}`);
    if (
      await may(trx, `(SELECT nspowner FROM pg_namespace WHERE nspname = '${name}') <> '${OWNER}'::regrole`)
    )
      await run(trx, `ALTER SCHEMA ${name} OWNER TO ${OWNER}`);
  }
  const { rows: relations } = await sql<{ name: string }>`
    SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY(${names}) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND c.relowner <> ${OWNER}::regrole AND c.relowner = ANY(${makers.map((maker) => maker.oid)}::oid[])
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))
    ORDER BY 1`.execute(trx);
  // ALTER TABLE changes the owner of views and sequences too.
  for (const { name } of relations) await run(trx, `ALTER TABLE ${name} OWNER TO ${OWNER}`);
}

/** As the owner, who can grant on all of his objects, those that come later included. */
async function grantSchema(trx: AnyTransaction, schema: string, { to, privileges }: Grant): Promise<void> {
  await run(trx, `GRANT USAGE ON SCHEMA ${schema} TO ${to}`);
  await run(
    trx,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER} IN SCHEMA ${schema} GRANT ${privileges} ON TABLES TO ${to}`,
  );
  const { rows } = await sql<{ name: string; ours: boolean }>`
    SELECT c.oid::regclass::text AS name, c.relname LIKE 'kysely\\_migration%' AS ours
    FROM pg_class c WHERE c.relnamespace = to_regnamespace(${schema}) AND c.relkind IN ('r', 'p', 'v', 'm')
      AND c.relowner = ${OWNER}::regrole ORDER BY 1`.execute(trx);
  // Which migrations were applied is the owner's to say.
  for (const { name, ours } of rows)
    await run(trx, `GRANT ${ours ? 'SELECT' : privileges} ON ${name} TO ${to}`);
}

async function belongsToRole(db: AnyDatabase): Promise<boolean> {
  const { rows } = await sql<{ belongs: boolean }>`
    SELECT EXISTS (SELECT FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
      WHERE n.nspname = 'wecom' AND r.rolname = ${OWNER}) AND current_user <> ${OWNER} AS belongs`.execute(
    db,
  );
  return rows[0]?.belongs === true;
}
