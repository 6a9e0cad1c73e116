import { imageMediaTypes, MediaType, unknownType } from '@queueclaw/contracts';

type ImageType = (typeof imageMediaTypes)[number];

/** So many bytes tell what a picture is. */
export const headBytes = 16;

const startsWith = (head: Uint8Array, at: number, text: string): boolean =>
  Buffer.from(head.buffer, head.byteOffset + at, Math.max(0, Math.min(text.length, head.length - at))).toString(
    'latin1',
  ) === text;

/** The kind of picture that these bytes begin, by their signature; undefined when it is none that models take. */
export function imageTypeOf(head: Uint8Array): ImageType | undefined {
  if (startsWith(head, 0, '\x89PNG\r\n\x1a\n')) return 'image/png';
  if (startsWith(head, 0, '\xff\xd8\xff')) return 'image/jpeg';
  if (startsWith(head, 0, 'GIF87a') || startsWith(head, 0, 'GIF89a')) return 'image/gif';
  return startsWith(head, 0, 'RIFF') && startsWith(head, 8, 'WEBP') ? 'image/webp' : undefined;
}

const isImageType = (type: string): boolean => imageMediaTypes.some((known) => known === type);

/** The media type of bytes: a picture's by what they are, any other by what their sender says. */
export function mediaTypeOf(head: Uint8Array, claimed: string | undefined): string {
  const image = imageTypeOf(head);
  if (image !== undefined) return image;
  const plain = claimed?.split(';')[0]?.trim().toLowerCase() ?? '';
  return MediaType.safeParse(plain).success && !isImageType(plain) ? plain : unknownType;
}
