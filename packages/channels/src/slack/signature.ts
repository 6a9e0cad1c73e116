import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from '../contract.js';

const ageSecondsMax = 300;

/** Whether Slack signed this call not long ago ("Verifying requests from Slack", v0). */
export function isSigned({ headers, body }: WebhookRequest, secret: string, now: number): boolean {
  const sentAt = headers['x-slack-request-timestamp'] ?? '';
  const given = headers['x-slack-signature'] ?? '';
  if (!/^\d{1,12}$/.test(sentAt) || Math.abs(now / 1_000 - Number(sentAt)) > ageSecondsMax) return false;
  const made = `v0=${createHmac('sha256', secret).update(`v0:${sentAt}:`).update(body).digest('hex')}`;
  return given.length === made.length && timingSafeEqual(Buffer.from(given), Buffer.from(made));
}
