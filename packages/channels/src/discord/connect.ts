import { AppError, type Route } from '@queueclaw/contracts';
import { REST } from '@discordjs/rest';
import { Routes } from 'discord-api-types/v10';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChannelDoor, Connection } from '../contract.js';
import { strangers } from '../strangers.js';
import { admit } from './admit.js';
import type { DiscordConfig } from './config.js';
import { failureOf } from './failure.js';
import { listenToGateway } from './gateway.js';
import { Message } from './message.js';

const Self = z.object({ id: z.string() });

/** Discord takes 25 characters, and for some minutes one message of the same nonce. */
const nonceOf = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 24);

/**
 * Connects one bot: asks who it is. Listening holds its gateway session, which the next listener resumes.
 * @throws AppError `channel.failed`, `channel.rejected`
 */
export async function connect(config: DiscordConfig, door: ChannelDoor): Promise<Connection> {
  const options = { version: '10', api: config.api_root.replace(/\/$/, ''), retries: 0, timeout: 15_000 };
  const rest = new REST({ ...options, rejectOnRateLimit: () => true }).setToken(config.token);
  // What it says in events has the token in it.
  const call = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => Promise.reject(failureOf(thrown)));
  const self = Self.parse(await call(rest.get(Routes.user(), { signal: door.signal }))).id;
  const say = (channel: string, content: string, more: object, signal: AbortSignal): Promise<unknown> =>
    call(
      rest.post(Routes.channelMessages(channel), {
        body: { content, allowed_mentions: { parse: [] }, ...more },
        signal,
      }),
    );

  return {
    self,
    send: async ({ text }, { address = {} }: Route, key, signal) => {
      const { channel, message } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      const answers = { message_reference: { message_id: message, fail_if_not_exists: false } };
      const more = { nonce: nonceOf(key), enforce_nonce: true, ...(message === undefined ? {} : answers) };
      await say(channel, text, more, AbortSignal.any([door.signal, signal]));
    },
    typing: async ({ address = {} }, signal) => {
      if (address['channel'] !== undefined) await call(rest.post(Routes.channelTyping(address['channel']), { signal }));
    },
    listen: (signal) => {
      const tellStranger = strangers();
      return listenToGateway({
        ...{ token: config.token, rest, notes: door.notes, trouble: door.trouble, signal },
        take: async (data) => {
          const message = Message.safeParse(data);
          if (!message.success) return;
          const verdict = admit(config, self, message.data);
          if (verdict === 'hear') await door.receive(message.data);
          else if (verdict === 'stranger')
            await tellStranger(message.data.author.id, undefined, (text) =>
              say(message.data.channel_id, text, {}, signal),
            );
        },
      });
    },
    stop: async () => rest.clearHashSweeper(),
  };
}
