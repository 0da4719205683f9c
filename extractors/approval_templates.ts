import type { Rows, Step, Stream, StreamContext } from '../src/engine/stream.ts';
import { type Row, table } from '../src/engine/table.ts';
import { malformedError } from '../src/wecom/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue, WecomError } from '../src/wecom/index.ts';
import { checkShape } from './answers.ts';
import { compact, pickText } from './approval_controls.ts';
import { freeId, idAt } from './approval_fields.ts';
import { Fields, isNothing, objectsOf } from './fields.ts';
import { isNotVisible, slices } from './members.ts';
import { readAhead } from './read-ahead.ts';

const DETAIL = 'oa/gettemplatedetail';
/** Templates asked for at the same time; the limiter keeps 4 of them in flight. */
const CHUNK = 20;
/** Deleted templates, those of another corp, and ids that WeCom no longer knows. */
const UNREADABLE: readonly (number | undefined)[] = [301025, 301026, 40058];
/** The answer does not say which template it is about: `read` writes it under this key. */
export const ASKED_TEMPLATE_ID = '_asked_template_id';

const approvalTemplates = table('approval_templates', {
  key: { template_id: 'text' },
  columns: { name: 'text', names: 'jsonb', vacation_list: 'jsonb' },
  extra: true,
  payload: true,
});

const approvalTemplateFields = table('approval_template_fields', {
  key: { template_id: 'text', field_id: 'text', table_no: 'integer' },
  columns: {
    table_id: 'text',
    position: 'integer',
    control: 'text',
    title: 'text',
    placeholder: 'text',
    required: 'boolean',
    un_print: 'boolean',
    inner_id: 'text',
    un_replace: 'integer',
    display: 'integer',
    config: 'jsonb',
  },
  parent: 'approval_templates',
  // A form without a control cannot be saved.
  missing: 'filled',
  extra: true,
});

/**
 * Templates of the stored approvals: no endpoint lists them (directory-and-oa 5.4), so none ends by absence, but the
 * controls that an admin has taken out of one do.
 */
export const approvalTemplatesStream: Stream = {
  name: 'approval_templates',
  label: { zh: '审批模板', en: 'Approval templates' },
  area: 'approval',
  mode: 'snapshot',
  endpoints: [DETAIL],
  probes: [{ needs: 'approval template', call: (template_id) => ({ path: DETAIL, body: { template_id } }) }],
  after: ['approvals'],
  needs: ['approvals'],
  tables: [approvalTemplates, approvalTemplateFields],
  hold: { share: 0.2, least: 50 },

  async blocks(context) {
    const rows = await context.stored('approvals', ['template_id']);
    const ids = new Set(rows.flatMap((row) => (typeof row.template_id === 'string' ? row.template_id : [])));
    return slices(context.pending([...ids].sort()), CHUNK).map((units) => ({ units, listed: 'templates' }));
  },

  async *read(block, context): AsyncGenerator<Step> {
    for await (const steps of readAhead(block.units, (unit) => readTemplate(unit, context))) yield* steps;
  },

  normalise: templateRows,
  fromPayload: (template, key) => ({ ...template, [ASKED_TEMPLATE_ID]: String(key.template_id) }),
};

async function readTemplate(unit: string, context: StreamContext): Promise<Step[]> {
  try {
    const { errcode, errmsg, ...template } = await context.call({
      path: DETAIL,
      body: { template_id: unit },
    });
    if (!isJsonObject(template.template_content))
      throw malformedError(DETAIL, 'without template_content', 'fail');
    checkShape(template, { template_names: 'list', 'template_content.controls': 'list' }, DETAIL);
    const record = { ...template, [ASKED_TEMPLATE_ID]: unit };
    return [
      { type: 'records', unit, records: [record] },
      { type: 'done', unit },
    ];
  } catch (error) {
    if (!(error instanceof WecomError)) throw error;
    if (isNotVisible(error)) return [{ type: 'skipped', unit, reason: 'not_visible' }];
    if (error.fate === 'skip' || UNREADABLE.includes(error.errcode))
      return [{ type: 'skipped', unit, reason: 'not_readable' }];
    if (error.permission || error.stopsSecret) throw error;
    return [{ type: 'failed', unit, error }];
  }
}

function templateRows(record: JsonObject): Rows {
  const { [ASKED_TEMPLATE_ID]: asked, ...template } = record;
  const templateId = new Fields({ template_id: asked ?? null }).id('template_id');
  const f = new Fields(template);
  const controls = objectsOf(f.inner('template_content').raw('controls'));
  return {
    approval_templates: [
      {
        template_id: templateId,
        name: pickText(f.raw('template_names')),
        names: f.json('template_names'),
        vacation_list: f.json('vacation_list'),
        extra: f.rest(),
        payload: JSON.stringify(template),
      },
    ],
    approval_template_fields: controlRows(templateId, controls),
  };
}

/**
 * One row per control: table_no 0 for the form itself, 1 for children of tables, and 2, 3 … for a child whose id an
 * earlier table has too. The same id twice in one place becomes `id#2`, as in `approval_fields`.
 */
function controlRows(templateId: string, controls: readonly JsonObject[]): Row[] {
  const taken = new Set<string>();
  const tablesWith = new Map<string, number>();
  return controls.flatMap((control, position) => {
    const parent = controlRow(templateId, control, { tableId: null, tableNo: 0, position, taken });
    const children = childrenOf(control);
    const ids = new Set(children.map(idOfControl));
    for (const id of ids) tablesWith.set(id, (tablesWith.get(id) ?? 0) + 1);
    const rows = children.map((child, place) =>
      controlRow(templateId, child, {
        tableId: parent.field_id,
        tableNo: tablesWith.get(idOfControl(child, place)) ?? 1,
        position: place,
        taken,
      }),
    );
    return [parent, ...rows];
  });
}

interface Place {
  readonly tableId: string | null;
  readonly tableNo: number;
  readonly position: number;
  readonly taken: Set<string>;
}

function controlRow(templateId: string, control: JsonObject, place: Place) {
  const f = new Fields(control);
  const property = f.inner('property');
  const title = pickText(property.raw('title'));
  const placeholder = pickText(property.raw('placeholder'));
  property.raw('id');
  return {
    template_id: templateId,
    field_id: freeId(idOfControl(control, place.position), place.taken, place.tableNo),
    table_no: place.tableNo,
    table_id: place.tableId,
    position: place.position,
    control: property.optionalId('control'),
    title,
    placeholder,
    required: property.flag('require'),
    un_print: property.flag('un_print'),
    inner_id: property.optionalId('inner_id'),
    un_replace: property.int('un_replace'),
    display: property.int('display'),
    config: configOf(f.raw('config'), place.tableNo === 0),
    extra: f.rest(),
  };
}

const idOfControl = (control: JsonObject, position: number): string =>
  idAt(isJsonObject(control.property) ? control.property : {}, position);

function childrenOf({ config }: JsonObject): JsonObject[] {
  return isJsonObject(config) && isJsonObject(config.table) ? objectsOf(config.table.children) : [];
}

/** The settings of a control; the children of a table on the form have rows of their own. */
function configOf(config: JsonValue | undefined, onForm: boolean): string | null {
  if (!isJsonObject(config)) return isNothing(config) ? null : JSON.stringify(config);
  if (!onForm || !isJsonObject(config.table) || !Array.isArray(config.table.children)) return compact(config);
  const { children, ...table } = config.table;
  return compact({ ...config, table });
}
