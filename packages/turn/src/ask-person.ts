import { type AskedCall, type Journal, type LiveEvent, type PhraseKey, type Reply, say } from '@queueclaw/contracts';
import { languageOf } from './language-of.js';
import type { Judgement, TurnInput } from './turn-input.js';

const commandCharsMax = 16_384;
const lineCharsMax = 200;

/** Text as it is: nothing in it can hide, turn around or end the frame that it stands in. */
export function plainly(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) =>
      char === '\n' ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
    );
}

/** A command in one line, for telling what was decided. */
export function inOneLine(text: string): string {
  const line = plainly(text).replace(/\s*\n\s*/g, ' ⏎ ');
  return `\`${(line.length > lineCharsMax ? `${line.slice(0, lineCharsMax - 1)}…` : line).replaceAll('`', "'")}\``;
}

/** A fence that the text does not have. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

type Tell = (key: PhraseKey, values?: Readonly<Record<string, string | number>>) => string;

/** The words of the system to whoever the turn answers. */
export function teller(input: TurnInput, journal: Journal): Tell {
  const language = languageOf(input, journal.answers.at(-1));
  return (key, values) => say(language, key, values);
}

/** A reply beside the turn, which goes on. */
export function besideTurn(
  input: TurnInput,
  journal: Journal,
  reply: Pick<Reply, 'id' | 'text' | 'choices'>,
): readonly Reply[] {
  const last = journal.answers.at(-1);
  if (last === undefined) return [];
  return [{ v: 1, turn: 0, answers: [], status: 'answered', route: last.route, at: input.now, ...reply }];
}

/** Asks whoever the turn answers whether a call may be made. */
export function askPerson(
  input: TurnInput,
  journal: Journal,
  { approval, askedAt, expiresAt }: AskedCall,
  judgement: Judgement,
): readonly Reply[] {
  const tell = teller(input, journal);
  const { command, directory, network, binding, untrusted } = judgement;
  const shown = plainly(command.slice(0, commandCharsMax));
  const cut = command.length - commandCharsMax;
  const more = cut > 0 ? `\n${tell('approval.cut', { count: cut, digest: binding.slice(0, 16) })}` : '';
  const decide = {
    once: `/approve ${approval}`,
    always: `/approve ${approval} conversation`,
    deny: `/deny ${approval}`,
  };
  const text = tell('approval.ask', {
    what: fenced(shown) + more,
    directory: directory ?? tell('approval.directory.none'),
    network: tell(network ? 'approval.network.some' : 'approval.network.none'),
    why: untrusted === true ? tell('approval.ask.untrusted') : '',
    approve: decide.once,
    always: decide.always,
    deny: decide.deny,
    time: tell('approval.minutes', { count: Math.max(1, Math.round((expiresAt - askedAt) / 60_000)) }),
  });
  const choices = [
    { label: tell('approval.button.once'), text: decide.once },
    { label: tell('approval.button.conversation'), text: decide.always },
    { label: tell('approval.button.deny'), text: decide.deny },
  ];
  return besideTurn(input, journal, { id: `a${journal.turn}.${approval}`, text, choices });
}

/** The same for clients that draw it themselves. */
export function askedEvent(
  { turn }: Journal,
  { call, name, approval, expiresAt }: AskedCall,
  { command, directory, network }: Judgement,
): LiveEvent {
  return {
    ...{ type: 'approval', turn, call, approval, state: 'asked', name },
    command: command.toWellFormed().slice(0, commandCharsMax),
    ...(directory === undefined ? {} : { directory }),
    network: network ? 'yes' : 'none',
    expires_at: expiresAt,
  };
}
