import { connectRedis } from '@queueclaw/runtime';

/**
 * Counts the commands that clients send while `work` runs, from MONITOR: what scripts call inside Redis is not counted, nor
 * are the monitor's own.
 */
export async function countCommands(url: string, work: () => Promise<void>): Promise<number> {
  const redis = connectRedis(url, 'command', () => undefined);
  const monitor = await redis.monitor();
  let count = 0;
  monitor.on('monitor', (_time: string, _args: string[], source: string) => {
    if (source !== 'lua') count += 1;
  });
  await work();
  await redis.ping();
  monitor.disconnect();
  redis.disconnect();
  return count;
}
