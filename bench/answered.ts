import { connectRedis } from '@queueclaw/runtime';

/**
 * Waits until as many messages are answered as were accepted, by their records; a record is an answer only when the reply
 * is delivered.
 * @throws Error when that takes longer than three minutes
 */
export async function allAnswered(url: string, namespace: string, accepted: number): Promise<number> {
  const redis = connectRedis(url, 'blocking', () => undefined);
  const until = Date.now() + 180_000;
  try {
    for (;;) {
      let answered = 0;
      let cursor = '0';
      do {
        const [next, found] = await redis.scan(cursor, 'MATCH', `{${namespace}0}:t:default:m:*`, 'COUNT', 5_000);
        cursor = next;
        const pipeline = redis.pipeline();
        for (const key of found) pipeline.hvals(key);
        const values = (await pipeline.exec()) ?? [];
        for (const [, list] of values) if ((list as string[])[0]?.includes('\nanswered\n')) answered += 1;
      } while (cursor !== '0');
      if (answered >= accepted) return answered;
      if (Date.now() > until) throw new Error(`only ${answered} of ${accepted} accepted messages were answered`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  } finally {
    redis.disconnect();
  }
}
