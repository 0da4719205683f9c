/**
 * Nine nights of a simulated retailer on a clock of its own: a first sync, then eight days, each with a run at 02:30 in
 * Shanghai. The same on every machine, so that the answers of the cookbook can be committed.
 */
import pino from 'pino';
import { migrate } from '../../loaders/migrator.ts';
import type { Clock } from '../../src/clock.ts';
import type { Config, CorpConfig } from '../../src/config/load.ts';
import { openDatabase } from '../../src/database.ts';
import { type Simulator, startSimulator } from '../../src/simulator/index.ts';
import { sync } from '../../src/sync.ts';
import { SecretBook } from '../../src/wecom/secrets.ts';

/** Saturday 2025-09-27 02:30 in Shanghai. In the past, so that views that end today reach beyond it. */
const START = Date.parse('2025-09-26T18:30:00Z');
const LATER_NIGHTS = 8;
/** After this night one member leaves the visible range of the app. */
const HIDING_NIGHT = 5;

const SIZE = {
  stores: 6,
  members: 32,
  customersPerMember: 30,
  groups: 24,
  groupMembers: 12,
  approvals: 500,
  historyDays: 60,
};

const silent = pino({ level: 'silent' });

/** Migrates the empty database at `url` and lives the days. `onNight` is told after each run: its start, ISO text. */
export async function liveDays(
  url: string,
  onNight: (simulator: Simulator, startedAt: string) => void = () => undefined,
): Promise<void> {
  const simulator = await startSimulator({ seed: 11, size: SIZE, quotas: false, now: () => new Date(START) });
  const database = await openDatabase({ databaseUrl: url }, silent);
  try {
    await migrate(database.db);
    const clock: Clock = { now: () => simulator.now().getTime(), sleep: () => Promise.resolve() };
    const corp: CorpConfig = { corpId: simulator.corpId, secrets: new SecretBook({ app: simulator.secret }) };
    for (let night = 0; night <= LATER_NIGHTS; night += 1) {
      if (night > 0) simulator.nextDay();
      if (night === HIDING_NIGHT) hideSomebody(simulator);
      const options = { streams: [], signal: new AbortController().signal, clock, unlimited: true };
      const result = await sync(configOf(simulator, url), corp, database, options, silent);
      if (result.status !== 'succeeded')
        throw new Error(`The run of night ${night} was ${result.status}: ${JSON.stringify(result.streams)}`);
      onNight(simulator, result.startedAt);
    }
  } finally {
    await database.close();
    await simulator.close();
  }
}

/** The clerk with the most customers, without a resignation: WeCom simply no longer shows them. */
function hideSomebody({ company }: Simulator): void {
  const clerks = company.followUsers().filter((member) => !member.leads && member.hiredAt === undefined);
  const [somebody] = clerks.toSorted(
    (a, b) => [...company.relations.of(b.index)].length - [...company.relations.of(a.index)].length,
  );
  if (somebody !== undefined) company.hide(somebody.userid);
}

function configOf(simulator: Simulator, databaseUrl: string): Config {
  return {
    databaseUrl,
    corps: [],
    apiBase: simulator.url,
    proxy: undefined,
    maxInFlight: 4,
    logLevel: 'silent',
    quotas: {},
    schedules: { default: '', statistics: '', streams: {} },
  };
}
