import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { loadConfig } from '../../config/load.ts';
import { environmentSchema } from '../../config/schema.ts';
import { createClient, type SecretArea, SecretBook, secretVariable } from '../../wecom/index.ts';
import { type Ask, askOn } from '../ask.ts';
import { checkSecret } from '../check/corp.ts';
import { EXIT } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';

const FILE = '.env';
/** The app's secret serves every area; these products have one of their own in many companies. */
const AREAS: readonly { readonly area: SecretArea; readonly label: string }[] = [
  { area: 'customer', label: 'customer contact (客户联系)' },
  { area: 'approval', label: 'approvals (审批)' },
  { area: 'checkin', label: 'check-ins (打卡)' },
];

export async function runInit(options: GlobalOptions): Promise<number> {
  const config = loadConfig({ corp: false }, options.config);
  const ask = askOn(process.stdin, process.stderr);
  try {
    if (existsSync(FILE) && !(await yes(ask, `${FILE} exists. Change its WeCom settings?`))) {
      say('Nothing was written.');
      return EXIT.ok;
    }
    const settings = await askSettings(ask);
    const secrets = secretsOf(settings);
    const client = createClient({
      corpId: settings.WECOM_CORP_ID ?? '',
      secrets,
      baseUrl: config.apiBase,
      proxy: config.proxy,
      waitsOutBlocks: false,
    });
    let refused = false;
    try {
      for (const area of secrets.areas()) {
        const { mark, text, advice = [] } = (await checkSecret(client, area)).finding;
        say([`${mark} ${secretVariable(area)}: ${text}`, ...advice.map((line) => `  → ${line}`)].join('\n'));
        refused ||= mark === '✗';
      }
    } finally {
      await client.close();
    }
    if (refused && !(await yes(ask, `Write ${FILE} all the same?`))) {
      say('Nothing was written.');
      return EXIT.partial;
    }
    write(settings);
    say(`Written: ${FILE} (mode 600). Next: wecom-warehouse check says what each stream may read.`);
    return refused ? EXIT.partial : EXIT.ok;
  } finally {
    ask.close();
  }
}

type Settings = Readonly<Record<string, string>>;

async function askSettings(ask: Ask): Promise<Settings> {
  say('Where to find these: https://work.weixin.qq.com (企业微信管理后台)\n');
  const settings: Record<string, string> = {};
  settings.WECOM_CORP_ID = await required(ask, 'Corp id (我的企业 → 企业信息 → 企业ID)', false);
  settings.WECOM_SECRET = await required(
    ask,
    'Secret of the self-built app (应用管理 → 自建 → Secret)',
    true,
  );
  for (const { area, label } of AREAS) {
    settings[secretVariable(area)] = await ask.hidden(`Secret of ${label}, Enter: the same app`);
  }
  const url = await databaseUrl(ask);
  if (url !== '') settings.DATABASE_URL = url;
  return settings;
}

/** A wrong one would stop every later command, this one included. */
async function databaseUrl(ask: Ask): Promise<string> {
  const enter = Object.hasOwn(parseEnv(readFile()), 'DATABASE_URL')
    ? `keep the one in ${FILE}`
    : 'an embedded PostgreSQL in this folder';
  for (;;) {
    const url = await ask.line(`DATABASE_URL, Enter: ${enter}`);
    const { error } = environmentSchema.shape.DATABASE_URL.safeParse(url === '' ? undefined : url);
    if (!error) return url;
    say(`It ${error.issues[0]?.message}.`);
  }
}

async function required(ask: Ask, question: string, hidden: boolean): Promise<string> {
  for (;;) {
    const answer = await (hidden ? ask.hidden(question) : ask.line(question));
    if (answer !== '') return answer;
    say('This one is needed.');
  }
}

async function yes(ask: Ask, question: string): Promise<boolean> {
  return /^(y|yes|是)$/i.test(await ask.line(`${question} [y/N]`));
}

function secretsOf(settings: Settings): SecretBook {
  const areas = ['app', ...AREAS.map(({ area }) => area)] as const;
  return new SecretBook(Object.fromEntries(areas.map((area) => [area, settings[secretVariable(area)]])));
}

const readFile = () => (existsSync(FILE) ? readFileSync(FILE, 'utf8') : '');

/** Lines of other settings stay as they are; what was answered with Enter is removed. */
function write(settings: Settings): void {
  const kept = readFile()
    .split('\n')
    .filter((line) => !Object.keys(parseEnv(line)).some((name) => Object.hasOwn(settings, name)));
  while (kept.at(-1) === '') kept.pop();
  const given = Object.entries(settings).filter(([, value]) => value !== '');
  const lines = given.map(([name, value]) => `${name}=${quoted(value)}`);
  writeFileSync(FILE, `${[...kept, ...lines].join('\n')}\n`, { mode: 0o600 });
  // The mode above counts for a new file only.
  chmodSync(FILE, 0o600);
}

/** `#` begins a comment and blanks are trimmed outside of quotes. */
function quoted(value: string): string {
  if (/^[\w./:@?&=%+~-]+$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

const say = (text: string) => process.stderr.write(`${text}\n`);
