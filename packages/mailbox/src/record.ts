import { Reply, ReplyStatus } from '@queueclaw/contracts';

/** What became of a message: kept 24 h under its id. */
export type MessageRecord = {
  readonly digest: string;
  readonly status: 'accepted' | ReplyStatus;
  readonly reply?: Reply;
};

/** Reads `digest \n status \n reply`. A record that does not parse counts as accepted without a reply. */
export function parseRecord(text: string): MessageRecord {
  const [digest = '', status = '', ...rest] = text.split('\n');
  const known = ReplyStatus.safeParse(status);
  if (!known.success) return { digest, status: 'accepted' };
  const reply = Reply.safeParse(parseJson(rest.join('\n')));
  return { digest, status: known.data, ...(reply.success ? { reply: reply.data } : {}) };
}

/** JSON or undefined. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
