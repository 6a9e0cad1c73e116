import type { OutgoingFile } from '../contract.js';

const voiceBytesMax = 2_000_000;

/** The kind of message that a file becomes: JPEG and PNG pictures, AMR voice messages, MP4 films, all others files. */
export function mediaKind({ type, size }: Pick<OutgoingFile, 'type' | 'size'>): 'image' | 'voice' | 'video' | 'file' {
  if (type === 'image/png' || type === 'image/jpeg') return 'image';
  if (type === 'video/mp4') return 'video';
  return type === 'audio/amr' && size <= voiceBytesMax ? 'voice' : 'file';
}
