import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/**
 * Makes a Redis user of its own with these rights alone and gives the address of the same server under it: a right that
 * the code needs and the rules lack is then found by its tests.
 * @param url of a test server, as its default user
 * @param rules as `ACL SETUSER` takes them
 */
export async function redisAs(url: string, rules: readonly string[]): Promise<string> {
  const user = `u${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const redis = connect(url);
  try {
    await redis.call('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, ...rules);
  } finally {
    redis.disconnect();
  }
  const address = new URL(url);
  // A `unix:` address has a host only when it has a user.
  if (address.protocol === 'unix:') return `unix://${user}:${password}@localhost${address.pathname}${address.search}`;
  Object.assign(address, { username: user, password });
  return address.href;
}

/** What a server has refused its users since it started, a line each: command or key, and where. */
export async function refusals(url: string): Promise<readonly string[]> {
  const redis = connect(url);
  try {
    const log = (await redis.call('ACL', 'LOG', '128')) as readonly (readonly unknown[])[];
    return log.map((entry) => {
      const fact = (name: string): string => String(entry[entry.indexOf(name) + 1]);
      return `${fact('username')}: ${fact('reason')} ${fact('object')} (${fact('context')})`;
    });
  } finally {
    redis.disconnect();
  }
}

const connect = (url: string): Redis =>
  url.startsWith('unix://') ? new Redis(decodeURIComponent(new URL(url).pathname)) : new Redis(url);
