import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readControl } from '../../extractors/approval_controls.ts';
import { ASKED_TEMPLATE_ID, approvalTemplatesStream } from '../../extractors/approval_templates.ts';
import { approvalsStream } from '../../extractors/approvals.ts';
import { checkinRows, punchHash } from '../../extractors/checkin_rows.ts';
import { RecordRejected, type Rows } from '../../src/engine/stream.ts';
import { keyText, type Table } from '../../src/engine/table.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/wecom/json.ts';

const context = { spelling: (userid: string) => userid };
const CONTROLS = (
  'Text Textarea Number Money Date Selector Contact Tips File Table DateRange Attendance Vacation PunchCorrection ' +
  'Location RelatedApproval Formula PhoneNumber BankAccount WedriveFile Hologram'
).split(' ');
const VALUE_KEYS = (
  'text new_number new_money date selector members departments new_tips files children date_range attendance vacation ' +
  'punch_correction location related_approval formula phonenumber bank_account wedrive_files hologram'
).split(' ');

const json = (keys: readonly string[]): fc.Arbitrary<JsonValue> =>
  fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<JsonValue>(null, '', 0, 'xxxx', '12.50', 1762131600, true),
      fc.string(),
      fc.integer(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 4 }),
    ),
  })).value;

/** Texts and numbers anywhere inside. */
function leaves(value: JsonValue | undefined): string[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value.flatMap(leaves);
  return isJsonObject(value) ? Object.values(value).flatMap(leaves) : [JSON.stringify(value)];
}

const objects = (keys: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...keys), json(keys), { maxKeys: keys.length });

describe('form controls', () => {
  const known = [
    'options',
    'key',
    'value',
    'text',
    'lang',
    'userid',
    'name',
    'type',
    's_timestamp',
    'timezone_info',
  ];
  const inner = [
    ...known,
    'zone_offset',
    'new_begin',
    'new_end',
    'new_duration',
    'date_range',
    'tips_content',
    'sub_text',
  ];

  it('keep the value of every control of the form', () => {
    const value = fc.dictionary(fc.constantFrom(...VALUE_KEYS), json(inner), { maxKeys: 3 });
    fc.assert(
      fc.property(fc.constantFrom(...CONTROLS), value, (control, given) => {
        const reading = readControl(control, given, context.spelling);
        const own = VALUE_KEYS.filter((key) => isOwn(control, key) && leaves(given[key]).length > 0);
        const expected = own.length > 0 ? own.flatMap((key) => leaves(given[key])) : leaves(given);
        if (control === 'Tips' && own.length > 0) expect(reading.value).toBeNull();
        else for (const leaf of expected) expect(reading.value).toContain(leaf);
      }),
      { examples: [['Text', { text: { options: null }, children: 0 }]] },
    );
  });

  const OWN: Readonly<Record<string, string>> = {
    Textarea: 'text',
    Number: 'new_number',
    Money: 'new_money',
    Contact: 'members departments',
    Tips: 'new_tips',
    File: 'files',
    Table: 'children',
    DateRange: 'date_range',
    PunchCorrection: 'punch_correction',
    RelatedApproval: 'related_approval',
    BankAccount: 'bank_account',
    WedriveFile: 'wedrive_files',
  };
  const isOwn = (control: string, key: string) =>
    control !== 'Hologram' && (OWN[control] ?? control.toLowerCase()).split(' ').includes(key);
});

describe('approvals', () => {
  const item = fc.record(
    {
      control: fc.constantFrom(...CONTROLS),
      id: fc.constantFrom('a', 'b', 'c', ''),
      title: json(['text', 'lang']),
    },
    { requiredKeys: [] },
  );
  const leaf = fc
    .tuple(item, objects([...VALUE_KEYS, 'odd']))
    .map(([head, value]): JsonObject => ({ ...head, value }));
  const rows = fc.array(fc.record({ list: fc.array(leaf, { maxLength: 3 }) }), { maxLength: 3 });
  const tableItem = fc
    .tuple(item, rows)
    .map(([head, children]): JsonObject => ({ ...head, control: 'Table', value: { children } }));
  const contents = fc.array(fc.oneof(leaf, tableItem), { maxLength: 5 });
  const other = objects([
    'sp_name',
    'apply_time',
    'applyer',
    'sp_record',
    'notifyer',
    'comments',
    'process_list',
    'odd',
  ]);

  it('keep the whole document, one row per control, and distinct keys', () => {
    fc.assert(
      fc.property(other, contents, (record, controls) => {
        const info: JsonObject = {
          ...record,
          sp_no: '202611030001',
          apply_data: { contents: controls, odd: 'kept' },
        };
        const made = approvalsStream.normalise(info, context);
        expect(made.approvals?.[0]?.payload).toBe(JSON.stringify(info));
        expect(made.approvals?.[0]?.extra).toContain('"kept"');
        for (const text of leaves(record.odd)) expect(made.approvals?.[0]?.extra).toContain(text);
        const children = controls.flatMap((control) => tableChildren(control));
        expect(made.approval_fields).toHaveLength(controls.length + children.length);
        expectDistinctKeys(
          made,
          approvalsStream.tables.filter((t) => t.name === 'approval_fields'),
        );
      }),
    );
  });

  it('never throw, whatever stands where', () => {
    fc.assert(
      fc.property(
        json([...VALUE_KEYS, 'control', 'id', 'list', 'details', 'node_list', 'contents']),
        (odd) => {
          const keys = [
            'sp_record',
            'notifyer',
            'apply_data',
            'comments',
            'process_list',
            'applyer',
            'batch_applyer',
          ];
          const record = Object.fromEntries(keys.map((key) => [key, odd]));
          expect(approvalsStream.normalise({ ...record, sp_no: '1' }, context).approvals).toHaveLength(1);
          expect(
            approvalsStream.normalise({ sp_no: '1', apply_data: { contents: [odd] } }, context).approvals,
          ).toHaveLength(1);
        },
      ),
    );
  });

  function tableChildren({ value }: JsonObject): JsonValue[] {
    if (!isJsonObject(value) || !Array.isArray(value.children)) return [];
    return value.children
      .flatMap((row) => (isJsonObject(row) && Array.isArray(row.list) ? row.list : []))
      .filter((child) => isJsonObject(child));
  }
});

describe('approval templates', () => {
  it('keep the whole document and every key of a control, under distinct keys', () => {
    const property = objects(['control', 'id', 'title', 'require', 'un_print', 'odd', 'display']);
    const child = fc.record({ property, odd: json(['x']) });
    const control = fc.record({
      property,
      config: fc.record({
        table: fc.record({ children: fc.array(child, { maxLength: 4 }) }),
        odd: json(['x']),
      }),
      odd: json(['x']),
    });
    fc.assert(
      fc.property(fc.array(control, { maxLength: 4 }), json(['x']), (controls, odd) => {
        const document: JsonObject = { template_content: { controls: [...controls] }, odd };
        const made = approvalTemplatesStream.normalise({ ...document, [ASKED_TEMPLATE_ID]: 'T' }, context);
        expect(made.approval_templates?.[0]?.payload).toBe(JSON.stringify(document));
        for (const text of leaves(odd)) expect(made.approval_templates?.[0]?.extra).toContain(text);
        expectDistinctKeys(made, approvalTemplatesStream.tables);
        const kept = JSON.stringify(
          made.approval_template_fields?.map(({ extra, config }) => `${extra}${config}`),
        );
        for (const one of controls)
          for (const text of [...leaves(one.odd), ...leaves(one.property.odd), ...leaves(one.config.odd)])
            expect(kept).toContain(JSON.stringify(text).slice(1, -1));
      }),
    );
  });
});

describe('check-ins', () => {
  const IDENTITY = [
    'checkin_type',
    'checkin_time',
    'sch_checkin_time',
    'groupid',
    'schedule_id',
    'timeline_id',
  ];
  const FIELDS =
    'groupname exception_type location_title location_detail wifiname wifimac notes mediaids lat lng deviceid odd'.split(
      ' ',
    );

  it('keep every value in a column or in extra', () => {
    fc.assert(
      fc.property(objects([...FIELDS, ...IDENTITY]), (fields) => {
        const record: JsonObject = { ...fields, userid: 'a', checkin_time: 1762131600 };
        const [row] = checkinRows(record, context).checkins ?? [];
        const columns = Object.values(row ?? {}).flatMap((value) => (Array.isArray(value) ? value : [value]));
        // Times and coordinates are converted; ids are trimmed, and a blank one is none.
        const plain = Object.entries(fields).filter(([key]) => !['lat', 'lng', ...IDENTITY].includes(key));
        for (const text of plain.flatMap(([, value]) => leaves(value))) {
          const bare = String(JSON.parse(text)).trim();
          const inColumn = columns.some((column) => String(column).trim() === bare);
          expect(bare === '' || inColumn || String(row?.extra).includes(text)).toBe(true);
        }
        for (const text of leaves(fields.odd)) expect(row?.extra).toContain(text);
      }),
    );
  });

  it('have a hash that is stable and does not tell absent, null, "", 0 and "0" apart', () => {
    const nothings = fc.constantFrom<JsonValue | undefined>(undefined, null, '', 0, '0', []);
    const scalar = fc.oneof(fc.integer({ min: 1 }), fc.string({ minLength: 1 }));
    const spellings = fc.tuple(fc.boolean(), scalar, nothings, nothings);
    fc.assert(
      fc.property(fc.array(spellings, { minLength: 6, maxLength: 6 }), fc.string(), (fields, other) => {
        const make = (pick: 2 | 3) =>
          Object.fromEntries(
            IDENTITY.flatMap((key, i) => {
              const field = fields[i];
              const value = field?.[0] ? field[1] : field?.[pick];
              return value === undefined ? [] : [[key, value]];
            }),
          );
        expect(punchHash({ ...make(2), notes: other })).toBe(punchHash(make(3)));
        expect(punchHash(make(2))).toBe(BigInt.asIntN(64, punchHash(make(2))));
      }),
    );
  });

  it('give exact degrees', () => {
    const micro = fc.integer({ min: -180_000_000, max: 180_000_000 }).filter((n) => n !== 0);
    fc.assert(
      fc.property(micro, (lng) => {
        const [row] = checkinRows({ userid: 'a', checkin_time: 1, lat: 0, lng }, context).checkins ?? [];
        expect(row?.longitude).toMatch(/^-?\d{1,3}\.\d{6}$/);
        expect(Math.round(Number(row?.longitude) * 1_000_000)).toBe(lng);
      }),
    );
  });

  it('throw nothing but RecordRejected', () => {
    fc.assert(
      fc.property(objects(['userid', ...IDENTITY, ...FIELDS]), (record) => {
        try {
          checkinRows(record, context);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordRejected);
        }
      }),
    );
  });
});

function expectDistinctKeys(rows: Rows, tables: readonly Table[]): void {
  for (const { name, key } of tables) {
    const keys = (rows[name] ?? []).map((row) => keyText(Object.keys(key), row));
    expect(new Set(keys).size).toBe(keys.length);
  }
}
