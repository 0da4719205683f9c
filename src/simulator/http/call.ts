/** One call as an endpoint sees it, and the strict reading of its parameters. */
import type { Company } from '../company.ts';
import type { Row } from '../world/odd.ts';
import type { Access } from './access.ts';
import { ApiError } from './answer.ts';
import type { Walks } from './paging.ts';

/** What a secret may be allowed to call. */
export type Area = 'any' | 'directory' | 'skeleton' | 'roster' | 'customer' | 'approval' | 'checkin';

export interface Call {
  path: string;
  query: URLSearchParams;
  body: Row;
  company: Company;
  access: Access;
  walks: Walks;
  /** which secret the token belongs to */
  secretName: string;
  /** Unix seconds */
  now: number;
  /** Records what a correct client never does. */
  violation: (text: string) => void;
}

export interface Endpoint {
  path: string;
  method: 'GET' | 'POST';
  area: Area;
  /** success keys as they stand, emptied, in error bodies */
  emptied: Row;
  /** calls per minute and corp */
  perMinute: number;
  handle(call: Call): Row;
}

/** Records the violation and fails the call. */
export function refuse(call: Call, errcode: number, text: string): never {
  call.violation(text);
  throw new ApiError(errcode);
}

/** An integer parameter; numeric text is accepted as WeCom does, milliseconds are a violation. */
export function integer(call: Call, key: string, errcode = 40058): number | undefined {
  const value = call.body[key];
  if (value === undefined || value === null || value === '') return undefined;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number))
    refuse(call, errcode, `${key} is not an integer`);
  return number;
}

/** Unix seconds. */
export function time(call: Call, key: string, errcode: number): number | undefined {
  const value = integer(call, key, errcode);
  if (value !== undefined && value > 100_000_000_000) refuse(call, errcode, `${key} is in milliseconds`);
  return value;
}

export function text(call: Call, key: string): string {
  const value = call.body[key];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') refuse(call, 40058, `${key} is not text`);
  return value;
}

/** A list of ids within its limit; an empty list is allowed here. */
export function idList(call: Call, value: unknown, key: string, limit: number, errcode = 40058): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) refuse(call, errcode, `${key} is not a list`);
  if (value.length > limit) refuse(call, errcode, `${value.length} ids in ${key}, the limit is ${limit}`);
  return value.map((id) =>
    typeof id === 'string' ? id : refuse(call, errcode, `${key} holds something that is not text`),
  );
}

/** `owner_filter.userid_list`, or undefined when there is no filter. */
export function ownerFilter(call: Call): string[] | undefined {
  const filter = call.body.owner_filter;
  if (filter === undefined || filter === null) return undefined;
  if (typeof filter !== 'object' || Array.isArray(filter))
    refuse(call, 40058, 'owner_filter is not an object');
  const ids = idList(call, (filter as Row).userid_list, 'owner_filter.userid_list', 100);
  return ids.length === 0 ? undefined : ids;
}

/** A page size within 1..max; above the maximum it is a violation and is treated as documented: cut to the maximum. */
export function pageSize(call: Call, key: string, standard: number, max: number): number {
  const limit = integer(call, key) ?? standard;
  if (limit > max) call.violation(`${call.path}: ${key} ${limit} is above the maximum ${max}`);
  if (limit < 1) refuse(call, 40058, `${call.path}: ${key} ${limit} is below 1`);
  return Math.min(limit, max);
}
