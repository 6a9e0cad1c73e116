import { setTimeout as pause } from 'node:timers/promises';
import type { REST } from '@discordjs/rest';
import {
  CloseCodes,
  type IIdentifyThrottler,
  type SessionInfo,
  WebSocketManager,
  WebSocketShardEvents,
} from '@discordjs/ws';
import { GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';
import { z } from 'zod';
import type { Notes } from '../contract.js';
import { failureOf } from './failure.js';

export type GatewayOptions = {
  readonly token: string;
  readonly rest: REST;
  /** Where sessions are kept, so that another process can go on with them. */
  readonly notes: Notes;
  /** Makes the data of a MESSAGE_CREATE or INTERACTION_CREATE durable. */
  readonly take: (data: unknown) => Promise<void>;
  readonly trouble: (sentence: string | undefined) => void;
  /** Paces the beginning of sessions, of several connections. */
  readonly throttler?: IIdentifyThrottler | undefined;
  /** Which of how many connections this is. Absent: the only one. */
  readonly shard?: { readonly id: number; readonly count: number } | undefined;
  readonly signal: AbortSignal;
};

const Session = z.object({
  resumeURL: z.string(),
  sequence: z.number().int(),
  sessionId: z.string(),
  shardCount: z.number().int(),
  shardId: z.number().int(),
});
const Sessions = z.array(Session).max(1_000);

const waitMsMax = 30_000;
/** How far what is durable may run ahead of what is noted: so much is sent again to the next listener at most. */
const noteEvery = 20;

function sessionsIn(text: string | undefined): Map<number, SessionInfo> {
  try {
    return new Map(Sessions.parse(JSON.parse(text ?? '[]')).map((session) => [session.shardId, session]));
  } catch {
    return new Map();
  }
}

/**
 * Listens to the gateway until the signal aborts; never rejects. The noted sequence is never beyond what is durable, so a session
 * that this or another process resumes brings again whatever was not; Discord keeps it for some minutes.
 */
export async function listenToGateway(options: GatewayOptions): Promise<void> {
  const { trouble, signal } = options;
  for (let failures = 0; !signal.aborted;) {
    const startedAt = performance.now();
    try {
      await oneConnection(options);
    } catch (thrown) {
      if (signal.aborted) return;
      trouble(failureOf(thrown).publicMessage);
    }
    failures = performance.now() - startedAt > 60_000 ? 0 : failures + 1;
    await pause(Math.min(500 * 2 ** Math.min(failures, 6), waitMsMax), undefined, { signal }).catch(() => undefined);
  }
}

/** Connects, and takes messages until the signal aborts (resolves) or one of them cannot be made durable (rejects). */
async function oneConnection({
  token,
  rest,
  notes,
  take,
  trouble,
  throttler,
  shard,
  signal,
}: GatewayOptions): Promise<void> {
  /** What Discord has sent, and how far of it is durable. */
  const sent = sessionsIn(await notes.read());
  const durable = new Map(sent);
  let ending = false;
  let unnoted = 0;
  const note = async (): Promise<void> => {
    unnoted = 0;
    await notes.write(JSON.stringify([...durable.values()]));
  };
  const manager = new WebSocketManager({
    token,
    rest,
    intents:
      GatewayIntentBits.Guilds |
      GatewayIntentBits.GuildMessages |
      GatewayIntentBits.DirectMessages |
      GatewayIntentBits.MessageContent,
    ...(throttler === undefined ? {} : { buildIdentifyThrottler: () => throttler }),
    shardCount: shard?.count ?? 1,
    shardIds: [shard?.id ?? 0],
    retrieveSessionInfo: (id) => sent.get(id) ?? null,
    updateSessionInfo: (id, session) => {
      if (session !== null) sent.set(id, session);
      else if (!ending) for (const known of [sent, durable]) known.delete(id);
    },
  });
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  let tail = Promise.resolve();
  // After some errors (rights that are missing, a wrong token) it does not come back by itself.
  manager.on(WebSocketShardEvents.Error, ({ error }) => broken.reject(error));
  manager.on(WebSocketShardEvents.Dispatch, ({ data: { t, s, d }, shardId }) => {
    const isMessage = t === GatewayDispatchEvents.MessageCreate || t === GatewayDispatchEvents.InteractionCreate;
    const taking = isMessage && !ending ? take(d) : undefined;
    taking?.catch((error: unknown) => broken.reject(error));
    tail = tail.then(async () => {
      if (ending) return;
      await taking;
      if (ending) return;
      const session = sent.get(shardId);
      if (session === undefined) return;
      durable.set(shardId, { ...session, sequence: s });
      trouble(undefined);
      unnoted += 1;
      if (isMessage || t === GatewayDispatchEvents.Ready || unnoted >= noteEvery) await note();
    });
    tail.catch((error: unknown) => broken.reject(error));
  });
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([aborted, broken.promise, manager.connect().then(() => aborted)]);
  } finally {
    ending = true;
    // Another code would end the session, and with it what it has not brought yet.
    await manager.destroy({ code: CloseCodes.Resuming, reason: 'handed over' });
  }
}
