import {
  type ActorAddress,
  type Attachment,
  keys,
  type PendingCall,
  type Task,
  taskJobId,
  type ToolPolicy,
} from '@queueclaw/contracts';
import { redisError, type Shards } from '@queueclaw/mailbox';
import { produce, tasksQueue } from '@queueclaw/queues';

export type ToTasks = {
  /**
   * Queues calls, each once however often this is repeated; resolves when they are in Redis.
   * @param attachments of the conversation, for its workspace
   * @throws AppError system.full, system.unavailable
   */
  add(
    address: ActorAddress,
    calls: readonly PendingCall[],
    trace: string | undefined,
    attachments: readonly Attachment[],
  ): Promise<void>;
  /** Takes back calls that wait and stops those that run. */
  cancel(address: ActorAddress, calls: readonly PendingCall[]): Promise<void>;
  close(): Promise<void>;
};

/** Opens the `tasks` queues. */
export function toTasks(shards: Shards, policy: () => ToolPolicy): ToTasks {
  const producers = shards.all.map((shard) => produce(tasksQueue, shard.tag, shard.redis));

  return {
    add: async (address, calls, trace, attachments) => {
      const producer = producers[shards.of(address).index];
      await Promise.all(
        calls.map(async (call) => {
          const task: Task = {
            v: 1,
            ...address,
            call: call.call,
            tool: call.name,
            args: call.args,
            ...(attachments.length === 0 ? {} : { attachments: [...attachments] }),
            ticket: call.ticket,
            deadlineAt: call.deadlineAt,
            policy: call.permitted === true ? { enableDangerous: true } : policy(),
            at: Date.now(),
            ...(trace === undefined ? {} : { trace }),
          };
          await producer
            ?.add(task, { id: taskJobId(address, call) })
            .catch((error: unknown) => Promise.reject(redisError(error)));
        }),
      );
    },
    cancel: async (address, calls) => {
      const shard = shards.of(address);
      const message = JSON.stringify({ type: 'cancel', ...address, calls: calls.map(({ call }) => call) });
      await shard.redis.publish(keys.controlChannel(shard.tag), message).catch(() => undefined);
      await Promise.all(calls.map(async (call) => producers[shard.index]?.remove(taskJobId(address, call))));
    },
    close: async () => void (await Promise.all(producers.map((producer) => producer.close()))),
  };
}
