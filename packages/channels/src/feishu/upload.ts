import type { OutgoingFile } from '../contract.js';
import { fileBytes } from '../file-bytes.js';

const pictureBytesMax = 10_000_000;
const pictures: readonly string[] = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
const fileTypes: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'audio/ogg': 'opus',
  'video/mp4': 'mp4',
};

/** How a file is uploaded, and the kind of message that it becomes. */
export type Upload = { readonly path: string; readonly form: FormData; readonly kind: 'image' | 'audio' | 'file' };

/** A file as Feishu takes it: pictures, voice messages (Opus), everything else as it is. @throws AppError `channel.failed` */
export async function uploadOf(file: OutgoingFile): Promise<Upload> {
  const { name, type, size } = file;
  const content = new File([await fileBytes(file)], name);
  const form = new FormData();
  if (pictures.includes(type) && size <= pictureBytesMax) {
    form.set('image_type', 'message');
    form.set('image', content);
    return { path: 'open-apis/im/v1/images', form, kind: 'image' };
  }
  form.set('file_type', fileTypes[type] ?? 'stream');
  form.set('file_name', name);
  form.set('file', content);
  return { path: 'open-apis/im/v1/files', form, kind: type === 'audio/ogg' ? 'audio' : 'file' };
}
