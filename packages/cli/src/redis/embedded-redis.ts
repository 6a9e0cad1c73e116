import type { Keyspace } from '@queueclaw/contracts';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../exit-code.js';
import type { BoundedLog } from '../up/bounded-log.js';
import { eachLine } from '../up/line-splitter.js';
import { supervise, type Supervised } from '../up/supervise.js';
import { untilRedisAnswers } from './ping-redis.js';
import { redisSettings, socketUrl } from './redis-settings.js';
import { guardOrphan } from './watchdog.js';
import { tell } from '../phrases/index.js';

export type EmbeddedRedis = Supervised & {
  /** For ingress, agent and console. */
  readonly url: string;
  /** For the tool-runner: its user has no right on conversations. */
  readonly runnerUrl: string;
  readonly version: string;
  /** Set when the home's path is too long for a socket. */
  readonly socketFolder: string | undefined;
};

export type EmbeddedRedisOptions = {
  readonly program: string;
  readonly home: string;
  readonly runFolder: string;
  readonly space: Keyspace;
  readonly maxmemoryBytes: number;
  /** How long services may drain after the supervisor died, seconds. */
  readonly orphanSeconds: number;
  readonly log: BoundedLog;
  /** Ends the wait for it. */
  readonly signal: AbortSignal;
  readonly onDeath: (how: string, restartInMs: number) => void;
  readonly onStart: (pid: number) => void;
  /** It answers again after a death. */
  readonly onBack: () => void;
};

/** The kernel's limit is 108 bytes on Linux and 104 elsewhere. */
const socketBytesMax = 100;
const lastLinesMax = 4;
/** Users with selectors, and scripts that may finish in a full Redis. */
const majorMin = 7;

const newPassword = (): string => randomBytes(24).toString('hex');

const versionOf = async (program: string): Promise<string> => {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    return /v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '0.0.0';
  } catch (error) {
    throw new CommandError(
      tell('error.program', { program, reason: error instanceof Error ? error.message : String(error) }),
    );
  }
};

const placeSocket = (runFolder: string): { socket: string; socketFolder: string | undefined } => {
  const usual = join(runFolder, 'redis.sock');
  if (Buffer.byteLength(usual) <= socketBytesMax) return { socket: usual, socketFolder: undefined };
  const short = Buffer.byteLength(tmpdir()) < 60 ? tmpdir() : '/tmp';
  // mkdtemp makes it 0700 under a name nobody can have taken before.
  const socketFolder = mkdtempSync(join(short, 'queueclaw-'));
  return { socket: join(socketFolder, 'redis.sock'), socketFolder };
};

/**
 * Starts a Redis of our own and keeps it running: on a unix socket only its owner can reach, every write on disk before it
 * is answered, nothing evicted, data in `<home>/redis`. Resolves once it answers.
 * @throws CommandError with its last words when it ends before it has answered
 */
export async function startEmbeddedRedis(options: EmbeddedRedisOptions): Promise<EmbeddedRedis> {
  const { program, home, runFolder, log } = options;
  const version = await versionOf(program);
  if (Number(version.split('.')[0]) < majorMin)
    throw new CommandError(tell('error.redis_old', { version, program, least: majorMin }));
  const { socket, socketFolder } = placeSocket(runFolder);
  const passwords = { default: newPassword(), 'all-in-one': newPassword(), 'tool-runner': newPassword() };
  const dataFolder = join(home, 'redis');
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const settingsFile = join(runFolder, 'redis.conf');
  const { space, maxmemoryBytes } = options;
  const given = { socket, dataFolder, maxmemoryBytes, space, passwords };
  writeFileSync(settingsFile, redisSettings(given), { mode: 0o600 });

  const lastLines: string[] = [];
  const gone = new AbortController();
  let answered = false;
  let end = tell('up.not_started');
  const onStart = (child: ChildProcess): void => {
    for (const stream of [child.stdout, child.stderr])
      if (stream)
        eachLine(stream, (line) => {
          log.write(`${line}\n`);
          lastLines.splice(0, Math.max(0, lastLines.push(line) - lastLinesMax));
        });
    if (child.pid === undefined) return;
    child.once('exit', guardOrphan(child.pid, socket, options.orphanSeconds));
    options.onStart(child.pid);
    if (answered) void sayWhenBack(child);
  };
  const sayWhenBack = async (child: ChildProcess): Promise<void> => {
    const ended = new AbortController();
    child.once('exit', () => ended.abort());
    const until = AbortSignal.any([ended.signal, options.signal]);
    if (await untilRedisAnswers(socket, passwords.default, until)) options.onBack();
  };
  const onDeath = (how: string, restartInMs: number): boolean => {
    end = how;
    if (answered) options.onDeath(how, restartInMs);
    else gone.abort();
    return answered;
  };
  const launch = (): ChildProcess =>
    spawn(program, [settingsFile], {
      cwd: dataFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
    });
  const supervised = supervise({ name: 'Redis', launch, onStart, onDeath });
  const cleanUp = (): void => {
    rmSync(settingsFile, { force: true });
    if (socketFolder !== undefined) rmSync(socketFolder, { recursive: true, force: true });
  };
  answered = await untilRedisAnswers(socket, passwords.default, AbortSignal.any([gone.signal, options.signal]));
  if (!answered) {
    if (options.signal.aborted) end = tell('up.stopped_early');
    await supervised.stop(10_000);
    cleanUp();
    throw new CommandError(
      `${tell('error.redis_ended', { program, how: end })}\n${lastLines.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  return {
    ...supervised,
    url: socketUrl(socket, 'all-in-one', passwords['all-in-one']),
    runnerUrl: socketUrl(socket, 'tool-runner', passwords['tool-runner']),
    version,
    socketFolder,
    stop: async (graceMs) => {
      await supervised.stop(graceMs);
      cleanUp();
    },
  };
}
