import { release } from 'node:os';

/**
 * True from Linux 5.14 on: RLIMIT_NPROC counts the processes of a user namespace. Before, it counts all of the user's on
 * the machine, so that a bound for one call would depend on everything else.
 */
export function countsPerNamespace(version: string = release()): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}
