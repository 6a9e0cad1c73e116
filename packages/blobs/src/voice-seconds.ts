/** Bytes of a frame of 20 milliseconds, by the kind that its first byte tells. */
const amrFrames = [13, 14, 16, 18, 20, 21, 27, 32, 6] as const;
const amrWideFrames = [18, 24, 33, 37, 41, 47, 51, 59, 61, 6] as const;
const heads = { amr: '#!AMR\n', wide: '#!AMR-WB\n' } as const;

function ofAmr(bytes: Buffer): number | undefined {
  const wide = bytes.indexOf(heads.wide, 0, 'latin1') === 0;
  const sizes: readonly number[] = wide ? amrWideFrames : amrFrames;
  let frames = 0;
  for (let at = (wide ? heads.wide : heads.amr).length; at < bytes.length; frames += 1)
    at += sizes[((bytes[at] ?? 0) >> 3) & 15] ?? 1;
  return frames / 50;
}

/** The last page tells how many samples there are up to its end. */
function ofOgg(bytes: Buffer): number | undefined {
  const last = bytes.lastIndexOf('OggS', undefined, 'latin1');
  if (bytes.length < last + 14 || bytes.length < 44) return undefined;
  const codec = bytes.toString('latin1', 28, 36);
  const rate = codec === 'OpusHead' ? 48_000 : codec.startsWith('\x01vorbis') ? bytes.readUInt32LE(40) : 0;
  const samples = Number(bytes.readBigInt64LE(last + 6));
  return rate === 0 || samples < 0 ? undefined : samples / rate;
}

function ofWav(bytes: Buffer): number | undefined {
  const perSecond = bytes.length < 44 || bytes.toString('latin1', 12, 16) !== 'fmt ' ? 0 : bytes.readUInt32LE(28);
  return perSecond === 0 ? undefined : (bytes.length - 44) / perSecond;
}

/** Seconds of a recording in OGG (Opus, Vorbis), AMR or WAV, as its file tells; undefined for what it does not tell. */
export function voiceSecondsOf(given: Uint8Array): number | undefined {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  const head = bytes.toString('latin1', 0, 12);
  if (head.startsWith('OggS')) return ofOgg(bytes);
  if (head.startsWith('#!AMR')) return ofAmr(bytes);
  return head.startsWith('RIFF') && head.endsWith('WAVE') ? ofWav(bytes) : undefined;
}
