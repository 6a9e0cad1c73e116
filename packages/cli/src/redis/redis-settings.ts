import type { Keyspace } from '@queueclaw/contracts';
import { aclLine } from '@queueclaw/runtime/settings';

export type EmbeddedSettings = {
  readonly socket: string;
  readonly dataFolder: string;
  readonly maxmemoryBytes: number;
  readonly space: Keyspace;
  readonly passwords: EmbeddedPasswords;
};

/** `default` may do everything and is nobody's but the supervisor's; each process it starts has a user of its own. */
export type EmbeddedPasswords = Readonly<Record<'default' | 'all-in-one' | 'tool-runner', string>>;

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * The configuration of the embedded Redis: reachable by its owner only, nothing accepted is lost (every write is on disk
 * before it is answered) and nothing is evicted.
 */
export function redisSettings(settings: EmbeddedSettings): string {
  const { passwords, space } = settings;
  return [
    'port 0',
    `unixsocket ${quoted(settings.socket)}`,
    'unixsocketperm 700',
    `dir ${quoted(settings.dataFolder)}`,
    'appendonly yes',
    'appendfsync always',
    'save ""',
    `maxmemory ${settings.maxmemoryBytes}`,
    'maxmemory-policy noeviction',
    'daemonize no',
    'loglevel notice',
    'logfile ""',
    `user default on >${passwords.default} ~* &* +@all`,
    ...(['all-in-one', 'tool-runner'] as const).map((user) => aclLine(user, `>${passwords[user]}`, space)),
    '',
  ].join('\n');
}

/** The address of the embedded Redis for one of its users. */
export function socketUrl(socket: string, user: string, password: string): string {
  return `unix://${user}:${password}@localhost${socket.split('/').map(encodeURIComponent).join('/')}`;
}
