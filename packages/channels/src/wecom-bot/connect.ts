import { AppError } from '@queueclaw/contracts';
import type { WSClient } from '@wecom/aibot-node-sdk';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ChannelDoor, Connection, OutgoingFile } from '../contract.js';
import { fileBytes } from '../file-bytes.js';
import { remembered } from '../remembered.js';
import type { WeComBotConfig } from './config.js';
import { failureOf, isPassing, unreachable } from './failure.js';
import { fetchFile } from './fetch-file.js';
import { openInbox } from './inbox.js';
import { keepLine } from './line.js';
import { mediaKind } from './media.js';
import { Message } from './message.js';
import type { Body } from './render.js';

const uploadMs = 18_000;
/** What an answer grows in: its stream and the request that it answers. */
const streamed = /^([0-9a-f]{40})@(.{1,256})$/s;

const Refusal = z.looseObject({ errcode: z.number().int() });
/** Other times than usual, milliseconds, for tests: between signs of life, and until WeCom has answered. */
export type Times = { readonly heartbeatMs?: number; readonly answerMs?: number };

/** What is sent again under it is the same message. */
const streamIdOf = (once: string): string => createHash('sha256').update(once).digest('hex').slice(0, 40);

/**
 * Connects one bot: WeCom allows one line, so nothing is asked before this process listens. Only who listens can send.
 */
export async function connect(
  { bot_id: botId, secret, ws_url: url }: WeComBotConfig,
  door: ChannelDoor,
  { heartbeatMs = 30_000, answerMs = 6_000 }: Times = {},
): Promise<Connection> {
  let line: WSClient | undefined;
  const sent = remembered();
  /** Answers to requests of which WeCom said nothing. */
  const doubted = remembered();

  const take = async (frame: unknown): Promise<void> => {
    const message = Message.safeParse(frame);
    if (message.success) await door.receive(message.data);
  };
  const onMessage = openInbox({ take, trouble: door.trouble, signal: door.signal });
  /** @returns the code of a refusal; 0 when WeCom has it */
  const told = async (calling: Promise<unknown>, ends: AbortSignal, ms = answerMs): Promise<number> => {
    const signal = AbortSignal.any([ends, AbortSignal.timeout(ms)]);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(unreachable());
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await Promise.race([calling, aborted.promise]);
      return 0;
    } catch (thrown) {
      const refusal = Refusal.safeParse(thrown);
      if (refusal.success) return refusal.data.errcode;
      throw unreachable();
    } finally {
      signal.removeEventListener('abort', onAbort);
      calling.catch(() => undefined);
    }
  };
  const post = async (
    body: Body,
    chat: string,
    request: string | undefined,
    once: string,
    signal: AbortSignal,
  ): Promise<void> => {
    const client = line;
    if (client === undefined || signal.aborted) throw unreachable();
    const content = body.markdown;
    if (body.first && request !== undefined && !doubted.has(once)) {
      const frame = { headers: { req_id: request } };
      const answering = told(client.replyStream(frame, streamIdOf(once), content, true), signal);
      const code = await answering.catch((error: unknown) => {
        // The line stands: it is the request that WeCom does not know any more.
        if (client.isConnected && !signal.aborted) doubted.add(once);
        throw error;
      });
      if (code === 0) return;
      if (isPassing(code)) throw failureOf(code);
      // The request was answered before, or is too old: the message is sent by itself.
    }
    const code = await told(client.sendMessage(chat, { msgtype: 'markdown', markdown: { content } }), signal);
    if (code !== 0) throw failureOf(code);
  };
  /** Files are sent by themselves: an answer to a request is words. */
  const postFile = async (file: OutgoingFile, chat: string, signal: AbortSignal): Promise<void> => {
    const client = line;
    if (client === undefined || signal.aborted) throw unreachable();
    const kind = mediaKind(file);
    const uploading = client.uploadMedia(await fileBytes(file), { type: kind, filename: file.name });
    const refused = await told(uploading, signal, uploadMs);
    if (refused !== 0) throw failureOf(refused);
    const code = await told(client.sendMediaMessage(chat, kind, (await uploading).media_id), signal);
    if (code !== 0) throw failureOf(code);
  };
  /** A part of the answer to a request; `finish` ends it. Refused when WeCom does not know the request any more. */
  const stream = async (id: string, content: string, finish: boolean, signal: AbortSignal): Promise<void> => {
    const client = line;
    if (client === undefined || signal.aborted) throw unreachable();
    const [, streamId, request] = streamed.exec(id) ?? [];
    if (streamId === undefined || request === undefined) throw new AppError('channel.rejected');
    const code = await told(client.replyStream({ headers: { req_id: request } }, streamId, content, finish), signal);
    if (code !== 0) throw failureOf(code);
  };
  return {
    edit: async (id, { text, body, growing }, _to, signal) => {
      const { markdown } = (body as Body | undefined) ?? { markdown: text };
      await stream(id, markdown, growing !== true, signal);
    },
    send: async ({ text, body, file, growing }, { address = {} }, key, signal) => {
      const { chat, request } = address;
      if (chat === undefined) throw new AppError('channel.rejected');
      const once = `${key} ${request}`;
      if (growing === true) {
        // Only the answer to a request can grow.
        const id = `${streamIdOf(once)}@${request ?? ''}`;
        await stream(id, ((body as Body | undefined) ?? { markdown: text }).markdown, false, signal);
        return id;
      }
      if (sent.has(once)) return;
      if (file !== undefined) await postFile(file, chat, signal);
      else await post((body as Body | undefined) ?? { markdown: text, first: false }, chat, request, once, signal);
      sent.add(once);
    },
    fetch: (file, signal) => fetchFile(url, file, AbortSignal.any([signal, door.signal])),
    listen: (signal) =>
      keepLine({
        ...{ botId, secret, url, heartbeatMs, onMessage, trouble: door.trouble },
        onLine: (client) => void (line = client),
        signal: AbortSignal.any([signal, door.signal]),
      }),
    stop: async () => undefined,
  };
}
