import { afterEach, describe, expect, it } from 'vitest';
import { unassignedCustomersStream } from '../../extractors/unassigned_customers.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import {
  contextOf,
  endsOf,
  names,
  onlyRow,
  readAll,
  recordsOf,
  script,
  simulated,
} from './extract-contact-support.ts';

const PATH = 'externalcontact/get_unassigned_list';

async function walk(...answers: (JsonObject | number)[]) {
  const wecom = script({ [PATH]: () => answers.shift() ?? 0 });
  const { steps } = await readAll(unassignedCustomersStream, contextOf(wecom.call));
  return { steps, bodies: wecom.sent.map(({ body }) => body) };
}
const row = (handover_userid: string, external_userid: string, dimission_time: number | string) => ({
  handover_userid,
  external_userid,
  dimission_time,
});

describe('unassigned_customers', () => {
  it('makes a row of a record', () => {
    const record = { ...row('zhaokai ', ' wm1', '1766000000'), x: 1 };
    expect(onlyRow(unassignedCustomersStream.normalise(record, names), 'unassigned_customers')).toEqual({
      handover_userid: 'ZhaoKai',
      external_userid: 'wm1',
      dimission_at: '2025-12-17T19:33:20.000Z',
      extra: '{"x":1}',
    });
  });

  it.each([{ handover_userid: 'a' }, { external_userid: 'w' }])('rejects %o', (record) => {
    expect(() => unassignedCustomersStream.normalise(record, names)).toThrow('key field');
  });

  it('walks by cursor, and never asks for a page after the last one', async () => {
    const { steps, bodies } = await walk(
      { info: [row('a', 'w1', 9)], is_last: false, next_cursor: 'c1' },
      { info: [], is_last: false, next_cursor: 'c2' },
      { info: [row('a', 'w2', 8)], is_last: true, next_cursor: 'c3' },
    );
    expect(bodies).toEqual([
      { page_size: 1000 },
      { page_size: 1000, cursor: 'c1' },
      { page_size: 1000, cursor: 'c2' },
    ]);
    expect(recordsOf(steps)).toHaveLength(2);
    expect(endsOf(steps)).toEqual({ '*': 'done' });
  });

  it('walks by page_id where WeCom answers without a cursor', async () => {
    const { bodies } = await walk(
      { info: [row('a', 'w1', 9)], is_last: false },
      { info: [row('a', 'w2', 9)], is_last: true },
    );
    expect(bodies).toEqual([{ page_size: 1000 }, { page_size: 1000, page_id: 1 }]);
  });

  it('keeps the newest resignation of a customer who is listed twice', async () => {
    const { steps } = await walk(
      { info: [row('a', 'w1', 9), row('A', 'w1', 7)], next_cursor: 'c1' },
      { info: [row('a', 'w1', 5), row('a', 'w2', 5), row('a', 'w2', '6')], next_cursor: '' },
    );
    expect(recordsOf(steps)).toEqual([row('a', 'w1', 9), row('a', 'w2', 5), row('a', 'w2', '6')]);
  });

  it('shows every row again when 50100 sends the walk back', async () => {
    const { steps } = await walk({ info: [row('a', 'w1', 9)], next_cursor: 'c1' }, 50100, {
      info: [row('a', 'w1', 9)],
      next_cursor: '',
    });
    expect(recordsOf(steps)).toHaveLength(2);
  });

  it('hands on records without a key, to be rejected one by one', async () => {
    const { steps } = await walk({ info: [{ x: 1 }, { x: 2 }], next_cursor: '' });
    expect(recordsOf(steps)).toHaveLength(2);
  });

  it('is never held: it may rightly become empty', () => {
    expect(unassignedCustomersStream.hold).toBeNull();
  });
});

describe('unassigned_customers against the simulator', () => {
  let close: (() => Promise<void>) | undefined;
  afterEach(() => close?.());

  it.each([false, true])('reads the whole list (old form: %s)', async (unassignedByPage) => {
    const bench = await simulated(unassignedCustomersStream, {
      unassignedByPage,
      blankIds: true,
      otherCase: true,
    });
    close = bench.close;
    const { steps } = await readAll(unassignedCustomersStream, contextOf(bench.call));
    const keys = recordsOf(steps).map((record) => {
      const { handover_userid, external_userid } = onlyRow(
        unassignedCustomersStream.normalise(record, names),
        'unassigned_customers',
      );
      return `${String(handover_userid).toLowerCase()} ${String(external_userid)}`;
    });
    const truth = bench.simulator.company.truth().unassigned.map((one) => {
      return `${String(one.handover_userid).trim().toLowerCase()} ${String(one.external_userid).trim()}`;
    });
    expect(new Set(keys)).toEqual(new Set(truth));
    expect(truth.length).toBeGreaterThan(0);
    expect(bench.simulator.violations).toEqual([]);
  });
});
