/** Results of a query as CSV and JSON. Values arrive as the text that PostgreSQL sends; NULL is null. */

export interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

type Rows = readonly (readonly (string | null)[])[];

/** RFC 4180: CRLF, quotes where needed. NULL is an empty field, the empty text a quoted one. */
export function csv(fields: readonly Field[], rows: Rows): string {
  const lines = [fields.map((field) => field.name), ...rows].map((row) => row.map(csvCell).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function csvCell(cell: string | null): string {
  if (cell === null) return '';
  return cell === '' || /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const BOOL = 16;
const NUMBERS = new Set([20, 21, 23, 26, 700, 701, 1700]);
const JSONS = new Set([114, 3802]);
const TIMESTAMPTZ = 1184;
/** Arrays of int2, int4, text, varchar, int8, float4, float8 and numeric. */
const ARRAYS = new Set([1005, 1007, 1009, 1015, 1016, 1021, 1022, 1231]);
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/**
 * An array of objects, one per line. Numbers keep every digit (a reader in JavaScript may round those beyond 2^53), times
 * are ISO 8601. `parseArray` reads PostgreSQL's array text.
 */
export function json(
  fields: readonly Field[],
  rows: Rows,
  parseArray: (oid: number, text: string) => unknown,
): string {
  const value = ({ dataTypeID }: Field, cell: string | null): string => {
    if (cell === null) return 'null';
    if (dataTypeID === BOOL) return cell === 't' ? 'true' : 'false';
    if (NUMBERS.has(dataTypeID) && JSON_NUMBER.test(cell)) return cell;
    if (JSONS.has(dataTypeID)) return cell;
    if (ARRAYS.has(dataTypeID)) return JSON.stringify(parseArray(dataTypeID, cell));
    return JSON.stringify(dataTypeID === TIMESTAMPTZ ? isoTime(cell) : cell);
  };
  const objects = rows.map(
    (row) =>
      `{${fields.map((field, i) => `${JSON.stringify(field.name)}:${value(field, row[i] ?? null)}`).join(',')}}`,
  );
  return `[${objects.join(',\n')}]\n`;
}

/** `2026-11-20 10:30:00+08` → `2026-11-20T10:30:00+08:00`; infinity and years before Christ stay as they are. */
function isoTime(text: string): string {
  return text.replace(/^(\d{4}-\d{2}-\d{2}) ([\d:.]+)([+-]\d{2})(:\d{2})?$/, (_, day, time, hours, minutes) =>
    [day, 'T', time, hours, minutes ?? ':00'].join(''),
  );
}
