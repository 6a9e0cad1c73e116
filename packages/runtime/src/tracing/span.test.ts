import * as api from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { AppError } from '@queueclaw/contracts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createLogger } from '../logger.js';
import { registerSecret } from '../redaction.js';
import { setTracing, traceparentNow, withSpan } from './span.js';
import { startTracing } from './start-tracing.js';

const exporter = new InMemorySpanExporter();
beforeAll(() => {
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
});
afterAll(() => {
  setTracing(undefined);
  api.trace.disable();
  api.context.disable();
});
beforeEach(() => {
  exporter.reset();
  setTracing(api);
});
const ended = (): { name: string; trace: string; parent: string | undefined; attributes: object }[] =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    trace: span.spanContext().traceId,
    parent: span.parentSpanContext?.spanId,
    attributes: span.attributes,
  }));
const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

it('goes on from where it is told, in itself, and tells the next one where to go on', async () => {
  let told: string | undefined;
  await withSpan('outer', { parent }, async () => withSpan('inner', {}, async () => void (told = traceparentNow())));
  const [inner, outer] = ended();
  expect(outer).toMatchObject({ name: 'outer', trace: 'a'.repeat(32), parent: 'b'.repeat(16) });
  expect(inner).toMatchObject({ name: 'inner', trace: 'a'.repeat(32) });
  expect(told).toMatch(new RegExp(`^00-${'a'.repeat(32)}-[0-9a-f]{16}-01$`));
  expect(traceparentNow()).toBeUndefined();
});

it.each(['', 'x', parent.toUpperCase(), `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `${parent}-more`])(
  'begins a trace of its own where it is told %j',
  async (wrong) => {
    await withSpan('outer', { parent: wrong }, async () => undefined);
    expect(ended()).toMatchObject([{ parent: undefined, trace: expect.not.stringContaining('aaaa') }]);
  },
);

it('says of an error its code and not its words, and no secret, however long', async () => {
  registerSecret('a-secret-of-some-length');
  const attributes = { a: 'with a-secret-of-some-length in it', b: 'x'.repeat(1_000), c: undefined, d: 7 };
  const failing = withSpan('outer', { attributes }, () =>
    Promise.reject(new AppError('channel.failed', { publicMessage: 'of no interest' })),
  );
  await expect(failing).rejects.toMatchObject({ code: 'channel.failed' });
  const [span] = ended();
  expect(span?.attributes).toMatchObject({ b: 'x'.repeat(256), d: 7, 'error.type': 'channel.failed' });
  expect(JSON.stringify(exporter.getFinishedSpans().map(({ status, events }) => ({ status, events })))).not.toContain(
    'interest',
  );
  expect(JSON.stringify(span)).not.toContain('a-secret-of-some-length');
});

it('only does the work where nobody keeps spans, and asks for no trace that nobody keeps', async () => {
  await withSpan('outer', { parent: parent.replace(/01$/, '00') }, async () =>
    expect(traceparentNow()).toBeUndefined(),
  );
  setTracing(undefined);
  expect(await withSpan('outer', {}, async ({ set, fail }) => (set({ a: 1 }), fail('x'), 7))).toBe(7);
  expect(ended()).toEqual([]);
});

it('lines of the log say which span they belong to', async () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', (line) => void lines.push(line));
  await withSpan('outer', { parent }, async () => logger.info('inside'));
  logger.info('outside');
  expect(lines.map((line) => (JSON.parse(line) as { trace_id?: string }).trace_id)).toEqual([
    'a'.repeat(32),
    undefined,
  ]);
});

it('sends nothing unless the standard variables ask for it, in a way that we speak', async () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', (line) => void lines.push(line));
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  for (const env of [{}, { ...endpoint, OTEL_SDK_DISABLED: 'true' }, { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }])
    await (await startTracing('test', env, logger)).stop();
  expect(lines).toEqual([]);
  await startTracing('test', { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, logger);
  expect(lines.join('')).toContain('http/protobuf or http/json only');
});
