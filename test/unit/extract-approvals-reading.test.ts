import { afterEach, describe, expect, it } from 'vitest';
import { isItsNight } from '../../extractors/approval_plan.ts';
import { ASKED_SP_NO } from '../../extractors/approval_rows.ts';
import { approvalTemplatesStream } from '../../extractors/approval_templates.ts';
import { approvalsStream } from '../../extractors/approvals.ts';
import { addDays, countDays, daySet, union } from '../../src/days.ts';
import { RecordRejected, type StoredRow } from '../../src/engine/stream.ts';
import type { TrapChoice } from '../../src/simulator/index.ts';
import type { Row } from '../../src/simulator/world/odd.ts';
import type { JsonObject } from '../../src/wecom/json.ts';
import { Bench, names, type Outcome, TODAY } from './extract-oa-support.ts';

const LIST = 'oa/getapprovalinfo';
const DETAIL = 'oa/getapprovaldetail';
const ALL_DAYS = daySet(addDays(TODAY, -180), TODAY);
const TAIL = daySet(addDays(TODAY, -31), TODAY);

let bench: Bench | undefined;
const open = async (traps?: TrapChoice) => {
  bench = await Bench.open(approvalsStream, traps);
  return bench;
};
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const visible = (b: Bench) =>
  b.simulator.company.approvals.filter((one) => b.simulator.company.members[one.applicant]?.visible);
const asked = (b: Bench) => b.sent(DETAIL).map((body) => String(body.sp_no));
const storedRows = (b: Bench): StoredRow[] =>
  visible(b).map((one) => ({
    sp_no: one.spNo,
    sp_status: one.status,
    applied_at: new Date(one.applyTime * 1000).toISOString(),
  }));
const coverage = ({ steps }: Outcome) =>
  steps.reduce(
    (days, step) => (step.type === 'done' ? union(days, step.days ?? []) : days),
    [] as ReturnType<typeof daySet>,
  );

describe.each<TrapChoice>(['none', 'all'])('the first run, traps: %s', (traps) => {
  it('reads every visible request once and covers 180 days', async () => {
    const b = await open(traps);
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    const expected = visible(b).map((one) => one.spNo);
    expect(expected.length).toBeGreaterThan(10);
    expect(asked(b).toSorted()).toEqual(expected.toSorted());
    expect(outcome.records.map((record) => record[ASKED_SP_NO])).toHaveLength(expected.length);
    expect(coverage(outcome)).toEqual(ALL_DAYS);
    expect(outcome.steps.filter((step) => step.type === 'failed')).toEqual([]);
    expect(b.simulator.violations).toEqual([]);
    expect(b.sent(LIST).every((body) => body.filters === undefined)).toBe(true);
  });
});

describe('later runs', () => {
  it('read only what is new, open, changed, or in its turn', async () => {
    const b = await open();
    const rows = storedRows(b);
    const [fresh, revoked] = [rows.at(-1), rows.find((row) => row.sp_status === 6)];
    const stored = rows
      .filter((row) => row !== fresh)
      .map((row) => (row === revoked ? { ...row, sp_status: 2 } : row));
    const given = { needed: TAIL, covered: () => ALL_DAYS, stored: { approvals: stored } };
    const { blocks } = await b.run(approvalsStream, given);
    const due = rows.filter(
      (row) =>
        row.sp_status === 1 || row === fresh || row === revoked || isItsNight(String(row.sp_no), TODAY),
    );
    expect(revoked).toBeDefined();
    expect(due.length).toBeLessThan(rows.length);
    expect(asked(b).toSorted()).toEqual(due.map((row) => String(row.sp_no)).toSorted());
    expect(blocks.flatMap(({ spared }) => spared?.count ?? [])).toEqual([rows.length - due.length]);
    expect(b.simulator.violations).toEqual([]);
  });

  it('look at lists of status 1 back to the oldest open request', async () => {
    const b = await open();
    const applied_at = '2026-03-01T00:00:00.000Z';
    const stored = [...storedRows(b), { sp_no: '1', sp_status: 1, applied_at }];
    await b.run(approvalsStream, { needed: [], covered: () => ALL_DAYS, stored: { approvals: stored } });
    const starts = b
      .sent(LIST)
      .filter((body) => JSON.stringify(body.filters) === '[{"key":"sp_status","value":"1"}]')
      .map((body) => Number(body.starttime) * 1000);
    expect(Math.min(...starts)).toBeLessThanOrEqual(Date.parse(applied_at));
    expect(b.simulator.violations).toEqual([]);
  });

  it('read everything listed with --full, still once', async () => {
    const b = await open();
    await b.run(approvalsStream, { needed: ALL_DAYS, full: true, stored: { approvals: storedRows(b) } });
    expect(asked(b).toSorted()).toEqual(
      visible(b)
        .map((one) => one.spNo)
        .toSorted(),
    );
  });

  it('record no days for what is rechecked', async () => {
    const b = await open();
    const outcome = await b.run(approvalsStream, {
      needed: [],
      covered: () => ALL_DAYS,
      stored: { approvals: storedRows(b) },
    });
    expect(outcome.records.length).toBeGreaterThan(0);
    expect(outcome.steps.at(-1)).toEqual({ type: 'done', unit: '*', days: [] });
  });
});

const normalise = (record: JsonObject) => approvalsStream.normalise(record, names);

describe('errors', () => {
  it.each([301025, 301055, 301026])('%i on one detail skips that number only', async (errcode) => {
    const b = await open();
    b.simulator.faults.inject({ path: DETAIL, kind: { errcode }, nth: 3 });
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    expect(outcome.records).toHaveLength(visible(b).length - 1);
    expect(coverage(outcome)).toEqual(ALL_DAYS);
    expect(outcome.notes).toEqual([expect.stringContaining(`errcode ${errcode}`)]);
  });

  it('301055 on every detail of the first run is a missing permission', async () => {
    const b = await open();
    b.simulator.faults.inject({ path: DETAIL, kind: { errcode: 301055 }, times: Number.POSITIVE_INFINITY });
    const crowded = daySet(addDays(TODAY, -29), TODAY);
    expect(visible(b).length).toBeGreaterThan(20);
    await expect(b.run(approvalsStream, { needed: crowded })).rejects.toMatchObject({ permission: true });
  });

  it('another errcode on one detail fails its window and no other', async () => {
    const b = await open();
    b.simulator.faults.inject({ path: DETAIL, kind: { errcode: 301039 }, nth: 3 });
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    expect(outcome.records).toHaveLength(visible(b).length - 1);
    expect(outcome.steps.filter((step) => step.type === 'failed')).toHaveLength(1);
    expect(countDays(coverage(outcome))).toBe(181 - 30);
  });

  it('a detail without info is a failure, not an empty request', async () => {
    const b = await open();
    b.simulator.faults.inject({
      path: DETAIL,
      kind: 'empty',
      times: Number.POSITIVE_INFINITY,
      match: { sp_no: visible(b)[0]?.spNo ?? '' },
    });
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    expect(outcome.records).toHaveLength(visible(b).length - 1);
    expect(outcome.steps.filter((step) => step.type === 'failed')).toHaveLength(1);
  });

  it.each<[string, Row]>([
    ['without sp_no', { sp_no: undefined }],
    ['with a text for its form', { apply_data: 'oops' }],
    ['with an object for the contents of its form', { apply_data: { contents: { junk: 1 } } }],
    ['with a text for its flow', { process_list: 'oops' }],
    ['with a text for its records', { sp_record: 'oops' }],
  ])('a detail %s is a failure, and nothing of it is a record', async (_title, more) => {
    const b = await open();
    const spNo = visible(b)[0]?.spNo ?? '';
    b.simulator.faults.inject({
      path: DETAIL,
      kind: { change: ({ info, ...body }) => ({ ...body, info: { ...Object(info), ...more } }) },
      times: Number.POSITIVE_INFINITY,
      match: { sp_no: spNo },
    });
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    expect(outcome.records.map((record) => record[ASKED_SP_NO])).not.toContain(spNo);
    expect(outcome.records).toHaveLength(visible(b).length - 1);
    expect(outcome.steps.filter((step) => step.type === 'failed')).toMatchObject([
      { error: { code: 'WECOM_MALFORMED' } },
    ]);
  });

  it('every nothing in a detail is one', async () => {
    for (const nothing of [undefined, null, '', []]) {
      const b = await open();
      const more = { apply_data: nothing, sp_record: nothing, process_list: nothing, comments: nothing };
      const kind = { change: ({ info, ...body }: Row) => ({ ...body, info: { ...Object(info), ...more } }) };
      b.simulator.faults.inject({ path: DETAIL, kind, times: Number.POSITIVE_INFINITY });
      const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
      expect(outcome.records).toHaveLength(visible(b).length);
      await b.close();
    }
  });

  it('entries of the list that are no number are handed on, to be rejected', async () => {
    const b = await open();
    b.simulator.faults.inject({
      path: LIST,
      kind: { change: (body) => ({ ...body, sp_no_list: [5, { x: 1 }, null, []] }) },
    });
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    expect(asked(b)).toContain('5');
    const unreadable = outcome.records.filter((record) => !(ASKED_SP_NO in record));
    expect(unreadable).toEqual([{ entry: { x: 1 } }, { entry: null }, { entry: [] }]);
    for (const record of unreadable) expect(() => normalise(record)).toThrow(RecordRejected);
    expect(coverage(outcome)).toEqual(ALL_DAYS);
  });

  it('counts refusals apart from numbers that are gone', async () => {
    const b = await open();
    b.simulator.faults.inject({ path: DETAIL, kind: { errcode: 60011 }, nth: 1 });
    b.simulator.faults.inject({ path: DETAIL, kind: { errcode: 301025 }, nth: 2 });
    b.simulator.faults.inject({ path: DETAIL, kind: { errcode: 301055 }, nth: 3 });
    const { steps } = await b.run(approvalsStream, { needed: ALL_DAYS });
    const counts = steps.filter((step) => step.type === 'count');
    const sum = (key: 'explained' | 'refused') => counts.reduce((total, step) => total + (step[key] ?? 0), 0);
    expect([sum('explained'), sum('refused')]).toEqual([3, 2]);
  });

  it.each([48002, 301055, 301056])('%i on the list is thrown', async (errcode) => {
    const b = await open();
    b.simulator.faults.inject({ path: LIST, kind: { errcode }, times: Number.POSITIVE_INFINITY });
    await expect(b.run(approvalsStream, { needed: TAIL })).rejects.toMatchObject({
      errcode,
      permission: true,
    });
  });

  it('a list that breaks off costs its window only, and what it showed is read', async () => {
    const b = await open();
    b.simulator.faults.inject({ path: LIST, kind: { errcode: 301039 } });
    const outcome = await b.run(approvalsStream, { needed: ALL_DAYS });
    expect(outcome.steps.filter((step) => step.type === 'failed')).toHaveLength(1);
    expect(countDays(coverage(outcome))).toBeGreaterThanOrEqual(181 - 30);
    expect(countDays(coverage(outcome))).toBeLessThan(181);
  });

  it('an answer without list and cursor is an empty window; a text in place of the list is not', async () => {
    const b = await open();
    b.simulator.faults.inject({ path: LIST, kind: 'missing_list', times: Number.POSITIVE_INFINITY });
    expect(coverage(await b.run(approvalsStream, { needed: TAIL }))).toEqual(TAIL);
    b.simulator.faults.clear();
    b.simulator.faults.inject({ path: LIST, kind: 'wrong_types', times: Number.POSITIVE_INFINITY });
    expect(coverage(await b.run(approvalsStream, { needed: TAIL }))).toEqual([]);
  });
});

describe('approval_templates', () => {
  const templates = (b: Bench): StoredRow[] =>
    b.simulator.company.templates.map((template) => ({ template_id: template.id }));

  it('asks once for each template of the stored approvals', async () => {
    const b = await open('all');
    const stored = { approvals: [...templates(b), ...templates(b), { template_id: null }] };
    const outcome = await b.run(approvalTemplatesStream, { needed: [], stored });
    expect(b.sent('oa/gettemplatedetail')).toHaveLength(templates(b).length);
    expect(outcome.steps.filter((step) => step.type === 'done')).toHaveLength(templates(b).length);
    expect(outcome.records.every((record) => !('errmsg' in record))).toBe(true);
  });

  it('explains an unreadable template and fails a broken one', async () => {
    const b = await open();
    const stored = { approvals: [{ template_id: 'unknown' }] };
    const skipped = await b.run(approvalTemplatesStream, { needed: [], stored });
    expect(skipped.steps).toEqual([{ type: 'skipped', unit: 'unknown', reason: 'not_readable' }]);
    b.simulator.faults.inject({ path: 'oa/gettemplatedetail', kind: { errcode: 301039 } });
    const failed = await b.run(approvalTemplatesStream, { needed: [], stored });
    expect(failed.steps).toMatchObject([{ type: 'failed', unit: 'unknown', error: { errcode: 301039 } }]);
  });

  it.each([60011, 301055])('%i is a template that is not visible', async (errcode) => {
    const b = await open();
    b.simulator.faults.inject({ path: 'oa/gettemplatedetail', kind: { errcode } });
    const { steps } = await b.run(approvalTemplatesStream, {
      needed: [],
      stored: { approvals: [{ template_id: 'unknown' }] },
    });
    expect(steps).toEqual([{ type: 'skipped', unit: 'unknown', reason: 'not_visible' }]);
  });

  it.each<[string, Row, 'failed' | 'done']>([
    ['a text for its controls', { template_content: { controls: 'oops' } }, 'failed'],
    ['an object for its controls', { template_content: { controls: { junk: 1 } } }, 'failed'],
    ['a text for its names', { template_names: 'oops' }, 'failed'],
    ['a list for its content', { template_content: [] }, 'failed'],
    ['no controls', { template_content: {} }, 'done'],
    ['empty controls', { template_content: { controls: [] } }, 'done'],
  ])('one with %s', async (_title, more, end) => {
    const b = await open();
    b.simulator.faults.inject({
      path: 'oa/gettemplatedetail',
      kind: { change: (body) => ({ ...body, ...more }) },
    });
    const [template_id = ''] = templates(b).map((row) => String(row.template_id));
    const { steps } = await b.run(approvalTemplatesStream, {
      needed: [],
      stored: { approvals: [{ template_id }] },
    });
    expect(steps.at(-1)?.type).toBe(end);
    expect(steps.filter((step) => step.type === 'records')).toHaveLength(end === 'done' ? 1 : 0);
  });
});
