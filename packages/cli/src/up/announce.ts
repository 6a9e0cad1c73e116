import type { Words } from '../phrases/index.js';

/** What `up` tells: each event once, as a line for people or as JSON. */
export type UpEvent =
  | { readonly event: 'progress'; readonly text: string }
  | { readonly event: 'warning'; readonly text: string; readonly from?: string }
  | {
      readonly event: 'ready';
      readonly chat: string;
      readonly console: string;
      readonly model: string;
      readonly redis: string;
      readonly logs: string;
      readonly ms: number;
    }
  | { readonly event: 'tools'; readonly text: string }
  | { readonly event: 'died'; readonly name: string; readonly how: string; readonly restartInMs: number }
  | { readonly event: 'back'; readonly name: string }
  | { readonly event: 'reloaded'; readonly changed: readonly string[]; readonly restartNeeded: readonly string[] }
  | { readonly event: 'stopping'; readonly reason: string }
  | { readonly event: 'working'; readonly turns: number; readonly calls: number }
  | { readonly event: 'stopped' };

export type Announce = (event: UpEvent) => void;

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

const human = (event: UpEvent, words: Words): string => {
  switch (event.event) {
    case 'progress':
      return `  ${event.text}`;
    case 'warning':
      return `! ${event.from === undefined ? '' : `[${event.from}] `}${event.text}`;
    case 'ready': {
      const { ms, chat, console: board, model, redis, logs } = event;
      const facts = { seconds: seconds(ms), chat, board, model, redis, logs };
      return `\n${words('up.ready', facts)}\n`;
    }
    case 'tools':
      return `${words('up.tools', { text: event.text })}\n`;
    case 'died':
      return words('up.died', { name: event.name, how: event.how, seconds: seconds(event.restartInMs) });
    case 'back':
      return words('up.back', { name: event.name });
    case 'reloaded':
      return words('up.reloaded', { changed: event.changed.join(', ') });
    case 'stopping':
      return `\n${words('up.stopping', { reason: event.reason })}`;
    case 'working':
      return words('up.working', { turns: String(event.turns), calls: String(event.calls) });
    case 'stopped':
      return words('up.stopped');
    default: {
      const never: never = event;
      return String(never);
    }
  }
};

/** Announces on stdout: JSON, or these words. */
export function announceOn(out: { write(text: string): unknown }, words: Words | undefined): Announce {
  return (event) => void out.write(`${words === undefined ? JSON.stringify(event) : human(event, words)}\n`);
}
