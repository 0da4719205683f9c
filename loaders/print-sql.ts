import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import { migrations } from '../migrations/index.ts';

/** The statements of a migration in their order, compiled and not run. */
export async function migrationSql(name: string): Promise<string[]> {
  const statements: string[] = [];
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => {
      // A parameter would have to be printed as a literal; DDL takes none, so there is none to print.
      if (query.parameters.length > 0)
        throw new Error(`Migration ${name} has a statement with parameters, which cannot be printed.`);
      statements.push(query.sql);
    },
  });
  await migrations[name]?.up(db);
  await db.destroy();
  return statements;
}
