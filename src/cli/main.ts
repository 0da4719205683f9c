#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { version } from '../version.ts';
import { addSync } from './commands/sync.ts';
import { EXIT, exitCodeOf, explain } from './exit.ts';

const program = new Command('wecom-warehouse')
  .description('Copies WeCom (企业微信) into PostgreSQL, and keeps what WeCom forgets.')
  .version(version)
  .option('--config <file>', 'configuration file', undefined)
  .showHelpAfterError()
  .exitOverride();

addSync(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
