import { AppError } from '@queueclaw/contracts';
import { LogLevel, WebClient } from '@slack/web-api';
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

const ok: WebhookAnswer = { status: 200 };
const heardTypes: ReadonlySet<string> = new Set(['event_callback', 'slash_command', 'block_actions']);

/**
 * Connects one app: asks who it is. Slack calls the webhook; a call is answered after its mail is durable, and one that comes
 * again is recognised.
 * @throws AppError `channel.failed`, `channel.rejected` when Slack does not know the token
 */
export async function connect(config: SlackConfig, door: ChannelDoor): Promise<Connection> {
  const web = new WebClient(config.bot_token, {
    slackApiUrl: `${config.api_root.replace(/\/$/, '')}/`,
    ...{ retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, timeout: 15_000, allowAbsoluteUrls: false },
    logger: silent,
  });
  const call = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((thrown: unknown) => Promise.reject(failureOf(thrown)));
  const { user_id: self, user, team } = await call(web.auth.test());
  if (self === undefined) throw new AppError('channel.rejected');
  const people = slackPeople((one) => web.users.info({ user: one, include_locale: true }));
  const hear = async (envelope: Envelope): Promise<void> => {
    const words = wordsOf(envelope);
    if (words !== undefined) await door.receive({ ...envelope, person: await people(words.user) });
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
      await call(web.chat.postMessage({ ...where, text: words, ...blocks, mrkdwn: true, unfurl_links: false }));
    },
    webhook: async (request: WebhookRequest) => {
      if (request.method !== 'POST' || !isSigned(request, config.signing_secret, Date.now())) return { status: 401 };
      const envelope = Envelope.safeParse(contentOf(request));
      if (!envelope.success) return { status: 400 };
      const { type, challenge } = envelope.data;
      if (type === 'url_verification') return { ...ok, type: 'text/plain', body: challenge ?? '' };
      if (heardTypes.has(type)) await hear(envelope.data);
      return ok;
    },
    stop: async () => undefined,
  };
}

/** The library's own log may have payloads in it. */
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => LogLevel.ERROR,
  setName: () => undefined,
};
