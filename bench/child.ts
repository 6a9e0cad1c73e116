import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark that is told what to do and answers with its figures. */
export type Child = {
  readonly pid: number;
  /** Sends a message and resolves to the next one that comes back. */
  ask<T>(message: unknown): Promise<T>;
  stop(): Promise<void>;
};

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a script as its own process and resolves with what it says first.
 * @param script relative to this folder, or absolute
 * @param flags for Node
 */
export async function startChild<T>(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<{ child: Child; first: T }> {
  const path = script.startsWith('/') ? script : fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, [...args], {
    env: { PATH: process.env['PATH'] ?? '', NODE_NO_WARNINGS: '1', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...flags],
  });
  running.add(child);
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      running.delete(child);
      resolve();
    }),
  );
  const next = <M>(): Promise<M> =>
    new Promise((resolve, reject) => {
      const gone = (code: number | null): void => reject(new Error(`${script} ended with ${code}`));
      child.once('exit', gone);
      child.once('message', (message) => {
        child.off('exit', gone);
        resolve(message as M);
      });
    });
  const first = await next<T>();
  return {
    first,
    child: {
      pid: child.pid ?? 0,
      ask: (message) => {
        const answer = next();
        child.send(message as object);
        return answer as never;
      },
      stop: async () => {
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
        await ended;
        clearTimeout(late);
      },
    },
  };
}
