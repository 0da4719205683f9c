/**
 * The benchmarks: `npm run bench -- [a … i] [--size relations] [--repeat 3] [--million] [--json file]`.
 * They measure; they do not test. Every figure stands beside a floor that was measured in the same run.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { analytics } from './analytics.ts';
import { bytes } from './bytes.ts';
import { ceiling } from './ceiling.ts';
import { changed } from './changed.ts';
import { growth } from './growth.ts';
import { memory } from './memory.ts';
import { merge } from './merge.ts';
import { night } from './night.ts';
import { startPostgres } from './postgres.ts';
import { type Figure, load, machine, toTable, writeResults } from './report.ts';
import { start } from './start.ts';
import { unchanged } from './unchanged.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string' },
    repeat: { type: 'string', default: '3' },
    million: { type: 'boolean', default: false },
    json: { type: 'string', default: 'bench.json' },
  },
});

const repeat = Number(values.repeat);
const sized = (usual: number) => (values.size === undefined ? usual : Number(values.size));

const SIZES = [10_000, 30_000, 100_000, 300_000];

const postgres = await startPostgres();
const benchmarks: Readonly<Record<string, () => Promise<Figure[]>>> = {
  a: () => merge(postgres, sized(50_000), repeat),
  b: () => unchanged(postgres, sized(50_000), repeat),
  c: () => changed(postgres, sized(50_000), repeat),
  d: () => night(postgres, repeat),
  e: () => ceiling(postgres, sized(50_000), repeat),
  f: () => memory(postgres, values.million ? [10_000, 100_000, 1_000_000] : [10_000, 100_000]),
  g: () => start(postgres, repeat),
  h: () => bytes(postgres, sized(20_000)),
  j: () => analytics(postgres, sized(3_000_000), repeat),
  i: () => growth(postgres, values.million ? [...SIZES, 1_000_000] : SIZES, sized(20_000)),
};

/** Half an hour at its full size: only when asked for. */
const LONG = ['j'];
const asked =
  positionals.length > 0 ? positionals : Object.keys(benchmarks).filter((name) => !LONG.includes(name));
const figures: Figure[] = [];
const loadBefore = load();
try {
  for (const name of asked) {
    const benchmark = benchmarks[name];
    if (!benchmark) throw new Error(`There is no benchmark ${name}: ${Object.keys(benchmarks).join(', ')}.`);
    process.stderr.write(`${name} …\n`);
    figures.push(...(await benchmark()));
  }
} finally {
  await postgres.close();
}
const about = [
  `${new Date().toISOString().slice(0, 10)}, ${machine(postgres.version)}`,
  `${loadBefore} before, ${load()} after (1, 5, 15 minutes; the benchmarks themselves make about 2)`,
  `medians of ${repeat}${values.size === undefined ? '' : `, ${values.size} relations`}`,
];
process.stdout.write(`${about.join('\n')}\n${toTable(figures)}\n`);
await writeFile(values.json, `${JSON.stringify({ about, figures }, null, 2)}\n`);
// A part of the benchmarks does not replace the last whole table.
if (positionals.length === 0)
  await writeResults(new URL('RESULTS.md', import.meta.url), about, toTable(figures));
