import { isatty } from 'node:tty';
import { exitCode } from '../exit-code.js';
import { wordsFor } from '../phrases/index.js';
import { announceOn } from './announce.js';
import { up } from './up.js';

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * `queueclaw up`: until Ctrl-C, SIGTERM or the terminal's end; a second one ends everything at once. Without a terminal
 * SIGHUP means: read the configuration again. Returns the exit code.
 */
export async function upCommand(options: { readonly config?: string; readonly json?: boolean }): Promise<number> {
  const stop = new AbortController();
  const kill = new AbortController();
  const reload = new EventTarget();
  const hasTerminal = isatty(0);
  for (const signal of stopSignals)
    process.on(signal, () => {
      if (signal === 'SIGHUP' && !hasTerminal) return void reload.dispatchEvent(new Event('reload'));
      if (!stop.signal.aborted) return stop.abort(signal);
      kill.abort(signal);
    });
  // A terminal that went away must not end the process before it has stopped what it started.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  await up({
    path: options.config,
    env: process.env,
    cwd: process.cwd(),
    announce: announceOn(process.stdout, options.json === true ? undefined : wordsFor(process.env)),
    stop: stop.signal,
    kill: kill.signal,
    reload,
  });
  return kill.signal.aborted ? exitCode.failed : exitCode.ok;
}
