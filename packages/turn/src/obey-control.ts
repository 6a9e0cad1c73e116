import type { PersonMail } from '@queueclaw/contracts';
import { answersMax, noticeEntry, replyTo, tell, tellWithFiles } from './finish.js';
import { alreadyTaken, freshMail } from './join-mail.js';
import { userEntry } from './journal.js';
import { sentFiles } from './sent-files.js';
import { missingCalls, settle } from './settle.js';
import type { Next, TurnInput } from './turn-input.js';

/** What waited when the person stopped. What was written after that is a new wish and stays. */
function withdrawn(input: TurnInput, room: number): readonly PersonMail[] {
  const stoppedAt = Math.max(...input.control.map(({ at }) => at));
  const waiting = freshMail(input.journal, input.mail);
  const later = waiting.findIndex(({ at }) => at > stoppedAt);
  return waiting.slice(0, Math.min(later === -1 ? waiting.length : later, room));
}

/**
 * Stop or reset: ends whatever runs and withdraws what waits. One reply names the turn's messages, the withdrawn ones and
 * the control mail itself. All control mail is obeyed at once; one reset among it resets. `input.control` is not empty.
 */
export function obeyControl(input: TurnInput): Next {
  const { journal, now } = input;
  const turn = journal?.turn ?? input.turn;
  const reset = input.control.some(({ action }) => action === 'reset');
  const ran = journal?.answers ?? [];
  const gone = withdrawn(input, Math.max(0, answersMax - ran.length - input.control.length));
  const nothing = journal === undefined && gone.length === 0;
  const ended = journal === undefined ? [] : settle(journal, input.results, now, 'tool.cancelled').entries;
  const files = reset ? [] : sentFiles(ended);
  const said = tell(input, input.control, reset ? 'turn.reset' : nothing ? 'turn.nothing_to_stop' : 'turn.stopped');
  const text = tellWithFiles(input, input.control, said, files);
  const before = [...ended, ...gone.map((mail) => userEntry(mail, turn))];
  return {
    do: 'commit',
    entries: nothing && !reset ? [] : [...(reset ? [] : before), noticeEntry(turn, now, text)],
    replies: replyTo(input, turn, journal?.usage, [...ran, ...gone, ...input.control], {
      status: 'stopped',
      text,
      files,
    }),
    cancelled: journal === undefined ? [] : missingCalls(journal, input.results),
    reset,
    took: { mail: alreadyTaken(journal, input.mail) + gone.length, control: input.control.length },
  };
}
