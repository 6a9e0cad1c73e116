import { createLogger } from '@queueclaw/runtime';
import { eventually } from '@queueclaw/testing';
import { expect, it } from 'vitest';
import { sweepBlobs } from './sweep-blobs.js';

const start = (sweep: (before: number) => Promise<number>) => {
  const log: string[] = [];
  const logger = createLogger('ingress', 'debug', (line) => void log.push(line));
  const times = { firstMs: 1, everyMs: 1 };
  const service = sweepBlobs({ blobs: { sweep }, retentionMs: () => 60_000, logger, times });
  return { log, service };
};

it('sweeps what is older than the retention, again and again, until it stops', async () => {
  const asked: number[] = [];
  const { service, log } = start(async (before) => {
    asked.push(Date.now() - before);
    return asked.length;
  });
  await service.start();
  await eventually(async () => expect(asked.length).toBeGreaterThan(2));
  await service.stop(100);
  const times = asked.length;
  expect(Math.min(...asked)).toBeGreaterThanOrEqual(60_000);
  expect(Math.max(...asked)).toBeLessThan(90_000);
  expect(log.join()).toContain('"removed":1');
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toHaveLength(times);
});

it('goes on after a sweep that failed', async () => {
  let sweeps = 0;
  const { service, log } = start(async () => {
    sweeps += 1;
    throw new Error('the bucket is away');
  });
  await service.start();
  await eventually(async () => expect(sweeps).toBeGreaterThan(1));
  await service.stop(100);
  expect(log.join()).toContain('the bucket is away');
});
