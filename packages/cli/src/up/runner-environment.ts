import type { Config, Environment } from '@queueclaw/runtime/settings';

/** What the tool-runner inherits of our environment: nothing that could be a secret. The headers of traces may hold one. */
const inherited = [
  ...(['PATH', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'QUEUECLAW_BWRAP', 'QUEUECLAW_LOG_LEVEL'] as const),
  ...(['OTEL_SDK_DISABLED', 'OTEL_TRACES_EXPORTER', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'] as const),
  ...(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_BSP_SCHEDULE_DELAY'] as const),
] as const;

/**
 * The tool-runner's whole environment.
 * @param configFile its own configuration, see `runnerConfig`
 */
export function runnerEnvironment(
  env: Environment,
  given: { readonly home: string; readonly configFile: string; readonly redisUrl: string },
): Record<string, string> {
  const kept = inherited.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    HOME: given.home,
    QUEUECLAW_HOME: given.home,
    QUEUECLAW_CONFIG: given.configFile,
    REDIS_URL: given.redisUrl,
  };
}

/**
 * The part of the configuration that the tool-runner needs, as YAML (JSON): no token, no channel, no agent, and no key but the
 * one that is meant for it, which reads and adds attachments.
 */
export function runnerConfig({ server, tools, limits, state, telemetry }: Config): string {
  const { namespace, shards, retention } = state;
  const { runner_access_key: access_key, runner_secret_key: secret_key, ...blobs } = state.blobs;
  const part = {
    server: { shutdown_timeout: server.shutdown_timeout },
    tools,
    limits,
    state: { namespace, shards, retention, blobs: { ...blobs, access_key, secret_key } },
    telemetry,
  };
  return `${JSON.stringify(part, undefined, 2)}\n`;
}
