import { AppError, channelConversation } from '@queueclaw/contracts';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Incoming, IncomingFile, ParseContext } from './contract.js';

const Id = z.string().min(1).max(128);
const Short = z.string().max(2_048);

/** The parts of a message that count here, as WeCom's apps and official accounts send them to a webhook. */
export const WeChatMessage = z.looseObject({
  ToUserName: Id,
  FromUserName: Id,
  MsgType: z.string().max(64),
  /** Of everything but events. */
  MsgId: z.string().max(64).optional(),
  AgentID: z.string().max(32).optional(),
  Content: z.string().max(131_072).optional(),
  MediaId: z.string().max(512).optional(),
  /** Of voice: `amr`, or `speex`. */
  Format: z.string().max(32).optional(),
  /** What a voice message says, where the platform writes it down. */
  Recognition: z.string().max(65_536).optional(),
  Title: Short.optional(),
  Url: Short.optional(),
  Label: Short.optional(),
  Location_X: z.string().max(32).optional(),
  Location_Y: z.string().max(32).optional(),
});
export type WeChatMessage = z.infer<typeof WeChatMessage>;

const textCharsMax = 16_000;
const hashed = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 40);

const media: ReadonlyMap<string, string> = new Map([
  ['image', 'image/jpeg'],
  ['voice', 'audio/amr'],
  ['video', 'video/mp4'],
  ['shortvideo', 'video/mp4'],
  ['file', ''],
]);

/** What came with a message; of what was spoken, nothing where the platform has written it down. */
export function filesOf({
  MsgType: type,
  MediaId: handle,
  Title,
  Recognition,
}: WeChatMessage): readonly IncomingFile[] {
  const kind = media.get(type);
  const voice = type === 'voice';
  if (kind === undefined || !handle || (voice && Recognition?.trim())) return [];
  const name = type === 'file' && Title ? Title : undefined;
  return [{ name, type: kind || undefined, handle, ...(voice ? { voice } : {}) }];
}

/** The words of a message: its text, or what was spoken. Empty for events, files and what is unknown. */
export function wordsOf(message: WeChatMessage): string {
  const { MsgType: type, Content, Recognition, Title, Url, Label, Location_X: x, Location_Y: y } = message;
  if (type === 'text') return Content?.trim() ?? '';
  if (type === 'voice' && Recognition?.trim()) return Recognition.trim();
  if (type === 'location') return `[a place: ${[Label, x, y].filter(Boolean).join(', ')}]`;
  if (type === 'link') return [Title, Url].filter(Boolean).join(' ').trim();
  return '';
}

/**
 * A message as mail: each person is a conversation. What the account says itself and events are nothing.
 * @throws AppError `request.invalid` for what is no message
 */
export function parseWeChat(channel: string, payload: unknown, { account, self }: ParseContext): readonly Incoming[] {
  const parsed = WeChatMessage.safeParse(payload);
  if (!parsed.success) throw new AppError('request.invalid');
  const { FromUserName: from, ToUserName: to, MsgId: id } = parsed.data;
  const text = wordsOf(parsed.data);
  const files = filesOf(parsed.data);
  if ((text === '' && files.length === 0) || !id || from === self || from === to) return [];
  return [
    {
      conversation: channelConversation({ channel, account, peer: peerOf(from) }),
      place: { kind: 'direct', id: from },
      addressed: true,
      ...(files.length === 0 ? {} : { files }),
      mail: {
        id: `c${hashed(id)}`,
        text: text.slice(0, textCharsMax).toWellFormed(),
        from: { id: from },
        language: 'zh-CN',
        route: { channel, account, address: { to: from, message: id } },
      },
    },
  ];
}

/** People's ids are letters and digits as a rule; a company may choose others. */
const peerOf = (id: string): string => (/^[\w-]{1,64}$/.test(id) ? id : hashed(id));
