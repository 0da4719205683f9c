import { type NormaliseContext, type Rows, type Stream, WHOLE } from '../src/engine/stream.ts';
import { table } from '../src/engine/table.ts';
import { toInteger, walkUnassigned } from '../src/wecom/index.ts';
import type { JsonObject } from '../src/wecom/json.ts';
import { Fields, idOf } from './fields.ts';
import { callOf, rowsOf } from './members.ts';

const PATH = 'externalcontact/get_unassigned_list';
const PAGE_SIZE = 1000;

const unassignedCustomers = table('unassigned_customers', {
  key: { handover_userid: 'text', external_userid: 'text' },
  columns: { dimission_at: 'timestamptz' },
  userids: { handover_userid: {} },
  extra: true,
});

/**
 * Customers of resigned members who wait for a new one (customer-contact 11.1): the only list that still shows them.
 * Never held: it may rightly become empty in one night, when everything has been assigned.
 */
export const unassignedCustomersStream: Stream = {
  name: 'unassigned_customers',
  label: { zh: '待分配客户', en: 'Unassigned customers' },
  area: 'customer',
  mode: 'snapshot',
  endpoints: [PATH],
  probes: [{ call: () => ({ path: PATH, body: { page_size: 1 }, list: 'info' }) }],
  after: ['employees'],
  needs: [],
  tables: [unassignedCustomers],
  hold: null,

  async blocks(context) {
    return context.pending([WHOLE]).map((unit) => ({ units: [unit] }));
  },

  async *read(_block, context) {
    const pages = walkUnassigned({
      call: callOf(context),
      request: (position) => ({
        path: PATH,
        area: 'customer',
        list: 'info',
        body: { page_size: PAGE_SIZE, ...cursorOrPage(position) },
      }),
    });
    let newest = new NewestFirst();
    let walks = 0;
    for await (const { answer, restarts } of pages) {
      if (restarts > walks) newest = new NewestFirst();
      walks = restarts;
      const records = rowsOf(answer, 'info', PATH).filter((record) => newest.keeps(record));
      yield { type: 'records', unit: WHOLE, records };
    }
    yield { type: 'done', unit: WHOLE };
  },

  proof: () => [{ table: 'unassigned_customers', where: {} }],

  normalise(record: JsonObject, context: NormaliseContext): Rows {
    const f = new Fields(record);
    return {
      unassigned_customers: [
        {
          handover_userid: context.spelling(f.id('handover_userid')),
          external_userid: f.id('external_userid'),
          dimission_at: f.time('dimission_time'),
          extra: f.rest(),
        },
      ],
    };
  },
};

type Position = Parameters<Parameters<typeof walkUnassigned>[0]['request']>[0];

function cursorOrPage(position: Position): JsonObject {
  if (position === undefined) return {};
  return 'cursor' in position ? { cursor: position.cursor } : { page_id: position.pageId };
}

/**
 * Who left, came back and left again is listed twice with the same customer, the newest resignation first: a later
 * row with an older time must not replace it.
 */
class NewestFirst {
  private readonly times = new Map<string, number>();

  keeps(record: JsonObject): boolean {
    const member = idOf(record.handover_userid)?.toLowerCase();
    const customer = idOf(record.external_userid);
    // Without a key it goes on, to be rejected with its payload.
    if (!member || !customer) return true;
    const key = `${member}\0${customer}`;
    const time = toInteger(record.dimission_time) ?? 0;
    const known = this.times.get(key);
    if (known !== undefined && known >= time) return false;
    this.times.set(key, time);
    return true;
  }
}
