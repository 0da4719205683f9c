import { type NormaliseContext, type Rows, type Stream, WHOLE } from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/wecom/json.ts';
import { mainList } from './answers.ts';
import { Fields, firstId, idOf, isNothing } from './fields.ts';

const PATH = 'externalcontact/get_follow_user_list';

const followUsers = table('follow_users', {
  key: { userid: 'text' },
  userids: { userid: {} },
  extra: true,
});

/** Members with the customer-contact function in the app's visible scope (customer-contact 4.1). */
export const followUsersStream: Stream = {
  name: 'follow_users',
  label: { zh: '客户联系成员', en: 'Follow users' },
  area: 'customer',
  mode: 'snapshot',
  endpoints: [PATH],
  probes: [
    {
      call: () => ({ path: PATH, list: 'follow_user' }),
      finds: ({ follow_user }) => ({ 'follow user': firstId(follow_user), member: firstId(follow_user) }),
    },
  ],
  // Not for its rows, but for the directory's spelling of a userid.
  after: ['employees'],
  needs: [],
  tables: [followUsers],
  hold: { share: 0.2, least: 3 },

  async blocks(context) {
    return context.pending([WHOLE]).map((unit) => ({ units: [unit] }));
  },

  async *read(_block, context) {
    const answer = await context.call({ path: PATH, list: 'follow_user' });
    yield { type: 'records', unit: WHOLE, records: distinct(mainList(answer, 'follow_user', PATH)) };
    yield { type: 'done', unit: WHOLE };
  },

  proof: () => [{ table: 'follow_users', where: {} }],

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    return { follow_users: [{ userid: context.spelling(f.id('userid')), extra: f.rest() }] };
  },
};

/** One record per member: the list holds bare userids, and WeCom compares them without case. */
function distinct(items: readonly JsonValue[]): JsonObject[] {
  const records = new Map<string, JsonObject>();
  for (const item of items) {
    if (isNothing(item)) continue;
    const record = isJsonObject(item) ? item : { userid: item };
    const key = idOf(record.userid)?.toLowerCase() ?? JSON.stringify(record);
    if (!records.has(key)) records.set(key, record);
  }
  return [...records.values()];
}
