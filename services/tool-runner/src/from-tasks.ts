import type { Task } from '@queueclaw/contracts';
import { type Consumer, consume, type JobHandle, type Summary, tasksQueue } from '@queueclaw/queues';
import { counter, histogram, type Logger, spanOf, withSpan } from '@queueclaw/runtime';
import type { Sandbox } from '@queueclaw/sandbox';
import type { Redis } from 'ioredis';
import type { KeepFile } from './keep-file.js';
import type { LatelyForgotten } from './lately-forgotten.js';
import type { PlaceAttachments } from './place-attachments.js';
import type { RunningCalls } from './running-calls.js';
import { runTask } from './run-task.js';
import type { ToResults } from './to-results.js';

const callsTotal = counter('queueclaw_tool_calls_total', 'Tool calls, by tool and outcome', ['tool', 'outcome']);
const callSeconds = histogram('queueclaw_tool_seconds', 'Run time of tool calls', ['tool']);

export type FromTasksOptions = {
  readonly tag: string;
  readonly connect: () => Redis;
  readonly sandbox: Sandbox;
  readonly forgotten: LatelyForgotten;
  readonly place: PlaceAttachments;
  readonly keep: KeepFile;
  readonly calls: RunningCalls;
  readonly toResults: ToResults;
  readonly concurrency: number;
  /** The longest that one command may take, milliseconds. */
  readonly commandMs: () => number;
  readonly logger: Logger;
};

/** Serves `tasks` of one shard. A task is finished when its result is handed over. */
export function fromTasks(options: FromTasksOptions): Consumer {
  const { tag, connect, concurrency, logger } = options;
  return consume(tasksQueue, {
    prefix: tag,
    connect,
    concurrency,
    logger,
    handle: (task, job, signal) => serve(options, task, job, signal),
  });
}

async function serve(
  options: FromTasksOptions,
  task: Task,
  job: JobHandle<Task>,
  stopping: AbortSignal,
): Promise<Summary> {
  const { tool, call } = task;
  const attributes = {
    ...spanOf(task),
    ...{ 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': tool, 'gen_ai.tool.call.id': call },
  };
  const span = { kind: 'consumer', parent: task.trace, attributes } as const;
  return withSpan(`execute_tool ${tool}`, span, async ({ fail }) => {
    const summary = await run(options, task, job, stopping);
    if (summary['outcome'] !== 'ok') fail(String(summary['outcome']));
    return summary;
  });
}

async function run(
  { sandbox, forgotten, place, keep, calls, toResults, logger, commandMs }: FromTasksOptions,
  task: Task,
  job: JobHandle<Task>,
  stopping: AbortSignal,
): Promise<Summary> {
  const running = calls.begin(task);
  const { tool, call } = task;
  try {
    const outcome = await runTask(
      task,
      {
        sandbox,
        forgotten,
        place,
        keep,
        commandMs: commandMs(),
        now: Date.now,
        markStarted: (started) => job.update({ ...started, startedAt: Date.now() }),
        onFault: (error) => logger.error({ err: error, tool, call }, 'a tool broke'),
      },
      AbortSignal.any([running.signal, stopping]),
    );
    await toResults(task, outcome, stopping);
    const ended = outcome.ok ? 'ok' : (outcome.code ?? 'tool.failed');
    callsTotal.inc({ tool, outcome: ended });
    callSeconds.observe({ tool }, outcome.ms / 1000);
    if (outcome.ms > 20 || !outcome.ok) job.log(`${call} ${tool} ${ended}, ${outcome.ms} ms`);
    return { call, tool, outcome: ended, ms: outcome.ms };
  } finally {
    running.end();
  }
}
