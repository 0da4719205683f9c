/**
 * Secrets and tokens (directory-and-oa section 2): one token per secret, stable within its 7,200 s; what each secret may
 * call; the switches for everything that can go wrong.
 */
import { idText } from '../random.ts';
import { ApiError } from './answer.ts';
import type { Area, Call } from './call.ts';

const LIFE = 7_200;

/** Areas per secret; `skeleton` is department/simplelist, `roster` user/list_id. */
const RIGHTS: Record<string, Area[]> = {
  app: ['directory', 'skeleton', 'customer', 'approval', 'checkin'],
  contactSync: ['skeleton', 'roster'],
  customer: ['directory', 'customer'],
  approval: ['approval'],
  checkin: ['checkin'],
};

/** errcode of a call that the secret may not make, per area */
const FORBIDDEN: Record<Area, number> = {
  any: 48002,
  directory: 48002,
  skeleton: 48002,
  roster: 48002,
  customer: 48002,
  approval: 301055,
  checkin: 48002,
};

/** What an admin ticks under 可见范围 (directory-and-oa 4.2). */
export interface VisibleRange {
  departments?: readonly number[];
  users?: readonly string[];
  tags?: readonly number[];
}

interface Token {
  secretName: string;
  issuedAt: number;
  /** what the token earns before its time is over; 0 = valid */
  errcode: number;
}

export class Access {
  readonly corpId: string;
  readonly secrets: Record<string, string>;
  /** calls of gettoken that were answered with a token */
  tokensIssued = 0;
  trustedIp = true;
  /** What agent/get says; undefined: what follows from who is hidden. Whom it hides is company.hide(). */
  visibleRange: VisibleRange | undefined;
  readonly #seed: number;
  readonly #expiredErrcode: number;
  readonly #now: () => number;
  readonly #tokens = new Map<string, Token>();
  readonly #current = new Map<string, string>();
  readonly #revoked = new Set<Area>();
  readonly #wrongSecrets = new Map<string, number>();

  constructor(seed: number, now: () => number, expiredErrcode: number) {
    this.#seed = seed;
    this.#now = now;
    this.#expiredErrcode = expiredErrcode;
    this.corpId = `ww${idText(16, seed, 'corp').toLowerCase()}`;
    this.secrets = Object.fromEntries(
      Object.keys(RIGHTS).map((name) => [name, idText(43, seed, 'secret', name)]),
    );
  }

  /** The token of a secret: the same one until it has expired or was invalidated. */
  issue(corpId: string, secret: string, violation: (text: string) => void): string {
    if (corpId !== this.corpId) {
      this.#countWrong(`corp ${corpId}`, violation);
      throw new ApiError(40013);
    }
    const name = Object.keys(this.secrets).find((key) => this.secrets[key] === secret);
    if (name === undefined) {
      this.#countWrong('secret', violation);
      throw new ApiError(40001);
    }
    this.tokensIssued += 1;
    const current = this.#current.get(name);
    if (current !== undefined && this.#state(current) === 0) return current;
    const token = idText(64, this.#seed, 'token', name, this.#tokens.size);
    this.#tokens.set(token, { secretName: name, issuedAt: this.#now(), errcode: 0 });
    this.#current.set(name, token);
    return token;
  }

  /** Repeated wrong secrets block the company's address for an hour. */
  #countWrong(what: string, violation: (text: string) => void): void {
    const count = (this.#wrongSecrets.get(what) ?? 0) + 1;
    this.#wrongSecrets.set(what, count);
    if (count > 1) violation(`gettoken with a wrong ${what.split(' ')[0]} for the ${count}. time`);
  }

  /** Number of gettoken calls with a wrong corp or secret. */
  get wrongAttempts(): number {
    return [...this.#wrongSecrets.values()].reduce((sum, count) => sum + count, 0);
  }

  /** The errcode that the token earns; 0 = valid. */
  #state(token: string): number {
    const known = this.#tokens.get(token);
    if (known === undefined) return 40014;
    if (known.errcode !== 0) return known.errcode;
    return this.#now() - known.issuedAt >= LIFE ? this.#expiredErrcode : 0;
  }

  /** The secret behind the token, or an ApiError. */
  check(token: string, area: Area): string {
    if (token === '') throw new ApiError(41001);
    const errcode = this.#state(token);
    if (errcode !== 0) throw new ApiError(errcode);
    if (!this.trustedIp) throw new ApiError(60020);
    const name = this.#tokens.get(token)?.secretName ?? '';
    if (area === 'any') return name;
    if (name === 'contactSync' && area === 'directory') throw new ApiError(48009);
    if (this.#revoked.has(area) || RIGHTS[name]?.includes(area) !== true) throw new ApiError(FORBIDDEN[area]);
    return name;
  }

  /** Every token is answered with 42001 (or 40014) from now on. */
  expireTokens(): void {
    for (const token of this.#tokens.values()) token.errcode = this.#expiredErrcode;
  }

  /** Every token is answered with 40014 from now on. */
  invalidateTokens(): void {
    for (const token of this.#tokens.values()) token.errcode = 40014;
  }

  /** The app is taken out of 可调用接口的应用 of that product. */
  revoke(area: Area): void {
    this.#revoked.add(area);
  }

  grant(area: Area): void {
    this.#revoked.delete(area);
  }
}

const AGENTS: Readonly<Record<string, { agentid: number; name: string }>> = {
  app: { agentid: 1_000_005, name: '数据同步' },
  contactSync: { agentid: 2_000_002, name: '通讯录同步' },
  customer: { agentid: 2_000_003, name: '客户联系' },
  approval: { agentid: 3_010_040, name: '审批' },
  checkin: { agentid: 3_010_011, name: '打卡' },
};

/** The app that the call's secret belongs to. */
export function agentOf({ secretName }: Call): { agentid: number; name: string } {
  return AGENTS[secretName] ?? { agentid: 0, name: '' };
}
