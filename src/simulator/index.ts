/**
 * The simulator: an HTTP server that answers like the WeCom API for a company computed from a seed. It is the source of
 * `demo` and `simulate` and of all tests. It follows the API reference (customer-contact, directory-and-oa,
 * published-samples), with the traps of traps.ts, and records as violations what a correct client never does.
 */
import type { AddressInfo } from 'node:net';
import { applyDay } from './changes.ts';
import { Company } from './company.ts';
import { Access } from './http/access.ts';
import { control } from './http/control.ts';
import { Faults } from './http/faults.ts';
import { Walks } from './http/paging.ts';
import { Quota } from './http/quota.ts';
import { createSimulatorServer, type LoggedRequest, type State } from './http/server.ts';
import { chooseSize, type SizeChoice } from './size.ts';
import { chooseTraps, type TrapChoice } from './traps.ts';

export type { Company } from './company.ts';
export type { Fault, FaultKind } from './http/faults.ts';
export type { LoggedRequest } from './http/server.ts';
export { SIZES, type Size, type SizeChoice } from './size.ts';
export { TRAP_NAMES, TRAPS, type Trap, type TrapChoice, type Traps } from './traps.ts';
export type { Truth } from './truth.ts';

const DAY_MS = 86_400_000;

export interface SimulatorOptions {
  /** 0 (default) takes any free port */
  port?: number;
  host?: string;
  seed?: number;
  /** 'tiny' by default */
  size?: SizeChoice;
  /** the clock that drives days, token life and quota windows; the real one by default */
  now?: () => Date;
  /** every answer takes that long */
  latencyMs?: number;
  /** none by default */
  traps?: TrapChoice;
  /** calls per minute and in flight are limited; default true, except for the size 'demo' */
  quotas?: boolean;
}

export interface Simulator {
  url: string;
  corpId: string;
  /** secret of the self-built app, which may call every area */
  secret: string;
  /** app, contactSync, customer, approval, checkin */
  secrets: Record<string, string>;
  company: Company;
  /** tokens, trusted IP, areas: expireTokens(), invalidateTokens(), trustedIp, revoke(area), grant(area) */
  access: Access;
  quota: Quota;
  requests: LoggedRequest[];
  violations: string[];
  faults: Pick<Faults, 'inject' | 'clear'>;
  /** every answer takes that long */
  latencyMs: number;
  /** the simulator's clock: `options.now` moved by the days that nextDay() has passed */
  now(): Date;
  /** 24 h pass, and what happens in a day happens: see changes.ts */
  nextDay(): void;
  /** every cursor that is open answers 50100 */
  expireCursors(): void;
  close(): Promise<void>;
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const clock = options.now ?? (() => new Date());
  const seed = options.seed ?? 1;
  let offset = 0;
  const now = () => new Date(clock().getTime() + offset);
  const seconds = () => Math.floor(now().getTime() / 1000);
  const traps = chooseTraps(options.traps ?? 'none');
  const company = new Company({ seed, size: chooseSize(options.size ?? 'tiny'), traps, now: seconds });
  const nextDay = () => {
    offset += DAY_MS;
    applyDay(company);
  };
  const state: State = {
    company,
    access: new Access(seed, seconds, traps.expiredAs40014 ? 40014 : 42001),
    walks: new Walks(seed, traps),
    quota: new Quota(options.quotas ?? options.size !== 'demo'),
    faults: new Faults(),
    requests: [],
    violations: [],
    latencyMs: options.latencyMs ?? 0,
    now,
    control: (request, response) => control(state, nextDay, request, response),
  };
  const server = createSimulatorServer(state);
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const { access, quota, requests, violations, faults } = state;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    corpId: access.corpId,
    secret: access.secrets.app ?? '',
    secrets: access.secrets,
    company,
    access,
    quota,
    requests,
    violations,
    faults,
    get latencyMs() {
      return state.latencyMs;
    },
    set latencyMs(ms: number) {
      state.latencyMs = ms;
    },
    now,
    nextDay,
    expireCursors: () => state.walks.expireCursors(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The command `simulate`: a simulator on a port that prints how to use it; runs until it is closed. */
export async function runSimulate(
  options: SimulatorOptions,
  print: (line: string) => void,
): Promise<Simulator> {
  const simulator = await startSimulator({ port: 8899, size: 'demo', ...options });
  print(`WECOM_API_BASE=${simulator.url}`);
  print(`WECOM_CORP_ID=${simulator.corpId}`);
  print(`WECOM_SECRET=${simulator.secret}`);
  print(`# state: ${simulator.url}/_sim/state, next day: curl -X POST ${simulator.url}/_sim/next-day`);
  return simulator;
}
