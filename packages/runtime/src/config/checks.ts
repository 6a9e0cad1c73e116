import { streamChannels } from '@queueclaw/contracts';
import { isIP } from 'node:net';
import { checkBudgets } from './budget-checks.js';
import type { ConfigPath } from './problem.js';
import type { Config } from './schema.js';

export type Finding = {
  readonly path: ConfigPath;
  readonly message: string;
  /** It works all the same, but not as written. */
  readonly warning?: true;
  /** Beside the point when something is wrong here: that may be the reason. */
  readonly unless?: ConfigPath;
};

/** A rule between values, or about names that only another package knows. */
export type ConfigCheck = (config: Config) => readonly Finding[];

/** True for an address that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (plain === 'localhost' || plain === '::1' || plain === '::ffff:127.0.0.1') return true;
  return isIP(plain) === 4 && plain.startsWith('127.');
}

const repeated = (tokens: readonly { token: string }[], path: ConfigPath): Finding[] =>
  tokens.flatMap(({ token }, at) =>
    tokens.findIndex((other) => other.token === token) < at
      ? [{ path: [...path, at, 'token'], message: 'this token stands in the list twice' }]
      : [],
  );

const timeZones = (config: Config): Finding[] =>
  Object.entries(config.agents).flatMap(([name, { timezone }]) => {
    if (timezone === undefined) return [];
    try {
      new Intl.DateTimeFormat('en', { timeZone: timezone });
      return [];
    } catch {
      return [{ path: ['agents', name, 'timezone'], message: 'must be an IANA time zone like Europe/Berlin' }];
    }
  });

const blobs = ({ state }: Config): Finding[] => {
  const { provider, bucket, access_key: access, secret_key: secret } = state.blobs;
  const findings: Finding[] = [];
  if (provider === 's3' && bucket === undefined)
    findings.push({ path: ['state', 'blobs', 'provider'], message: 's3 needs a bucket: add state.blobs.bucket' });
  if ((access === undefined) !== (secret === undefined))
    findings.push({ path: ['state', 'blobs'], message: 'access_key and secret_key are set together or not at all' });
  return findings;
};

/** People who are given a code that nobody can approve. */
const pairing = ({ channels, console: { operators } }: Config): Finding[] =>
  channels.flatMap(({ name, enable, access }, at) =>
    enable &&
    !streamChannels.includes(name) &&
    access.direct === 'pairing' &&
    access.allow.length === 0 &&
    operators.length === 0
      ? [
          {
            ...{ path: ['channels', at], warning: true as const },
            message: `nobody may write to ${name} yet, and nobody can approve them: add ids to access.allow, or to console:  operators: [{ name: admin, token: "\${QUEUECLAW_OPERATOR_TOKEN}" }]`,
          },
        ]
      : [],
  );

/** What a schema cannot say: rules between values. */
export function checkConfig(config: Config): Finding[] {
  const findings: Finding[] = [
    ...repeated(config.server.tokens, ['server', 'tokens']),
    ...repeated(config.console.operators, ['console', 'operators']),
    ...timeZones(config),
    ...checkBudgets(config),
    ...blobs(config),
    ...pairing(config),
  ];
  if (!isLoopback(config.server.host) && config.server.tokens.length === 0) {
    findings.push({
      path: ['server', 'host'],
      message: `${config.server.host} is reachable from other machines, and no token is set. Add this line to server:  tokens: [{ token: "\${QUEUECLAW_TOKEN}" }]  (or set the variable QUEUECLAW_TOKEN)`,
      unless: ['server', 'tokens'],
    });
  }
  if (!isLoopback(config.console.host) && config.console.operators.length === 0) {
    findings.push({
      path: ['console', 'host'],
      message: `${config.console.host} is reachable from other machines, and no operator is set. Add this line to console:  operators: [{ name: admin, token: "\${QUEUECLAW_OPERATOR_TOKEN}" }]`,
      unless: ['console', 'operators'],
    });
  }
  const channelAgents = config.channels.map((channel, at) => ({ agent: channel.agent, at }));
  for (const { agent, at } of channelAgents) {
    if (agent !== undefined && agent !== 'default' && !Object.hasOwn(config.agents, agent))
      findings.push({ path: ['channels', at, 'agent'], message: 'there is no such agent under agents' });
  }
  return findings;
}
