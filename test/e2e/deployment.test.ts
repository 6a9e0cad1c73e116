import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually, findRedisServer } from '@queueclaw/testing';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
let folder: string;
let secrets: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueclaw-deploy-'));
  secrets = join(folder, 'secrets');
  await run(process.execPath, [join(root, 'deploy/secrets.mjs'), secrets]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the Redis of docker-compose.yaml', () => {
  let end: () => Promise<void>;
  const socket = (): string => join(folder, 'redis.sock');
  // Who may only ping may not ask whether it is ready either.
  const connect = (who: { username?: string; password?: string }): Redis => {
    const redis = new Redis({ path: socket(), enableReadyCheck: false, ...who });
    redis.on('error', () => undefined);
    open.push(redis);
    return redis;
  };
  const as = async (user: string, secret: string): Promise<Redis> => {
    return connect({ username: user, password: secret });
  };
  const secretOf = async (user: string): Promise<string> =>
    (await readFile(join(secrets, `redis_${user}`), 'utf8')).trim();
  const open: Redis[] = [];

  const start = async (): Promise<void> => {
    const program = findRedisServer(process.env) ?? 'redis-server';
    const child = spawn('sh', [join(root, 'deploy/redis/start.sh'), '--port', '0', '--unixsocket', socket()], {
      env: {
        PATH: `${dirname(program)}:${process.env['PATH'] ?? ''}`,
        ...{ SECRETS: secrets, DATA: folder, ACL_FILE: join(folder, 'users.acl') },
      },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    end = async () => {
      for (const redis of open.splice(0)) redis.disconnect();
      child.kill('SIGKILL');
      await ended;
    };
    const health = await as('health', 'none');
    await eventually(async () => expect(await health.ping()).toBe('PONG'), { timeoutMs: 10_000 });
  };
  beforeAll(async () => {
    // A user without a secret.
    await rm(join(secrets, 'redis_console'), { force: true });
    await start();
  });
  afterAll(() => end());

  it('lets each user in with its secret and to what is its own', async () => {
    const runner = await as('tool-runner', await secretOf('tool-runner'));
    await runner.lpush('{qc0}:tasks:wait', 'job');
    await expect(runner.lrange('{qc0}:t:default:messages:c:mb', 0, -1)).rejects.toThrow('NOPERM');
    const agent = await as('agent', await secretOf('agent'));
    expect(await agent.lrange('{qc0}:t:default:messages:c:mb', 0, -1)).toEqual([]);
  });

  it('keeps what is accepted, evicts nothing, and says so to an administrator alone', async () => {
    const admin = await as('admin', await secretOf('admin'));
    const settings = (await admin.config('GET', 'append*', 'maxmemory-policy')) as readonly string[];
    expect(settings.join(' ')).toMatch(/appendonly yes/);
    expect(settings.join(' ')).toMatch(/appendfsync always/);
    expect(settings.join(' ')).toMatch(/maxmemory-policy noeviction/);
    const ingress = await as('ingress', await secretOf('ingress'));
    await expect(ingress.config('GET', '*')).rejects.toThrow('NOPERM');
  });

  it('lets nobody in without a password, with the password of another, or without a secret of their own', async () => {
    await expect(connect({}).get('x')).rejects.toThrow('NOAUTH');
    for (const [user, secret] of [
      ['agent', await secretOf('tool-runner')],
      ['console', 'none'],
      ['default', ''],
    ] as const)
      await expect((await as(user, secret)).get('{qc0}:t:x'), user).rejects.toThrow(/NOAUTH|WRONGPASS/);
    await expect((await as('health', 'none')).get('x')).rejects.toThrow('NOPERM');
  });

  it('has after it was killed what scripts and transactions wrote before', async () => {
    const agent = await as('agent', await secretOf('agent'));
    const [one, two] = ['{qc0}:t:default:messages:c:s', '{qc0}:t:default:messages:c:t'];
    await agent.eval("redis.call('rpush', KEYS[1], 'a') return redis.call('rpush', KEYS[1], 'b')", 1, one);
    await agent.multi().rpush(two, 'c').rpush(two, 'd').exec();
    await end();
    await start();
    const again = await as('agent', await secretOf('agent'));
    expect(await again.lrange(one, 0, -1)).toEqual(['a', 'b']);
    expect(await again.lrange(two, 0, -1)).toEqual(['c', 'd']);
  });

  it('has no password in its files', async () => {
    const written = await readFile(join(folder, 'users.acl'), 'utf8');
    expect(written).toContain('user agent on #');
    for (const user of ['agent', 'ingress', 'tool-runner', 'admin'])
      expect(written).not.toContain(await secretOf(user));
    expect(written).not.toContain('#@');
    expect(written).not.toContain('user console ');
  });
});

describe('the entry point of the image', () => {
  const entry = (): string => join(folder, 'app/deploy/docker/entrypoint.mjs');
  const start = async (args: readonly string[], env: Record<string, string>): Promise<{ code: number; out: string }> =>
    run(process.execPath, [entry(), ...args], { env }).then(
      ({ stdout }) => ({ code: 0, out: stdout }),
      (error: { code: number; stderr: string }) => ({ code: error.code, out: error.stderr }),
    );

  beforeAll(async () => {
    const service = join(folder, 'app/services/agent/dist');
    await mkdir(service, { recursive: true });
    await mkdir(dirname(entry()), { recursive: true });
    await cp(join(root, 'deploy/docker/entrypoint.mjs'), entry());
    await writeFile(join(service, 'main.js'), 'console.log(JSON.stringify(process.env));\n');
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(folder, 'odd'), 'p@ss/w:rd ü\r\n');
    await writeFile(join(folder, 'empty'), '');
  });

  it('hands what the files hold to the service, without their line ends; an empty file is not set', async () => {
    const { code, out } = await start(['agent'], {
      REDIS_URL: 'redis://agent@redis:6379',
      REDIS_PASSWORD_FILE: join(folder, 'odd'),
      OPENAI_API_KEY_FILE: join(folder, 'odd'),
      ANTHROPIC_API_KEY_FILE: join(folder, 'empty'),
      SSL_CERT_FILE: join(folder, 'odd'),
    });
    expect(code).toBe(0);
    const env = JSON.parse(out) as Record<string, string>;
    expect(env).toMatchObject({ OPENAI_API_KEY: 'p@ss/w:rd ü' });
    expect(decodeURIComponent(new URL(env['REDIS_URL'] ?? '').password)).toBe('p@ss/w:rd ü');
    expect(env['SSL_CERT_FILE']).toBe(join(folder, 'odd'));
    for (const absent of ['ANTHROPIC_API_KEY', 'ANTHROPIC_API_KEY_FILE', 'REDIS_PASSWORD'])
      expect(env).not.toHaveProperty(absent);
  });

  it('starts nothing when a secret cannot be read, or the service is not one', async () => {
    for (const env of [
      { QUEUECLAW_MAIL_KEY_FILE: join(folder, 'nowhere') },
      { TELEGRAM_BOT_TOKEN_FILE: '/run/secrets/nowhere' },
    ]) {
      const [variable = ''] = Object.keys(env);
      expect(await start(['agent'], env)).toMatchObject({ code: 2, out: expect.stringContaining(variable) });
    }
    for (const args of [[], ['../evil'], ['redis']])
      expect(await start(args, {})).toMatchObject({ code: 2, out: expect.stringContaining('Say which service') });
  });
});
