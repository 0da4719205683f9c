/**
 * Schema `approval_forms`: a view per approval template, a column per control, a view per detail table (明细). Made from
 * what is stored, history included, so that a control that has left the template keeps its column, and that a name,
 * taken from the title as first seen, stays when the title changes.
 */
import { sql } from 'kysely';
import { escapeLiteral } from 'pg';
import type { AnyDatabase } from '../any-database.ts';
import { applyViews } from './apply.ts';
import { coded } from './codes.ts';
import { freeName, nameOf } from './form-names.ts';
import { CORP_ID, type Column, type Columns, moment, type View } from './view.ts';

interface Template {
  readonly corp_id: string;
  readonly template_id: string;
  readonly first_name: string | null;
  readonly last_name: string | null;
}

interface Control {
  readonly corp_id: string;
  readonly template_id: string;
  /** The detail table that the control belongs to; null on the form itself. */
  readonly table_id: string | null;
  readonly field_id: string;
  readonly control: string | null;
  readonly first_title: string | null;
  readonly last_title: string | null;
}

/**
 * Creates or replaces the views of the templates that have changed, of one corp or of all.
 * Returns their names, empty when nothing changed.
 * @throws AnalyticsError when a view cannot be replaced in place; nothing was changed.
 */
export async function applyApprovalForms(db: AnyDatabase, corpId?: string): Promise<string[]> {
  return applyViews(db, ['approval_forms'], async (trx) => {
    const views = formViews(await readTemplates(trx), await readControls(trx));
    return views.filter(({ corp }) => corpId === undefined || corp === corpId).map(({ view }) => view);
  });
}

/** Templates in the order in which they were first seen: an older one keeps its name when a newer one has the same. */
async function readTemplates(db: AnyDatabase): Promise<Template[]> {
  const { rows } = await sql<Template>`
    WITH seen AS (
      SELECT corp_id, template_id, name, valid_from, 1 AS rank FROM wecom.approval_templates
      UNION ALL SELECT corp_id, template_id, name, valid_from, 1 FROM wecom_history.approval_templates
      UNION ALL SELECT corp_id, template_id, sp_name, min(valid_from), 2 FROM wecom.approvals GROUP BY corp_id, template_id, sp_name
      UNION ALL SELECT corp_id, template_id, sp_name, min(valid_from), 2 FROM wecom_history.approvals GROUP BY corp_id, template_id, sp_name
    )
    SELECT corp_id, template_id,
      (array_agg(name ORDER BY valid_from, rank, name) FILTER (WHERE name IS NOT NULL))[1] AS first_name,
      (array_agg(name ORDER BY rank, valid_from DESC, name) FILTER (WHERE name IS NOT NULL))[1] AS last_name
    FROM seen WHERE template_id IS NOT NULL
    GROUP BY corp_id, template_id ORDER BY min(valid_from), corp_id, template_id`.execute(db);
  return rows;
}

/** Controls of templates, and of requests whose template no longer has them, in the order first seen, then as placed. */
async function readControls(db: AnyDatabase): Promise<Control[]> {
  const { rows } = await sql<Control>`
    WITH filled AS (
      SELECT corp_id, sp_no, table_id, field_id, control, title, position, valid_from FROM wecom.approval_fields
      UNION ALL SELECT corp_id, sp_no, table_id, field_id, control, title, position, valid_from FROM wecom_history.approval_fields
    ), seen AS (
      SELECT corp_id, template_id, table_id, field_id, control, title, position, valid_from, 1 AS rank FROM wecom.approval_template_fields
      UNION ALL SELECT corp_id, template_id, table_id, field_id, control, title, position, valid_from, 1 FROM wecom_history.approval_template_fields
      UNION ALL
      SELECT a.corp_id, a.template_id, f.table_id, f.field_id, f.control, f.title, min(f.position), min(f.valid_from), 2
      FROM filled f JOIN wecom.approvals a ON a.corp_id = f.corp_id AND a.sp_no = f.sp_no
      GROUP BY a.corp_id, a.template_id, f.table_id, f.field_id, f.control, f.title
    )
    SELECT corp_id, template_id, table_id, field_id,
      (array_agg(control ORDER BY valid_from, rank, control) FILTER (WHERE control IS NOT NULL))[1] AS control,
      (array_agg(title ORDER BY valid_from, rank, title) FILTER (WHERE title IS NOT NULL))[1] AS first_title,
      (array_agg(title ORDER BY rank, valid_from DESC, title) FILTER (WHERE title IS NOT NULL))[1] AS last_title
    FROM seen WHERE template_id IS NOT NULL
    GROUP BY corp_id, template_id, table_id, field_id
    ORDER BY min(valid_from), min(rank), coalesce(min(position) FILTER (WHERE rank = 1), min(position)), field_id`.execute(
    db,
  );
  return rows;
}

/** Names are given over all corps and templates, also when only some of the views are written. */
function formViews(
  templates: readonly Template[],
  controls: readonly Control[],
): { corp: string; view: View }[] {
  const taken = new Set<string>();
  const byTemplate = Map.groupBy(controls, (control) => `${control.corp_id}\0${control.template_id}`);
  return templates.flatMap((template) => {
    const own = byTemplate.get(`${template.corp_id}\0${template.template_id}`) ?? [];
    const form = { title: template.first_name ?? '审批', id: template.template_id };
    const tables = own.filter(({ control, table_id }) => control === 'Table' && table_id === null);
    const views = [
      formView(freeName(nameOf(form), taken), template, own),
      ...tables.map((table) => {
        const name = nameOf(form, { title: table.first_title ?? '明细', id: table.field_id });
        return detailView(freeName(name, taken), template, table, own);
      }),
    ];
    return views.map((view) => ({ corp: template.corp_id, view }));
  });
}

const REQUEST = [
  'corp_id',
  'sp_no',
  'sp_status',
  'applied_at',
  'applicant_userid',
  'applicant_department_id',
].map((name) => `a.${name}`);

const requestColumns: Columns = {
  corp_id: ['a.corp_id', CORP_ID],
  approval_no: ['a.sp_no', '审批单号 | Approval number\n关联 analytics.fct_approval。'],
  ...coded(
    'approval_status',
    'approval_status',
    'a.sp_status',
    '审批状态',
    'Approval status',
    'NULL：未返回。',
  ),
  ...moment('applied', 'a.applied_at', '提交', 'Applied', 'NULL：未返回。'),
  applicant_userid: [
    'a.applicant_userid',
    '申请人 | Applicant\n关联 analytics.dim_employee.userid。NULL：未返回。',
  ],
  applicant_department_id: [
    'a.applicant_department_id',
    "申请人部门 ID | Applicant's department id\n提交时所在部门。NULL：未返回。",
  ],
};

const ofTemplate = ({ corp_id, template_id }: Template): string =>
  `a.corp_id = ${escapeLiteral(corp_id)} AND a.template_id = ${escapeLiteral(template_id)}`;

function formView(name: string, template: Template, controls: readonly Control[]): View {
  const own = controls.filter(
    ({ table_id, control }) => table_id === null && control !== 'Table' && control !== 'Tips',
  );
  return {
    schema: 'approval_forms',
    name,
    comment: `${oneLine(template.last_name ?? '审批')} | Approval form\n每张审批单一行，每个控件一列。模板 ID：${template.template_id}；企业：${template.corp_id}。`,
    columns: { ...requestColumns, ...controlColumns(own) },
    from: `FROM wecom.approvals a
LEFT JOIN wecom.approval_fields f ON f.corp_id = a.corp_id AND f.sp_no = a.sp_no AND f.row_no = 0
WHERE ${ofTemplate(template)}
GROUP BY ${REQUEST.join(', ')}`,
  };
}

function detailView(name: string, template: Template, table: Control, controls: readonly Control[]): View {
  const own = controls.filter(({ table_id, control }) => table_id === table.field_id && control !== 'Tips');
  return {
    schema: 'approval_forms',
    name,
    comment: `${oneLine(`${template.last_name ?? '审批'}：${table.last_title ?? '明细'}`)} | Detail table\n审批单明细的每一行一行，每个控件一列。模板 ID：${template.template_id}；明细控件 ID：${table.field_id}；企业：${template.corp_id}。`,
    columns: {
      ...requestColumns,
      row_no: [
        'row_number() OVER (PARTITION BY a.corp_id, a.sp_no ORDER BY f.row_no)::int',
        '行号 | Row number\n明细中的第几行，从 1 起。',
      ],
      ...controlColumns(own),
    },
    from: `FROM wecom.approvals a
JOIN wecom.approval_fields f ON f.corp_id = a.corp_id AND f.sp_no = a.sp_no AND f.row_no > 0 AND f.table_id = ${escapeLiteral(table.field_id)}
WHERE ${ofTemplate(template)}
GROUP BY ${REQUEST.join(', ')}, f.row_no`,
  };
}

const NUMBERS = ['Number', 'Money', 'Formula'];
const TIMES = ['Date'];
/** Controls with a beginning, an end and a length beside their text. */
const RANGES = ['DateRange', 'Attendance', 'Vacation'];

/** Controls with a time beside their text. */
const INSTANTS = ['PunchCorrection', 'Location'];

function controlColumns(controls: readonly Control[]): Columns {
  const taken = new Set<string>();
  const columns: Record<string, Column> = {};
  for (const control of controls) {
    const kind = control.control ?? 'Text';
    const name = freeName(nameOf({ title: control.first_title ?? kind, id: control.field_id }), taken);
    const add = (ending: string, source: string, text: string) => {
      columns[`${name}${ending}`] = [
        `max(f.${source}) FILTER (WHERE f.field_id = ${escapeLiteral(control.field_id)})`,
        `${oneLine(control.last_title ?? kind)} | ${kind}${ending.replaceAll('_', ' ')}\n${text}控件 ID：${control.field_id}；首次标题：${oneLine(control.first_title ?? '（无）')}。NULL：没有填写。`,
      ];
    };
    if (NUMBERS.includes(kind)) add('', 'value_number', kind === 'Money' ? '单位：元。' : '');
    else if (TIMES.includes(kind)) add('', 'value_at', '');
    else add('', 'value_text', '');
    if (INSTANTS.includes(kind)) add('_at', 'value_at', '时间。');
    if (RANGES.includes(kind)) {
      add('_start_at', 'value_at', '开始时间。');
      add('_end_at', 'value_end_at', '结束时间。');
      add('_seconds', 'value_number', '时长，单位：秒；按天计时一天不一定是 86400 秒。');
    }
  }
  return columns;
}

const oneLine = (text: string): string => text.replaceAll('|', '/').replace(/\s+/g, ' ').trim();
