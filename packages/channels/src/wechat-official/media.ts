import type { OutgoingFile } from '../contract.js';

const pictures: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/bmp'];
const voices: readonly string[] = ['audio/amr', 'audio/mpeg'];
const voiceBytesMax = 2_000_000;

/** What official accounts can send: they have no message for other files. */
export const mediaTypes: readonly string[] = [...pictures, ...voices];

/** The kind of message that a file becomes; undefined when there is none for it. */
export function mediaKind({ type, size }: Pick<OutgoingFile, 'type' | 'size'>): 'image' | 'voice' | undefined {
  if (pictures.includes(type)) return 'image';
  return voices.includes(type) && size <= voiceBytesMax ? 'voice' : undefined;
}
