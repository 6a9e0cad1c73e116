import { nodeFromSource, freePort } from '@queueclaw/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endStranger } from './end-process.js';
import { readUpState, type UpState } from './home-lock.js';
import type { UpEvent } from './announce.js';

const entry = fileURLToPath(new URL('../main.ts', import.meta.url));

export type Started = {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly events: UpEvent[];
  /** What it wrote to stdout. */
  output(): string;
  errors(): string;
  readonly exit: Promise<number | null>;
};

export type World = {
  readonly home: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** What stands between Node and a command. */
  readonly command: readonly string[];
  /** Runs a command of the command line. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>, input?: string): Started;
  state(): UpState | undefined;
  /** Ends everything that is still there. */
  clear(): Promise<void>;
};

/** A home of its own with free ports, for tests that start the real system. */
export async function makeWorld(prefix: string = join(tmpdir(), 'qc-up-')): Promise<World> {
  const home = mkdtempSync(prefix);
  const [port, consolePort] = [await freePort(), await freePort()];
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    QUEUECLAW_HOME: home,
    QUEUECLAW_MODEL: 'demo',
    QUEUECLAW_HEALTH_PORT: '0',
    PORT: String(port),
    CONSOLE_PORT: String(consolePort),
    ...pick('QUEUECLAW_REDIS_SERVER', 'QUEUECLAW_BWRAP'),
  };
  const all: Started[] = [];
  const state = (): UpState | undefined => readUpState(join(home, 'run'));
  const start = (args: readonly string[], more: Readonly<Record<string, string>> = {}, input?: string): Started => {
    const child = spawn(process.execPath, [...nodeFromSource, entry, ...args], {
      cwd: home,
      env: { ...env, ...more },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const events: UpEvent[] = [];
    let errors = '';
    let output = '';
    child.stdin.on('error', () => undefined);
    if (input !== undefined) child.stdin.end(input);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('{"event":')) events.push(JSON.parse(line) as UpEvent);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const exit = once(child, 'close').then(([code]) => code as number | null);
    const started = { child, pid: child.pid ?? 0, events, output: () => output, errors: () => errors, exit };
    all.push(started);
    return started;
  };
  const clear = async (): Promise<void> => {
    for (const { child, exit } of all) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exit;
    }
    for (const left of state()?.children ?? []) await endStranger(left, 2_000);
    rmSync(home, { recursive: true, force: true });
  };
  return { home, port, env, command: [...nodeFromSource, entry], start, state, clear };
}

const pick = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name] ?? '']] : [])));
