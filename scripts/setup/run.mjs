import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as system } from 'node:os';
import { delimiter, join } from 'node:path';
import { Interrupted, SetupError } from './report.mjs';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const tail = (text) => text.trim().split('\n').slice(-15).join('\n');

/**
 * Runs a program to its end and returns its standard output.
 * Throws SetupError with the last lines it printed when it cannot be started or fails, Interrupted after a signal.
 */
export function run(command, args, { cwd, env = process.env, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    let stopped = false;
    const stop = () => {
      stopped = true;
      child.kill('SIGTERM');
    };
    for (const signal of signals) process.on(signal, stop);
    let output = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text) => ((output += text), (all += text)));
    child.stderr.setEncoding('utf8').on('data', (text) => (all += text));
    child.once('error', (error) => reject(new SetupError(`cannot start ${command}: ${error.message}`)));
    child.once('close', (code, signal) => {
      for (const name of signals) process.off(name, stop);
      if (stopped) reject(new Interrupted('interrupted'));
      else if (code === 0) resolve(output);
      else reject(new SetupError(`"${command} ${args.join(' ')}" failed (${signal ?? code}):\n${tail(all)}`));
    });
  });
}

const repeatedMs = 1_000;

/**
 * Runs a program in the terminal's place and returns its exit code. It gets its own process group and each signal
 * once, although a Ctrl-C reaches us from the terminal and again from npm; we stay until it has ended. It learns of
 * our own violent death by its IPC channel closing.
 */
export function runInFront(command, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['inherit', 'inherit', 'inherit', 'ipc'], detached: true });
    const lastAt = new Map();
    const forward = (signal) => {
      const now = Date.now();
      if (now - (lastAt.get(signal) ?? 0) > repeatedMs) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
      lastAt.set(signal, now);
    };
    for (const signal of signals) process.on(signal, forward);
    const watch = watchNpm(() => forward('SIGTERM'));
    child.once('error', (error) => reject(new SetupError(`cannot start ${command}: ${error.message}`)));
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (system.signals[signal] ?? 0));
    });
  });
}

/** Started by npm, we end with it: a killed npm cannot tell us. Started otherwise, outliving the shell is meant. */
function watchNpm(gone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  return setInterval(() => process.ppid !== parent && gone(), 500).unref();
}

/** The full path of a program on PATH, or undefined. */
export function which(name, env = process.env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder && isProgram(path)) return path;
  }
  return undefined;
}

/** Whether `path` is a file this user may execute. */
export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
