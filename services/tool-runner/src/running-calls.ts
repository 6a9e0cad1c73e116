import {
  type ActorAddress,
  actorMember,
  CallId,
  ConversationId,
  keys,
  type Task,
  TenantId,
} from '@queueclaw/contracts';
import type { Service } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { z } from 'zod';

const Cancel = z.object({
  type: z.literal('cancel'),
  tenant: TenantId,
  conversation: ConversationId,
  calls: z.array(CallId).max(1_000),
});

const Forgetting = z.object({ type: z.literal('forget') });

export type RunningCalls = Service & {
  count(): number;
  /** A signal that aborts when the call is cancelled; `end` forgets it. */
  begin(task: Task): { readonly signal: AbortSignal; end(): void };
  /** Aborts every call of a conversation. */
  cancelAll(address: ActorAddress): void;
};

const idOf = (task: Pick<Task, 'tenant' | 'conversation' | 'call'>): string => `${actorMember(task)} ${task.call}`;

/**
 * Stops calls that an agent has cancelled. What is lost here only costs time: nobody reads the result any more.
 * @param onForgotten called when a conversation was forgotten, which is not told for certain
 */
export function trackCalls(subscriber: Redis, tags: readonly string[], onForgotten: () => void): RunningCalls {
  const running = new Map<string, AbortController>();
  const onMessage = (_channel: string, text: string): void => {
    const message = parse(text);
    if (Forgetting.safeParse(message).success) onForgotten();
    const cancel = Cancel.safeParse(message);
    if (!cancel.success) return;
    for (const call of cancel.data.calls) running.get(idOf({ ...cancel.data, call }))?.abort();
  };
  return {
    name: 'running calls',
    count: () => running.size,
    start: async () => {
      subscriber.on('message', onMessage);
      await subscriber.subscribe(...tags.map(keys.controlChannel));
    },
    stop: async () => subscriber.disconnect(),
    cancelAll: (address) => {
      for (const [id, controller] of running) if (id.startsWith(`${actorMember(address)} `)) controller.abort();
    },
    begin: (task) => {
      const controller = new AbortController();
      running.set(idOf(task), controller);
      return { signal: controller.signal, end: () => void running.delete(idOf(task)) };
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
