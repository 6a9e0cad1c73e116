import { readFileSync } from 'node:fs';

/** The most memory that a process was ever resident with, or is now, in MB; 0 when it is gone. Linux. */
export function memoryMb(pid: number, what: 'VmHWM' | 'VmRSS'): number {
  const status = readOrEmpty(`/proc/${pid}/status`);
  return Number(new RegExp(`^${what}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1024;
}

/** A file of /proc; empty when its process is gone. */
export function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
