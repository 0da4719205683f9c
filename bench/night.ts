/** d: a full first night with latency and quotas, against the floor of its slowest dependency chain. */
import { catalogue } from '../extractors/index.ts';
import type { SyncResult } from '../src/sync.ts';
import { DEFAULT_QUOTAS } from '../src/wecom/index.ts';
import { windowsFor } from '../src/wecom/quota.ts';
import { runPipeline, type SimulatorProcess, startSimulatorProcess } from './children.ts';
import type { Postgres } from './postgres.ts';
import { type Figure, figure, median } from './report.ts';

const IN_FLIGHT = 4;
const COMPANY = {
  stores: 9,
  members: 60,
  customersPerMember: 300,
  groups: 200,
  groupMembers: 30,
  approvals: 100,
  historyDays: 60,
};

export async function night(postgres: Postgres, repeat: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [latencyMs, most] of [
    [20, 1.25],
    [150, 1.1],
  ] as const) {
    const simulator = await startSimulatorProcess({ size: COMPANY, latencyMs, quotas: true });
    const [seconds, floors]: [number[], number[]] = [[], []];
    let slowest = '';
    let seen = Number.NaN;
    try {
      seen = await bareLatency(simulator);
      for (let i = 0; i < repeat; i++) {
        const warehouse = await postgres.warehouse();
        const { url, corpId, secret } = simulator;
        const request = { url, corpId, secret, databaseUrl: warehouse.url, streams: [], unlimited: false };
        const run = await runPipeline(request).finally(() => warehouse.close());
        seconds.push(run.seconds);
        const chain = slowestChain(run.result, latencyMs / 1000);
        floors.push(chain.seconds);
        slowest = chain.streams.join(' → ');
        // The simulator counts calls per minute; the next run begins with a new count.
        if (i + 1 < repeat) await new Promise((resolve) => setTimeout(resolve, 60_000));
      }
    } finally {
      await simulator.close();
    }
    figures.push(figure('d', `${latencyMs} ms as a bare client sees it`, seen, 'ms', { floor: latencyMs }));
    const more = { floor: median(floors), bound: { most } };
    figures.push(figure('d', `first night at ${latencyMs} ms (${slowest})`, median(seconds), 's', more));
  }
  return figures;
}

const BARE_CALLS = 30;

/** Milliseconds per call of a client that does nothing else, four in flight: what timers and a busy machine add. */
async function bareLatency({ url, corpId, secret }: SimulatorProcess): Promise<number> {
  const query = new URLSearchParams({ corpid: corpId, corpsecret: secret });
  const call = async () => (await fetch(`${url}/cgi-bin/gettoken?${query}`)).text();
  await call();
  const start = performance.now();
  const lane = async () => {
    for (let i = 0; i < BARE_CALLS; i++) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return (performance.now() - start) / BARE_CALLS;
}

interface Chain {
  readonly seconds: number;
  readonly streams: readonly string[];
}

/**
 * What no schedule can beat: along the streams that wait for one another, the slowest path of each, at four calls in
 * flight or at WeCom's calls per minute. A path that two streams use counts for the first one.
 */
function slowestChain({ paths }: SyncResult, latency: number): Chain {
  const counted = new Set<string>();
  const chains = new Map<string, Chain>();
  for (const stream of catalogue) {
    const own = stream.endpoints.filter((path) => !counted.has(path));
    for (const path of own) counted.add(path);
    const seconds = Math.max(0, ...own.map((path) => pathSeconds(path, paths[path]?.calls ?? 0, latency)));
    const before = stream.after
      .flatMap((name) => chains.get(name) ?? [])
      .reduce<Chain>((a, b) => (b.seconds > a.seconds ? b : a), { seconds: 0, streams: [] });
    chains.set(stream.name, {
      seconds: before.seconds + seconds,
      streams: [...before.streams, stream.name],
    });
  }
  return [...chains.values()].reduce((a, b) => (b.seconds > a.seconds ? b : a));
}

function pathSeconds(path: string, calls: number, latency: number): number {
  const byQuota = windowsFor(DEFAULT_QUOTAS, path).map(({ limit, perMs }) => (calls * perMs) / 1000 / limit);
  return Math.max(Math.ceil(calls / IN_FLIGHT) * latency, ...byQuota);
}
