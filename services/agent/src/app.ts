import { openBlobs } from '@queueclaw/blobs';
import { openDoor, openMemories, openSchedules } from '@queueclaw/conversations';
import { createModels, createTranscriber, type Models, sharedGate } from '@queueclaw/llm';
import { createDispatcher } from '@queueclaw/mailbox';
import { type Config, connectRedis, type Service, type ServiceContext } from '@queueclaw/runtime';
import { backPressure } from './back-pressure.js';
import { openTurnBudget } from './budget.js';
import { fileChecker } from './check-files.js';
import { fromControl } from './from-control.js';
import { fromMessages } from './from-messages.js';
import { fromResults } from './from-results.js';
import { fromSchedules, tenantsOf } from './from-schedules.js';
import { voiceListener } from './hear-voices.js';
import { watchHeap } from './heap-watch.js';
import { imageLoader } from './load-images.js';
import { judgeWith } from './judge-with.js';
import { profilesFrom } from './profiles.js';
import { memoryRecaller } from './recall-memories.js';
import { trackSteps } from './running-steps.js';
import { serviceCallRunner } from './service-tools/run-calls.js';
import { conversationsTool } from './service-tools/conversations/run.js';
import { forgetTool, recallTool, rememberTool } from './service-tools/memory/run.js';
import { scheduleTool } from './service-tools/schedule/run.js';
import type { StepDeps } from './step.js';
import { toReplies } from './to-replies.js';
import { toTasks } from './to-tasks.js';

const dispatchEveryMs = 1_000;

/**
 * The agent: consumes `messages`, asks the models, produces `tasks` and `replies`. Stateless; run as many as needed.
 * @param given models to ask instead of the configured ones
 * @throws AppError config.invalid
 */
export async function createAgent(context: ServiceContext, given?: Models): Promise<Service> {
  const { config, settings, env, logger, redisUrl, mailKey, home, health } = context;
  const onError = (error: Error): void => logger.debug({ reason: error.message }, 'redis connection trouble');
  const gate = sharedGate({
    connect: () => connectRedis(redisUrl, 'command', onError),
    namespace: config.state.namespace,
    logger,
  });
  const modelsOf = async ({ llm, agents }: Config): Promise<Models> =>
    given ?? createModels({ config: llm, agents, env, logger, gate });
  const models = await modelsOf(config);
  health.report('model', async () => {
    const { name, why } = deps.models.default;
    return { ok: true, detail: `${name}: ${why}` };
  });

  const door = openDoor({ redisUrl, mailKey, config, limits: () => settings.current().limits, onError });
  const { mailbox, waker } = door;
  const { shards } = mailbox;
  const steps = trackSteps();
  const budget = openTurnBudget(door, () => settings.current());
  const tasks = toTasks(shards, () => {
    const { enable_dangerous: enableDangerous, allowed_commands: allowedCommands } = settings.current().tools;
    return { enableDangerous, ...(allowedCommands ? { allowedCommands } : {}) };
  });
  const schedules = openSchedules(shards);
  const memories = openMemories(shards, config.state.retention);
  const recallMemories = memoryRecaller(memories, () => settings.current().memory.tokens);
  const serviceTools = {
    schedule: scheduleTool(schedules, () => settings.current().schedules),
    remember: rememberTool(memories, () => settings.current().memory),
    recall: recallTool(memories),
    forget: forgetTool(memories),
    conversations: conversationsTool(door),
  };
  const serviceCalls = serviceCallRunner(shards, serviceTools, logger);
  const replies = toReplies(shards);
  const blobTrouble = (err: unknown): void => logger.warn({ err }, 'attachments cannot be stored or read');
  const blobs = openBlobs({ config: config.state.blobs, home, onError: blobTrouble });
  const loadImages = imageLoader(blobs);
  const connect = (): ReturnType<typeof connectRedis> => connectRedis(redisUrl, 'blocking', onError);
  const depsOf = (now: Config, asked: Models): StepDeps => {
    const { limits } = now;
    const profileOf = profilesFrom(now, asked);
    const { transcribe } = now.speech;
    const hearVoice = transcribe && voiceListener(blobs, transcribe, createTranscriber(transcribe, env));
    const { groups, approvers } = now.tools.approvals;
    const judging = { judgeFor: judgeWith(now.tools), approvals: { groups, approvers } };
    const base = { ...judging, models: asked, profileOf, tasks, serviceCalls, recallMemories, loadImages, hearVoice };
    return { ...base, replies, waker, budget, triesMax: limits.tries, logger };
  };
  let deps = depsOf(config, models);
  settings.onChange(async (next) => {
    const fresh = depsOf(next, await modelsOf(next));
    return () => void (deps = fresh);
  });

  const perShard = (conversations: number): number => Math.ceil(conversations / shards.all.length);
  const concurrency = perShard(config.limits.concurrency);
  const consumers = fromMessages({ mailbox, steps, deps: () => deps, connect, concurrency, logger });
  const parts: readonly Service[] = [
    backPressure({
      most: () => settings.current().limits.concurrency,
      running: steps.count,
      allow: (conversations) => {
        for (const consumer of consumers) consumer.allow(perShard(conversations));
      },
      watch: watchHeap,
      logger,
    }),
    fromControl(connectRedis(redisUrl, 'subscriber', onError), shards, steps),
    fromSchedules({ door, schedules, connect, tenants: () => tenantsOf(settings.current()), logger }),
    fromResults({ shards, waker, connect, checkFiles: fileChecker(blobs, logger), logger }),
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
    working: () => ({ turns: steps.count() }),
    start: async () => {
      await Promise.all([...parts, ...consumers].map((part) => part.start()));
    },
    stop: async (graceMs) => {
      await Promise.all(consumers.map((consumer) => consumer.stop(graceMs)));
      await Promise.all(parts.map((part) => part.stop(graceMs)));
      await Promise.all([tasks.close(), replies.close(), budget.close(), schedules.close()]);
      blobs.close();
      await door.close();
      gate.close();
    },
  };
}
