import { AppError } from '@queueclaw/contracts';
import { remembered } from '../remembered.js';
import { z } from 'zod';
import type { ChannelDoor, Connection, OutgoingFile, WebhookAnswer, WebhookRequest } from '../contract.js';
import { mediaForm } from '../media-form.js';
import { wechatApi } from '../wechat-api.js';
import { fieldsIn, isPlainlySigned, sealedFields } from '../wechat-call.js';
import { WeChatMessage } from '../wechat-message.js';
import type { WeChatOfficialConfig } from './config.js';
import { failureOf, staleToken } from './failure.js';
import { mediaKind } from './media.js';
import type { Body } from './render.js';

const Media = z.looseObject({ media_id: z.string().min(1).max(512) });

/**
 * Connects one account: asks for a token. WeChat calls the webhook; a call is answered after its mail is durable, always with
 * `success`: answers take longer than the 5 s that WeChat waits, and are sent by the API.
 * @throws AppError `channel.failed`, `channel.rejected` when WeChat does not know the account or the secret
 */
export async function connect(config: WeChatOfficialConfig, door: ChannelDoor): Promise<Connection> {
  const { app_id: appid, app_secret: secret } = config;
  const api = wechatApi({
    ...{ root: config.api_root, title: 'WeChat', failureOf, staleToken, signal: door.signal },
    // Unlike the older call, this one tells every replica the same token.
    token: (anew) => ({
      path: '/cgi-bin/stable_token',
      body: { grant_type: 'client_credential', appid, secret, force_refresh: anew },
    }),
  });
  await api.check();
  const sent = remembered();

  const post = async (type: string, content: object, person: string, signal: AbortSignal): Promise<void> => {
    const words = { touser: person, msgtype: type, [type]: content };
    await api.post('/cgi-bin/message/custom/send', words, signal);
  };
  const postFile = async (file: OutgoingFile, person: string, signal: AbortSignal): Promise<void> => {
    const kind = mediaKind(file);
    if (kind === undefined) throw new AppError('channel.rejected', { publicMessage: 'WeChat takes no such file.' });
    const uploaded = await api.post(`/cgi-bin/media/upload?type=${kind}`, await mediaForm(file), signal);
    await post(kind, { media_id: Media.parse(uploaded).media_id }, person, signal);
  };
  const hear = async (fields: object): Promise<void> => {
    const message = WeChatMessage.safeParse(fields);
    if (message.success) await door.receive(message.data);
  };
  return {
    send: async ({ text, body, file }, { address = {} }, key, signal) => {
      const { to: person, message } = address;
      if (person === undefined) throw new AppError('channel.rejected');
      const once = `${key} ${message}`;
      if (sent.has(once)) return;
      if (file !== undefined) await postFile(file, person, signal);
      else await post('text', { content: (body as Body | undefined)?.text ?? text }, person, signal);
      sent.add(once);
    },
    fetch: ({ handle }, signal) => api.fetchMedia(handle, signal),
    webhook: async (request) => {
      if (request.method === 'GET') return echoed(request, config, Date.now());
      const fields = request.method === 'POST' ? believed(request, config, Date.now()) : undefined;
      if (fields === undefined) return { status: 401 };
      await hear(fields);
      return { status: 200, body: 'success' };
    },
    stop: async () => undefined,
  };
}

/** The set-up of the address is signed plainly in both modes. */
function echoed(request: WebhookRequest, { token }: WeChatOfficialConfig, now: number): WebhookAnswer {
  const { echostr = '' } = request.query;
  const known = /^[A-Za-z0-9_-]{1,128}$/.test(echostr) && isPlainlySigned(request, token, now);
  return known ? { status: 200, body: echostr } : { status: 401 };
}

/** What a call says; in the encrypted mode nothing plain is believed. */
function believed(request: WebhookRequest, config: WeChatOfficialConfig, now: number): object | undefined {
  const { mode, token, encoding_aes_key: aesKey = '', app_id: receiver } = config;
  if (mode === 'encrypted') return sealedFields(request, { token, aesKey, receiver }, now);
  return isPlainlySigned(request, token, now) ? fieldsIn(request.body) : undefined;
}
