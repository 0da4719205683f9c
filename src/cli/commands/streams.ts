import { catalogue } from '../../../extractors/index.ts';
import type { Stream } from '../../engine/stream.ts';
import { secretVariable } from '../../wecom/secrets.ts';
import { EXIT } from '../exit.ts';
import type { JsonFlag } from '../options.ts';
import { textTable } from '../table.ts';

export async function runStreams(flags: JsonFlag): Promise<number> {
  process.stdout.write(flags.json ? `${JSON.stringify(catalogue.map(entry), null, 2)}\n` : table());
  return EXIT.ok;
}

function entry(stream: Stream) {
  const { name, label, endpoints, area, mode, days, tables, after } = stream;
  return {
    stream: name,
    label,
    endpoints,
    secret: { area, variable: secretVariable(area) },
    mode,
    retentionDays: days?.forgets ? days.retention : null,
    firstRunDays: days?.retention ?? null,
    tables: tables.map((one) => one.name),
    after,
  };
}

function table(): string {
  const header = ['stream', '', 'mode', 'secret', 'kept by WeCom', 'tables'];
  const rows = catalogue.map(({ name, label, mode, area, days, tables }) => [
    name,
    label.zh,
    mode,
    area,
    days?.forgets ? `${days.retention} days` : '',
    tables.map((one) => one.name).join(', '),
  ]);
  return [
    ...wrapLast(textTable(header, rows)),
    '',
    'secret: the area whose WECOM_SECRET_… serves the stream, else WECOM_SECRET. All columns: streams --json',
    '',
  ].join('\n');
}

const WIDTH = 110;

/** Long lists of tables go on below their column. */
function wrapLast(text: string): string[] {
  const [header = '', rule = '', ...rows] = text.split('\n');
  const indent = header.lastIndexOf('tables');
  return [header, rule.slice(0, WIDTH), ...rows.flatMap((row) => wrap(row, indent))];
}

function wrap(row: string, indent: number): string[] {
  const lines = [''];
  for (const word of row.split(/(?<=, )/)) {
    const line = lines.at(-1) ?? '';
    if (line.length > indent && line.length + word.length > WIDTH) lines.push(' '.repeat(indent) + word);
    else lines[lines.length - 1] = line + word;
  }
  return lines.map((line) => line.trimEnd());
}
