import { readlinkSync } from 'node:fs';
import { isAlive, markProcess } from './process-life.js';

function namespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    // Not Linux.
    return '0';
  }
}

let own: string | undefined;

/** Names this process, so that what it leaves behind can be told from what is in use: pid namespace, pid, start time. */
export function ownerToken(): string {
  own ??= `${namespace()}-${process.pid}-${markProcess(process.pid)?.startedAt ?? '0'}`;
  return own;
}

/** True when the process that a name begins with is gone. One of another pid namespace cannot be judged and counts as there. */
export function isOrphaned(name: string): boolean {
  const [, where, pid, startedAt] = /^(\d+)-(\d+)-(\d+)(?:-|$)/.exec(name) ?? [];
  if (where !== namespace() || pid === undefined || startedAt === undefined) return false;
  return !isAlive({ pid: Number(pid), startedAt });
}
