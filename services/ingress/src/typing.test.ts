import type { ServerFrame } from '@queueclaw/contracts';
import { eventually } from '@queueclaw/testing';
import { expect, it } from 'vitest';
import type { FromLive } from './from-live.js';
import { createTyping } from './typing.js';

const address = { tenant: 'default', conversation: 'pigeon.main.7' };

/** A live stream by hand. */
function stream(): { fromLive: FromLive; reply(...answers: string[]): void; followers(): number } {
  const followers = new Set<(frame: ServerFrame) => void>();
  const fromLive: FromLive = async (_address, _cursor, send) => {
    followers.add(send);
    return () => void followers.delete(send);
  };
  const reply = (...answers: string[]): void => {
    const base = { type: 'reply' as const, conversation: address.conversation, id: 'r1', turn: 1, text: '' };
    for (const send of followers) send({ ...base, answers, status: 'answered', cursor: '1-0' });
  };
  return { fromLive, reply, followers: () => followers.size };
}

it('shows the sign at once and again until every message is answered', async () => {
  const { fromLive, reply, followers } = stream();
  const typing = createTyping({ fromLive, everyMs: 5 });
  let signs = 0;
  const show = async (): Promise<void> => void (signs += 1);
  for (const id of ['a', 'b']) await typing.during(address, id, { show }, async () => true);
  await eventually(() => expect(signs).toBeGreaterThan(4));
  reply('a');
  const before = signs;
  await eventually(() => expect(signs).toBeGreaterThan(before));
  reply('b');
  expect(followers()).toBe(0);
});

it('ends when the message is not accepted, was answered before, or cannot be followed', async () => {
  const { fromLive, followers } = stream();
  const typing = createTyping({ fromLive });
  const show = async (): Promise<void> => undefined;
  await typing.during(address, 'known', { show }, async () => false);
  await expect(typing.during(address, 'bad', { show }, () => Promise.reject(new Error('full')))).rejects.toThrow(
    'full',
  );
  expect(followers()).toBe(0);
  const lost = createTyping({ fromLive: () => Promise.reject(new Error('no Redis')) });
  let accepted = false;
  await lost.during(address, 'm', { show }, async () => (accepted = true));
  expect(accepted).toBe(true);
});

it('misses no answer that comes while the message is accepted', async () => {
  const { fromLive, reply, followers } = stream();
  const typing = createTyping({ fromLive });
  await typing.during(address, 'quick', { show: async () => undefined }, async () => {
    reply('quick');
    return true;
  });
  expect(followers()).toBe(0);
});

it('is given up when it cannot be shown, or took too long, and follows only so many', async () => {
  const { fromLive, followers } = stream();
  const broken = createTyping({ fromLive });
  await broken.during(address, 'm', { show: () => Promise.reject(new Error('blocked')) }, async () => true);
  await eventually(() => expect(followers()).toBe(0));
  const brief = createTyping({ fromLive, longestMs: 5, most: 1 });
  await brief.during(address, 'm', { show: async () => undefined }, async () => true);
  await brief.during({ ...address, conversation: 'other' }, 'n', { show: async () => undefined }, async () => true);
  await eventually(() => expect(followers()).toBe(0));
});
