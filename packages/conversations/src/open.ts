import type { Keyspace } from '@queueclaw/contracts';
import { type Mailbox, openMailbox, openShards, openWaker, type Waker } from '@queueclaw/mailbox';
import type { Config } from '@queueclaw/runtime';
import { connectRedis } from '@queueclaw/runtime';
import type { Redis } from 'ioredis';
import { openConversations } from './conversations.js';
import type { Conversations } from './types.js';

/** Everything a service needs to speak to conversations, on its own connections. */
export type Door = {
  readonly space: Keyspace;
  readonly redis: Redis;
  readonly mailbox: Mailbox;
  readonly waker: Waker;
  readonly conversations: Conversations;
  close(): Promise<void>;
};

export type DoorOptions = {
  readonly redisUrl: string;
  readonly mailKey: string | undefined;
  readonly config: Pick<Config, 'state' | 'limits'>;
  /** The limits in force, asked whenever they are needed; absent: those of `config`. */
  readonly limits?: () => Config['limits'];
  readonly onError: (error: Error) => void;
};

/** Connects to Redis and opens mailboxes, wakes and conversations on it. */
export function openDoor(options: DoorOptions): Door {
  const { redisUrl, mailKey, config, onError, limits = () => config.limits } = options;
  const space = { namespace: config.state.namespace, shards: config.state.shards };
  const redis = connectRedis(redisUrl, 'command', onError);
  const mailbox = openMailbox({
    shards: openShards(space, redis),
    mailKey,
    limits: {
      get mailboxMax() {
        return limits().mailbox;
      },
      get transcriptMax() {
        return limits().transcript_entries;
      },
      get historyMax() {
        return limits().history_entries;
      },
      retentionMs: config.state.retention,
    },
  });
  const waker = openWaker(mailbox.shards);
  const subscriber = connectRedis(redisUrl, 'subscriber', onError);
  const conversations = openConversations({ mailbox, waker, subscriber });
  return {
    space,
    redis,
    mailbox,
    waker,
    conversations,
    close: async () => {
      await conversations.close();
      await waker.close();
      redis.disconnect();
    },
  };
}
