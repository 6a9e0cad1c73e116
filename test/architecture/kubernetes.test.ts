import { Config, readConfig } from '@queueclaw/runtime/settings';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { chartDigest, renderings, shared } from '../../scripts/render-chart.mjs';
import { filesBelow, readText, root } from './source-files.js';

const Names = z.record(z.string(), z.string());
const Container = z.object({
  name: z.string(),
  args: z.array(z.string()).default([]),
  env: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  securityContext: z.record(z.string(), z.unknown()),
  resources: z.object({ requests: Names, limits: Names }),
  livenessProbe: z.unknown(),
  readinessProbe: z.unknown(),
  startupProbe: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().optional() })),
});
const Pod = z.object({
  serviceAccountName: z.string(),
  automountServiceAccountToken: z.literal(false),
  enableServiceLinks: z.literal(false),
  hostUsers: z.boolean().optional(),
  hostNetwork: z.undefined().optional(),
  hostPID: z.undefined().optional(),
  terminationGracePeriodSeconds: z.number(),
  securityContext: z.looseObject({ runAsNonRoot: z.literal(true), runAsUser: z.number().min(1) }),
  topologySpreadConstraints: z.array(z.object({ topologyKey: z.string() })).default([]),
  containers: z.array(Container).length(1),
  volumes: z.array(
    z.looseObject({
      name: z.string(),
      hostPath: z.undefined().optional(),
      secret: z
        .object({ secretName: z.string(), items: z.array(z.object({ key: z.string(), path: z.string() })) })
        .optional(),
    }),
  ),
});
const Rule = z.object({ ports: z.array(z.object({ port: z.number() })), to: z.array(z.looseObject({})).optional() });
const Policy = z.object({
  podSelector: z.object({ matchLabels: Names }),
  policyTypes: z.array(z.string()),
  ingress: z.array(z.unknown()).optional(),
  egress: z.array(Rule).optional(),
});
const Resource = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: Names.default({}) }),
  spec: z.looseObject({}).default({}),
  data: Names.optional(),
});
type Resource = z.infer<typeof Resource>;

const text = (path: string): string => {
  const found = readText(path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
};
const read = (name: string): Resource[] =>
  parseAllDocuments(text(`deploy/kubernetes/${name}`))
    .map((document) => document.toJS() as unknown)
    .filter((value) => value !== null)
    .map((value) => Resource.parse(value));
const services = readdirSync(join(root, 'services')).filter((name) => name !== 'all-in-one');
const howTo = 'make it again: node scripts/render-chart.mjs';

test('the chart has what it shares with Docker Compose as it is there', () => {
  for (const [name, from] of Object.entries(shared))
    expect(readText(`deploy/helm/queueclaw/files/${name}`), howTo).toBe(text(from));
});

test('values.yaml, values.schema.json and the templates know the same values', () => {
  type Schema = { properties?: Record<string, Schema> };
  const written = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, item]) => [`${path}${key}`, ...written(item, `${path}${key}.`)])
      : [];
  const allowed = ({ properties = {} }: Schema, path: string): string[] =>
    Object.entries(properties).flatMap(([key, item]) => [`${path}${key}`, ...allowed(item, `${path}${key}.`)]);
  // What is free within: queueclaw.yaml, variables, labels, rules; `global` is Helm's.
  const free = /^global$|^config\.|\.(secretFiles|env|labels)\.|^networkPolicy\.extraEgress\./;
  const values = written(parse(text('deploy/helm/queueclaw/values.yaml')), '').filter((path) => !free.test(path));
  const schema = allowed(JSON.parse(text('deploy/helm/queueclaw/values.schema.json')) as Schema, '');
  expect(schema.filter((path) => !free.test(path)).toSorted()).toEqual(values.toSorted());

  const templates = filesBelow(['deploy/helm/queueclaw/templates'], ['.yaml', '.tpl', '.txt']);
  const all = templates.map((file) => file.text).join('\n');
  const used = [...all.matchAll(/\.Values\.([A-Za-z.]*[A-Za-z])/g)].map(([, path]) => path ?? '');
  expect(used.filter((path) => !values.includes(path) && !free.test(path))).toEqual([]);
  const words = new Set(all.match(/[A-Za-z-]+/g));
  const asIs = /\.resources\./;
  const named = values.filter((path) => !asIs.test(path)).map((path) => path.split('.').at(-1) ?? '');
  expect(named.filter((name) => !words.has(name))).toEqual([]);
});

describe.each(Object.keys(renderings))('deploy/kubernetes/%s', (file) => {
  const resources = read(file);
  const of = (kind: string): Resource[] => resources.filter((resource) => resource.kind === kind);
  const workloads = [...of('Deployment'), ...of('StatefulSet')].map(({ metadata, spec }) => ({
    name: metadata.name.replace('queueclaw-', ''),
    replicas: spec['replicas'],
    pod: Pod.parse((spec['template'] as { spec: unknown }).spec),
  }));
  const deployments = workloads.filter(({ name }) => name !== 'redis');
  const containerOf = ({ pod }: (typeof workloads)[number]): z.infer<typeof Container> =>
    Container.parse(pod.containers[0]);
  const configuration =
    of('ConfigMap').find(({ metadata }) => metadata.name === 'queueclaw')?.data?.['queueclaw.yaml'] ?? '';

  test('is made of the chart as it is', () => {
    expect(text(`deploy/kubernetes/${file}`).split('\n')[0], howTo).toContain(`chart ${chartDigest()}.`);
  });

  test('has one Deployment, ServiceAccount without a token and disruption budget for each service', () => {
    expect(deployments.map(({ name }) => name).toSorted()).toEqual(services.toSorted());
    for (const { name, pod } of workloads) expect(pod.serviceAccountName).toBe(`queueclaw-${name}`);
    for (const account of of('ServiceAccount')) expect(account['automountServiceAccountToken']).toBe(false);
    expect(
      of('ServiceAccount')
        .map(({ metadata }) => metadata.name)
        .toSorted(),
    ).toEqual(workloads.map(({ pod }) => pod.serviceAccountName).toSorted());
    const budgets = of('PodDisruptionBudget').map(({ metadata }) => metadata.name.replace('queueclaw-', ''));
    expect(budgets.toSorted()).toEqual(services.toSorted());
    for (const { pod } of deployments) expect(pod.topologySpreadConstraints.length).toBeGreaterThan(0);
  });

  test.each(workloads)('$name: no root, no right, no writable root, within limits, with probes', (workload) => {
    const { name, pod } = workload;
    const container = containerOf(workload);
    expect(container.securityContext).toMatchObject({
      ...{ allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true },
      capabilities: { drop: ['ALL'] },
    });
    expect(container.securityContext['procMount'] ?? 'Default').toBe(name === 'tool-runner' ? 'Unmasked' : 'Default');
    if (name === 'tool-runner') expect(pod.hostUsers).toBe(false);
    const seccomp = name === 'tool-runner' ? { type: 'Localhost' } : { type: 'RuntimeDefault' };
    expect(pod.securityContext['seccompProfile']).toMatchObject(seccomp);
    for (const list of [container.resources.requests, container.resources.limits])
      expect(Object.keys(list).toSorted()).toEqual(['cpu', 'memory']);
    if (name === 'redis') return;
    for (const [probe, path] of [
      ['startupProbe', '/healthz'],
      ['livenessProbe', '/healthz'],
      ['readinessProbe', '/readyz'],
    ] as const) {
      expect(container[probe], probe).toMatchObject({ httpGet: { path, port: 'health' } });
      expect(text('packages/runtime/src/health/health-server.ts')).toContain(`'${path}'`);
    }
  });

  test('no secret is a value; each pod mounts only its own', () => {
    const mine: Readonly<Record<string, readonly string[]>> = {
      agent: ['anthropic_api_key', 'mail_key', 'openai_api_key', 'redis_agent'],
      console: ['mail_key', 'operator_token', 'redis_console'],
      'tool-runner': ['redis_tool-runner'],
    };
    for (const workload of workloads) {
      const { name, pod } = workload;
      const mounted = pod.volumes.flatMap(({ secret }) => secret?.items.map(({ key }) => key) ?? []);
      if (mine[name] !== undefined) expect(mounted.filter((key) => key !== 'ca.crt').toSorted()).toEqual(mine[name]);
      for (const { name: variable, value } of containerOf(workload).env) {
        expect(/(TOKEN|KEY|SECRET|PASSWORD)$/.test(variable) ? value : '', variable).toBe('');
        if (variable === 'REDIS_URL') expect(new URL(value)).toMatchObject({ username: name, password: '' });
        if (variable.endsWith('_FILE')) expect(mounted).toContain(value.replace('/run/secrets/', ''));
      }
    }
  });

  test('every variable is read by somebody', () => {
    const known = new Set([...text('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
    const inConfiguration = new Set([...configuration.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const ofNode = new Set(['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS']);
    for (const workload of deployments)
      for (const { name } of containerOf(workload).env) {
        const plain = name.replace(/_FILE$/, '');
        const read = [known, inConfiguration, ofNode].some((names) => names.has(plain)) || plain === 'REDIS_PASSWORD';
        expect(read, `${workload.name}: ${name}`).toBe(true);
      }
  });

  test.each(deployments)(
    '$name: the configuration is valid, its ports are those of the pod, and it may drain',
    (workload) => {
      const { name, pod } = workload;
      const { env, ports } = containerOf(workload);
      const folder = mkdtempSync(join(tmpdir(), 'queueclaw-chart-'));
      try {
        const path = join(folder, 'queueclaw.yaml');
        writeFileSync(path, configuration);
        const plain = env.flatMap(({ name: variable, value }) =>
          variable.endsWith('_FILE')
            ? [[variable.replace(/_FILE$/, ''), 'a-secret-of-this-test-that-is-long']]
            : [[variable, value]],
        );
        const reading = readConfig({ path, env: Object.fromEntries(plain) as Record<string, string>, cwd: folder });
        expect(reading.ok ? undefined : reading.problems).toBeUndefined();
        const config = reading.ok ? reading.config : Config.parse({});
        const { server, console, telemetry, tools } = config;
        const web = { ingress: server, console }[name];
        const expected = [['health', telemetry.port], ...(web === undefined ? [] : [['http', web.port]])];
        expect(ports.map((port) => [port.name, port.containerPort])).toEqual(expected);
        expect([telemetry.host, web?.host ?? '0.0.0.0']).toEqual(['0.0.0.0', '0.0.0.0']);
        expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(server.shutdown_timeout + 10_000);
        if (name === 'tool-runner') expect(server.shutdown_timeout - 4_000).toBeGreaterThan(tools.timeout);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );

  test('nothing may talk to anything, but for what is named; the tool-runner reaches Redis, names and what was added', () => {
    const policies = of('NetworkPolicy').map(({ metadata, spec }) => ({ name: metadata.name, ...Policy.parse(spec) }));
    const deny = policies.find(({ name }) => name === 'queueclaw-nothing');
    expect(deny).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
    expect([deny?.ingress, deny?.egress]).toEqual([undefined, undefined]);
    const chosen = policies.map(({ podSelector }) => podSelector.matchLabels['app.kubernetes.io/component']);
    expect(chosen.filter((name) => name !== undefined).toSorted()).toEqual(
      workloads.map(({ name }) => name).toSorted(),
    );
    const runner = policies.find(({ name }) => name === 'queueclaw-tool-runner');
    const wide = runner?.egress?.filter(({ to }) => JSON.stringify(to ?? '0.0.0.0/0').includes('0.0.0.0/0'));
    expect(wide).toEqual([]);
    const ports = runner?.egress?.map((rule) => rule.ports.map(({ port }) => port));
    expect(ports?.slice(0, 2)).toEqual([[53, 53], [file === 'queueclaw.yaml' ? 6379 : 6380]]);
    expect(runner?.egress?.length).toBe(file === 'queueclaw.yaml' ? 2 : 3);
  });

  test('a Deployment has one autoscaler and no number of replicas, or a number and none', () => {
    const scaled = [...of('HorizontalPodAutoscaler'), ...of('ScaledObject')].map(({ spec }) =>
      String((spec['scaleTargetRef'] as { name: string }).name).replace('queueclaw-', ''),
    );
    expect(new Set(scaled).size).toBe(scaled.length);
    for (const { name, replicas } of deployments) expect(replicas === undefined, name).toBe(scaled.includes(name));
  });

  test('the services behind every way in exist, and their ports', () => {
    const ports = new Map(
      of('Service').map(({ metadata, spec }) => [metadata.name, spec['ports'] as readonly { port: number }[]]),
    );
    for (const route of of('HTTPRoute'))
      for (const rule of route.spec['rules'] as { backendRefs: { name: string; port: number }[] }[])
        for (const { name, port } of rule.backendRefs)
          expect(
            ports.get(name)?.map((one) => one.port),
            name,
          ).toContain(port);
  });
});
