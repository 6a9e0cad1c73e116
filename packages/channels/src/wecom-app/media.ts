import type { OutgoingFile } from '../contract.js';

const pictureBytesMax = 10_000_000;
const voiceBytesMax = 2_000_000;

/** The kind of message that a file becomes in WeCom, which takes JPEG and PNG as pictures and AMR as a voice message. */
export function mediaKind({ type, size }: Pick<OutgoingFile, 'type' | 'size'>): 'image' | 'voice' | 'file' {
  if (['image/png', 'image/jpeg'].includes(type) && size <= pictureBytesMax) return 'image';
  return type === 'audio/amr' && size <= voiceBytesMax ? 'voice' : 'file';
}
