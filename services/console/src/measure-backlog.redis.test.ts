import type { Task } from '@queueclaw/contracts';
import { survey } from '@queueclaw/mailbox';
import { type Producer, produce, tasksQueue } from '@queueclaw/queues';
import { scrape } from '@queueclaw/runtime';
import { sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { viewQueues } from './board/view-queues.js';
import { startTestConsole, type TestConsole } from './console-fixture.js';
import { measureBacklog } from './measure-backlog.js';

let subject: TestConsole;
let producers: Producer<Task>[];

beforeEach(async () => {
  subject = await startTestConsole({ redisUrl: await sharedRedis(), namespace: uniqueNamespace(), shards: 2 });
  const { shards } = subject.door.mailbox;
  producers = shards.all.map(({ tag, redis }) => produce(tasksQueue, tag, redis));
});
afterEach(async () => {
  await Promise.all(producers.map((producer) => producer.close()));
  await subject.stop();
});

const task: Task = {
  ...{ v: 1, tenant: 'default', conversation: 'c1', call: '1.1.1', tool: 'shell', args: {} },
  ...{ ticket: 'ticket-ticket-ticket', deadlineAt: 9, policy: { enableDangerous: false }, at: 7 },
};

const value = async (series: string): Promise<number | undefined> => {
  const line = (await scrape()).split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

it('counts what waits over all shards, prioritised jobs included, and tells the age of the oldest', async () => {
  expect(await value('queueclaw_backlog_oldest_seconds{queue="tasks"}')).toBe(0);
  for (const producer of producers) await producer.add(task);
  const views = viewQueues(subject.door.mailbox.shards).filter(({ name }) => name === 'tasks');
  const [first] = views;
  await first?.queue.add('tasks', task, { priority: 5, timestamp: Date.now() - 90_000 });
  await Promise.all(views.map(({ queue }) => queue.close()));

  expect(await value('queueclaw_backlog{queue="tasks"}')).toBe(3);
  expect(await value('queueclaw_queue_jobs{queue="tasks",state="wait"}')).toBe(2);
  expect(await value('queueclaw_queue_jobs{queue="tasks",state="prioritized"}')).toBe(1);
  expect(await value('queueclaw_in_progress{queue="tasks"}')).toBe(0);
  const seconds = await value('queueclaw_backlog_oldest_seconds{queue="tasks"}');
  expect(seconds).toBeGreaterThanOrEqual(90);
  expect(seconds).toBeLessThan(1_000);
  expect(await value('queueclaw_redis_memory_bytes')).toBeGreaterThan(100_000);
});

it('counts conversations that are due and that nobody has announced', async () => {
  const { mailbox, redis } = subject.door;
  const mail = { v: 1, kind: 'person', text: 'hello', from: { id: 'ada' }, route: { channel: 'http' }, at: 7 } as const;
  for (const conversation of ['a', 'b', 'c'])
    await mailbox.ingest({ tenant: 'default', conversation }, { ...mail, id: conversation });
  // Whoever brought the mail is given a few seconds to announce it.
  const later = (): number => Date.now() + 10_000;
  const queues = viewQueues(mailbox.shards);
  const look = (): ReturnType<typeof survey> => survey(mailbox.shards, later());
  const end = measureBacklog({ queues, survey: look, memory: () => redis.info('memory'), now: later });
  try {
    expect(await value('queueclaw_backlog{queue="messages"}')).toBe(3);
    expect(await value('queueclaw_open{queue="messages"}')).toBe(3);
  } finally {
    end();
    await Promise.all(queues.map(({ queue }) => queue.close()));
  }
});

it('says nothing, rather than something old, while Redis does not answer', async () => {
  expect(await value('queueclaw_dead_letters')).toBe(0);
  const away = async (): Promise<never> => Promise.reject(new Error('away'));
  const queues = viewQueues(subject.door.mailbox.shards);
  const end = measureBacklog({ queues, survey: away, memory: away, now: Date.now });
  try {
    for (const name of ['queueclaw_dead_letters', 'queueclaw_backlog{queue="tasks"}'])
      expect(await value(name), name).toBeUndefined();
  } finally {
    end();
    await Promise.all(queues.map(({ queue }) => queue.close()));
  }
});
