import { type Blobs, imageTypeOf, pictureSizeOf, readBlob } from '@queueclaw/blobs';
import {
  type Attachment,
  attachmentName,
  imageMediaTypes,
  type ModelImage,
  type ModelMessage,
  type ModelRequest,
} from '@queueclaw/contracts';
import { LRUCache } from 'lru-cache';
import { attachmentKeeper } from './keep-attachments.js';

/** Pictures of one request: the newest count. The models hold to the same bounds. */
const imagesMax = 10;
const imageBytesMax = 5 * 1024 * 1024;
const imagesBytesMax = 20 * 1024 * 1024;
/** Pixels, which is what decoding it takes memory for; a few bytes can say any number. Vendors refuse longer sides. */
const sideMax = 8_000;
const pixelsMax = 40_000_000;

/** What a turn of several steps does not read again. */
const cached = { maxSize: 64 * 1024 * 1024, ttl: 600_000, sizeCalculation: ({ data }: ModelImage) => data.byteLength };

/** Milliseconds that a turn waits for pictures, all together. */
const waitMsMost = 15_000;

/** @param signal pictures that have not come when it aborts are left out */
export type LoadImages = (tenant: string, request: ModelRequest, signal: AbortSignal) => Promise<ModelRequest>;

const unreadable = 'it cannot be read at the moment';

const isPicture = ({ type }: Attachment): boolean => imageMediaTypes.some((known) => known === type);

/** The sentence in place of a picture. Its name is a person's: it cannot end the brackets. */
const omitted = ({ name }: Attachment, why: string): string =>
  `[picture ${attachmentName(name).replace(/[[\]]/g, '_')} is not shown: ${why}]`;

/**
 * Makes pictures of what messages have attached, right before a model is asked: what is stored may have grown old, and a
 * journal with the bytes in it would be too large. For each picture that cannot be shown a sentence says why. Never rejects.
 */
export function imageLoader(blobs: Blobs, waitMs: number = waitMsMost): LoadImages {
  const known = new LRUCache<string, ModelImage>(cached);
  const keep = attachmentKeeper(blobs);

  const load = async (tenant: string, { id, name }: Attachment): Promise<ModelImage | string> => {
    const key = `${tenant}/${id}`;
    const before = known.get(key);
    if (before !== undefined) return { ...before, name };
    try {
      const data = await readBlob(blobs, tenant, id, imageBytesMax);
      const mediaType = data && imageTypeOf(data);
      if (data === undefined) return 'it is no longer kept';
      // Mail is sealed by the ingress, but what it says of bytes is not taken on trust.
      if (mediaType === undefined) return 'it is not a picture';
      const size = pictureSizeOf(data);
      if (size === undefined) return 'it does not say how large it is';
      const { width, height } = size;
      if (Math.max(width, height) > sideMax || width * height > pixelsMax)
        return `its ${width} x ${height} pixels are more than a model is shown`;
      known.set(key, { mediaType, data });
      return { mediaType, data, name };
    } catch {
      return unreadable;
    }
  };

  return async (tenant, request, signal) => {
    if (!request.messages.some(hasAttachments)) return request;
    void keep(
      tenant,
      request.messages.flatMap((message) => (hasAttachments(message) ? (message.attachments ?? []) : [])),
    );
    const late = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
    const { promise: tooLate, resolve } = Promise.withResolvers<string>();
    late.addEventListener('abort', () => resolve(unreadable), { once: true });
    let [count, bytes] = [0, 0];
    const shown: ModelMessage[] = [];
    for (const message of request.messages.toReversed()) {
      if (!hasAttachments(message)) {
        shown.push(message);
        continue;
      }
      const images: ModelImage[] = [];
      const notes: string[] = [];
      for (const attachment of (message.attachments ?? []).filter(isPicture).toReversed()) {
        const { size } = attachment;
        let image: ModelImage | string = 'newer ones take its place';
        if (size > imageBytesMax) image = 'it is larger than 5 MiB';
        else if (late.aborted) image = unreadable;
        else if (count < imagesMax && bytes + size <= imagesBytesMax)
          image = await Promise.race([load(tenant, attachment), tooLate]);
        if (typeof image === 'string') notes.push(omitted(attachment, image));
        else {
          images.push(image);
          count += 1;
          bytes += size;
        }
      }
      const text = [message.text, ...notes.toReversed()].filter((line) => line !== '').join('\n');
      shown.push({ role: 'user', text, ...(images.length === 0 ? {} : { images: images.toReversed() }) });
    }
    return { ...request, messages: shown.toReversed() };
  };
}

type UserMessage = Extract<ModelMessage, { role: 'user' }>;

const hasAttachments = (message: ModelMessage): message is UserMessage =>
  message.role === 'user' && message.attachments !== undefined;

/** The request without its pictures; undefined when it has none. For a model that has refused it, maybe because of them. */
export function withoutImages(request: ModelRequest): ModelRequest | undefined {
  if (!request.messages.some((message) => message.role === 'user' && message.images !== undefined)) return undefined;
  const messages = request.messages.map((message): ModelMessage => {
    if (message.role !== 'user' || message.images === undefined) return message;
    return { role: 'user', text: `${message.text}\n[the model cannot read the pictures of this message]` };
  });
  return { ...request, messages };
}
