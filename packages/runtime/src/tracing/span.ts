import type * as Api from '@opentelemetry/api';
import { type ActorAddress, AppError } from '@queueclaw/contracts';
import { redact } from '../redaction.js';

type Loaded = typeof Api;

const kinds = {
  internal: 'INTERNAL',
  server: 'SERVER',
  client: 'CLIENT',
  producer: 'PRODUCER',
  consumer: 'CONSUMER',
} as const satisfies Record<string, keyof typeof Api.SpanKind>;

export type SpanOptions = {
  readonly kind?: keyof typeof kinds;
  /** W3C traceparent of what it goes on from; else the span that is under way here, else it begins a trace. */
  readonly parent?: string | undefined;
  /** Others that it is about. */
  readonly links?: readonly string[];
  readonly attributes?: SpanAttributes;
};
/** Never what people or models said, nor arguments of tools. Undefined ones are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** A span while it lasts. */
export type SpanNote = {
  set(attributes: SpanAttributes): void;
  /** It did not do what it was for, though nothing was thrown: an error's code. */
  fail(code: string): void;
};

const linksMax = 32;
const silent: SpanNote = { set: () => undefined, fail: () => undefined };
/** Loaded only where spans are kept. */
let api: Loaded | undefined;

/** From now on spans are made, or (undefined) no more; for `startTracing`. */
export function setTracing(loaded: Loaded | undefined): void {
  api = loaded;
}

const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A W3C traceparent, version 00; undefined when it is none. */
function spanContextOf(text: string | undefined): Api.SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.exec(text ?? '') ?? [];
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

const clean = (attributes: SpanAttributes): Api.Attributes =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? redact(value).slice(0, 256) : value]],
    ),
  );

const failed = ({ SpanStatusCode }: Loaded, span: Api.Span, code: string): void => {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
};

/** Does work in a span of its own. Without tracing it only does the work. An error's words are not kept, its code is. */
export async function withSpan<T>(
  name: string,
  { kind = 'internal', parent, links = [], attributes = {} }: SpanOptions,
  work: (span: SpanNote) => Promise<T>,
): Promise<T> {
  const loaded = api;
  if (loaded === undefined) return work(silent);
  const { context, ROOT_CONTEXT, SpanKind: kindOf, trace } = loaded;
  const from = spanContextOf(parent);
  const base = from === undefined ? context.active() : trace.setSpanContext(ROOT_CONTEXT, from);
  const linked = links.slice(0, linksMax).flatMap((link): Api.Link[] => {
    const about = spanContextOf(link);
    return about === undefined ? [] : [{ context: about }];
  });
  const options = { kind: kindOf[kinds[kind]], links: linked, attributes: clean(attributes) };
  const span = trace.getTracer('queueclaw').startSpan(name, options, base);
  const note: SpanNote = {
    set: (more) => void span.setAttributes(clean(more)),
    fail: (code) => failed(loaded, span, code),
  };
  try {
    return await context.with(trace.setSpan(base, span), () => work(note));
  } catch (thrown) {
    failed(loaded, span, thrown instanceof AppError ? thrown.code : thrown instanceof Error ? thrown.name : 'unknown');
    throw thrown;
  } finally {
    span.end();
  }
}

/** The traceparent of the span that is under way here; undefined when there is none, or nobody keeps it. */
export function traceparentNow(): string | undefined {
  const about = api?.trace.getActiveSpan()?.spanContext();
  if (about === undefined || (about.traceFlags & 1) === 0) return undefined;
  return `00-${about.traceId}-${about.spanId}-01`;
}

/** What a line of the log says of the span under way. */
export function traceFields(): { readonly trace_id?: string; readonly span_id?: string } {
  const about = api?.trace.getActiveSpan()?.spanContext();
  return about === undefined ? {} : { trace_id: about.traceId, span_id: about.spanId };
}

/** What every span says of its conversation. */
export const spanOf = ({ tenant, conversation }: ActorAddress): SpanAttributes => ({
  'queueclaw.tenant': tenant,
  'gen_ai.conversation.id': conversation,
});
