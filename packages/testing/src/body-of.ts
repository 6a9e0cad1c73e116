import type { IncomingMessage } from 'node:http';

/** The body of a call to a fake: JSON, or the fields of a form, whose files are `File`s. */
export async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('multipart/'))
    return Object.fromEntries(await new Response(whole, { headers: { 'content-type': type } }).formData());
  return whole.length === 0 ? {} : (JSON.parse(whole.toString('utf8')) as Record<string, unknown>);
}
