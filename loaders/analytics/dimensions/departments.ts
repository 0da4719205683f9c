import { worded } from '../codes.ts';
import { everSeen, firstSeen, storedLifetime } from '../ever-seen.ts';
import { changedSince, type Stored } from '../store/stored.ts';
import { CORP_ID, type Columns, view } from '../view.ts';

const LEVELS = 8;

/** The whole tree at once: a department that moves takes all that stand below it along. */
const WHOLE_TREE: Stored['scope'] = {
  column: 'corp_id',
  type: 'text',
  chunk: 1,
  changed: changedSince('departments', 'corp_id'),
};

const bridge = view('bridge_department_ancestor', {
  comment:
    '部门上下级桥表 | Departments and their ancestors\n每个部门与其自身及每个上级部门各一行；用它把数据汇总到含下级的部门。按现有上下级关系。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    department_id: ['s.department_id', '部门 ID | Department id\n下级部门，或部门自身。'],
    ancestor_department_id: [
      's.ancestor_department_id',
      '上级部门 ID | Ancestor department id\n部门自身或其任一上级。',
    ],
    distance: ['s.distance', '层差 | Distance\n0：部门自身；1：直接上级；依此类推。'],
  },
  from: 'FROM analytics_store.bridge_department_ancestor s',
});

/**
 * Every department with itself and all that stand above it. It walks upwards and ends at a parent that is not there
 * (outside the visible range) or that it has met already (a cycle, possible between departments that have ended).
 */
export const bridgeDepartmentAncestor: Stored = {
  view: bridge,
  key: ['department_id', 'ancestor_department_id'],
  source: {
    columns: {
      corp_id: 'u.corp_id',
      department_id: 'u.department_id',
      ancestor_department_id: 'u.ancestor_id',
      distance: 'u.distance',
    },
    with: `RECURSIVE known AS ${everSeen('departments', ['department_id'], ['parent_department_id'])}, up AS (
  SELECT k.corp_id, k.department_id, k.department_id AS ancestor_id, k.parent_department_id AS next_id,
    0 AS distance, ARRAY[k.department_id] AS met
  FROM known k
  UNION ALL
  SELECT u.corp_id, u.department_id, p.department_id, p.parent_department_id, u.distance + 1, u.met || p.department_id
  FROM up u JOIN known p ON p.corp_id = u.corp_id AND p.department_id = u.next_id
  WHERE p.department_id <> ALL(u.met)
)`,
    from: 'FROM up u',
  },
  scope: WHOLE_TREE,
  touches: [{ day: `DATE '2000-01-01'`, by: [] }],
};

const levelColumns: Columns = Object.fromEntries(
  Array.from({ length: LEVELS }, (_, i) => [
    `level_${i + 1}_name`,
    [
      `s.level_${i + 1}_name`,
      `第 ${i + 1} 级部门 | Level ${i + 1} department\n1 级为可见范围内的最上级。NULL：没有这么多级。`,
    ],
  ]),
);

const departments = view('dim_department', {
  comment: '部门维度 | Departments\n见过的每个部门一行，含已删除的；名称与上下级为最后所见。',
  columns: {
    corp_id: ['s.corp_id', CORP_ID],
    department_id: ['s.department_id', '部门 ID | Department id\n企业内唯一。'],
    department_name: [
      's.department_name',
      '部门名称 | Department name\n来源：departments.name。NULL：应用无权查看名称。',
    ],
    department_name_en: ['s.department_name_en', '部门英文名称 | English department name\nNULL：未设置。'],
    parent_department_id: [
      's.parent_department_id',
      '上级部门 ID | Parent department id\n上级可能不在可见范围内；根部门为 0。NULL：未返回。',
    ],
    level: ['s.level', '层级 | Level\n1 为可见范围内的最上级。'],
    path: ['s.path', '部门路径 | Path\n从最上级到本部门的名称，以“ / ”连接；没有名称的部门以 #ID 表示。'],
    ...levelColumns,
    leader_userids: ['s.leader_userids', '部门负责人 | Leaders\n可见的负责人 userid。{}：没有。'],
    sort_order: ['s.sort_order', '排序值 | Sort order\n数值越大越靠前。NULL：未返回。'],
    ...storedLifetime('s'),
    ...worded('end_reason', 'end_reason', 's.end_reason', '结束原因', 'End reason', 'NULL：仍存在。'),
  },
  from: 'FROM analytics_store.dim_department s',
});

/** Stored for the planner: a join of it that asks for no column costs nothing, and hinders no parallel plan. */
export const dimDepartment: Stored = {
  view: departments,
  key: ['department_id'],
  source: {
    columns: {
      corp_id: 'd.corp_id',
      department_id: 'd.department_id',
      department_name: 'd.name',
      department_name_en: 'd.name_en',
      parent_department_id: 'd.parent_department_id',
      level: 'p.level',
      path: `array_to_string(p.names, ' / ')`,
      ...Object.fromEntries(
        Array.from({ length: LEVELS }, (_, i) => [`level_${i + 1}_name`, `p.names[${i + 1}]`]),
      ),
      leader_userids: 'd.leader_userids',
      sort_order: 'd.sort_order',
      first_seen_at: firstSeen('departments', ['department_id'], 'd'),
      ended_at: 'd.ended_at',
      end_reason: 'd.end_reason',
    },
    with: `known AS ${everSeen('departments', ['department_id'], ['name', 'name_en', 'parent_department_id', 'leader_userids', 'sort_order'])}, paths AS (
  SELECT a.corp_id, a.department_id, count(*)::int AS level,
    array_agg(coalesce(k.name, '#' || k.department_id) ORDER BY a.distance DESC) AS names
  FROM analytics_store.bridge_department_ancestor a
  JOIN known k ON k.corp_id = a.corp_id AND k.department_id = a.ancestor_department_id
  GROUP BY a.corp_id, a.department_id
)`,
    from: 'FROM known d JOIN paths p ON p.corp_id = d.corp_id AND p.department_id = d.department_id',
  },
  scope: WHOLE_TREE,
};
