import { expect, test } from 'vitest';
import { bearerOf, tokenKeeper } from './tokens.js';

const token = 'a-token-of-acme-1';
const keeper = tokenKeeper([{ token, tenant: 'acme', scopes: ['read'] }]);

test('a token decides the tenant and the scopes', () => {
  expect(keeper.find(token)).toMatchObject({ tenant: 'acme', scopes: new Set(['read']) });
  expect(keeper.find(`${token} `)).toBeUndefined();
  expect(keeper.find('')).toBeUndefined();
  expect(keeper.find('x'.repeat(100_000))).toBeUndefined();
});

test('nothing about a caller tells the token', () => {
  expect(JSON.stringify(keeper.find(token))).not.toContain(token);
});

test('with tokens nobody is anonymous, without them everybody is', () => {
  expect(keeper.anonymous).toBeUndefined();
  expect(tokenKeeper([]).anonymous).toMatchObject({ tenant: 'default', id: 'local' });
});

test('reads a bearer header in any case, and nothing else', () => {
  expect(bearerOf('bearer abc')).toBe('abc');
  expect(bearerOf('Bearer   abc')).toBe('abc');
  for (const header of [undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b'])
    expect(bearerOf(header)).toBeUndefined();
});
