import { AppError } from '@queueclaw/contracts';
import { z } from 'zod';

const callMs = 15_000;
const refusalBytesMax = 65_536;
const earlyMs = 300_000;
/** Platforms count how often they are made to give another token before the time. */
const anewEveryMs = 600_000;

const Answer = z.looseObject({ errcode: z.number().int().default(0) });
const Token = z.looseObject({ access_token: z.string().min(1).max(1_024), expires_in: z.number().positive() });

/** Asks for a token. Platforms tell the one that is out again while it lasts, unless `anew`. */
export type TokenRequest = (anew: boolean) => { readonly path: string; readonly body?: object };

export type WeChatApiOptions = {
  /** The API's address, for people `WeCom` or the like, and what its error codes mean. */
  readonly root: string;
  readonly title: string;
  readonly token: TokenRequest;
  readonly failureOf: (code: number) => AppError;
  /** Codes that say that a token has ended. */
  readonly staleToken: ReadonlySet<number>;
  /** Ends every call. */
  readonly signal: AbortSignal;
};

/** An API that takes a token in its addresses. Everything throws AppError `channel.failed` or `channel.rejected`; none names a token. */
export type WeChatApi = {
  /** Asks for a token, unless one is known. */
  check(): Promise<void>;
  /** @param data JSON, or a form. @returns what was answered, with `errcode` 0 */
  post(path: string, data: object, signal: AbortSignal): Promise<unknown>;
  /** What somebody sent, by its media id; it is kept for three days. */
  fetchMedia(id: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
};

type Got<T> = { readonly value: T } | { readonly code: number };

/** What is said instead of a file; undefined when it is no short JSON. */
async function refusalIn(body: AsyncIterable<Uint8Array>): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size > refusalBytesMax) return undefined;
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** A token is kept until five minutes before its end; one that ended before is asked for again, and the call made once more. */
export function wechatApi({ root, title, token, failureOf, staleToken, signal }: WeChatApiOptions): WeChatApi {
  const base = root.replace(/\/$/, '');
  let known: { readonly text: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  let anewAt = -anewEveryMs;
  const unreachable = (): AppError => new AppError('channel.failed', { publicMessage: `${title} cannot be reached.` });

  const ended = (): AppError => new AppError('channel.failed', { publicMessage: `${title} refuses its own token.` });

  const call = async (path: string, data: object | undefined, ends: AbortSignal): Promise<unknown> => {
    const form = data instanceof FormData;
    try {
      const response = await fetch(`${base}${path}`, {
        method: data === undefined ? 'GET' : 'POST',
        headers: { ...(form ? {} : { 'content-type': 'application/json' }), accept: 'application/json' },
        ...(data === undefined ? {} : { body: form ? data : JSON.stringify(data) }),
        redirect: 'error',
        signal: AbortSignal.any([signal, ends, AbortSignal.timeout(callMs)]),
      });
      if (!response.ok) {
        await response.body?.cancel();
        throw unreachable();
      }
      return JSON.parse(await response.text());
    } catch {
      throw unreachable();
    }
  };
  const codeIn = (answer: unknown): number => {
    const parsed = Answer.safeParse(answer);
    if (!parsed.success) throw unreachable();
    return parsed.data.errcode;
  };
  const askToken = async (anew: boolean): Promise<string> => {
    const { path, body } = token(anew);
    const answer = await call(path, body, signal);
    const code = codeIn(answer);
    if (code !== 0) throw failureOf(code);
    const parsed = Token.safeParse(answer);
    if (!parsed.success) throw unreachable();
    const { access_token: text, expires_in: seconds } = parsed.data;
    known = { text, until: Date.now() + Math.max(seconds * 1_000 - earlyMs, 0) };
    return text;
  };
  const tokenNow = async (anew = false): Promise<string> => {
    if (known !== undefined && known.until > Date.now()) return known.text;
    asking ??= askToken(anew).finally(() => (asking = undefined));
    return asking;
  };
  const forget = (text: string): void => void (known?.text === text && (known = undefined));

  /** @param run calls a path that has the token in it; what it got, or the code of a refusal */
  const withToken = async <T>(path: string, run: (path: string) => Promise<Got<T>>): Promise<T> => {
    let text = await tokenNow();
    for (let tries = 0; ; tries += 1) {
      const joint = path.includes('?') ? '&' : '?';
      const got = await run(`${path}${joint}access_token=${encodeURIComponent(text)}`);
      if ('value' in got) return got.value;
      if (!staleToken.has(got.code)) throw failureOf(got.code);
      forget(text);
      if (tries > 0) throw ended();
      const refused = text;
      text = await tokenNow();
      if (text !== refused) continue;
      if (performance.now() - anewAt < anewEveryMs) throw ended();
      anewAt = performance.now();
      forget(refused);
      text = await tokenNow(true);
    }
  };
  /** Files have a name in a header; refusals are JSON without one, and say 200 too. */
  const fetched = async (path: string, ends: AbortSignal): Promise<Got<AsyncIterable<Uint8Array>>> => {
    const signals = AbortSignal.any([signal, ends]);
    const response = await fetch(`${base}${path}`, { redirect: 'error', signal: signals }).catch(() => undefined);
    if (response?.ok !== true || response.body === null) {
      await response?.body?.cancel().catch(() => undefined);
      throw unreachable();
    }
    if (response.headers.has('content-disposition')) return { value: response.body };
    const code = codeIn(await refusalIn(response.body));
    // Something else than a file, like the address of a film.
    if (code === 0) throw new AppError('channel.rejected', { publicMessage: `${title} gives out no such file.` });
    return { code };
  };

  return {
    check: async () => void (await tokenNow()),
    post: (path, data, ends) =>
      withToken(path, async (address) => {
        const value = await call(address, data, ends);
        const code = codeIn(value);
        return code === 0 ? { value } : { code };
      }),
    fetchMedia: (id, ends) =>
      withToken(`/cgi-bin/media/get?media_id=${encodeURIComponent(id)}`, (address) => fetched(address, ends)),
  };
}
