import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Simulator } from '../../src/simulator/index.ts';
import { withClient } from '../support/database.ts';
import { type Setting, setting } from './cli-support.ts';

/**
 * Invariant 11: no secret and no token that was ever issued stands in what any command prints, in its logs at the most
 * talkative level, on the pages, in exported files, or in any row of the database.
 */

const WRONG = 'wrong/secret+with odd&chars=';

/** Everything that must not be seen: secrets, the database password, and each token that a call carried. */
class Canaries {
  readonly #texts = new Set<string>([WRONG]);

  constructor({ simulator, database }: Setting) {
    for (const secret of Object.values(simulator.secrets)) this.add(secret);
    this.add(decodeURIComponent(new URL(database.url).password));
    this.#watch(simulator);
  }

  get tokens(): string[] {
    return [...this.#texts].filter((text) => text.length === 64);
  }

  add(text: unknown): void {
    if (typeof text === 'string' && text.length > 3) this.#texts.add(text);
  }

  #watch({ faults }: Simulator): void {
    const match = (parameters: Readonly<Record<string, unknown>>) => {
      this.add(parameters.access_token);
      this.add(parameters.corpsecret);
      return false;
    };
    for (const path of ['*', 'gettoken']) faults.inject({ path, kind: { slowMs: 0 }, match });
  }

  /** Where one of them stands, with some text around it. */
  in(place: string, text: string): string[] {
    return [...this.#texts].flatMap((canary) => {
      const spellings = [canary, encodeURIComponent(canary), JSON.stringify(canary).slice(1, -1)];
      const form = new URLSearchParams([['', canary]]).toString().slice(1);
      const found = [...spellings, form].find((spelling) => text.includes(spelling));
      if (found === undefined) return [];
      const at = text.indexOf(found);
      return [`${place}: …${text.slice(Math.max(0, at - 60), at)}<HERE>`];
    });
  }
}

/** Every row of every table and view as text. */
async function databaseText(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
       WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables) {
      const { rows } = await client.query<{ line: string }>(`SELECT t::text AS line FROM ${name} t`);
      texts.push(...rows.map(({ line }) => `${name} ${line}`));
    }
    expect(texts.length).toBeGreaterThan(1000);
    return texts.join('\n');
  });
}

/** What goes wrong in the run: each kind of error makes a text of its own, and one of them repeats what it was sent. */
function spoil({ simulator }: Setting): void {
  const { faults, secret } = simulator;
  const echo = `invalid corpsecret=${secret} for ?access_token=${'x'.repeat(64)}`;
  faults.inject({ path: 'user/list', kind: { errcode: 40_014 } });
  faults.inject({ path: 'externalcontact/groupchat/get', kind: 'reset' });
  faults.inject({ path: 'externalcontact/get_corp_tag_list', kind: 'html', times: 9 });
  faults.inject({
    path: 'externalcontact/groupchat/list',
    kind: { errcode: 99_999, errmsg: echo },
    times: Number.POSITIVE_INFINITY,
  });
  faults.inject({ path: 'oa/gettemplatedetail', kind: 'truncated', times: 99 });
  faults.inject({ path: 'externalcontact/groupchat/statistic', kind: 'wrong_types', times: 9 });
}

const COMMANDS: readonly (readonly string[])[] = [
  ['sync'],
  ['sync', '--json'],
  ['sync', '--dry-run'],
  ['sync', 'no_such_stream'],
  ['check'],
  ['status'],
  ['status', '--json'],
  ['streams', '--json'],
  ['rejects'],
  ['migrate', '--status'],
  ['query', 'SELECT * FROM wecom_sync.run_streams'],
  ['query', 'SELECT wrong'],
  ['export', 'backup'],
];

describe('invariant 11: secrets and tokens never appear', () => {
  test('in what any command prints or logs, in exported files, in the database', {
    timeout: 300_000,
  }, async () => {
    const here = await setting({ traps: 'all', size: { approvals: 12 } });
    const canaries = new Canaries(here);
    const env = {
      LOG_LEVEL: 'trace',
      WECOM_SECRET_APPROVAL: here.simulator.secrets.approval ?? '',
      WECOM_SECRET_CHECKIN: WRONG,
      WECOM_SECRET_CUSTOMER: here.simulator.secrets.customer ?? '',
    };
    const found: string[] = [];
    spoil(here);
    for (const args of COMMANDS) {
      const { stdout, stderr } = await here.run(args, env);
      expect(`${stdout}${stderr}`, args.join(' ')).not.toBe('');
      found.push(...canaries.in(`${args.join(' ')} stdout`, stdout));
      found.push(...canaries.in(`${args.join(' ')} stderr`, stderr));
    }
    expect(canaries.tokens.length).toBeGreaterThan(2);
    const folder = join(here.folder, 'backup');
    const files = await readdir(folder);
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) found.push(...canaries.in(file, await readFile(join(folder, file), 'latin1')));
    found.push(...canaries.in('database', await databaseText(here.database.url)));
    expect(found).toEqual([]);
  });

  test('on the pages and in the log of serve', async () => {
    const here = await setting({ size: { approvals: 12 } });
    const canaries = new Canaries(here);
    spoil(here);
    const env = { LOG_LEVEL: 'trace', WECOM_SECRET_CHECKIN: WRONG };
    const service = here.start(['serve', '--port', '0'], env);
    const shown = await service.shows(/status page: http:\/\/[\d.]+:\d+/);
    const [address = ''] = /http:\/\/[\d.]+:\d+/.exec(shown) ?? [];
    // The catch-up run at its start meets the faults.
    await service.shows(/run (partial|failed)/);
    const found: string[] = [];
    for (const path of ['/', '/healthz', '/readyz', '/metrics', '/nothing']) {
      const text = await (await fetch(`${address}${path}`)).text();
      expect(text).not.toBe('');
      found.push(...canaries.in(path, text));
    }
    service.kill('SIGTERM');
    const { stdout, stderr } = await service.done;
    found.push(...canaries.in('serve', `${stdout}\n${stderr}`));
    expect(canaries.tokens.length).toBeGreaterThan(0);
    expect(found).toEqual([]);
  });
});
