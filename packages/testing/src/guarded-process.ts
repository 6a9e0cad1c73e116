import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';

export type GuardedProcess = {
  readonly command: readonly [string, ...string[]];
  /** Its own; gone when it has stopped. */
  readonly folder: string;
  /** What it prints once it serves, and what it prints when it never will. */
  readonly ready: RegExp;
  readonly failed: RegExp;
};

/**
 * The guard outlives us by a moment: when the pipe on its stdin closes, for whatever reason, it ends the server and
 * removes the folder. A second argument list follows `--`, so no word of it is ever parsed by the shell.
 */
const guard = 'folder=$1; shift; "$@" & server=$!; cat >/dev/null; kill "$server"; wait "$server"; rm -rf "$folder"';

/**
 * Starts a server for tests and waits until it serves. It dies with this process, even by SIGKILL; `stop` resolves once it and
 * its folder are gone.
 * @throws Error with what it printed when it does not start
 */
export async function startGuarded({ command, folder, ready, failed }: GuardedProcess): Promise<() => Promise<void>> {
  const child = spawn('sh', ['-c', guard, 'guard', folder, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.ref();
    child.stdin.end();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  let output = '';
  const serves = new Promise<void>((resolve, reject) => {
    const failure = (): Error => new Error(`${command[0]} did not start:\n${output}`);
    const read = (chunk: string): void => {
      output = (output + chunk).slice(-4_000);
      if (ready.test(output)) resolve();
      else if (failed.test(output)) reject(failure());
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    child.once('error', reject);
    child.once('exit', () => reject(failure()));
  });
  try {
    await serves;
  } catch (error) {
    await stop();
    throw error;
  }
  // The server must not keep a finished test process alive; the guard sees the end of the pipe anyway.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
  return stop;
}
