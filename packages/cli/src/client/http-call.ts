import { ErrorBody } from '@queueclaw/contracts';
import { CommandError, exitCode } from '../exit-code.js';
import { callerHeaders, type ServerAddress } from './server-address.js';
import { tell } from '../phrases/index.js';

export type HttpCall = {
  /** Path and query. */
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** Longest time until the whole answer is there, milliseconds; 15 s unless given. */
  readonly patienceMs?: number;
};

const patienceMsUsual = 15_000;

const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
};

/** The error for a server that is not there. */
export function unreachable({ base, hint }: ServerAddress, reason: string): CommandError {
  return new CommandError(tell('error.unreachable', { server: base.origin, reason, hint }), exitCode.unreachable);
}

/** Sends a request. @throws CommandError (unreachable) when nobody answers in time */
export async function callServer(address: ServerAddress, call: HttpCall): Promise<Response> {
  const { path, method = 'GET', body, patienceMs = patienceMsUsual } = call;
  try {
    return await fetch(new URL(path, address.base), {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...callerHeaders(address) },
      signal: AbortSignal.timeout(patienceMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw unreachable(address, reasonOf(error));
  }
}

/** The JSON that a server answers, whatever its status. @throws CommandError when it is none, or breaks off */
export async function jsonOf(address: ServerAddress, response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    throw unreachable(address, reasonOf(error));
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(tell('error.not_ours', { server: address.base.origin, status: response.status }));
  }
}

/** What a refusal says, with what to do about a missing token. */
export function refusal(address: ServerAddress, status: number, body: unknown): CommandError {
  const error = ErrorBody.safeParse(body).data?.error;
  if (error === undefined) return new CommandError(tell('error.http', { server: address.base.origin, status }));
  const { tokenVariable } = address;
  const hint =
    status === 401
      ? tell('hint.token', { variable: tokenVariable })
      : error.code === 'auth.forbidden'
        ? tell('hint.scope', { variable: tokenVariable })
        : '';
  return new CommandError(`${error.code}: ${error.message}${hint}`, exitCode.failed, error.code);
}

/** The JSON of an answer that is not an error. @throws CommandError */
export async function callJson(address: ServerAddress, call: HttpCall): Promise<unknown> {
  const response = await callServer(address, call);
  if (response.status === 204) return undefined;
  const body = await jsonOf(address, response);
  if (!response.ok) throw refusal(address, response.status, body);
  return body;
}
