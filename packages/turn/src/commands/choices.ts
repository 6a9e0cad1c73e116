import { type Choice, choicesMax, type ControlMail, QueueMode } from '@queueclaw/contracts';
import type { CommandFacts } from './command-facts.js';

const labelCharsMax = 32;

const commanded = (text: string): Choice => ({ label: text, text });

/** The values of a setting and, last, the way back to the default. */
const valuesOf = (command: string, values: readonly string[]): readonly Choice[] =>
  [...values.slice(0, choicesMax - 1), 'default'].map((value) => ({
    label: [...value].slice(0, labelCharsMax).join('').toWellFormed(),
    text: `${command} ${value}`,
  }));

/** What somebody who asks can choose next; empty when there is nothing to choose from. Never more than `choicesMax`. */
export function choicesFor({ about = 'help' }: ControlMail, { models }: CommandFacts): readonly Choice[] {
  switch (about) {
    case 'help':
      return ['/status', '/model', '/new'].map(commanded);
    case 'model':
    case 'models':
      return valuesOf('/model', models);
    case 'queue':
      return valuesOf('/queue', QueueMode.options);
    default:
      return [];
  }
}
