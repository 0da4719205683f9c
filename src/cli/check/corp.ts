/** One corp for `check`: each secret, and each stream by cheap real calls. A wrong secret is tried once. */
import { catalogue } from '../../../extractors/index.ts';
import type { Config, CorpConfig } from '../../config/load.ts';
import { type Day, shanghaiDay } from '../../days.ts';
import type { Probe } from '../../engine/probe.ts';
import type { Stream } from '../../engine/stream.ts';
import {
  type App,
  createClient,
  type Logger,
  readApp,
  type SecretArea,
  secretVariable,
  type WecomClient,
  WecomError,
} from '../../wecom/index.ts';
import { SHOWS_NONE } from '../../wecom/remedies.ts';
import { acceptance, adviceOf, type Finding, notShown, notTried, refusal } from './finding.ts';

export type Show = (name: string, finding: Finding) => void;

/** Gives the addresses that WeCom saw; empty when it named none. */
export async function checkCorp(
  config: Config,
  corp: CorpConfig,
  logger: Logger,
  show: Show,
): Promise<Set<string>> {
  const client = createClient({
    corpId: corp.corpId,
    secrets: corp.secrets,
    baseUrl: config.apiBase,
    proxy: config.proxy,
    maxInFlight: config.maxInFlight,
    waitsOutBlocks: false,
    logger,
  });
  const check = new CorpCheck(client, corp, shanghaiDay(Date.now()));
  try {
    for (const area of corp.secrets.areas()) show(secretVariable(area), await check.secret(area));
    for (const stream of catalogue) show(stream.name, await check.stream(stream));
    await check.address();
    return check.addresses;
  } finally {
    await client.close();
  }
}

/** What WeCom says about a secret; `app` undefined: it cannot be used. */
export async function checkSecret(
  client: WecomClient,
  area: SecretArea,
): Promise<{ finding: Finding; app: App | null | undefined; error?: WecomError }> {
  try {
    const app = await readApp(client, area);
    return { finding: acceptance(app), app };
  } catch (error) {
    if (!(error instanceof WecomError)) throw error;
    return { finding: refusal(error), app: undefined, error };
  }
}

class CorpCheck {
  readonly addresses = new Set<string>();
  readonly #client: WecomClient;
  readonly #corp: CorpConfig;
  readonly #today: Day;
  /** By area with a secret of its own. */
  readonly #apps = new Map<SecretArea, App | null>();
  /** What a secret earned that makes its streams not worth trying. */
  readonly #unusable = new Map<SecretArea, WecomError>();
  /** Ids that earlier answers taught, by what they are of; null: WeCom showed none. */
  readonly #known = new Map<string, string | null>();

  constructor(client: WecomClient, corp: CorpConfig, today: Day) {
    this.#client = client;
    this.#corp = corp;
    this.#today = today;
  }

  async secret(area: SecretArea): Promise<Finding> {
    const { finding, app, error } = await checkSecret(this.#client, area);
    if (error) {
      this.#note(error);
      this.#unusable.set(area, error);
    }
    if (app !== undefined) this.#apps.set(area, app);
    return finding;
  }

  async stream(stream: Stream): Promise<Finding> {
    const area = this.#secretOf(stream);
    const obstacle = area === undefined ? undefined : this.#unusable.get(area);
    if (area !== undefined && obstacle) return notTried(secretVariable(area), obstacle);
    let tried = false;
    let remark: Finding | null = null;
    for (const probe of stream.probes) {
      const id = probe.needs === undefined ? '' : this.#known.get(probe.needs);
      if (typeof id !== 'string') {
        if (!tried) return unknown(probe.needs ?? '', id);
        continue;
      }
      tried = true;
      const finding = await this.#ask(probe, id, stream, area);
      if (finding?.mark === '✗') return finding;
      remark ??= finding;
    }
    return remark ?? { mark: '✓', text: 'permitted' };
  }

  /** Null: WeCom has answered, or what it refused proves the permission. */
  async #ask(
    { needs, call, finds }: Probe,
    id: string,
    stream: Stream,
    secret: SecretArea | undefined,
  ): Promise<Finding | null> {
    try {
      const answer = await this.#client.call({ ...call(id, this.#today), area: stream.area });
      this.#learn(finds?.(answer) ?? {});
      return null;
    } catch (error) {
      if (!(error instanceof WecomError)) throw error;
      this.#note(error);
      if (error.fate === 'skip') return notShown(error, needs);
      if (secret === undefined) return refusal(error);
      if (error.stopsSecret) this.#unusable.set(secret, error);
      return refusal(error, this.#apps.get(secret));
    }
  }

  /** WeCom names the caller's address only in refusals: one that changes nothing is asking for an app that is not ours. */
  async address(): Promise<void> {
    const [area] = [...this.#apps].find(([, app]) => app !== null) ?? [];
    if (this.addresses.size > 0 || area === undefined || this.#unusable.has(area)) return;
    try {
      await this.#client.call({ path: 'agent/get', area, query: { agentid: 0 } });
    } catch (error) {
      if (error instanceof WecomError) this.#note(error);
    }
  }

  /** The area whose secret reads the stream; undefined without any: then the call itself says what to set. */
  #secretOf({ area }: Stream): SecretArea | undefined {
    try {
      return this.#corp.secrets.resolve(area).area;
    } catch {
      return undefined;
    }
  }

  #learn(found: Readonly<Record<string, string | null>>): void {
    for (const [what, id] of Object.entries(found))
      if (id !== null || !this.#known.has(what)) this.#known.set(what, id);
  }

  #note({ egressIp }: WecomError): void {
    if (egressIp !== undefined) this.addresses.add(egressIp);
  }
}

/** A probe without the id that it needs: WeCom showed none, or what would have shown it was refused. */
function unknown(what: string, id: null | undefined): Finding {
  if (id === undefined)
    return {
      mark: '?',
      text: `not tried: it needs the id of one ${what}, and the stream that lists them was refused`,
    };
  return { mark: '?', text: `not tried: WeCom shows no ${what} to ask with`, advice: adviceOf(SHOWS_NONE) };
}
