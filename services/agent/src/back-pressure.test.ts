import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backPressure } from './back-pressure.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const agent = async (most: number, running: number) => {
  const now = { most, running, allowed: 0, share: (_: number): void => undefined };
  const service = backPressure({
    most: () => now.most,
    running: () => now.running,
    allow: (conversations) => void (now.allowed = conversations),
    watch: (tell) => {
      now.share = tell;
      return () => void (now.share = () => undefined);
    },
    logger: { warn: () => undefined },
  });
  await service.start();
  return { now, stop: () => service.stop(0) };
};

it('takes as many conversations as configured while there is memory, also when the configuration changes', async () => {
  const { now, stop } = await agent(1_000, 900);
  now.share(0.79);
  expect(now.allowed).toBe(1_000);
  now.most = 50;
  vi.advanceTimersByTime(1_000);
  expect(now.allowed).toBe(50);
  await stop();
});

it('takes half of what runs when memory is short, never less than one, and slowly more again', async () => {
  const { now, stop } = await agent(1_000, 200);
  now.share(0.9);
  expect(now.allowed).toBe(100);
  now.running = 100;
  now.share(0.85);
  expect(now.allowed).toBe(50);
  now.running = 0;
  now.share(0.85);
  expect(now.allowed).toBe(1);
  vi.advanceTimersByTime(5_000);
  expect(now.allowed).toBeGreaterThan(5);
  expect(now.allowed).toBeLessThan(50);
  vi.advanceTimersByTime(60_000);
  expect(now.allowed).toBe(1_000);
  await stop();
});

it('leaves everything as it is once it has stopped', async () => {
  const { now, stop } = await agent(1_000, 200);
  await stop();
  now.share(0.9);
  vi.advanceTimersByTime(60_000);
  expect(now.allowed).toBe(1_000);
});
