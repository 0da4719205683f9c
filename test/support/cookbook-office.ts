/** What the cookbook's questions about approvals and attendance must answer, counted from the simulator's record. */
import type { Cells } from '../oracle/expected.ts';
import type { Check } from './cookbook-customers.ts';
import {
  departmentsOf,
  departmentTree,
  groupsOf,
  lastOf,
  median,
  type Night,
  ratio,
  rows,
  shanghaiDay,
  sum,
  text,
} from './cookbook-world.ts';

interface Step {
  readonly index: number;
  readonly node: Cells;
  readonly approvers: readonly Cells[];
}

interface Request {
  readonly row: Cells;
  readonly fields: readonly Cells[];
  /** The newer form of the flow where the request has it. */
  readonly steps: readonly Step[];
}

function requests(night: Night): Request[] {
  const of = (table: string) => Map.groupBy(rows(night, table), (row) => text(row, 'sp_no'));
  const [steps, approvers, fields] = [
    of('approval_steps'),
    of('approval_step_approvers'),
    of('approval_fields'),
  ];
  return rows(night, 'approvals').map((row) => {
    const own = steps.get(text(row, 'sp_no')) ?? [];
    const source = own.some((one) => one.source === 'process_list') ? 'process_list' : 'sp_record';
    const nodes = own.filter((one) => one.source === source);
    const acts = (approvers.get(text(row, 'sp_no')) ?? []).filter((one) => one.source === source);
    return {
      row,
      fields: fields.get(text(row, 'sp_no')) ?? [],
      steps: nodes
        .map((node) => ({
          index: Number(node.node_index),
          node,
          approvers: acts.filter((one) => one.node_index === node.node_index),
        }))
        .toSorted((a, b) => a.index - b.index),
    };
  });
}

const lastAct = (steps: readonly Step[]): string | undefined =>
  steps
    .flatMap(({ approvers }) => approvers.map((one) => one.acted_at ?? ''))
    .filter((at) => at !== '')
    .toSorted()
    .at(-1);

const finishedAt = ({ row, steps }: Request) =>
  ['2', '3', '6', '10'].includes(text(row, 'sp_status')) ? lastAct(steps) : undefined;

const minutes = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 60_000);
const hours = (value: number) => ratio(2 * value, 120, 1);
const appliedDay = ({ row }: Request) => shanghaiDay(text(row, 'applied_at'));
const hasStatus = ({ row }: Request, ...wanted: string[]) => wanted.includes(text(row, 'sp_status'));

const turnaround: Check = (nights) => {
  const night = lastOf(nights);
  const names = new Map(rows(night, 'approval_templates').map((row) => [row.template_id, row.name]));
  const decided = requests(night).flatMap((one) => {
    const at = finishedAt(one);
    const day = appliedDay(one);
    if (at === undefined || day < '2025-08-01' || day >= '2025-10-01') return [];
    return [{ template: text(one.row, 'template_id'), minutes: minutes(text(one.row, 'applied_at'), at) }];
  });
  return groupsOf(decided, ({ template }) => template).map(([template, list]) => {
    const times = list.map((one) => one.minutes);
    return [
      names.get(template) ?? null,
      String(list.length),
      hours(median(times)),
      hours(Math.max(...times)),
    ];
  });
};

/** `apv_rel` 1 all, 2 any; `approverattr` the other way round (directory-and-oa 5.2). */
function ruleOf({ node }: Step): string | null {
  const names =
    node.source === 'sp_record' ? { 1: '或签', 2: '会签' } : { 1: '会签', 2: '或签', 3: '依次审批' };
  const code = node.source === 'sp_record' ? node.approverattr : node.apv_rel;
  return Object.entries(names).find(([key]) => key === code)?.[1] ?? null;
}

const perStep: Check = (nights) => {
  const timed = requests(lastOf(nights))
    .filter((one) => finishedAt(one) !== undefined)
    .flatMap(({ row, steps }) =>
      steps.flatMap((step, i) => {
        const at = lastAct([step]);
        if (at === undefined || step.node.node_type === '2') return [];
        const from = lastAct(steps.slice(0, i)) ?? text(row, 'applied_at');
        return [{ key: `${step.index + 1} ${ruleOf(step)}`, minutes: minutes(from, at) }];
      }),
    );
  return groupsOf(timed, ({ key }) => key).map(([key, list]) => {
    const [step = '', rule = ''] = key.split(' ');
    return [step, rule, String(list.length), hours(median(list.map((one) => one.minutes)))];
  });
};

const waitingFor: Check = (nights) => {
  const waits = requests(lastOf(nights))
    .filter((one) => hasStatus(one, '1'))
    .flatMap(({ row, steps }) => {
      const i = steps.findIndex(({ node }) => node.sp_status === '1' && node.node_type !== '2');
      const step = steps[i];
      if (step === undefined) return [];
      const since = shanghaiDay(lastAct(steps.slice(0, i)) ?? text(row, 'applied_at'));
      return step.approvers
        .filter((one) => one.status === '1')
        .map((one) => ({ who: text(one, 'userid'), since }));
    });
  return groupsOf(waits, ({ who }) => who).map(([who, list]) => [
    who,
    String(list.length),
    list.map(({ since }) => since).toSorted()[0] ?? null,
    String(list.filter(({ since }) => since < '2025-09-28').length),
  ]);
};

/** Cents, so that the sums are exact. */
const cents = (value: string) => Math.round(Number(value) * 100);

const amounts: Check = (nights) => {
  const paid = requests(lastOf(nights))
    .filter((one) => hasStatus(one, '2', '10'))
    .flatMap((one) => {
      const [money, ...more] = one.fields.filter(
        (field) => field.control === 'Money' && field.row_no === '0',
      );
      const value = money?.value_number;
      if (value === undefined || value === null || more.length > 0) return [];
      return [{ key: `${one.row.sp_name} ${appliedDay(one).slice(0, 7)}`, value: cents(value) }];
    });
  return groupsOf(paid, ({ key }) => key).map(([key, list]) => {
    const [name = '', month = ''] = key.split(' ');
    return [name, month, String(list.length), (sum(list.map((one) => one.value)) / 100).toFixed(2)];
  });
};

const detailRows: Check = (nights) => {
  const bought = requests(lastOf(nights))
    .filter((one) => hasStatus(one, '2', '10'))
    .flatMap(({ fields }) => [
      ...Map.groupBy(
        fields.filter((field) => field.table_id === 'Table-1'),
        (field) => field.row_no,
      ).values(),
    ]);
  const value = (line: readonly Cells[], id: string, column: string) =>
    line.find((field) => field.field_id === id)?.[column] ?? null;
  return groupsOf(bought, (line) => value(line, 'Text-11', 'value_text') ?? '').map(([item, list]) => {
    const numbers = (id: string) =>
      list.map((line) => value(line, id, 'value_number')).filter((one) => one !== null);
    const pieces = String(sum(numbers('Number-13').map(Number)));
    const yuan = (sum(numbers('Money-12').map(cents)) / 100).toFixed(2);
    return [item || null, String(list.length), pieces, yuan];
  });
};

const leave: Check = (nights) => {
  const taken = requests(lastOf(nights))
    .filter((one) => hasStatus(one, '2'))
    .flatMap(({ fields }) => fields.filter((field) => field.control === 'Vacation'));
  const key = (field: Cells) => `${field.value_text} ${shanghaiDay(text(field, 'value_at')).slice(0, 7)}`;
  return groupsOf(taken, key).map(([name, list]) => {
    const [kind = '', month = ''] = name.split(' ');
    const seconds = sum(list.map((field) => Number(field.value_number)));
    return [kind, month, String(list.length), ratio(seconds, 86_400, 1)];
  });
};

const overtime: Check = (nights) => {
  const tree = departmentTree(lastOf(nights));
  const asked = requests(lastOf(nights))
    .filter((one) => hasStatus(one, '2', '10'))
    .flatMap(({ row, fields }) =>
      fields
        .filter((field) => field.field_id === 'Attendance-2')
        .map((field) => ({
          department: text(row, 'applicant_department_id'),
          seconds: Number(field.value_number),
        })),
    );
  return groupsOf(asked, ({ department }) => department).map(([id, list]) => [
    tree.get(id)?.name ?? null,
    String(list.length),
    ratio(sum(list.map((one) => one.seconds)), 3600, 1),
  ]);
};

interface Day {
  readonly userid: string;
  readonly punches: readonly Cells[];
}

/** September, per member and day. */
function days(nights: readonly Night[]): Day[] {
  const punches = rows(lastOf(nights), 'checkins').filter((row) =>
    text(row, 'checkin_date').startsWith('2025-09-'),
  );
  return groupsOf(punches, (row) => `${row.userid} ${row.checkin_date}`).map(([key, list]) => ({
    userid: key.split(' ')[0] ?? '',
    punches: list,
  }));
}

const isMissed = (row: Cells) => row.exception_type === '未打卡';
const ofType = (list: readonly Cells[], type: string) => list.filter((row) => row.checkin_type === type);

const lateAndMissing: Check = (nights) => {
  const members = departmentsOf(nights);
  const tree = departmentTree(lastOf(nights));
  const known = days(nights).filter(({ userid }) => members.has(userid));
  return groupsOf(known, ({ userid }) => members.get(userid) ?? '').map(([id, list]) => {
    const all = list.flatMap(({ punches }) => punches);
    const missed = all.filter(isMissed);
    return [
      tree.get(id)?.name ?? '',
      String(list.length),
      String(all.filter((row) => row.exception_type?.includes('时间异常')).length),
      String(ofType(missed, '上班打卡').length),
      String(ofType(missed, '下班打卡').length),
    ];
  });
};

function presence({ punches }: Day): number | undefined {
  const times = (type: string) =>
    ofType(punches, type)
      .filter((row) => !isMissed(row))
      .map((row) => text(row, 'checkin_at'))
      .toSorted();
  const [first, last] = [times('上班打卡')[0], times('下班打卡').at(-1)];
  return first === undefined || last === undefined || last < first ? undefined : minutes(first, last);
}

const attendance: Check = (nights) =>
  groupsOf(days(nights), ({ userid }) => userid).map(([userid, list]) => {
    const present = list.map(presence).filter((one) => one !== undefined);
    const outings = list.flatMap(({ punches }) => ofType(punches, '外出打卡')).length;
    return [
      userid,
      String(list.filter(({ punches }) => punches.some((row) => !isMissed(row))).length),
      present.length === 0 ? null : ratio(sum(present), present.length * 60, 1),
      String(outings),
    ];
  });

export const OFFICE_CHECKS: Readonly<Record<string, Check>> = {
  'approval-turnaround': turnaround,
  'approval-steps': perStep,
  'approvals-waiting-for': waitingFor,
  'approved-amounts': amounts,
  'approval-form-fields': detailRows,
  'leave-days': leave,
  'overtime-hours': overtime,
  'late-and-missing-punches': lateAndMissing,
  'attendance-days': attendance,
};
