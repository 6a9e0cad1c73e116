import type { TranscriptEntry } from '@queueclaw/contracts';
import { expect, it } from 'vitest';
import { createHistoryCache } from './history-cache.js';

const entry = (text: string): TranscriptEntry => ({ v: 1, role: 'assistant', text, turn: 1, at: 1 });
const address = (conversation: string): { tenant: string; conversation: string } => ({
  tenant: 'default',
  conversation,
});

it('forgets what is older than ten minutes', () => {
  let now = 0;
  const cache = createHistoryCache(() => now);
  cache.set(address('c'), { version: '1.0', entries: [entry('x')] });
  now = 600_000;
  expect(cache.get(address('c'))?.version).toBe('1.0');
  now += 1;
  expect(cache.get(address('c'))).toBeUndefined();
});

it('stays within its bound, and drops the least recently used first', () => {
  const cache = createHistoryCache(() => 0);
  const big = 'x'.repeat(1_900_000);
  for (let at = 0; at < 10; at += 1) cache.set(address(`c${at}`), { version: '1.0', entries: [entry(big)] });
  expect(cache.get(address('c0'))).toBeUndefined();
  expect(cache.get(address('c9'))?.version).toBe('1.0');
});

it('does not keep one transcript that would fill it', () => {
  const cache = createHistoryCache(() => 0);
  cache.set(address('c'), { version: '1.0', entries: [entry('x'.repeat(3_000_000))] });
  expect(cache.get(address('c'))).toBeUndefined();
});
