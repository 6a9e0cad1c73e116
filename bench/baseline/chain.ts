import { Queue, Worker } from 'bullmq';
import { connectRedis } from '@queueclaw/runtime';

/*
 * One end of the bare chain add -> process -> add -> process over two queues, to set turns against. Role `middle` processes
 * the first queue and adds to the second; role `ends` adds to the first, processes the second, and adds the next when one
 * comes back, with as many in flight as told. Arguments: role, Redis URL, in flight, ms.
 */
const [role = '', url = '', inFlight = '1000', ms = '5000'] = process.argv.slice(2);
const open = (): ReturnType<typeof connectRedis> => connectRedis(url, 'blocking', () => undefined);
const prefix = '{chain}';
const options = { connection: open(), prefix, skipVersionCheck: true };
const jobs = {
  defaultJobOptions: { attempts: 1, removeOnComplete: { count: 500 } },
  streams: { events: { maxLen: 1_000 } },
};
const work = { connection: open(), prefix, concurrency: 1_000, skipVersionCheck: true };

if (role === 'middle') {
  const second = new Queue('second', { ...options, ...jobs });
  const worker = new Worker('first', async (job) => void (await second.add('second', job.data as object)), work);
  await worker.waitUntilReady();
  process.send?.({ type: 'ready' });
} else {
  const first = new Queue('first', { ...options, ...jobs });
  let replies = 0;
  const until = performance.now() + Number(ms);
  const startedAt = performance.now();
  const add = (): Promise<unknown> => first.add('first', { conversation: 'c', at: Date.now(), text: 'hello' });
  const worker = new Worker(
    'second',
    async () => {
      replies += 1;
      if (performance.now() < until) void add();
    },
    work,
  );
  await worker.waitUntilReady();
  await Promise.all(Array.from({ length: Number(inFlight) }, add));
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - performance.now())));
  process.send?.({ replies, ms: performance.now() - startedAt });
}
