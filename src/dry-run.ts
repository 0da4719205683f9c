/** `sync --dry-run`: requests per path, share of the quota, expected time, tables touched. Writes and calls nothing. */

import { catalogue } from '../extractors/index.ts';
import { lastCalls } from '../loaders/runs.ts';
import { streamLoader } from '../loaders/stream-loader.ts';
import type { Config, CorpConfig } from './config/load.ts';
import type { Database } from './database.ts';
import { planStream } from './engine/dry-run.ts';
import { withDependencies } from './engine/run.ts';
import { quotasOf, type SyncOptions } from './sync.ts';
import { windowsFor } from './wecom/quota.ts';

export interface DryRunLine {
  readonly stream: string;
  readonly path: string;
  readonly requests: number | null;
  readonly basis: string;
  /** Calls per minute that WeCom allows on the path. */
  readonly perMinute: number | null;
  readonly expectedSeconds: number | null;
  readonly tables: readonly string[];
}

/** A call takes 150 to 400 ms (customer-contact 18). */
const CALL_SECONDS = 0.25;

export async function dryRun(
  config: Config,
  corp: CorpConfig,
  database: Database,
  options: Pick<SyncOptions, 'streams' | 'since' | 'until' | 'full'>,
): Promise<DryRunLine[]> {
  const startedAt = Date.now();
  const names = options.streams.length > 0 ? options.streams : catalogue.map((stream) => stream.name);
  const known = await lastCalls(database.db, corp.corpId);
  const quotas = quotasOf(config);
  const lines: DryRunLine[] = [];
  for (const stream of withDependencies(catalogue, names)) {
    const run = {
      corpId: corp.corpId,
      runId: 'dry-run',
      cycle: 'dry-run',
      startedAt: new Date(startedAt).toISOString(),
    };
    const { requests, basis } = await planStream(stream, {
      loader: streamLoader(database.db, stream, run),
      startedAt,
      days: { since: options.since, until: options.until, full: options.full ?? false },
      lastCalls: known.get(stream.name) ?? null,
    });
    // The last path named is the one that is called per member, group or request.
    const path = stream.endpoints.at(-1) ?? '';
    const perMinute = windowsFor(quotas, path).find((window) => window.perMs === 60_000)?.limit ?? null;
    lines.push({
      stream: stream.name,
      path,
      requests,
      basis,
      perMinute,
      expectedSeconds: requests === null ? null : expectedSeconds(requests, perMinute, config.maxInFlight),
      tables: stream.tables.map((table) => table.name),
    });
  }
  return lines;
}

function expectedSeconds(requests: number, perMinute: number | null, maxInFlight: number): number {
  const byLatency = (requests * CALL_SECONDS) / maxInFlight;
  const byQuota = perMinute === null ? 0 : (requests * 60) / (0.9 * perMinute);
  return Math.ceil(Math.max(byLatency, byQuota));
}
