import type { Usage } from '@queueclaw/contracts';
import type { Pulse } from './contract.js';

/** What is known of an answer while it streams; it outlives the stream's exception. */
export type Progress = {
  /** The vendor has answered with headers. */
  answered: boolean;
  events: number;
  model: string;
  readonly usage: Usage | undefined;
  /** Notes an event of the vendor's. */
  event(): void;
  /** Notes what the request has cost so far. */
  used(usage: Usage): void;
};

/** The progress of one request, and the pulse that notes the answer in it. */
export function trackProgress(model: string, pulse: Pulse): { progress: Progress; pulse: Pulse } {
  let spent: Usage | undefined;
  const progress: Progress = {
    answered: false,
    events: 0,
    model,
    get usage() {
      return spent;
    },
    event() {
      progress.events += 1;
      pulse.event();
    },
    used(usage) {
      spent = usage;
      pulse.used(usage);
    },
  };
  const connected = (): void => {
    progress.answered = true;
    pulse.connected();
  };
  return { progress, pulse: { ...pulse, connected } };
}
