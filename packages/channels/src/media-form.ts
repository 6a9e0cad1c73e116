import type { OutgoingFile } from './contract.js';
import { fileBytes } from './file-bytes.js';

/** The form that uploads a file to WeCom, WeChat and DingTalk. @throws AppError `channel.failed` */
export async function mediaForm(file: OutgoingFile): Promise<FormData> {
  const form = new FormData();
  form.set('media', new File([await fileBytes(file)], file.name, { type: file.type }));
  return form;
}
