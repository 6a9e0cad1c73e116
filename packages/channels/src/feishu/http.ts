import type { HttpInstance, HttpRequestOptions } from '@larksuiteoapi/node-sdk';
import { z } from 'zod';
import { failureOf, isStaleToken, unreachable } from './failure.js';

const callMs = 15_000;
const answerBytesMax = 1_000_000;
const waitSecondsMax = 300;
const Answer = z.looseObject({ code: z.number().int() });

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Its types leave the chunks open; a body of fetch has bytes.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > answerBytesMax) throw unreachable();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answerIn(text: string): z.infer<typeof Answer> | undefined {
  try {
    return Answer.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The SDK copies the fields of what is sent: a form is one of them. */
const formIn = (data: unknown): FormData | undefined =>
  typeof data === 'object' && data !== null && 'form' in data && data.form instanceof FormData ? data.form : undefined;

const waitMsOf = ({ headers }: Response): number | undefined => {
  const seconds = Number(headers.get('x-ogw-ratelimit-reset') ?? Number.NaN);
  return seconds > 0 ? Math.min(seconds, waitSecondsMax) * 1_000 : undefined;
};

/**
 * What the SDK calls the platform with: each call ends after 15 s or with `signal` (or one of its own), follows no redirect and
 * reads at most 1 MB. Resolves to an answer whose code is 0.
 * @param forget is called when the platform no longer knows the token
 */
export function boundedHttp(signal: AbortSignal, forget: () => void): HttpInstance {
  const call = async <R>(options: HttpRequestOptions<unknown> & { signal?: AbortSignal }): Promise<R> => {
    const { url = '', method = 'GET', headers = {}, data } = options;
    const signals = [signal, AbortSignal.timeout(callMs), ...(options.signal === undefined ? [] : [options.signal])];
    const address = new URL(url);
    for (const [name, value] of Object.entries(options.params ?? {})) address.searchParams.set(name, String(value));
    const form = formIn(data);
    // Of a form fetch says the type, which has its boundary.
    const { 'content-type': _, 'Content-Type': __, ...others } = { ...headers } as Record<string, string>;
    const sent = form !== undefined ? others : { ...others, 'content-type': 'application/json; charset=utf-8' };
    let response: Response;
    let text: string;
    try {
      const body = data === undefined ? {} : { body: form ?? JSON.stringify(data) };
      const init = { method, headers: sent, redirect: 'error', signal: AbortSignal.any(signals), ...body } as const;
      response = await fetch(address, init);
      text = await textOf(response);
    } catch {
      throw unreachable();
    }
    const answer = answerIn(text);
    if (isStaleToken(answer?.code)) forget();
    if (!response.ok || answer?.code !== 0)
      throw failureOf({ status: response.status, code: answer?.code, waitMs: waitMsOf(response) });
    // The SDK says what it expects of an answer; whoever asked parses it.
    return answer as R;
  };
  const bare =
    (method: string): HttpInstance['get'] =>
    (url, options) =>
      call({ ...options, url, method });
  const filled =
    (method: string): HttpInstance['post'] =>
    (url, data, options) =>
      call({ ...options, url, method, data });
  return {
    ...{ request: call, get: bare('GET'), delete: bare('DELETE'), head: bare('HEAD'), options: bare('OPTIONS') },
    ...{ post: filled('POST'), put: filled('PUT'), patch: filled('PATCH') },
  };
}
