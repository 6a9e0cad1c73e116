import type { ChildProcess } from 'node:child_process';
import { signalGroup } from './end-process.js';
import { tell } from '../phrases/index.js';

export type Supervised = {
  readonly name: string;
  /** Undefined between a death and the next start. */
  pid(): number | undefined;
  /** SIGTERM, after `graceMs` SIGKILL to it and everything it started. Resolves when it is gone; it stays so. */
  stop(graceMs: number): Promise<void>;
  /** SIGKILL at once. */
  kill(): void;
  /** SIGHUP to the process alone; nothing when it is not there. */
  hangUp(): void;
};

export type SuperviseOptions = {
  readonly name: string;
  /** Starts the process, in a group of its own (`detached`). */
  readonly launch: () => ChildProcess;
  /** Called for every start. */
  readonly onStart: (child: ChildProcess) => void;
  /** Called when it ended without being asked to; what it returns is whether it is to be started again. */
  readonly onDeath: (how: string, restartInMs: number) => boolean;
};

const firstDelayMs = 250;
const delayMaxMs = 30_000;
/** One that lived this long starts again with the first delay. */
const steadyMs = 60_000;

const describeEnd = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? tell('up.ended', { code: code ?? 'unknown' }) : tell('up.killed', { signal });

/** Keeps a process running: one that dies is started again, later each time (0.25 s up to 30 s). */
export function supervise({ name, launch, onStart, onDeath }: SuperviseOptions): Supervised {
  let child: ChildProcess | undefined;
  let ended = Promise.resolve();
  let restart: NodeJS.Timeout | undefined;
  let delayMs = firstDelayMs;
  let stopping = false;

  const died = (how: string, livedMs: number): void => {
    child = undefined;
    if (stopping) return;
    if (livedMs > steadyMs) delayMs = firstDelayMs;
    if (!onDeath(how, delayMs)) return;
    restart = setTimeout(start, delayMs);
    delayMs = Math.min(delayMs * 2, delayMaxMs);
  };

  const start = (): void => {
    const startedAt = performance.now();
    const started = launch();
    child = started;
    ended = new Promise((resolve) => {
      const end = (how: string): void => {
        if (child === started) died(how, performance.now() - startedAt);
        resolve();
      };
      started.once('exit', (code, signal) => end(describeEnd(code, signal)));
      started.once('error', (error) => {
        if (started.pid === undefined) end(tell('up.cannot_start', { reason: error.message }));
      });
    });
    onStart(started);
  };

  start();
  return {
    name,
    pid: () => child?.pid,
    hangUp: () => void child?.kill('SIGHUP'),
    kill: () => {
      stopping = true;
      clearTimeout(restart);
      if (child?.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    },
    stop: async (graceMs) => {
      stopping = true;
      clearTimeout(restart);
      const pid = child?.pid;
      if (pid === undefined) return;
      child?.kill('SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}
