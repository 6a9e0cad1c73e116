import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { isAlive, markProcess } from './process-life.js';

function namespace(): string {
  try {
    // Namespaces have the same numbers on every machine.
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const digest = createHash('sha256')
      .update(`${boot} ${readlinkSync('/proc/self/ns/pid')}`)
      .digest();
    return String(digest.readUIntBE(0, 6));
  } catch {
    // Not Linux.
    return '0';
  }
}

let place: string | undefined;
let own: string | undefined;

/** Names this process, so that what it leaves behind can be told from what is in use: machine and pid namespace, pid, start time. */
export function ownerToken(): string {
  own ??= `${(place ??= namespace())}-${process.pid}-${markProcess(process.pid)?.startedAt ?? '0'}`;
  return own;
}

/** True when the process that a name begins with is gone. One of another machine or pid namespace cannot be judged and counts as there. */
export function isOrphaned(name: string): boolean {
  const [, where, pid, startedAt] = /^(\d+)-(\d+)-(\d+)(?:-|$)/.exec(name) ?? [];
  if (where !== (place ??= namespace()) || pid === undefined || startedAt === undefined) return false;
  return !isAlive({ pid: Number(pid), startedAt });
}
