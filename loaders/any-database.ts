import type { Kysely, Transaction } from 'kysely';

/** Any database of this project's migrations: the views stand beside the typed tables. */
// biome-ignore lint/suspicious/noExplicitAny: Kysely<any> takes each of them, Kysely<unknown> none.
export type AnyDatabase = Kysely<any>;
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type AnyTransaction = Transaction<any>;
