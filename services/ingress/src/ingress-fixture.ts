import { type Blobs, openBlobs } from '@queueclaw/blobs';
import type { ActorAddress, Reply } from '@queueclaw/contracts';
import { type Door, openDoor } from '@queueclaw/conversations';
import { type Lease, openDeliveryWaker } from '@queueclaw/mailbox';
import { aclRules, Config, createHealthBoard, createLive, createLogger } from '@queueclaw/runtime';
import { redisAs } from '@queueclaw/testing';
import { createIngress, type Ingress } from './app.js';
import type { SocketTimes } from './http/server-parts.js';

/** An ingress for tests, on a port of its own and under its own Redis user, and what an agent would do behind it. */
export type TestIngress = {
  readonly ingress: Ingress;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** The agent's door to the same conversations. */
  readonly door: Door;
  /** The same attachments. */
  readonly blobs: Blobs;
  /** What it logged. */
  readonly log: readonly string[];
  claim(address: ActorAddress): Promise<Lease>;
  /** Takes all waiting mail and control mail and answers it with one reply, through the queue `replies`. */
  answer(address: ActorAddress, text: string, status?: Reply['status']): Promise<void>;
  /** The same for a conversation that is claimed already. */
  finish(
    address: ActorAddress,
    lease: Lease,
    text: string,
    status?: Reply['status'],
    attachments?: Reply['attachments'],
  ): Promise<void>;
  stop(): Promise<void>;
};

export type TestIngressOptions = {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Configuration besides port and namespace. */
  readonly config?: Record<string, Record<string, unknown>>;
  readonly socketTimes?: SocketTimes;
  /** The machine's folder; only attachments need one. */
  readonly home?: string;
  /** False: the door is open, but Redis has not been found yet. */
  readonly start?: boolean;
};

const mailKey = 'a mail key for tests, 32 characters or more';

/** Starts it. */
export async function startTestIngress(options: TestIngressOptions): Promise<TestIngress> {
  const { redisUrl, namespace, config: given = {}, socketTimes, home = '/nonexistent', start = true } = options;
  const config = Config.parse({
    ...given,
    server: { port: 0, ...given['server'] },
    state: { ...given['state'], namespace },
  });
  const log: string[] = [];
  const logger = createLogger('ingress', 'debug', (line) => void log.push(line));
  const health = createHealthBoard();
  const settings = createLive(config);
  const ownUrl = await redisAs(redisUrl, aclRules('ingress', { namespace, shards: config.state.shards }));
  const context = { config, settings, env: {}, logger, redisUrl: ownUrl, mailKey, home, health };
  const ingress = await createIngress(context, socketTimes);
  await ingress.listen?.();
  if (start) await ingress.start();
  const door = openDoor({ redisUrl, mailKey, config, onError: () => undefined });
  const waker = openDeliveryWaker(door.mailbox.shards);

  const claim = async (address: ActorAddress): Promise<Lease> => {
    const claimed = await door.mailbox.claim(address);
    if (typeof claimed === 'string') throw new Error(`nothing to claim: ${claimed}`);
    return claimed;
  };

  const finish: TestIngress['finish'] = async (address, lease, text, status = 'answered', attachments) => {
    const { mail, control } = lease.inbox();
    const [first] = [...mail, ...control];
    if (first === undefined) throw new Error('no mail');
    const turn = lease.turn + 1;
    const answers = [...mail, ...control].map(({ id }) => id);
    const base = { v: 1 as const, turn, at: Date.now() };
    const reply: Reply = {
      ...base,
      id: `r${turn}`,
      text,
      answers,
      status,
      route: first.route,
      ...(attachments === undefined ? {} : { attachments }),
    };
    const asked = mail.map(({ id, text: words, attachments }) => ({
      ...{ ...base, role: 'user' as const, id, text: words },
      ...(attachments === undefined ? {} : { attachments }),
    }));
    const take = { mail: mail.length, control: control.length };
    const entries = [...asked, { ...base, role: 'assistant' as const, text }];
    await lease.commit({ take, turn, reset: false, entries, replies: [reply] });
    await waker.announce(address, first.route.channel, 'reply');
  };

  return {
    ingress,
    url: `http://127.0.0.1:${ingress.port()}`,
    door,
    blobs: openBlobs({ config: config.state.blobs, home }),
    log,
    claim,
    finish,
    answer: async (address, text, status) => finish(address, await claim(address), text, status),
    stop: async () => {
      await ingress.stop(2_000);
      await waker.close();
      await door.close();
    },
  };
}
