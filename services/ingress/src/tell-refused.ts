import type { Incoming } from '@queueclaw/channels';
import { type AppError, type ErrorCode, type PhraseKey, pickLanguage, say } from '@queueclaw/contracts';
import type { SendGate } from '@queueclaw/mailbox';
import type { OpenAccount } from './from-channels.js';
import { sendInTurn } from './send-in-turn.js';

const phrases: Readonly<Partial<Record<ErrorCode, PhraseKey>>> = {
  'conversation.busy': 'mail.full',
  'attachment.unreadable': 'mail.unreadable',
  'attachment.voice': 'mail.voice',
};
const phraseFor = (code: ErrorCode): PhraseKey => phrases[code] ?? 'mail.refused';

export type TellRefused = {
  readonly account: string;
  readonly open: () => Pick<OpenAccount, 'channel' | 'code' | 'connection'> | undefined;
  readonly gate: SendGate | undefined;
  readonly signal: AbortSignal;
};

/**
 * Tells a person that a message was not accepted: at once or not at all, since what comes next is not to wait for it.
 * Never rejects.
 */
export async function tellRefused(
  { account, open, gate, signal }: TellRefused,
  { conversation, mail }: Incoming,
  error: AppError,
): Promise<void> {
  const { channel, code, connection: { send } = {} } = open() ?? {};
  if (channel === undefined || code === undefined || send === undefined) return;
  const text = say(pickLanguage(mail.language), phraseFor(error.code), { reason: error.publicMessage });
  const base = { v: 1 as const, id: `refused-${mail.id}`.slice(0, 160), turn: 0, answers: [mail.id], at: Date.now() };
  const turn = { gate, channel, to: { ...mail.route, account }, conversation, before: false, waits: false, signal };
  try {
    for (const [part, out] of code.render({ ...base, text, status: 'failed', route: mail.route }).entries())
      await sendInTurn(turn, () => send(out, mail.route, `${account}/${mail.id}/refused/${part}`, signal));
  } catch {
    // Who is not told sees that no answer comes.
  }
}
