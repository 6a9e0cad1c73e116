import type { WebhookRequest } from '../contract.js';

function json(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * What a call says: events come as JSON, buttons as JSON in the form field `payload`, and the slash command as a form, which is
 * given the type `slash_command` (whatever it says itself). Undefined when it is nothing of that.
 */
export function contentOf({ headers, body }: WebhookRequest): unknown {
  const text = Buffer.from(body).toString('utf8');
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) return json(text);
  const form = new URLSearchParams(text);
  const payload = form.get('payload');
  return payload === null ? { ...Object.fromEntries(form), type: 'slash_command' } : json(payload);
}
