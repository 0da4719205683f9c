/** A synthetic shop chain: tables of every kind, streams over them, and a source that a test changes by hand. */
import { randomBytes } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import { Fields, objectsOf } from '../../extractors/fields.ts';
import { migrate } from '../../loaders/migrator.ts';
import { createPool } from '../../loaders/pool.ts';
import type { SyncDatabase } from '../../loaders/schema.ts';
import { streamLoader } from '../../loaders/stream-loader.ts';
import { createVersionedTable, type TableDefinition } from '../../migrations/support.ts';
import { type Day, daySet } from '../../src/days.ts';
import { freshProgress } from '../../src/engine/plan.ts';
import { type Proof, type RunInput, runStreams } from '../../src/engine/run.ts';
import type { Call, Rows, Stream } from '../../src/engine/stream.ts';
import { type Row, table } from '../../src/engine/table.ts';
import type { Batch, Committed, StagedRow, StreamLoader, StreamReport } from '../../src/engine/warehouse.ts';
import type { JsonObject, JsonValue } from '../../src/wecom/json.ts';
import { createTestDatabase } from '../support/database.ts';

const definitions: readonly TableDefinition[] = [
  {
    name: 'goods',
    comment: '商品 | Goods',
    key: { shop: ['text', '店 | Shop'], good_id: ['text', '号 | Id'] },
    columns: {
      name: ['text', '名 | Name'],
      price: ['numeric', '价 | Price'],
      listed_at: ['timestamptz', '上架 | Listed at'],
      nick: ['text', '昵称 | Nick'],
      tags: ['text[]', '标签 | Tags'],
      picture: ['text', '图 | Picture'],
    },
    extra: true,
  },
  {
    name: 'good_parts',
    comment: '部件 | Parts',
    key: { shop: ['text', '店 | Shop'], good_id: ['text', '号 | Id'], part_no: ['integer', '序 | No'] },
    columns: { qty: ['integer', '量 | Quantity'] },
  },
  {
    name: 'part_notes',
    comment: '备注 | Notes',
    key: {
      shop: ['text', '店 | Shop'],
      good_id: ['text', '号 | Id'],
      part_no: ['integer', '序 | No'],
      note: ['text', '注 | Note'],
    },
  },
  {
    name: 'brands',
    comment: '品牌 | Brands',
    key: { good_id: ['text', '号 | Id'] },
    columns: { brand: ['text', '牌 | Brand'] },
  },
  {
    name: 'papers',
    comment: '单据 | Papers',
    key: { paper_id: ['text', '号 | Id'] },
    columns: { title: ['text', '题 | Title'], views: ['integer', '阅 | Views'] },
    payload: true,
  },
  {
    name: 'shop_daily',
    comment: '日报 | Daily',
    key: { shop: ['text', '店 | Shop'], stat_date: ['date', '日 | Day'] },
    columns: { visits: ['integer', '客 | Visits'] },
  },
  {
    name: 'punches',
    comment: '打卡 | Punches',
    key: { shop: ['text', '店 | Shop'], punch_date: ['date', '日 | Day'], hash: ['bigint', '哈希 | Hash'] },
    columns: { kind: ['integer', '类 | Kind'] },
  },
];

const goods = table('goods', {
  key: { shop: 'text', good_id: 'text' },
  columns: { name: 'text', price: 'numeric', listed_at: 'timestamptz', nick: 'text', tags: 'text[]' },
  volatile: { picture: 'text' },
  spell: 'listed_at',
  guarded: ['nick', 'tags'],
  extra: true,
});
const parts = table('good_parts', {
  key: { shop: 'text', good_id: 'text', part_no: 'integer' },
  columns: { qty: 'integer' },
  parent: 'goods',
});
const notes = table('part_notes', {
  key: { shop: 'text', good_id: 'text', part_no: 'integer', note: 'text' },
  parent: 'good_parts',
});
const brands = table('brands', {
  key: { good_id: 'text' },
  columns: { brand: 'text' },
  endsWith: 'goods',
});
const papers = table('papers', {
  key: { paper_id: 'text' },
  columns: { title: 'text' },
  volatile: { views: 'integer' },
  payload: true,
});
const daily = table('shop_daily', {
  key: { shop: 'text', stat_date: 'date' },
  columns: { visits: 'integer' },
});
const punches = table('punches', {
  key: { shop: 'text', punch_date: 'date', hash: 'bigint' },
  columns: { kind: 'integer' },
});

export interface Synthetic {
  readonly db: Kysely<SyncDatabase>;
  readonly pool: Pool;
  readonly url: string;
  close(): Promise<void>;
}

export async function openSynthetic(): Promise<Synthetic> {
  const database = await createTestDatabase({
    name: 'synthetic',
    async build(url) {
      const pool = createPool({ url });
      const db = new Kysely<SyncDatabase>({ dialect: new PostgresDialect({ pool }) });
      await migrate(db);
      for (const definition of definitions) await createVersionedTable(db, definition);
      await db.destroy();
    },
  });
  const pool = createPool({ url: database.url, max: 10 });
  const db = new Kysely<SyncDatabase>({ dialect: new PostgresDialect({ pool }) });
  return {
    db,
    pool,
    url: database.url,
    close: async () => {
      await db.destroy();
      await database.drop();
    },
  };
}

/** Every test has a corp of its own, and so never sees the rows of another one. */
export const newCorp = (): string => `ww${randomBytes(6).toString('hex')}`;

/** Rows of a table as PostgreSQL writes them in JSON, without the corp, ordered by the first column. */
export async function rowsIn(
  { db }: Synthetic,
  corp: string,
  name: string,
  columns = '*',
): Promise<Record<string, unknown>[]> {
  const { rows } = await sql<{ row: Record<string, unknown> }>`
    SELECT to_jsonb(t) - 'corp_id' AS row
    FROM (SELECT ${sql.raw(columns)} FROM ${sql.table(name)} WHERE corp_id = ${corp}) t
    ORDER BY row_to_json(t)::text COLLATE "C"`.execute(db);
  return rows.map(({ row }) => row);
}

/** As JSON shows a timestamptz of a server in UTC. */
export const stamp = (iso: string): string => iso.replace('.000Z', '+00:00');

/** Midnights in Shanghai: run n of a test starts on day n. */
export const startOf = (n: number): string => new Date(Date.UTC(2026, 10, n, 16)).toISOString();

export interface Good {
  readonly good_id: string;
  readonly [key: string]: JsonValue;
}

/** What the shops show, and what happens when they are asked. */
export class Shops {
  readonly goods = new Map<string, Good[][]>();
  readonly visits = new Map<string, number>();
  readonly calls: string[] = [];
  readonly notes: string[] = [];
  readonly gone = new Set<string>();
  /** Called before each answer; throws what WeCom would. */
  onCall: (shop: string, page: number) => Promise<void> | void = () => undefined;

  constructor(shops: Readonly<Record<string, readonly Good[]>> = {}) {
    for (const [shop, list] of Object.entries(shops)) this.show(shop, ...list);
  }

  /** One page. */
  show(shop: string, ...list: Good[]): void {
    this.goods.set(shop, [list]);
  }

  async call({ path, query = {} }: Call): Promise<JsonObject> {
    const shop = String(query.shop);
    const page = Number(query.page ?? 0);
    this.calls.push(path === 'goods/list' ? `${shop}/${page}` : `${shop}@${query.from}..${query.to}`);
    await this.onCall(shop, page);
    if (path === 'goods/list') {
      const pages = this.goods.get(shop) ?? [[]];
      return { goods: pages[page] ?? [], more: page + 1 < pages.length };
    }
    const days = [...this.visits].flatMap(([key, visits]) => {
      const [owner = '', day = ''] = key.split(' ');
      return owner === shop && day >= String(query.from) && day <= String(query.to)
        ? [{ shop, day, visits }]
        : [];
    });
    return { days };
  }
}

function goodRows(record: JsonObject): Rows {
  const f = new Fields(record);
  const shop = f.id('shop');
  const good_id = f.id('good_id');
  const partRows = objectsOf(f.raw('parts')).map((part): { row: Row; notes: string[] } => {
    const p = new Fields(part);
    return {
      row: { shop, good_id, part_no: p.int('no') ?? 0, qty: p.int('qty') },
      notes: p.texts('notes') ?? [],
    };
  });
  const brand = f.text('brand');
  return {
    goods: [
      {
        shop,
        good_id,
        name: f.text('name'),
        price: f.text('price'),
        listed_at: f.time('listed'),
        nick: f.text('nick'),
        tags: f.texts('tags'),
        picture: f.text('picture'),
        extra: f.rest(),
      },
    ],
    good_parts: f.has('parts') ? partRows.map(({ row }) => row) : undefined,
    part_notes: partRows.flatMap(({ row, notes: texts }) =>
      texts.map((note) => ({ shop, good_id, part_no: row.part_no, note })),
    ),
    brands: [{ good_id, brand }],
  };
}

const shared = {
  label: { zh: '商店', en: 'Shops' },
  area: 'customer',
  after: [],
  needs: [],
  probes: [{ call: () => ({ path: 'goods/list' }) }],
} as const;

/** The goods of each shop: a unit per shop, as many pages as the shop has. */
export function goodsStream(shops: Shops, more: Partial<Stream> = {}): Stream {
  return {
    ...shared,
    name: 'goods',
    mode: 'snapshot',
    endpoints: ['goods/list'],
    tables: [goods, parts, notes, brands],
    hold: { share: 0.2, least: 50 },
    async blocks(context) {
      return context.pending([...shops.goods.keys()]).map((unit) => ({ units: [unit] }));
    },
    async *read(block, context) {
      for (const shop of block.units) {
        for (let page = 0, more = true; more; page += 1) {
          const answer = await context.call({ path: 'goods/list', query: { shop, page } });
          const records = objectsOf(answer.goods).map((good) => ({ shop, ...good }));
          yield { type: 'records', unit: shop, records };
          more = answer.more === true;
        }
        yield { type: 'done', unit: shop };
      }
    },
    proof: (unit) => [{ table: 'goods', where: { shop: unit } }],
    normalise: goodRows,
    async departures() {
      return [...shops.gone].map((unit) => ({
        unit,
        scope: { table: 'goods', where: { shop: unit } },
        reason: 'shop_closed',
      }));
    },
    ...more,
  };
}

/** Visits per shop and day, WeCom style: kept for ten days, the last two read again. */
export function dailyStream(units: readonly string[]): Stream {
  return {
    ...shared,
    name: 'shop_daily',
    mode: 'daily',
    endpoints: ['visits/list'],
    tables: [daily],
    hold: null,
    days: { retention: 10, tail: 2, until: 'yesterday', forgets: true, column: 'stat_date' },
    async blocks(context) {
      return units.flatMap((unit) => context.needed(unit).map((days) => ({ units: [unit], days })));
    },
    async *read({ units: [shop = ''], days }, context) {
      if (!days) return;
      const answer = await context.call({ path: 'visits/list', query: { shop, ...days } });
      yield { type: 'records', unit: shop, records: objectsOf(answer.days) };
      yield { type: 'done', unit: shop, days: [days] };
    },
    normalise(record) {
      const f = new Fields(record);
      return { shop_daily: [{ shop: f.id('shop'), stat_date: f.id('day'), visits: f.int('visits') }] };
    },
  };
}

/** Documents that never end by absence. */
export const papersStream: Stream = {
  ...shared,
  name: 'papers',
  mode: 'window',
  endpoints: ['papers/list'],
  tables: [papers],
  hold: null,
  blocks: async () => [],
  // biome-ignore lint/correctness/useYield: driven by the loader only.
  async *read() {
    throw new Error('never read');
  },
  normalise: () => ({}),
};

/** Facts of closed days that are compared: what is gone from a day that was read was corrected. */
export const punchesStream: Stream = {
  ...papersStream,
  name: 'punches',
  tables: [punches],
  absenceReason: 'corrected',
  proof: (unit, days) => [
    { table: 'punches', where: { shop: unit }, days: { column: 'punch_date', set: days } },
  ],
};

export function loaderAt(
  { db }: Pick<Synthetic, 'db'>,
  corpId: string,
  n: number,
  stream: Stream,
  cycle = `run-${n}`,
): StreamLoader {
  return streamLoader(db, stream, { corpId, runId: `run-${n}`, cycle, startedAt: startOf(n) });
}

const noBatch: Batch = { tables: new Map(), keep: new Map(), endings: [], units: [], rejects: [] };

/** Rows by table, as one batch; all of them of unit `*` unless said otherwise. */
export function batchOf(
  rows: Rows,
  more: Partial<Batch> & { unit?: string; inPlace?: boolean; record?: (row: Row) => JsonObject } = {},
): Batch {
  const { unit = '*', inPlace = false, record = () => ({}), ...rest } = more;
  const staged = Object.entries(rows).map(([name, list]): [string, StagedRow[]] => [
    name,
    (list ?? []).map((row) => ({ row, unit, inPlace, record: record(row) })),
  ]);
  return { ...noBatch, tables: new Map(staged), ...rest };
}

/** The unit as finished on run n, with proof for `scope` where `shown` was shown. */
export function finishedUnit(
  n: number,
  unit: string,
  table: string,
  shown: readonly Row[],
  more: { cycle?: string; absent?: 'record' | 'end'; days?: { column: string; from: Day; to: Day } } = {},
): Batch['units'][number] {
  const { cycle = `run-${n}`, absent = 'record', days } = more;
  const where = { shop: unit };
  const scope = days
    ? { table, where, days: { column: days.column, set: daySet(days.from, days.to) } }
    : { table, where };
  return {
    unit,
    absent,
    proofs: [{ scope, shown }],
    progress: () => ({ ...freshProgress(unit), cycle, completedAt: startOf(n), rows: shown.length }),
  };
}

export const countsOf = ({ inserted, updated, unchanged, deleted, rejected }: Committed | StreamReport) => ({
  inserted,
  updated,
  unchanged,
  deleted,
  rejected,
});

export interface RunOptions extends Partial<Pick<RunInput, 'signal' | 'acceptDeletes' | 'days'>> {
  /** The run's number: it starts at `startOf(n)`. */
  readonly n: number;
  /** Of the killed run that this one continues. */
  readonly cycle?: string;
  /** Hours after the start at which it reads. */
  readonly hours?: number;
  /** Milliseconds that pass with each call. */
  readonly callMs?: number;
}

/** One run of the engine over the streams. */
export async function runOf(
  { db }: Pick<Synthetic, 'db'>,
  corpId: string,
  shops: Shops,
  streams: readonly Stream[],
  options: RunOptions,
): Promise<{ reports: StreamReport[]; proofs: Proof[] }> {
  const { n, cycle = `run-${n}`, hours = 0, callMs = 0, signal = new AbortController().signal } = options;
  const startedAt = startOf(n);
  let now = Date.parse(startedAt) + hours * 3_600_000;
  const proofs: Proof[] = [];
  const reports = await runStreams({
    streams,
    directory: 'employees',
    spelledBy: [],
    respell: async () => 0,
    source: {
      call(request) {
        request.onAttempt();
        now += callMs;
        return shops.call(request);
      },
    },
    loaderOf: (stream) => streamLoader(db, stream, { corpId, runId: `run-${n}`, cycle, startedAt }),
    cycle,
    startedAt: Date.parse(startedAt),
    now: () => now,
    days: options.days ?? { full: false },
    acceptDeletes: options.acceptDeletes ?? false,
    signal,
    onEvent: ({ text }) => {
      if (text !== undefined) shops.notes.push(text);
    },
    onReport: async (_, proof) => {
      proofs.push(proof);
    },
  });
  return { reports, proofs };
}
