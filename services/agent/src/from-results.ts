import { randomBytes } from 'node:crypto';
import { keys, TaskResult } from '@queueclaw/contracts';
import {
  applyResults,
  parseJson,
  type ResultEntry,
  resultsGroup,
  type Shard,
  type Shards,
  type Waker,
} from '@queueclaw/mailbox';
import { counter, type Logger, type Service } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import type { CheckFiles } from './check-files.js';

const refusedTotal = counter('queueclaw_results_refused_total', 'Results without a valid ticket, or unreadable', [
  'why',
]);
const blockMs = 2_000;
/** A result that an agent took and did not apply for this long is taken over. */
const takeOverMs = 5_000;

export type FromResultsOptions = {
  readonly shards: Shards;
  readonly waker: Waker;
  readonly connect: () => Redis;
  readonly checkFiles: CheckFiles;
  readonly logger: Logger;
};

type Entries = readonly (readonly [string, readonly string[]])[];

/** What runners appended to `results` becomes mail. Every agent replica reads; each result is applied once. */
export function fromResults({ shards, waker, connect, checkFiles, logger }: FromResultsOptions): Service {
  const consumer = `agent-${randomBytes(6).toString('hex')}`;
  let stopped = false;
  let loops: Promise<void>[] = [];
  const connections: Redis[] = [];

  const apply = async (shard: Shard, entries: Entries): Promise<void> => {
    const good: ResultEntry[] = [];
    for (const [entry, fields] of entries) {
      const result = TaskResult.safeParse(parseJson(fields[1] ?? ''));
      if (result.success) good.push({ entry, result: result.data });
      else {
        refusedTotal.inc({ why: 'unreadable' });
        await shard.redis.xack(keys.results(shard.tag), resultsGroup, entry);
        await shard.redis.xdel(keys.results(shard.tag), entry);
      }
    }
    if (good.length === 0) return;
    const checked = await Promise.all(
      good.map(async ({ entry, result }) => ({ entry, result: await checkFiles(result) })),
    );
    const verdicts = await applyResults(shard, checked);
    good.forEach(({ result }, at) => {
      const { tenant, conversation } = result;
      if (verdicts[at] === 'refused') refusedTotal.inc({ why: 'ticket' });
      if (verdicts[at] === 'wake') waker.hint({ tenant, conversation }, { why: 'result' });
    });
  };

  const serve = async (shard: Shard): Promise<void> => {
    const stream = keys.results(shard.tag);
    const redis = connect();
    connections.push(redis);
    let lookedAt = 0;
    while (!stopped) {
      try {
        if (Date.now() - lookedAt > takeOverMs) {
          lookedAt = Date.now();
          const [, left] = await redis.xautoclaim(stream, resultsGroup, consumer, takeOverMs, '0-0', 'COUNT', 100);
          await apply(
            shard,
            (left as Entries).filter(([, fields]) => Array.isArray(fields)),
          );
        }
        const read = await redis.xreadgroup(
          ...(['GROUP', resultsGroup, consumer, 'COUNT', 100, 'BLOCK', blockMs, 'STREAMS', stream, '>'] as const),
        );
        await apply(shard, (read as [string, Entries][] | null)?.[0]?.[1] ?? []);
      } catch (error) {
        if (stopped) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (reason.startsWith('NOGROUP')) await createGroup(redis, stream).catch(() => undefined);
        else {
          logger.warn({ reason }, 'results cannot be read at the moment');
          await new Promise((resolve) => setTimeout(resolve, 500));
        }
      }
    }
  };

  return {
    name: 'from-results',
    start: async () => {
      loops = shards.all.map(serve);
      for (const shard of shards.all) await sweepConsumers(shard).catch(() => undefined);
    },
    stop: async () => {
      stopped = true;
      for (const redis of connections) redis.disconnect();
      await Promise.all(loops);
    },
  };
}

const createGroup = (redis: Redis, stream: string): Promise<unknown> =>
  redis.xgroup('CREATE', stream, resultsGroup, '0', 'MKSTREAM');

/** Readers that ended long ago and hold nothing; one that holds an entry stays until the entry was taken over. */
async function sweepConsumers({ redis, tag }: Shard): Promise<void> {
  const stream = keys.results(tag);
  const rows = (await redis.xinfo('CONSUMERS', stream, resultsGroup)) as unknown[][];
  for (const row of rows) {
    const facts = new Map(row.flatMap((name, at) => (at % 2 === 0 ? [[String(name), row[at + 1]] as const] : [])));
    if (Number(facts.get('pending')) === 0 && Number(facts.get('idle')) > 3_600_000)
      await redis.xgroup('DELCONSUMER', stream, resultsGroup, String(facts.get('name')));
  }
}
