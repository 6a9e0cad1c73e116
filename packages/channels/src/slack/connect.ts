import { AppError } from '@queueclaw/contracts';
import { WebClient } from '@slack/web-api';
import type { ChannelDoor, Connection, WebhookAnswer, WebhookRequest } from '../contract.js';
import { blocksOf } from './blocks.js';
import type { SlackConfig } from './config.js';
import { contentOf } from './content.js';
import { Envelope, wordsOf } from './event.js';
import { failureOf } from './failure.js';
import { fetchFile } from './fetch-file.js';
import { slackPeople } from './people.js';
import { sendFile } from './send-file.js';
import { isSigned } from './signature.js';
import { silent } from './silent.js';

const changeMsMax = 4_500;
const ok: WebhookAnswer = { status: 200 };
const heardTypes: ReadonlySet<string> = new Set(['event_callback', 'slash_command', 'block_actions']);

/**
 * Connects one app: asks who it is. Slack calls the webhook, or is listened to by a socket where the settings have a token for
 * that; a call is answered after its mail is durable, and one that comes again is recognised.
 * @throws AppError `channel.failed`, `channel.rejected` when Slack does not know the token
 */
export async function connect(config: SlackConfig, door: ChannelDoor): Promise<Connection> {
  const root = config.api_root.replace(/\/$/, '');
  const client = (timeout: number): WebClient =>
    new WebClient(config.bot_token, {
      slackApiUrl: `${root}/`,
      ...{ retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, timeout, allowAbsoluteUrls: false },
      logger: silent,
    });
  const web = client(15_000);
  // Its calls take no signal, and a change that comes late would undo a later one.
  const quick = client(changeMsMax);
  const call = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => Promise.reject(failureOf(thrown)));
  const { user_id: self, user, team } = await call(web.auth.test());
  if (self === undefined) throw new AppError('channel.rejected');
  const people = slackPeople((one) => web.users.info({ user: one, include_locale: true }));
  const hear = async (envelope: Envelope): Promise<void> => {
    const words = wordsOf(envelope);
    if (words !== undefined) await door.receive({ ...envelope, person: await people(words.user) });
  };
  const { app_token: appToken } = config;
  const webhook = async (request: WebhookRequest): Promise<WebhookAnswer> => {
    if (request.method !== 'POST' || !isSigned(request, config.signing_secret, Date.now())) return { status: 401 };
    const envelope = Envelope.safeParse(contentOf(request));
    if (!envelope.success) return { status: 400 };
    const { type, challenge } = envelope.data;
    if (type === 'url_verification') return { ...ok, type: 'text/plain', body: challenge ?? '' };
    if (heardTypes.has(type)) await hear(envelope.data);
    return ok;
  };
  const listen = async (signal: AbortSignal): Promise<void> => {
    const { listenToSocket } = await import('./socket.js');
    await listenToSocket({
      ...{ appToken: appToken ?? '', root, trouble: door.trouble, signal },
      take: async (content) => {
        const envelope = Envelope.safeParse(content);
        if (envelope.success && heardTypes.has(envelope.data.type)) await hear(envelope.data);
      },
    });
  };
  return {
    self,
    title: [user, team].filter(Boolean).join(', ') || self,
    fetch: (file, signal) => fetchFile(config, file, signal),
    send: async ({ text, body, buttons, file }, { address = {} }, _key, signal) => {
      const { channel, thread } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      const where = { channel, ...(thread === undefined ? {} : { thread_ts: thread }) };
      if (file !== undefined) return call(sendFile(web, file, where, AbortSignal.any([door.signal, signal])));
      const words = String(body ?? text);
      const blocks = buttons === undefined ? {} : { blocks: blocksOf(words, buttons) };
      const { ts } = await call(
        web.chat.postMessage({ ...where, text: words, ...blocks, mrkdwn: true, unfurl_links: false }),
      );
      return ts;
    },
    edit: async (id, { text, body, buttons }, { address = {} }) => {
      const { channel } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      const words = String(body ?? text);
      const blocks = buttons === undefined ? [] : blocksOf(words, buttons);
      await call(quick.chat.update({ channel, ts: id, text: words, blocks }));
    },
    discard: async (id, { address = {} }) => {
      const { channel } = address;
      if (channel === undefined) throw new AppError('channel.rejected');
      await call(quick.chat.delete({ channel, ts: id }));
    },
    ...(appToken === undefined ? { webhook } : { listen }),
    stop: async () => undefined,
  };
}
