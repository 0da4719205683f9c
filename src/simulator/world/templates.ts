/** Approval templates (directory-and-oa 5.4) and the specification of their controls. */
import type { Traps } from '../traps.ts';
import { type Row, withUnknownKey } from './odd.ts';

export interface Control {
  control: string;
  id: string;
  title: string;
  /** contact: user or department; attendance: 3 trip, 4 outing, 5 overtime; date: day or hour */
  variant?: string | number;
  /** of a Table */
  children?: Control[];
}

export interface Template {
  id: string;
  name: string;
  controls: Control[];
}

const c = (control: string, id: string, title: string, variant?: string | number): Control =>
  variant === undefined ? { control, id, title } : { control, id, title, variant };

const PURCHASE_ROWS = [
  c('Text', 'Text-11', '品名'),
  c('Number', 'Number-13', '数量'),
  c('Money', 'Money-12', '小计'),
];

export function templates(traps: Traps): Template[] {
  const repeated = traps.repeatedFieldIds ? [c('Text', 'Text-1569582140145', '用途')] : [];
  const unknown = traps.unknownCodes
    ? [c('SchoolContact', 'SchoolContact-1', '家校'), c('Hologram', 'Hologram-1', '全息')]
    : [];
  return [
    {
      id: '3TmALk1ogfgKiQE3e3jRwnTUhMTh8vca1N8zUVNUx',
      name: '门店采购申请',
      controls: [
        c('Text', 'Text-1569582140145', '用途'),
        c('Money', 'Money-1569582163333', '金额'),
        c('Date', 'Date-1', '日期', 'day'),
        c('Selector', 'Selector-1', '类别', 'multi'),
        { ...c('Table', 'Table-1', '明细'), children: [...PURCHASE_ROWS, ...repeated] },
        c('Formula', 'Formula-1', '合计'),
        c('File', 'File-1', '附件'),
        c('Tips', 'Tips-1', '说明'),
      ],
    },
    {
      id: 'C4NxQ1vacation000000000000000000000000001',
      name: '请假',
      controls: [c('Vacation', 'vacation-1563793073898', '请假'), c('Textarea', 'Textarea-1', '事由')],
    },
    {
      id: 'C4NxQ1punch0000000000000000000000000000002',
      name: '打卡补卡',
      controls: [c('PunchCorrection', 'PunchCorrection-1', '补卡')],
    },
    {
      id: 'C4NxQ1trip00000000000000000000000000000003',
      name: '出差',
      controls: [
        c('Attendance', 'smart-time', '出差', 3),
        c('Location', 'Location-1', '地点'),
        c('Contact', 'Contact-1', '同行人', 'user'),
      ],
    },
    {
      id: '1910324946027731_1688852032423522_1808577376_15111111111',
      name: '费用报销',
      controls: [
        c('Money', 'Money-2', '金额'),
        c('DateRange', 'DateRange-1', '时长'),
        c('BankAccount', 'BankAccount-1', '收款账户'),
        c('RelatedApproval', 'RelatedApproval-1', '关联单'),
        c('Contact', 'Contact-2', '部门', 'department'),
        c('Date', 'Date-2', '发生时间', 'hour'),
      ],
    },
    {
      id: 'C4NxQ1visit0000000000000000000000000000005',
      name: '门店巡检',
      controls: [
        c('Number', 'Number-1', '得分'),
        c('PhoneNumber', 'PhoneNumber-1', '电话'),
        c('WedriveFile', 'WedriveFile-1', '微盘文件'),
        c('Selector', 'Selector-2', '结论', 'single'),
        c('Attendance', 'Attendance-1', '外出', 4),
        c('Attendance', 'Attendance-2', '加班', 5),
        c('Doc', 'Doc-1', '文档'),
        ...unknown,
      ],
    },
  ];
}

export function texts(text: string): Row[] {
  return [{ text, lang: 'zh_CN' }];
}

export const OPTIONS = ['饮料', '零食', '器具', '豆子'];
export const VACATIONS = ['年假', '事假', '病假'];

function options(names: string[], prefix: string): Row[] {
  return names.map((name, i) => ({ key: `${prefix}${i + 1}`, value: texts(name) }));
}

/** The body of oa/gettemplatedetail. */
export function templateRow(traps: Traps, template: Template): Row {
  const leave = template.controls.some(({ control }) => control === 'Vacation');
  return {
    template_names: texts(template.name),
    template_content: withUnknownKey(
      traps,
      { controls: template.controls.map((control) => controlRow(traps, control)) },
      'template_content',
    ),
    ...(leave
      ? { vacation_list: { item: VACATIONS.map((name, i) => ({ id: i + 1, name: texts(name) })) } }
      : {}),
  };
}

function controlRow(traps: Traps, control: Control): Row {
  const property = {
    control: control.control,
    id: control.id,
    title: texts(control.title),
    placeholder: control.control === 'Text' ? texts('请输入') : [],
    require: 1,
    un_print: 0,
    inner_id: '',
    un_replace: 0,
    display: 1,
  };
  const config = configOf(traps, control);
  const row = {
    property: withUnknownKey(traps, property, 'property'),
    ...(config === undefined ? {} : { config }),
  };
  return withUnknownKey(traps, row, 'controls');
}

function configOf(traps: Traps, { control, variant, children = [] }: Control): Row | undefined {
  const configs: Record<string, Row> = {
    Date: { date: { type: variant } },
    Selector: {
      selector: { type: variant, exp_type: 0, options: options(OPTIONS, 'option-'), op_relations: [] },
    },
    Contact: { contact: { type: 'multi', mode: variant } },
    Table: { table: { children: children.map((child) => controlRow(traps, child)), stat_field: [] } },
    Attendance: { attendance: { type: variant, date_range: { type: 'hour' } } },
    Vacation: { vacation_list: { item: VACATIONS.map((name, i) => ({ id: i + 1, name: texts(name) })) } },
    DateRange: { date_range: { type: 'hour', official_holiday: 1, perday_duration: 86_400 } },
    File: { file: { is_only_photo: 0 } },
    Formula: { formula: { tokens: [] } },
    Location: { location: { distance: 300 } },
    RelatedApproval: { related_approval: { template_id: [] } },
    Tips: { tips: { tips_content: [] } },
  };
  return configs[control];
}
