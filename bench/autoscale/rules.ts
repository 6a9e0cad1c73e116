import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

/** No more than one of `policies` allows is added or taken within `periodSeconds`. */
const Scaling = z.object({
  stabilizationWindowSeconds: z.number(),
  policies: z.array(z.object({ type: z.enum(['Percent', 'Pods']), value: z.number(), periodSeconds: z.number() })),
});
const ScaledObject = z.object({
  kind: z.literal('ScaledObject'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    minReplicaCount: z.number(),
    maxReplicaCount: z.number(),
    pollingInterval: z.number(),
    advanced: z.object({
      horizontalPodAutoscalerConfig: z.object({ behavior: z.object({ scaleUp: Scaling, scaleDown: Scaling }) }),
    }),
    triggers: z.array(
      z.object({
        name: z.string().optional(),
        metricType: z.string(),
        metadata: z.object({ query: z.string().optional(), threshold: z.string().optional() }),
      }),
    ),
  }),
});

/** What a ScaledObject of the chart tells the autoscaler, all times in seconds. */
export type Rules = {
  readonly min: number;
  readonly max: number;
  readonly pollingSeconds: number;
  /** Places that a replica is meant to have. */
  readonly perReplica: number;
  /** How long a job may wait for its place. */
  readonly targetSeconds: number;
  /** The age of the oldest job beyond which replicas are added whatever the formula says. */
  readonly oldestSeconds: number;
  readonly up: z.infer<typeof Scaling>;
  readonly down: z.infer<typeof Scaling>;
};

/**
 * The rules of one ScaledObject among rendered manifests.
 * @throws Error when it is not there, or asks for something else than `autoscaler.ts` computes
 */
export function rulesOf(manifests: string, name: string): Rules {
  const all = parseAllDocuments(manifests).map((document) => document.toJSON() as unknown);
  const found = all.map((one) => ScaledObject.safeParse(one)).find(({ data }) => data?.metadata.name === name);
  if (found?.data === undefined) throw new Error(`there is no ScaledObject ${name}`);
  const { spec } = found.data;
  const trigger = (of: string): { query: string; threshold: number } => {
    const metadata = spec.triggers.find((one) => one.name === of)?.metadata;
    return { query: metadata?.query ?? '', threshold: Number(metadata?.threshold) };
  };
  const places = trigger('places');
  const labels = /max\(queueclaw_in_progress\{([^}]*)\}\)/.exec(places.query)?.[1] ?? '';
  const targetSeconds = Number(/\/ (\d+), 1\)$/.exec(places.query)?.[1]);
  if (places.query !== query(labels, targetSeconds))
    throw new Error(`${name} asks for something else: ${places.query}`);
  const { scaleUp: up, scaleDown: down } = spec.advanced.horizontalPodAutoscalerConfig.behavior;
  return {
    ...{ min: spec.minReplicaCount, max: spec.maxReplicaCount, pollingSeconds: spec.pollingInterval },
    ...{ perReplica: places.threshold, targetSeconds, oldestSeconds: trigger('oldest').threshold, up, down },
  };
}

/** Places that are needed, in the words of Prometheus; `placesNeeded` is the same. */
const query = (labels: string, targetSeconds: number): string =>
  `max(queueclaw_in_progress{${labels}}) + max(queueclaw_backlog{${labels}}) ` +
  `* clamp_max((sum(rate(queueclaw_job_run_seconds_sum{${labels}}[5m])) ` +
  `/ (sum(rate(queueclaw_job_run_seconds_count{${labels}}[5m])) > 0) or vector(1)) / ${targetSeconds}, 1)`;

/** The same with a clock that runs so many times as fast; how long a job may wait stays. */
export function hastened(rules: Rules, times: number): Rules {
  const scaling = ({ stabilizationWindowSeconds, policies }: Rules['up']): Rules['up'] => ({
    stabilizationWindowSeconds: stabilizationWindowSeconds / times,
    policies: policies.map((policy) => ({ ...policy, periodSeconds: policy.periodSeconds / times })),
  });
  return {
    ...rules,
    pollingSeconds: rules.pollingSeconds / times,
    up: scaling(rules.up),
    down: scaling(rules.down),
  };
}
