import type { Command } from 'commander';
import type { OnboardOptions } from '../onboard/command.js';
import type { LogsOptions } from '../logs/command.js';
import type { Words } from '../phrases/index.js';
import { serviceNames } from '../program-files.js';
import { config, ending, json, type Shared } from './ending.js';

/** The commands that run this machine's part and look at it. */
export function defineSystem(program: Command, words: Words): void {
  program
    .command('up')
    .description(words('up'))
    .addOption(config(words))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await import('../up/command.js')).upCommand(options)));

  program
    .command('run')
    .description(words('run', { services: serviceNames.join(', ') }))
    .argument('<service>', words('run.service'))
    .addOption(config(words))
    .action(
      ending(async (service: string, options: Shared) => (await import('../run.js')).runCommand(service, options)),
    );

  program
    .command('onboard')
    .description(words('onboard'))
    .option('--channel <name>', words('option.channel'))
    .option('--account <name>', words('option.account'))
    .option('--set <setting=value...>', words('option.set'))
    .option('--no-check', words('option.no_check'))
    .addOption(config(words))
    .addOption(json(words))
    .action(ending(async (options: OnboardOptions) => (await import('../onboard/command.js')).onboardCommand(options)));

  program
    .command('doctor')
    .description(words('doctor'))
    .addOption(config(words))
    .addOption(json(words))
    .action(ending(async (options: Shared) => (await import('../doctor/command.js')).doctorCommand(options)));

  program
    .command('logs')
    .description(words('logs'))
    .option('-s, --service <name>', words('option.service'))
    .option('-f, --follow', words('option.follow'))
    .option('-n, --lines <count>', words('option.lines'), '100')
    .addOption(json(words))
    .action(ending(async (options: LogsOptions) => (await import('../logs/command.js')).logsCommand(options)));

  defineConfig(program, words);

  program
    .command('redis')
    .description(words('redis'))
    .command('users')
    .description(words('redis.users'))
    .addOption(config(words))
    .action(ending(async (options: Shared) => (await import('../redis/users-command.js')).redisUsersCommand(options)));

  program
    .command('completion')
    .description(words('completion'))
    .argument('<shell>', words('completion.shell'))
    .action(ending(async (shell: string) => (await import('../completion/command.js')).completionCommand(shell)));
}

function defineConfig(program: Command, words: Words): void {
  type Run = (file: string | undefined, options: Shared) => Promise<number>;
  const commands = async (): Promise<{ validateCommand: Run; showCommand: Run; schemaCommand(): Promise<number> }> =>
    import('../config-commands.js');
  const configuration = program.command('config').description(words('config'));
  configuration
    .command('validate')
    .description(words('config.validate'))
    .argument('[file]', words('config.file'))
    .addOption(json(words))
    .action(
      ending(async (file: string | undefined, options: Shared) => (await commands()).validateCommand(file, options)),
    );
  configuration
    .command('show')
    .description(words('config.show'))
    .argument('[file]', words('config.file'))
    .addOption(json(words))
    .action(ending(async (file: string | undefined, options: Shared) => (await commands()).showCommand(file, options)));
  configuration
    .command('schema')
    .description(words('config.schema'))
    .action(ending(async () => (await commands()).schemaCommand()));
}
