import { expect, it } from 'vitest';
import { voiceSecondsOf } from './voice-seconds.js';

/** A page of OGG that ends after so many samples. */
const page = (samples: bigint, content: string | Buffer): Buffer => {
  const head = Buffer.alloc(28);
  head.write('OggS', 'latin1');
  head.writeBigInt64LE(samples, 6);
  return Buffer.concat([head, Buffer.from(content)]);
};
const vorbis = Buffer.alloc(30);
vorbis.write('\x01vorbis', 'latin1');
vorbis.writeUInt32LE(16_000, 12);
const wav = Buffer.alloc(44 + 8_000);
wav.write('RIFF....WAVEfmt ', 'latin1');
wav.writeUInt32LE(4_000, 28);

it.each([
  ['Opus', Buffer.concat([page(0n, 'OpusHead'), page(48_000n, 'x'), page(120_000n, 'words')]), 2.5],
  ['Vorbis', Buffer.concat([page(0n, vorbis), page(48_000n, 'words')]), 3],
  ['AMR', Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(32 * 100, 7 << 3)]), 2],
  ['AMR of several kinds', Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(13, 0), Buffer.alloc(6, 8 << 3)]), 0.04],
  ['wide AMR', Buffer.concat([Buffer.from('#!AMR-WB\n'), Buffer.alloc(61 * 50, 8 << 3)]), 1],
  ['WAV', wav, 2],
])('tells how long %s is', (_, recording, seconds) => {
  expect(voiceSecondsOf(recording)).toBe(seconds);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['a beginning', Buffer.from('OggS')],
  ['another codec', Buffer.concat([page(0n, 'fLaC and more of it'), page(9n, 'x')])],
  ['samples below zero', Buffer.concat([page(0n, 'OpusHead'), page(-1n, 'x')])],
  ['a WAV without its beginning', Buffer.from('RIFF....WAVEdata')],
  ['an MP3', Buffer.from('ID3 and so on')],
])('says nothing of %s', (_, recording) => {
  expect(voiceSecondsOf(recording)).toBeUndefined();
});
