import { z } from 'zod';
import type { IncomingFile } from '../contract.js';

const Id = z.string().min(1).max(256);
const Text = z.string().max(200_000);

/** The parts of a robot's message that count here ("Receive messages", stream mode). */
export const Message = z.looseObject({
  msgId: Id,
  msgtype: z.string(),
  /** `1` alone, `2` a group. */
  conversationType: z.string(),
  conversationId: Id,
  senderId: Id,
  /** Of people of the company only. */
  senderStaffId: z.string().max(256).optional(),
  senderNick: z.string().max(1_024).optional(),
  chatbotUserId: z.string().max(256).optional(),
  text: z.looseObject({ content: Text }).optional(),
  content: z.unknown().optional(),
});
export type Message = z.infer<typeof Message>;

const Part = z.looseObject({ text: Text.default(''), type: Text.default(''), downloadCode: Text.default('') });
const Rich = z.looseObject({ richText: z.array(Part).max(1_000) });

/** Who says it: the staff id, which is what answers are sent to. */
export const personOf = ({ senderStaffId: staff, senderId }: Message): string => staff || senderId;
export const isAlone = ({ conversationType: type }: Message): boolean => type === '1';

const Sent = z.looseObject({ downloadCode: Text.optional(), fileName: Text.optional() });
const types: Readonly<Record<string, string | undefined>> = {
  picture: 'image/png',
  audio: 'audio/amr',
  video: 'video/mp4',
  file: undefined,
};

/** A picture, recording, film or file, or the pictures inside a rich text. */
export function filesOf({ msgtype, content }: Message): readonly IncomingFile[] {
  if (msgtype === 'richText')
    return (Rich.safeParse(content).data?.richText ?? []).flatMap(({ type, downloadCode: handle }) =>
      type === 'picture' && handle !== '' ? [{ name: undefined, type: types['picture'], handle }] : [],
    );
  const sent = Object.hasOwn(types, msgtype) ? Sent.safeParse(content).data : undefined;
  if (sent?.downloadCode === undefined) return [];
  const { downloadCode: handle, fileName: name } = sent;
  return [{ name, type: types[msgtype], handle, ...(msgtype === 'audio' ? { voice: true } : {}) }];
}

/** The words of a text or rich text; empty for everything else. DingTalk has taken the mention of the robot out. */
export function wordsOf({ msgtype, text, content }: Message): string {
  if (msgtype === 'text') return text?.content.trim() ?? '';
  const rich = msgtype === 'richText' ? Rich.safeParse(content) : undefined;
  return rich?.success === true
    ? rich.data.richText
        .map((part) => part.text)
        .join('')
        .trim()
    : '';
}
