import { ERRCODES, type Fate } from './errcodes.ts';
import { BUG, CERTIFICATE, callableRemedy, NETWORK, type Remedy, UNKNOWN } from './remedies.ts';

export type WecomErrorCode =
  | 'WECOM_ERRCODE'
  | 'WECOM_TRANSPORT'
  | 'WECOM_MALFORMED'
  | 'WECOM_CURSOR_LOOP'
  | 'WECOM_PAGE_CAP'
  | 'WECOM_NO_SECRET';

interface WecomErrorParts {
  code: WecomErrorCode;
  message: string;
  endpoint?: string;
  errcode?: number;
  hint?: string | undefined;
  egressIp?: string | undefined;
  fate: Fate;
  permission?: boolean;
  stopsSecret?: boolean;
  remedy: Remedy;
  cause?: unknown;
}

/** The one error of this folder: what happened, what becomes of it (`fate`) and what a person does about it. */
export class WecomError extends Error {
  override readonly name = 'WecomError';
  /** Stable; listed in the docs. */
  readonly code: WecomErrorCode;
  /** The API path without /cgi-bin/, when a call was made. */
  readonly endpoint: string | undefined;
  readonly errcode: number | undefined;
  /** The number that WeCom support asks for. */
  readonly hint: string | undefined;
  /** The address that WeCom saw. */
  readonly egressIp: string | undefined;
  readonly fate: Fate;
  /** The stream is "not permitted" rather than failed. */
  readonly permission: boolean;
  /** The credential makes no further call in this run. */
  readonly stopsSecret: boolean;
  readonly remedy: Remedy;

  constructor(parts: WecomErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = parts.code;
    this.endpoint = parts.endpoint;
    this.errcode = parts.errcode;
    this.hint = parts.hint;
    this.egressIp = parts.egressIp;
    this.fate = parts.fate;
    this.permission = parts.permission ?? false;
    this.stopsSecret = parts.stopsSecret ?? false;
    this.remedy = parts.remedy;
  }
}

/** The secret itself cannot be used: no token for it, no answer at all, or no further call with it. */
export function isUnusable(error: WecomError): boolean {
  return error.errcode === undefined || error.endpoint === 'gettoken' || error.stopsSecret;
}

export interface ParsedErrmsg {
  text: string;
  hint: string | undefined;
  egressIp: string | undefined;
}

/** `<text>, hint: [<number>], from ip: <address>, more info at …` in its parts (customer-contact section 1.1). */
export function parseErrmsg(errmsg: string): ParsedErrmsg {
  return {
    text: errmsg.replace(/,?\s*(?:hint:\s*\[|from ip:|more info at\b).*$/s, '').trim(),
    hint: /hint:\s*\[([^\]]*)\]/.exec(errmsg)?.[1]?.trim() || undefined,
    egressIp: /from ip:\s*([0-9a-fA-F.:]*[0-9a-fA-F])/.exec(errmsg)?.[1],
  };
}

/** The error of an answer with a non-zero errcode; an unknown one fails the stream. `errmsg` must be redacted. */
export function errcodeError(endpoint: string, errcode: number, errmsg: string): WecomError {
  const known = ERRCODES[errcode];
  const { text, hint, egressIp } = parseErrmsg(errmsg);
  const details = [text, hint && `hint ${hint}`, egressIp && `from IP ${egressIp}`]
    .filter(Boolean)
    .join(', ');
  return new WecomError({
    code: 'WECOM_ERRCODE',
    message: `${endpoint} answered errcode ${errcode} (${known?.name ?? 'not in the table'}): ${details}`,
    endpoint,
    errcode,
    hint,
    egressIp,
    fate: known?.fate ?? 'fail',
    permission: known?.permission ?? false,
    stopsSecret: known?.stopsSecret ?? false,
    remedy: errcode === 48002 ? callableRemedy(endpoint) : (known?.remedy ?? UNKNOWN),
  });
}

/** No usable answer arrived: reset, timeout, HTTP error, HTML, truncated JSON. Reads are idempotent, so: retry. */
export function transportError(endpoint: string, reason: string, cause?: unknown): WecomError {
  return new WecomError({
    code: 'WECOM_TRANSPORT',
    message: `${endpoint} gave no usable answer: ${reason}`,
    endpoint,
    fate: 'retry',
    remedy: /certificate|CERT_/i.test(reason) ? CERTIFICATE : NETWORK,
    cause,
  });
}

/** An answer with errcode 0 that lacks what it must have. */
export function malformedError(endpoint: string, reason: string, fate: Fate = 'retry'): WecomError {
  return new WecomError({
    code: 'WECOM_MALFORMED',
    message: `${endpoint} answered errcode 0, but ${reason}`,
    endpoint,
    fate,
    remedy: BUG,
  });
}

/** A walk that would not end: the same cursor again, or more pages than any company has. */
export function walkError(
  code: 'WECOM_CURSOR_LOOP' | 'WECOM_PAGE_CAP',
  endpoint: string,
  reason: string,
): WecomError {
  return new WecomError({ code, message: `${endpoint}: ${reason}`, endpoint, fate: 'fail', remedy: BUG });
}
