import type { ServerFrame } from '@queueclaw/contracts';

/** Turns live frames into text that a client can only append; undefined: what was sent cannot become the answer any more. */
export type CompletionText = (frame: ServerFrame) => string | undefined;

type Delta = Extract<ServerFrame, { type: 'delta' }>;

/**
 * A stream of completions cannot take back what it has sent. When a step is said anew, by another worker or another model,
 * nothing goes out as long as it repeats what was sent; where it says something else, the stream is broken.
 */
export function completionText(): CompletionText {
  let step = '';
  let attempt = 0;
  let any = false;
  // Of the current step: what has gone out, and what counts.
  let sent = '';
  let text = '';
  let broken = false;

  const grow = (more: string): string | undefined => {
    text += more;
    if (sent.startsWith(text)) return '';
    broken = !text.startsWith(sent);
    if (broken) return undefined;
    const piece = text.slice(sent.length);
    sent = text;
    any = true;
    return piece;
  };
  const delta = (frame: Delta): string | undefined => {
    const current = `${frame.turn}.${frame.step}`;
    if (current !== step) {
      if (sent !== text) return void (broken = true);
      const gap = any && frame.text !== '' ? '\n\n' : '';
      ({ step, attempt, sent, text } = { step: current, attempt: frame.attempt, sent: '', text: '' });
      const piece = grow(frame.text);
      return piece === undefined ? undefined : gap + piece;
    }
    if (frame.attempt < attempt) return '';
    if (frame.attempt > attempt || frame.replace === true) ({ attempt, text } = { attempt: frame.attempt, text: '' });
    return grow(frame.text);
  };
  return (frame) => {
    if (broken) return undefined;
    if (frame.type === 'delta') return delta(frame);
    if (frame.type !== 'reply') return '';
    if (frame.text.startsWith(sent)) return frame.text.slice(sent.length);
    // Half of another answer than the one that counts. How a turn ended that was stopped or failed is told after it.
    if (sent !== text || (frame.status === 'answered' && sent.trim() !== '')) return void (broken = true);
    return (any ? '\n\n' : '') + frame.text;
  };
}
