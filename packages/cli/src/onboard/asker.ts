import { log, password, select, text } from '@clack/prompts';
import { CommandError, exitCode } from '../exit-code.js';

/** Asks the person at the terminal. Every question throws when they leave. */
export type Asker = {
  choose(message: string, options: readonly { readonly value: string; readonly label: string }[]): Promise<string>;
  /** `problem` says what is wrong with an answer; it is then asked again. What is secret is not shown. */
  ask(message: string, secret: boolean, problem: (value: string) => string | undefined): Promise<string>;
  say(message: string): void;
};

/** Who leaves gives a symbol. */
function given(answer: string | symbol, left: string): string {
  if (typeof answer === 'string') return answer;
  throw new CommandError(left, exitCode.failed);
}

/** @param left what is said when somebody leaves with Ctrl-C */
export function terminalAsker(left: string): Asker {
  return {
    choose: async (message, options) => given(await select({ message, options: [...options] }), left),
    ask: async (message, secret, problem) => {
      const validate = (value: string | undefined): string | undefined => problem((value ?? '').trim());
      return given(await (secret ? password({ message, validate }) : text({ message, validate })), left).trim();
    },
    say: (message) => log.info(message),
  };
}
