import { keys, type Task, type TaskResult, type ToolOutcome } from '@queueclaw/contracts';
import type { Logger } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';

export type ToResults = (task: Task, outcome: ToolOutcome, signal: AbortSignal) => Promise<void>;

const waitMs = 250;

/**
 * Appends results to the shard's stream: the only thing the runner writes besides its queue. Repeated until Redis has it or
 * the process ends; a result that arrives twice counts once, by its ticket.
 */
export function toResults(tag: string, redis: Redis, logger: Logger): ToResults {
  return async (task, outcome, signal) => {
    const { tenant, conversation, call, tool, ticket } = task;
    const result: TaskResult = { v: 1, tenant, conversation, call, tool, ticket, outcome };
    const json = JSON.stringify(result);
    for (let tries = 1; ; tries += 1) {
      try {
        await redis.xadd(keys.results(tag), '*', 'r', json);
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        if (tries % 20 === 1) logger.warn({ call, tries }, 'a result cannot be handed over at the moment');
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  };
}
