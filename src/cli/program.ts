/** The command line at one glance. What a command does is loaded when it is called: `--help` must not wait for it. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { SIZES } from '../simulator/size.ts';
import { TRAPS } from '../simulator/traps.ts';
import { version } from '../version.ts';
import type { ForgetFlags } from './commands/forget.ts';
import type { MigrateFlags } from './commands/migrate.ts';
import type { QueryFlags } from './commands/query.ts';
import type { RejectsFlags } from './commands/rejects.ts';
import type { ServeFlags } from './commands/serve.ts';
import type { SimulateFlags } from './commands/simulate.ts';
import type { SyncFlags } from './commands/sync.ts';
import { EXIT } from './exit.ts';
import type { GlobalOptions, JsonFlag } from './options.ts';

/** Runs the command of the process's arguments and sets the exit code. */
export async function runProgram(): Promise<void> {
  // `… | head` closes the pipe early; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await createProgram().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else {
      const { exitCodeOf, explain } = await import('./explain.ts');
      process.stderr.write(`${explain(error)}\n`);
      process.exitCode = exitCodeOf(error);
    }
  }
}

export function createProgram(): Command {
  const program = new Command('wecom-warehouse')
    .description('Copies WeCom (企业微信) into PostgreSQL, and keeps what WeCom forgets.')
    .version(version)
    .option('--config <file>', 'configuration file (default: wecom-warehouse.config.json, if it exists)')
    .showHelpAfterError('(--help shows what is possible)')
    .exitOverride();

  program
    .command('demo')
    .description('a simulated company in an embedded PostgreSQL: sync, report and answers; needs no account')
    .action(async () => {
      const { runDemo } = await import('./commands/demo.ts');
      process.exitCode = await runDemo();
    });

  program
    .command('init')
    .description('asks for corp id and secrets, checks them, writes .env')
    .action(async (_flags: object, command: Command) => {
      const { runInit } = await import('./commands/init.ts');
      process.exitCode = await runInit(globals(command));
    });

  program
    .command('check')
    .description(
      'database, secrets, and what each stream may read; what an admin must click where it may not',
    )
    .action(async (_flags: object, command: Command) => {
      const { runCheck } = await import('./commands/check.ts');
      process.exitCode = await runCheck(globals(command));
    });

  program
    .command('migrate')
    .description('applies the pending migrations')
    .option('--status', 'only shows what is applied and what is pending')
    .addOption(new Option('--print-sql', 'only prints the SQL of the pending ones').conflicts('status'))
    .addOption(
      new Option('--with-roles', 'also creates the group roles of owner, loader and analysts').conflicts([
        'status',
        'printSql',
      ]),
    )
    .action(async (flags: MigrateFlags, command: Command) => {
      const { runMigrate } = await import('./commands/migrate.ts');
      process.exitCode = await runMigrate(flags, globals(command));
    });

  program
    .command('sync [streams...]')
    .description('one incremental run of all or the named streams, with what they depend on')
    .option('--full', 'read again everything that the API still gives')
    .option('--since <date>', 'first day of daily and window streams (YYYY-MM-DD, Asia/Shanghai)')
    .option('--until <date>', 'last day of daily and window streams')
    .option('--dry-run', 'the plan: requests per path, share of the quota, expected time, tables')
    .option('--accept-deletes', 'end the rows that earlier runs held and that are still absent')
    .option('--json', 'one JSON object on stdout')
    .option('--corp <id>', 'only this corp, when several are configured')
    .action(async (streams: string[], flags: SyncFlags, command: Command) => {
      const { runSync } = await import('./commands/sync.ts');
      process.exitCode = await runSync(streams, flags, globals(command));
    });

  program
    .command('status')
    .description('per stream: last success, lag, rows, coverage and gaps, what is held or rejected')
    .option('--json', 'a JSON array on stdout')
    .action(async (flags: JsonFlag, command: Command) => {
      const { runStatus } = await import('./commands/status.ts');
      process.exitCode = await runStatus(flags, globals(command));
    });

  program
    .command('rejects [stream]')
    .description('records that could not become rows, and why')
    .option('--retry', 'try again, after an update that understands them')
    .option('--json', 'a JSON array on stdout; with --retry one JSON object per corp')
    .action(async (stream: string | undefined, flags: RejectsFlags, command: Command) => {
      const { runRejects } = await import('./commands/rejects.ts');
      process.exitCode = await runRejects(stream, flags, globals(command));
    });

  program
    .command('replay [streams...]')
    .description(
      'the typed tables of approvals and templates once more from the stored documents; calls nothing',
    )
    .option('--json', 'one JSON object per corp on stdout')
    .action(async (streams: string[], flags: JsonFlag, command: Command) => {
      const { runReplay } = await import('./commands/replay.ts');
      process.exitCode = await runReplay(streams, flags, globals(command));
    });

  program
    .command('forget')
    .description('erases one person from every table, and keeps the person out of later runs')
    .option('--customer <id>', 'external_userid of a customer or a member of a group')
    .addOption(new Option('--employee <id>', 'userid of an employee').conflicts('customer'))
    .option('--dry-run', 'only lists what would go, table by table')
    .option('--corp <id>', 'corp of the person, when the warehouse holds several')
    .option('--json', 'one JSON object on stdout')
    .action(async (flags: ForgetFlags, command: Command) => {
      const { runForget } = await import('./commands/forget.ts');
      process.exitCode = await runForget(flags, globals(command));
    });

  program
    .command('streams')
    .description('the catalogue of streams')
    .option('--json', 'a JSON array on stdout')
    .action(async (flags: JsonFlag) => {
      const { runStreams } = await import('./commands/streams.ts');
      process.exitCode = await runStreams(flags);
    });

  program
    .command('query <sql>')
    .description('runs one read-only statement and prints the result')
    .addOption(new Option('--format <format>', 'how').choices(['table', 'csv', 'json']).default('table'))
    .action(async (sql: string, flags: QueryFlags, command: Command) => {
      const { runQuery } = await import('./commands/query.ts');
      process.exitCode = await runQuery(sql, flags, globals(command));
    });

  program
    .command('serve')
    .description('syncs on schedule; status page, /healthz, /readyz, /metrics')
    .addOption(new Option('--port <port>', 'port of the pages').argParser(port).default(8080))
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .action(async (flags: ServeFlags, command: Command) => {
      const { runServe } = await import('./commands/serve.ts');
      process.exitCode = await runServe(flags, globals(command));
    });

  program
    .command('postgres')
    .description('keeps the embedded server running and prints the URL for a BI tool')
    .action(async (_flags: object, command: Command) => {
      const { runPostgres } = await import('./commands/postgres.ts');
      process.exitCode = await runPostgres(globals(command));
    });

  program
    .command('export <dir>')
    .description('every table of the warehouse to files in a new or empty folder')
    .action(async (directory: string, _flags: object, command: Command) => {
      const { runExport } = await import('./commands/transfer.ts');
      process.exitCode = await runExport(directory, globals(command));
    });

  program
    .command('import <dir>')
    .description('an export into an empty database')
    .action(async (directory: string, _flags: object, command: Command) => {
      const { runImport } = await import('./commands/transfer.ts');
      process.exitCode = await runImport(directory, globals(command));
    });

  program
    .command('simulate')
    .description('a simulated WeCom on a port, to try things against')
    .addOption(new Option('--port <port>', 'port to listen on').argParser(port).default(8899))
    .addOption(new Option('--seed <number>', 'another company for each number').argParser(whole).default(1))
    .addOption(new Option('--size <size>', 'size of the company').choices(Object.keys(SIZES)).default('demo'))
    .option('--traps <names>', 'comma-separated names of traps, or all', 'none')
    .addHelpText('after', () => trapsHelp())
    .action(async (flags: SimulateFlags) => {
      const { runSimulateCommand } = await import('./commands/simulate.ts');
      process.exitCode = await runSimulateCommand(flags);
    });

  return program;
}

const globals = (command: Command) => command.optsWithGlobals<GlobalOptions>();

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** 0 takes any free port. */
function port(text: string): number {
  const number = whole(text);
  if (number > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return number;
}

function trapsHelp(): string {
  const width = Math.max(...Object.keys(TRAPS).map((name) => name.length));
  const lines = Object.entries(TRAPS).map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
  return `\nTraps:\n${lines.join('\n')}`;
}
