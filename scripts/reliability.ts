/**
 * Writes the generated parts of docs/reliability.md from test/faults/*.ts. With `--check` it writes nothing and fails when
 * the page differs, or when a test that it names does not exist (test/unit/reliability.test.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INVARIANTS, OTHER_FAULTS, PEERS, type Proof } from '../test/faults/promises.ts';
import { FAULTS, type FaultLine } from '../test/faults/table.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/reliability.md');

const cell = (text: string) => text.replaceAll('|', '\\|');

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

const testName = ([file, name]: Proof) => `\`${file}\`: ${name}`;

function where({ at, together }: FaultLine): string {
  if (together) return 'all paths in one run';
  if (at === undefined) return 'each path';
  return at.map((path) => `\`${path}\``).join(', ');
}

const words = (expected: FaultLine['stream']) => [expected].flat().join(' or ');

function endsAs({ stream, except = {} }: FaultLine): string {
  const others = Object.entries(except).map(([path, status]) => `\`${path}\`: ${words(status)}`);
  return [words(stream), ...others].join('; ');
}

const PARTS: Readonly<Record<string, () => string>> = {
  invariants: () =>
    INVARIANTS.map(({ title, proofs }, i) =>
      [`${i + 1}. **${title}**`, ...proofs.map((proof) => `   - ${testName(proof)}`)].join('\n'),
    ).join('\n'),
  faults: () =>
    table(
      ['fault', 'where', 'the stream ends as', 'outcome'],
      FAULTS.map((line) => [line.fault, where(line), endsAs(line), line.outcome]),
    ),
  others: () =>
    table(
      ['fault', 'outcome', 'test'],
      OTHER_FAULTS.map(({ fault, outcome, proof }) => [fault, outcome, testName(proof)]),
    ),
  peers: () =>
    table(
      ['elsewhere', 'here', 'test'],
      PEERS.map(({ defect, answer, proof }) => [defect, answer, testName(proof)]),
    ),
};

function generated(text: string): string {
  return Object.entries(PARTS).reduce((page, [name, render]) => {
    const [open, close] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
    const [from, to] = [page.indexOf(open), page.indexOf(close)];
    if (from < 0 || to < from) throw new Error(`docs/reliability.md lacks the markers of ${name}.`);
    return `${page.slice(0, from + open.length)}\n\n${render()}\n\n${page.slice(to)}`;
  }, text);
}

/** Named tests that do not exist. */
function missing(): string[] {
  const proofs = [
    ...INVARIANTS.flatMap((one) => one.proofs),
    ...[...OTHER_FAULTS, ...PEERS].map((one) => one.proof),
  ];
  return proofs
    .filter(([file, name]) => !readFileSync(join(ROOT, 'test', file), 'utf8').includes(name))
    .map(([file, name]) => `test/${file} has no test “${name}”.`);
}

const before = readFileSync(PAGE, 'utf8');
const after = generated(before);
const problems = missing();
if (process.argv.includes('--check')) {
  if (before !== after) problems.push('docs/reliability.md differs. → Run: node scripts/reliability.ts');
} else if (before !== after) writeFileSync(PAGE, after);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
