import type { ServerFrame } from '@queueclaw/contracts';
import { fileLine } from './file-line.js';
import { plainText } from './plain-text.js';
import { tell } from '../phrases/index.js';

type Delta = Extract<ServerFrame, { type: 'delta' }>;
type Tool = Extract<ServerFrame, { type: 'tool' }>;
type Reply = Extract<ServerFrame, { type: 'reply' }>;

export type TranscriptView = {
  delta(frame: Delta): void;
  tool(frame: Tool): void;
  reply(frame: Reply): void;
  /** A line of our own. */
  note(text: string): void;
};

const dim = (text: string, colour: boolean): string => (colour ? `\u001B[2m${text}\u001B[22m` : text);

const toolWords: Readonly<Record<Tool['state'], string>> = { started: '…', done: '✓', failed: '✗' };

/**
 * Writes a conversation as it streams. Text of an attempt that was given up is provisional: when a newer attempt streams the
 * same step, or another model takes its place, it starts over, and older ones are dropped. What the reply says in the end is
 * what counts.
 */
export function createTranscriptView(write: (text: string) => void, colour: boolean): TranscriptView {
  let at = { turn: -1, step: -1, attempt: -1 };
  let streamed = '';
  let openLine = false;

  const put = (text: string): void => {
    if (text === '') return;
    write(text);
    openLine = !text.endsWith('\n');
  };
  const endLine = (): void => put(openLine ? '\n' : '');
  const note = (text: string): void => {
    endLine();
    put(`${dim(plainText(text), colour)}\n`);
  };

  return {
    note,
    delta: ({ turn, step, attempt, text, replace }) => {
      if (turn < at.turn || attempt < at.attempt) return;
      const isSame = turn === at.turn && step === at.step;
      const again = attempt > at.attempt || replace === true;
      if (isSame && again && streamed !== '') note(tell('chat.starts_over'));
      else if (!isSame) endLine();
      if (!isSame || again) streamed = '';
      at = { turn, step, attempt };
      streamed += text;
      put(plainText(text));
    },
    tool: ({ name, state, summary }) =>
      note(`  ${toolWords[state]} ${name}${summary === undefined ? '' : `: ${summary}`}`),
    reply: ({ turn, text, status, error, attachments = [] }) => {
      if (turn === 0) {
        // A command's answer, or a notice: the turn that streams goes on.
        endLine();
        put(plainText(text));
        return endLine();
      }
      // The end of an answer often comes with the reply alone: only what was not streamed is written.
      const begun = turn === at.turn && text.trimEnd().startsWith(streamed.trimEnd());
      if (!begun) endLine();
      put(plainText(begun ? text.slice(streamed.length) : text));
      endLine();
      if (status === 'failed' && error !== undefined && !text.includes(error.message))
        note(`(${error.code}: ${error.message})`);
      for (const file of attachments) note(fileLine(file));
      at = { turn, step: Number.MAX_SAFE_INTEGER, attempt: at.attempt };
      streamed = '';
    },
  };
}
