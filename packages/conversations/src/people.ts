import {
  type ActorAddress,
  type Journal,
  keys,
  Mail,
  type Memory,
  personIn,
  type Preferences,
  type Reply,
  type Schedule,
  Summary,
  type TranscriptEntry,
} from '@queueclaw/contracts';
import {
  dropDeadLetters,
  isTheirEntry,
  isTheirMail,
  type KeptSchedule,
  type Mailbox,
  openPairings,
  openScheduleBook,
  type PairedPerson,
  parseJson,
  redisError,
  repliesWaiting,
  type Shard,
} from '@queueclaw/mailbox';
import { openMemories } from './memory/memories.js';
import { exportTranscript } from './transcript.js';

/** A person of a tenant, as a channel names them. */
export type Person = { readonly tenant: string; readonly channel: string; readonly id: string };

/** A line of what there is of a person. */
export type PersonLine =
  | { readonly conversation: string; readonly preferences: Preferences }
  | { readonly conversation: string; readonly entry: TranscriptEntry }
  /** What stands for the older part of a conversation that is theirs alone. */
  | { readonly conversation: string; readonly summary: string }
  | { readonly conversation: string; readonly waiting: Mail }
  /** An answer that is still on its way, in a conversation that is theirs alone. */
  | { readonly conversation: string; readonly reply: Reply }
  /** What is remembered for them, or in a conversation: all of it where it is theirs alone, else what they had remembered. */
  | { readonly conversation?: string; readonly memory: Memory }
  | { readonly conversation: string; readonly schedule: Schedule }
  /** An operator let them write to this account. */
  | { readonly paired: PairedPerson };

/** What became of a person's conversations: forgotten, or, when others share them, without their words. */
export type PersonForgotten = { readonly forgotten: number; readonly redacted: number };

export type People = {
  /** Where they have written, the latest first; `at` is to a day. At most 500. */
  conversations(person: Person): Promise<readonly { readonly conversation: string; readonly at: number }[]>;
  /**
   * Everything that a person has: of conversations that are theirs alone the whole transcript, of others what they wrote; what
   * waits and what is on its way to them; summaries and preferences of their conversations; what is remembered for them; their
   * schedules; where they may write.
   */
  export(person: Person): AsyncIterable<PersonLine>;
  /** Forgets them, dead letters and an operator's approval too. Usage that was counted for them stays until it expires. */
  forget(person: Person): Promise<PersonForgotten>;
};

type Forget = (address: ActorAddress) => Promise<boolean>;

/** Opens what is known by person. @param forget forgets a conversation */
export function openPeople(mailbox: Mailbox, forget: Forget): People {
  return {
    conversations: (person) => latestOf(mailbox, person),
    export: (person) => exportPerson(mailbox, person),
    forget: (person) => forgetPerson(mailbox, forget, person),
  };
}

async function conversationsIn(shard: Shard, person: Person): Promise<readonly ActorAddress[]> {
  const { tenant, channel, id } = person;
  const names = await shard.redis.zrange(
    keys.person(shard.tag, tenant, personIn(channel, id)),
    '-inf',
    '+inf',
    'BYSCORE',
  );
  return names.map((conversation) => ({ tenant, conversation }));
}

const latestMax = 500;

async function latestOf(mailbox: Mailbox, { tenant, channel, id }: Person): ReturnType<People['conversations']> {
  const found = await Promise.all(
    mailbox.shards.all.map(async ({ redis, tag }) => {
      const key = keys.person(tag, tenant, personIn(channel, id));
      const flat = await redis.zrevrange(key, 0, latestMax - 1, 'WITHSCORES').catch((error: unknown) => {
        throw redisError(error);
      });
      return flat.flatMap((conversation, at) => (at % 2 === 0 ? [{ conversation, at: Number(flat[at + 1]) }] : []));
    }),
  );
  return found
    .flat()
    .toSorted((a, b) => b.at - a.at)
    .slice(0, latestMax);
}

async function waitingIn({ tag, redis }: Shard, address: ActorAddress): Promise<readonly Mail[]> {
  const lists = [keys.mailbox(tag, 'messages', address), keys.commands(tag, address), keys.control(tag, address)];
  const lines = await Promise.all(lists.map((key) => redis.lrange(key, 0, -1)));
  return lines.flat().flatMap((line) => Mail.safeParse(parseJson(line.slice(line.indexOf('.') + 1))).data ?? []);
}

async function summaryIn({ tag, redis }: Shard, address: ActorAddress): Promise<string> {
  const line = await redis.hget(keys.state(tag, 'messages', address), 'summary');
  return Summary.safeParse(parseJson(line ?? '')).data?.text ?? '';
}

/** Somebody else has written there. */
async function isShared(
  mailbox: Mailbox,
  address: ActorAddress,
  person: Person,
  journal: Journal | undefined,
): Promise<boolean> {
  const others = (entry: TranscriptEntry): boolean =>
    entry.role === 'user' && entry.from !== undefined && !isTheirEntry(entry, person);
  if (journal?.entries.some(others)) return true;
  for await (const entry of exportTranscript(mailbox.shards, address)) if (others(entry)) return true;
  return (await waitingIn(mailbox.shards.of(address), address)).some((mail) => !isTheirMail(mail, person));
}

async function* exportPerson(mailbox: Mailbox, person: Person): AsyncIterable<PersonLine> {
  for (const paired of await openPairings(mailbox.shards).of(person.tenant, person.channel, person.id))
    yield { paired };
  const who = personIn(person.channel, person.id);
  const memories = openMemories(mailbox.shards);
  for (const memory of await memories.of({ tenant: person.tenant, person: who })) yield { memory };
  for await (const { tenant: _, conversation, paused: __, lastAt: ___, ...schedule } of schedulesOf(mailbox, person))
    yield { conversation, schedule };
  for (const shard of mailbox.shards.all)
    for (const address of await conversationsIn(shard, person)) {
      const { conversation } = address;
      const { preferences, journal } = await mailbox.glance(address);
      const shared = await isShared(mailbox, address, person, journal);
      if (Object.keys(preferences).length > 0) yield { conversation, preferences };
      for (const memory of await memories.of(address)) if (!shared || memory.by === who) yield { conversation, memory };
      for await (const entry of exportTranscript(mailbox.shards, address))
        if (!shared || isTheirEntry(entry, person)) yield { conversation, entry };
      for (const entry of journal?.entries ?? [])
        if (!shared || isTheirEntry(entry, person)) yield { conversation, entry };
      for (const waiting of await waitingIn(shard, address))
        if (isTheirMail(waiting, person)) yield { conversation, waiting };
      if (shared) continue;
      const summary = await summaryIn(shard, address);
      if (summary !== '') yield { conversation, summary };
      for (const reply of await repliesWaiting(shard, address)) yield { conversation, reply };
    }
}

async function* schedulesOf(mailbox: Mailbox, { tenant, channel, id }: Person): AsyncIterable<KeptSchedule> {
  const who = personIn(channel, id);
  for await (const schedule of openScheduleBook(mailbox.shards).list(tenant))
    if (personIn(schedule.route.channel, schedule.from.id) === who) yield schedule;
}

/**
 * Takes a conversation off a person's list, after its words are gone: a crash before leaves a name too many. Whoever writes
 * meanwhile is noted as its writer, and listed only by the first of a day: it is put back then.
 */
async function unlist({ redis, tag }: Shard, address: ActorAddress, list: string): Promise<void> {
  await redis.zrem(list, address.conversation);
  const again = await redis.hexists(keys.state(tag, 'messages', address), 'who');
  if (again === 1) await redis.zadd(list, Date.now(), address.conversation);
}

async function forgetPerson(mailbox: Mailbox, forget: Forget, person: Person): Promise<PersonForgotten> {
  const { tenant, channel, id } = person;
  let [forgotten, redacted] = [0, 0];
  await openPairings(mailbox.shards).forget(tenant, channel, id);
  const who = personIn(channel, id);
  const memories = openMemories(mailbox.shards);
  await memories.clear({ tenant, person: who });
  for await (const schedule of schedulesOf(mailbox, person))
    await openScheduleBook(mailbox.shards).drop(schedule, schedule.id);
  for (const shard of mailbox.shards.all) {
    const alone = new Set<string>();
    const found = await conversationsIn(shard, person);
    for (const address of found) {
      const { journal } = await mailbox.glance(address);
      if (await isShared(mailbox, address, person, journal)) {
        await shard.redis.hdel(keys.state(shard.tag, 'messages', address), 'who');
        for (const memory of await memories.of(address)) if (memory.by === who) await memories.drop(address, memory.id);
        if ((await mailbox.redact(address, person)).size > 0) redacted += 1;
      } else {
        alone.add(address.conversation);
        if (await forget(address)) forgotten += 1;
      }
      await unlist(shard, address, keys.person(shard.tag, tenant, personIn(channel, id)));
    }
    const all = new Set(found.map(({ conversation }) => conversation));
    await dropDeadLetters(
      shard,
      (letter) =>
        letter.tenant === tenant &&
        (alone.has(letter.conversation) ||
          (all.has(letter.conversation) && letter.mail.some((mail) => isTheirMail(mail, person)))),
    );
  }
  return { forgotten, redacted };
}
