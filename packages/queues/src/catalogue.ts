import { DeliveryRound, Firing, Task, Wake } from '@queueclaw/contracts';
import { defineQueue, type QueueDefinition } from './define.js';

/*
 * Every queue, in one place. All jobs have one attempt: when to look at a conversation again is the business of its
 * mailbox (`due`), never of a delayed retry, since a wake that sits in `delayed` would swallow new ones. Only a worker's
 * death runs a job again (stalled), often enough that a rolling kill of all workers never ends a job as failed.
 */
const life = { keepFailed: { count: 1_000 }, lockMs: 8_000, stalledCheckMs: 2_000, stalledMax: 50 };

/** Conversation C has mail. */
export const messagesQueue: QueueDefinition<Wake> = defineQueue({
  name: 'messages',
  schema: Wake,
  keepCompleted: { count: 500 },
  ...life,
});

/** Run this tool. Completed tasks stay a while, so that a task added again after a crash is recognised by its id. */
export const tasksQueue: QueueDefinition<Task> = defineQueue({
  name: 'tasks',
  schema: Task,
  keepCompleted: { age: 600, count: 20_000 },
  ...life,
});

/** These outboxes have something to deliver. */
export const repliesQueue: QueueDefinition<DeliveryRound> = defineQueue({
  name: 'replies',
  schema: DeliveryRound,
  keepCompleted: { count: 500 },
  ...life,
});

/** A schedule is due. The clock puts these jobs there and says how often they are tried (`openClock`). */
export const schedulesQueue: QueueDefinition<Firing> = defineQueue({
  name: 'schedules',
  schema: Firing,
  keepCompleted: { count: 100 },
  ...life,
});

/** What Bull Board shows. */
export const allQueues: readonly { readonly name: string }[] = [
  messagesQueue,
  tasksQueue,
  repliesQueue,
  schedulesQueue,
];
