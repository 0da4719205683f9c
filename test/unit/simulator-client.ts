/** A plain fetch client for the simulator's own tests: one call, one walk, nothing clever. */
import { afterEach } from 'vitest';
import { jsonText } from '../../src/simulator/http/answer.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts';

export type Json = Record<string, unknown>;

/** Monday 2026-06-15 11:00 in Shanghai. */
export const NOON = Date.parse('2026-06-15T03:00:00Z');
export const TODAY = Date.parse('2026-06-14T16:00:00Z') / 1000;
export const DAY = 86_400;

export interface Client {
  sim: Simulator;
  get(path: string, query?: Record<string, string | number>): Promise<Json>;
  post(path: string, body: unknown, secret?: string): Promise<Json>;
  token(secret?: string): Promise<string>;
}

const open: Simulator[] = [];
afterEach(async () => {
  for (const simulator of open.splice(0)) await simulator.close();
});

/** A simulator with a clock that stands still at NOON, closed after the test. */
export async function client(options: SimulatorOptions = {}): Promise<Client> {
  const sim = await startSimulator({ now: () => new Date(NOON), ...options });
  open.push(sim);
  const json = async (url: string, init?: RequestInit) => (await (await fetch(url, init)).json()) as Json;
  const token = async (secret = sim.secret) =>
    String(
      (await json(`${sim.url}/cgi-bin/gettoken?corpid=${sim.corpId}&corpsecret=${secret}`)).access_token,
    );
  return {
    sim,
    token,
    async get(path, query = {}) {
      const params = new URLSearchParams({ access_token: await token() });
      for (const [key, value] of Object.entries(query)) params.set(key, String(value));
      return json(`${sim.url}/cgi-bin/${path}?${params}`);
    },
    async post(path, body, secret) {
      const url = `${sim.url}/cgi-bin/${path}?access_token=${await token(secret)}`;
      return json(url, { method: 'POST', body: JSON.stringify(body) });
    },
  };
}

/** All pages of a POST walk, by `next_cursor`. */
export async function walk(c: Client, path: string, body: Json, secret?: string): Promise<Json[]> {
  const pages: Json[] = [];
  let cursor: unknown = '';
  do {
    const page = await c.post(path, { ...body, cursor }, secret);
    if (page.errcode !== 0) throw new Error(`${path}: ${page.errcode}`);
    pages.push(page);
    cursor = page.next_cursor;
  } while (typeof cursor === 'string' && cursor !== '' && pages.length < 1000);
  return pages;
}

export function rows(pages: Json[], key: string): Json[] {
  return pages.flatMap((page) => page[key] as Json[]);
}

/** As it arrives: integers beyond 2^53 rounded by JSON.parse in the same way. */
export function wire<T>(value: T): T {
  return JSON.parse(jsonText(value)) as T;
}

/** Sorted texts, each once: for comparing lists without regard to order and repetition. */
export function set(list: unknown[]): string[] {
  return [...new Set(list.map((one) => jsonText(one)))].sort();
}
