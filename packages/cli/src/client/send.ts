import { ErrorBody, MessageRequest, MessageStatus } from '@queueclaw/contracts';
import ms, { type StringValue } from 'ms';
import { userInfo } from 'node:os';
import { text as readAll } from 'node:stream/consumers';
import { CommandError, exitCode } from '../exit-code.js';
import { plainText } from './plain-text.js';
import { callerHeaders, serverAddress, terminalConversation } from './server-address.js';

export type SendOptions = { readonly conversation?: string; readonly wait: string; readonly json?: boolean };

const waitMaxMs = 120_000;
const patienceMs = 15_000;

const waitOf = (text: string): number => {
  const waitMs = /^\d/.test(text) ? ms(text as StringValue) : undefined;
  if (waitMs === undefined || !(waitMs >= 0 && waitMs <= waitMaxMs))
    throw new CommandError('--wait must be a duration from 0s to 120s.', exitCode.usage);
  return waitMs;
};

const requestOf = (conversation: string, text: string): MessageRequest => {
  const parsed = MessageRequest.safeParse({ conversation, text });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CommandError(`${issue?.path.join('.') ?? 'message'}: ${issue?.message ?? 'not valid'}`, exitCode.usage);
};

const post = async (request: MessageRequest, waitMs: number): Promise<{ status: number; body: unknown }> => {
  const address = serverAddress(process.env);
  const url = new URL('/api/message', address.base);
  if (waitMs > 0) url.searchParams.set('wait', `${Math.max(1, Math.round(waitMs / 1000))}s`);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...callerHeaders(address) },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(waitMs + patienceMs),
    });
    const body = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(body) };
    } catch {
      throw new CommandError(`${address.base.origin} does not answer as QueueClaw does (HTTP ${answer.status}).`);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
    throw new CommandError(
      `${address.base.origin} cannot be reached (${reason}). Is ./queueclaw up running?`,
      exitCode.unreachable,
    );
  }
};

const say = (status: MessageStatus, waitMs: number): number => {
  if (status.reply !== undefined && status.reply.text !== '') process.stdout.write(`${plainText(status.reply.text)}\n`);
  if (status.status === 'answered') return exitCode.ok;
  if (status.status === 'accepted') {
    process.stderr.write(`${waitMs > 0 ? 'No answer yet; accepted' : 'Accepted'} as ${status.id}.\n`);
    return waitMs > 0 ? exitCode.failed : exitCode.ok;
  }
  process.stderr.write(`${status.status}${status.error ? `: ${status.error.code}: ${status.error.message}` : ''}\n`);
  return exitCode.failed;
};

/** `queueclaw send`: one message over HTTP. 0 answered (or accepted with `--wait 0s`), 1 failed, stopped or no answer yet, 2 usage, 3 unreachable. */
export async function sendCommand(given: string, options: SendOptions): Promise<number> {
  const waitMs = waitOf(options.wait);
  const text = given === '-' ? (await readAll(process.stdin)).trimEnd() : given;
  const request = requestOf(options.conversation ?? terminalConversation(userInfo().username), text);
  const { status, body } = await post(request, waitMs);
  const known = MessageStatus.safeParse(body).data;
  if (options.json) process.stdout.write(`${JSON.stringify(body)}\n`);
  if (status < 400 && known !== undefined) {
    if (!options.json) return say(known, waitMs);
    return known.status === 'answered' || (known.status === 'accepted' && waitMs === 0) ? exitCode.ok : exitCode.failed;
  }
  const error = ErrorBody.safeParse(body).data?.error;
  throw new CommandError(error === undefined ? `The server answered ${status}.` : `${error.code}: ${error.message}`);
}
