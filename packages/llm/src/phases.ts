import type { LlmTimeouts } from '@queueclaw/runtime';
import type { Pulse } from './contract.js';

export type Phase = keyof LlmTimeouts;

export type Phases = Omit<Pulse, 'used'> & {
  /** The time from here on is the vendor's. */
  resume(): void;
  /** The time from here on is ours: what is waited for is the reader of the stream. `total` runs on. */
  pause(): void;
  stop(): void;
};

const seconds = (ms: number): string => `${Number((ms / 1_000).toFixed(ms < 10_000 ? 2 : 0))} s`;

/**
 * The sentence for a time-out, naming the setting that allows more.
 * @param givenMs what the turn had left for the request
 */
export function timeoutNote(name: string, phase: Phase, ms: number, givenMs: number = ms): string {
  if (phase === 'total' && givenMs < ms)
    return `The turn had no time left for the answer of the model ${name} (limits.turn_time).`;
  const what: Readonly<Record<Phase, string>> = {
    connect: `did not answer within ${seconds(ms)}`,
    first_event: `answered but sent nothing within ${seconds(ms)}`,
    idle: `fell silent for ${seconds(ms)}`,
    total: `took longer than ${seconds(ms)}`,
  };
  return `The model ${name} ${what[phase]} (llm.timeouts.${phase}).`;
}

/**
 * Runs the four time-outs of one request: `connect` until the headers, then `first_event`, then `idle` between two events,
 * and `total` beside them. Calls `onTimeout` at most once.
 * @param totalMs what is left of `total`
 */
export function runPhases(timeouts: LlmTimeouts, totalMs: number, onTimeout: (phase: Phase) => void): Phases {
  let phase: Exclude<Phase, 'total'> = 'connect';
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  const total = setTimeout(() => end('total'), Math.max(0, totalMs));
  const end = (which: Phase): void => {
    stop();
    onTimeout(which);
  };
  const arm = (): void => {
    clearTimeout(timer);
    if (running) timer = setTimeout(end, timeouts[phase], phase);
  };
  const stop = (): void => {
    running = false;
    clearTimeout(timer);
    clearTimeout(total);
  };
  return {
    connected() {
      if (phase !== 'connect') return;
      phase = 'first_event';
      arm();
    },
    bytes() {
      if (phase === 'idle' && running) timer?.refresh();
    },
    event() {
      if (phase === 'idle') return;
      phase = 'idle';
      arm();
    },
    resume() {
      running = true;
      arm();
    },
    pause() {
      running = false;
      clearTimeout(timer);
    },
    stop,
  };
}
