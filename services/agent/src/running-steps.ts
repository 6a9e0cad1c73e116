import { type ActorAddress, actorMember } from '@queueclaw/contracts';

/** Why a step's model call was broken off. `news`: there is mail that must be read now. */
export type Interruption = 'news' | 'stale' | 'stopping';

/** What ends a step for good is not undone by what only wants to be read. */
const urgency: Readonly<Record<Interruption, number>> = { news: 0, stopping: 1, stale: 2 };

/** The steps this process runs, so that control mail and a lost lease can reach them. */
export type RunningSteps = {
  begin(address: ActorAddress): RunningStep;
  count(): number;
  interrupt(address: ActorAddress, why: Interruption): void;
};

export type RunningStep = {
  /** Aborts at an interruption; a fresh one after `resume`. */
  signal(): AbortSignal;
  interruption(): Interruption | undefined;
  /** The interruption was seen to; the step goes on. */
  resume(): void;
  interrupt(why: Interruption): void;
  end(): void;
};

/** Keeps track of this process's steps. */
export function trackSteps(): RunningSteps {
  const steps = new Map<string, RunningStep>();
  return {
    begin(address) {
      let controller = new AbortController();
      let why: Interruption | undefined;
      const step: RunningStep = {
        signal: () => controller.signal,
        interruption: () => why,
        resume: () => {
          why = undefined;
          controller = new AbortController();
        },
        interrupt: (reason) => {
          if (why === undefined || urgency[reason] > urgency[why]) why = reason;
          controller.abort();
        },
        end: () => {
          if (steps.get(actorMember(address)) === step) steps.delete(actorMember(address));
        },
      };
      steps.set(actorMember(address), step);
      return step;
    },
    count: () => steps.size,
    interrupt: (address, why) => steps.get(actorMember(address))?.interrupt(why),
  };
}
