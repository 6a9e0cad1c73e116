import {
  type ActorAddress,
  actorMember,
  type ControlMail,
  keys,
  type MessageStatus,
  type ModelRequest,
  type PersonMail,
  Reply,
  streamChannels,
  type Task,
  type ToolOutcome,
} from '@queueclaw/contracts';
import { type Door, openDoor } from '@queueclaw/conversations';
import { createScriptedModel, type Models, type ScriptStep } from '@queueclaw/llm';
import { deliverToStreams, readLive } from '@queueclaw/mailbox';
import { consume, tasksQueue } from '@queueclaw/queues';
import {
  aclRules,
  Config,
  connectRedis,
  createHealthBoard,
  createLive,
  createLogger,
  type LiveCell,
  type Service,
} from '@queueclaw/runtime';
import { eventually, redisAs } from '@queueclaw/testing';
import { createAgent } from './app.js';

/** Answers a request; `at` counts the requests of all agents from 0. */
export type Answer = (request: ModelRequest, at: number) => ScriptStep | Promise<ScriptStep>;

/**
 * Agents on a real Redis, under their own user, that ask a scripted model; the test is the ingress and, if it wants, the
 * tool-runner.
 */
export type TestAgents = {
  readonly door: Door;
  /** Every request to the model, and how it was broken off if it was. */
  readonly asked: readonly { readonly request: ModelRequest; readonly signal: AbortSignal }[];
  readonly log: readonly string[];
  /** Of all replicas; to be replaced while they run. */
  readonly settings: LiveCell<Config>;
  /** One more replica. */
  start(): Promise<Service>;
  say(address: ActorAddress, id: string, text?: string): Promise<void>;
  /** In the mailbox, but nobody is told. */
  sayQuietly(address: ActorAddress, id: string): Promise<void>;
  stop(address: ActorAddress, id: string): Promise<void>;
  /** What became of a message, once something did. */
  ended(address: ActorAddress, id: string, timeoutMs?: number): Promise<MessageStatus>;
  /** Every reply that was delivered, in order. */
  replies(address: ActorAddress): Promise<readonly Reply[]>;
  /** Starts a tool-runner; without an outcome a task stays unanswered until `giveResult`. */
  runTools(outcome?: (task: Task) => ToolOutcome): Promise<readonly Task[]>;
  giveResult(task: Task, text?: string): Promise<void>;
  /** What is on its way or waits anywhere. */
  leftovers(address: ActorAddress): Promise<Record<string, number>>;
  close(): Promise<void>;
};

export type TestAgentsOptions = {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly answer: Answer;
  readonly config?: Record<string, unknown>;
  /** The machine's folder; only attachments need one. */
  readonly home?: string;
  /** The configured models are asked, not the scripted one. */
  readonly configured?: boolean;
  /** Instead of asking: throws what it likes. */
  readonly broken?: (request: ModelRequest) => void;
};

const mailKey = 'a mail key for tests, 32 characters or more';
const from = { id: 'ada' };
const route = { channel: 'http' };

/** Starts with no agent yet. */
export async function testAgents(options: TestAgentsOptions): Promise<TestAgents> {
  const { redisUrl, namespace, answer, broken, home = '/nonexistent' } = options;
  const config = Config.parse({ ...options.config, state: { namespace } });
  const log: string[] = [];
  const logger = createLogger('agent', 'debug', (line) => void log.push(line));
  const settings = createLive(config);
  const health = createHealthBoard();
  const ownUrl = await redisAs(redisUrl, aclRules('agent', { namespace, shards: config.state.shards }));
  const context = { config, settings, env: {}, logger, redisUrl: ownUrl, mailKey, home, health };
  const asked: { request: ModelRequest; signal: AbortSignal }[] = [];
  const scripted = createScriptedModel(answer);
  const model = {
    name: scripted.name,
    stream: (request: ModelRequest, signal: AbortSignal) => {
      asked.push({ request, signal });
      broken?.(request);
      return scripted.stream(request, signal);
    },
  };
  const models: Models = { default: { name: 'scripted', why: 'a test' }, get: () => model, names: () => ['scripted'] };
  const door = openDoor({ redisUrl, mailKey, config, onError: () => undefined });
  const shardOf = (a: ActorAddress): ReturnType<typeof door.mailbox.shards.of> => door.mailbox.shards.of(a);
  const closing: (() => Promise<unknown>)[] = [() => door.close()];
  const person = (id: string, text: string): PersonMail => ({
    ...{ v: 1, kind: 'person', id, text, from, route, at: Date.now() },
  });

  return {
    door,
    asked,
    log,
    settings,
    start: async () => {
      const agent = await createAgent(context, options.configured === true ? undefined : models);
      closing.push(() => agent.stop(500));
      await agent.start();
      return agent;
    },
    say: async (a, id, text = `text of ${id}`) => void (await door.conversations.accept(a, person(id, text))),
    sayQuietly: async (a, id) => void (await door.mailbox.ingest(a, person(id, `text of ${id}`))),
    stop: async (a, id) => {
      const mail: ControlMail = { v: 1, kind: 'control', id, action: 'stop', from, route, at: Date.now() };
      await door.conversations.control(a, mail);
    },
    ended: (a, id, timeoutMs = 10_000) =>
      eventually(
        async () => {
          await deliverToStreams(shardOf(a), [a], streamChannels);
          const status = await door.conversations.message(a.tenant, id, a.conversation);
          if (status === undefined || status.status === 'accepted') throw new Error(`${id} has no end`);
          return status;
        },
        { timeoutMs },
      ),
    replies: async (a) => {
      const { entries } = await readLive(shardOf(a), a, '0-0');
      return entries.flatMap((entry) => {
        const [, kind, json = ''] = entry.split('\n');
        return kind === 'r' ? [Reply.parse(JSON.parse(json))] : [];
      });
    },
    runTools: async (outcome) => {
      const tasks: Task[] = [];
      for (const shard of door.mailbox.shards.all) {
        const connect = (): ReturnType<typeof connectRedis> => connectRedis(redisUrl, 'blocking', () => undefined);
        const handle = async (task: Task): Promise<Record<string, never>> => {
          tasks.push(task);
          if (outcome) await give(door, task, outcome(task));
          return {};
        };
        const consumer = consume(tasksQueue, { prefix: shard.tag, connect, concurrency: 10, logger, handle });
        closing.push(() => consumer.stop(500));
        await consumer.start();
      }
      return tasks;
    },
    giveResult: (task, text = 'done') => give(door, task, { ok: true, text, ms: 1 }),
    leftovers: async (a) => {
      const { redis, tag } = shardOf(a);
      const [mb, ct] = [keys.mailbox(tag, 'messages', a), keys.control(tag, a)];
      return {
        mail: await redis.llen(mb),
        control: await redis.llen(ct),
        waiting: await redis.exists(keys.waiting(tag, a)),
        journal: await redis.hexists(keys.state(tag, 'messages', a), 'journal'),
        due: (await redis.zscore(keys.due(tag, 'messages'), actorMember(a))) === null ? 0 : 1,
        results: await redis.xlen(keys.results(tag)),
      };
    },
    close: async () => {
      for (const close of closing.toReversed()) await close();
    },
  };
}

/** Nothing is left of the work on a conversation. */
export const nothing = { mail: 0, control: 0, waiting: 0, journal: 0, due: 0, results: 0 };

async function give(door: Door, task: Task, outcome: ToolOutcome): Promise<void> {
  const { tenant, conversation, call, tool, ticket } = task;
  const { redis, tag } = door.mailbox.shards.of(task);
  await redis.xadd(
    keys.results(tag),
    '*',
    'r',
    JSON.stringify({ v: 1, tenant, conversation, call, tool, ticket, outcome }),
  );
}
