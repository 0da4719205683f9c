/** A simulated company, a database of its own and runs of `sync` in this process, on a clock that the test moves. */
import pino from 'pino';
import { prepareSchema } from '../../loaders/migrator.ts';
import type { Clock } from '../../src/clock.ts';
import type { Config, CorpConfig } from '../../src/config/load.ts';
import { openDatabase } from '../../src/database.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';
import { type SyncOptions, type SyncResult, sync } from '../../src/sync.ts';
import { SecretBook } from '../../src/wecom/secrets.ts';
import { createTestDatabase, type Template, withClient } from '../support/database.ts';

const silent = pino({ level: 'silent' });

/** The newest schema, built once per test run. */
export const migrated: Template = {
  name: 'migrated',
  async build(url) {
    const database = await openDatabase({ databaseUrl: url }, silent);
    await prepareSchema(database.db);
    await database.close();
  },
};

/** Wednesday 2026-06-17 11:00 in Shanghai: yesterday's figures are final. */
export const START = Date.parse('2026-06-17T03:00:00Z');

export interface Warehouse {
  readonly sim: Simulator;
  readonly url: string;
  readonly clock: Clock;
  run(options?: Partial<SyncOptions>, corp?: Partial<CorpConfig>): Promise<SyncResult>;
  /** All connections end and new ones are made: their statistics are then visible. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

export async function openWarehouse(options: SimulatorOptions = {}, start = START): Promise<Warehouse> {
  let now = start;
  const sim = await startSimulator({ quotas: false, now: () => new Date(now), ...options });
  // The simulator's clock is the run's clock: a wait moves both at once. Each run begins at an instant of its own.
  const clock: Clock = {
    now: () => sim.now().getTime(),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      now += ms;
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
  };
  const made = await createTestDatabase(migrated);
  const config: Config = {
    databaseUrl: made.url,
    corps: [],
    apiBase: sim.url,
    proxy: undefined,
    maxInFlight: 4,
    logLevel: 'silent',
    quotas: {},
    schedules: { default: '', statistics: '', streams: {} },
  };
  const corp: CorpConfig = { corpId: sim.corpId, secrets: new SecretBook({ app: sim.secret }) };
  const connect = () => openDatabase({ databaseUrl: made.url }, silent);
  let database = await connect();
  return {
    sim,
    url: made.url,
    clock,
    run(more = {}, other = {}) {
      now += 60_000;
      const run = { streams: [], signal: new AbortController().signal, clock, unlimited: true, ...more };
      return sync(config, { ...corp, ...other }, database, run, silent);
    },
    async reconnect() {
      await database.close();
      await withClient(made.url, async (client) => {
        const others =
          'SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
        while ((await client.query(others)).rowCount !== 0)
          await new Promise((resolve) => setTimeout(resolve, 20));
      });
      database = await connect();
    },
    async close() {
      await database.close();
      await sim.close();
      await made.drop();
    },
  };
}
