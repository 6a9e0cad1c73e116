import { spawn } from 'node:child_process';

/**
 * Waits for the end of its stdin, which comes when the supervisor dies in whatever way; gives the services the time to
 * drain, then ends the process if it is still the one meant (`$2` is in its command line).
 */
const script = `read _; left=$3
while [ "$left" -gt 0 ] && kill -0 "$1"; do sleep 1; left=$((left - 1)); done
if [ -r "/proc/$1/cmdline" ]; then line=$(tr '\\0' ' ' < "/proc/$1/cmdline"); else line=$(ps -o args= -p "$1"); fi
case "$line" in *"$2"*) kill -TERM "$1";; esac`;

/**
 * Sees to it that a process which knows nothing of us does not outlive us: `pid` is ended `seconds` after this process
 * died, provided its command line still holds `words`. Returns how to call the watchdog off.
 */
export function guardOrphan(pid: number, words: string, seconds: number): () => void {
  const guard = spawn('/bin/sh', ['-c', script, 'queueclaw-watchdog', String(pid), words, String(seconds)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: { PATH: '/usr/bin:/bin' },
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  return () => void guard.kill('SIGKILL');
}
