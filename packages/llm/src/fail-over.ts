import { setTimeout as sleep } from 'node:timers/promises';
import type { Model, ModelFailure, Usage } from '@queueclaw/contracts';
import type { EventStream } from './contract.js';
import { failed, type Failed, failure, wantsToBeLeftAlone } from './failure.js';
import { addUsage } from './usage.js';

export type FailOverOptions = {
  /** Milliseconds that may be spent until models may be asked again; the request's own time may be shorter. */
  readonly waitMsMax: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onFailOver?: (from: string, to: string, why: ModelFailure) => void;
  readonly onWait?: (why: ModelFailure, waitMs: number) => void;
};

type Waiting = { readonly model: Model; readonly why: ModelFailure; readonly retryAfterMs: number };

/** As long as asked, longer each time, and not all at once. */
const waitMs = (soonest: Waiting, round: number, random: () => number): number =>
  Math.round(Math.max(soonest.retryAfterMs, Math.min(50 * 2 ** round, 2_000)) + random() * 250);

/**
 * A model that hands over to the next one when the one before failed; an abort ends it, and so does a budget. When part of an answer was streamed,
 * `restart` says that it is void. When none of them answered and some want to be asked later, it waits for these as long as
 * the time allows. The event `done` names the model that answered; usage is summed.
 * @param models at least one, in order; the result has the name of the first
 */
export function withFailOver(models: readonly [Model, ...Model[]], options: FailOverOptions): Model {
  async function* stream(...[request, signal]: Parameters<Model['stream']>): EventStream {
    const startedAt = options.now();
    const spentMs = (): number => options.now() - startedAt;
    const givenMs = request.timeoutMs ?? Number.POSITIVE_INFINITY;
    let spent: Usage | undefined;
    let said = false;
    let candidates: readonly Model[] = models;
    for (let round = 0; ; round += 1) {
      const waiting: Waiting[] = [];
      let last: Failed = failed(failure('llm.interrupted'));
      for (const [at, model] of candidates.entries()) {
        let isVoid = said;
        let end: Failed = failed(failure('llm.interrupted'));
        const left = request.timeoutMs === undefined ? {} : { timeoutMs: Math.max(0, givenMs - spentMs()) };
        for await (const event of model.stream({ ...request, ...left }, signal)) {
          if (event.type === 'failed') {
            end = event;
            continue;
          }
          if (isVoid) yield { type: 'restart' };
          isVoid = false;
          if (event.type === 'done') return yield { ...event, usage: addUsage(spent, event.usage) };
          said = true;
          yield event;
        }
        spent = addUsage(spent, end.usage);
        last = end;
        const { failure: why } = end;
        if (why.code === 'llm.aborted' || why.code === 'budget.exceeded' || spentMs() >= givenMs)
          return yield failed(why, spent);
        if (wantsToBeLeftAlone(why)) waiting.push({ model, why, retryAfterMs: why.retryAfterMs ?? 0 });
        const next = candidates[at + 1];
        if (next !== undefined) options.onFailOver?.(model.name, next.name, why);
      }
      const [soonest] = waiting.toSorted((a, b) => a.retryAfterMs - b.retryAfterMs);
      if (soonest === undefined) return yield failed(last.failure, spent);
      const ms = waitMs(soonest, round, options.random);
      if (spentMs() + ms >= Math.min(options.waitMsMax, givenMs)) return yield failed(soonest.why, spent);
      options.onWait?.(soonest.why, ms);
      const goesOn = await sleep(ms, true, { signal }).catch(() => false);
      if (!goesOn) return yield failed(failure('llm.aborted'), spent);
      candidates = waiting.map(({ model }) => model);
    }
  }
  return { name: models[0].name, stream };
}
