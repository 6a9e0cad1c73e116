import { CommandError, exitCode } from '../exit-code.js';
import { createProgram } from '../program.js';
import { candidates, type Lookup } from './candidates.js';
import { completionScripts } from './scripts.js';
import { shells } from './shells.js';
import { tell } from '../phrases/index.js';

/** `queueclaw completion <shell>` */
export async function completionCommand(shell: string): Promise<number> {
  const script = completionScripts.get(shell);
  if (script === undefined)
    throw new CommandError(tell('error.no_completion', { name: shell, known: shells.join(', ') }), exitCode.usage);
  process.stdout.write(script);
  return exitCode.ok;
}

const namesMax = 200;
const patienceMs = 1_500;

/** What cannot be looked up in a moment is not offered: a person waits at the prompt. */
const soon = async (work: () => Promise<string[]>): Promise<string[]> => {
  const late = new Promise<string[]>((resolve) => {
    setTimeout(() => resolve([]), patienceMs).unref();
  });
  return Promise.race([work().catch(() => []), late]);
};

const lookup: Lookup = {
  conversations: () =>
    soon(async () => {
      const { listConversations } = await import('../client/conversations.js');
      return (await listConversations(namesMax)).map(({ conversation }) => conversation);
    }),
  codes: () => soon(async () => (await import('../operate/pairing.js')).waitingCodes()),
  approvals: () => soon(async () => (await import('../operate/approvals.js')).approvalNames()),
  schedules: () => soon(async () => (await import('../operate/schedules.js')).scheduleIds()),
  deadLetters: () =>
    soon(async () => {
      const { listLetters } = await import('../operate/dead-letters.js');
      return (await listLetters(namesMax)).map(({ id }) => id);
    }),
};

/** What the scripts call: prints a candidate a line. `args` is what stands after `__complete`. */
export async function completeCommand(args: readonly string[]): Promise<void> {
  const words = args[0] === '--' ? args.slice(1) : args;
  for (const one of await candidates(createProgram(), words, lookup)) process.stdout.write(`${one}\n`);
}
