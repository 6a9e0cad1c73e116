import type { Model, ModelFailure, Usage } from '@queueclaw/contracts';
import { failed, type Failed, failure } from './failure.js';
import { addUsage } from './usage.js';
import type { EventStream } from './contract.js';

export type FailOverNote = (from: string, to: string, why: ModelFailure) => void;

/**
 * A model that hands over to the next one when the one before failed and nothing of its answer was streamed; an abort
 * ends it. The event `done` names the model that answered; usage is summed.
 * @param models at least one, in order; the result has the name of the first
 */
export function withFailOver(models: readonly [Model, ...Model[]], onFailOver?: FailOverNote): Model {
  async function* stream(...[request, signal]: Parameters<Model['stream']>): EventStream {
    let spent: Usage | undefined;
    for (const [at, model] of models.entries()) {
      let streamed = false;
      let end: Failed = failed(failure('llm.interrupted'));
      for await (const event of model.stream(request, signal)) {
        if (event.type === 'done') return yield { ...event, usage: addUsage(spent, event.usage) };
        if (event.type === 'failed') end = event;
        else {
          streamed = true;
          yield event;
        }
      }
      spent = addUsage(spent, end.usage);
      const next = models[at + 1];
      if (streamed || next === undefined || end.failure.code === 'llm.aborted') return yield failed(end.failure, spent);
      onFailOver?.(model.name, next.name, end.failure);
    }
  }
  return { name: models[0].name, stream };
}
