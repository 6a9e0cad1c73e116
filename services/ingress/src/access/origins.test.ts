import { describe, expect, test } from 'vitest';
import { originRules } from './origins.js';

const local = originRules({ boundHost: '127.0.0.1', allowed: ['https://app.example.com/'], hasTokens: false });
const guarded = originRules({ boundHost: '0.0.0.0', allowed: [], hasTokens: true });

describe('without tokens', () => {
  test.each(['localhost:8080', 'LOCALHOST', '127.0.0.1:8080', '[::1]:8080', '127.8.9.1'])(
    'may be called as %s',
    (host) => {
      expect(local.hostAllowed(host)).toBe(true);
    },
  );

  test.each([
    undefined,
    '',
    'evil.example.com:8080',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    '10.0.0.1:8080',
    'localhost:8080@evil',
  ])('may not be called as %s', (host) => {
    expect(local.hostAllowed(host)).toBe(false);
  });
});

test('with tokens the name does not matter', () => {
  expect(guarded.hostAllowed('chat.example.com')).toBe(true);
});

test('requests of programs have no origin and pass', () => {
  expect(local.originAllowed(undefined, 'localhost:8080')).toBe(true);
});

test.each([
  ['http://localhost:8080', 'localhost:8080'],
  ['http://[::1]:8080', '[::1]:8080'],
  ['https://chat.example.com', 'chat.example.com'],
  ['https://chat.example.com', 'chat.example.com:443'],
  ['https://app.example.com', 'localhost:8080'],
])('a page of %s may call %s', (origin, host) => {
  expect(local.originAllowed(origin, host)).toBe(true);
});

test.each([
  ['http://evil.example.com', 'localhost:8080'],
  ['http://localhost:3000', 'localhost:8080'],
  ['null', 'localhost:8080'],
  ['', 'localhost:8080'],
  ['http://localhost:8080@evil.com', 'localhost:8080'],
  ['file://', 'localhost:8080'],
  ['http://localhost:8080', undefined],
])('a page of %s may not call %s', (origin, host) => {
  expect(local.originAllowed(origin, host)).toBe(false);
});
