import { imageTypeOf } from './media-type.js';

/** Of a picture that was not decoded, in pixels. */
export type PictureSize = { readonly width: number; readonly height: number };

const ascii = (view: DataView, at: number, length: number): string =>
  String.fromCharCode(...Array.from({ length }, (_, offset) => view.getUint8(at + offset)));
const uint24 = (view: DataView, at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536;

function ofPng(view: DataView): PictureSize | undefined {
  return ascii(view, 12, 4) === 'IHDR' ? { width: view.getUint32(16), height: view.getUint32(20) } : undefined;
}

const ofGif = (view: DataView): PictureSize => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) });

/** Markers without a length of their own: fillers, restarts, the beginning. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
/** C0 to CF begin a frame, except for three that are tables. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

function ofJpeg(view: DataView): PictureSize | undefined {
  let at = 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at += 1;
    else if (isBare(marker)) at += 2;
    else if (isFrame(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    // The picture itself begins, or ends, without a frame.
    else if (marker === 0xda || marker === 0xd9) return undefined;
    else at += 2 + view.getUint16(at + 2);
  }
}

function ofWebp(view: DataView): PictureSize | undefined {
  const kind = ascii(view, 12, 4);
  if (kind === 'VP8X') return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 };
  if (kind === 'VP8 ') return { width: view.getUint16(26, true) % 16_384, height: view.getUint16(28, true) % 16_384 };
  if (kind !== 'VP8L') return undefined;
  const bits = view.getUint32(21, true);
  return { width: (bits % 16_384) + 1, height: (Math.floor(bits / 16_384) % 16_384) + 1 };
}

const readers = { 'image/png': ofPng, 'image/gif': ofGif, 'image/jpeg': ofJpeg, 'image/webp': ofWebp } as const;

/**
 * How large a PNG, JPEG, WebP or GIF says that it is, which is what decoding it takes memory for; undefined when it does not say.
 * Reads its header alone (of a JPEG: until its frame begins).
 */
export function pictureSizeOf(bytes: Uint8Array): PictureSize | undefined {
  const type = imageTypeOf(bytes);
  if (type === undefined) return undefined;
  try {
    const size = readers[type](new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return size === undefined || size.width === 0 || size.height === 0 ? undefined : size;
  } catch {
    // It ends before it says so.
    return undefined;
  }
}
