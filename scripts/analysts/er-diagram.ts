/** docs/er-diagram.md: what joins what, from key columns that tables share. Only keys and references are drawn. */
import type { Catalog, RelationEntry } from './catalog.ts';
import { keyOf } from './dictionary.ts';
import { generatedPage } from './markdown.ts';

interface Diagram {
  readonly title: string;
  readonly text: string;
  readonly schema: 'wecom' | 'analytics';
  readonly relations: readonly string[];
  /** Key column → the table that it leads to, where more than one has it as its key. */
  readonly homes: Readonly<Record<string, string>>;
}

const STAR_HOMES: Diagram['homes'] = {
  userid: 'dim_employee',
  department_id: 'dim_department',
  external_userid: 'dim_customer',
  tag_id: 'dim_tag',
  chat_id: 'dim_group_chat',
  approval_no: 'fct_approval',
};

export const DIAGRAMS: readonly Diagram[] = [
  {
    title: 'Directory · 通讯录',
    text: 'Who works where. 成员与部门。',
    schema: 'wecom',
    relations: ['departments', 'employees', 'employee_departments', 'employee_attributes', 'follow_users'],
    homes: { userid: 'employees', department_id: 'departments' },
  },
  {
    title: 'Customer contact · 客户联系',
    text: 'Who follows which customer, tags, groups, statistics. 跟进关系、标签、客户群与统计。',
    schema: 'wecom',
    relations: [
      'employees',
      'customers',
      'customer_follows',
      'customer_follow_tags',
      'corp_tags',
      'corp_tag_groups',
      'unassigned_customers',
      'group_chats',
      'group_chat_members',
      'user_behavior_daily',
      'group_chat_owner_daily',
    ],
    homes: {
      userid: 'employees',
      external_userid: 'customers',
      chat_id: 'group_chats',
      tag_id: 'corp_tags',
      group_id: 'corp_tag_groups',
    },
  },
  {
    title: 'Approvals and check-ins · 审批与打卡',
    text: 'Requests with their flow and form, templates, punches. 审批单的流程与表单、模板、打卡。',
    schema: 'wecom',
    relations: [
      'employees',
      'approvals',
      'approval_steps',
      'approval_step_approvers',
      'approval_fields',
      'approval_notifyers',
      'approval_comments',
      'approval_templates',
      'approval_template_fields',
      'checkins',
    ],
    homes: { userid: 'employees', sp_no: 'approvals', template_id: 'approval_templates' },
  },
  {
    title: 'The analysts’ star: customers and groups · 分析星型模型：客户与群',
    text: '`stat_date` and every other `_date` join `dim_date.calendar_date`. 各日期列关联 `dim_date.calendar_date`。',
    schema: 'analytics',
    relations: [
      'dim_employee',
      'dim_department',
      'dim_customer',
      'dim_tag',
      'dim_group_chat',
      'fct_customer_follow',
      'fct_customer_tag',
      'fct_customer_flow_daily',
      'fct_customer_base_daily',
      'fct_customer_base_monthly',
      'fct_group_member',
      'fct_group_member_flow_daily',
      'handover_backlog',
    ],
    homes: STAR_HOMES,
  },
  {
    title: 'The analysts’ star: employees, approvals, attendance · 分析星型模型：成员、审批与考勤',
    text: 'The department of an employee on a day is in `dim_employee_department`; `bridge_department_ancestor` rolls up. 成员某日的部门见 `dim_employee_department`，向上汇总用 `bridge_department_ancestor`。',
    schema: 'analytics',
    relations: [
      'dim_date',
      'dim_department',
      'bridge_department_ancestor',
      'dim_employee',
      'dim_employee_department',
      'fct_employee_day',
      'fct_group_owner_day',
      'fct_approval',
      'fct_approval_step',
      'fct_checkin_day',
    ],
    homes: { ...STAR_HOMES, calendar_date: 'dim_date', stat_date: 'dim_date', checkin_date: 'dim_date' },
  },
];

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly columns: readonly string[];
}

const ownKey = (relation: RelationEntry) => keyOf(relation).filter((name) => name !== 'corp_id');
const hasAll = (names: readonly string[], wanted: readonly string[]) =>
  wanted.every((name) => names.includes(name));

/** They end like a key and lead elsewhere: an id for third parties; a member or the customer, who knows. */
const NO_REFERENCE = ['open_userid', 'oper_userid'];

/** The known key column that a name stands for: itself, or the end of it (`owner_userid` → `userid`). */
function keyColumn(name: string, homes: Diagram['homes']): string | undefined {
  if (NO_REFERENCE.includes(name)) return undefined;
  if (homes[name] !== undefined) return name;
  return Object.keys(homes).find((key) => name.endsWith(`_${key}`));
}

/** A parent with a composite key that the relation repeats stands for everything that this key leads to. */
function edgesOf(relation: RelationEntry, all: readonly RelationEntry[], homes: Diagram['homes']): Edge[] {
  const names = relation.columns.map((column) => column.name);
  // A time in the key is the row's own, and two relations of one grain stand beside each other.
  const nearest = all.find(
    (one) =>
      ownKey(one).length > 1 &&
      ownKey(one).length < ownKey(relation).length &&
      hasAll(ownKey(relation), ownKey(one)) &&
      !ownKey(one).some((name) => name.endsWith('_at')),
  );
  const covered = nearest === undefined ? [] : ownKey(nearest);
  const parentEdge =
    nearest === undefined ? [] : [{ from: relation.name, to: nearest.name, columns: covered }];
  const references = names.flatMap((name): Edge[] => {
    const key = keyColumn(name, homes);
    const to = key === undefined ? undefined : homes[key];
    const isOwn = to === relation.name && ownKey(relation).includes(name);
    return to === undefined || isOwn || covered.includes(name)
      ? []
      : [{ from: relation.name, to, columns: [name] }];
  });
  return [...parentEdge, ...references];
}

/** One line per pair, with every column that joins it. */
function merged(edges: readonly Edge[]): Edge[] {
  const pairs = Map.groupBy(edges, ({ from, to }) => `${from} ${to}`);
  return [...pairs.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, columns: group.flatMap((edge) => edge.columns) }];
  });
}

function entityText(relation: RelationEntry, edges: readonly Edge[]): string {
  const key = ownKey(relation);
  const references = edges.filter(({ from }) => from === relation.name).flatMap(({ columns }) => columns);
  const lines = relation.columns
    .filter(({ name }) => key.includes(name) || references.includes(name))
    .map(({ name, type }) => {
      const marks = [key.includes(name) ? 'PK' : '', references.includes(name) ? 'FK' : ''].filter(Boolean);
      return `    ${type.replaceAll(/[^\w]+/g, '_')} ${name} ${marks.join(', ')}`;
    });
  return `  ${relation.name} {\n${lines.join('\n')}\n  }`;
}

function diagramText(diagram: Diagram, catalog: Catalog): string {
  const relations = diagram.relations.map((name) => {
    const found = catalog.relations.find((one) => one.schema === diagram.schema && one.name === name);
    if (found === undefined) throw new Error(`The database has no ${diagram.schema}.${name}.`);
    return found;
  });
  const edges = merged(relations.flatMap((relation) => edgesOf(relation, relations, diagram.homes))).filter(
    ({ to }) => diagram.relations.includes(to),
  );
  const lines = edges.map(({ from, to, columns }) => {
    const child = relations.find((one) => one.name === from);
    const isWholeKey = child !== undefined && columns.length === 1 && ownKey(child).join() === columns[0];
    return `  ${to} ||--${isWholeKey ? 'o|' : 'o{'} ${from} : "${columns.join(', ')}"`;
  });
  const entities = relations.map((relation) => entityText(relation, edges));
  return ['```mermaid', 'erDiagram', ...lines, ...entities, '```'].join('\n');
}

export function diagramPage(catalog: Catalog): string {
  return generatedPage(
    'the keys in the database',
    'What joins what · 关系图',
    'Only keys (PK) and columns that lead to another table (FK) are drawn; `corp_id` is part of every key and of every join. There are no foreign keys in the database: streams load at different times, and what lies outside the visible range of the app is missing. All columns: [the data dictionary](data-dictionary.md).',
    '只画主键（PK）与指向其他表的列（FK）；`corp_id` 属于每个主键和每个关联。数据库中没有外键约束：各数据流的加载时间不同，可见范围之外的对象不存在。全部列见[数据字典](data-dictionary.md)。',
    ...DIAGRAMS.flatMap((diagram) => [`## ${diagram.title}`, diagram.text, diagramText(diagram, catalog)]),
  );
}
