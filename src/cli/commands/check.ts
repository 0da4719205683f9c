import { loadConfig, readableByOthers } from '../../config/load.ts';
import { redact } from '../../wecom/secrets.ts';
import { checkCorp } from '../check/corp.ts';
import { checkDatabase } from '../check/database.ts';
import type { Finding } from '../check/finding.ts';
import { createLogger } from '../context.ts';
import { EXIT } from '../exit.ts';
import type { GlobalOptions } from '../options.ts';

export async function runCheck(options: GlobalOptions): Promise<number> {
  const config = loadConfig({ corp: true }, options.config);
  const logger = createLogger(config.logLevel);
  const report = new Report();
  for (const file of readableByOthers(options.config))
    report.show(file, {
      mark: '!',
      text: 'can be read by other users of this machine, and holds secrets',
      advice: [`Run: chmod 600 ${file}`],
    });
  const database = await checkDatabase(config, logger);
  report.show('database', database);
  const addresses = new Set<string>();
  let permitted = true;
  for (const corp of config.corps) {
    print(`\nCorp ${corp.corpId}`);
    const seen = await checkCorp(config, corp, logger, (name, finding) => {
      report.show(name, finding, config.corps.length > 1 ? corp.corpId : undefined);
      permitted &&= finding.mark !== '✗';
    });
    for (const address of seen) addresses.add(address);
  }
  print(
    addresses.size > 0
      ? `\nEgress IP that WeCom saw: ${[...addresses].join(', ')}`
      : '\nEgress IP: WeCom did not name it.',
  );
  report.conclude();
  if (database.mark === '✗') return EXIT.database;
  return permitted ? EXIT.ok : EXIT.partial;
}

const NAME_WIDTH = 28;

/** One line per finding at once; what to do about them at the end, once, however many need it. */
class Report {
  readonly #needed = new Map<string, { names: string[]; urgent: boolean }>();

  /** `corpId`: where several are checked. */
  show(name: string, { mark, text, advice = [] }: Finding, corpId?: string): void {
    print(`${mark} ${name.padEnd(NAME_WIDTH)} ${redact(text)}`);
    if (advice.length === 0) return;
    const what = advice.map((line) => `  → ${redact(line)}`).join('\n');
    const { names, urgent } = this.#needed.get(what) ?? { names: [], urgent: false };
    names.push(corpId === undefined ? name : `${name} of ${corpId}`);
    this.#needed.set(what, { names, urgent: urgent || mark === '✗' });
  }

  /** What is broken comes first. */
  conclude(): void {
    if (this.#needed.size === 0) return;
    print('\nWhat to do');
    const sorted = [...this.#needed].sort(([, a], [, b]) => Number(b.urgent) - Number(a.urgent));
    for (const [what, { names }] of sorted) print(`${names.join(', ')}:\n${what}`);
  }
}

const print = (text: string) => process.stdout.write(`${text}\n`);
