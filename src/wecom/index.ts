export { type Clock, systemClock } from '../clock.ts';
export { type Cursor, isCursor } from './answer.ts';
export { type App, readApp, seesWholeCompany, type VisibleRange } from './app.ts';
export { createClient } from './client.ts';
export { ERRCODES, type Errcode, type Fate } from './errcodes.ts';
export { isUnusable, type ParsedErrmsg, parseErrmsg, WecomError, type WecomErrorCode } from './errors.ts';
export { type BlockPage, halve, halvePages, type Skipped } from './halve.ts';
export {
  isJsonObject,
  isRawNumber,
  type JsonObject,
  type JsonValue,
  parseAnswer,
  type RawNumber,
  toInteger,
} from './json.ts';
export { type Page, type UnassignedPosition, walkCursor, walkOffset, walkUnassigned } from './paging.ts';
export { DEFAULT_QUOTAS, type QuotaStates, type QuotaTable, type QuotaWindow } from './quota.ts';
export type { QuotaStore } from './quota-keeper.ts';
export type { Remedy } from './remedies.ts';
export {
  type Credential,
  hideSecret,
  redact,
  SECRET_AREAS,
  Secret,
  type SecretArea,
  SecretBook,
  secretVariable,
} from './secrets.ts';
export type { CallRecord, ClientOptions, Logger, PathStats, WecomClient, WecomRequest } from './types.ts';
