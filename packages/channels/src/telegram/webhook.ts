import { createHash, timingSafeEqual } from 'node:crypto';
import type { WebhookAnswer, WebhookRequest } from '../contract.js';

const ok: WebhookAnswer = { status: 200 };
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Answers Telegram's calls, which carry the secret that `setWebhook` was given (Bot API, `setWebhook`). A call is answered after
 * what it brings is durable: what `take` rejects with goes through, and Telegram calls again.
 */
export const webhookOf =
  (secret: string, take: (update: unknown) => Promise<void>) =>
  async ({ method, headers, body }: WebhookRequest): Promise<WebhookAnswer> => {
    const given = headers['x-telegram-bot-api-secret-token'] ?? '';
    if (method !== 'POST' || !timingSafeEqual(digest(given), digest(secret))) return { status: 401 };
    const update = json(body);
    if (update === undefined) return { status: 400 };
    await take(update);
    return ok;
  };
