import { expect, it } from 'vitest';
import { seal, unseal } from './seal.js';

const here = { tenant: 'default', conversation: 'c1' };

it('gives back what was sealed with the same key for the same conversation', () => {
  expect(unseal('key', here, seal('key', here, '{"a":1}'))).toBe('{"a":1}');
});

it('refuses mail that was altered, sealed by another key, unsealed, or moved to another conversation', () => {
  const sealed = seal('key', here, '{"a":1}');
  expect(unseal('key', here, sealed.replace('1}', '2}'))).toBeUndefined();
  expect(unseal('other', here, sealed)).toBeUndefined();
  expect(unseal('key', here, seal(undefined, here, '{"a":1}'))).toBeUndefined();
  expect(unseal('key', { ...here, tenant: 'acme' }, sealed)).toBeUndefined();
  expect(unseal('key', here, 'nonsense')).toBeUndefined();
});
