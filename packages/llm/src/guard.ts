import { AppError, type ModelEvent, type ModelFailure, type ModelRequest, type Usage } from '@queueclaw/contracts';
import type { LlmTimeouts, Logger } from '@queueclaw/runtime';
import type { EventStream, ProviderModel, Pulse } from './contract.js';
import { failed, failure } from './failure.js';
import { runPhases, timeoutNote } from './phases.js';
import { createTextJoiner } from './text-joiner.js';

/** One try of one model. Never throws; the last event is `done` or `failed`. `totalMs` is what is left of the time. */
export type Attempt = (request: ModelRequest, signal: AbortSignal, totalMs: number) => AsyncIterable<ModelEvent>;

const wellFormed = (request: ModelRequest): ModelRequest => ({
  ...request,
  system: request.system.toWellFormed(),
  messages: request.messages.map((message) => ({ ...message, text: message.text.toWellFormed() })),
});

const close = async (iterator: AsyncIterator<ModelEvent> | undefined): Promise<void> => {
  try {
    await iterator?.return?.();
  } catch {
    // Its outcome has been told already.
  }
};

/**
 * Holds a provider to the contract of `Model`: whatever it throws becomes `failed`, a stream without an end is
 * `llm.interrupted`, nothing follows the last event, text is well-formed Unicode, an abort is answered at once, and the
 * time-outs run, even if the provider ignores the signal.
 */
export function guard(model: ProviderModel, timeouts: LlmTimeouts, logger?: Logger): Attempt {
  return async function* (request, signal, totalMs): EventStream {
    if (signal.aborted) return yield failed(failure('llm.aborted'));
    const controller = new AbortController();
    const stopped = Promise.withResolvers<'stopped'>();
    let reason: ModelFailure | undefined;
    const stop = (why: ModelFailure): void => {
      reason ??= why;
      stopped.resolve('stopped');
      controller.abort();
    };
    const onAbort = (): void => stop(failure('llm.aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
    const phases = runPhases(timeouts, totalMs, (phase) =>
      stop(failure('llm.timeout', timeoutNote(model.name, phase, timeouts[phase], request.timeoutMs))),
    );
    const joiner = createTextJoiner();
    let spent: Usage | undefined;
    const pulse: Pulse = { ...phases, used: (usage) => (spent = usage) };
    let iterator: AsyncIterator<ModelEvent> | undefined;
    let last: Extract<ModelEvent, { type: 'done' | 'failed' }> | undefined;
    try {
      iterator = model.stream(wellFormed(request), controller.signal, pulse)[Symbol.asyncIterator]();
      while (last === undefined) {
        phases.resume();
        const next = await Promise.race([iterator.next(), stopped.promise]);
        phases.pause();
        if (next === 'stopped' || reason !== undefined) break;
        if (next.done === true) break;
        phases.event();
        const event = next.value;
        if (event.type === 'text') {
          const text = joiner.push(event.text);
          if (text !== '') yield { type: 'text', text };
        } else if (event.type === 'call') yield event;
        else if (event.type !== 'restart') last = event;
      }
    } catch (thrown) {
      if (reason === undefined) logger?.error({ err: thrown, model: model.name }, 'the provider threw');
      last = failed(
        thrown instanceof AppError
          ? failure(thrown.code, thrown.publicMessage, thrown.retryAfterMs)
          : failure('llm.nonsense'),
      );
    } finally {
      phases.stop();
      signal.removeEventListener('abort', onAbort);
      controller.abort();
      // Not awaited: a provider that hangs would hold the answer up.
      void close(iterator);
    }
    const rest = joiner.flush();
    if (rest !== '') yield { type: 'text', text: rest };
    if (reason !== undefined) yield failed(reason, last?.usage ?? spent);
    else yield last ?? failed(failure('llm.interrupted'), spent);
  };
}
