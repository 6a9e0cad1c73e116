import { AppError, type Attachment, type Task, type ToolOutcome } from '@queueclaw/contracts';
import { FileProblem, type Sandbox } from '@queueclaw/sandbox';
import { isIdempotent, loadTool, checkArgs, type ToolHands } from '@queueclaw/tools';
import { withSpan } from '@queueclaw/runtime';
import type { KeepFile } from './keep-file.js';
import type { LatelyForgotten } from './lately-forgotten.js';
import type { PlaceAttachments } from './place-attachments.js';

export type RunTaskDeps = {
  readonly sandbox: Sandbox;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** The configuration's limit for one command, milliseconds; without it the tool's own holds. */
  readonly commandMs?: number | undefined;
  /** Whether its conversation is gone; absent: it is not. */
  readonly forgotten?: LatelyForgotten | undefined;
  /** Puts the task's attachments into its workspace. */
  readonly place?: PlaceAttachments | undefined;
  /** Keeps what is sent to people; without it nothing is. */
  readonly keep?: KeepFile | undefined;
  /** Writes down that the task has started, before it acts. */
  readonly markStarted: (task: Task) => Promise<void>;
  /** Told what a failure was, for the operator; never args or output. */
  readonly onFault: (error: unknown) => void;
};

/** Why nobody knows how it ended; the turn says in words that it is so. */
const unknownOutcome = 'Its worker was lost after the call had started; the call was not run again.';

/**
 * Runs one tool call and says how it ended. Never throws, whatever the tool does.
 * A call that was started before is run again only when its tool is idempotent.
 */
export async function runTask(task: Task, deps: RunTaskDeps, signal: AbortSignal): Promise<ToolOutcome> {
  const startedAt = performance.now();
  const end = (ok: boolean, text: string, code?: string, attachments: readonly Attachment[] = []): ToolOutcome => ({
    ok,
    text,
    ...(code === undefined ? {} : { code }),
    ...(attachments.length === 0 ? {} : { attachments: [...attachments] }),
    ms: Math.round(performance.now() - startedAt),
  });
  const leftMs = task.deadlineAt - deps.now();
  if (task.startedAt !== undefined && !isIdempotent(task.tool))
    return end(false, unknownOutcome, 'tool.unknown_outcome');
  if (leftMs <= 0) return end(false, 'The call waited too long and was not run.', 'tool.timeout');
  const checked = checkArgs(task.tool, task.args);
  if (!checked.ok) return end(false, checked.problem, 'tool.arguments');
  const deadline = AbortSignal.timeout(Math.min(leftMs, 2 ** 31 - 1));
  const either = AbortSignal.any([signal, deadline]);
  try {
    const run = await loadTool(task.tool);
    if (run === undefined) return end(false, 'There is no such tool here.', 'tool.unknown');
    if (!isIdempotent(task.tool)) await deps.markStarted(task);
    const { ok, text, code, attachments } = await run(checked.args, await handsFor(task, deps, either), either);
    if (code === 'tool.cancelled' && deadline.aborted) return end(false, text, 'tool.timeout');
    return end(ok, text, code, attachments);
  } catch (error) {
    if (error instanceof FileProblem) {
      // All others are the model's own doing.
      if (error.kind === 'closed') deps.onFault(error);
      return end(false, error.message, 'tool.failed');
    }
    if (error instanceof AppError) return end(false, error.publicMessage, error.code);
    deps.onFault(error);
    return end(false, 'The tool failed.', 'tool.failed');
  }
}

const gone = (): AppError =>
  new AppError('tool.cancelled', { publicMessage: 'Its conversation was forgotten; the call was not run.' });

/** What the tool may do, all of it inside this conversation's workspace. */
async function handsFor(
  task: Task,
  { sandbox, now, forgotten, place, keep, commandMs = Infinity }: RunTaskDeps,
  signal: AbortSignal,
): Promise<ToolHands> {
  let folder: Promise<string> | undefined;
  const isGone = async (): Promise<boolean> => (await forgotten?.(task)) ?? false;
  const open = async (): Promise<string> => {
    if (await isGone()) throw gone();
    const path = await sandbox.workspace(task);
    // It may have been forgotten, and its workspace removed, right before this one was made.
    if (await isGone()) {
      await sandbox.forget(task);
      throw gone();
    }
    await place?.(task, path, signal);
    return path;
  };
  const workspace = (): Promise<string> => (folder ??= open());
  return {
    policy: task.policy,
    now,
    exec: async (command, { timeoutMs, outputBytesMax }) => {
      const path = await workspace();
      return withSpan('sandbox', {}, async (span) => {
        const ended = await sandbox.exec(command, {
          workspace: path,
          timeoutMs: Math.max(1, Math.min(timeoutMs, commandMs, task.deadlineAt - now())),
          outputBytesMax,
          signal,
        });
        span.set({ 'process.exit.code': ended.exitCode, 'queueclaw.end': ended.reason });
        return ended;
      });
    },
    readFile: async (path, bytesMax) => sandbox.readFile(await workspace(), path, { bytesMax }),
    writeFile: async (path, text) => sandbox.writeFile(await workspace(), path, text),
    keepFile: async (path, about) => {
      if (keep === undefined) throw new AppError('system.unavailable');
      return sandbox.useFile(await workspace(), path, (file) => keep(task.tenant, file, about, signal));
    },
  };
}
