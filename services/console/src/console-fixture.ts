import type { ActorAddress, TranscriptEntry } from '@queueclaw/contracts';
import { type Door, openDoor } from '@queueclaw/conversations';
import { aclRules, Config, createHealthBoard, createLive, createLogger } from '@queueclaw/runtime';
import { redisAs } from '@queueclaw/testing';
import { type Console, createConsole } from './app.js';

/** A console for tests, without a socket and under its own Redis user, and what an agent would have left for it to show. */
export type TestConsole = Omit<Console, 'stop'> & {
  readonly door: Door;
  /** What it logged. */
  readonly log: readonly string[];
  /** A conversation in which one turn has ended. */
  turn(address: ActorAddress, text: string, more?: readonly TranscriptEntry[]): Promise<void>;
  stop(): Promise<void>;
};

export type TestConsoleOptions = {
  readonly redisUrl: string;
  readonly namespace: string;
  /** The section `console`. */
  readonly console?: Partial<Config['console']>;
  readonly shards?: number;
  /** The section `channels`. */
  readonly channels?: readonly object[];
  /** False: Redis has not been found yet. */
  readonly start?: boolean;
};

const mailKey = 'a mail key for tests, 32 characters or more';

/** Makes it. */
export async function startTestConsole(options: TestConsoleOptions): Promise<TestConsole> {
  const { redisUrl, namespace, console: section = {}, shards = 1, channels = [], start = true } = options;
  const config = Config.parse({ console: section, channels, state: { namespace, shards } });
  const log: string[] = [];
  const logger = createLogger('console', 'debug', (line) => void log.push(line));
  const health = createHealthBoard();
  const ownUrl = await redisAs(redisUrl, aclRules('console', { namespace, shards }));
  const settings = createLive(config);
  const context = { config, settings, env: {}, logger, redisUrl: ownUrl, mailKey, home: '/nonexistent', health };
  const made = await createConsole(context);
  if (start) await made.start();
  const door = openDoor({ redisUrl, mailKey, config, onError: () => undefined });

  return {
    ...made,
    door,
    log,
    turn: async (address, text, more = []) => {
      const id = 'm1';
      const at = Date.now();
      await door.mailbox.ingest(address, {
        ...{ v: 1, kind: 'person', id, text, from: { id: 'ada' }, route: { channel: 'http' }, at },
      });
      const lease = await door.mailbox.claim(address);
      if (typeof lease === 'string') throw new Error(`nothing to claim: ${lease}`);
      const asked: TranscriptEntry = { v: 1, turn: 1, at, role: 'user', id, text, from: { id: 'ada' } };
      const take = { mail: 1, control: 0 };
      await lease.commit({ take, turn: 1, reset: false, entries: [asked, ...more], replies: [] });
    },
    stop: async () => {
      await made.stop(2_000);
      await door.close();
    },
  };
}
