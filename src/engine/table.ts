/**
 * What the engine and the loader know of a table of schema `wecom`: enough to merge rows and keep their history.
 * The migrations create the tables; a test compares the two.
 */

export type ColumnType =
  | 'text'
  | 'integer'
  | 'bigint'
  | 'numeric'
  | 'boolean'
  | 'timestamptz'
  | 'date'
  | 'text[]'
  | 'jsonb';

/**
 * A value on its way to a column. Whole numbers beyond 2^53 travel as text, times as ISO text, days as `YYYY-MM-DD`,
 * jsonb as JSON text.
 */
export type Value = string | number | boolean | null | readonly string[];

/**
 * One row without `corp_id` and `valid_from`, which the loader adds. `undefined`: the record did not have the key
 * (stored as NULL, `{}` or what the table says in `empty`, unless no record of the walk had it: see `guarded`).
 */
export type Row = Readonly<Record<string, Value | undefined>>;

/**
 * `ends`: at once (parts of documents). `decided`: with the other absences at the end of the stream (holds.ts), because a
 * lost permission empties a set as well as a real change does. `filled`: decided too; and as a live parent always has
 * rows here (a group has its owner as a member), its empty list is not believed.
 */
export type Missing = 'ends' | 'decided' | 'filled';

export interface Table {
  readonly name: string;
  /** Key columns after `corp_id`, in key order. */
  readonly key: Readonly<Record<string, ColumnType>>;
  /** Typed columns: a change of one of them opens a version. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Typed columns that update in place (avatar, member_version, …). */
  readonly volatile: Readonly<Record<string, ColumnType>>;
  /**
   * The table of which this one holds parts or sets. Its key starts with the parent's key, and whoever shows a parent
   * row shows all of its child rows: a child row that is not shown with its parent has ended.
   */
  readonly parent: string | null;
  /** Child tables: what becomes of a row that a walk no longer shows with its parent. */
  readonly missing: Missing;
  /**
   * Columns that hold userids, and what else a row must hold for that; `respell` brings them in the directory's spelling.
   * Where another id can stand (oper_userid), it is one when an employee has it.
   */
  readonly userids: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The rows of another table without which a row of this one ends (a customer ends with the last follow). */
  readonly endsWith: string | null;
  /** A changed time here is not another version of the same spell but a new one (a customer who was added again). */
  readonly spell: string | null;
  /**
   * Columns that keep what they hold when not one record of the walk has their key: WeCom leaves out what the caller
   * may no longer see (directory-and-oa 1), and a lost permission must not empty a column.
   */
  readonly guarded: readonly string[];
  /** What a column holds where the record does not have its key, if that is not NULL or `{}`. */
  readonly empty: Readonly<Record<string, Value>>;
  /** Keys of the record that found no column, as jsonb; a change of it alone updates in place. */
  readonly extra: boolean;
  /** The whole record, for documents only; never in history. */
  readonly payload: boolean;
}

export function table(name: string, shape: Pick<Table, 'key'> & Partial<Omit<Table, 'name' | 'key'>>): Table {
  return {
    name,
    columns: {},
    volatile: {},
    parent: null,
    missing: 'ends',
    userids: {},
    endsWith: null,
    spell: null,
    guarded: [],
    empty: {},
    extra: false,
    payload: false,
    ...shape,
  };
}

/** Columns in the order in which the loader writes them: key, typed, volatile, extra, payload. */
export function columnsOf(t: Table): [name: string, type: ColumnType][] {
  return [
    ...Object.entries(t.key),
    ...Object.entries(t.columns),
    ...Object.entries(t.volatile),
    ...(t.extra ? [['extra', 'jsonb'] satisfies [string, ColumnType]] : []),
    ...(t.payload ? [['payload', 'jsonb'] satisfies [string, ColumnType]] : []),
  ];
}

/** The key of a row as one text, for maps and sets. U+0000 never occurs in cleaned text, so it separates safely. */
export function keyText(columns: readonly string[], row: Row): string {
  const [first = '', ...others] = columns;
  return others.reduce((text, column) => `${text}\0${row[column] ?? ''}`, String(row[first] ?? ''));
}
