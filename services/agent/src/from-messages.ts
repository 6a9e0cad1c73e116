import { messagesQueue, consume, type Consumer, type JobHandle, type Summary } from '@queueclaw/queues';
import { toAppError, type Wake } from '@queueclaw/contracts';
import type { Lease, Mailbox } from '@queueclaw/mailbox';
import { type Logger, spanOf, withSpan } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import type { RunningSteps } from './running-steps.js';
import { commandObeyer } from './obey-commands.js';
import { mailInterrupts } from './profiles.js';
import { profileOf, runStep, type StepDeps } from './step.js';

/** A lease lives six seconds; two lost renewals in a row are survived. */
const renewEveryMs = 2_000;
const retryMsMax = 10_000;

export type FromMessagesOptions = {
  readonly mailbox: Mailbox;
  readonly steps: RunningSteps;
  /** Asked at every claim: a step keeps what it began with, the next one may find another configuration. */
  readonly deps: () => StepDeps;
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

/** A step goes on from the last message that it answers, and is about all of them. */
function tracesOf(lease: Lease): { readonly parent: string | undefined; readonly links: readonly string[] } {
  const all = [...(lease.journal?.answers ?? []), ...lease.inbox().mail].flatMap(({ trace }) => trace ?? []);
  const parent = lease.journal?.answers.at(-1)?.trace ?? all.at(-1);
  return { parent, links: [...new Set(all)].filter((trace) => trace !== parent) };
}

async function serve(
  options: FromMessagesOptions,
  wake: Wake,
  job: JobHandle<Wake>,
  signal: AbortSignal,
): Promise<Summary> {
  const { mailbox, steps } = options;
  const deps = options.deps();
  const address = { tenant: wake.tenant, conversation: wake.conversation };
  const lease = await mailbox.claim(address, commandObeyer(mailbox, deps, address));
  if (typeof lease === 'string') return { outcome: lease };
  const running = steps.begin(address);
  const onStop = (): void => running.interrupt('stopping');
  signal.addEventListener('abort', onStop);
  if (signal.aborted) onStop();
  const profile = profileOf(deps, lease);
  const heartbeat = setInterval(() => {
    lease.renew().then(
      (news) => {
        if (news === undefined) running.interrupt('stale');
        // What pub/sub lost is found here; mail that interrupts has no other way.
        else if (news.control > 0 || (news.mail > 0 && mailInterrupts(profile))) running.interrupt('news');
      },
      () => undefined,
    );
  }, renewEveryMs);
  try {
    if (lease.tries > 1) job.log(`claimed for the ${lease.tries}th time, epoch ${lease.epoch}`);
    const { parent, links } = tracesOf(lease);
    const turn = lease.journal?.turn ?? lease.turn + 1;
    const attributes = { ...spanOf(address), 'queueclaw.turn': turn, 'gen_ai.agent.name': profile.agent.name };
    return await withSpan('step', { kind: 'consumer', parent, links, attributes }, async (span) => {
      const summary = await runStep({ deps, address, lease, profile, running, log: job.log });
      span.set({ 'queueclaw.outcome': String(summary['outcome']) });
      return summary;
    });
  } catch (thrown) {
    const error = toAppError(thrown);
    // Redis' troubles are not the mail's fault.
    const blameless = error.code === 'system.unavailable' || error.code === 'system.full';
    const delayMs = Math.min(500 * 2 ** lease.tries, retryMsMax);
    await lease.release({ delayMs, blameless }).catch(() => false);
    throw error;
  } finally {
    clearInterval(heartbeat);
    signal.removeEventListener('abort', onStop);
    running.end();
  }
}
