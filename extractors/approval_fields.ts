import type { Row } from '../src/engine/table.ts';
import { isJsonObject, type JsonObject } from '../src/wecom/json.ts';
import { compact, pickText, readControl, tableRows } from './approval_controls.ts';
import { Fields, idOf } from './fields.ts';

/** `id`, or `id#2`, `id#3` … when the key is taken: two controls of one form may carry the same id. */
export function freeId(id: string, taken: Set<string>, place: number): string {
  let free = id;
  for (let n = 2; taken.has(`${free}\0${place}`); n += 1) free = `${id}#${n}`;
  taken.add(`${free}\0${place}`);
  return free;
}

/** A control without an id is called by its position. */
export const idAt = (item: JsonObject, position: number): string => idOf(item.id) ?? `#${position}`;

interface Place {
  readonly tableId: string | null;
  readonly rowNo: number;
  readonly position: number;
}

/**
 * Rows of `approval_fields`, one per control: row_no 0 for the form itself, 1 … for the rows of a table, whose own row
 * holds only its totals. Two tables may use one id for a child: the later table then goes on counting where the
 * earlier one ended, so that field_id stays the control's id; `table_id` tells them apart. The same id twice in one
 * place becomes `id#2`.
 */
export function fieldRows(
  spNo: string,
  contents: readonly JsonObject[],
  spelling: (userid: string) => string,
): Row[] {
  const rows: Row[] = [];
  const taken = new Set<string>();
  const lastRow = new Map<string, number>();

  const add = (item: JsonObject, { tableId, rowNo, position }: Place): string => {
    const f = new Fields(item);
    const fieldId = freeId(idAt(item, position), taken, rowNo);
    const control = f.optionalId('control') ?? null;
    const reading = readControl(control, f.raw('value'), spelling);
    rows.push({
      sp_no: spNo,
      field_id: fieldId,
      row_no: rowNo,
      table_id: tableId,
      position,
      control,
      title: pickText(f.raw('title')),
      value_text: reading.text ?? null,
      value_number: reading.number ?? null,
      value_at: reading.at ?? null,
      value_end_at: reading.endAt ?? null,
      value: rowNo === 0 && tableRows(item.value).length > 0 ? totals(item) : reading.value,
    });
    return fieldId;
  };

  for (const [position, item] of contents.entries()) {
    const tableId = add(item, { tableId: null, rowNo: 0, position });
    const table = tableRows(item.value);
    const ids = new Set(table.flatMap((children) => children.map(idAt)));
    const before = [...ids].reduce((most, id) => Math.max(most, lastRow.get(id) ?? 0), 0);
    for (const [index, children] of table.entries())
      for (const [place, child] of children.entries())
        add(child, { tableId, rowNo: before + index + 1, position: place });
    for (const id of ids) lastRow.set(id, before + table.length);
  }
  return rows;
}

/** What a table says beside its rows. */
function totals(item: JsonObject): string | null {
  if (!isJsonObject(item.value)) return null;
  const { stat_field, sum_field } = item.value;
  return compact({ stat_field: stat_field ?? null, sum_field: sum_field ?? null });
}
