import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startRedis, type TestRedis } from './redis-fixture.js';
import { redisAs, refusals } from './redis-user.js';

let server: TestRedis;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

it('gives the address of a user with these rights alone, and tells what it was refused', async () => {
  const address = new URL(await redisAs(server.url, ['+set', '+select', '~mine:*']));
  const redis = new Redis({
    ...{ path: address.pathname, username: address.username, password: address.password },
    enableReadyCheck: false,
  });
  redis.on('error', () => undefined);
  expect(await redis.set('mine:a', '1')).toBe('OK');
  await expect(redis.set('yours', '1')).rejects.toThrow('NOPERM');
  await expect(redis.get('mine:a')).rejects.toThrow('NOPERM');
  redis.disconnect();
  const told = await refusals(server.url);
  expect(told).toContain(`${address.username}: key yours (toplevel)`);
  expect(told).toContain(`${address.username}: command get (toplevel)`);
});
