/** What `check` says about one thing: pure, from what WeCom answered to what is printed. */
import {
  type App,
  isUnusable,
  type Remedy,
  seesWholeCompany,
  type VisibleRange,
  type WecomError,
} from '../../wecom/index.ts';
import { BLOCKED_ADDRESS, GONE, LATER, rangeRemedy, retiredRemedy } from '../../wecom/remedies.ts';

export interface Finding {
  /** Good, bad, to be looked at, or not to be tried (which is nobody's fault here). */
  readonly mark: '✓' | '✗' | '!' | '?';
  readonly text: string;
  /** What to do about it, line by line. */
  readonly advice?: readonly string[];
}

export const adviceOf = ({ en, zh }: Remedy): readonly string[] => [en, zh];

/** 60020, and 301042 of the chat archive. */
const UNTRUSTED: readonly (number | undefined)[] = [60020, 301042];
/** What a call earns whose secret belongs to another app than the product wants. */
const WRONG_APP: readonly (number | undefined)[] = [48001, 48002, 60031, 301055];
const CONTACT_SYNC_ONLY_IDS = 48009;
const DEPARTMENTS_NAMED = 5;

/** The secret was taken: whose it is and what its app sees. */
export function acceptance(app: App | null): Finding {
  if (app === null) return { mark: '✓', text: 'accepted; WeCom does not tell which app it belongs to' };
  const { agentId, name, product, range } = app;
  const whose = `accepted: ${product === null ? `app ${name}` : `system app ${product}`} (agentid ${agentId})`;
  if (range === null) return { mark: '✓', text: `${whose}; WeCom does not tell its visible range` };
  if (seesWholeCompany(range)) return { mark: '✓', text: `${whose}, sees the whole company` };
  const seen = seenOf(range);
  // Some system apps have their range elsewhere (客户联系: 使用范围).
  if (seen === '' && product !== null) return { mark: '✓', text: whose };
  return {
    mark: '!',
    text: `${whose}, sees only a part of the company: ${seen || 'nobody'}`,
    advice: adviceOf(rangeRemedy(app)),
  };
}

function seenOf({ departments, users, tags }: VisibleRange): string {
  const named = departments.slice(0, DEPARTMENTS_NAMED).join(', ');
  const more = departments.length > DEPARTMENTS_NAMED ? ', …' : '';
  return [
    departments.length > 0 ? `${departments.length} departments (${named}${more}), not the root` : '',
    users > 0 ? `${users} members by name` : '',
    tags > 0 ? `${tags} tags` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** Why the secret, or the stream that is read with it, is refused. */
export function refusal(error: WecomError, app: App | null = null): Finding {
  const { errcode, message, egressIp } = error;
  const advice = adviceOf(error.remedy);
  if (UNTRUSTED.includes(errcode))
    return {
      mark: '✗',
      text: `not in the trusted IPs (企业可信IP): WeCom saw ${egressIp ?? 'another address'}; ${message}`,
      advice,
    };
  if (error.fate === 'wait')
    return error.endpoint === 'gettoken'
      ? {
          mark: '✗',
          text: `this address is blocked for up to an hour: ${message}`,
          advice: adviceOf(BLOCKED_ADDRESS),
        }
      : {
          mark: '✗',
          text: `not to be told now, the calls are used up for a minute or more: ${message}`,
          advice,
        };
  if (errcode === CONTACT_SYNC_ONLY_IDS)
    return { mark: '✗', text: `forbidden, retired secret of 通讯录同步: ${message}`, advice };
  if (typeof app?.product === 'string' && WRONG_APP.includes(errcode))
    return {
      mark: '✗',
      text: `forbidden, secret of the system app ${app.product}: ${message}`,
      advice: adviceOf(retiredRemedy(error.endpoint ?? '')),
    };
  if (error.code === 'WECOM_NO_SECRET') return { mark: '✗', text: message, advice };
  if (error.permission) return { mark: '✗', text: `forbidden: ${message}`, advice };
  return { mark: '✗', text: isUnusable(error) ? message : `failed: ${message}`, advice };
}

/** A stream whose secret was not taken; a passing failure says nothing about the secret. */
export function notTried(variable: string, { fate }: WecomError): Finding {
  const passing = fate === 'retry' || fate === 'wait';
  return {
    mark: '✗',
    text: `not tried: ${passing ? `WeCom did not say whether ${variable} is right` : `${variable} cannot be used`}`,
  };
}

/**
 * An object that WeCom does not show (fate skip). Null when that proves the permission all the same. 60011, or a refusal
 * that is about no single object, is a lost permission: a run fails with it.
 */
export function notShown(error: WecomError, asked: string | undefined): Finding | null {
  if (error.remedy === GONE || error.remedy === LATER) return null;
  const advice = adviceOf(error.remedy);
  return error.errcode === 60011 || asked === undefined
    ? { mark: '✗', text: `forbidden, nothing is visible: ${error.message}`, advice }
    : { mark: '!', text: `permitted, but the ${asked} asked for is not shown: ${error.message}`, advice };
}
