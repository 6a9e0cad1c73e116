import { AppError, type Choice } from '@queueclaw/contracts';
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { ChannelDoor, Connection, OutgoingFile, WebhookAnswer, WebhookRequest } from '../contract.js';
import { fileBytes } from '../file-bytes.js';
import type { WhatsAppConfig } from './config.js';
import { checkNumber, fetchMedia, postMessage, uploadMedia } from './graph.js';
import { Envelope } from './message.js';

const equal = (a: string, b: string): boolean => {
  const [one, other] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
};

/** Whether the platform signed these very bytes. */
const isSigned = ({ headers, body }: WebhookRequest, secret: string): boolean =>
  equal(headers['x-hub-signature-256'] ?? '', `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);

/**
 * Connects one number. A call of the webhook is answered after its mail is durable; one that comes again is recognised.
 * @throws AppError `channel.failed`, `channel.rejected` when number and token do not fit together
 */
export async function connect(config: WhatsAppConfig, door: ChannelDoor): Promise<Connection> {
  const title = await checkNumber(config, door.signal);
  const post = postMessage(config);
  const say = (
    to: string,
    body: string,
    buttons: readonly Choice[] | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const words =
      buttons === undefined
        ? { type: 'text', text: { body, preview_url: false } }
        : { type: 'interactive', interactive: { type: 'button', body: { text: body }, action: actionOf(buttons) } };
    return post({ recipient_type: 'individual', to, ...words }, signal);
  };

  return {
    self: config.phone_number_id,
    ...(title === undefined ? {} : { title }),
    fetch: (file, signal) => fetchMedia(config, file, signal),
    send: async ({ text, body, buttons, file }, { address = {} }, _key, signal) => {
      if (address['to'] === undefined) throw new AppError('channel.rejected');
      if (file !== undefined) {
        const until = AbortSignal.any([door.signal, signal]);
        const id = await uploadMedia(config, file, await fileBytes(file), until);
        return post({ recipient_type: 'individual', to: address['to'], ...mediaOf(file, id) }, until);
      }
      await say(address['to'], String(body ?? text), buttons, AbortSignal.any([door.signal, signal]));
    },
    /** Marks the message as read, too. */
    typing: async ({ address = {} }, signal) => {
      const { message } = address;
      if (message === undefined) return;
      await post({ status: 'read', message_id: message, typing_indicator: { type: 'text' } }, signal);
    },
    webhook: async (request) => {
      if (request.method === 'GET') return verify(config, request);
      if (request.method !== 'POST' || !isSigned(request, config.app_secret)) return { status: 401 };
      const envelope = Envelope.safeParse(parseJson(request.body));
      if (!envelope.success) return { status: 400 };
      await door.receive(envelope.data);
      return { status: 200 };
    },
    stop: async () => undefined,
  };
}

const pictureBytesMax = 5_000_000;
const audioBytesMax = 16_000_000;
const audio: readonly string[] = ['audio/ogg', 'audio/mpeg', 'audio/mp4', 'audio/amr', 'audio/aac'];

/** What is uploaded, as the kind of message that WhatsApp shows it in. */
function mediaOf({ name, type, size }: OutgoingFile, id: string): Readonly<Record<string, unknown>> {
  if (['image/png', 'image/jpeg'].includes(type) && size <= pictureBytesMax) return { type: 'image', image: { id } };
  if (audio.includes(type) && size <= audioBytesMax) return { type: 'audio', audio: { id } };
  return { type: 'document', document: { id, filename: name } };
}

/** Interactive buttons, of which the platform takes three. */
const actionOf = (choices: readonly Choice[]): object => ({
  buttons: choices.map(({ label: title, text: id }) => ({ type: 'reply', reply: { id, title } })),
});

function verify({ verify_token: token }: WhatsAppConfig, { query }: WebhookRequest): WebhookAnswer {
  const fits = query['hub.mode'] === 'subscribe' && equal(query['hub.verify_token'] ?? '', token);
  return fits ? { status: 200, body: query['hub.challenge'] ?? '' } : { status: 403 };
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
