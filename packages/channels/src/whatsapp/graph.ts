import { AppError } from '@queueclaw/contracts';
import { z } from 'zod';
import type { IncomingFile } from '../contract.js';
import { fetchBytes } from '../fetch-bytes.js';
import type { WhatsAppConfig } from './config.js';

const Failure = z.object({ error: z.looseObject({ code: z.number().int(), message: z.string().default('') }) });

const NumberInfo = z.object({
  display_phone_number: z.string().max(64).optional(),
  verified_name: z.string().max(256).optional(),
});

const callMs = 15_000;
/** Too many, for the app, the account, the number or the pair of people; and trouble of theirs that passes. */
const passing = new Set([1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_048, 131_056, 131_057]);
/** Too many to the same person. */
const pairLimit = 131_056;
const windowClosed = 131_047;
const retryAfterMs = 30_000;

/** Calls the Graph API for one number. @throws AppError `channel.failed`, `channel.rejected`; names no token */
export type Graph = (body: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<void>;

function failureOf(status: number, body: unknown): AppError {
  const parsed = Failure.safeParse(body);
  const code = parsed.success ? parsed.data.error.code : undefined;
  if (code === windowClosed) {
    const publicMessage = 'WhatsApp: more than 24 hours since the person wrote; only a template may be sent now.';
    return new AppError('channel.rejected', { publicMessage });
  }
  const what = parsed.success ? ` ${parsed.data.error.code} ${parsed.data.error.message}` : '';
  const publicMessage = `WhatsApp: ${status}${what}`.slice(0, 300);
  if (status === 429 || (code !== undefined && passing.has(code)))
    return new AppError('channel.failed', {
      publicMessage,
      retryAfterMs,
      waits: code === pairLimit ? 'chat' : 'account',
    });
  const forGood = status >= 400 && status < 500 && status !== 401;
  return new AppError(forGood ? 'channel.rejected' : 'channel.failed', { publicMessage });
}

/** @param path below the API's root */
async function ask(
  { api_root: root, access_token: token }: WhatsAppConfig,
  path: string,
  body: Readonly<Record<string, unknown>> | FormData | undefined,
  signal: AbortSignal,
): Promise<unknown> {
  const form = body instanceof FormData;
  let response: Response;
  try {
    response = await fetch(`${root.replace(/\/$/, '')}/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, ...(form ? {} : { 'content-type': 'application/json' }) },
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(callMs)]),
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new AppError('channel.failed', { publicMessage: 'WhatsApp cannot be reached.' });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw failureOf(response.status, answer);
  return answer;
}

/** Asks whether the number and the token fit together; what people see of it, when that is told. @throws AppError `channel.failed`, `channel.rejected` */
export async function checkNumber(config: WhatsAppConfig, signal: AbortSignal): Promise<string | undefined> {
  const fields = 'id,display_phone_number,verified_name';
  const told = NumberInfo.safeParse(await ask(config, `${config.phone_number_id}?fields=${fields}`, undefined, signal));
  const { display_phone_number: number, verified_name: name } = told.data ?? {};
  return [number, name].filter(Boolean).join(', ') || undefined;
}

/** Posts to `/<number>/messages`. */
export const postMessage =
  (config: WhatsAppConfig): Graph =>
  async (body, signal) =>
    void (await ask(config, `${config.phone_number_id}/messages`, { messaging_product: 'whatsapp', ...body }, signal));

const Uploaded = z.object({ id: z.string().min(1).max(256) });

/** Uploads a file, which lives for some weeks; its id. @throws AppError `channel.failed`, `channel.rejected` */
export async function uploadMedia(
  config: WhatsAppConfig,
  { name, type }: { readonly name: string; readonly type: string },
  bytes: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<string> {
  const form = new FormData();
  form.set('messaging_product', 'whatsapp');
  form.set('type', type);
  form.set('file', new File([bytes], name, { type }));
  return Uploaded.parse(await ask(config, `${config.phone_number_id}/media`, form, signal)).id;
}

const Place = z.looseObject({ url: z.string().max(4_096) });

/**
 * The bytes of what somebody sent: asked for by its id, then from where Meta keeps files and from nowhere else.
 * @throws AppError `channel.failed`, `channel.rejected`
 */
export async function fetchMedia(
  config: WhatsAppConfig,
  file: IncomingFile,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const told = Place.safeParse(await ask(config, file.handle, undefined, signal));
  const url = URL.parse(told.data?.url ?? '');
  const known = url?.origin === 'https://lookaside.fbsbx.com' || url?.origin === URL.parse(config.api_root)?.origin;
  if (url === null || !known) throw new AppError('channel.rejected');
  return fetchBytes(url, { authorization: `Bearer ${config.access_token}` }, signal, file);
}
