import { Command } from 'commander';
import { defineOperate } from './define/operate.js';
import { defineSystem } from './define/system.js';
import { defineTalk } from './define/talk.js';
import { CommandError, exitCode } from './exit-code.js';
import { type Words, wordsFor } from './phrases/index.js';
import { usageInWords } from './phrases/usage-in-words.js';

const version = '0.1.0';

/** Commander's own words in the person's language. */
const titles = (words: Words): Readonly<Record<string, string>> => ({
  'Usage:': words('title.usage'),
  'Arguments:': words('title.arguments'),
  'Options:': words('title.options'),
  'Commands:': words('title.commands'),
});

/** The command line. Each command's code is loaded when it runs, so that --help is quick. */
export function createProgram(words: Words = wordsFor(process.env)): Command {
  const known = titles(words);
  const program = new Command('queueclaw')
    .description(words('program'))
    .configureHelp({ styleTitle: (title) => known[title] ?? title })
    .helpOption('-h, --help', words('help.option'))
    .helpCommand('help [command]', words('help.command'))
    .version(version, '-V, --version', words('version'))
    .showHelpAfterError(words('help.after_error'))
    .addHelpText('after', `\n${words('help.exit_codes')}`)
    .configureOutput({ outputError: (text, write) => write(`${usageInWords(words, text)}\n`) })
    .exitOverride();
  defineSystem(program, words);
  defineTalk(program, words);
  defineOperate(program, words);
  return program;
}

/** What a command threw: its exit code, the sentence for people, and the error's code for programs. */
export type Explained = { readonly code: number; readonly message: string | undefined; readonly error: string };

/** Explains what a command threw. */
export function explain(thrown: unknown): Explained {
  if (thrown instanceof CommandError) return { code: thrown.code, message: thrown.message, error: thrown.errorCode };
  if (thrown instanceof Error && 'exitCode' in thrown && typeof thrown.exitCode === 'number') {
    // commander has said what it wanted; its 1 is our "usage".
    const code = thrown.exitCode === 0 ? exitCode.ok : exitCode.usage;
    return { code, message: undefined, error: 'request.invalid' };
  }
  if (thrown instanceof Error && 'publicMessage' in thrown) {
    const error = 'code' in thrown ? String(thrown.code) : 'system.internal';
    return { code: exitCode.failed, message: String(thrown.publicMessage), error };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: exitCode.failed, message, error: 'system.internal' };
}
