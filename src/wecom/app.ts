/** The app behind a secret, and what it sees (directory-and-oa 2.1, 4.1 and 4.2). */
import { isUnusable, WecomError } from './errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, toInteger } from './json.ts';
import type { SecretArea } from './secrets.ts';
import type { WecomClient } from './types.ts';

/** What an admin has ticked under 可见范围. */
export interface VisibleRange {
  readonly departments: readonly number[];
  readonly users: number;
  readonly tags: number;
}

export interface App {
  readonly agentId: number;
  readonly name: string;
  /** The product whose system app it is; null: a self-built app. */
  readonly product: string | null;
  /** null: agent/get would not tell. */
  readonly range: VisibleRange | null;
}

/** The system apps, whose secrets are being retired, by agentid. */
const PRODUCTS: Readonly<Record<number, string>> = {
  2000002: '通讯录同步',
  2000003: '客户联系',
  2000004: '会话内容存档',
  3010007: '公费电话',
  3010011: '打卡',
  3010040: '审批',
  3010041: '汇报',
  3010084: '日程',
  3010116: '会议室',
  3010185: '人事助手',
};

const ROOT = 1;

/**
 * The app of the area's secret; null when WeCom does not name it to this secret. No setting tells the agentid: agent/list
 * answers the app that owns the token, and only that. Throws WecomError when the secret cannot be used at all.
 */
export async function readApp(client: WecomClient, area: SecretArea): Promise<App | null> {
  const list = await unlessRefused(client.call({ path: 'agent/list', area }));
  const [first] = listAt(list, 'agentlist');
  const agentId = isJsonObject(first) ? toInteger(first.agentid) : undefined;
  if (!isJsonObject(first) || agentId === undefined) return null;
  const query = { agentid: agentId };
  const details = await unlessRefused(client.call({ path: 'agent/get', area, query }));
  return {
    agentId,
    name: String(first.name ?? ''),
    product: PRODUCTS[agentId] ?? null,
    range: details && rangeOf(details),
  };
}

export const seesWholeCompany = ({ departments }: VisibleRange): boolean => departments.includes(ROOT);

/** Each `allow_*` is absent when it is empty. */
function rangeOf({ allow_partys, allow_userinfos, allow_tags }: JsonObject): VisibleRange {
  return {
    departments: listAt(allow_partys, 'partyid').flatMap((id) => toInteger(id) ?? []),
    users: listAt(allow_userinfos, 'user').length,
    tags: listAt(allow_tags, 'tagid').length,
  };
}

function listAt(value: JsonValue | undefined, key: string): readonly JsonValue[] {
  const list = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(list) ? list : [];
}

/** What is refused to this endpoint alone says nothing against the secret. */
async function unlessRefused(answer: Promise<JsonObject>): Promise<JsonObject | null> {
  return answer.catch((error: unknown) => {
    if (error instanceof WecomError && !isUnusable(error)) return null;
    throw error;
  });
}
