import { connectRedis } from '@queueclaw/runtime';
import { startRedis, type TestRedis } from '@queueclaw/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runnerRights } from './redis-settings.js';

let server: TestRedis;
let owner: ReturnType<typeof connectRedis>;
let runner: ReturnType<typeof connectRedis>;

beforeAll(async () => {
  server = await startRedis();
  owner = connectRedis(server.url, 'command', () => undefined);
  const version = /redis_version:(\d+)/.exec(await owner.info('server'))?.[1];
  await owner.call('ACL', 'SETUSER', 'runner', 'on', 'nopass', ...runnerRights('qc', Number(version)).split(' '));
  runner = connectRedis(server.url, 'command', () => undefined);
  await runner.call('AUTH', 'runner', 'any');
});

afterAll(async () => {
  owner.disconnect();
  runner.disconnect();
  await server.stop();
});

test('the tool-runner may serve its queue, hand over results and listen for stops', async () => {
  await runner.zadd('{qc0}:tasks:wait', 1, 'job');
  await runner.xadd('{qc0}:results', '*', 'result', '{}');
  await runner.publish('{qc0}:control', 'x');
});

test('the tool-runner can neither read nor write anything of a conversation', async () => {
  await owner.rpush('{qc0}:t:default:messages:c:mb', 'mail');
  for (const attempt of [
    runner.lrange('{qc0}:t:default:messages:c:mb', 0, -1),
    runner.rpush('{qc0}:t:default:messages:c:mb', 'forged'),
    runner.rpush('{qc0}:messages:wait', 'forged'),
    runner.del('{qc0}:due:messages'),
    runner.eval("return redis.call('get', KEYS[1])", 1, '{qc0}:t:default:messages:c:st'),
    runner.eval("return redis.call('get', '{qc0}:t:default:messages:c:st')", 0),
  ])
    await expect(attempt).rejects.toThrow(/NOPERM|No permissions|can't access|ACL/i);
});

test('the tool-runner cannot read results, look around or administer', async () => {
  for (const attempt of [
    runner.xrange('{qc0}:results', '-', '+'),
    runner.keys('*'),
    runner.flushall(),
    runner.config('GET', '*'),
    runner.call('ACL', 'LIST'),
    runner.call('MONITOR'),
  ])
    await expect(attempt).rejects.toThrow(/NOPERM/);
});
