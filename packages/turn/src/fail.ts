import type { ErrorCode, PhraseKey } from '@queueclaw/contracts';
import { answersMax, noticeEntry, publicError, replyTo, tell, tellWithFiles } from './finish.js';
import { alreadyTaken, freshMail } from './join-mail.js';
import { sentFiles } from './sent-files.js';
import { missingCalls } from './settle.js';
import type { Next, TurnInput } from './turn-input.js';

/**
 * Gives up on a conversation's mail, whatever state it is in: one failed reply answers the turn's messages, all waiting mail
 * and control mail. The transcript keeps only a notice, since what could not be processed would harm every later turn too.
 * `idle` when there is nothing to answer and no turn to end.
 */
export function fail(input: TurnInput, code: ErrorCode, phraseKey: PhraseKey): Next {
  const { journal } = input;
  const ran = journal?.answers ?? [];
  const waiting = freshMail(journal, input.mail).slice(
    0,
    Math.max(0, answersMax - 1 - ran.length - input.control.length),
  );
  const commands = [...input.control, ...(input.compact === undefined ? [] : [input.compact])];
  const answered = [...ran, ...waiting, ...commands];
  if (answered.length === 0 && journal === undefined) return { do: 'idle', took: { mail: 0, control: 0 } };
  const turn = journal?.turn ?? input.turn;
  const files = sentFiles(journal?.entries ?? []);
  const text = tellWithFiles(input, answered, tell(input, answered, phraseKey), files);
  return {
    do: 'commit',
    entries: [noticeEntry(turn, input.now, text)],
    replies: replyTo(input, turn, journal?.usage, answered, {
      status: 'failed',
      text,
      files,
      error: publicError(code),
    }),
    cancelled: journal === undefined ? [] : missingCalls(journal, input.results),
    reset: input.control.some(({ action }) => action === 'reset'),
    ...(input.compact === undefined ? {} : { dropCompact: true }),
    took: { mail: alreadyTaken(journal, input.mail) + waiting.length, control: input.control.length },
  };
}
