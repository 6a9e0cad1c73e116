import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logger.js';
import { setTracing } from './span.js';

export type Tracing = {
  /** Sends what is left, for two seconds at most. Never rejects. */
  stop(): Promise<void>;
};

type Environment = Readonly<Record<string, string | undefined>>;

const none: Tracing = { stop: async () => undefined };
const stopMsMax = 2_000;
const usualDelayMs = 5_000;

/** The standard variables that ask for traces (OpenTelemetry, "Environment Variable Specification"). */
function wanted(env: Environment): boolean {
  if (env['OTEL_SDK_DISABLED'] === 'true') return false;
  const exporter = env['OTEL_TRACES_EXPORTER'];
  const address = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  return exporter === 'otlp' || (exporter !== 'none' && Boolean(address));
}

async function exporterOf(env: Environment): Promise<SpanExporter | string> {
  const protocol = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] || env['OTEL_EXPORTER_OTLP_PROTOCOL'] || 'http/protobuf';
  // Addresses, headers, certificates and time-outs are read by them.
  if (protocol === 'http/json')
    return new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter();
  if (protocol === 'http/protobuf')
    return new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter();
  return protocol;
}

async function samplerOf(env: Environment): Promise<Sampler> {
  const { AlwaysOffSampler, AlwaysOnSampler, ParentBasedSampler, TraceIdRatioBasedSampler } =
    await import('@opentelemetry/sdk-trace');
  const name = env['OTEL_TRACES_SAMPLER'] || 'parentbased_always_on';
  const given = Number(env['OTEL_TRACES_SAMPLER_ARG'] || 1);
  const ratio = given >= 0 && given <= 1 ? given : 1;
  const root = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

/**
 * Sends traces by OTLP over HTTP when the standard variables say where to; loads nothing otherwise.
 * @param service `service.name` is `queueclaw-<service>` unless OTEL_SERVICE_NAME says another one
 */
export async function startTracing(service: string, env: Environment, logger: Logger): Promise<Tracing> {
  if (!wanted(env)) return none;
  const exporter = await exporterOf(env);
  if (typeof exporter === 'string') {
    logger.warn({ protocol: exporter.slice(0, 32) }, 'no traces: they are sent by http/protobuf or http/json only');
    return none;
  }
  const [api, { AsyncLocalStorageContextManager }, { BatchSpanProcessor, TracerProvider }, resources] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/resources'),
    ]);
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = resources;
  const delay = Number(env['OTEL_BSP_SCHEDULE_DELAY'] || usualDelayMs);
  const scheduledDelayMillis = delay >= 10 && delay <= 60_000 ? delay : usualDelayMs;
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(
        resourceFromAttributes({ 'service.name': `queueclaw-${service}`, 'service.instance.id': `${process.pid}` }),
      )
      .merge(detectResources({ detectors: [envDetector] })),
    sampler: await samplerOf(env),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis })],
  });
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  api.trace.setGlobalTracerProvider(provider);
  setTracing(api);
  logger.info('traces are sent');
  return {
    stop: async () => {
      setTracing(undefined);
      const late = new Promise<void>((resolve) => setTimeout(resolve, stopMsMax).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}
