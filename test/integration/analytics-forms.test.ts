import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyApprovalForms } from '../../loaders/analytics/index.ts';
import { type AnalyticsDatabase, analyticsDatabase, night, noon } from './analytics-support.ts';

const PURCHASE = '3TmALk1ogfgKiQE3e3jRwnTUhMTh8vca1N8zUVNUx';
const LEAVE = 'C4NxQ1vacation000000000000000000000000001';
const LONG_TITLE = '请如实填写本次采购的全部用途及其相关说明和备注';

let warehouse: AnalyticsDatabase;

const template = (template_id: string, name: string, corp_id = 'ww1', from = night(1)) =>
  warehouse.current('approval_templates', from, { template_id, name, corp_id });

const control = (
  template_id: string,
  field_id: string,
  title: string,
  position: number,
  table: { table_id: string; table_no: number } | null = null,
) =>
  warehouse.current('approval_template_fields', night(1), {
    template_id,
    field_id,
    table_id: table?.table_id ?? null,
    table_no: table?.table_no ?? 0,
    position,
    control: field_id.split('-')[0] ?? '',
    title,
  });

const field = (sp_no: string, field_id: string, values: Record<string, string | number>) =>
  warehouse.current('approval_fields', night(1), {
    sp_no,
    field_id,
    row_no: 0,
    position: 0,
    control: field_id.split('-')[0] ?? '',
    title: field_id,
    ...values,
  });

const approval = (sp_no: string, template_id: string, corp_id = 'ww1', from = night(1)) =>
  warehouse.current('approvals', from, {
    corp_id,
    sp_no,
    template_id,
    sp_name: '同名',
    sp_status: 2,
    applied_at: noon(1),
  });

const columnsOf = async (view: string) =>
  (
    await warehouse.query<{ column_name: string }>(
      `SELECT column_name FROM information_schema.columns WHERE table_schema = 'approval_forms' AND table_name = '${view}' ORDER BY ordinal_position`,
    )
  )
    .map((row) => row.column_name)
    .filter((name) => name.includes('_') && /[^a-z_]/.test(name));

beforeAll(async () => {
  warehouse = await analyticsDatabase();
  await template(PURCHASE, '门店采购申请');
  await control(PURCHASE, 'Text-1569582140145', LONG_TITLE, 0);
  await control(PURCHASE, 'Money-1569582163333', '金额', 1);
  await control(PURCHASE, 'Date-1', '日期', 2);
  await control(PURCHASE, 'Text-7', '金额', 3);
  await control(PURCHASE, 'Table-1', '明细', 4);
  await control(PURCHASE, 'Text-11', '品名', 0, { table_id: 'Table-1', table_no: 1 });
  await control(PURCHASE, 'Number-13', '数量', 1, { table_id: 'Table-1', table_no: 1 });
  await control(PURCHASE, 'Tips-1', '说明', 5);
  await template(LEAVE, '请假');
  await control(LEAVE, 'Vacation-1563793073898', '请假', 0);
  await approval('1', PURCHASE);
  await field('1', 'Text-1569582140145', { value_text: '开业' });
  await field('1', 'Money-1569582163333', { value_number: 88.5, value_text: '88.50' });
  await field('1', 'Date-1', { value_at: noon(5) });
  for (const row_no of [1, 2]) {
    await field('1', 'Text-11', { row_no, table_id: 'Table-1', value_text: `货${row_no}` });
    await field('1', 'Number-13', { row_no, table_id: 'Table-1', value_number: row_no * 10 });
  }
  await approval('2', PURCHASE);
  await approval('3', LEAVE);
  await field('3', 'Vacation-1563793073898', {
    value_text: '年假',
    value_number: 28800,
    value_at: noon(5),
    value_end_at: noon(6),
  });
});
afterAll(() => warehouse.close());

describe('applyApprovalForms', () => {
  it('makes a view per template and per detail table, and nothing when nothing changed', async () => {
    expect(await applyApprovalForms(warehouse.db)).toEqual([
      'approval_forms.门店采购申请_VNUx',
      'approval_forms.门店采购申请_明细_VNUx_le-1',
      'approval_forms.请假_0001',
    ]);
    expect(await applyApprovalForms(warehouse.db)).toEqual([]);
  });

  it('names columns from the title, cut to 45 bytes, and the end of the control id', async () => {
    const columns = await columnsOf('门店采购申请_VNUx');
    expect(columns).toEqual(['请如实填写本次采购的全部用途及_0145', '金额_3333', '日期_te-1', '金额_xt-7']);
    for (const column of columns) expect(Buffer.byteLength(column)).toBeLessThanOrEqual(50);
  });

  it('shows each request once, with values of the control’s own type', async () => {
    expect(
      await warehouse.query(`
        SELECT approval_no, approval_status_zh, "请如实填写本次采购的全部用途及_0145" AS purpose, "金额_3333"::text AS amount, "日期_te-1" AS on_day
        FROM approval_forms."门店采购申请_VNUx" ORDER BY approval_no`),
    ).toEqual([
      {
        approval_no: '1',
        approval_status_zh: '已通过',
        purpose: '开业',
        amount: '88.5',
        on_day: new Date(noon(5)),
      },
      { approval_no: '2', approval_status_zh: '已通过', purpose: null, amount: null, on_day: null },
    ]);
    expect(
      await warehouse.query(`
        SELECT row_no, "品名_t-11" AS item, "数量_r-13"::int AS number FROM approval_forms."门店采购申请_明细_VNUx_le-1" ORDER BY row_no`),
    ).toEqual([
      { row_no: 1, item: '货1', number: 10 },
      { row_no: 2, item: '货2', number: 20 },
    ]);
    expect(
      await warehouse.query(`
        SELECT "请假_3898" AS kind, "请假_3898_start_at" AS from_at, "请假_3898_end_at" AS to_at, "请假_3898_seconds"::int AS seconds
        FROM approval_forms."请假_0001"`),
    ).toEqual([{ kind: '年假', from_at: new Date(noon(5)), to_at: new Date(noon(6)), seconds: 28800 }]);
  });

  it('changes the comment and not the column when a title changes, and appends what is new', async () => {
    await warehouse.query(`
      WITH old AS (UPDATE wecom.approval_template_fields SET title = '采购金额', valid_from = '${night(9)}'
        WHERE field_id = 'Money-1569582163333' RETURNING corp_id)
      INSERT INTO wecom_history.approval_template_fields (corp_id, template_id, field_id, table_no, position, control, title, valid_from, valid_to, ended_by)
      SELECT corp_id, '${PURCHASE}', 'Money-1569582163333', 0, 1, 'Money', '金额', '${night(1)}', '${night(9)}', 'changed' FROM old`);
    await warehouse.query(
      `UPDATE wecom.approval_template_fields SET valid_from = '${night(9)}', position = 0 WHERE field_id = 'Date-1'`,
    );
    await warehouse.query(`INSERT INTO wecom_history.approval_template_fields (corp_id, template_id, field_id, table_no, position, control, title, valid_from, valid_to, ended_by)
      VALUES ('ww1', '${PURCHASE}', 'Date-1', 0, 2, 'Date', '日期', '${night(1)}', '${night(9)}', 'changed')`);
    await warehouse.query(
      `UPDATE wecom.approval_template_fields SET valid_from = '${night(9)}', field_id = 'Text-8', title = '新控件' WHERE field_id = 'Tips-1'`,
    );
    await warehouse.query(
      `UPDATE wecom.approval_template_fields SET control = 'Text' WHERE field_id = 'Text-8'`,
    );
    const before = await columnsOf('门店采购申请_VNUx');
    expect(await applyApprovalForms(warehouse.db)).toEqual(['approval_forms.门店采购申请_VNUx']);
    expect(await columnsOf('门店采购申请_VNUx')).toEqual([...before, '新控件_xt-8']);
    const [comment] = await warehouse.query<{ text: string }>(`
      SELECT col_description('approval_forms."门店采购申请_VNUx"'::regclass, attnum) AS text FROM pg_attribute
      WHERE attrelid = 'approval_forms."门店采购申请_VNUx"'::regclass AND attname = '金额_3333'`);
    expect(comment?.text).toMatch(/^采购金额 \| Money\n.*首次标题：金额/s);
  });

  it('keeps the column of a control that has left the template and every request', async () => {
    await warehouse.query(
      `UPDATE wecom_history.approval_template_fields SET ended_by = 'gone' WHERE field_id = 'Date-1'`,
    );
    await warehouse.query(`DELETE FROM wecom.approval_template_fields WHERE field_id = 'Date-1'`);
    await warehouse.query(`DELETE FROM wecom.approval_fields WHERE field_id = 'Date-1'`);
    await applyApprovalForms(warehouse.db);
    expect(await columnsOf('门店采购申请_VNUx')).toContain('日期_te-1');
  });

  it('keeps corps and templates of the same name apart, and writes one corp alone when asked', async () => {
    await template(PURCHASE, '门店采购申请', 'ww2', night(9));
    await template('another template VNUx', '门店采购申请', 'ww1', night(10));
    await approval('9', PURCHASE, 'ww2', night(9));
    expect(await applyApprovalForms(warehouse.db, 'ww2')).toEqual(['approval_forms.门店采购申请_VNUx_2']);
    expect(await applyApprovalForms(warehouse.db)).toEqual(['approval_forms.门店采购申请_VNUx_3']);
    expect(
      await warehouse.query('SELECT corp_id, approval_no FROM approval_forms."门店采购申请_VNUx_2"'),
    ).toEqual([{ corp_id: 'ww2', approval_no: '9' }]);
  });
});
