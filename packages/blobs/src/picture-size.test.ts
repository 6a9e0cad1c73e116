import { expect, it } from 'vitest';
import { pictureSizeOf } from './picture-size.js';

const bytes = (...parts: (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))));
const png = bytes('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'IHDR', [0, 0, 0x75, 0x30, 0, 1, 0, 2, 8, 6, 0, 0, 0]);
const gif = bytes('GIF89a', [0x80, 0x02, 0xe0, 0x01, 0, 0, 0]);
const segment = (marker: number, length: number): Buffer =>
  bytes([0xff, marker, length >> 8, length & 255], '\0'.repeat(length - 2));
const frame = (marker: number): Buffer => bytes([0xff, marker, 0, 17, 8, 0x0b, 0xb8, 0x0f, 0xa0], '\0'.repeat(10));
const jpeg = (...parts: Buffer[]): Buffer => Buffer.concat([bytes([0xff, 0xd8]), ...parts]);
const webp = (kind: string, ...rest: number[]): Buffer => bytes('RIFF', [0, 0, 0, 0], 'WEBP', kind, [0, 0, 0, 0], rest);

it.each([
  ['a PNG', png, 30_000, 65_538],
  ['a GIF', gif, 640, 480],
  [
    'a JPEG behind its tables, fillers and a preview',
    jpeg(segment(0xe0, 16), bytes([0xff, 0xff]).subarray(0, 1), segment(0xe1, 700), segment(0xc4, 30), frame(0xc0)),
    4_000,
    3_000,
  ],
  ['a progressive JPEG', jpeg(frame(0xc2)), 4_000, 3_000],
  ['a WebP with losses', webp('VP8 ', 0, 0, 0, 0x9d, 1, 0x2a, 0x90, 1, 0x2c, 0x41), 400, 300],
  ['a WebP without losses', webp('VP8L', 0x2f, 0x8f, 0xc1, 0x4a, 0), 400, 300],
  ['a WebP with more in it', webp('VP8X', 0, 0, 0, 0, 0x8f, 1, 0, 0x2b, 1, 1), 400, 65_836],
])('tells the size of %s', (_, picture, width, height) => {
  expect(pictureSizeOf(picture)).toEqual({ width, height });
});

it.each([
  ['no picture', Buffer.from('%PDF-1.7 and more words than a header has')],
  [
    'a PNG that begins with something else',
    bytes('\x89PNG\r\n\x1a\n', [0, 0, 0, 13], 'tEXt', [0, 0, 0, 1, 0, 0, 0, 1]),
  ],
  ['a JPEG without a frame', jpeg(segment(0xe0, 16), bytes([0xff, 0xda]))],
  ['a JPEG of nonsense', jpeg(Buffer.alloc(40, 7))],
  ['a picture of no height', bytes('GIF89a', [1, 0, 0, 0])],
  ['nothing', Buffer.alloc(0)],
])('says nothing of %s', (_, picture) => {
  expect(pictureSizeOf(picture)).toBeUndefined();
});

it('says nothing of a header that is cut off anywhere', () => {
  for (const picture of [png.subarray(0, 24), gif.subarray(0, 10), jpeg(frame(0xc0)).subarray(0, 11)])
    for (let length = 0; length < picture.length; length += 1)
      expect(pictureSizeOf(picture.subarray(0, length))).toBeUndefined();
});
