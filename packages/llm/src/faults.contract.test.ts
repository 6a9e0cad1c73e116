import type { ModelEvent } from '@queueclaw/contracts';
import type { LlmTimeouts } from '@queueclaw/runtime';
import { eventually } from '@queueclaw/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { guard } from './guard.js';
import { lazyModel } from './lazy-model.js';
import { findProvider } from './registry.js';
import { type Handler, type RawServer, startRawServer } from './testing/raw-server.js';
import { eventsOf, never, quick, recordingLogger, requestOf, textOf } from './testing/requests.js';
import { type Wire, wires } from './testing/wires.js';

let server: RawServer | undefined;
let lines: string[] = [];

afterEach(async () => {
  await server?.close();
  expect(lines.join('')).not.toContain('sk-test');
  lines = [];
});

const ask = async (
  wire: Wire,
  handler: Handler,
  { timeouts = quick, signal = never }: { timeouts?: LlmTimeouts; signal?: AbortSignal } = {},
): Promise<ModelEvent[]> => {
  server = await startRawServer(handler);
  const config = wire.config(server.url);
  const provider = findProvider(config.provider);
  if (provider === undefined) throw new Error('no provider');
  const recorded = recordingLogger();
  lines = recorded.lines;
  const fetch = wire.redirect?.(server.url) ?? globalThis.fetch;
  const attempt = guard(lazyModel(provider, config, { fetch, logger: recorded.logger }), timeouts, recorded.logger);
  return eventsOf(attempt(requestOf('hello'), signal, timeouts.total));
};

const failureIn = (
  events: readonly ModelEvent[],
): { code: string; publicMessage: string; retryAfterMs?: number | undefined } => {
  const last = events.at(-1);
  if (last?.type !== 'failed') throw new Error(`it ended in ${JSON.stringify(last)}`);
  expect(JSON.stringify(last)).not.toMatch(/sk-test|hello|secret detail/);
  return last.failure;
};

const status =
  (code: number, headers: Record<string, string> = {}, body = '{"error":{"message":"secret detail"}}'): Handler =>
  (response) =>
    void response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(body);

const stream =
  (wire: Wire, body: string, then: 'end' | 'cut' | 'hang' = 'end'): Handler =>
  (response) => {
    response.writeHead(200, { 'content-type': wire.type });
    if (then === 'end') response.end(body);
    else response.write(body, () => void (then === 'cut' && response.destroy()));
  };

describe.each(wires)('$name', (wire) => {
  it('streams text and usage, and names the model that answered', async () => {
    const events = await ask(wire, stream(wire, wire.open + wire.text('Hel') + wire.text('lo') + wire.end));
    expect(textOf(events)).toBe('Hello');
    expect(events.at(-1)).toMatchObject({
      type: 'done',
      reason: 'stop',
      model: 'm-1',
      usage: { inputTokens: 7, outputTokens: 3 },
    });
  });

  it('emits a tool call once it and the answer are whole', async () => {
    const events = await ask(wire, stream(wire, wire.open + wire.wholeCall + wire.end));
    expect(events.filter(({ type }) => type === 'call')).toMatchObject([
      { call: { name: 'shell', args: { command: 'date' } } },
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'done', reason: 'calls' });
  });

  it.each(['end', 'cut'] as const)('never emits a tool call that breaks off (%s)', async (how) => {
    const events = await ask(wire, stream(wire, wire.open + wire.text('Well, ') + wire.halfCall, how));
    expect(events.filter(({ type }) => type === 'call')).toEqual([]);
    expect(textOf(events)).toBe('Well, ');
    expect(['llm.interrupted', 'llm.nonsense']).toContain(failureIn(events).code);
  });

  it.each(['end', 'cut'] as const)('never emits a whole call of an answer that breaks off (%s)', async (how) => {
    const events = await ask(wire, stream(wire, wire.open + wire.wholeCall, how));
    expect(events.map(({ type }) => type)).toEqual(['failed']);
    expect(failureIn(events).code).toBe('llm.interrupted');
  });

  it('emits no call of an answer that ran into its limit', async () => {
    const events = await ask(wire, stream(wire, wire.open + wire.wholeCall + wire.endAtLimit));
    expect(events.map(({ type }) => type)).toEqual(['done']);
    expect(events.at(-1)).toMatchObject({ reason: 'length' });
  });

  it('says llm.interrupted for a stream that breaks off in the text', async () => {
    const events = await ask(wire, stream(wire, wire.open + wire.text('Half of'), 'cut'));
    expect(textOf(events)).toBe('Half of');
    expect(failureIn(events).code).toBe('llm.interrupted');
  });

  it('says llm.nonsense for an event that is no JSON, and for a page instead of a stream', async () => {
    const broken = await ask(wire, stream(wire, wire.open + wire.garbage + wire.end));
    expect(failureIn(broken).code).toBe('llm.nonsense');
    await server?.close();
    const page = await ask(wire, (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>\n<p>Welcome</p>\n</html>\n');
    });
    expect(failureIn(page).code).toBe('llm.nonsense');
  });

  it.each([
    [401, 'llm.auth'],
    [403, 'llm.auth'],
    [400, 'llm.refused'],
    [404, 'llm.refused'],
    [302, 'llm.refused'],
    [413, 'llm.context'],
    [500, 'llm.unavailable'],
    [502, 'llm.unavailable'],
    [503, 'llm.overloaded'],
    [529, 'llm.overloaded'],
  ] as const)('says for HTTP %i %s', async (code, expected) => {
    const events = await ask(wire, status(code, code === 302 ? { location: 'http://127.0.0.1:9/elsewhere' } : {}));
    expect(events).toHaveLength(1);
    expect(failureIn(events).code).toBe(expected);
    expect(server?.requests).toHaveLength(1);
  });

  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after-ms': '120' }, 120],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 30_000],
    [{ 'retry-after': '999999' }, 3_600_000],
    [{ 'retry-after': 'soon' }, undefined],
  ])('says llm.rate_limited for 429 with the wait of %j', async (headers, expected) => {
    const failure = failureIn(await ask(wire, status(429, headers)));
    expect(failure).toMatchObject({ code: 'llm.rate_limited' });
    expect(failure.retryAfterMs).toBe(expected);
  });

  if (wire.tooLong !== '')
    it("names the vendor's identifiers of a refusal, never its sentence", async () => {
      const error = { type: 'invalid_request_error', code: 'sk-test', message: 'secret detail' };
      const events = await ask(wire, status(400, {}, JSON.stringify({ type: 'error', error })));
      expect(failureIn(events).publicMessage).toContain('(HTTP 400, invalid_request_error)');
    });

  if (wire.tooLong !== '')
    it('says llm.context when the request is too long', async () => {
      expect(failureIn(await ask(wire, status(400, {}, wire.tooLong))).code).toBe('llm.context');
    });

  it('says llm.unavailable when nothing listens, and when the connection is dropped', async () => {
    const gone = await startRawServer(() => undefined);
    await gone.close();
    const unreachable = { ...wire, config: () => wire.config(gone.url) };
    const redirect = wire.redirect?.(gone.url);
    const refused = await ask(
      redirect === undefined ? unreachable : { ...unreachable, redirect: () => redirect },
      status(200),
    );
    expect(failureIn(refused).code).toBe('llm.unavailable');
    await server?.close();
    const dropped = await ask(wire, (response) => void response.destroy());
    expect(failureIn(dropped).code).toBe('llm.unavailable');
  });

  it('ends on the time-out of headers, first event, silence and the whole, each by its name', async () => {
    const brief = (phase: keyof LlmTimeouts): LlmTimeouts => ({ ...quick, [phase]: 60 });
    const unanswered = await ask(wire, () => undefined, {
      timeouts: { ...brief('connect'), first_event: wire.name === 'ollama' ? 60 : 5_000 },
    });
    expect(failureIn(unanswered)).toMatchObject({
      code: 'llm.timeout',
      publicMessage: expect.stringContaining(wire.name === 'ollama' ? 'first_event' : 'connect'),
    });
    await server?.close();
    const comment = wire.type === 'text/event-stream' ? ': still here\n\n' : '\n';
    const eventless = await ask(wire, stream(wire, comment, 'hang'), { timeouts: brief('first_event') });
    expect(failureIn(eventless).publicMessage).toContain('first_event');
    await server?.close();
    const quiet = await ask(wire, stream(wire, wire.open + wire.text('I th'), 'hang'), { timeouts: brief('idle') });
    expect(textOf(quiet)).toBe('I th');
    expect(failureIn(quiet).publicMessage).toContain('llm.timeouts.idle');
    await server?.close();
    const dripping = await ask(
      wire,
      (response) => {
        response.writeHead(200, { 'content-type': wire.type }).write(wire.open);
        const drip = (): void => void (response.destroyed || response.write(wire.text('.'), () => setImmediate(drip)));
        drip();
      },
      { timeouts: brief('total') },
    );
    expect(failureIn(dripping).publicMessage).toContain('llm.timeouts.total');
  });

  it('answers an abort with llm.aborted and hangs up', async () => {
    const abort = new AbortController();
    const events = await ask(
      wire,
      (response) => {
        response.writeHead(200, { 'content-type': wire.type });
        response.write(wire.open + wire.text('Once upon'), () => abort.abort());
      },
      { signal: abort.signal },
    );
    expect(failureIn(events).code).toBe('llm.aborted');
    await eventually(async () => expect(await server?.connections()).toBe(0));
  });

  if (wire.name === 'anthropic')
    it('tells what an ended answer had cost when the vendor had said it', async () => {
      const timeouts = { ...quick, idle: 60 };
      const events = await ask(wire, stream(wire, wire.open + wire.text('I th'), 'hang'), { timeouts });
      expect(events.at(-1)).toMatchObject({ type: 'failed', usage: { inputTokens: 7, cachedTokens: 2 } });
    });

  it('joins a character that was split between two deltas', async () => {
    const [high = '', low = ''] = '😀'.split('');
    const events = await ask(wire, stream(wire, wire.open + wire.text(`a${high}`) + wire.text(`${low}b`) + wire.end));
    expect(textOf(events)).toBe('a😀b');
    expect(events.every((event) => event.type !== 'text' || event.text.isWellFormed())).toBe(true);
  });
});
