import { AppError, type Route } from '@queueclaw/contracts';
import { REST } from '@discordjs/rest';
import { SimpleIdentifyThrottler } from '@discordjs/ws';
import { Routes } from 'discord-api-types/v10';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChannelDoor, Connection } from '../contract.js';
import { fileBytes } from '../file-bytes.js';
import { type DiscordConfig, shardsMax } from './config.js';
import { failureOf } from './failure.js';
import { acknowledge, commandsOf, componentsOf } from './components.js';
import { fetchFile } from './fetch-file.js';
import { listenToGateway } from './gateway.js';
import { Interaction } from './interaction.js';
import { Message } from './message.js';

const Self = z.object({ id: z.string(), username: z.string().optional() });
const Gateway = z.object({
  shards: z.number().int().min(1),
  session_start_limit: z.object({ max_concurrency: z.number().int().min(1) }),
});
const Application = z.object({ id: z.string() });
const Sent = z.object({ id: z.string() });

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
  const { id: self, username } = Self.parse(await call(rest.get(Routes.user(), { signal: door.signal })));
  const { shards, session_start_limit: limit } = Gateway.parse(
    await call(rest.get(Routes.gatewayBot(), { signal: door.signal })),
  );
  const count = config.shards === 'auto' ? Math.min(shards, shardsMax) : config.shards;
  // Several connections of one process begin their sessions at one pace.
  const throttler = count === 1 ? undefined : new SimpleIdentifyThrottler(limit.max_concurrency);
  const say = (channel: string, content: string, more: object, signal: AbortSignal): Promise<unknown> =>
    call(
      rest.post(Routes.channelMessages(channel), {
        body: { content, allowed_mentions: { parse: [] }, ...more },
        signal,
      }),
    );

  return {
    self,
    ...(username === undefined ? {} : { title: username }),
    commands: async (menu, signal) => {
      const { id } = Application.parse(await call(rest.get(Routes.currentApplication(), { signal })));
      await call(rest.put(Routes.applicationCommands(id), { body: commandsOf(menu), signal }));
    },
    fetch: (file, signal) => fetchFile(config.api_root, file, signal),
    send: async ({ text, buttons, file }, { address = {} }: Route, key, signal) => {
      const { channel, message } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      const answers = { message_reference: { message_id: message, fail_if_not_exists: false } };
      const more = {
        nonce: nonceOf(key),
        enforce_nonce: true,
        ...(message === undefined ? {} : answers),
        ...componentsOf(buttons),
      };
      const until = AbortSignal.any([door.signal, signal]);
      if (file === undefined) return Sent.parse(await say(channel, text, more, until)).id;
      const { name, type: contentType } = file;
      const files = [{ name, contentType, data: await fileBytes(file) }];
      await call(rest.post(Routes.channelMessages(channel), { body: more, files, signal: until }));
      return undefined;
    },
    edit: async (id, { text, buttons = [] }, { address = {} }, signal) => {
      const { channel } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      const body = { content: text, allowed_mentions: { parse: [] }, components: [], ...componentsOf(buttons) };
      const until = AbortSignal.any([door.signal, signal]);
      await call(rest.patch(Routes.channelMessage(channel, id), { body, signal: until }));
    },
    discard: async (id, { address = {} }, signal) => {
      const { channel } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      await call(rest.delete(Routes.channelMessage(channel, id), { signal }));
    },
    typing: async ({ address = {} }, signal) => {
      if (address['channel'] !== undefined) await call(rest.post(Routes.channelTyping(address['channel']), { signal }));
    },
    ...(count === 1 ? {} : { parts: Array.from({ length: count }, (_, id) => `${id}-of-${count}`) }),
    listen: (signal, part) =>
      listenToGateway({
        ...{ token: config.token, rest, notes: part?.notes ?? door.notes, trouble: door.trouble, signal },
        throttler,
        shard: part === undefined ? undefined : { id: Number.parseInt(part.name, 10), count },
        take: async (data) => {
          const interaction = Interaction.safeParse(data);
          if (interaction.success) {
            await door.receive(interaction.data);
            return acknowledge(rest, interaction.data, signal);
          }
          const message = Message.safeParse(data);
          if (message.success) await door.receive(message.data);
        },
      }),
    stop: async () => rest.clearHashSweeper(),
  };
}
