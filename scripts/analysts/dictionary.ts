/** docs/data-dictionary.md: every schema, table, view and column, from the catalog of a migrated database. */
import { type Catalog, type ColumnEntry, labelOf, type RelationEntry } from './catalog.ts';
import { VIEW_KEYS } from './keys.ts';
import { anchor, code, generatedPage, markdownTable } from './markdown.ts';

const SHORT_TYPES: Readonly<Record<string, string>> = {
  'timestamp with time zone': 'timestamptz',
  'double precision': 'float8',
};
const typeOf = ({ type }: ColumnEntry) => SHORT_TYPES[type] ?? type;

/** Columns by which a row is one: the primary key of a table, the declared key of a view. */
export function keyOf({ schema, name, columns }: RelationEntry): readonly string[] {
  const declared = VIEW_KEYS[`${schema}.${name}`];
  const hasCorp = columns.some((column) => column.name === 'corp_id');
  if (declared !== undefined) return hasCorp ? ['corp_id', ...declared] : declared;
  return columns.filter((column) => column.inPrimaryKey).map((column) => column.name);
}

const required = (comment: string | null) => labelOf(comment) ?? { zh: '', en: '', text: '' };

function relationText(relation: RelationEntry): string {
  const { zh, en, text } = required(relation.comment);
  const key = keyOf(relation);
  const rows = relation.columns.map((column) => {
    const label = required(column.comment);
    const isKey = key.includes(column.name) ? '●' : '';
    return [code(column.name), typeOf(column), isKey, label.zh, label.en, label.text];
  });
  return [
    `### ${relation.schema}.${relation.name}`,
    [`**${zh} · ${en}.**`, text].filter(Boolean).join(' '),
    markdownTable(['column', 'type', 'key', '中文', 'English', 'meaning'], rows),
  ].join('\n\n');
}

const columnNames = (columns: readonly ColumnEntry[]) =>
  columns.map((column) => code(column.name)).join(', ');

/** One line per relation that has the columns of `wecom.<base>`: what it lacks and what it adds. */
function likeTables(relations: readonly RelationEntry[], catalog: Catalog, suffix: string): string {
  const rows = relations.map((relation) => {
    const base = relation.name.slice(0, relation.name.length - suffix.length);
    const columns =
      catalog.relations.find((one) => one.schema === 'wecom' && one.name === base)?.columns ?? [];
    const lacks = columns.filter(({ name }) => !relation.columns.some((column) => column.name === name));
    const adds = relation.columns.filter(({ name }) => !columns.some((column) => column.name === name));
    const { zh, en } = required(relation.comment);
    return [code(relation.name), zh, en, code(`wecom.${base}`), columnNames(lacks), columnNames(adds)];
  });
  return markdownTable(['name', '中文', 'English', 'columns of', 'without', 'plus'], rows);
}

const isVersions = ({ name }: RelationEntry) => name.endsWith('_versions');

const VERSIONS_TEXT =
  'Current rows and ended versions of one table of `wecom` as one relation. The world as of an instant `t`: `valid_from <= t AND (valid_to IS NULL OR valid_to > t)`. Columns mean what they mean in the table. In `analytics` those that name, reach or locate a person are NULL for whoever may not read `analytics_pii`.';
const HISTORY_TEXT =
  'Versions that have ended. A row goes here in the transaction that changes or ends it; the key is that of the table and `valid_from`.';
const ENDING_NAMES = ['valid_to', 'ended_by', 'end_reason', 'last_shown_at'];

function endingTable(relation: RelationEntry | undefined): string {
  const rows = (relation?.columns ?? [])
    .filter(({ name }) => ENDING_NAMES.includes(name))
    .map((column) => {
      const { zh, en, text } = required(column.comment);
      return [code(column.name), typeOf(column), zh, en, text];
    });
  return markdownTable(['column', 'type', '中文', 'English', 'meaning'], rows);
}

const FORMS_TEXT = [
  'One view per approval template, and one per detail table (明细) of a template. They are made from the templates of the corp, so they cannot be listed here; every one of them has comments like all others.',
  markdownTable(
    ['column', 'what'],
    [
      [
        '`corp_id`, `approval_no`, `approval_status_code`, `_zh`, `_en`, `applied_at`, `applied_date`, `applicant_userid`, `applicant_department_id`',
        'the request, as in `analytics.fct_approval`; in a detail view also `row_no`, from 1',
      ],
      [
        '`<title>_<last 4 characters of the control id>`',
        'one per control: `numeric` for Number, Money (yuan) and Formula, `timestamptz` for Date, otherwise text. The title is that under which the control was first seen, cut to 45 bytes; a new title changes the comment and not the name',
      ],
      [
        '`…_start_at`, `…_end_at`, `…_seconds`',
        'beside the text of DateRange, Attendance (trip, outing, overtime) and Vacation controls. A day counted in days is not always 86,400 seconds',
      ],
      ['`…_at`', 'beside the text of PunchCorrection and Location controls'],
    ],
  ),
  "Which views there are: `SELECT table_name, obj_description(format('approval_forms.%I', table_name)::regclass) FROM information_schema.views WHERE table_schema = 'approval_forms'`.",
];

function schemaText(catalog: Catalog, name: string): string[] {
  const schema = catalog.schemas.find((one) => one.name === name);
  const { zh, en, text } = required(schema?.comment ?? null);
  const own = catalog.relations.filter((relation) => relation.schema === name);
  const head = [`## ${name}`, [`**${zh} · ${en}.**`, text].filter(Boolean).join(' ')];
  if (name === 'approval_forms') return [...head, ...FORMS_TEXT];
  if (name === 'wecom_history')
    return [...head, HISTORY_TEXT, endingTable(own[0]), likeTables(own, catalog, '')];
  const versions = own.filter(isVersions);
  return [
    ...head,
    ...own.filter((relation) => !isVersions(relation)).map(relationText),
    ...(versions.length === 0
      ? []
      : [`### ${name}.…_versions`, VERSIONS_TEXT, likeTables(versions, catalog, '_versions')]),
  ];
}

function contents(catalog: Catalog, names: readonly string[]): string {
  const lines = names.map((name) => {
    const listed = catalog.relations.filter(
      (one) => one.schema === name && !isVersions(one) && name !== 'wecom_history',
    );
    const links = listed.map((one) => `[${one.name}](#${anchor(`${name}.${one.name}`)})`);
    return `- [${name}](#${anchor(name)})${links.length > 0 ? `: ${links.join(', ')}` : ''}`;
  });
  return lines.join('\n');
}

/** What analysts use stands first. */
const ORDER = ['analytics', 'analytics_pii', 'approval_forms', 'wecom', 'wecom_history', 'wecom_sync'];

export function dictionaryPage(catalog: Catalog): string {
  return generatedPage(
    'the comments in the database',
    'Data dictionary · 数据字典',
    'Every column as its `COMMENT` in the database describes it, so a BI tool shows the same. ● marks the columns by which a row is one. Analysts use `analytics`; [the cookbook](cookbook.md) shows how, [the diagrams](er-diagram.md) show what joins what. Times ending in `_at` are instants, the `_date` beside one is its day in Asia/Shanghai. A figure ending in `_eod` is a stock: never sum it over days.',
    '每一列的含义取自数据库中的 `COMMENT`，BI 工具里看到的相同。● 为确定一行的列。分析请用 `analytics`：[查询示例](cookbook.zh-CN.md)，[关系图](er-diagram.md)。`_at` 为时刻，旁边的 `_date` 为其北京时间日期；`_eod` 为存量，不可跨日相加。',
    contents(catalog, ORDER),
    ...ORDER.flatMap((name) => schemaText(catalog, name)),
  );
}
