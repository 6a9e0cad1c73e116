import { catalogue, findChannel } from '@queueclaw/channels/names';
import type { Command } from 'commander';
import { logNames } from '../logs/names.js';
import { serviceNames } from '../program-files.js';
import { shells } from './shells.js';

/** Names that must be looked up, asked only when they are wanted. */
export type Lookup = {
  readonly conversations: () => Promise<string[]>;
  readonly deadLetters: () => Promise<string[]>;
  readonly codes: () => Promise<string[]>;
  readonly schedules: () => Promise<string[]>;
  readonly approvals: () => Promise<string[]>;
};

const candidatesMax = 500;

const platformNames = (): readonly string[] =>
  catalogue().flatMap(({ name }) => (findChannel(name)?.capabilities.delivery === 'platform' ? [name] : []));

const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();

const valuesOf = async (flag: string, lookup: Lookup): Promise<readonly string[]> => {
  if (flag === '--service') return logNames;
  if (flag === '--channel') return platformNames();
  return flag === '--conversation' ? lookup.conversations() : [];
};

const argumentsOf = async (command: string, lookup: Lookup): Promise<readonly string[]> => {
  if (command === 'run') return serviceNames;
  if (command === 'completion') return shells;
  if (command === 'channels test') return platformNames();
  if (/^conversations (show|export|delete)$/.test(command)) return lookup.conversations();
  if (command === 'pairing approve') return lookup.codes();
  if (/^approvals (approve|deny)$/.test(command)) return lookup.approvals();
  if (/^schedules (pause|resume|delete)$/.test(command)) return lookup.schedules();
  return /^dead-letters (show|retry|drop)$/.test(command) ? lookup.deadLetters() : [];
};

const namesIn = (command: Command): string[] => [
  ...command
    .createHelp()
    .visibleCommands(command)
    .map((one) => one.name()),
];

const flagsIn = (command: Command): string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .map(({ long }) => long ?? '');

/**
 * What may stand next on a command line: of the words typed so far, the last is the one to complete (it may be empty).
 * Nothing where a file is expected.
 */
export async function candidates(program: Command, words: readonly string[], lookup: Lookup): Promise<string[]> {
  const current = words.at(-1) ?? '';
  let command = program;
  let flag: string | undefined;
  for (const word of words.slice(0, -1)) {
    if (flag !== undefined) {
      flag = undefined;
      continue;
    }
    const option = command.options.find(({ short, long }) => word === short || word === long);
    if (option?.required === true) flag = option.long;
    command = command.commands.find((one) => one.name() === word) ?? command;
  }
  const found = async (): Promise<readonly string[]> => {
    if (flag !== undefined) return valuesOf(flag, lookup);
    if (current.startsWith('-')) return flagsIn(command);
    return command.commands.length > 0 ? namesIn(command) : argumentsOf(pathOf(command), lookup);
  };
  const fits = (await found()).filter((one) => one !== '' && one.startsWith(current));
  return fits.slice(0, candidatesMax);
}
