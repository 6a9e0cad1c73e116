import { AppError } from '@queueclaw/contracts';
import type { Readable } from 'node:stream';
import type { ExecOptions, ExecResult } from './exec.js';
import { inheritedDescriptors, nothing } from './inherited-descriptors.js';
import { outputTap } from './output-tap.js';
import { isGoneWithin, killProcess, type ProcessMark } from './process-life.js';
import type { Launch } from './provider.js';
import { readStatus } from './status-pipe.js';

/** A command that has ended, and whether all of its processes have. */
export type Run = Omit<ExecResult, 'notes'> & { readonly survived: boolean };

/** How long the kernel may take to end what was killed. */
const goneMs = 2_000;
/** What was written before the end is there at once; a process that escaped may hold the pipe for ever. */
const drainMs = 250;
/** How long the program may take to say that it has started, once it is to be ended. */
const unstartedMs = 1_000;

type Stop = Exclude<ExecResult['reason'], 'exit' | 'signal' | 'memory'>;
type Exit = { readonly code: number | undefined; readonly signal: string | undefined; readonly failure?: unknown };

/**
 * Starts a program and sees to its end: kills it at the deadline, on overflow and on abort, and resolves when it has exited,
 * whoever still holds its pipes. With a provider that reports its status, everything inside is gone then, or `survived`
 * is true.
 * @throws AppError `sandbox.unavailable` when the program could not start the command
 */
export async function run(launch: Launch, options: ExecOptions): Promise<Run> {
  const { execa } = await import('execa');
  const startedAt = performance.now();
  let stopped: Stop | undefined;
  const child = execa(launch.file, [...launch.args], {
    cwd: launch.cwd,
    env: launch.env,
    extendEnv: false,
    ...launch.user,
    // A Ctrl-C in our terminal is ours to handle; the program ends with us all the same (--die-with-parent).
    detached: true,
    stdio: descriptors(launch, options),
    encoding: 'buffer',
    buffer: false,
    reject: false,
    cleanup: false,
    forceKillAfterDelay: false,
  });
  let init: ProcessMark | undefined;
  let hasten: NodeJS.Timeout | undefined;
  const kill = (): void => {
    if (init !== undefined) killProcess(init);
    child.kill('SIGKILL');
  };
  const stop = (reason: Stop): void => {
    if (stopped !== undefined) return;
    stopped = reason;
    // The program binds what it starts to its own life only after a moment: until we know whom to kill, it must live.
    if (init !== undefined || !launch.reportsStatus) kill();
    else hasten = setTimeout(kill, unstartedMs);
  };
  const tap = outputTap(options.outputBytesMax, () => stop('overflow'));
  const [, stdout, stderr, , statusPipe] = child.stdio as readonly (Readable | null | undefined)[];
  const outputs = [stdout, stderr].filter((stream) => stream instanceof Object);
  stdout?.on('data', (chunk: Uint8Array) => tap.add(chunk));
  stderr?.on(
    'data',
    withoutStartMark(launch.startMark, (chunk) => tap.add(chunk)),
  );
  const onInit = (known: ProcessMark): void => {
    init = known;
    if (stopped !== undefined) kill();
  };
  const status = statusPipe && launch.reportsStatus ? readStatus(statusPipe, onInit) : undefined;

  const deadline = setTimeout(() => stop('deadline'), options.timeoutMs);
  const onAbort = (): void => stop('aborted');
  options.signal.addEventListener('abort', onAbort);
  if (options.signal.aborted) onAbort();
  const exit = await new Promise<Exit>((resolve) => {
    child.nodeChildProcess.once('exit', (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined }),
    );
    void child.then((result) => resolve({ code: undefined, signal: undefined, failure: result.cause ?? 'no process' }));
  });
  clearTimeout(deadline);
  clearTimeout(hasten);
  options.signal.removeEventListener('abort', onAbort);

  await drain(statusPipe && launch.reportsStatus ? [statusPipe] : [], goneMs);
  const exitCode = status === undefined ? exit.code : status().exitCode;
  const survived = init !== undefined && !(await isGoneWithin(init, goneMs));
  await drain(outputs, drainMs);
  const ended = {
    output: tap.bytes(),
    truncated: tap.truncated,
    ms: Math.round(performance.now() - startedAt),
    survived,
  };
  if (stopped !== undefined) return { ...ended, reason: stopped, exitCode: undefined };
  if (exitCode !== undefined) return { ...ended, reason: 'exit', exitCode };
  if (exit.signal !== undefined) return { ...ended, reason: 'signal', exitCode: undefined };
  throw unavailable(exit, ended.output);
}

/** execa's type knows descriptors up to 9; any number is handed on as it is. */
type Extra = 'ignore' | 'pipe' | Uint8Array | 9;

/** Input, output, error; 3: the rules; 4: the status. Whatever else the child would inherit is replaced by nothing. */
function descriptors(launch: Launch, options: ExecOptions): ['ignore' | Uint8Array, 'pipe', 'pipe', ...Extra[]] {
  const extra: Extra[] = [launch.rules ?? 'ignore', launch.reportsStatus ? 'pipe' : 'ignore'];
  for (const inherited of inheritedDescriptors()) {
    const at = inherited - 3;
    if (at < extra.length) continue;
    while (extra.length < at) extra.push('ignore');
    extra[at] = nothing() as 9;
  }
  return [options.stdin === undefined ? 'ignore' : Buffer.from(options.stdin), 'pipe', 'pipe', ...extra];
}

/** Takes the first byte off when it is the mark. */
function withoutStartMark(mark: number | undefined, take: (chunk: Uint8Array) => void): (chunk: Uint8Array) => void {
  let first = mark !== undefined;
  return (chunk) => {
    take(first && chunk[0] === mark ? chunk.subarray(1) : chunk);
    first = false;
  };
}

/** Waits until every stream has ended, at most `timeoutMs`, then closes our end. */
async function drain(streams: readonly Readable[], timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  const ends = streams
    .filter((stream) => !stream.readableEnded && !stream.destroyed)
    .map((stream) => new Promise<void>((resolve) => stream.once('close', resolve)));
  await Promise.race([Promise.all(ends), late]);
  clearTimeout(timer);
  for (const stream of streams) stream.destroy();
}

const unavailable = (exit: Exit, output: Uint8Array): AppError => {
  const said = Buffer.from(output).toString('utf8').trim().slice(0, 500);
  const cause = exit.failure ?? new Error(`the sandbox program ended with ${exit.code ?? exit.signal}: ${said}`);
  return new AppError('sandbox.unavailable', { cause });
};
