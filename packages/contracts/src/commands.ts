import { z } from 'zod';
import { type Language, type PhraseKey, say } from './phrases/index.js';

/** Every command there is, in the order in which people are shown them. */
export const CommandName = z.enum([
  ...(['new', 'stop', 'model', 'models', 'queue', 'compact', 'language', 'timezone'] as const),
  ...(['status', 'usage', 'tools', 'whoami', 'approve', 'deny', 'reset', 'help'] as const),
]);
export type CommandName = z.infer<typeof CommandName>;

/** Commands that something may follow. */
const withArgument: ReadonlySet<CommandName> = new Set([
  ...(['model', 'queue', 'compact', 'language', 'timezone', 'approve', 'deny'] as const),
]);

/** A line of a platform's menu of commands: a name of `[a-z]{1,32}` and what it does, at most 100 characters. */
export type MenuCommand = {
  readonly name: CommandName;
  readonly description: Readonly<Record<Language, string>>;
  /** Something may follow it. */
  readonly argument: boolean;
};

const phraseOf = (name: CommandName): PhraseKey => `menu.${name}`;

/** What stands beside the field for what follows a command. */
export const menuArgument: Readonly<Record<Language, string>> = {
  en: say('en', 'menu.argument'),
  zh: say('zh', 'menu.argument'),
};

/** The commands as data, for platforms' menus and for `/help`. */
export const commandMenu: readonly MenuCommand[] = CommandName.options.map((name) => ({
  name,
  description: { en: say('en', phraseOf(name)), zh: say('zh', phraseOf(name)) },
  argument: withArgument.has(name),
}));

/**
 * The command that a text is: its first word, whatever its case, and what follows. Group chats name the bot in it
 * (`/stop@bot`). Undefined for everything else: people write paths too.
 */
export function commandIn(text: string): { readonly name: CommandName; readonly argument: string } | undefined {
  const [, word = '', argument = ''] = /^\s*\/([a-z]+)(?:@\w+)?(?:\s+([\s\S]*))?$/i.exec(text) ?? [];
  const name = CommandName.safeParse(word.toLowerCase());
  return name.success ? { name: name.data, argument: argument.trim() } : undefined;
}

/** Something that a person can choose: where the platform has buttons, pressing one writes its text as that person. */
export const Choice = z.object({
  label: z.string().min(1).max(64),
  /** A command. */
  text: z.string().min(2).max(160),
});
export type Choice = z.infer<typeof Choice>;

/** At most so many under one reply. */
export const choicesMax = 12;
