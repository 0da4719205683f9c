import { join } from 'node:path';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { catalogue } from '../../../extractors/index.ts';
import { migrate } from '../../../loaders/migrator.ts';
import { systemClock } from '../../clock.ts';
import type { Config, CorpConfig } from '../../config/load.ts';
import { fileSchema } from '../../config/schema.ts';
import { type Database, EMBEDDED_DIRECTORY, openDatabase } from '../../database.ts';
import { openEmbedded } from '../../embedded/index.ts';
import type { RunEvent } from '../../engine/run.ts';
import { type Simulator, startSimulator } from '../../simulator/index.ts';
import { type SyncResult, sync } from '../../sync.ts';
import { SecretBook } from '../../wecom/secrets.ts';
import { createLogger } from '../context.ts';
import { ANSWERS } from '../demo-answers.ts';
import { EXIT } from '../exit.ts';
import { count } from '../format.ts';
import { createProgress } from '../progress.ts';
import { stopOnSignals } from '../signals.ts';
import { summary } from '../summary.ts';
import { textTable } from '../table.ts';

/** Days that pass after the first sync, so that there is history to look at. The last one is today. */
const DAYS = 5;
const DAY_MS = 86_400_000;
/** Beside the real data and never in it: `.wecom-warehouse/demo`. */
const FOLDER = join(EMBEDDED_DIRECTORY, 'demo');

/** The main job on a simulated company. Takes nothing from the environment, and starts over each time. */
export async function runDemo(): Promise<number> {
  const logger = createLogger('error');
  const stop = stopOnSignals(() => say('Stopping …'));
  say(`Starting an embedded PostgreSQL in ${FOLDER} …`);
  const server = await openEmbedded({ directory: FOLDER });
  try {
    const database = await openDatabase({ databaseUrl: server.url }, logger);
    const simulator = await startSimulator({
      size: 'demo',
      now: () => new Date(Date.now() - DAYS * DAY_MS),
      quotas: false,
    });
    try {
      await startOver(database);
      const { members } = simulator.company;
      say(`Simulating a company of ${members.length} people at ${simulator.url}; all data are made up.\n`);
      const run = runner(simulator, database, stop.signal);
      const first = await run(createWatcher(createLogger('silent')));
      print(`\n${summary(first)}`);
      const later = stop.signal.aborted ? [] : await laterDays(simulator, run, stop.signal);
      if (stop.signal.aborted) return EXIT.partial;
      await report(database.pool);
      return [first, ...later].every((result) => result.status === 'succeeded') ? EXIT.ok : EXIT.partial;
    } finally {
      await simulator.close();
      await database.close();
    }
  } finally {
    await server.close();
    stop.dispose();
  }
}

type Run = (onEvent: (event: RunEvent) => void) => Promise<SyncResult>;

/** The demo's folder holds nothing but what earlier demos made up. */
async function startOver({ db }: Database): Promise<void> {
  for (const schema of [
    'approval_forms',
    'analytics',
    'analytics_store',
    'wecom',
    'wecom_history',
    'wecom_sync',
  ])
    await sql`DROP SCHEMA IF EXISTS ${sql.ref(schema)} CASCADE`.execute(db);
  await migrate(db);
}

function runner(simulator: Simulator, database: Database, signal: AbortSignal): Run {
  const corp: CorpConfig = {
    corpId: simulator.corpId,
    secrets: new SecretBook({ app: simulator.secret }),
  };
  const config: Config = {
    databaseUrl: database.url,
    corps: [corp],
    apiBase: simulator.url,
    proxy: undefined,
    maxInFlight: 4,
    logLevel: 'error',
    quotas: {},
    schedules: fileSchema.parse({}).schedules,
  };
  const clock = { ...systemClock, now: () => simulator.now().getTime() };
  return (onEvent) =>
    sync(
      config,
      corp,
      database,
      { streams: [], signal, onEvent, clock, unlimited: true },
      createLogger('error'),
    );
}

/** On a terminal the live lines of `sync`, elsewhere one line per stream that has ended. */
function createWatcher(silent: ReturnType<typeof createLogger>): (event: RunEvent) => void {
  if (process.stderr.isTTY) return createProgress(silent, false).event;
  return ({ type, stream, records, report: ended }) => {
    if (type === 'finished')
      say(`${stream.padEnd(24)} ${count(records).padStart(8)} records  ${ended?.status}`);
  };
}

async function laterDays(simulator: Simulator, run: Run, signal: AbortSignal): Promise<SyncResult[]> {
  print(`Now ${DAYS} days pass, with a sync each night:\n`);
  const results: SyncResult[] = [];
  for (let day = 1; day <= DAYS && !signal.aborted; day += 1) {
    simulator.nextDay();
    const result = await run(() => undefined);
    results.push(result);
    const sum = (key: 'inserted' | 'updated' | 'deleted' | 'apiCalls') =>
      count(result.streams.reduce((total, stream) => total + stream[key], 0));
    const seconds = (Date.parse(result.finishedAt) - Date.parse(result.startedAt)) / 1000;
    print(
      `  night ${day}: ${sum('inserted')} rows new, ${sum('updated')} changed, ${sum('deleted')} ended ` +
        `(${sum('apiCalls')} calls, ${seconds.toFixed(1)} s, ${result.status})`,
    );
  }
  return results;
}

async function report(pool: Pool): Promise<void> {
  print(
    `\nWhat the warehouse holds (schema wecom; ended versions in wecom_history):\n\n${await rowCounts(pool)}`,
  );
  for (const [i, { question, sql: text }] of ANSWERS.entries()) {
    const { fields, rows } = await pool.query<unknown[]>({ text, rowMode: 'array' });
    const cells = rows.map((row) => row.map((cell) => String(cell ?? '')));
    const header = fields.map((field) => field.name);
    print(`\n${i + 1}. ${question}\n${text.replaceAll('\n', '\n   ')}\n\n${textTable(header, cells)}`);
  }
  print(NEXT);
}

const NEXT = `
With your own company:
  1. npm start -- init       asks for corp id and secret, checks them, writes .env
  2. npm start -- check      what each stream may read, and what an admin must click
  3. npm start -- sync       fills your warehouse; npm start -- serve does it every night
`;

/** Two tables side by side: name, current rows, ended versions. */
async function rowCounts(pool: Pool): Promise<string> {
  const names = catalogue.flatMap((stream) => stream.tables.map((table) => table.name));
  const counts = names.map(
    (name) => `(SELECT count(*) FROM wecom.${name}), (SELECT count(*) FROM wecom_history.${name})`,
  );
  const { rows } = await pool.query<string[]>({ text: `SELECT ${counts.join(', ')}`, rowMode: 'array' });
  const numbers = (rows[0] ?? []).map((number) => count(Number(number)));
  const lines = names.map((name, i) => [name, numbers[2 * i] ?? '', numbers[2 * i + 1] ?? '']);
  const half = Math.ceil(lines.length / 2);
  const header = ['table', 'rows', 'ended'];
  return textTable(
    [...header, ' ', ...header],
    lines.slice(0, half).map((line, i) => [...line, ' ', ...(lines[half + i] ?? [])]),
  );
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const say = (text: string) => process.stderr.write(`${text}\n`);
