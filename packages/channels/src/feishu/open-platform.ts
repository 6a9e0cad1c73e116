import { Client, LoggerLevel } from '@larksuiteoapi/node-sdk';
import { AppError } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { IncomingFile, OutgoingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';
import type { FeishuConfig } from './config.js';
import { Resource } from './event.js';
import { unreachable } from './failure.js';
import { boundedHttp } from './http.js';
import { uploadOf } from './upload.js';

const Bot = z.looseObject({ bot: z.looseObject({ open_id: z.string().min(1).max(128) }) });

const Key = z.string().min(1).max(256);
const Uploaded = z.looseObject({ data: z.union([z.object({ image_key: Key }), z.object({ file_key: Key })]) });

/** Where a message goes: as an answer to `message` if there is one, or into the chat. */
export type Place = { readonly chat: string; readonly message?: string | undefined };

/** The Open Platform, by its SDK. Everything throws AppError `channel.failed` or `channel.rejected`. */
export type OpenPlatform = {
  /** The bot's open id. */
  self(): Promise<string>;
  /** Posts Markdown of Feishu; once only within an hour for the same key. Resolves to the message's id. */
  post(markdown: string, to: Place, key: string, signal: AbortSignal): Promise<string | undefined>;
  /** Makes a message another one; a post at most 20 times. */
  change(message: string, markdown: string, signal: AbortSignal): Promise<void>;
  /** Takes a message away. */
  discard(message: string, signal: AbortSignal): Promise<void>;
  /** Uploads a file and posts it; once only within an hour for the same key. */
  postFile(file: OutgoingFile, to: Place, key: string, signal: AbortSignal): Promise<void>;
  /** The bytes of what somebody sent. */
  fetchFile(file: IncomingFile, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
};

const Posted = z.looseObject({ data: z.looseObject({ message_id: Key }) });

const messages = 'open-apis/im/v1/messages';
const postOf = (markdown: string): object => ({ zh_cn: { content: [[{ tag: 'md', text: markdown }]] } });

/** A card (JSON 2.0) that everybody sees change. */
const cardOf = (markdown: string): object => ({
  schema: '2.0',
  config: { update_multi: true },
  body: { elements: [{ tag: 'markdown', content: markdown }] },
});

/** At most 50 signs. */
const uuidOf = (key: string): string => createHash('sha256').update(key).digest('hex').slice(0, 40);

/** @param signal ends every call */
export function openPlatform(config: FeishuConfig, signal: AbortSignal): OpenPlatform {
  const root = `${config.domain.replace(/\/$/, '')}/`;
  const tokens = new Map<unknown, { readonly value: unknown; readonly until: number }>();
  const client = new Client({
    ...{ appId: config.app_id, appSecret: config.app_secret, domain: config.domain.replace(/\/$/, '') },
    ...{ httpInstance: boundedHttp(signal, () => tokens.clear()), logger: silent, loggerLevel: LoggerLevel.fatal },
    // Its usual cache is shared by all apps of a process.
    cache: {
      get: async (name) => {
        const known = tokens.get(name);
        return known !== undefined && known.until > Date.now() ? known.value : undefined;
      },
      set: async (name, value, until = 0) => {
        tokens.set(name, { value, until });
        return true;
      },
    },
  });
  const call = async (method: string, url: string, data: object | undefined, ends: AbortSignal): Promise<unknown> => {
    const request = { method, url, signal: ends, ...(data === undefined ? {} : { data }) };
    try {
      return await client.request<unknown>(request);
    } catch (thrown) {
      throw thrown instanceof AppError ? thrown : unreachable();
    }
  };
  // Its types say `any`.
  const { tokenManager: manager } = client as { readonly tokenManager: { getTenantAccessToken(): Promise<unknown> } };
  const tokenNow = async (): Promise<string> => {
    const token = await manager.getTenantAccessToken().catch((thrown: unknown) => {
      throw thrown instanceof AppError ? thrown : unreachable();
    });
    if (typeof token !== 'string' || token === '') throw unreachable();
    return token;
  };
  const put = async (
    type: string,
    content: object,
    { chat, message }: Place,
    key: string,
    ends: AbortSignal,
  ): Promise<string | undefined> => {
    const words = { msg_type: type, content: JSON.stringify(content), uuid: uuidOf(key) };
    const answer =
      message === undefined
        ? await call('POST', `${messages}?receive_id_type=chat_id`, { receive_id: chat, ...words }, ends)
        : await call('POST', `${messages}/${encodeURIComponent(message)}/reply`, words, ends);
    return Posted.safeParse(answer).data?.data.message_id;
  };
  const shown = (markdown: string): [type: string, content: object] =>
    config.cards ? ['interactive', cardOf(markdown)] : ['post', postOf(markdown)];
  return {
    self: async () => {
      const answer = Bot.safeParse(await call('GET', 'open-apis/bot/v3/info', undefined, signal));
      if (!answer.success) throw new AppError('channel.rejected', { publicMessage: 'Feishu: the app has no bot.' });
      return answer.data.bot.open_id;
    },
    post: (markdown, to, key, ends) => put(...shown(markdown), to, key, ends),
    change: async (message, markdown, ends) => {
      const [type, content] = shown(markdown);
      const path = `${messages}/${encodeURIComponent(message)}`;
      // Cards are updated, posts are edited.
      if (type === 'interactive') await call('PATCH', path, { content: JSON.stringify(content) }, ends);
      else await call('PUT', path, { msg_type: type, content: JSON.stringify(content) }, ends);
    },
    discard: async (message, ends) =>
      void (await call('DELETE', `${messages}/${encodeURIComponent(message)}`, undefined, ends)),
    postFile: async (file, to, key, ends) => {
      const { path, form, kind } = await uploadOf(file);
      const uploaded = Uploaded.safeParse(await call('POST', path, { form }, ends));
      if (!uploaded.success) throw new AppError('channel.failed', { publicMessage: 'Feishu: an upload has no key.' });
      await put(kind, uploaded.data.data, to, key, ends);
    },
    fetchFile: async (file, ends) => {
      const { message, key, type } = Resource.parse(JSON.parse(file.handle));
      const path = `${encodeURIComponent(message)}/resources/${encodeURIComponent(key)}?type=${type}`;
      const url = new URL(`open-apis/im/v1/messages/${path}`, root);
      const get = async (): Promise<AsyncIterable<Uint8Array>> =>
        fetchBytes(url, { authorization: `Bearer ${await tokenNow()}` }, AbortSignal.any([signal, ends]), file);
      return get().catch((thrown: unknown) => {
        if (!(thrown instanceof AppError) || thrown.disposition === 'retry') throw thrown;
        // The token may have ended.
        tokens.clear();
        return get();
      });
    },
  };
}

const nothing = (): undefined => undefined;
/** The SDK's own log has payloads in it. */
const silent = { error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing };
