import { type Channel, type ChannelDoor, channels, type Fixture, type Outgoing } from '@queueclaw/channels';
import { type ActorAddress, keys, type Route } from '@queueclaw/contracts';
import { type Door, openDoor } from '@queueclaw/conversations';
import { claimOutbox, type DeliveryWaker, openDeliveryWaker, openPairings, type Pairings } from '@queueclaw/mailbox';
import {
  AccessConfig,
  aclRules,
  type ChannelConfig,
  Config,
  connectRedis,
  createHealthBoard,
  createLogger,
} from '@queueclaw/runtime';
import { eventually, redisAs, sharedRedis, uniqueNamespace } from '@queueclaw/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fromChannels, type FromChannels } from '../from-channels.js';
import { fromLive } from '../from-live.js';
import { fromReplies } from '../from-replies.js';
import { toChannels } from '../to-channels.js';
import { toMessages } from '../to-messages.js';
import { createTyping } from '../typing.js';

const platforms = channels.filter(({ capabilities }) => capabilities.delivery === 'platform');
const folder = new URL('../../../../packages/channels/src/', import.meta.url);
const fixturesOf = (name: string): Fixture[] =>
  readdirSync(new URL(`${name}/fixtures/`, folder)).map(
    (file) => JSON.parse(readFileSync(new URL(`${name}/fixtures/${file}`, folder), 'utf8')) as Fixture,
  );

/** What a platform brings: a real payload, under an id of its own. */
type Brought = { readonly id: string; readonly payload: unknown; readonly text?: string | undefined };
type Sent = { readonly channel: string; readonly text: string; readonly to: Route };

const sent: Sent[] = [];
const closing: (() => Promise<void>)[] = [];
let door: Door;
let waker: DeliveryWaker;
let pairings: Pairings;
/** Two ingress processes with the same accounts. */
let replicas: readonly { accounts: FromChannels; doors: Map<string, ChannelDoor> }[];
const tenant = 'acme';
let wave = 0;

/** The channel's own receive and send halves, with a connection that keeps what is sent. */
const onLoft = (channel: Channel, doors: Map<string, ChannelDoor>): Channel => ({
  ...channel,
  ...{ config: z.strictObject({}), secrets: [] },
  capabilities: { ...channel.capabilities, holders: 'any', sends: 'any' },
  load: async () => {
    const { parse, render } = await channel.load();
    return {
      render,
      parse: (brought, context) => {
        const { id, payload, text } = brought as Brought;
        return parse(payload, context).map((one) => ({
          ...one,
          mail: { ...one.mail, id, text: text ?? one.mail.text },
        }));
      },
      connect: async (_config, given) => {
        doors.set(channel.name, given);
        const keep = async ({ text }: Outgoing, to: Route): Promise<void> =>
          void sent.push({ channel: channel.name, text, to });
        return { self: 'the-bot', send: keep, stop: async () => undefined };
      },
    };
  },
});

const configured = (access: z.input<typeof AccessConfig> = {}): ChannelConfig[] =>
  platforms.map(({ name }) => ({
    ...{ name, enable: true, tenant, config: {}, access: AccessConfig.parse(access) },
  }));

beforeAll(async () => {
  const namespace = uniqueNamespace();
  const config = Config.parse({ state: { namespace } });
  // With the rights of an ingress, and no others.
  const redisUrl = await redisAs(await sharedRedis(), aclRules('ingress', { namespace, shards: 1 }));
  const onError = (): void => undefined;
  door = openDoor({ redisUrl, mailKey: 'a mail key for tests, 32 characters or more', config, onError });
  const { shards } = door.mailbox;
  waker = openDeliveryWaker(shards);
  pairings = openPairings(shards);
  const logger = createLogger('test', 'silent');
  replicas = [1, 2].map(() => {
    const doors = new Map<string, ChannelDoor>();
    const lofts = new Map(platforms.map((channel) => [channel.name, onLoft(channel, doors)]));
    const accounts = fromChannels({
      configured: configured(),
      toMessages: toMessages(door.conversations, undefined as never),
      typing: createTyping({ fromLive: fromLive(door.conversations) }),
      ...{ shards, announce: waker.announce, health: createHealthBoard(), logger },
      find: (name) => lofts.get(name),
    });
    return { accounts, doors };
  });
  const [first] = replicas;
  if (first === undefined) throw new Error('no replica');
  const { consumers } = fromReplies({
    ...{ mailbox: door.mailbox, waker, logger, retryMs: () => 60_000 },
    connect: () => connectRedis(redisUrl, 'blocking', onError),
    send: toChannels(first.accounts),
  });
  await Promise.all([...replicas.map(({ accounts }) => accounts.start()), ...consumers.map((one) => one.start())]);
  closing.push(
    ...consumers.map((one) => () => one.stop(1_000)),
    ...replicas.map(
      ({ accounts }) =>
        () =>
          accounts.stop(),
    ),
    () => waker.close(),
    () => door.close(),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
});
beforeEach(() => {
  sent.length = 0;
  wave += 1;
});

const set = async (access: z.input<typeof AccessConfig>): Promise<void> =>
  void (await Promise.all(replicas.map(({ accounts }) => accounts.follow(configured(access)))));

type Letter = {
  readonly payload: unknown;
  readonly address: ActorAddress;
  readonly place: string;
  readonly kind: 'direct' | 'group';
};

/** What the fixtures of a platform say to the bot. */
const lettersFrom = async (channel: Channel): Promise<Letter[]> => {
  const { parse } = await channel.load();
  const context = { account: 'main', self: 'the-bot', newId: () => 'x' };
  return fixturesOf(channel.name).flatMap(({ payload, error }) => {
    const [said, ...more] = error === undefined ? parse(payload, context) : [];
    if (said?.place === undefined || said.addressed !== true || more.length > 0 || said.mail.text.startsWith('/'))
      return [];
    const { place, conversation } = said;
    return [{ payload, address: { tenant, conversation }, place: place.id, kind: place.kind }];
  });
};
const letters = new Map(await Promise.all(platforms.map(async (one) => [one.name, await lettersFrom(one)] as const)));
const lettersOf = (name: string, kind: Letter['kind']): Letter[] =>
  (letters.get(name) ?? []).filter((letter) => letter.kind === kind);
const letterOf = (name: string, kind: Letter['kind']): Letter => {
  const [letter] = lettersOf(name, kind);
  if (letter === undefined) throw new Error(`no fixture of ${name} is ${kind} and says so`);
  return letter;
};
const codeOf = async (name: string): Promise<string> => {
  const { waiting } = await pairings.list(tenant);
  return waiting.find(({ account }) => account === `${name}/main`)?.code ?? 'none';
};
const bring = async (name: string, payload: unknown, id: string, replica = 0, text?: string): Promise<void> =>
  replicas[replica]?.doors.get(name)?.receive({ id: `${id}-${wave}`, payload, text });
const waitingMail = async (address: ActorAddress): Promise<string[]> => {
  const claimed = await door.mailbox.claim(address);
  if (typeof claimed === 'string') return [];
  const { mail, control } = claimed.inbox();
  await claimed.commit({
    take: { mail: mail.length, control: control.length },
    turn: claimed.turn + 1,
    reset: false,
    entries: [],
    replies: [],
  });
  return [...mail, ...control].map(({ id }) => id);
};
const textsIn = (name: string): string[] => sent.filter(({ channel }) => channel === name).map(({ text }) => text);

describe.each(platforms.map(({ name }) => name))('%s', (name) => {
  it('gives somebody unknown one code, whatever comes again and to whom, asks no model, and hears them when an operator has approved it', async () => {
    await set({});
    const { payload, address } = letterOf(name, 'direct');
    await Promise.all([bring(name, payload, 'one', 0), bring(name, payload, 'one', 1), bring(name, payload, 'two', 1)]);
    const code = await codeOf(name);
    await eventually(() => expect(textsIn(name)).toEqual([expect.stringContaining(code)]));
    expect(await waitingMail(address)).toEqual([]);
    expect(await door.conversations.list(tenant, { limit: 10 })).toEqual([]);

    const { request } = await pairings.approve(tenant, code, 'Grace');
    // As the ingress finds it within a second.
    await waker.announce(address, name, 'due');
    await eventually(() => expect(textsIn(name)).toHaveLength(2));
    expect(textsIn(name)[1]).toMatch(/You can write to me now|您现在可以给我发消息了/);
    await bring(name, payload, 'three', 1);
    expect(await waitingMail(address)).toEqual([`three-${wave}`]);

    await pairings.revoke({ tenant, account: `${name}/main` }, request.from.id);
    await bring(name, payload, 'four');
    expect(await waitingMail(address)).toEqual([]);
    const another = await codeOf(name);
    await eventually(() => expect(textsIn(name)[2]).toContain(another));
    await door.conversations.forget(address);
  });

  it('is silent where nobody may write alone, and hears everybody where that is set', async () => {
    const { payload, address } = letterOf(name, 'direct');
    await set({ direct: 'off' });
    await bring(name, payload, 'one');
    expect([await waitingMail(address), textsIn(name)]).toEqual([[], []]);
    expect(await claimOutbox(door.mailbox.shards.of(address), address)).toBe('empty');
    await set({ direct: 'open' });
    await bring(name, payload, 'two', 1);
    expect(await waitingMail(address)).toEqual([`two-${wave}`]);
    await door.conversations.forget(address);
  });
});

const withGroups = platforms.map(({ name }) => name).filter((name) => lettersOf(name, 'group').length > 0);

describe.each(withGroups)('%s in a group', (name) => {
  it('says once whom to ask about an unknown group, and hears it as soon as it is allowed', async () => {
    const { payload, address, place } = letterOf(name, 'group');
    await set({});
    for (const id of ['one', 'two']) await bring(name, payload, id, id === 'one' ? 0 : 1);
    await eventually(() => expect(textsIn(name)).toEqual([expect.stringContaining(place)]));
    expect(await waitingMail(address)).toEqual([]);
    await set({ allow_groups: [place], conversation: 'group' });
    await bring(name, payload, 'three');
    const conversation = address.conversation.split('.').slice(0, 3).join('.');
    expect(await waitingMail({ tenant, conversation })).toEqual([`three-${wave}`]);
    await door.conversations.forget({ tenant, conversation });
  });
});

it('who was noted by a process that died before it told them is told when the message comes again', async () => {
  await set({});
  const name = 'telegram';
  const { payload, address } = letterOf(name, 'direct');
  const request = { v: 1, from: { id: '4711' }, conversation: address.conversation, route: { channel: name } } as const;
  const account = { tenant, account: `${name}/main` };
  await pairings.revoke(account, '4711');
  await pairings.ask(account, request, 'K7QW3MXP');
  for (const replica of [0, 1]) await bring(name, payload, 'one', replica);
  await eventually(() => expect(textsIn(name)).toEqual([expect.stringContaining('K7QW3MXP')]));
});

it('a conversation that goes faster than a person is told once and not answered further; what overtakes is heard', async () => {
  await set({ direct: 'open', messages_per_minute: 3 });
  const name = 'telegram';
  const { payload, address } = letterOf(name, 'direct');
  await door.redis.del(keys.pace(door.mailbox.shards.of(address).tag, address));
  for (let at = 1; at <= 6; at += 1) await bring(name, payload, `m${at}`, at % 2);
  await bring(name, payload, 'm1');
  await bring(name, payload, 'stop', 1, '/stop');
  expect(await waitingMail(address)).toEqual(['m1', 'm2', 'm3', 'stop'].map((id) => `${id}-${wave}`));
  await eventually(() => expect(textsIn(name)).toEqual([expect.stringContaining('Too many messages')]));
  await door.conversations.forget(address);
});
