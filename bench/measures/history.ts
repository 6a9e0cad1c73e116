import { type Keyspace, keys, shardTag } from '@queueclaw/contracts';
import { connectRedis } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { startChild } from '../child.ts';
import { countCommands } from '../commands.ts';
import { openFleet } from '../services.ts';

const conversations = 20;
const turnsEach = 10;
const turns = conversations * turnsEach;

type Cost = { readonly ms: number; readonly bytes: number; readonly commands: number };

/** What a turn costs in conversations of 10 messages, and how much more it costs in conversations of 10,000. */
export async function history(): Promise<Record<string, number>> {
  const fleet = await openFleet({ limits: { transcript_entries: 1_000_000 } });
  const redis = connectRedis(fleet.redisUrl, 'blocking', () => undefined);
  const space = { namespace: fleet.namespace, shards: 1 };
  try {
    await Promise.all([fleet.start('ingress'), fleet.start('agent')]);
    const load = await startChild('load/closed-loop.ts', []);
    const loop = (name: string): Promise<{ replies: number; ms: number }> =>
      load.child.ask({ ...{ port: fleet.port, conversations, sockets: 1, ms: 0 }, text: 'hello', name, most: turns });
    const measure = async (name: string, messages: number): Promise<Cost> => {
      await seed(redis, space, name, messages);
      const before = await moved(redis);
      const { replies, ms } = await loop(name);
      const bytes = ((await moved(redis)) - before) / replies;
      await seed(redis, space, `${name}-again`, messages);
      const counts = await countCommands(fleet.redisUrl, async () => void (await loop(`${name}-again`)));
      return { ms: ms / replies, bytes, commands: [...counts.values()].reduce((sum, count) => sum + count, 0) / turns };
    };
    await measure('warm', 10);
    const short = await measure('short', 10);
    const long = await measure('long', 10_000);
    await load.child.stop();
    return {
      history_ratio: long.ms / short.ms,
      history_bytes_ratio: long.bytes / short.bytes,
      history_commands_ratio: long.commands / short.commands,
      history_bytes_per_turn: long.bytes,
    };
  } finally {
    redis.disconnect();
    await fleet.stop();
  }
}

/** Bytes from and to Redis so far. */
async function moved(redis: Redis): Promise<number> {
  const said = await redis.info('stats');
  const figure = (name: string): number => Number(new RegExp(`total_net_${name}_bytes:(\\d+)`).exec(said)?.[1]);
  return figure('input') + figure('output');
}

/** Conversations that have gone on for so long; all but the last ten messages are summarised. */
async function seed(redis: Redis, space: Keyspace, name: string, messages: number): Promise<void> {
  const tag = shardTag(space, 0);
  const base = { v: 1, turn: 1, at: 1 };
  const lines = Array.from({ length: messages }, (_, at) => [
    JSON.stringify({ ...base, role: 'user', id: `seed-${at}`, text: 'Please tell me more about this, as before.' }),
    JSON.stringify({
      ...base,
      role: 'assistant',
      text: 'Gladly. There is a lot to say about it, and I said most of it.',
    }),
  ]).flat();
  const until = Math.max(0, lines.length - 20);
  const usage = { inputTokens: 0, outputTokens: 0 };
  const summary = JSON.stringify({ v: 1, text: 'They talked.', until, turn: 1, usage });
  for (let at = 0; at < conversations; at += 1) {
    const address = { tenant: 'default', conversation: `${name}-${at}` };
    for (let page = 0; page < lines.length; page += 1_000)
      await redis.rpush(keys.transcript(tag, address), ...lines.slice(page, page + 1_000));
    await redis.hset(keys.state(tag, 'messages', address), { turn: 1, summary, until });
  }
}
