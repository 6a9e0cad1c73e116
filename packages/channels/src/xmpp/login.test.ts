import type { AppError } from '@queueclaw/contracts';
import { xml } from '@xmpp/client';
import { expect, test } from 'vitest';
import { XmppConfig } from './config.js';
import { failureOf } from './failure.js';
import { loginOf } from './login.js';
import { isLoopback } from './service.js';

const config = XmppConfig.parse({ jid: 'claw@example.org', password: 'a-password-of-ours' });

test.each([
  ['wait', 'resource-constraint', 'channel.failed', 5_000],
  ['wait', 'policy-violation', 'channel.failed', 5_000],
  ['cancel', 'remote-server-timeout', 'channel.failed', undefined],
  ['modify', 'not-acceptable', 'channel.failed', undefined],
  ['cancel', 'service-unavailable', 'channel.rejected', undefined],
  ['auth', 'forbidden', 'channel.rejected', undefined],
  ['modify', 'policy-violation', 'channel.rejected', undefined],
] as const)('what to do about %s %s', (type, condition, code, retryAfterMs) => {
  const error = xml('error', { type }, xml('text', {}, 'of no interest'), xml(condition));
  expect(failureOf(error)).toMatchObject({ code, retryAfterMs, publicMessage: `XMPP: ${condition}.` });
});

test('logs in where TLS or this machine keeps it secret, by the best that there is, and never as nobody', () => {
  const way = (offered: string[], secure: boolean, local: boolean): string => {
    try {
      return loginOf(config, offered, { secure, local }).mechanism;
    } catch (thrown) {
      return (thrown as AppError).publicMessage;
    }
  };
  const all = ['ANONYMOUS', 'PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'];
  expect(way(all, true, false)).toBe('SCRAM-SHA-256');
  expect(way(all.slice(0, 3), true, false)).toBe('SCRAM-SHA-1');
  expect(way(all.slice(0, 2), true, false)).toBe('PLAIN');
  expect(way(all, false, false)).toBe('The XMPP server offers no TLS.');
  expect(way(all, false, true)).toBe('SCRAM-SHA-256');
  expect(way(all.slice(0, 2), false, true)).toBe('The XMPP server offers no way to log in.');
  expect(way(all.slice(0, 1), true, false)).toBe('The XMPP server offers no way to log in.');
  expect(['127.0.0.1', '::1', '::ffff:127.9.9.9'].every(isLoopback)).toBe(true);
  expect(['10.0.0.1', '127.evil.example', '::2', '', undefined].some(isLoopback)).toBe(false);
});
