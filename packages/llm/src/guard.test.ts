import type { ModelEvent } from '@queueclaw/contracts';
import { describe, expect, it } from 'vitest';
import type { ProviderModel } from './contract.js';
import { guard } from './guard.js';
import { createScriptedModel } from './scripted/scripted-model.js';
import { eventsOf, never, quick, recordingLogger, requestOf, textOf } from './testing/requests.js';

const of = (stream: ProviderModel['stream']): ProviderModel => ({ name: 'it', stream });
const done: ModelEvent = { type: 'done', reason: 'stop', usage: { inputTokens: 1, outputTokens: 1 }, model: 'm' };

async function* some(...events: ModelEvent[]): AsyncGenerator<ModelEvent> {
  yield* events;
}

const run = (model: ProviderModel, signal = never): Promise<ModelEvent[]> =>
  eventsOf(guard(model, { ...quick, first_event: 60 })(requestOf('hi'), signal, 5_000));

describe('a provider that breaks the contract', () => {
  it('is told as llm.nonsense when it throws, at once or in the middle, and the log has the reason', async () => {
    const thrower = of(() => {
      throw new Error('boom');
    });
    const { logger, lines } = recordingLogger();
    const events = await eventsOf(guard(thrower, quick, logger)(requestOf('hi'), never, 5_000));
    expect(events).toMatchObject([{ type: 'failed', failure: { code: 'llm.nonsense' } }]);
    expect(lines.join('')).toContain('boom');
    const later = await eventsOf(
      createScriptedModel([{ text: 'Well', throws: 'boom' }]).stream(requestOf('hi'), never),
    );
    expect(later.map(({ type }) => type)).toEqual(['text', 'failed']);
    expect(JSON.stringify(later)).not.toContain('boom');
  });

  it('is told as llm.interrupted when its stream has no end', async () => {
    expect(await run(of(() => some({ type: 'text', text: 'a' })))).toMatchObject([
      { type: 'text' },
      { type: 'failed', failure: { code: 'llm.interrupted' } },
    ]);
  });

  it('is not heard after its last event', async () => {
    expect(await run(of(() => some(done, { type: 'text', text: 'more' }, done)))).toEqual([done]);
  });

  it('cannot hold an abort or a time-out up by ignoring the signal', async () => {
    const deaf = of(async function* () {
      await new Promise<never>(() => undefined);
      yield done;
    });
    const abort = new AbortController();
    const aborted = run(deaf, abort.signal);
    abort.abort();
    expect(await aborted).toMatchObject([{ type: 'failed', failure: { code: 'llm.aborted' } }]);
    const late = await eventsOf(guard(deaf, { ...quick, connect: 30 })(requestOf('hi'), never, 5_000));
    expect(late).toMatchObject([{ type: 'failed', failure: { code: 'llm.timeout' } }]);
  });
});

it('does not count the time that the reader takes', async () => {
  const slowReader: string[] = [];
  const model = of(() => some({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }, done));
  for await (const event of guard(model, { ...quick, idle: 20, first_event: 20 })(requestOf('hi'), never, 5_000)) {
    slowReader.push(event.type);
    const until = performance.now() + 60;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(slowReader).toEqual(['text', 'text', 'done']);
});

it('makes what it hands on and what it emits well-formed', async () => {
  let asked = '';
  const model = of((request) => {
    asked = request.messages[0]?.text ?? '';
    return some(
      { type: 'text', text: 'x\ud83d' },
      { type: 'text', text: '\ude00y\udc00' },
      { type: 'text', text: '\ud83d' },
      done,
    );
  });
  const events = await eventsOf(guard(model, quick)(requestOf('a\ud83d'), never, 5_000));
  expect(asked).toBe('a\ufffd');
  expect(textOf(events)).toBe('x😀y\ufffd\ufffd');
  expect(events.at(-1)).toEqual(done);
});
