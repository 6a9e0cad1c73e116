import { AppError } from '@queueclaw/contracts';
import { z } from 'zod';
import { remembered } from '../remembered.js';
import type { ChannelDoor, Connection, WebhookAnswer } from '../contract.js';
import { wechatApi } from '../wechat-api.js';
import { sealedEcho, sealedFields } from '../wechat-call.js';
import { WeChatMessage } from '../wechat-message.js';
import type { WeComAppConfig } from './config.js';
import { failureOf, staleToken, unreachablePerson } from './failure.js';
import { mediaForm } from '../media-form.js';
import { mediaKind } from './media.js';
import type { Body } from './render.js';

const Media = z.looseObject({ media_id: z.string().min(1).max(512) });
const Sent = z.looseObject({ invaliduser: z.string().default('') });

/**
 * Connects one app: asks for a token. WeCom calls the webhook; a call is answered after its mail is durable, and one that comes
 * again is recognised.
 * @throws AppError `channel.failed`, `channel.rejected` when WeCom does not know the company or the secret
 */
export async function connect(config: WeComAppConfig, door: ChannelDoor): Promise<Connection> {
  const { corp_id: corp, secret, agent_id: agent, format } = config;
  const keys = { token: config.token, aesKey: config.encoding_aes_key, receiver: corp };
  const asked = new URLSearchParams({ corpid: corp, corpsecret: secret });
  const api = wechatApi({
    ...{ root: config.api_root, title: 'WeCom', failureOf, staleToken, signal: door.signal },
    token: () => ({ path: `/cgi-bin/gettoken?${asked}` }),
  });
  await api.check();
  const sent = remembered();

  const post = async (type: string, content: object, person: string, signal: AbortSignal): Promise<void> => {
    const words = { touser: person, agentid: Number(agent), msgtype: type, [type]: content };
    const told = Sent.safeParse(await api.post('/cgi-bin/message/send', words, signal));
    if (told.success && told.data.invaliduser !== '') throw unreachablePerson();
  };
  const hear = async (fields: object): Promise<void> => {
    const message = WeChatMessage.safeParse(fields);
    if (message.success) await door.receive(message.data);
  };
  /** Of the company, but of another app of it. */
  const isForeign = (fields: object): boolean => {
    const { data } = z.looseObject({ AgentID: z.string() }).safeParse(fields);
    return data !== undefined && data.AgentID !== agent;
  };
  return {
    send: async ({ text, body, file }, { address = {} }, key, signal) => {
      const { to: person, message } = address;
      if (person === undefined) throw new AppError('channel.rejected');
      const once = `${key} ${message}`;
      if (sent.has(once)) return;
      if (file === undefined) {
        const words = (body as Body | undefined) ?? { markdown: text, text };
        await post(format, { content: words[format] }, person, signal);
      } else {
        const kind = mediaKind(file);
        const uploaded = await api.post(`/cgi-bin/media/upload?type=${kind}`, await mediaForm(file), signal);
        await post(kind, { media_id: Media.parse(uploaded).media_id }, person, signal);
      }
      sent.add(once);
    },
    fetch: ({ handle }, signal) => api.fetchMedia(handle, signal),
    webhook: async (request) => {
      if (request.method === 'GET') return echoed(sealedEcho(request, keys, Date.now()));
      const fields = request.method === 'POST' ? sealedFields(request, keys, Date.now()) : undefined;
      if (fields === undefined || isForeign(fields)) return { status: 401 };
      await hear(fields);
      return { status: 200 };
    },
    stop: async () => undefined,
  };
}

const echoed = (text: string | undefined): WebhookAnswer =>
  text === undefined ? { status: 401 } : { status: 200, body: text };
