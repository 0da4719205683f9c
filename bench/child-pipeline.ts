/** One run of the pipeline, as `sync` makes it. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import type { PipelineRequest, PipelineResult } from './children.ts';

// As in the command's entry: with the cache the compiler that strips types, and its 28 MB, is not loaded.
enableCompileCache();
const { prepareSchema } = await import('../loaders/migrator.ts');
const { createLogger } = await import('../src/cli/context.ts');
const { openDatabase } = await import('../src/database.ts');
const { sync } = await import('../src/sync.ts');
const { SecretBook } = await import('../src/wecom/secrets.ts');

process.once('message', (message) => void run(message as PipelineRequest));

async function run(request: PipelineRequest): Promise<void> {
  const { databaseUrl, url, corpId, secret, streams, unlimited } = request;
  const logger = createLogger('warn');
  const database = await openDatabase({ databaseUrl }, logger);
  await prepareSchema(database.db);
  const corp = { corpId, secrets: new SecretBook({ app: secret }) };
  const config = {
    databaseUrl,
    corps: [corp],
    apiBase: url,
    proxy: undefined,
    maxInFlight: 4,
    logLevel: 'warn',
    quotas: {},
    schedules: { default: '', statistics: '', streams: {} },
  };
  const [start, before] = [performance.now(), process.cpuUsage()];
  const signal = new AbortController().signal;
  const result = await sync(config, corp, database, { streams, unlimited, signal }, logger);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  await database.close();
  const answer: PipelineResult = { result, seconds, cpu: (user + system) / 1e6, peak: peakBytes() };
  process.send?.(answer, () => process.disconnect());
}

/** From the kernel: getrusage's maximum also counts what the parent held when it forked. */
function peakBytes(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
