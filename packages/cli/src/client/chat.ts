import { ConversationId } from '@queueclaw/contracts';
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import { CommandError, exitCode } from '../exit-code.js';
import { openChatSession } from './chat-session.js';
import { unreachable } from './http-call.js';
import { serverAddress, terminalConversation } from './server-address.js';
import { createTranscriptView } from './transcript-view.js';
import { tell } from '../phrases/index.js';

const help = tell('chat.help');
const attemptsBeforeGivingUp = 4;

const conversationOf = (given: string | undefined): string => {
  const parsed = ConversationId.safeParse(given ?? terminalConversation(userInfo().username));
  if (parsed.success) return parsed.data;
  throw new CommandError(`--conversation ${parsed.error.issues[0]?.message ?? 'is not valid'}.`, exitCode.usage);
};

/**
 * `queueclaw chat`: a conversation in the terminal. Without a terminal it reads lines from stdin, sends each, and ends after
 * the last answer. Returns 0, 1 when a message failed (without a terminal), 3 when the server cannot be reached.
 */
export async function chatCommand(options: { readonly conversation?: string }): Promise<number> {
  const address = await serverAddress(process.env);
  const conversation = conversationOf(options.conversation);
  const interactive = process.stdin.isTTY === true && process.stdout.isTTY === true;
  const view = createTranscriptView((text) => void process.stdout.write(text), interactive);
  const lines = createInterface({
    input: process.stdin,
    ...(interactive ? { output: process.stdout, prompt: '> ' } : {}),
  });
  const end = Promise.withResolvers<number>();
  let connected = false;
  let anyFailed = false;
  let inputEnded = false;
  let interrupted = false;
  // Without a terminal a line is said when the one before it is answered, as a person would.
  const later: string[] = [];

  const prompt = (): void => {
    if (interactive) lines.prompt();
  };
  const say = (text: string): void => {
    if (!interactive && session.waiting() > 0) later.push(text);
    else session.say(text);
  };
  const finish = (): void => {
    const next = session.waiting() === 0 ? later.shift() : undefined;
    if (next !== undefined) session.say(next);
    if (inputEnded && session.waiting() === 0) end.resolve(anyFailed && !interactive ? exitCode.failed : exitCode.ok);
  };
  const session = openChatSession({
    address,
    conversation,
    view,
    newId: randomUUID,
    onConnected: () => {
      if (!connected && interactive) view.note(tell('chat.hello', { server: address.base.origin, conversation }));
      else if (connected && interactive) view.note(tell('chat.again'));
      connected = true;
      prompt();
    },
    onSettled: (failed) => {
      anyFailed ||= failed;
      interrupted = false;
      if (session.waiting() === 0) prompt();
      finish();
    },
    onDown: (reason, attempt) => {
      if (attempt === 1 && connected) view.note(tell('chat.down', { reason }));
      if (connected || attempt < attemptsBeforeGivingUp) return;
      end.reject(unreachable(address, reason));
    },
    onRefused: (reason) => {
      const hint = address.token === undefined ? tell('hint.is_token_set') : '';
      end.reject(new CommandError(`${tell('error.refused', { server: address.base.origin, reason })}${hint}`));
    },
  });

  lines.on('line', (line) => {
    interrupted = false;
    const text = line.trim();
    if (text === '/quit' || text === '/exit') return end.resolve(exitCode.ok);
    if (text === '/stop') return session.stopTurn();
    if (text === '/help' && interactive) view.note(help);
    else if (text !== '') return say(text);
    prompt();
  });
  lines.on('SIGINT', () => {
    if (interrupted) return end.resolve(exitCode.ok);
    interrupted = true;
    if (session.waiting() > 0) {
      session.stopTurn();
      view.note(tell('chat.stopping'));
    } else view.note(tell('chat.leave'));
    prompt();
  });
  lines.on('close', () => {
    inputEnded = true;
    if (interactive) end.resolve(exitCode.ok);
    finish();
  });
  try {
    return await end.promise;
  } finally {
    session.close();
    lines.close();
    process.stdin.unref?.();
  }
}
