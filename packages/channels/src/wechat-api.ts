import { AppError } from '@queueclaw/contracts';
import { z } from 'zod';

const callMs = 15_000;
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
};

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

  return {
    check: async () => void (await tokenNow()),
    post: async (path, data, ends) => {
      let text = await tokenNow();
      for (let tries = 0; ; tries += 1) {
        const joint = path.includes('?') ? '&' : '?';
        const answer = await call(`${path}${joint}access_token=${encodeURIComponent(text)}`, data, ends);
        const code = codeIn(answer);
        if (code === 0) return answer;
        if (!staleToken.has(code)) throw failureOf(code);
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
    },
  };
}
