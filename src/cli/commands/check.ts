import { sql } from 'kysely';
import type { Logger } from 'pino';
import { catalogue } from '../../../extractors/index.ts';
import { schemaState } from '../../../loaders/migrator.ts';
import { type Config, type CorpConfig, loadConfig, readableByOthers } from '../../config/load.ts';
import { openDatabase } from '../../database.ts';
import { shanghaiDay } from '../../days.ts';
import type { Stream } from '../../engine/stream.ts';
import {
  createClient,
  type SecretArea,
  secretVariable,
  type WecomClient,
  WecomError,
} from '../../wecom/index.ts';
import { redact } from '../../wecom/secrets.ts';
import { createLogger } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';
import { type Known, learn, PROBES } from '../probes.ts';

/** Good, bad, or not to be tried (which is nobody's fault here). */
type Mark = '✓' | '✗' | '?';

export async function runCheck(options: GlobalOptions): Promise<number> {
  const config = loadConfig({ corp: true }, options.config);
  for (const file of readableByOthers(options.config))
    print(`! ${file} can be read by other users of this machine.\n  → chmod 600 ${file}`);
  const database = await checkDatabase(config, createLogger('error'));
  let permitted = true;
  const addresses = new Set<string>();
  for (const corp of config.corps) permitted = (await checkCorp(config, corp, addresses)) && permitted;
  print(
    addresses.size > 0
      ? `\nEgress IP that WeCom saw: ${[...addresses].join(', ')}`
      : '\nEgress IP: not told; WeCom names it only when it refuses a call.',
  );
  if (!database) return EXIT.database;
  return permitted ? EXIT.ok : EXIT.partial;
}

async function checkDatabase(config: Config, logger: Logger): Promise<boolean> {
  try {
    const database = await openDatabase(config, logger);
    try {
      const { rows } = await sql<{ may: boolean }>`
        SELECT has_database_privilege(current_database(), 'CREATE') AS may`.execute(database.db);
      const { applied, pending, unknown } = await schemaState(database.db);
      // Who may not create schemas can still load into a warehouse that an administrator has migrated.
      const may = rows[0]?.may === true;
      const usable = (may || applied.length > 0) && unknown.length === 0;
      const facts = [
        database.place,
        `PostgreSQL ${database.version}`,
        may
          ? 'may create schemas'
          : 'may not create schemas (an administrator must run migrate, or grant CREATE)',
        schemaText(applied.length, pending.length, unknown.length),
      ];
      line('database', usable ? '✓' : '✗', facts.join(', '));
      return usable;
    } finally {
      await database.close();
    }
  } catch (error) {
    line('database', '✗', error instanceof Error ? error.message : String(error));
    if (error instanceof Error && 'remedy' in error) advise(String(error.remedy));
    return false;
  }
}

function schemaText(applied: number, pending: number, unknown: number): string {
  if (unknown > 0) return 'the schema is newer than this version: install the version that made it';
  if (applied === 0) return 'empty (the first sync migrates it)';
  return pending > 0
    ? `${pending} migrations pending (run: wecom-warehouse migrate)`
    : 'the schema is current';
}

async function checkCorp(config: Config, corp: CorpConfig, addresses: Set<string>): Promise<boolean> {
  print(`\nCorp ${corp.corpId}`);
  const client = createClient({
    corpId: corp.corpId,
    secrets: corp.secrets,
    baseUrl: config.apiBase,
    proxy: config.proxy,
    maxInFlight: config.maxInFlight,
  });
  const remember = (error: WecomError) => {
    if (error.egressIp !== undefined) addresses.add(error.egressIp);
  };
  try {
    let good = true;
    const refused = new Set<SecretArea>();
    for (const area of corp.secrets.areas()) {
      const refusal = await refusalOf(client, area);
      line(secretVariable(area), refusal ? '✗' : '✓', refusal ? refusal.message : 'accepted');
      if (!refusal) continue;
      refused.add(area);
      remember(refusal);
      advise(refusal.remedy.en, refusal.remedy.zh);
      good = false;
    }
    const known: Known = { today: shanghaiDay(Date.now()) };
    for (const stream of catalogue) {
      if (usesRefused(corp, stream, refused)) line(stream.name, '✗', 'not tried: its secret was refused');
      else good = (await checkStream(client, stream, known, remember)) && good;
    }
    return good;
  } finally {
    await client.close();
  }
}

/** Why the secret cannot be used at all; null: WeCom gave a token and took it. A wrong secret is tried once. */
export async function refusalOf(client: WecomClient, area: Stream['area']): Promise<WecomError | null> {
  try {
    await client.call({ path: 'get_api_domain_ip', area });
    return null;
  } catch (error) {
    if (!(error instanceof WecomError)) throw error;
    return error.errcode !== undefined || error.endpoint === 'gettoken' ? error : null;
  }
}

function usesRefused(corp: CorpConfig, { area }: Stream, refused: ReadonlySet<SecretArea>): boolean {
  const has = corp.secrets.areas();
  // Without a secret at all the call itself says what to set.
  return has.includes(area) || has.includes('app') ? refused.has(corp.secrets.resolve(area).area) : false;
}

/** False when the stream may not be read. An object that WeCom does not show (fate skip) proves the permission. */
async function checkStream(
  client: WecomClient,
  stream: Stream,
  known: Known,
  remember: (error: WecomError) => void,
): Promise<boolean> {
  for (const [i, path] of stream.endpoints.entries()) {
    const request = PROBES[path]?.(known);
    if (request === undefined) continue;
    if (typeof request === 'string') {
      if (i === 0) line(stream.name, '?', `not tried: ${request}`);
      if (i === 0) return true;
      continue;
    }
    try {
      learn(known, path, await client.call({ ...request, path, area: stream.area }));
    } catch (error) {
      if (!(error instanceof WecomError)) throw error;
      remember(error);
      if (error.fate === 'skip') continue;
      line(stream.name, '✗', `${error.permission ? 'not permitted' : 'failed'}: ${error.message}`);
      advise(error.remedy.en, error.remedy.zh);
      return false;
    }
  }
  line(stream.name, '✓', 'permitted');
  return true;
}

const NAME_WIDTH = 28;

function line(name: string, mark: Mark, text: string): void {
  print(`${mark} ${name.padEnd(NAME_WIDTH)} ${redact(text)}`);
}

function advise(...remedies: readonly string[]): void {
  for (const remedy of remedies) print(`${' '.repeat(NAME_WIDTH + 3)}→ ${remedy}`);
}

const print = (text: string) => process.stdout.write(`${text}\n`);
