import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { catalogue } from '../../../extractors/index.ts';
import { LockedError } from '../../../loaders/lock.ts';
import { prepareSchema, schemaState } from '../../../loaders/migrator.ts';
import { readStreamRuns } from '../../../loaders/status.ts';
import { type Config, ConfigError, type CorpConfig, loadConfig } from '../../config/load.ts';
import type { Database } from '../../database.ts';
import {
  isMissed,
  type Job,
  JobQueue,
  jobsOf,
  type Scheduler,
  scheduleProblems,
  startScheduler,
} from '../../scheduler.ts';
import { metricsText } from '../../server/metrics.ts';
import { statusPage } from '../../server/page.ts';
import { createPageServer, type Pages } from '../../server/server.ts';
import { readState, type StreamState } from '../../status.ts';
import { sync } from '../../sync.ts';
import { version } from '../../version.ts';
import { withDatabase } from '../context.ts';
import { EXIT, UsageError } from '../exit.ts';
import { explain } from '../explain.ts';
import type { GlobalOptions } from '../options.ts';
import { createProgress } from '../progress.ts';
import { stopOnSignals, untilAborted } from '../signals.ts';

export interface ServeFlags {
  readonly port: number;
  readonly host: string;
}

/** Milliseconds for which the pages show the same look at the warehouse: counting rows is not free. */
const FRESH_MS = 15_000;

export async function runServe(flags: ServeFlags, options: GlobalOptions): Promise<number> {
  const problems = scheduleProblems(loadConfig({ corp: true }, options.config).schedules, catalogue);
  if (problems.length > 0) throw new ConfigError(problems);
  return withDatabase({ corp: true }, options, async ({ config, database, logger }) => {
    await prepareSchema(database.db);
    const stop = stopOnSignals((name) => logger.info(`${name}: finishing the current batch`));
    const jobs = jobsOf(config.schedules, catalogue);
    const queue = new JobQueue((job) => runJob(job, config, database, logger, stop.signal));
    const scheduler = startScheduler(jobs, (job) => queue.add(job));
    const server = createPageServer(pagesOf(config, database, queue, scheduler), (path, error) =>
      logger.warn({ path, reason: explain(error) }, 'a page is not available'),
    );
    try {
      const { port } = await listen(server, flags);
      logger.info(
        `status page: http://${flags.host.includes(':') ? `[${flags.host}]` : flags.host}:${port}/`,
      );
      for (const { job, at } of scheduler.next()) logger.info({ job: job.name, at }, 'next run');
      for (const job of jobs) queue.add({ ...job, onlyIfMissed: true });
      await untilAborted(stop.signal);
    } finally {
      scheduler.stop();
      server.close();
      server.closeAllConnections();
      await queue.close();
      stop.dispose();
    }
    return EXIT.ok;
  });
}

function listen(
  server: ReturnType<typeof createPageServer>,
  { port, host }: ServeFlags,
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UsageError(
          `The pages cannot be served at ${host}:${port}: ${error.message}`,
          'Choose another --port or --host.',
        ),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === 'object' && address) resolve(address);
    });
  });
}

/** One job for every corp, one after the other. Reports its own errors: the service lives on. */
async function runJob(
  job: Job,
  config: Config,
  database: Database,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  for (const corp of config.corps) {
    if (signal.aborted) return;
    try {
      if (job.onlyIfMissed) {
        if (!(await missed(job, corp, database))) continue;
        logger.info({ job: job.name, corpId: corp.corpId }, 'catching up the scheduled run that was missed');
      }
      const { event: onEvent } = createProgress(logger, true);
      const { runId, status } = await sync(
        config,
        corp,
        database,
        { streams: job.streams, signal, onEvent },
        logger,
      );
      const facts = { job: job.name, corpId: corp.corpId, run: runId, status };
      if (status === 'succeeded') logger.info(facts, 'run succeeded');
      else logger.warn(facts, `run ${status}`);
    } catch (error) {
      const facts = { job: job.name, corpId: corp.corpId, reason: explain(error) };
      if (error instanceof LockedError) logger.warn(facts, 'skipped: another process is running this corp');
      else logger.error(facts, 'the run could not be made');
    }
  }
}

async function missed(job: Job, { corpId }: CorpConfig, { db }: Database): Promise<boolean> {
  const runs = (await readStreamRuns(db)).filter((run) => run.corpId === corpId);
  const successes = new Map(
    runs.map(({ stream, lastSuccessStartedAt, lastStatus }) => {
      const succeededAt = lastSuccessStartedAt === null ? null : Date.parse(lastSuccessStartedAt);
      return [stream, { succeededAt, permitted: lastStatus !== 'not_permitted' }];
    }),
  );
  return isMissed(job, successes, catalogue, Date.now());
}

function pagesOf(config: Config, database: Database, queue: JobQueue, scheduler: Scheduler): Pages {
  const { db, place } = database;
  const corps = config.corps.map((corp) => corp.corpId);
  const states = remembered(() => readState(db, corps, Date.now()), FRESH_MS);
  return {
    '/': async () => {
      const next = scheduler.next().map(({ job, at }) => ({ name: job.name, at }));
      const running = queue.current?.name ?? null;
      const streams: readonly StreamState[] = await states();
      return {
        type: 'text/html',
        body: statusPage({ now: Date.now(), version, place, running, next, streams }),
      };
    },
    '/healthz': async () => ({ type: 'text/plain', body: 'ok\n' }),
    '/readyz': async () => {
      const { pending, unknown } = await schemaState(db);
      const ready = pending.length + unknown.length === 0;
      return ready
        ? { type: 'text/plain', body: 'ready\n' }
        : { type: 'text/plain', body: 'The database schema is not that of this version.\n', status: 503 };
    },
    '/metrics': async () => {
      return { type: 'text/plain; version=0.0.4', body: metricsText(await states(), queue.current !== null) };
    },
  };
}

/** Answers with the same value for a while; callers at the same time share one look. A failure is not kept. */
function remembered<T>(read: () => Promise<T>, forMs: number): () => Promise<T> {
  let last: { readonly at: number; readonly value: Promise<T> } | null = null;
  return () => {
    if (last === null || Date.now() - last.at > forMs) {
      const value = read();
      last = { at: Date.now(), value };
      value.catch(() => {
        last = null;
      });
    }
    return last.value;
  };
}
