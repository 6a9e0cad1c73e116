import {
  type Attachment,
  type ControlMail,
  type ErrorCode,
  errorTable,
  type Journal,
  type ModelFailure,
  type PhraseKey,
  type PublicError,
  type Reply,
  say,
  type TranscriptEntry,
} from '@queueclaw/contracts';
import { alreadyTaken } from './join-mail.js';
import { addUsage } from './journal.js';
import { languageOf } from './language-of.js';
import type { LimitHit } from './limits.js';
import { sentFiles } from './sent-files.js';
import { missingCalls, settle } from './settle.js';
import { unheardReasons } from './voice-notes.js';
import type { Next, TurnInput } from './turn-input.js';

const nothingUsed = { inputTokens: 0, outputTokens: 0 };
const replyCharsMax = 1_000_000;
/** `Reply.answers` holds at most this many ids. */
export const answersMax = 1_000;

/** What of a mail matters for answering it. */
export type Answered = Pick<Journal['answers'][number], 'id' | 'route' | 'language' | 'trace'> | ControlMail;

type Ending = {
  readonly status: Reply['status'];
  readonly text: string;
  readonly files?: readonly Attachment[];
  readonly error?: PublicError | undefined;
};

/** A sentence in the language of who wrote last, else the agent's. A reason is wrapped into "I could not answer". */
export function tell(
  input: TurnInput,
  answered: readonly Answered[],
  key: PhraseKey,
  values: Readonly<Record<string, string | number>> = {},
): string {
  const language = languageOf(input, answered.at(-1));
  const sentence = say(language, key, values);
  return key.startsWith('model.') && key !== 'model.empty'
    ? say(language, 'turn.failed', { reason: sentence })
    : sentence;
}

/** What a turn that came to no answer says, and which files it sends all the same. */
export function tellWithFiles(
  input: TurnInput,
  answered: readonly Answered[],
  sentence: string,
  files: readonly Attachment[],
): string {
  if (files.length === 0) return sentence;
  return `${sentence}\n\n${tell(input, answered, 'turn.files', { names: files.map(({ name }) => name).join(', ') })}`;
}

/** A transcript entry for what the system, not the model, told the person. */
export function noticeEntry(turn: number, at: number, text: string): TranscriptEntry {
  return { v: 1, turn, at, role: 'assistant', text, notice: true };
}

/** The one reply of a turn, on the route of who wrote last; none when there is nobody to answer. */
export function replyTo(
  input: TurnInput,
  turn: number,
  usage: Journal['usage'] | undefined,
  answered: readonly Answered[],
  ending: Ending,
): readonly Reply[] {
  const last = answered.at(-1);
  if (last === undefined) return [];
  const spent = input.summary?.turn === turn ? addUsage(usage ?? nothingUsed, input.summary.usage) : usage;
  const trace = answered.flatMap((mail) => ('trace' in mail && mail.trace !== undefined ? [mail.trace] : [])).at(-1);
  return [
    {
      v: 1,
      id: `r${turn}`,
      turn,
      text: ending.text.slice(0, replyCharsMax),
      answers: answered.map(({ id }) => id),
      status: ending.status,
      ...(ending.files === undefined || ending.files.length === 0 ? {} : { attachments: [...ending.files] }),
      ...(ending.error === undefined ? {} : { error: ending.error }),
      ...(spent === undefined || spent.inputTokens + spent.outputTokens === 0 ? {} : { usage: spent }),
      route: last.route,
      at: input.now,
      ...(trace === undefined ? {} : { trace }),
    },
  ];
}

/** Our error as people see it. */
export function publicError(code: ErrorCode, failure?: ModelFailure): PublicError {
  const retry = failure?.retryAfterMs;
  return {
    code,
    message: (failure?.publicMessage ?? errorTable[code].says).slice(0, 2_000),
    ...(retry === undefined || !Number.isFinite(retry) ? {} : { retry_after_ms: Math.max(0, Math.ceil(retry)) }),
  };
}

/** What is said of the turn's voice notes that nobody could listen to, one sentence for each reason. */
function unheardIn(input: TurnInput, journal: Journal): readonly string[] {
  return unheardReasons(journal.entries).map((reason) =>
    tell(input, journal.answers, 'voice.failed', { reason: tell(input, journal.answers, `voice.${reason}`) }),
  );
}

/** Ends a turn of which nothing is left but voice notes that nobody could listen to. */
export function giveUpUnheard(input: TurnInput, journal: Journal): Next {
  const [reason = 'away'] = unheardReasons(journal.entries);
  const values = { reason: tell(input, journal.answers, `voice.${reason}`) };
  return giveUp(input, journal, { key: 'voice.failed', values }, publicError('attachment.voice'));
}

/** Ends a turn with the model's answer: its entry is the last of the journal's. Mail that came meanwhile stays. */
export function answer(input: TurnInput, journal: Journal, text: string): Next {
  return {
    do: 'commit',
    entries: journal.entries,
    replies: replyTo(input, journal.turn, journal.usage, journal.answers, {
      status: 'answered',
      text: [text, ...unheardIn(input, journal)].join('\n\n'),
      files: sentFiles(journal.entries),
    }),
    cancelled: [],
    reset: false,
    took: { mail: alreadyTaken(journal, input.mail), control: 0 },
  };
}

/** Ends a turn in failure: calls that are out are cancelled, the person is told. Mail that came meanwhile stays. */
export function giveUp(
  input: TurnInput,
  journal: Journal,
  sentence: { readonly key: PhraseKey; readonly values?: Readonly<Record<string, string | number>> },
  error: PublicError,
): Next {
  const settled = settle(journal, input.results, input.now, 'tool.cancelled');
  const files = sentFiles(settled.entries);
  const why = tell(input, journal.answers, sentence.key, sentence.values);
  const text = tellWithFiles(input, journal.answers, why, files);
  return {
    do: 'commit',
    entries: [...settled.entries, noticeEntry(journal.turn, input.now, text)],
    replies: replyTo(input, journal.turn, journal.usage, journal.answers, { status: 'failed', text, files, error }),
    cancelled: missingCalls(journal, input.results),
    reset: false,
    took: { mail: alreadyTaken(journal, input.mail), control: 0 },
  };
}

/** Ends a turn at a limit. */
export function giveUpAtLimit(input: TurnInput, journal: Journal, hit: LimitHit): Next {
  return giveUp(input, journal, hit, publicError('turn.limit'));
}
