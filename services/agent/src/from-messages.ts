import { messagesQueue, consume, type Consumer, type JobHandle, type Summary } from '@queueclaw/queues';
import type { Wake } from '@queueclaw/contracts';
import type { Mailbox } from '@queueclaw/mailbox';
import type { Logger } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import type { RunningSteps } from './running-steps.js';
import { runStep, type StepDeps } from './step.js';

/** A lease lives six seconds; two lost renewals in a row are survived. */
const renewEveryMs = 2_000;

export type FromMessagesOptions = {
  readonly mailbox: Mailbox;
  readonly steps: RunningSteps;
  readonly deps: StepDeps;
  readonly connect: () => Redis;
  readonly concurrency: number;
  readonly logger: Logger;
};

/** Serves `messages`: claims the conversation that a wake names and runs one step of it. One consumer per shard. */
export function fromMessages(options: FromMessagesOptions): readonly Consumer[] {
  return options.mailbox.shards.all.map(({ tag }) =>
    consume(messagesQueue, {
      prefix: tag,
      connect: options.connect,
      concurrency: options.concurrency,
      logger: options.logger,
      handle: (wake, job, signal) => serve(options, wake, job, signal),
    }),
  );
}

async function serve(
  { mailbox, steps, deps }: FromMessagesOptions,
  wake: Wake,
  job: JobHandle<Wake>,
  signal: AbortSignal,
): Promise<Summary> {
  const address = { tenant: wake.tenant, conversation: wake.conversation };
  const lease = await mailbox.claim(address);
  if (typeof lease === 'string') return { outcome: lease };
  const running = steps.begin(address);
  const onStop = (): void => running.interrupt('stopping');
  signal.addEventListener('abort', onStop);
  const heartbeat = setInterval(() => {
    lease.renew().then(
      (ours) => (ours ? undefined : running.interrupt('stale')),
      () => undefined,
    );
  }, renewEveryMs);
  try {
    if (lease.tries > 1) job.log(`claimed for the ${lease.tries}th time, epoch ${lease.epoch}`);
    return await runStep({ deps, address, lease, running, log: job.log });
  } catch (error) {
    await lease.release().catch(() => false);
    throw error;
  } finally {
    clearInterval(heartbeat);
    signal.removeEventListener('abort', onStop);
    running.end();
  }
}
