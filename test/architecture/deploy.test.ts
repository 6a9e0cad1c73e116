import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aclTemplate, Config, readConfig } from '@queueclaw/runtime/settings';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readText, root } from './source-files.js';

const Service = z.object({
  image: z.string(),
  build: z.object({ target: z.string() }).optional(),
  command: z.array(z.string()),
  user: z.string(),
  read_only: z.boolean().default(false),
  init: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  networks: z.array(z.string()),
  volumes: z.array(z.string()).default([]),
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  stop_grace_period: z.string(),
});
type Service = z.infer<typeof Service>;
const Compose = z.object({
  services: z.record(z.string(), Service),
  networks: z.record(z.string(), z.object({ internal: z.boolean().default(false) }).nullable()),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});

const text = (path: string): string => {
  const found = readText(path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found;
};
const compose = Compose.parse(parse(text('docker-compose.yaml'), { merge: true }));
const { redis, ...services } = compose.services as Record<string, Service> & { redis: Service };
const each = Object.entries(services);
const folders = readdirSync(join(root, 'services')).filter((name) => name !== 'all-in-one');
const defaults = Config.parse({});

test('deploy/redis/users.acl is what "queueclaw redis users" prints for the namespace of docker-compose.yaml', () => {
  const names = new Set(each.map(([, { environment }]) => environment['QUEUECLAW_NAMESPACE']));
  expect([...names]).toEqual([defaults.state.namespace]);
  const { namespace, shards } = defaults.state;
  const howTo = 'make it again: ./queueclaw redis users > deploy/redis/users.acl';
  expect(text('deploy/redis/users.acl'), howTo).toBe(aclTemplate({ namespace, shards }));
});

test('compose runs every service of the repository, each by its own name and as its own Redis user', () => {
  expect(Object.keys(services).toSorted()).toEqual(folders.toSorted());
  for (const [name, { command, environment, secrets }] of each) {
    expect(command).toEqual([name]);
    const url = new URL(environment['REDIS_URL'] ?? '');
    expect([url.username, url.password, url.hostname]).toEqual([name, '', 'redis']);
    expect(environment['REDIS_PASSWORD_FILE']).toBe(`/run/secrets/redis_${name}`);
    expect(secrets.filter((secret) => secret.startsWith('redis_'))).toEqual([`redis_${name}`]);
  }
});

test('compose publishes the ingress and the console on this machine alone, at the ports they listen on', () => {
  const published = Object.entries(compose.services).flatMap(([name, { ports }]) => ports.map((port) => [name, port]));
  expect(published).toEqual([
    ['ingress', `127.0.0.1:\${PORT:-${defaults.server.port}}:${defaults.server.port}`],
    ['console', `127.0.0.1:\${CONSOLE_PORT:-${defaults.console.port}}:${defaults.console.port}`],
  ]);
  expect(text('deploy/docker/Dockerfile')).toContain(`QUEUECLAW_HEALTH_PORT=${defaults.telemetry.port}`);
});

test('the tool-runner has no way to other machines, no mail key and no key of a model', () => {
  expect(compose.networks['inside']).toEqual({ internal: true });
  const runner = services['tool-runner'];
  expect(runner?.networks).toEqual(['inside']);
  expect(redis.networks).toEqual(['inside']);
  expect(runner?.secrets).toEqual(['redis_tool-runner']);
  const holders = each.filter(([, { secrets }]) => secrets.includes('mail_key')).map(([name]) => name);
  expect(holders.toSorted()).toEqual(['agent', 'console', 'ingress']);
  expect(
    each.filter(([, { secrets }]) => secrets.some((name) => name.endsWith('_api_key'))).map(([name]) => name),
  ).toEqual(['agent']);
});

test.each(Object.entries(compose.services))(
  '%s runs without root, rights and a writable root, within bounds',
  (name, service) => {
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service).toMatchObject({ read_only: true, init: true, cap_drop: ['ALL'] });
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.mem_limit).toBeDefined();
    if (name !== 'redis') expect(service.pids_limit).toBeGreaterThan(0);
    expect(Number.parseInt(service.stop_grace_period, 10) * 1_000).toBeGreaterThan(defaults.server.shutdown_timeout);
    for (const [variable, value] of Object.entries(service.environment))
      expect(/(TOKEN|KEY|SECRET|PASSWORD)$/.test(variable) ? value : '', variable).toBe('');
  },
);

test('compose sets variables that somebody reads', () => {
  const known = new Set([...text('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name));
  // Node itself reads it.
  known.add('NODE_OPTIONS');
  const inConfiguration = new Set(
    [...text('deploy/docker/queueclaw.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name),
  );
  const fromFiles = new Set(
    [...text('deploy/docker/entrypoint.mjs').matchAll(/'([A-Z][A-Z_]+)'/g)].map(([, name]) => name),
  );
  for (const [name, { environment }] of each)
    for (const variable of Object.keys(environment)) {
      const plain = variable.replace(/_FILE$/, '');
      const read = plain === variable ? known.has(plain) || inConfiguration.has(plain) : fromFiles.has(plain);
      expect(read, `${name}: ${variable}`).toBe(true);
    }
  for (const name of fromFiles) if (name !== 'REDIS_PASSWORD') expect(known.has(name ?? ''), name).toBe(true);
});

test('the secrets of compose are those that deploy/secrets.mjs makes and somebody uses', () => {
  const folder = mkdtempSync(join(tmpdir(), 'queueclaw-secrets-'));
  try {
    for (const _time of ['first', 'again']) execFileSync(process.execPath, [join(root, 'deploy/secrets.mjs'), folder]);
    const made = readdirSync(folder).toSorted();
    expect(Object.keys(compose.secrets).toSorted()).toEqual(made);
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`./deploy/secrets/${name}`);
    const used = new Set(Object.values(compose.services).flatMap(({ secrets }) => secrets));
    expect([...used].toSorted()).toEqual(made);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(each)('the configuration of compose is valid for the %s', (name, { environment }) => {
  const withDefaults = Object.entries(environment).map(([variable, value]) => [
    variable,
    value.replace(/\$\{\w+:-(.*?)\}/g, '$1'),
  ]);
  const env = {
    ...(Object.fromEntries(withDefaults) as Record<string, string>),
    ...(name === 'ingress' ? { QUEUECLAW_TOKEN: 'a-token-of-this-test' } : {}),
    ...(name === 'console' ? { QUEUECLAW_OPERATOR_TOKEN: 'an-operator-token-of-this-test' } : {}),
  };
  const reading = readConfig({ path: join(root, 'deploy/docker/queueclaw.yaml'), env, cwd: root });
  expect(reading.ok ? reading.warnings : reading.problems).toEqual([]);
  if (!reading.ok) return;
  const { server, console, telemetry, state } = reading.config;
  expect(server.host).toBe(name === 'ingress' ? '0.0.0.0' : '127.0.0.1');
  expect(console.host).toBe(name === 'console' ? '0.0.0.0' : '127.0.0.1');
  expect([server.port, console.port, telemetry.port]).toEqual([8080, 3080, 9464]);
  expect(state.redis).toContain('@redis:6379');
});

test('every service has a target of its own in the Dockerfile, and compose builds it', () => {
  const dockerfile = text('deploy/docker/Dockerfile');
  for (const name of folders) {
    expect(dockerfile).toContain(`COPY --from=build /out/${name} ./services/${name}\nCMD ["${name}"]`);
    expect(services[name]).toMatchObject({ image: `queueclaw-${name}:local`, build: { target: name } });
  }
  const deployed = /for service in ([\w -]+); do/.exec(dockerfile)?.[1]?.split(' ');
  expect(deployed?.toSorted()).toEqual(folders.toSorted());
});

test('the image is made with the pnpm of package.json and a Node that is new enough', () => {
  const dockerfile = text('deploy/docker/Dockerfile');
  const { packageManager } = z.object({ packageManager: z.string() }).parse(JSON.parse(text('package.json')));
  expect(dockerfile).toContain(`npm install --global ${packageManager}\n`);
  const major = /nodeMajor = (\d+)/.exec(text('scripts/setup/node.mjs'))?.[1];
  expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${major}-`);
});

test('the seccomp profile of the tool-runner refuses what it does not name, and allows six calls more than is usual', () => {
  const Rule = z.object({ names: z.array(z.string()), action: z.string(), comment: z.string().optional() });
  const profile = z.object({ defaultAction: z.string(), syscalls: z.array(Rule) });
  const { defaultAction, syscalls } = profile.parse(JSON.parse(text('deploy/docker/seccomp-tool-runner.json')));
  expect(defaultAction).toBe('SCMP_ACT_ERRNO');
  const [more] = syscalls;
  expect(more).toMatchObject({
    names: ['clone', 'mount', 'pivot_root', 'sethostname', 'umount2', 'unshare'],
    action: 'SCMP_ACT_ALLOW',
  });
});
