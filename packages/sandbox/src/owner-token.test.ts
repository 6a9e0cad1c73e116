import { expect, it } from 'vitest';
import { isOrphaned, ownerToken } from './owner-token.js';

it.runIf(process.platform === 'linux')(
  'knows what is ours, what a dead process left, and what is not ours to judge',
  () => {
    const [namespace] = ownerToken().split('-');
    expect(isOrphaned(`${ownerToken()}-more`)).toBe(false);
    expect(isOrphaned(ownerToken().replace(/\d+$/, '1'))).toBe(true);
    expect(isOrphaned(`${namespace}-4194303-1-more`)).toBe(true);
    for (const foreign of ['1-4194303-1', 'trial-1', '', `${namespace}-4194303`, `x${ownerToken()}`])
      expect(isOrphaned(foreign)).toBe(false);
  },
);
