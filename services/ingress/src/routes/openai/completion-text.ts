import type { ServerFrame } from '@queueclaw/contracts';

/** Turns live frames into text that a client can only append. */
export type CompletionText = (frame: ServerFrame) => string;

/**
 * A stream of completions cannot take back what it has sent. Deltas of the first attempt of a step go out as they come;
 * when another worker begins the step anew, nothing more goes out before the reply, which then adds what is missing.
 */
export function completionText(): CompletionText {
  let step = '';
  let attempt = 0;
  let sent = '';
  let any = false;
  let doubtful = false;
  const say = (text: string): string => {
    any ||= text !== '';
    return text;
  };
  return (frame) => {
    if (frame.type === 'delta') {
      const current = `${frame.turn}.${frame.step}`;
      if (current !== step) {
        const gap = any ? '\n\n' : '';
        ({ step, attempt, sent, doubtful } = {
          step: current,
          attempt: frame.attempt,
          sent: frame.text,
          doubtful: false,
        });
        return say(gap + frame.text);
      }
      if (frame.attempt !== attempt) doubtful = true;
      if (doubtful) return '';
      sent += frame.text;
      return say(frame.text);
    }
    if (frame.type !== 'reply') return '';
    if (!doubtful && frame.text.startsWith(sent)) return frame.text.slice(sent.length);
    return (any ? '\n\n' : '') + frame.text;
  };
}
