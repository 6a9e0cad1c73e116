import {
  ApprovalScope,
  commandIn,
  type CommandName,
  type CommandTopic,
  type ControlMail,
  QueueMode,
} from '@queueclaw/contracts';

/** What a person asks for with `/word`, as control mail carries it. */
export type Command = Pick<ControlMail, 'action' | 'preferences' | 'about' | 'wrong' | 'focus' | 'approval' | 'scope'>;

type Parse = (argument: string) => Command;

const focusCharsMax = 1_000;
const wrongCharsMax = 64;
const back = 'default';

const wrong = (about: CommandTopic, argument: string): Command => ({
  action: 'tell',
  about,
  wrong: [...argument].slice(0, wrongCharsMax / 2).join(''),
});

/** A command that takes nothing. */
const alone =
  (command: Command, about: CommandTopic = 'help'): Parse =>
  (argument) =>
    argument === '' ? command : wrong(command.about ?? about, argument);

/** A command for a setting: alone it tells, with `default` it goes back. `read` gives undefined for what is impossible. */
const setting =
  (
    about: CommandTopic,
    name: keyof NonNullable<ControlMail['preferences']>,
    read: (argument: string) => string | undefined,
  ): Parse =>
  (argument) => {
    if (argument === '') return { action: 'tell', about };
    const value = argument.toLowerCase() === back ? null : read(argument);
    return value === undefined ? wrong(about, argument) : { action: 'prefer', preferences: { [name]: value } };
  };

function languageTag(argument: string): string | undefined {
  try {
    const [tag] = Intl.getCanonicalLocales(argument);
    const known =
      tag !== undefined && new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' }).of(tag) !== undefined;
    return known && tag.length <= 35 ? tag : undefined;
  } catch {
    return undefined;
  }
}

function timeZone(argument: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: argument }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

const modelName = (argument: string): string | undefined => (/^\S{1,128}$/.test(argument) ? argument : undefined);
const queueMode = (argument: string): string | undefined => QueueMode.safeParse(argument.toLowerCase()).data;

/** `/approve [name] [once|conversation]`, `/deny [name]`. */
const deciding =
  (action: 'approve' | 'deny'): Parse =>
  (argument) => {
    const words = argument.toLowerCase().split(/\s+/).filter(Boolean);
    const scope = ApprovalScope.safeParse(action === 'approve' ? words.at(-1) : undefined).data;
    const [approval, ...more] = scope === undefined ? words : words.slice(0, -1);
    if (more.length > 0 || (approval?.length ?? 0) > 64) return wrong('approvals', argument);
    return { action, ...(approval === undefined ? {} : { approval }), ...(scope === undefined ? {} : { scope }) };
  };

const commands: Readonly<Record<CommandName, Parse>> = {
  stop: () => ({ action: 'stop' }),
  new: alone({ action: 'reset' }, 'new'),
  reset: alone({ action: 'reset' }, 'new'),
  help: alone({ action: 'tell', about: 'help' }),
  status: alone({ action: 'tell', about: 'status' }),
  usage: alone({ action: 'tell', about: 'usage' }),
  models: alone({ action: 'tell', about: 'models' }),
  tools: alone({ action: 'tell', about: 'tools' }),
  whoami: alone({ action: 'tell', about: 'whoami' }),
  queue: setting('queue', 'queueMode', queueMode),
  model: setting('model', 'model', modelName),
  language: setting('language', 'language', languageTag),
  timezone: setting('timezone', 'timezone', timeZone),
  approve: deciding('approve'),
  deny: deciding('deny'),
  compact: (argument) => {
    if (argument.length > focusCharsMax) return wrong('compact', argument);
    return { action: 'compact', ...(argument === '' ? {} : { focus: argument }) };
  },
};

/** What a message asks for as a command; undefined for everything else. */
export function parseCommand(text: string): Command | undefined {
  const found = commandIn(text);
  return found === undefined ? undefined : commands[found.name](found.argument);
}
