import { AppError, type Route } from '@queueclaw/contracts';
import { type Api, GrammyError, InputFile } from 'grammy';
import type { OutgoingFile } from '../contract.js';
import { failureOf } from './failure.js';

type Signal = Parameters<Api['getMe']>[0];

const photoBytesMax = 10_000_000;
const photos: readonly string[] = ['image/png', 'image/jpeg', 'image/webp'];

/** What Telegram takes neither as a picture nor as a voice message, it may take as a file. */
const isKindRefused = (thrown: unknown): boolean =>
  thrown instanceof GrammyError &&
  thrown.error_code === 400 &&
  /PHOTO_|IMAGE_PROCESS|VOICE_MESSAGES|wrong type|wrong file/i.test(thrown.description);

/** Sends a file: small pictures as pictures, OGG as a voice message, everything else as it is. */
export async function sendFile(
  api: Api,
  file: OutgoingFile,
  { address = {} }: Route,
  until: AbortSignal,
): Promise<void> {
  const { chat, thread } = address;
  if (chat === undefined) throw new AppError('channel.rejected');
  const { name, type, size } = file;
  const signal = until as unknown as Signal;
  const where = thread === undefined ? {} : { message_thread_id: Number(thread) };
  // grammY puts the name into a header as it is.
  const quoted = `"${name.replaceAll('"', "'")}"`;
  const bytes = (): InputFile => new InputFile(() => file.open(), quoted);
  const plain = (): Promise<unknown> => api.sendDocument(chat, bytes(), where, signal);
  const fitting = (): Promise<unknown> => {
    if (photos.includes(type) && size <= photoBytesMax) return api.sendPhoto(chat, bytes(), where, signal);
    return type === 'audio/ogg' ? api.sendVoice(chat, bytes(), where, signal) : plain();
  };
  try {
    await fitting().catch((thrown: unknown) => (isKindRefused(thrown) ? plain() : Promise.reject(thrown)));
  } catch (thrown) {
    throw failureOf(thrown);
  }
}
