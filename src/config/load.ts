import { existsSync, readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { z } from 'zod';
import type { Policy } from '../privacy/policy.ts';
import { SECRET_AREAS, Secret, type SecretArea, SecretBook } from '../wecom/secrets.ts';
import { type ConfigFile, environmentSchema, fileSchema } from './schema.ts';

/** A wrong configuration: every problem at once (exit 2). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG';
  readonly problems: readonly string[];
  readonly remedy: string;
  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} problem(s):\n${problems.map((one) => `  - ${one}`).join('\n')}`,
    );
    this.problems = problems;
    // init itself reads the configuration: it cannot mend what is wrong, only ask for what is missing.
    this.remedy = problems.every((problem) => problem.includes(' is missing: '))
      ? 'Set it in the environment or in .env, or let this ask for it: wecom-warehouse init'
      : 'Correct these settings in the environment, in .env or in the config file (docs/reference/configuration.md).';
  }
}

export interface CorpConfig {
  readonly corpId: string;
  readonly secrets: SecretBook;
}

export interface Config {
  /** Absent: the embedded server. */
  readonly databaseUrl: string | undefined;
  readonly corps: readonly CorpConfig[];
  readonly apiBase: string;
  readonly proxy: string | undefined;
  readonly maxInFlight: number;
  readonly logLevel: string;
  /** Calls per minute by path, over the documented ones. */
  readonly quotas: Readonly<Record<string, number>>;
  readonly schedules: ConfigFile['schedules'];
  /** What is dropped or hashed, and the key of the hashes; absent: everything is kept. */
  readonly personalData?: { readonly policy: Policy; readonly key: Secret };
  /** Column of `analytics.dim_employee` → the admin's field. */
  readonly employeeAttributes?: Readonly<Record<string, string>>;
}

const DEFAULT_FILE = 'wecom-warehouse.config.json';

/** `corp`: whether the command needs a corp with at least one secret. Throws ConfigError. */
export function loadConfig(need: { readonly corp: boolean }, file?: string): Config {
  const problems: string[] = [];
  const environment = environmentSchema.safeParse(readEnvironment());
  if (!environment.success) problems.push(...problemsOf(environment.error));
  const parsedFile = fileSchema.safeParse(readFile(file, problems));
  if (!parsedFile.success) problems.push(...problemsOf(parsedFile.error, file ?? DEFAULT_FILE));
  if (!environment.success || !parsedFile.success || problems.length > 0) throw new ConfigError(problems);
  const env = environment.data;
  const corps = corpsOf(env, parsedFile.data, problems);
  const { personalData: policy, employeeAttributes } = parsedFile.data;
  const hashed = Object.keys(policy).filter((column) => policy[column] === 'hash');
  if (hashed.length > 0 && env.WECOM_HASH_KEY === undefined)
    problems.push(
      `WECOM_HASH_KEY is missing: the key with which personalData hashes ${hashed.join(', ')}; at least 32 characters, such as the output of: openssl rand -hex 32`,
    );
  if (need.corp && corps.length === 0 && problems.length === 0)
    problems.push(
      env.WECOM_CORP_ID === undefined
        ? 'WECOM_CORP_ID is missing: the corp id (企业ID, ww…) of 企业微信管理后台 → 我的企业'
        : 'WECOM_SECRET is missing: the secret of the self-built app (or one per area, WECOM_SECRET_CUSTOMER …)',
    );
  if (need.corp && env.WECOM_CORP_ID === undefined && secretsOf(env).size === 0 && corps.length === 0)
    problems.push(
      'WECOM_SECRET is missing: the secret of the self-built app (or one per area, WECOM_SECRET_CUSTOMER …)',
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    databaseUrl: env.DATABASE_URL,
    corps,
    apiBase: env.WECOM_API_BASE,
    proxy: env.WECOM_PROXY,
    maxInFlight: env.WECOM_MAX_IN_FLIGHT,
    logLevel: env.LOG_LEVEL,
    quotas: parsedFile.data.quotas,
    schedules: parsedFile.data.schedules,
    personalData: { policy, key: new Secret(env.WECOM_HASH_KEY ?? '') },
    employeeAttributes,
  };
}

/** Files read that other users of this machine can read, with the secrets in them. Windows has no such mode bits. */
export function readableByOthers(file = DEFAULT_FILE): string[] {
  if (process.platform === 'win32') return [];
  return ['.env', file].filter((path) => (statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o077);
}

/** The environment over `.env`; a variable that is empty counts as absent in both. */
function readEnvironment(): Record<string, string> {
  const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  return { ...filled(file), ...filled(process.env) };
}

function filled(variables: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => (entry[1] ?? '').trim() !== ''),
  );
}

function readFile(file: string | undefined, problems: string[]): unknown {
  const path = file ?? DEFAULT_FILE;
  if (!existsSync(path)) {
    if (file !== undefined) problems.push(`${file}: there is no such file`);
    return {};
  }
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    return {};
  }
}

function problemsOf(error: z.ZodError, file?: string): string[] {
  return error.issues.map((issue) => {
    const where = issue.path.map(String).join('.');
    return `${file === undefined ? where : `${file}: ${where || '(top level)'}`} ${issue.message}`;
  });
}

function secretsOf(env: Readonly<Record<string, unknown>>): Map<SecretArea, string> {
  const secrets = new Map<SecretArea, string>();
  for (const area of SECRET_AREAS) {
    const value = env[area === 'app' ? 'WECOM_SECRET' : `WECOM_SECRET_${area.toUpperCase()}`];
    if (typeof value === 'string') secrets.set(area, value);
  }
  return secrets;
}

function corpsOf(env: Readonly<Record<string, unknown>>, file: ConfigFile, problems: string[]): CorpConfig[] {
  const corps: CorpConfig[] = [];
  const first = secretsOf(env);
  if (typeof env.WECOM_CORP_ID === 'string' && first.size > 0)
    corps.push({ corpId: env.WECOM_CORP_ID, secrets: new SecretBook(Object.fromEntries(first)) });
  for (const { corpId, secret, secrets } of file.corps) {
    const unknown = Object.keys(secrets).filter((area) => !SECRET_AREAS.some((known) => known === area));
    for (const area of unknown)
      problems.push(`corps.${corpId}.secrets.${area} is no area; areas: ${SECRET_AREAS.join(', ')}`);
    corps.push({
      corpId,
      secrets: new SecretBook({ ...secrets, ...(secret === undefined ? {} : { app: secret }) }),
    });
  }
  return corps;
}
