export type EmbeddedSettings = {
  readonly socket: string;
  readonly dataFolder: string;
  readonly maxmemoryBytes: number;
  readonly namespace: string;
  /** Of the user with all rights. */
  readonly password: string;
  /** Of the tool-runner's user. */
  readonly runnerPassword: string;
  /** Major version of the server. */
  readonly major: number;
};

/**
 * The rights of the tool-runner's user: the `tasks` queue, appending to `results`, listening to `control`; no key of any
 * conversation. Older servers than 7 know no write-only keys: there it may read results too.
 */
export function runnerRights(namespace: string, major: number): string {
  const tag = `{${namespace}[0-9]*}`;
  const results = major >= 7 ? `%W~${tag}:results` : `~${tag}:results`;
  return `resetkeys resetchannels ~${tag}:tasks:* ${results} &${tag}:control -@all +@all -@admin -@dangerous +info`;
}

const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * The configuration of the embedded Redis: reachable by its owner only, nothing accepted is lost (every write is on disk
 * before it is answered) and nothing is evicted.
 */
export function redisSettings(settings: EmbeddedSettings): string {
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
    `user default on >${settings.password} ~* &* +@all`,
    `user runner on >${settings.runnerPassword} ${runnerRights(settings.namespace, settings.major)}`,
    '',
  ].join('\n');
}

/** The address of the embedded Redis for one of its users. */
export function socketUrl(socket: string, user: string, password: string): string {
  return `unix://${user}:${password}@localhost${socket.split('/').map(encodeURIComponent).join('/')}`;
}
