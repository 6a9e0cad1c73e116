import { MessageRequest, MessageStatus } from '@queueclaw/contracts';
import ms, { type StringValue } from 'ms';
import { userInfo } from 'node:os';
import { text as readAll } from 'node:stream/consumers';
import { CommandError, exitCode } from '../exit-code.js';
import { fileLine } from './file-line.js';
import { callServer, jsonOf, refusal } from './http-call.js';
import { plainText } from './plain-text.js';
import { serverAddress, terminalConversation } from './server-address.js';
import { tell } from '../phrases/index.js';

export type SendOptions = { readonly conversation?: string; readonly wait: string; readonly json?: boolean };

const waitMaxMs = 120_000;
const patienceMs = 15_000;

const waitOf = (text: string): number => {
  const waitMs = /^\d/.test(text) ? ms(text as StringValue) : undefined;
  if (waitMs === undefined || !(waitMs >= 0 && waitMs <= waitMaxMs))
    throw new CommandError(tell('error.wait'), exitCode.usage);
  return waitMs;
};

const requestOf = (conversation: string, text: string): MessageRequest => {
  const parsed = MessageRequest.safeParse({ conversation, text });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new CommandError(
    tell('error.message', { issue: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}` }),
    exitCode.usage,
  );
};

const queryOf = (waitMs: number): string => (waitMs > 0 ? `?wait=${Math.max(1, Math.round(waitMs / 1000))}s` : '');

/** Whether the person got what they asked for: a command like /stop ends in `stopped`. */
const isDone = ({ status }: MessageStatus, text: string, waitMs: number): boolean =>
  status === 'answered' || (status === 'accepted' && waitMs === 0) || (status === 'stopped' && text.startsWith('/'));

const statusWords = (status: MessageStatus['status']): string =>
  status === 'failed' ? tell('send.failed') : status === 'stopped' ? tell('send.stopped') : status;

const say = (status: MessageStatus, done: boolean, wait: string, base: URL): void => {
  if (status.reply !== undefined && status.reply.text !== '') process.stdout.write(`${plainText(status.reply.text)}\n`);
  for (const file of status.reply?.attachments ?? []) process.stdout.write(`${plainText(fileLine(file, base))}\n`);
  if (status.status === 'accepted') {
    const { id, conversation } = status;
    const late = tell('send.late', { wait, id, conversation });
    process.stderr.write(`${done ? tell('send.accepted', { id }) : late}\n`);
  } else if (!done)
    process.stderr.write(
      `${statusWords(status.status)}${status.error ? `: ${status.error.code}: ${status.error.message}` : ''}\n`,
    );
};

/** `queueclaw send`: one message over HTTP. 0 answered (or accepted with `--wait 0s`), 1 failed, stopped or no answer yet, 2 usage, 3 unreachable. */
export async function sendCommand(given: string, options: SendOptions): Promise<number> {
  const waitMs = waitOf(options.wait);
  const text = given === '-' ? (await readAll(process.stdin)).trimEnd() : given;
  const request = requestOf(options.conversation ?? terminalConversation(userInfo().username), text);
  const address = await serverAddress(process.env);
  const path = `/api/message${queryOf(waitMs)}`;
  const response = await callServer(address, { path, method: 'POST', body: request, patienceMs: waitMs + patienceMs });
  const body = await jsonOf(address, response);
  const status = MessageStatus.safeParse(body).data;
  if (!response.ok || status === undefined) throw refusal(address, response.status, body);
  const done = isDone(status, text, waitMs);
  if (options.json) process.stdout.write(`${JSON.stringify(body)}\n`);
  else say(status, done, options.wait, address.base);
  return done ? exitCode.ok : exitCode.failed;
}
