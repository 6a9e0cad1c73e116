import { AppError, type ModelEvent } from '@queueclaw/contracts';
import { describe, expect, it, vi } from 'vitest';
import { answerCharsMax, collectOutcome } from './collect-outcome.js';
import { usage } from './scenario.js';

async function* stream(...events: unknown[]): AsyncGenerator<ModelEvent> {
  yield* events as ModelEvent[];
}

const text = (words: string) => ({ type: 'text', text: words });
const done = { type: 'done', reason: 'stop', usage, model: 'm1' };
const call = { type: 'call', call: { id: 'x', name: 'shell', args: { command: 'ls' } } };
const collect = (...events: unknown[]) => collectOutcome(stream(...events), () => undefined);

describe('a stream folded into one value', () => {
  it('joins the texts and hands each on as it comes', async () => {
    const onText = vi.fn();
    const outcome = await collectOutcome(stream(text('Hel'), text('lo'), done), onText);
    expect(outcome).toEqual({ ok: true, text: 'Hello', calls: [], reason: 'stop', usage, model: 'm1' });
    expect(onText.mock.calls).toEqual([['Hel'], ['lo']]);
  });

  it('gathers whole calls', async () => {
    expect(await collect(call, { ...done, reason: 'calls' })).toMatchObject({ ok: true, calls: [call.call] });
  });

  it('forgets what was said before a restart, and tells so', async () => {
    const seen: string[] = [];
    const events = stream(text('Half'), call, { type: 'restart' }, text('Whole'), done);
    const outcome = await collectOutcome(
      events,
      (words) => void seen.push(words),
      () => void seen.push('(restart)'),
    );
    expect(outcome).toMatchObject({ ok: true, text: 'Whole', calls: [] });
    expect(seen).toEqual(['Half', '(restart)', 'Whole']);
  });

  it('passes on a failure and its usage', async () => {
    const failure = { code: 'llm.overloaded', publicMessage: 'Busy.', retryAfterMs: 5 };
    expect(await collect(text('a'), { type: 'failed', failure, usage })).toEqual({
      ok: false,
      text: 'a',
      failure,
      usage,
    });
  });

  it('without its last event was interrupted', async () => {
    expect(await collect(text('a'), call)).toMatchObject({ ok: false, failure: { code: 'llm.interrupted' } });
  });

  it.each([
    ['an event after the last', [done, text('a')]],
    ['two last events', [done, done]],
    ['no object', [null]],
    ['an unknown type', [{ type: 'thought' }]],
    ['text that is none', [{ type: 'text', text: 5 }]],
    ['a call without a name', [{ type: 'call', call: { id: 'x' } }]],
    ['no usage', [{ ...done, usage: undefined }]],
    ['negative usage', [{ ...done, usage: { inputTokens: -1, outputTokens: 0 } }]],
    ['an unknown reason', [{ ...done, reason: 'bored' }]],
    ['a failure without a known code', [{ type: 'failed', failure: { code: 'x', publicMessage: 'y' } }]],
    ['restarts without end', Array.from({ length: 200 }, () => ({ type: 'restart' }))],
    ['an endless answer', [text('x'.repeat(answerCharsMax)), text('x')]],
  ])('with %s is nonsense', async (_what, events) => {
    expect(await collect(...events)).toMatchObject({ ok: false, failure: { code: 'llm.nonsense' } });
  });

  it('that throws was interrupted, or failed as the error says; nothing is thrown on', async () => {
    async function* broken(thrown: unknown): AsyncGenerator<ModelEvent> {
      yield { type: 'text', text: 'a' };
      throw thrown;
    }
    const code = async (thrown: unknown) => {
      const outcome = await collectOutcome(broken(thrown), () => undefined);
      return outcome.ok ? undefined : outcome.failure.code;
    };
    expect(await code(new Error('socket'))).toBe('llm.interrupted');
    expect(await code(new AppError('llm.auth'))).toBe('llm.auth');
    expect(await code(new AppError('request.invalid'))).toBe('llm.interrupted');
  });

  it('does not depend on who watches it', async () => {
    const outcome = await collectOutcome(stream(text('a'), done), () => {
      throw new Error('nobody there');
    });
    expect(outcome).toMatchObject({ ok: true, text: 'a' });
  });
});
