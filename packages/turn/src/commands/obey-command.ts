import {
  type Choice,
  type ControlMail,
  type PhraseKey,
  type PreferenceChange,
  type Preferences,
  type Reply,
  say,
  withChange,
} from '@queueclaw/contracts';
import { languageOf } from '../language-of.js';
import { choicesFor } from './choices.js';
import type { CommandFacts } from './command-facts.js';
import { howTo, type Setting, settingNow, tellAbout } from './tell.js';

/** What a command does: it is answered, and changes preferences; or a worker must see to it. */
export type Obedience = { readonly reply: Reply; readonly change?: PreferenceChange };

const settings: Readonly<Record<keyof PreferenceChange, Setting>> = {
  queueMode: 'queue',
  model: 'model',
  language: 'language',
  timezone: 'timezone',
};
const titles: Readonly<Record<Setting, PhraseKey>> = {
  queue: 'command.what.queue',
  model: 'command.what.model',
  language: 'command.what.language',
  timezone: 'command.what.timezone',
};

function replyTo(mail: ControlMail, now: number, text: string, choices: readonly Choice[] = []): Reply {
  const { id, route } = mail;
  const chosen = choices.length === 0 ? {} : { choices: [...choices] };
  // No turn: a command has none.
  return { v: 1, id: `c${id}`, turn: 0, text, answers: [id], status: 'answered', ...chosen, route, at: now };
}

/** Obeys a command; of `compact` it tells that one is being made already. Never throws. */
export function obeyCommand(mail: ControlMail, facts: CommandFacts): Obedience {
  const { preferences: before, agent, now } = facts;
  const languageWith = (preferences: Preferences): ReturnType<typeof languageOf> =>
    languageOf({ preferences, agent }, mail);
  if (mail.action === 'compact') return { reply: replyTo(mail, now, say(languageWith(before), 'compact.already')) };
  if (mail.action !== 'prefer') {
    const text = tellAbout(mail, facts, before, languageWith(before));
    return { reply: replyTo(mail, now, text, choicesFor(mail, facts)) };
  }
  const change = mail.preferences ?? {};
  const wrong = change.model ?? undefined;
  if (wrong !== undefined && !facts.models.includes(wrong)) {
    const language = languageWith(before);
    const how = howTo('model', facts, before, language);
    const choices = choicesFor({ ...mail, about: 'model' }, facts);
    return { reply: replyTo(mail, now, say(language, 'command.wrong', { wrong, how }), choices) };
  }
  const after = withChange(before, change);
  const language = languageWith(after);
  const lines = Object.keys(change).map((name) => {
    const setting = settings[name as keyof PreferenceChange];
    const what = say(language, titles[setting]);
    return say(language, 'command.set', { what, now: settingNow(setting, facts, after, language) });
  });
  return { reply: replyTo(mail, now, lines.join('\n')), change };
}
