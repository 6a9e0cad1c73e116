import { AppError } from '@queueclaw/contracts';
import type { WebClient } from '@slack/web-api';
import type { OutgoingFile } from '../contract.js';
import { fileBytes } from '../file-bytes.js';

const uploadMs = 20_000;

/** Uploads a file to where Slack says, then shares it. What was uploaded and never shared nobody sees. */
export async function sendFile(
  web: WebClient,
  file: OutgoingFile,
  where: { readonly channel: string; readonly thread_ts?: string },
  signal: AbortSignal,
): Promise<void> {
  const { upload_url: url, file_id: id } = await web.files.getUploadURLExternal({
    filename: file.name,
    length: file.size,
  });
  if (url === undefined || id === undefined) throw new AppError('channel.failed');
  const uploaded = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: await fileBytes(file),
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(uploadMs)]),
  });
  await uploaded.body?.cancel();
  if (!uploaded.ok)
    throw new AppError('channel.failed', { publicMessage: `Slack: HTTP ${uploaded.status} at an upload.` });
  const files: [{ id: string; title: string }] = [{ id, title: file.name }];
  const { channel, thread_ts: thread } = where;
  await web.files.completeUploadExternal(
    thread === undefined ? { files, channel_id: channel } : { files, channel_id: channel, thread_ts: thread },
  );
}
