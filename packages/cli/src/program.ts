import { Command, Option } from 'commander';
import { CommandError, exitCode } from './exit-code.js';
import { serviceNames } from './program-files.js';

const version = '0.1.0';

/** Ends with the exit code a command returns. */
const ending =
  <A extends unknown[]>(run: (...args: A) => Promise<number>) =>
  async (...args: A): Promise<void> => {
    process.exitCode = await run(...args);
  };

type Shared = { readonly config?: string; readonly json?: boolean };
type Talk = { readonly conversation?: string; readonly json?: boolean };

const json = (): Option => new Option('--json', 'print JSON');
const config = (): Option =>
  new Option('-c, --config <file>', 'configuration file (else QUEUECLAW_CONFIG, queueclaw.yaml)');
const conversation = (): Option => new Option('--conversation <id>', 'conversation to talk in');

/** The command line. Each command's code is loaded when it runs, so that --help is quick. */
export function createProgram(): Command {
  const program = new Command('queueclaw')
    .description('An AI assistant that runs like a queue-based system.')
    .version(version)
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();

  program
    .command('up')
    .description('start the whole system on this machine and keep it running; Ctrl-C stops it')
    .addOption(config())
    .addOption(json())
    .action(ending(async (options: Shared) => (await import('./up/command.js')).upCommand(options)));

  program
    .command('run')
    .description(`run one service in this process: ${serviceNames.join(', ')}`)
    .argument('<service>', 'which service')
    .addOption(config())
    .action(
      ending(async (service: string, options: Shared) => (await import('./run.js')).runCommand(service, options)),
    );

  program
    .command('chat')
    .description('talk to the assistant in the terminal')
    .addOption(conversation())
    .action(ending(async (options: Talk) => (await import('./client/chat.js')).chatCommand(options)));

  program
    .command('send')
    .description('send one message; exit code 0: answered, 1: failed, 3: unreachable')
    .argument('<text>', 'what to say; - reads it from stdin')
    .addOption(conversation())
    .option('--wait <duration>', 'how long to wait for the answer, 0s to 120s', '60s')
    .addOption(json())
    .action(
      ending(async (text: string, options: Talk & { readonly wait: string }) =>
        (await import('./client/send.js')).sendCommand(text, options),
      ),
    );

  program
    .command('doctor')
    .description('check everything this machine needs')
    .addOption(config())
    .addOption(json())
    .action(ending(async (options: Shared) => (await import('./doctor/command.js')).doctorCommand(options)));

  const configuration = program.command('config').description('look at the configuration');
  configuration
    .command('validate')
    .description('say everything that is wrong with it')
    .argument('[file]', 'the file')
    .addOption(json())
    .action(
      ending(async (file: string | undefined, options: Shared) =>
        (await import('./config-commands.js')).validateCommand(file, options),
      ),
    );
  configuration
    .command('show')
    .description('print what is in force, without secrets')
    .argument('[file]', 'the file')
    .addOption(json())
    .action(
      ending(async (file: string | undefined, options: Shared) =>
        (await import('./config-commands.js')).showCommand(file, options),
      ),
    );
  configuration
    .command('schema')
    .description('print the JSON Schema for editors')
    .action(ending(async () => (await import('./config-commands.js')).schemaCommand()));

  program
    .command('redis')
    .description('look at what the services need in Redis')
    .command('users')
    .description('print an ACL file with one user for each service; #@user@ stands for the SHA-256 of its password')
    .addOption(config())
    .action(ending(async (options: Shared) => (await import('./redis/users-command.js')).redisUsersCommand(options)));

  return program;
}

/** The exit code and sentence for what a command threw. */
export function explain(thrown: unknown): { readonly code: number; readonly message: string | undefined } {
  if (thrown instanceof CommandError) return { code: thrown.code, message: thrown.message };
  if (thrown instanceof Error && 'exitCode' in thrown && typeof thrown.exitCode === 'number') {
    // commander has said what it wanted; its 1 is our "usage".
    return { code: thrown.exitCode === 0 ? exitCode.ok : exitCode.usage, message: undefined };
  }
  if (thrown instanceof Error && 'publicMessage' in thrown)
    return { code: exitCode.failed, message: String(thrown.publicMessage) };
  return { code: exitCode.failed, message: thrown instanceof Error ? thrown.message : String(thrown) };
}
