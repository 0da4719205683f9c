/** Days on each of which something changes at the source, one run meets a fault, and a healthy one follows. */
import type { Simulator } from '../../src/simulator/index.ts';
import type { SyncResult } from '../../src/sync.ts';
import { compare } from '../oracle/compare.ts';
import { Oracle, type Tables } from '../oracle/expected.ts';
import { endings, history, overlaps } from '../oracle/history.ts';
import { openWarehouse, type Warehouse } from '../oracle/warehouse.ts';

/** Milliseconds of real time: nothing that answers at all takes so long here. */
const TIMEOUT_MS = 500;

export interface FaultyDay {
  readonly faulty: SyncResult;
  /** Versions that the faulty run ended although the source has neither changed nor removed them. */
  readonly wronglyEnded: readonly string[];
  readonly healthy: SyncResult;
  /** Between the tables and the source after the healthy run. */
  readonly differences: readonly string[];
  /** Versions that ended too often, or not at all, over both runs. */
  readonly history: readonly string[];
}

export class FaultyDays {
  readonly #warehouse: Warehouse;
  readonly #oracle = new Oracle();
  #tables: Tables;
  /** Versions ended so far, and how often. */
  #ended = new Map<string, number>();

  private constructor(warehouse: Warehouse) {
    this.#warehouse = warehouse;
    this.#tables = this.#oracle.observe(warehouse.sim.company);
  }

  /** After a first healthy run. A page has 60 customers. */
  static async open(customersPerMember: number): Promise<FaultyDays> {
    const traps = { emptyPages: true, shortPages: true, duplicateRows: true, expiredAs40014: true };
    const warehouse = await openWarehouse({
      seed: 5,
      traps,
      size: { customersPerMember, approvals: 25 },
    });
    await warehouse.run();
    return new FaultyDays(warehouse);
  }

  get violations(): readonly string[] {
    return this.#warehouse.sim.violations;
  }

  async pass(inject: (sim: Simulator) => void): Promise<FaultyDay> {
    const { sim, url } = this.#warehouse;
    sim.nextDay();
    inject(sim);
    const faulty = await this.#warehouse.run({ timeoutMs: TIMEOUT_MS });
    sim.faults.clear();
    const now = this.#oracle.observe(sim.company);
    const due = counted(endings({ at: '', tables: this.#tables }, { at: '', tables: now }));
    const wronglyEnded = excess(await this.#newlyEnded(), due);
    const healthy = await this.#warehouse.run();
    const ended = await this.#newlyEnded();
    const day = {
      faulty,
      wronglyEnded,
      healthy,
      differences: await compare(url, now),
      history: [...excess(ended, due), ...excess(due, ended), ...(await overlaps(url))],
    };
    this.#tables = now;
    this.#ended = await this.#allEnded();
    return day;
  }

  close(): Promise<void> {
    return this.#warehouse.close();
  }

  async #allEnded(): Promise<Map<string, number>> {
    return counted((await history(this.#warehouse.url)).map(({ line }) => line));
  }

  async #newlyEnded(): Promise<Map<string, number>> {
    const all = [...(await this.#allEnded())];
    return new Map(all.map(([line, times]) => [line, times - (this.#ended.get(line) ?? 0)]));
  }
}

/** How often each line comes, whatever the time in it. */
function counted(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [, rest = line, how = ''] = /^(.*]) \S* ?(gone.*|changed)$/.exec(line) ?? [];
    const key = `${rest} ${how}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

const excess = (these: ReadonlyMap<string, number>, those: ReadonlyMap<string, number>): string[] =>
  [...these].filter(([line, times]) => times > (those.get(line) ?? 0)).map(([line]) => line);
