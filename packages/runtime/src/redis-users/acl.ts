import type { Keyspace } from '@queueclaw/contracts';
import { redisRights, type RedisUser, redisUsers } from './rights.js';

/*
 * Commands. Those on data types all name their keys, also inside scripts; what looks at or touches keys without naming
 * them (KEYS, SCAN, FLUSHALL, SORT, MIGRATE), and what administers (CONFIG, ACL, DEBUG, SCRIPT FLUSH), is not among them.
 */
const dataTypes = '+@hash +@list +@set +@sortedset +@stream +@string';
const anyKey = '+del +unlink +exists +type +rename +expire +pexpire +pexpireat +ttl +pttl +persist';
const scripts = '+eval +evalsha +script|load +script|exists +multi +exec +discard +watch +unwatch +time';
const commands = `-@all ${dataTypes} ${anyKey} ${scripts} +@connection -@dangerous +info`;

/** The rules of a user in the words of Redis' `ACL SETUSER`, without its password. Needs Redis 7. */
export function aclRules(user: RedisUser, space: Keyspace): readonly string[] {
  const { keys, reads, appends, hears, says } = redisRights(user, space);
  return [
    ...['resetkeys', 'resetchannels', ...commands.split(' ')],
    ...(hears.length > 0 ? ['+subscribe', '+unsubscribe'] : []),
    ...(says.length > 0 ? ['+publish'] : []),
    ...[...new Set([...hears, ...says])].map((pattern) => `&${pattern}`),
    ...keys.map((pattern) => `~${pattern}`),
    ...reads.map((pattern) => `%R~${pattern}`),
    // A selector of its own: of these keys only the one command.
    ...appends.map((pattern) => `(-@all +xadd %W~${pattern})`),
  ];
}

/** A line of an ACL file, or of redis.conf. @param password `>plain`, `#sha256` or `nopass` */
export function aclLine(user: RedisUser, password: string, space: Keyspace): string {
  return ['user', user, 'on', password, ...aclRules(user, space)].join(' ');
}

/** Stands in a template for the SHA-256 of a user's password. */
const placeOf = (user: string): string => `#@${user}@`;

/**
 * A template of an ACL file for a Redis of one's own. Holds no password: `#@<user>@` stands for the SHA-256 of each. Besides
 * the services' users there is `health`, who can only ping, and `admin`, who may do everything.
 * `default` is off, so that nobody is it, and yet may do everything: many servers (Redis until the end of 2025, Valkey until the
 * middle of 2026) read their append-only file as `default`, and
 * leave out, silently, each transaction and script that `default` may not run.
 */
export function aclTemplate(space: Keyspace): string {
  return [
    'user default off ~* &* +@all',
    'user health on nopass resetkeys resetchannels -@all +ping',
    `user admin on ${placeOf('admin')} ~* &* +@all`,
    ...redisUsers.map((user) => aclLine(user, placeOf(user), space)),
    '',
  ].join('\n');
}
