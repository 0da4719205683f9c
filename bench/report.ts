/** Figures of a benchmark run: as a table, as JSON, and as the last entry of RESULTS.md. */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';

/** One measured figure. `floor` is what the same machine could do at best, measured in the same run. */
export interface Figure {
  readonly bench: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly floor?: number;
  /** `value` against `floor`, in the direction that the target names. */
  readonly ratio?: number;
  readonly target?: string;
  readonly met?: boolean;
}

/** A bound of the form `at least 0.4` or `at most 1.25`. */
export type Bound = { readonly least: number } | { readonly most: number };

/** A figure with its verdict; without a floor the bound applies to the value. */
export function figure(
  bench: string,
  what: string,
  value: number,
  unit: string,
  more: { readonly floor?: number; readonly bound?: Bound } = {},
): Figure {
  const { floor, bound } = more;
  const ratio = floor === undefined ? undefined : value / floor;
  const judged = ratio ?? value;
  return {
    bench,
    what,
    value,
    unit,
    ...(floor === undefined ? {} : { floor }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(bound === undefined ? {} : { target: boundText(bound), met: holds(bound, judged) }),
  };
}

const boundText = (bound: Bound) => ('least' in bound ? `≥ ${bound.least}` : `≤ ${bound.most}`);
const holds = (bound: Bound, value: number) =>
  'least' in bound ? value >= bound.least : value <= bound.most;

/** The middle one; of an even number the lower middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

const HEADINGS = ['', 'figure', 'value', 'floor', 'ratio', 'target', ''];

export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map((one) => [
    one.bench,
    one.what,
    `${number(one.value)} ${one.unit}`,
    one.floor === undefined ? '' : `${number(one.floor)} ${one.unit}`,
    one.ratio === undefined ? '' : one.ratio.toFixed(2),
    one.target ?? '',
    one.met === undefined ? '' : one.met ? 'met' : 'MISSED',
  ]);
  const widths = HEADINGS.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** Cores, memory and versions: what a reader needs to judge the figures, and nothing that names the machine. */
export function machine(postgres: string): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${gigabytes} GB, Node ${process.versions.node}, PostgreSQL ${postgres} (embedded, fsync on)`;
}

/** What else the machine was doing: with more than a core's worth, only ratios and CPU figures mean something. */
export function load(): string {
  return `load average ${loadavg()
    .map((one) => one.toFixed(1))
    .join(', ')}`;
}

export async function writeResults(file: URL, about: readonly string[], table: string): Promise<void> {
  await writeFile(file, `# Last benchmark\n\n${about.map((line) => `- ${line}`).join('\n')}\n\n${table}\n`);
}
