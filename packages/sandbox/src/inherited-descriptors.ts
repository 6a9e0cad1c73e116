import { openSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

const isInheritable = (descriptor: number): boolean => {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    return false;
  }
};

/**
 * Descriptors above 2 that this process got from whoever started it and would hand on to its children. Node closes its own
 * on exec, but not all of those it inherits.
 */
export function inheritedDescriptors(): readonly number[] {
  try {
    const open = readdirSync('/proc/self/fd').map(Number);
    return open.filter((descriptor) => descriptor > 2 && descriptor < 4_096 && isInheritable(descriptor));
  } catch {
    return [];
  }
}

let empty: number | undefined;

/** A descriptor of /dev/null that this process keeps open, to put in the place of others. */
export function nothing(): number {
  empty ??= openSync('/dev/null', 'r');
  return empty;
}
