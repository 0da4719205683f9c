/** Plays recorded batches into a warehouse, one connection per lane, and measures what it takes. */
import { streamLoader } from '../loaders/stream-loader.ts';
import { settle } from '../src/engine/settle.ts';
import { StreamRun } from '../src/engine/stream-run.ts';
import { addCounts, type Batch, type Counts, noCounts, type StreamLoader } from '../src/engine/warehouse.ts';
import { serverCpuSeconds, type Warehouse, walBytes } from './postgres.ts';
import { idleContext, stream } from './relations.ts';

export interface Replayed {
  readonly seconds: number;
  /** CPU seconds of this process and of the server. */
  readonly cpu: number;
  readonly serverCpu: number;
  readonly wal: number;
  readonly counts: Counts;
}

let runs = 0;

/** A run that starts later than every run before it, as the loader demands. */
export function nextRun() {
  runs += 1;
  const id = `00000000-0000-4000-8000-${String(runs).padStart(12, '0')}`;
  return {
    corpId: 'ww_bench',
    runId: id,
    cycle: id,
    startedAt: new Date(Date.UTC(2026, 0, 1) + runs * 60_000).toISOString(),
  };
}

/** `end`: also takes the decision at the end of the stream, which ends what the walks no longer showed. */
export async function replay(
  warehouse: Warehouse,
  lanes: readonly (readonly Batch[])[],
  { end = false }: { readonly end?: boolean } = {},
): Promise<Replayed> {
  const loader = streamLoader(warehouse.db, stream, nextRun());
  await loader.progress();
  const counts = noCounts();
  const measured = await measure(warehouse, async () => {
    await Promise.all(
      lanes.map(async (batches) => {
        for (const batch of batches) addCounts(counts, await loader.commit(batch));
      }),
    );
    if (end) addCounts(counts, await settled(loader));
  });
  return { ...measured, counts };
}

async function settled(loader: StreamLoader): Promise<Counts> {
  const run = new StreamRun(stream, loader, {
    cycle: '',
    startedAt: Date.now(),
    now: Date.now,
    days: { full: false },
  });
  const held = await settle(stream, loader, run, idleContext(loader), { accept: false, finished: true });
  if (held.length > 0) throw new Error(`The benchmark's endings were held: ${held.join('; ')}`);
  return run.counts;
}

export async function measure(
  { pool }: Warehouse,
  work: () => Promise<unknown>,
): Promise<Omit<Replayed, 'counts'>> {
  const [wal, server, cpu, start] = [
    await walBytes(pool),
    await serverCpuSeconds(pool),
    process.cpuUsage(),
    performance.now(),
  ];
  await work();
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  return {
    seconds,
    cpu: (used.user + used.system) / 1e6,
    serverCpu: (await serverCpuSeconds(pool)) - server,
    wal: (await walBytes(pool)) - wal,
  };
}
