import { inspect } from 'node:util';
import { WecomError } from './errors.ts';

/** The areas of WeCom that can have a secret of their own (directory-and-oa section 2.1). */
export const SECRET_AREAS = [
  'app',
  'contact_sync',
  'customer',
  'approval',
  'checkin',
  'dial',
  'journal',
  'calendar',
  'meeting_room',
  'hr',
  'kf',
] as const;
export type SecretArea = (typeof SECRET_AREAS)[number];

const REDACTED = '«redacted»';
/** Texts shorter than this are no secrets, and removing them would tear ordinary words. */
const SHORTEST_SECRET = 4;
/** Tokens live two hours: a service that runs for months must not remember all of them. */
const TOKENS_KEPT = 500;
const TOKEN_PARAMETER = /\b(access_token|corpsecret)=[^&\s"'<>]+/gi;

const knownSecrets = new Map<string, readonly string[]>();
const knownTokens = new Map<string, readonly string[]>();

/** A secret that cannot be printed by accident: only `reveal()` gives its text. */
export class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
    hideSecret(text);
  }
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return REDACTED;
  }
  toJSON(): string {
    return REDACTED;
  }
  [inspect.custom](): string {
    return REDACTED;
  }
}

/** From now on `redact` removes this text, raw and URL-encoded. */
export function hideSecret(text: string): void {
  if (text.length >= SHORTEST_SECRET) knownSecrets.set(text, spellings(text));
}

/** As hideSecret, but for one of the last 500 tokens only. */
export function hideToken(text: string): void {
  if (text.length < SHORTEST_SECRET) return;
  knownTokens.delete(text);
  knownTokens.set(text, spellings(text));
  const [oldest] = knownTokens.keys();
  if (knownTokens.size > TOKENS_KEPT && oldest !== undefined) knownTokens.delete(oldest);
}

/** The text without any known secret or token, and without the value of any access_token or corpsecret parameter. */
export function redact(text: string): string {
  const hidden = [...knownSecrets.values(), ...knownTokens.values()].flat();
  // The longest first: a secret that begins with another one must not leave its tail behind.
  hidden.sort((a, b) => b.length - a.length);
  const bare = hidden.reduce((left, secret) => left.replaceAll(secret, REDACTED), text);
  return bare.replace(TOKEN_PARAMETER, `$1=${REDACTED}`);
}

function spellings(text: string): readonly string[] {
  const encoded = encodeURIComponent(text);
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  const json = JSON.stringify(text).slice(1, -1);
  return [...new Set([text, encoded, lowerHex(encoded), form, lowerHex(form), json])];
}

const lowerHex = (text: string) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());

/** A secret together with the area whose configuration gave it, for messages. */
export interface Credential {
  area: SecretArea;
  secret: Secret;
}

/** Which secret serves which area. */
export class SecretBook {
  readonly #secrets: ReadonlyMap<SecretArea, Secret>;

  constructor(secrets: { readonly [area in SecretArea]?: string | Secret | undefined }) {
    this.#secrets = new Map(
      SECRET_AREAS.flatMap((area) => {
        const secret = secrets[area];
        if (secret === undefined || secret === '') return [];
        return [[area, typeof secret === 'string' ? new Secret(secret) : secret] as const];
      }),
    );
  }

  /** The areas that have a secret of their own. */
  areas(): SecretArea[] {
    return [...this.#secrets.keys()];
  }

  /**
   * The area's own secret, else the app's; without an app secret the directory is read with contact_sync, else customer.
   * Throws WecomError WECOM_NO_SECRET (a stream that is not permitted) when there is none.
   */
  resolve(area: SecretArea): Credential {
    const candidates: SecretArea[] = area === 'app' ? ['app', 'contact_sync', 'customer'] : [area, 'app'];
    for (const candidate of candidates) {
      const secret = this.#secrets.get(candidate);
      if (secret) return { area: candidate, secret };
    }
    throw noSecret(area);
  }
}

/** The environment variable that holds the area's secret. */
export function secretVariable(area: SecretArea): string {
  return area === 'app' ? 'WECOM_SECRET' : `WECOM_SECRET_${area.toUpperCase()}`;
}

function noSecret(area: SecretArea): WecomError {
  const names = [...new Set([secretVariable(area), 'WECOM_SECRET'])];
  return new WecomError({
    code: 'WECOM_NO_SECRET',
    message: `No secret is configured for the area ${area}: set ${names.join(' or ')}.`,
    fate: 'fail',
    permission: true,
    remedy: {
      en: `Set ${names.join(' or ')} (企业微信管理后台 → 应用管理 → 自建 → the app → Secret).`,
      zh: `设置 ${names.join(' 或 ')}（企业微信管理后台 → 应用管理 → 自建 → 应用 → Secret）。`,
    },
  });
}
