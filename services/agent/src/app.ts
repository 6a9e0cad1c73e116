import { openDoor } from '@queueclaw/conversations';
import { createModels, type Models } from '@queueclaw/llm';
import { createDispatcher } from '@queueclaw/mailbox';
import { connectRedis, type Service, type ServiceContext } from '@queueclaw/runtime';
import { fromControl } from './from-control.js';
import { fromMessages } from './from-messages.js';
import { fromResults } from './from-results.js';
import { profilesFrom } from './profiles.js';
import { trackSteps } from './running-steps.js';
import { toReplies } from './to-replies.js';
import { toTasks } from './to-tasks.js';

const concurrencyPerProcess = 150;
const dispatchEveryMs = 1_000;

/**
 * The agent: consumes `messages`, asks the models, produces `tasks` and `replies`. Stateless; run as many as needed.
 * @param given models to ask instead of the configured ones
 * @throws AppError config.invalid
 */
export async function createAgent(context: ServiceContext, given?: Models): Promise<Service> {
  const { config, env, logger, redisUrl, mailKey, health } = context;
  const onError = (error: Error): void => logger.debug({ reason: error.message }, 'redis connection trouble');
  const models = given ?? (await createModels({ config: config.llm, agents: config.agents, env, logger }));
  health.report('model', async () => ({ ok: true, detail: `${models.default.name}: ${models.default.why}` }));

  const door = openDoor({ redisUrl, mailKey, config, onError });
  const { mailbox, waker } = door;
  const { shards } = mailbox;
  const steps = trackSteps();
  const tasks = toTasks(shards, () => ({
    enableDangerous: config.tools.enable_dangerous,
    ...(config.tools.allowed_commands ? { allowedCommands: config.tools.allowed_commands } : {}),
  }));
  const replies = toReplies(shards);
  const connect = (): ReturnType<typeof connectRedis> => connectRedis(redisUrl, 'blocking', onError);
  const deps = {
    models,
    profileOf: profilesFrom(config),
    tasks,
    replies,
    waker,
    triesMax: config.limits.tries,
    logger,
  };

  const consumers = fromMessages({ mailbox, steps, deps, connect, concurrency: concurrencyPerProcess, logger });
  const parts: readonly Service[] = [
    fromControl(connectRedis(redisUrl, 'subscriber', onError), shards, steps),
    fromResults({ shards, waker, connect, logger }),
    createDispatcher({
      mailbox,
      kind: 'messages',
      tickMs: dispatchEveryMs,
      onDue: async (due) => void (await Promise.all(due.map((address) => waker.wake(address, { why: 'due' })))),
      onError: (error) => logger.warn({ reason: String(error) }, 'what is due cannot be looked up at the moment'),
    }),
  ];

  return {
    name: 'agent',
    start: async () => {
      await Promise.all([...parts, ...consumers].map((part) => part.start()));
    },
    stop: async (graceMs) => {
      await Promise.all(consumers.map((consumer) => consumer.stop(graceMs)));
      await Promise.all(parts.map((part) => part.stop(graceMs)));
      await Promise.all([tasks.close(), replies.close()]);
      await door.close();
    },
  };
}
